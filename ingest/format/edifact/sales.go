package edifact

import (
	"sellthrough/ingest/format/edi"
)

// sales reads an SLSRPT in both of its shapes: places with their items, or items with their places.
type sales struct {
	first string // location or item; empty until it shows
	loc   when   // of the current place, where places come first
	lined bool   // a line came since the last place

	row    uint32
	broken bool
	any    bool
	when   when // of the line
	prices []edi.Quote
	money  []edi.Quote
	refs   []byte
	gins   [][]byte
	said   []quantity
	spots  []spot // of the line, where items come first
	fault  string
	codes  []*edi.Coded // of the quantities
	each   []int        // how many sales each place has
}

var (
	salesPlaces = []string{"162"}
	salesDates  = []string{"356", "3"}
)

func (r *Reader) places(def []string) []string {
	if len(r.d.Location) > 0 {
		return r.d.Location
	}
	return def
}

func (r *Reader) dates(def []string) []string {
	if len(r.d.Dates) > 0 {
		return r.d.Dates
	}
	return def
}

func (m *sales) closes(s *edi.Segment) bool {
	switch string(s.ID()) {
	case "LIN", "GIS", "UNS", "CNT":
		return true
	case "LOC":
		return m.first == "location"
	}
	return false
}

func (m *sales) read(r *Reader, s *edi.Segment) {
	places, dates := r.places(salesPlaces), r.dates(salesDates)
	if r.open {
		m.detail(r, s, places, dates)
		return
	}
	c := &r.group.Context
	switch string(s.ID()) {
	case "GIS":
		if r.d.Shape == "" {
			m.first = "item"
		}
		c[edi.Location], c[edi.LocationName], m.loc = nil, nil, when{}
	case "LOC":
		if r.headless(s) {
			return
		}
		if m.first == "" {
			m.first = "location"
		}
		if m.first != "location" {
			r.refuse(s, "", "", "a place stands before the first item of a message in which items come first; say which comes first under shape of the dialect")
			return
		}
		known := rank(places, s.At(1)) >= 0
		if known || m.lined {
			c[edi.Location], c[edi.LocationName], c[edi.Reference], m.loc = nil, nil, nil, when{}
		}
		if known {
			c[edi.Location], c[edi.LocationName] = clone(s.Component(2, 0)), clone(s.Component(2, 3))
		}
		m.lined = false
	case "LIN":
		if r.headless(s) {
			return
		}
		if m.first == "" {
			m.first = "item"
		}
		m.begin(r, s)
	case "QTY":
		r.refuse(s, "", "", "the quantity stands before the first line (LIN), so its item is not known")
	case "DTM":
		if m.first == "location" {
			if reason := date(&m.loc, s, dates); reason != "" {
				r.refuse(s, "DTM01", string(s.At(1)), reason)
			}
			return
		}
		r.head(s, places, dates)
	default:
		if m.first == "" || s.Is("CNT") {
			r.head(s, places, dates)
		}
	}
}

func (m *sales) begin(r *Reader, s *edi.Segment) {
	*m = sales{first: m.first, loc: m.loc, lined: true, row: s.Number, prices: m.prices[:0], money: m.money[:0], said: m.said[:0], spots: m.spots[:0], codes: m.codes, each: m.each}
	r.open = true
	r.msg.lines++
	r.group.Context[edi.Reference] = nil
	if reason := r.item(s); reason != "" {
		r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), reason)
		m.broken = true
	}
}

func (m *sales) detail(r *Reader, s *edi.Segment, places, dates []string) {
	if m.broken {
		return
	}
	g := r.group
	var q *quantity
	if len(m.said) > 0 && (len(m.spots) == 0 || m.said[len(m.said)-1].at == len(m.spots)-1) {
		q = &m.said[len(m.said)-1]
	}
	var here *spot
	if len(m.spots) > 0 {
		here = &m.spots[len(m.spots)-1]
	}
	switch string(s.ID()) {
	case "PIA":
		r.more(s)
	case "LOC": // items come first
		if rank(places, s.At(1)) >= 0 {
			if len(m.spots) >= r.opt.Limits.Group {
				m.fault = "the item has more places than the limit; send it in several messages, or raise limits"
				return
			}
			m.spots = append(m.spots, spot{code: g.Keep(s.Component(2, 0)), name: g.Keep(s.Component(2, 3))})
		}
	case "QTY":
		if len(m.said) >= r.opt.Limits.Group {
			m.fault = "the item has more quantities than the limit; send it in several messages, or raise limits"
			return
		}
		m.any = true
		m.said = r.begin(m.said, s)
		m.said[len(m.said)-1].at = len(m.spots) - 1
	case "DTM":
		w := &m.when
		switch {
		case q != nil:
			w = &q.when
		case here != nil:
			w = &here.when
		}
		if reason := date(w, s, dates); reason != "" {
			m.fault = "the date " + string(s.At(1)) + ": " + reason
		}
	case "RFF":
		switch {
		case q != nil:
			q.refs = reference(g, q.refs, s)
		case here != nil:
			here.refs = reference(g, here.refs, s)
		default:
			m.refs = reference(g, m.refs, s)
		}
	case "PRI":
		p, reason := r.price(s)
		switch {
		case reason != "" && q != nil:
			q.fail("price", reason)
		case reason != "":
			m.fault = reason
		case q != nil:
			q.prices = append(q.prices, p)
		default:
			m.prices = append(m.prices, p)
		}
	case "MOA":
		switch {
		case q != nil:
			q.amounts = append(q.amounts, r.money(s))
		case here != nil:
			here.amounts = append(here.amounts, r.money(s))
		default:
			m.money = append(m.money, r.money(s))
		}
	case "GIN":
		var reason string
		if m.gins, reason = serials(m.gins, s); reason != "" && g.Asked(edi.Serial) {
			m.fault = reason
		}
	case "NAD":
		if q != nil {
			q.party, q.name = g.Keep(s.Component(2, 0)), g.Keep(name(s, 4, 3))
		}
	}
}

func (m *sales) finish(r *Reader) {
	g := r.group
	switch {
	case m.broken:
		return
	case m.fault != "":
		g.Refuse(m.row, "LIN", "", nil, m.fault)
		return
	case g.Context[edi.Item] == nil:
		g.Refuse(m.row, "LIN", "", nil, "the line has no item code that is read here; send it in LIN or PIA, or list its qualifier under item of the dialect")
		return
	case !m.any:
		g.Refuse(m.row, "LIN", "", nil, "the line has no quantity (QTY); a segment may be lost or merged with another, so send the line again")
		return
	}
	m.codes, m.each = m.codes[:0], m.each[:0]
	counted := 0
	for range len(m.spots) + 1 {
		m.each = append(m.each, 0)
	}
	for i := range m.said {
		q := &m.said[i]
		known := r.known(q, m)
		if m.codes = append(m.codes, known); known.Reason == "" && known.Code.Class != edi.Ignored && known.Code.Level == "" {
			counted++
			m.each[q.at+1]++
		}
	}
	for i := range m.said {
		q := &m.said[i]
		base := g.Base()
		amounts, sub := m.money, false
		base[edi.Reference] = m.refs
		levels := []*when{&q.when, &m.when, &m.loc, &r.msg.when}
		if q.at >= 0 {
			s := &m.spots[q.at]
			sub = true
			if base[edi.Location], base[edi.LocationName] = s.code, s.name; s.code == nil {
				base[edi.Location] = []byte{}
			}
			if levels = []*when{&q.when, &s.when, &m.when, &r.msg.when}; s.refs != nil {
				base[edi.Reference] = s.refs
			}
			if len(s.amounts) > 0 {
				amounts = s.amounts
			}
			if len(s.amounts) > 0 && m.each[q.at+1] > 1 {
				q.fail("amount", oneAmount(g))
			}
		}
		if q.refs != nil {
			base[edi.Reference] = q.refs
		}
		if len(amounts) > 0 && len(q.amounts) == 0 && counted > 1 && (q.at < 0 || len(m.spots[q.at].amounts) == 0) && g.Asked(edi.Amount) && hasAmount(r, amounts) {
			q.fail("amount", oneAmount(g))
		}
		base[edi.Counterparty], base[edi.CounterpartyName] = q.party, q.name
		settle(base, levels...)
		r.state(q, base, m.codes[i], m.prices, amounts, m.gins, sub)
	}
}

// code says what a quantity sold is.
func (m *sales) code(r *Reader, q *quantity) (c edi.Code, reason string) {
	return r.lookup(sold, string(q.code), string(q.code))
}

func hasAmount(r *Reader, amounts []edi.Quote) bool {
	v, reason := r.amount(amounts)
	return v != nil || reason != ""
}

func oneAmount(g *edi.Group) string {
	if !g.Asked(edi.Amount) {
		return ""
	}
	return "the line has one amount for several quantities; send one line for each"
}

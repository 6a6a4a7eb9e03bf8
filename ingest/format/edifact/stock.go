package edifact

import (
	"strconv"

	"sellthrough/ingest/format/edi"
)

// stock reads an INVRPT: LIN, and in it INV and QTY, in the order of the message's directory.
type stock struct {
	trigger string // qty or inv: which of the two begins a quantity; empty where it is not known

	row                  uint32
	broken               bool
	when                 when
	prices               []edi.Quote
	refs                 []byte
	gins                 [][]byte
	said                 []quantity
	spots                []spot
	order                []int // quantities (≥ 0) and places (−1, −2, …) as they come
	marks                []int // quantities (≥ 0) and references (−1, −2, …) as they come
	keys                 [][]byte
	direction, condition []byte // of an INV whose QTY is still to come
	pending              bool
	fault                string
}

var (
	stockPlaces = []string{"14", "18", "19", "162", "WH", "GY"}
	stockDates  = []string{"366", "7", "91", "137"}
)

// trigger says by the directory which segment begins a quantity: up to D.96B it is QTY, and INV details it; from D.97A
// on it is INV.
func (r *Reader) trigger() string {
	if r.d.Trigger != "" {
		return r.d.Trigger
	}
	rel := r.message.Release
	if r.message.Version != "D" || len(rel) != 3 {
		return ""
	}
	year, err := strconv.Atoi(rel[:2])
	switch {
	case err != nil:
		return ""
	case year >= 90 && year <= 96:
		return "qty"
	}
	return "inv"
}

func (m *stock) closes(s *edi.Segment) bool {
	switch string(s.ID()) {
	case "LIN", "UNS", "CNT":
		return true
	}
	return false
}

func (m *stock) read(r *Reader, s *edi.Segment) {
	places, dates := r.places(stockPlaces), r.dates(stockDates)
	switch {
	case r.open:
		m.detail(r, s, places, dates)
	case s.Is("LIN"):
		if r.headless(s) {
			return
		}
		*m = stock{trigger: m.trigger, row: s.Number, prices: m.prices[:0], said: m.said[:0], spots: m.spots[:0], order: m.order[:0], marks: m.marks[:0], keys: m.keys[:0]}
		r.open = true
		r.msg.lines++
		r.group.Context[edi.Reference] = nil
		if reason := r.item(s); reason != "" {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), reason)
			m.broken = true
		}
	case s.Is("LOC"):
		r.place(places, s.At(1), s.Component(2, 0), s.Component(2, 3))
	case s.Is("QTY"):
		r.refuse(s, "", "", "the quantity stands before the first line (LIN), so its item is not known")
	default:
		r.head(s, places, dates)
	}
}

func (m *stock) last() *quantity {
	if len(m.said) == 0 {
		return nil
	}
	return &m.said[len(m.said)-1]
}

func (m *stock) detail(r *Reader, s *edi.Segment, places, dates []string) {
	if m.broken {
		return
	}
	g, q := r.group, m.last()
	if m.pending {
		q = nil // what stands between INV and its QTY is the line's
	}
	switch string(s.ID()) {
	case "PIA":
		r.more(s)
	case "INV":
		m.inv(r, s)
	case "QTY":
		if len(m.said) >= r.opt.Limits.Group {
			m.fault = "the item has more quantities than the limit; send it in several messages, or raise limits"
			return
		}
		m.said = r.begin(m.said, s)
		if m.pending {
			n := m.last()
			n.direction, n.condition, m.pending = m.direction, m.condition, false
		}
		m.order, m.marks = append(m.order, len(m.said)-1), append(m.marks, len(m.said)-1)
	case "LOC":
		if rank(places, s.At(1)) >= 0 {
			m.spots = append(m.spots, spot{code: g.Keep(s.Component(2, 0)), name: g.Keep(s.Component(2, 3))})
			m.order = append(m.order, -len(m.spots))
			if len(m.spots) > r.opt.Limits.Group {
				m.fault = "the item has more places than the limit; send it in several messages, or raise limits"
			}
		}
	case "DTM":
		w := &m.when
		if q != nil {
			w = &q.when
		}
		if reason := date(w, s, dates); reason != "" {
			m.fault = "the date " + string(s.At(1)) + ": " + reason
		}
	case "RFF":
		if len(m.keys) < r.opt.Limits.Group {
			m.keys = append(m.keys, reference(g, nil, s))
			m.marks = append(m.marks, -len(m.keys))
		}
	case "PRI":
		p, reason := r.price(s)
		switch {
		case reason != "":
			m.fault = reason
		case q != nil:
			q.prices = append(q.prices, p)
		default:
			m.prices = append(m.prices, p)
		}
	case "GIN":
		var reason string
		if m.gins, reason = serials(m.gins, s); reason != "" && g.Asked(edi.Serial) {
			m.fault = reason
		}
	}
}

func (m *stock) inv(r *Reader, s *edi.Segment) {
	direction, condition := r.group.Keep(s.At(1)), r.group.Keep(s.At(2))
	switch m.trigger {
	case "inv":
		m.direction, m.condition, m.pending = direction, condition, true
	case "qty":
		if q := m.last(); q != nil {
			q.direction, q.condition = direction, condition
			return
		}
		m.fault = "the stock's condition (INV) stands before the first quantity, but in this directory it stands behind; name the directory in UNH as it is, or set trigger in the dialect"
	default:
		m.fault = "the directory " + r.message.Version + "." + r.message.Release + " does not tell whether the stock's condition (INV) stands before or behind its quantity; set trigger in the dialect"
	}
}

// settlePlaces gives each quantity its place. One place before all quantities is the line's; a place behind a quantity is
// that quantity's own.
func (m *stock) settlePlaces(r *Reader) (reason string) {
	if len(m.spots) == 0 {
		return ""
	}
	before := m.order[0] < 0 && m.order[len(m.order)-1] >= 0
	behind := m.order[0] >= 0 && m.order[len(m.order)-1] < 0
	switch {
	case r.d.Place != "":
		before = r.d.Place == "before"
	case before && len(m.spots) > 1, !before && !behind:
		return "the line names places (LOC) between its quantities, which may hold for what is before or behind them; say which under place of the dialect"
	}
	at := -1
	for i, o := range m.order {
		switch {
		case o >= 0 && before:
			m.said[o].at, m.said[o].before = at, true
		case o < 0 && before:
			at = -o - 1
		case o < 0 && i > 0 && m.order[i-1] >= 0:
			m.said[m.order[i-1]].at = -o - 1
		}
	}
	return ""
}

// settleKeys gives each quantity its references. Where each quantity has one before it, they are the keys of the rows
// below the line; else those before all quantities are the line's, and those behind one are its own.
func (m *stock) settleKeys() {
	if len(m.keys) == 0 {
		return
	}
	join := func(a, b []byte) []byte {
		if len(a) == 0 {
			return b
		}
		return append(append(append([]byte(nil), a...), '+'), b...)
	}
	leads := m.marks[0] < 0 && m.marks[len(m.marks)-1] >= 0
	runs := 0
	for i, k := range m.marks {
		if k < 0 && (i == 0 || m.marks[i-1] >= 0) {
			runs++
		}
	}
	leads = leads && runs == len(m.said)
	var open []byte
	q := -1
	for _, k := range m.marks {
		switch {
		case k >= 0:
			if q = k; leads {
				m.said[q].refs, open = open, nil
			}
		case leads:
			open = join(open, m.keys[-k-1])
		case q < 0:
			m.refs = join(m.refs, m.keys[-k-1])
		default:
			m.said[q].refs = join(m.said[q].refs, m.keys[-k-1])
		}
	}
}

func (m *stock) finish(r *Reader) {
	g := r.group
	if m.broken {
		return
	}
	reason := m.fault
	switch {
	case reason != "":
	case g.Context[edi.Item] == nil:
		reason = "the line has no item code that is read here; send it in LIN or PIA, or list its qualifier under item of the dialect"
	case len(m.said) == 0:
		reason = "the line has no quantity (QTY); a segment may be lost or merged with another, so send the line again"
	case m.pending:
		reason = "the last stock condition (INV) of the line has no quantity behind it; a segment may be lost, so send the line again"
	default:
		reason = m.settlePlaces(r)
	}
	if reason != "" {
		g.Refuse(m.row, "LIN", "", nil, reason)
		return
	}
	m.settleKeys()
	for i := range m.said {
		q := &m.said[i]
		known := r.known(q, m)
		base := g.Base()
		if base[edi.Reference] = m.refs; q.refs != nil {
			base[edi.Reference] = q.refs
		}
		if q.at >= 0 {
			s := &m.spots[q.at]
			if base[edi.Location], base[edi.LocationName] = s.code, s.name; s.code == nil {
				base[edi.Location] = []byte{} // a place without a code is not that of the header
			}
		}
		settle(base, &q.when, &m.when, &r.msg.when)
		r.state(q, base, known, m.prices, nil, m.gins, q.at >= 0 && !q.before)
	}
}

// code says what a quantity in stock is, also by the condition that its INV names. The direction of an INV means nothing
// for a level: many senders write one.
func (m *stock) code(r *Reader, q *quantity) (c edi.Code, reason string) {
	code := string(q.code)
	keys := make([]string, 0, 3)
	if q.condition != nil {
		keys = append(keys, code+"/"+string(q.condition))
	}
	switch string(q.direction) {
	case "1":
		keys = append(keys, code+"/out")
	case "2":
		keys = append(keys, code+"/in")
	}
	c, reason = r.lookup(held, code, append(keys, code)...)
	if reason != "" || c.Sure || c.Level != "on_hand" && c.Level != "available" {
		return c, reason
	}
	switch string(q.condition) {
	case "", "1":
	case "2":
		c.Level = "damaged"
	case "4":
		c.Level = "committed"
	default:
		return c, "whether stock of condition " + string(q.condition) + " is part of the " + c.Level + " is the partner's own; list " + keys[0] + " under codes of the dialect, with a stock level or none"
	}
	return c, ""
}

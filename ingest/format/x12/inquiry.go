package x12

import (
	"sellthrough/ingest/format/edi"
)

// inquiry reads an 846: LIN with its QTY. A party of the place stands in the header, or in the line behind or before the
// quantities that lie there.
type inquiry struct {
	line   uint32
	broken bool
	any    bool
	prices []edi.Quote
	refs   []byte
	when   when // of the line
	said   []statement
	places []int // the order of quantities (≥ 0) and places (−1, −2, …) in the line
	where  []statement
	splits statement // SDQ before the QTY
}

var stockDates = []string{"007", "405", "091"}

func (q *inquiry) closes(s *edi.Segment) bool {
	switch string(s.ID()) {
	case "LIN", "CTT", "SE":
		return true
	}
	return false
}

func (q *inquiry) last() *statement {
	if len(q.said) == 0 {
		return nil
	}
	return &q.said[len(q.said)-1]
}

// grow makes room for a quantity. What one of the line before held is taken over where it can be.
func (q *inquiry) grow() *statement {
	n := len(q.said)
	if n == cap(q.said) {
		q.said = append(q.said, statement{})
		return &q.said[n]
	}
	q.said = q.said[:n+1]
	z := &q.said[n]
	*z = statement{prices: z.prices[:0], splits: z.splits[:0]}
	return z
}

func (q *inquiry) dates(r *Reader) []string {
	if len(r.d.Dates) > 0 {
		return r.d.Dates
	}
	return stockDates
}

func (q *inquiry) read(r *Reader, s *edi.Segment) {
	g := r.group
	switch string(s.ID()) {
	case "BIA":
		r.msg.report = [3]string{string(s.At(6)), string(s.At(2)), ""}
		if !r.head(s, "BIA01", string(s.At(1)), s.At(3), s.At(4), nil) {
			return
		}
		if r.msg.document != nil {
			w := &r.msg.when
			w.rank, w.day = 1<<20, r.msg.document // any date of the header is better
			if s.At(5) != nil {
				w.at, w.fault = r.instant(w.day, s.At(5), nil)
			}
		}
	case "CUR":
		g.Context[edi.Currency] = clone(s.At(2))
	case "LIN":
		if r.headless846(s) {
			return
		}
		*q = inquiry{line: s.Number, prices: q.prices[:0], said: q.said[:0], places: q.places[:0], where: q.where[:0]}
		r.msg.open = true
		r.msg.lines++
		g.Context[edi.Reference] = nil
		if reason := r.item(s); reason != "" {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), reason)
			q.broken = true
		}
	case "CTT":
		r.msg.total = clone(s.At(1))
	case "N1":
		if !r.msg.open {
			r.party(s, r.locations("WH", "RL", "ST", "DS", "DB"))
			return
		}
		if rank(r.locations("WH", "RL", "ST", "DS", "DB"), s.At(1)) >= 0 && !q.broken {
			q.where = append(q.where, statement{row: s.Number, place: g.Keep(s.At(4)), name: g.Keep(s.At(2))})
			q.places = append(q.places, -len(q.where))
		}
	case "DTM":
		if w := q.level(r); w != nil {
			if reason := r.date(w, s, q.dates(r)); reason != "" {
				r.refuse(s, "DTM02", string(s.At(2)), reason)
				if l := q.last(); r.msg.open && l != nil {
					l.bad = true
				}
			}
		}
	case "QTY", "SDQ", "CTP", "UIT", "PO4", "REF":
		if !r.msg.open {
			if s.Is("QTY") || s.Is("SDQ") {
				r.refuse(s, "", "", "the quantity stands before the first LIN or behind the last, so its item is not known")
			}
			return
		}
		if !q.broken {
			q.detail(r, s)
		}
	}
}

// headless846 allows a report without BIA in a feed that does not need to know what it does to earlier ones: senders of
// stock often leave it out, and a snapshot is then an original.
func (r *Reader) headless846(s *edi.Segment) bool {
	if !r.msg.headed {
		r.warn("set 846 " + r.set.Control + " has no BIA, and is read as an original")
		return !r.head(s, "BIA01", "00", nil, nil, nil)
	}
	return false
}

func (q *inquiry) level(r *Reader) *when {
	switch {
	case !r.msg.open:
		return &r.msg.when
	case q.broken:
		return nil
	case q.last() != nil:
		return &q.last().when
	}
	return &q.when
}

func (q *inquiry) detail(r *Reader, s *edi.Segment) {
	g, l := r.group, q.last()
	switch string(s.ID()) {
	case "QTY":
		if len(q.said) >= r.opt.Limits.Group {
			r.refuse(s, "", "", "the line has more quantities than the limit")
			q.broken = true
			return
		}
		q.any = true
		z := q.grow()
		z.row, z.segment, z.code, z.qty, z.unit = s.Number, "QTY", g.Keep(s.At(1)), g.Keep(s.At(2)), g.Keep(s.Component(3, 0))
		q.places = append(q.places, len(q.said)-1)
	case "SDQ":
		if l == nil {
			l = &q.splits
		}
		l.stores(r, s)
	case "UIT":
		if l != nil && l.unit == nil {
			l.unit = g.Keep(s.Component(1, 0))
		}
		if v := s.At(2); v != nil {
			p := edi.Quote{Value: g.Keep(v), Basis: [2][]byte{g.Keep(s.At(3))}}
			if l != nil {
				l.prices = append(l.prices, p)
			} else {
				q.prices = append(q.prices, p)
			}
		}
	case "CTP":
		if v := s.At(3); v != nil {
			q.prices = append(q.prices, edi.Quote{Value: g.Keep(v), Basis: [2][]byte{g.Keep(s.At(2)), g.Keep(s.At(1))}})
		}
	case "PO4":
		g.Context[edi.Pack] = g.Keep(s.At(1))
	case "REF":
		q.refs = reference(g, q.refs, s.At(1), s.At(2))
		g.Context[edi.Reference] = q.refs
	}
}

// settlePlaces gives each quantity the place that stands before or behind it.
func (q *inquiry) settlePlaces(r *Reader) (reason string) {
	if len(q.where) == 0 {
		return ""
	}
	before := q.places[0] < 0 && q.places[len(q.places)-1] >= 0
	behind := q.places[0] >= 0 && q.places[len(q.places)-1] < 0
	switch {
	case r.d.Place != "":
		before = r.d.Place == "before"
	case before && len(q.where) > 1, !before && !behind,
		behind && r.group.Context[edi.Location] != nil:
		return "the line names places (N1) between its quantities, which may hold for what is before or behind them; say which under place of the dialect"
	}
	var open []byte
	var name []byte
	from := 0
	for i, p := range q.places {
		switch {
		case p >= 0 && before:
			q.said[p].place, q.said[p].name, q.said[p].placed = open, name, true
		case p < 0 && before:
			open, name = q.where[-p-1].place, q.where[-p-1].name
		case p < 0:
			for _, o := range q.places[from:i] {
				if o >= 0 {
					q.said[o].place, q.said[o].name, q.said[o].placed = q.where[-p-1].place, q.where[-p-1].name, true
				}
			}
			from = i + 1
		}
	}
	return ""
}

// only is the one date of a line that stands behind its last quantity and says when they all were counted, where neither
// the line nor the header has another.
func (q *inquiry) only(r *Reader) *when {
	last := &q.said[len(q.said)-1].when
	if q.when.day != nil || r.msg.when.day != nil || last.day == nil {
		return &when{}
	}
	for i := range q.said[:len(q.said)-1] {
		if q.said[i].when.day != nil {
			return &when{}
		}
	}
	return last
}

func (q *inquiry) finish(r *Reader) {
	g := r.group
	if q.broken {
		return
	}
	if !q.any {
		g.Refuse(q.line, "LIN", "", nil, "the line has no quantity (QTY); a segment may be lost or merged with another, so send the line again")
		return
	}
	if reason := q.settlePlaces(r); reason != "" {
		g.Refuse(q.line, "LIN", "", nil, reason)
		return
	}
	if q.splits.split && !q.splits.bad {
		if len(q.said) != 1 {
			g.Refuse(q.line, "LIN", "", nil, "the split by stores (SDQ) stands before several quantities, so it is unclear which of them it splits; put it behind the one")
			return
		}
		q.said[0].split, q.said[0].splits = true, q.splits.splits
	}
	only := q.only(r)
	for i := range q.said {
		z := &q.said[i]
		if z.bad || q.splits.bad {
			continue
		}
		known := r.codes.Find(r.set.Type, z.code)
		if known == nil {
			c, reason := r.code(quantities, string(z.code), "sell_out", string(z.code))
			known = r.codes.Keep(z.code, c, reason)
		}
		reason := known.Reason
		base := g.Base()
		if z.placed {
			if base[edi.Location], base[edi.LocationName] = z.place, z.name; z.place == nil {
				base[edi.Location] = []byte{} // a place without a code is not that of the header
			}
		}
		if fault := r.settle(base, &z.when, &q.when, &r.msg.when, only); fault != "" && reason == "" {
			reason = fault
		}
		prices := z.prices
		if len(prices) == 0 {
			prices = q.prices
		}
		r.state(z, base, &known.Code, reason, prices, nil)
	}
}

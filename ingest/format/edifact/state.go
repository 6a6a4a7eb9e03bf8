package edifact

import (
	"bytes"
	"strconv"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// state is what the messages have in common.
type state struct {
	headed bool
	number []byte
	lines  int
	total  []byte // of CNT+2
	rank   int    // of the header's location
	when   when   // of the header
	row    uint32
	does   string // what the message does to what was said before, where the feed reads it and it is not said yet
}

func newState(r *Reader) state {
	c := &r.group.Context
	clear(c[:])
	i := r.interchange()
	c[edi.Message], c[edi.Sender], c[edi.Control] = []byte(r.message.Type), []byte(i.Sender[0]), []byte(i.Reference)
	return state{rank: 1 << 30}
}

// key names a document within the body; empty where it has no number.
func (m *state) key(r *Reader) string {
	if len(m.number) == 0 {
		return ""
	}
	return r.interchange().Sender[0] + "\x00" + r.message.Type + "\x00" + string(m.number)
}

// The codes of element 1225 whose meaning is sure.
var purposes = map[string]string{
	"9": edi.Original, "5": edi.Replace, "1": edi.Cancel, "2": edi.Add, "7": edi.Duplicate, "31": edi.Duplicate,
}

// bgm takes what a message says of itself.
func (r *Reader) bgm(s *edi.Segment) {
	m, c := &r.msg, &r.group.Context
	if m.headed && m.does == edi.Cancel {
		r.refuseMessage(s, "", "", "the message has a second BGM, so it is not known what it cancels; was a segment between them lost?", "13")
		return
	}
	if m.headed {
		r.refuse(s, "", "", "the message has a second BGM; was a segment between them lost?")
		return
	}
	m.headed, m.number, m.row = true, clone(s.Component(2, 0)), s.Number
	sum := &r.out.Documents[len(r.out.Documents)-1]
	c[edi.Document], c[edi.Version], sum.Number = m.number, clone(s.Component(2, 1)), string(m.number)
	code := string(s.At(3))
	if code == "" {
		code = "9"
	}
	asked := r.group.Asked(edi.Function)
	function, reason := r.d.FunctionOf(code, purposes, asked)
	sum.Function = function
	if reason != "" {
		r.refuseMessage(s, "BGM03", code, reason, "14")
		return
	}
	c[edi.Function] = []byte(function)
	if asked && (function == edi.Replace || function == edi.Cancel) {
		m.does = function
	}
	for _, code := range []string{string(s.Component(1, 0)), "*"} {
		if v := r.d.Coverage[code]; v != "" {
			sum.Coverage, c[edi.Coverage] = v, []byte(v)
			break
		}
	}
	r.hold(r.suspect || r.seen.Document(m.key(r)))
}

// act says what the message does to its document: before its first line where it replaces one, at its end where it
// cancels one or has no line.
func (r *Reader) act() {
	if m := &r.msg; m.does != "" {
		m.does = ""
		r.group.Act(m.row, "BGM")
	}
}

func (r *Reader) headless(s *edi.Segment) bool {
	if r.msg.headed {
		return false
	}
	r.refuseMessage(s, "", "", "the message has no BGM before its lines, so what it reports is not known; send it again as a whole", "13")
	return true
}

// head reads the segments that both messages have before their lines. It is false for others.
func (r *Reader) head(s *edi.Segment, places, dates []string) bool {
	c, sum := &r.group.Context, &r.out.Documents[len(r.out.Documents)-1]
	switch string(s.ID()) {
	case "BGM":
		r.bgm(s)
	case "DTM":
		if string(s.Component(1, 0)) == "137" {
			if day, _, _, _, reason := moment(s.Component(1, 1), string(s.Component(1, 2))); reason == "" && day != nil {
				c[edi.DocumentDate], sum.Date = day, string(day)
			}
		}
		if reason := date(&r.msg.when, s, dates); reason != "" {
			r.refuse(s, "DTM01", string(s.At(1)), reason)
		}
		switch w := &r.msg.when; {
		case w.from != nil || w.to != nil:
			sum.From, sum.To = string(w.from), string(w.to)
		case w.day != nil && dates[w.rank-1] != "137":
			sum.From, sum.To = string(w.day), string(w.day)
		}
	case "NAD":
		r.place(places, s.At(1), s.Component(2, 0), name(s, 4, 3))
	case "RFF":
		if string(s.Component(1, 0)) == "ACW" {
			c[edi.Previous] = clone(s.Component(1, 1))
			sum.Previous = string(c[edi.Previous])
		}
	case "CUX":
		for i := 1; i <= s.Len(); i++ {
			if string(s.Component(i, 0)) == "2" {
				c[edi.Currency] = clone(s.Component(i, 1))
			}
		}
	case "CNT":
		if string(s.Component(1, 0)) == "2" {
			r.msg.total = clone(s.Component(1, 1))
		}
	default:
		return false
	}
	return true
}

func name(s *edi.Segment, elements ...int) []byte {
	for _, i := range elements {
		if v := s.Component(i, 0); v != nil {
			return v
		}
	}
	return nil
}

// place takes a party or place of the header, if it is the best so far.
func (r *Reader) place(order []string, qualifier, code, name []byte) {
	if n := rank(order, qualifier); n >= 0 && n <= r.msg.rank {
		r.msg.rank = n
		r.group.Context[edi.Location], r.group.Context[edi.LocationName] = clone(code), clone(name)
	}
}

// ended closes the books of a message.
func (m *state) ended(r *Reader, s *edi.Segment) {
	if r.skip || r.meaning == nil {
		return
	}
	if n, ok := edi.Int(m.total); m.total != nil && (!ok || n != m.lines) {
		reason := "CNT+2 says " + string(m.total) + " lines, and " + strconv.Itoa(m.lines) + " were read"
		if r.d.Totals == "refuse" {
			r.refuse(s, "", "", reason+"; a line may be lost, so send it again")
		} else {
			r.warn("message " + r.message.Type + " " + r.message.Reference + ": " + reason)
		}
	}
}

// owner says whose code a qualifier of element 7143 names.
func owner(qualifier []byte) (edi.Column, bool) {
	switch string(qualifier) {
	case "EN", "UP", "SRV", "GTN":
		return edi.GTIN, true
	case "SA", "VN", "VP", "MF", "MP":
		return edi.VendorItem, true
	case "IN", "BP", "SK":
		return edi.BuyerItem, true
	}
	return 0, false
}

// item takes the code of a LIN, and clears what the LIN before said.
func (r *Reader) item(s *edi.Segment) (reason string) {
	c := &r.group.Context
	clear(c[edi.Item : edi.BuyerItem+1])
	c[edi.Line] = r.group.Keep(s.At(1))
	if string(s.At(2)) == "2" {
		return "the line says that it is deleted (LIN02 is 2), which a report can't take back by itself; send the report again as a whole"
	}
	r.code(s, 3)
	if len(r.d.Item) == 0 {
		c[edi.Item], c[edi.ItemQualifier] = r.group.Keep(s.Component(3, 0)), r.group.Keep(s.Component(3, 1))
	}
	return ""
}

// more takes the further codes of a PIA.
func (r *Reader) more(s *edi.Segment) {
	for i := 2; i <= min(s.Len(), 6); i++ {
		r.code(s, i)
		c := &r.group.Context
		if string(s.At(1)) == "5" && c[edi.Item] == nil && len(r.d.Item) == 0 {
			c[edi.Item], c[edi.ItemQualifier] = r.group.Keep(s.Component(i, 0)), r.group.Keep(s.Component(i, 1))
		}
	}
}

func (r *Reader) code(s *edi.Segment, i int) {
	c := &r.group.Context
	v, q := s.Component(i, 0), s.Component(i, 1)
	if v == nil {
		return
	}
	if col, ok := owner(q); ok && c[col] == nil {
		c[col] = r.group.Keep(v)
	}
	if n := rank(r.d.Item, q); n >= 0 && (c[edi.Item] == nil || n < rank(r.d.Item, c[edi.ItemQualifier])) {
		c[edi.Item], c[edi.ItemQualifier] = r.group.Keep(v), r.group.Keep(q)
	}
}

// price reads the composite of a PRI, for one unit.
func (r *Reader) price(s *edi.Segment) (q edi.Quote, reason string) {
	q = edi.Quote{Basis: [2][]byte{r.group.Keep(s.Component(1, 0)), r.group.Keep(s.Component(1, 3))}}
	v := s.Component(1, 1)
	if v == nil || !r.group.Asked(edi.Price) {
		return q, ""
	}
	text, d, reason := edi.Number(v, true)
	if reason != "" {
		return q, "the price: " + reason
	}
	q.Value = r.group.Keep(text)
	if per := s.Component(1, 4); per != nil && string(per) != "1" {
		_, n, reason := edi.Number(per, true)
		if reason != "" || n <= 0 || n%sellthrough.One != 0 || d%(n/sellthrough.One) != 0 {
			return q, "the price is for " + string(per) + " units, and can't be told exactly for one; send the price of one unit"
		}
		q.Value = (d / (n / sellthrough.One)).Append(nil)
	}
	return q, ""
}

// reference adds an RFF to those of the line, where the feed reads them.
func reference(g *edi.Group, refs []byte, s *edi.Segment) []byte {
	v := s.Component(1, 1)
	if v == nil || !g.Asked(edi.Reference) || len(refs) > 400 {
		return refs
	}
	out := append(make([]byte, 0, len(refs)+len(v)+8), refs...)
	if len(out) > 0 {
		out = append(out, '+')
	}
	return append(append(append(out, s.Component(1, 0)...), ':'), v...)
}

// serials adds the serial numbers of a GIN. The reason says why they can't be told.
func serials(to [][]byte, s *edi.Segment) ([][]byte, string) {
	if q := string(s.At(1)); q != "BN" && q != "SN" && q != "SE" {
		return to, ""
	}
	for i := 2; i <= min(s.Len(), 6); i++ {
		if s.Component(i, 1) != nil {
			return to, "a range of serial numbers is not read; send each of them"
		}
		if v := s.Component(i, 0); v != nil {
			to = append(to, bytes.Clone(v))
		}
	}
	return to, ""
}

package x12

import (
	"bytes"
	"strconv"

	"sellthrough/ingest/format/edi"
)

// message is what the sets have in common.
type message struct {
	open     bool // a line is open
	headed   bool // the set's first segment was read
	number   []byte
	lines    int // that CTT01 counts: items, or transfers
	items    int // of a resale, which some senders count instead
	total    []byte
	rank     int  // of the location's party in its group of parties
	detail   bool // a line came since the last party
	when     when // of the header
	document []byte
	report   [3]string // codes that may tell full from delta
	row      uint32    // of the header
	header   string    // its name
	doubt    *doubt    // why the set is refused once its header is over
	does     string    // what the set does to what was said before, where the feed reads it and it is not said yet
}

// doubt is why a set is refused. It waits for the end of the header, which may tell that the set is something else.
type doubt struct {
	element, value, reason string
}

func newMessage(r *Reader) message {
	c := &r.group.Context
	clear(c[:])
	i := r.interchange()
	c[edi.Message], c[edi.Sender], c[edi.Control] = []byte(r.set.Type), []byte(i.Sender), []byte(i.Control)
	return message{rank: 1 << 30}
}

// key names a document within the body; empty where it has no number.
func (m *message) key(r *Reader) string {
	if len(m.number) == 0 {
		return ""
	}
	return r.interchange().Sender + "\x00" + r.set.Type + "\x00" + string(m.number)
}

// The codes of element 353 whose meaning is sure.
var purposes = map[string]string{
	"00": edi.Original, "01": edi.Cancel, "02": edi.Add, "05": edi.Replace, "07": edi.Duplicate, "08": edi.Original, "22": edi.Duplicate,
	"49": edi.Original, "CO": edi.Replace,
}

// head takes what a set says of itself. It is false where the set is refused.
func (r *Reader) head(s *edi.Segment, element, code string, number, date, previous []byte) bool {
	m, c := &r.msg, &r.group.Context
	if m.headed && m.does == edi.Cancel {
		r.refuseSet(s, "", "", "the set has a second "+string(s.ID())+", so it is not known what it cancels; was a segment between them lost?", "5")
		return false
	}
	if m.headed {
		r.refuse(s, "", "", "the set has a second "+string(s.ID())+"; was a segment between them lost?")
		return false
	}
	m.headed, m.number, m.row, m.header = true, clone(number), s.Number, string(s.ID())
	sum := &r.out.Documents[len(r.out.Documents)-1]
	c[edi.Document], c[edi.Previous] = m.number, clone(previous)
	sum.Number, sum.Previous = string(number), string(previous)
	if date != nil {
		day, ok := edi.Day(date)
		if !ok {
			r.refuseSet(s, "", string(date), "the date of the report is no date; write it as CCYYMMDD", "")
			return false
		}
		m.document, c[edi.DocumentDate], sum.Date = day, day, string(day)
	}
	asked := r.group.Asked(edi.Function)
	function, reason := r.d.FunctionOf(code, purposes, asked)
	sum.Function = function
	if reason != "" {
		m.doubt = &doubt{element, code, reason}
		return true
	}
	c[edi.Function] = []byte(function)
	if asked && (function == edi.Replace || function == edi.Cancel) {
		m.does = function
	}
	for _, code := range append(m.report[:], "*") {
		if v := r.d.Coverage[code]; v != "" {
			sum.Coverage, c[edi.Coverage] = v, []byte(v)
			break
		}
	}
	r.hold(r.suspect || r.seen.Document(m.key(r)))
	return true
}

// doubted refuses a set whose header, which ends before s, says that it can't be read.
func (r *Reader) doubted(s *edi.Segment) bool {
	d := r.msg.doubt
	if d == nil {
		return false
	}
	switch string(s.ID()) {
	case "N1", "N2", "N3", "N4", "N9", "REF", "PER", "DTM", "CUR", "XPO":
		return false
	}
	r.group.Refuse(r.msg.row, r.msg.header, d.element, []byte(d.value), d.reason)
	r.set.Refusal, r.skip, r.msg.open, r.msg.doubt = true, true, false, nil
	return true
}

// headless refuses a set whose first segment is missing.
func (r *Reader) headless(s *edi.Segment, want string) bool {
	if r.msg.headed {
		return false
	}
	r.refuseSet(s, "", "", "the set has no "+want+" before its lines, so what it reports is not known; send it again as a whole", "5")
	return true
}

// act says what the set does to its document: before its first line where it replaces one, at its end where it cancels
// one or has no line.
func (r *Reader) act() {
	if m := &r.msg; m.does != "" {
		m.does = ""
		r.group.Act(m.row, m.header)
	}
}

func (r *Reader) period(from, to []byte) {
	c, sum := &r.group.Context, &r.out.Documents[len(r.out.Documents)-1]
	if from != nil {
		c[edi.PeriodFrom], sum.From = from, string(from)
	}
	if to != nil {
		c[edi.PeriodTo], sum.To = to, string(to)
	}
}

// ended closes the books of a set.
func (m *message) ended(r *Reader, s *edi.Segment) {
	if r.set == nil || r.skip || r.meaning == nil {
		return
	}
	if n, ok := edi.Int(m.total); m.total != nil && (!ok || n != m.lines && (m.items == 0 || n != m.items)) {
		reason := "CTT01 says " + string(m.total) + " lines, and " + strconv.Itoa(m.lines) + " were read"
		if r.d.Totals == "refuse" {
			r.refuse(s, "", "", reason+"; a line may be lost, so send it again")
		} else {
			r.warn("set " + r.set.Type + " " + r.set.Control + ": " + reason)
		}
	}
}

// party takes an N1. Parties that follow one another belong together; a party behind a line begins anew, and what it
// names holds until the next one does.
func (r *Reader) party(s *edi.Segment, order []string) {
	m := &r.msg
	if m.detail {
		m.rank, m.detail = 1<<30, false
	}
	if n := rank(order, s.At(1)); n >= 0 && n <= m.rank {
		m.rank = n
		r.group.Context[edi.Location], r.group.Context[edi.LocationName] = clone(s.At(4)), clone(s.At(2))
	}
}

// The qualifiers of element 235, best first.
var (
	gtins   = []string{"UP", "EN", "UK", "UI", "UA", "EO", "UG"}
	vendors = []string{"VN", "VP", "VC", "VA", "MG"}
	buyers  = []string{"IN", "BP", "SK", "CB"}
	items   = append(append(append([]string{}, gtins...), vendors...), append(buyers, "ND", "RK")...)
)

// item reads the pairs of qualifier and code of a LIN, of which any may be empty.
func (r *Reader) item(s *edi.Segment) (reason string) {
	c := &r.group.Context
	clear(c[edi.Item : edi.Pack+1])
	c[edi.Line] = r.group.Keep(s.At(1))
	order := items
	if len(r.d.Item) > 0 {
		order = r.d.Item
	}
	best := [4]int{1 << 30, 1 << 30, 1 << 30, 1 << 30}
	for i := 2; i <= s.Len(); i += 2 {
		q, v := s.At(i), s.At(i+1)
		switch {
		case v == nil:
			continue
		case q == nil:
			return "element " + strconv.Itoa(i+1) + " is an item code without the qualifier before it; was an element lost?"
		}
		ranks, kept := r.ranks(i/2-1, q, order), []byte(nil)
		for k, n := range &ranks {
			if n < 0 && k == 0 && len(r.d.Item) == 0 {
				n = 1<<20 + i // a qualifier of no list, in the sender's order
			}
			if n < 0 || n > best[k] {
				continue
			}
			col := [4]edi.Column{edi.Item, edi.GTIN, edi.VendorItem, edi.BuyerItem}[k]
			if n == best[k] && !bytes.Equal(c[col], v) {
				return "the item has two codes of qualifier " + string(q) + "; send one"
			}
			if kept == nil {
				kept = r.group.Keep(v)
			}
			best[k], c[col] = n, kept
			if k == 0 {
				c[edi.ItemQualifier] = r.group.Keep(q)
			}
		}
	}
	if c[edi.Item] == nil {
		return "the line has no item code that is read here; send one of " + text(order) + ", or list its qualifier under item of the dialect"
	}
	return ""
}

// pair is a qualifier of a LIN and what it is good for: its ranks as item, GTIN, vendor's and buyer's code.
type pair struct {
	qualifier [2]byte
	ranks     [4]int
}

// ranks looks a qualifier up, or finds it where it stood in the LIN before: lines nearly always have the same ones.
func (r *Reader) ranks(at int, q []byte, order []string) [4]int {
	if len(q) == 2 && at < len(r.pairs) && string(r.pairs[at].qualifier[:]) == string(q) {
		return r.pairs[at].ranks
	}
	ranks := [4]int{rank(order, q), rank(gtins, q), rank(vendors, q), rank(buyers, q)}
	if len(q) == 2 && at < len(r.pairs) {
		r.pairs[at] = pair{[2]byte{q[0], q[1]}, ranks}
	}
	return ranks
}

func text(list []string) string {
	var b bytes.Buffer
	for i, s := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	return b.String()
}

func (r *Reader) locations(def ...string) []string {
	if len(r.d.Location) > 0 {
		return r.d.Location
	}
	return def
}

package x12

import (
	"strconv"
	"strings"

	"sellthrough/ingest/format/edi"
)

// envelope reads a segment outside of sets, and hands on what lies in one.
func (r *Reader) envelope(s *edi.Segment) {
	if r.where == inSet {
		switch string(s.ID()) {
		case "ISA", "GS", "ST", "GE", "IEA":
			r.cut(s)
			r.again = true // when what the set gave is given out
			return
		case "SE":
		default:
			r.inside(s)
			return
		}
	}
	switch {
	case s.Is("ISA"):
		r.isa(s)
	case s.Is("GS"):
		r.gs(s)
	case s.Is("ST"):
		r.st(s)
	case s.Is("SE") && r.where == inSet:
		r.se(s)
	case s.Is("GE") && r.where >= inGroup:
		r.ge(s)
	case s.Is("IEA") && r.where >= inInterchange:
		r.iea(s)
	case s.Is("TA1"):
		r.warn("the interchange carries an acknowledgement (TA1), which is not read")
	default:
		if !r.astray {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), "this segment stands outside of every set (ST to SE) and is not read, nor are those behind it up to the next ST; was a segment before it lost?")
		}
		r.astray = true
		return
	}
	r.astray = false
}

// cut closes a set without its SE.
func (r *Reader) cut(s *edi.Segment) {
	r.finishHeld()
	r.set.fault("2")
	r.refuse(s, "", "", "set "+r.set.Type+" "+r.set.Control+" has no end (SE) before this segment; some of it may be lost, so send it again as a whole")
	r.leave()
}

func (r *Reader) isa(s *edi.Segment) {
	if r.where != outside && len(r.out.Interchanges) > 0 {
		r.interchange().Fault = "023"
		r.refuse(s, "", "", "the interchange before has no end (IEA); some of it may be lost, so send it again as a whole")
	}
	text := func(i int) string { return string(s.At(i)) }
	r.out.Interchanges = append(r.out.Interchanges, Interchange{
		SenderQualifier: text(5), Sender: text(6), ReceiverQualifier: text(7), Receiver: text(8), Date: text(9), Time: text(10),
		Version: text(12), Control: text(13), Answer: text(14) == "1", Usage: text(15),
	})
	i := r.interchange()
	if c := s.At(11); !r.configured && len(c) == 1 && !word(c[0]) && i.Version >= "00402" {
		r.scan.Marks.Repetition = c[0]
	}
	i.Marks = r.scan.Marks
	r.where = inInterchange
	if len(r.out.Interchanges) > r.opt.Limits.Messages {
		r.stop("the body holds more interchanges than the limit; send them in several bodies")
	}
}

func (r *Reader) gs(s *edi.Segment) {
	r.fragment()
	i := r.interchange()
	i.Groups = append(i.Groups, Group{ID: string(s.At(1)), Sender: string(s.At(2)), Receiver: string(s.At(3)), Control: string(s.At(6)), Version: string(s.At(8))})
	r.where = inGroup
	if len(i.Groups) > r.opt.Limits.Messages {
		r.stop("the interchange holds more groups than the limit; send them in several bodies")
	}
}

// fragment makes an interchange for what stands in none.
func (r *Reader) fragment() {
	if r.where == outside && (len(r.out.Interchanges) == 0 || !r.interchange().Fragment) {
		r.out.Interchanges = append(r.out.Interchanges, Interchange{Marks: r.scan.Marks, Fragment: true})
	}
}

// functional gives the group code that belongs to a set.
var functional = map[string]string{"852": "PD", "846": "IB", "867": "PT", "997": "FA", "999": "FA"}

func (r *Reader) st(s *edi.Segment) {
	r.fragment()
	i := r.interchange()
	if len(i.Groups) == 0 {
		i.Groups = append(i.Groups, Group{})
	}
	g := i.group()
	g.Sets = append(g.Sets, Set{Type: string(s.At(1)), Control: string(s.At(2)), Guide: string(s.At(3)), Row: s.Number})
	r.set, r.where, r.skip, r.meaning, r.replayed = &g.Sets[len(g.Sets)-1], inSet, false, nil, false
	if len(r.out.Documents) >= r.opt.Limits.Messages {
		r.stop("the body holds more sets than the limit; send them in several bodies")
		return
	}
	r.out.Documents = append(r.out.Documents, edi.Summary{Row: s.Number, Message: r.set.Type})
	r.hash.Reset()
	if want := functional[r.set.Type]; g.ID != "" && want != "" && want != g.ID {
		r.warn("group " + g.Control + " says " + g.ID + ", but holds a set " + r.set.Type + ", whose group is " + want)
	}
	acknowledges := r.set.Type == "997" || r.set.Type == "999" || r.set.Type == "824"
	if g.Version != "" && !acknowledges && (len(g.Version) < 6 || g.Version[:6] < "003030" || g.Version[:6] > "006999") {
		r.refuseSet(s, "GS08", g.Version, "sets of this release are not read, because their codes mean other things; send release 003030 to 006999", "")
		return
	}
	switch r.set.Type {
	case "852":
		r.meaning = &activity{}
	case "846":
		r.meaning = &inquiry{}
	case "867":
		r.meaning = &resale{}
	case "997", "999", "824":
		r.skip = true // never answered
		r.warn("an acknowledgement (" + r.set.Type + ") is in the body, and is not read")
		return
	default:
		r.refuseSet(s, "ST01", r.set.Type, "sets "+r.set.Type+" are not read; send sales as 852 or 867 and stock as 852 or 846", "1")
		return
	}
	r.msg = newMessage(r)
	r.suspect = r.seen.Control(r.control())
}

// control is what names a set in its envelope.
func (r *Reader) control() string {
	i := r.interchange()
	return strings.Join([]string{i.Sender, i.Control, i.group().Control, r.set.Type, r.set.Control}, "\x00")
}

// hold begins to keep the set until its end tells whether it is a repetition.
func (r *Reader) hold(yes bool) {
	if yes && !r.holding && !r.replay && !r.skip {
		r.holding = true
		r.held.Clear()
	}
}

// inside takes a segment of a set.
func (r *Reader) inside(s *edi.Segment) {
	if r.skip {
		return
	}
	if r.holding {
		r.hash.Add(s.Raw)
		if r.held.Add(s); r.held.Bytes() > r.opt.Limits.Message {
			r.holding = false
			r.refuseSet(s, "", "", "a set of this number was in the body before, and this one is too large to compare with it; give every set a number of its own, or send it in a body of its own", "23")
		}
		return
	}
	if r.within(s); !r.again {
		r.hash.Add(s.Raw)
	}
}

// refuseSet refuses the set as a whole. code is of element 718, or empty.
func (r *Reader) refuseSet(s *edi.Segment, element, value, reason, code string) {
	r.refuse(s, element, value, reason)
	r.set.Refusal, r.skip, r.msg.open = true, true, false
	if code != "" {
		r.set.fault(code)
	}
}

// finishHeld lets go of what was held, as far as it goes: the set has no end to compare by.
func (r *Reader) finishHeld() {
	if !r.holding {
		r.close()
		return
	}
	r.holding = false
	r.held.Clear()
	r.skip = true
}

// close closes the line that is open, without giving it out yet.
func (r *Reader) close() {
	if r.meaning != nil && r.msg.open {
		r.meaning.finish(r)
		r.msg.open = false
	}
}

func (r *Reader) leave() {
	r.where, r.meaning, r.holding = inGroup, nil, false
	if i := r.interchange(); i.Fragment && i.group().ID == "" {
		r.where = outside
	}
}

func (r *Reader) se(s *edi.Segment) {
	if r.holding {
		again, same := r.seen.Ended(r.control(), r.msg.key(r), r.hash.Sum())
		if again || same && r.d.Same == "skip" {
			r.set.Repeated = true
			r.set.fault("23")
			r.out.Documents[len(r.out.Documents)-1].Repeated = true
			r.warn("set " + r.set.Type + " " + r.set.Control + " at segment " + strconv.Itoa(int(r.set.Row)) + " repeats one before it in the body, and is left out")
			r.held.Clear()
			r.leave()
			return
		}
		if same && r.d.Same != "count" {
			r.refuseSet(s, "", "", "the set has the content and the document number of one before it in the body, but another control number: it may be the same report twice, or another; set same in the dialect to skip or count", "23")
			r.held.Clear()
			r.holding = false
		} else {
			r.replay, r.again = true, false
			return
		}
	}
	if r.msg.open && r.meaning != nil && !r.skip {
		r.finish()
		r.again = true
		return
	}
	if !r.replayed && !r.skip && r.meaning != nil {
		r.seen.Ended(r.control(), r.msg.key(r), r.hash.Sum())
	}
	if r.meaning != nil && !r.skip && !r.doubted(s) {
		r.meaning.read(r, s)
		r.settled()
		r.act()
	}
	r.msg.ended(r, s)
	want := int(s.Number-r.set.Row) + 1
	if n, ok := edi.Int(s.At(1)); !ok || n != want {
		r.mismatch(s, "SE01", "the set has "+strconv.Itoa(want)+" segments, not "+string(s.At(1)), func() { r.set.fault("4") })
	}
	if c := string(s.At(2)); c != r.set.Control {
		r.mismatch(s, "SE02", "the set began with control number "+r.set.Control, func() { r.set.fault("3") })
	}
	r.leave()
}

// mismatch is a trailer that does not fit its header. The rows stand: what is refused is the trailer, so that nothing
// is taken back for a report that may lack a part.
func (r *Reader) mismatch(s *edi.Segment, element, reason string, fault func()) {
	fault()
	if r.d.Counts == "ignore" {
		r.warn(element + ": " + reason)
		return
	}
	r.refuse(s, element, string(s.At(int(element[len(element)-1]-'0'))), reason+"; a segment may be lost, so send it again, or set counts: ignore in the dialect where the partner counts so")
}

func (r *Reader) ge(s *edi.Segment) {
	i := r.interchange()
	if len(i.Groups) == 0 {
		r.refuse(s, "", "", "a group ends that never began")
		return
	}
	g := i.group()
	r.set = nil
	n, ok := edi.Int(s.At(1))
	g.Claimed = n
	if !ok || n != len(g.Sets) {
		r.mismatch(s, "GE01", "the group has "+strconv.Itoa(len(g.Sets))+" sets, not "+string(s.At(1)), func() { g.Faults = append(g.Faults, "5") })
	}
	if c := string(s.At(2)); trimZeros(c) != trimZeros(g.Control) {
		r.mismatch(s, "GE02", "the group began with control number "+g.Control, func() { g.Faults = append(g.Faults, "4") })
	}
	if r.where = inInterchange; i.Fragment {
		r.where = outside
	}
}

func (r *Reader) iea(s *edi.Segment) {
	i := r.interchange()
	r.set = nil
	if n, ok := edi.Int(s.At(1)); !ok || n != len(i.Groups) {
		r.mismatch(s, "IEA01", "the interchange has "+strconv.Itoa(len(i.Groups))+" groups, not "+string(s.At(1)), func() { i.Fault = "021" })
	}
	if c := string(s.At(2)); trimZeros(c) != trimZeros(i.Control) {
		r.mismatch(s, "IEA02", "the interchange began with control number "+i.Control, func() { i.Fault = "001" })
	}
	r.where = outside
}

// trimZeros lets 1 and 000000001 be the same number, also with a stray mark behind it.
func trimZeros(s string) string {
	return strings.TrimLeft(strings.TrimRightFunc(s, func(c rune) bool { return c < 0x80 && !word(byte(c)) }), "0")
}

package edifact

import (
	"strconv"
	"strings"

	"sellthrough/ingest/format/edi"
)

// envelope reads a segment outside of messages, and hands on what lies in one.
func (r *Reader) envelope(s *edi.Segment) {
	if r.where == inMessage {
		switch string(s.ID()) {
		case "UNB", "UNG", "UNH", "UNE", "UNZ":
			r.cut(s)
			r.again = true // when what the message gave is given out
			return
		case "UNT":
		default:
			r.inside(s)
			return
		}
	}
	switch {
	case s.Is("UNB"):
		r.unb(s)
	case s.Is("UNG") && r.where == inInterchange:
		r.interchange().Groups++
	case s.Is("UNE") && r.where == inInterchange:
	case s.Is("UNH"):
		r.unh(s)
	case s.Is("UNT") && r.where == inMessage:
		r.unt(s)
	case s.Is("UNZ") && r.where == inInterchange:
		r.unz(s)
	default:
		if !r.astray {
			r.refuse(s, "", string(s.Raw[:min(len(s.Raw), 60)]), "this segment stands outside of every message (UNH to UNT) and is not read, nor are those behind it up to the next UNH; was a segment before it lost?")
		}
		r.astray = true
		return
	}
	r.astray = false
}

// cut closes a message without its UNT.
func (r *Reader) cut(s *edi.Segment) {
	if r.holding {
		r.holding, r.skip = false, true // there is no end to compare by
		r.held.Clear()
	} else if r.meaning != nil && r.open {
		r.meaning.finish(r)
		r.open = false
	}
	r.message.fault("13")
	r.refuse(s, "", "", "message "+r.message.Type+" "+r.message.Reference+" has no end (UNT) before this segment; some of it may be lost, so send it again as a whole")
	r.leave()
}

func (r *Reader) unb(s *edi.Segment) {
	if r.where != outside {
		r.interchange().Fault = "13"
		r.refuse(s, "", "", "the interchange before has no end (UNZ); some of it may be lost, so send it again as a whole")
	}
	party := func(i int) [3]string {
		return [3]string{string(s.Component(i, 0)), string(s.Component(i, 1)), string(s.Component(i, 2))}
	}
	r.out.Interchanges = append(r.out.Interchanges, Interchange{
		Syntax: string(s.Component(1, 0)), Version: string(s.Component(1, 1)), Sender: party(2), Receiver: party(3),
		Date: string(s.Component(4, 0)), Time: string(s.Component(4, 1)), Reference: string(s.Component(5, 0)),
		Answer: string(s.At(9)) == "1", Test: string(s.At(11)) == "1", Marks: r.scan.Marks,
	})
	r.where, r.message = inInterchange, nil
	r.charset()
	if len(r.out.Interchanges) > r.opt.Limits.Messages {
		r.stop("the body holds more interchanges than the limit; send them in several bodies")
	}
}

// syntaxes are the character sets that UNB declares. ISO 2022 (UNOX) is not read; what is outside ASCII needs the dialect.
var syntaxes = map[string]string{
	"UNOC": "iso-8859-1", "UNOD": "iso-8859-2", "UNOE": "iso-8859-5", "UNOF": "iso-8859-7", "UNOG": "iso-8859-3", "UNOH": "iso-8859-4",
	"UNOI": "iso-8859-6", "UNOJ": "iso-8859-8", "UNOK": "iso-8859-9", "UNOW": "utf-8", "UNOY": "utf-8",
}

func (r *Reader) charset() {
	name := r.d.Charset
	if name == "" {
		if name = syntaxes[r.interchange().Syntax]; name == "" {
			name = "ascii"
		}
	}
	if c, err := edi.NewCharset(name); err == nil {
		r.group.SetCharset(c)
	}
}

func (r *Reader) unh(s *edi.Segment) {
	if r.where == outside {
		if len(r.out.Interchanges) == 0 || !r.interchange().Fragment {
			r.out.Interchanges = append(r.out.Interchanges, Interchange{Marks: r.scan.Marks, Fragment: true})
			r.charset()
		}
	}
	i, part := r.interchange(), func(j int) string { return string(s.Component(2, j)) }
	i.Messages = append(i.Messages, Message{Reference: string(s.Component(1, 0)), Type: part(0), Version: part(1), Release: part(2), Agency: part(3), Code: part(4), Row: s.Number})
	r.message, r.where, r.skip, r.meaning, r.replayed, r.open = &i.Messages[len(i.Messages)-1], inMessage, false, nil, false, false
	if len(r.out.Documents) >= r.opt.Limits.Messages {
		r.stop("the body holds more messages than the limit; send them in several bodies")
		return
	}
	r.out.Documents = append(r.out.Documents, edi.Summary{Row: s.Number, Message: r.message.Type})
	r.hash.Reset()
	switch r.message.Type {
	case "SLSRPT":
		r.meaning = &sales{first: r.d.Shape}
	case "INVRPT":
		r.meaning = &stock{trigger: r.trigger()}
	case "CONTRL", "APERAK":
		r.skip = true // never answered
		r.warn("an acknowledgement (" + r.message.Type + ") is in the body, and is not read")
		return
	default:
		r.refuseMessage(s, "UNH02", r.message.Type, "messages "+r.message.Type+" are not read; send sales as SLSRPT and stock as INVRPT", "14")
		return
	}
	r.msg = newState(r)
	r.suspect = r.seen.Control(r.control())
}

// control is what names a message in its envelope.
func (r *Reader) control() string {
	i := r.interchange()
	return strings.Join([]string{i.Sender[0], i.Reference, r.message.Type, r.message.Reference}, "\x00")
}

// hold begins to keep the message until its end tells whether it is a repetition.
func (r *Reader) hold(yes bool) {
	if yes && !r.holding && !r.replay && !r.skip {
		r.holding = true
		r.held.Clear()
	}
}

// inside takes a segment of a message.
func (r *Reader) inside(s *edi.Segment) {
	if r.skip {
		return
	}
	if r.holding {
		r.hash.Add(s.Raw)
		if r.held.Add(s); r.held.Bytes() > r.opt.Limits.Message {
			r.holding = false
			r.refuseMessage(s, "", "", "a message of this number was in the body before, and this one is too large to compare with it; give every message a number of its own, or send it in a body of its own", "26")
		}
		return
	}
	if r.within(s); !r.again {
		r.hash.Add(s.Raw)
	}
}

// refuseMessage refuses the message as a whole. code is of element 0085, or empty.
func (r *Reader) refuseMessage(s *edi.Segment, element, value, reason, code string) {
	r.refuse(s, element, value, reason)
	r.message.Refusal, r.skip, r.open = true, true, false
	if code != "" {
		r.message.fault(code)
	}
}

func (r *Reader) leave() {
	if r.where, r.meaning, r.holding = inInterchange, nil, false; r.interchange().Fragment {
		r.where = outside
	}
}

func (r *Reader) unt(s *edi.Segment) {
	if r.holding {
		again, same := r.seen.Ended(r.control(), r.msg.key(r), r.hash.Sum())
		if again || same && r.d.Same == "skip" {
			r.message.Repeated = true
			r.message.fault("26")
			r.out.Documents[len(r.out.Documents)-1].Repeated = true
			r.warn("message " + r.message.Type + " " + r.message.Reference + " at segment " + strconv.Itoa(int(r.message.Row)) + " repeats one before it in the body, and is left out")
			r.held.Clear()
			r.leave()
			return
		}
		if !same || r.d.Same == "count" {
			r.replay, r.again = true, false
			return
		}
		r.refuseMessage(s, "", "", "the message has the content and the document number of one before it in the body, but another reference: it may be the same report twice, or another; set same in the dialect to skip or count", "26")
		r.held.Clear()
		r.holding = false
	}
	if r.open && r.meaning != nil && !r.skip {
		r.finish()
		r.again = true
		return
	}
	if !r.replayed && !r.skip && r.meaning != nil {
		r.seen.Ended(r.control(), r.msg.key(r), r.hash.Sum())
	}
	if !r.skip && r.meaning != nil {
		r.act()
	}
	r.msg.ended(r, s)
	want := int(s.Number-r.message.Row) + 1
	if n, ok := edi.Int(s.At(1)); !ok || n != want {
		r.mismatch(s, "UNT01", "the message has "+strconv.Itoa(want)+" segments, not "+string(s.At(1)), func() { r.message.fault("29") })
	}
	if c := string(s.At(2)); c != r.message.Reference {
		r.mismatch(s, "UNT02", "the message began with reference "+r.message.Reference, func() { r.message.fault("28") })
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

func (r *Reader) unz(s *edi.Segment) {
	i := r.interchange()
	r.message = nil
	want, what := len(i.Messages), "messages"
	if i.Groups > 0 {
		want, what = i.Groups, "groups"
	}
	if n, ok := edi.Int(s.At(1)); !ok || n != want {
		r.mismatch(s, "UNZ01", "the interchange has "+strconv.Itoa(want)+" "+what+", not "+string(s.At(1)), func() { i.Fault = "29" })
	}
	if c := string(s.Component(2, 0)); c != i.Reference {
		r.mismatch(s, "UNZ02", "the interchange began with reference "+i.Reference, func() { i.Fault = "28" })
	}
	r.where = outside
}

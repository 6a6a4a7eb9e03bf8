package x12

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Answer is what an acknowledgement needs to know beside the outcome.
type Answer struct {
	At      time.Time // when it is made
	Control int       // interchange control number of the first acknowledgement, from 1; each interchange answered takes one
}

// ErrNothing says that a body holds nothing that can be answered: it has no envelope, or only acknowledgements.
var ErrNothing = errors.New("there is nothing to acknowledge: the body has no interchange header, or holds only acknowledgements")

// Acknowledge writes the functional acknowledgement of what was read: for each interchange one that goes back to its
// sender, with a 997 for each group before release 5010 and a 999 from there on, and a TA1 where the sender asked for
// one or the interchange itself is wrong. Groups of acknowledgements are never answered.
//
// A set is accepted (A), accepted with errors (E: some of its rows were refused, or a count is wrong; the others stand) or
// rejected (R: nothing of it counts). Rows that were refused after the reader gave them have to be told to Reader.Refuse.
// It gives the number of interchanges it wrote.
func Acknowledge(w io.Writer, o *Outcome, a Answer) (int, error) {
	if a.Control < 1 {
		return 0, fmt.Errorf("acknowledgement: control number %d; count from 1 up", a.Control)
	}
	var out bytes.Buffer
	n := 0
	for k := range o.Interchanges {
		i := &o.Interchanges[k]
		if i.Fragment {
			continue
		}
		if writeInterchange(&out, i, a.At.UTC(), a.Control+n) {
			n++
		}
	}
	if n == 0 {
		return 0, ErrNothing
	}
	_, err := w.Write(out.Bytes())
	return n, err
}

// writer writes segments with the marks of the interchange that it answers, so that its reader can read them.
type writer struct {
	out      *bytes.Buffer
	el, term byte
	comp     byte
	segments int
}

func (w *writer) seg(parts ...string) {
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	for k, p := range parts {
		if k > 0 {
			w.out.WriteByte(w.el)
		}
		w.out.WriteString(w.clean(p))
	}
	w.out.WriteByte(w.term)
	if w.term > ' ' {
		w.out.WriteByte('\n')
	}
	w.segments++
}

// clean takes out what would be read as a separator: X12 has no escape.
func (w *writer) clean(s string) string {
	return strings.Map(func(c rune) rune {
		if c == rune(w.el) || c == rune(w.term) || w.comp != 0 && c == rune(w.comp) || c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, s)
}

func writeInterchange(out *bytes.Buffer, i *Interchange, at time.Time, control int) bool {
	var answered []*Group
	for k := range i.Groups {
		if g := &i.Groups[k]; g.ID != "FA" && g.ID != "" {
			answered = append(answered, g)
		}
	}
	ta1 := i.Answer || i.Fault != ""
	if len(answered) == 0 && !ta1 {
		return false
	}
	comp := i.Marks.Component
	for _, c := range []byte(">:<|") { // of an interchange that names none: one that is no other mark
		if comp == 0 && c != i.Marks.Element && c != i.Marks.Terminator {
			comp = c
		}
	}
	w := &writer{out: out, el: i.Marks.Element, term: i.Marks.Terminator, comp: comp}
	version, repeat := i.Version, "U"
	if version == "" {
		version = "00401"
	}
	if version >= "00402" {
		if repeat = "^"; i.Marks.Repetition != 0 {
			repeat = string(i.Marks.Repetition)
		}
	}
	number := fmt.Sprintf("%09d", control%1_000_000_000)
	usage := i.Usage
	if usage == "" {
		usage = "P"
	}
	pad := func(s string, n int) string { return fmt.Sprintf("%-*.*s", n, n, w.clean(s)) }
	e := string(w.el)
	out.WriteString("ISA" + e + "00" + e + pad("", 10) + e + "00" + e + pad("", 10) + e + pad(i.ReceiverQualifier, 2) + e + pad(i.Receiver, 15) + e +
		pad(i.SenderQualifier, 2) + e + pad(i.Sender, 15) + e + at.Format("060102") + e + at.Format("1504") + e + repeat + e + pad(version, 5) + e + number + e + "0" + e + pad(usage, 1) + e + string(comp) + string(w.term))
	if w.term > ' ' {
		out.WriteByte('\n')
	}
	if ta1 {
		code, note := "A", "000"
		if i.Fault != "" {
			code, note = "E", i.Fault
		}
		w.seg("TA1", i.Control, i.Date, i.Time, code, note)
	}
	for k, g := range answered {
		w.group(g, at, control, k+1)
	}
	w.seg("IEA", strconv.Itoa(len(answered)), number)
	return true
}

func (w *writer) group(g *Group, at time.Time, control, n int) {
	set, guide, version := "997", "", g.Version
	ak3, ak4, ak5 := "AK3", "AK4", "AK5"
	if g.Version >= "005010" {
		set, guide, version = "999", "005010X231A1", "005010X231A1"
		ak3, ak4, ak5 = "IK3", "IK4", "IK5"
	}
	if version == "" {
		version = "004010"
	}
	day := at.Format("20060102")
	if version < "004010" {
		day = at.Format("060102")
	}
	number := strconv.Itoa(control*1000 + n)
	w.seg("GS", "FA", g.Receiver, g.Sender, day, at.Format("1504"), number, "X", version)
	from := w.segments
	w.seg("ST", set, "0001", guide)
	release := ""
	if set == "999" {
		release = g.Version
	}
	w.seg("AK1", g.ID, g.Control, release)
	accepted, rejected, faulty := 0, 0, len(g.Faults) > 0
	for k := range g.Sets {
		s := &g.Sets[k]
		w.seg("AK2", s.Type, s.Control, s.Guide)
		for _, note := range s.Notes {
			if note.Row < s.Row || note.Row == 0 || note.Segment == "" || note.Segment == "SE" || note.Segment == "ST" || note.Segment == "GS" {
				continue
			}
			w.seg(ak3, note.Segment, strconv.Itoa(int(note.Row-s.Row)+1), "", "8") // its elements are in error
			if note.Element > 0 {
				bad, value := "7", note.Value
				switch {
				case value == "":
					bad = "1"
				case note.Hide:
					value = ""
				}
				w.seg(ak4, strconv.Itoa(note.Element), "", bad, value)
			}
		}
		status := s.Status()
		codes := s.Faults[:min(len(s.Faults), 5)]
		if len(codes) == 0 && status != 'A' {
			codes = []string{"5"} // one or more segments in error
		}
		w.seg(append([]string{ak5, string(status)}, codes...)...)
		switch status {
		case 'R':
			rejected++
		case 'E':
			faulty = true
			accepted++
		default:
			accepted++
		}
	}
	code := "A"
	switch {
	case rejected > 0 && accepted == 0:
		code = "R"
	case rejected > 0:
		code = "P"
	case faulty:
		code = "E"
	}
	claimed := g.Claimed
	if claimed == 0 {
		claimed = len(g.Sets)
	}
	w.seg(append([]string{"AK9", code, strconv.Itoa(claimed), strconv.Itoa(len(g.Sets)), strconv.Itoa(accepted)}, g.Faults[:min(len(g.Faults), 5)]...)...)
	w.seg("SE", strconv.Itoa(w.segments-from+1), "0001")
	w.seg("GE", "1", number)
}

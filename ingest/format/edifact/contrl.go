package edifact

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
	Control int       // interchange reference of the first acknowledgement, from 1; each interchange answered takes one
}

// ErrNothing says that a body holds nothing that can be answered: it has no envelope, or only acknowledgements.
var ErrNothing = errors.New("there is nothing to acknowledge: the body has no interchange header, or holds only acknowledgements")

// Acknowledge writes the CONTRL of what was read: for each interchange one, in an interchange that goes back to its
// sender. It says of each message whether it is acknowledged (7) or rejected (4), and which segments of it are in error; what
// is acknowledged stands, also where single rows were refused. It is about the syntax and what could be read, and is no
// acceptance of the content. Rows that were refused after the reader gave them have to be told to Reader.Refuse.
// It gives the number of interchanges it wrote.
func Acknowledge(w io.Writer, o *Outcome, a Answer) (int, error) {
	if a.Control < 1 {
		return 0, fmt.Errorf("acknowledgement: interchange reference %d; count from 1 up", a.Control)
	}
	var out bytes.Buffer
	n := 0
	for k := range o.Interchanges {
		i := &o.Interchanges[k]
		if i.Fragment || i.only("CONTRL", "APERAK") {
			continue
		}
		contrl(&out, i, a.At.UTC(), a.Control+n)
		n++
	}
	if n == 0 {
		return 0, ErrNothing
	}
	_, err := w.Write(out.Bytes())
	return n, err
}

func (i *Interchange) only(types ...string) bool {
	for k := range i.Messages {
		found := false
		for _, t := range types {
			found = found || i.Messages[k].Type == t
		}
		if !found {
			return false
		}
	}
	return len(i.Messages) > 0
}

// writer writes segments with the usual marks. Its elements are given with their components joined by ':', each escaped.
type writer struct {
	out      *bytes.Buffer
	segments int
}

func (w *writer) seg(parts ...string) {
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	w.out.WriteString(strings.Join(parts, "+"))
	w.out.WriteString("'\n")
	w.segments++
}

var escape = strings.NewReplacer("?", "??", "'", "?'", "+", "?+", ":", "?:")

// text escapes a value, and takes out what is no ASCII: the acknowledgement is of level UNOA or as the sender's.
func text(s string) string {
	return escape.Replace(strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, s))
}

func join(parts ...string) string {
	for len(parts) > 1 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	escaped := make([]string, len(parts))
	for k, p := range parts {
		escaped[k] = text(p)
	}
	return strings.Join(escaped, ":")
}

func contrl(out *bytes.Buffer, i *Interchange, at time.Time, control int) {
	w := &writer{out: out}
	syntax, version := i.Syntax, i.Version
	if syntax == "" {
		syntax = "UNOA"
	}
	if version == "" {
		version = "3"
	}
	day, release := "060102", []string{"CONTRL", "D", "3", "UN"}
	if version >= "4" {
		day, release = "20060102", []string{"CONTRL", "4", "1", "UN"}
	}
	test := ""
	if i.Test {
		test = "1"
	}
	w.seg("UNB", join(syntax, version), join(i.Receiver[:]...), join(i.Sender[:]...), join(at.Format(day), at.Format("1504")), strconv.Itoa(control), "", "CONTRL", "", "", "", test)
	from := w.segments
	w.seg("UNH", "1", join(release...))
	accepted := 0
	for k := range i.Messages {
		if i.Messages[k].Accepted() {
			accepted++
		}
	}
	action, fault := "7", ""
	switch {
	case i.Fault != "" && accepted == 0:
		action, fault = "4", i.Fault
	case i.Fault != "":
		action = "8" // it was received; what follows says which messages stand
	}
	w.seg("UCI", text(i.Reference), join(i.Sender[:]...), join(i.Receiver[:]...), action, fault)
	for k := range i.Messages {
		w.message(&i.Messages[k])
	}
	w.seg("UNT", strconv.Itoa(w.segments-from+1), "1")
	w.seg("UNZ", "1", strconv.Itoa(control))
}

func (w *writer) message(m *Message) {
	action, fault := "7", ""
	if !m.Accepted() {
		action, fault = "4", "18" // an error that has no code of its own
		if len(m.Faults) > 0 {
			fault = m.Faults[0]
		}
	}
	w.seg("UCM", text(m.Reference), join(m.Type, m.Version, m.Release, m.Agency, m.Code), action, fault)
	for _, n := range m.Notes {
		if n.Row <= m.Row || n.Segment == "" || n.Segment[0] == 'U' {
			continue
		}
		position := strconv.Itoa(int(n.Row-m.Row) + 1)
		if n.Element == 0 {
			w.seg("UCS", position, "18")
			continue
		}
		code := "12" // invalid value
		if n.Value == "" {
			code = "13" // missing
		}
		w.seg("UCS", position)
		w.seg("UCD", code, strconv.Itoa(n.Element))
	}
}

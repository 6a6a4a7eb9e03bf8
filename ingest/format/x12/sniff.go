package x12

import (
	"bytes"
	"io"
	"strconv"

	"sellthrough/ingest/format/edi"
)

// The places of the element separators in an interchange header of fixed width.
var fixed = [16]int{3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103}

var errStopped = io.EOF

// sniff finds the next interchange and its marks. Outside of one, blanks and a few stray characters mean nothing.
func (r *Reader) sniff() error {
	if r.configured {
		return r.scan.Blanks()
	}
	naked := false
	head, stray, err := r.scan.Seek(func(b []byte, start bool) int {
		n := begin(b)
		naked = naked || n != 0 && start && !r.begun && (bytes.HasPrefix(b, []byte("ST")) || bytes.HasPrefix(b, []byte("GS"))) && len(b) > 2 && !word(b[2])
		return n
	})
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case naked:
		r.stop("the body has no interchange header (ISA), so its separators are not known; set element and terminator in the feed's dialect, or send the whole interchange")
		return errStopped
	case stray.TooLong, err == io.EOF && stray.Meaning && !r.begun:
		r.stop("no interchange header (ISA) was found; is this X12?")
		return errStopped
	case stray.Meaning && !r.begun:
		r.group.Refuse(r.scan.Number()+1, "", "", stray.Sample, "before the interchange header (ISA) stands other text, which is not read")
	case stray.Meaning:
		r.group.Refuse(r.scan.Number()+1, "", "", stray.Sample, "this text belongs to no interchange and is not read; send it inside of one (ISA to IEA)")
	}
	if err != nil {
		r.group.Decide()
		return err
	}
	return r.marks(head)
}

// begin finds where an interchange header begins, or −1.
func begin(b []byte) int {
	for from := 0; ; {
		n := bytes.Index(b[from:], []byte("ISA"))
		if n < 0 {
			return -1
		}
		n += from
		if n+3 < len(b) && !word(b[n+3]) && b[n+3] > ' ' && (n == 0 || !word(b[n-1])) {
			return n
		}
		from = n + 3
	}
}

func word(c byte) bool { return edi.Word(c) }

// marks reads the separators from an interchange header: by its fixed width, and where the sender did not pad it, by
// counting elements. What follows has to begin a group, or the header is not to be trusted.
func (r *Reader) marks(b []byte) error {
	d := edi.Delimiters{Element: b[3]}
	wide := len(b) > 105
	for _, n := range fixed {
		wide = wide && b[n] == d.Element
	}
	at := 103
	if !wide {
		at = -1
		for i, n := 0, 0; i < len(b); i++ {
			if b[i] == d.Element {
				if n++; n == 16 {
					at = i
					break
				}
			}
		}
	}
	ok := at >= 0 && at+2 < len(b)
	if ok {
		d.Component, d.Terminator = b[at+1], b[at+2]
		if !follows(b[at+3:], d) && !word(d.Component) && follows(b[at+2:], edi.Delimiters{Element: d.Element, Terminator: d.Component}) {
			d.Component, d.Terminator = 0, b[at+1] // ISA16 is missing, and the terminator stands in its place
		} else if d.Terminator == '\n' && ends(b[at+3:], d.Component) {
			d.Component, d.Terminator = 0, b[at+1]
		}
		ok = !word(d.Terminator) && d.Terminator != d.Element && d.Terminator != d.Component && d.Terminator != ' ' && !word(d.Component) && follows(b[at+2:], d)
	}
	if !ok {
		r.stop("the separators can't be told from the interchange header (ISA), which is not of its fixed width; pad its elements, or set element and terminator in the feed's dialect (interchange " + strconv.Itoa(len(r.out.Interchanges)+1) + ")")
		return errStopped
	}
	r.scan.Marks = d
	return nil
}

// follows asks whether a segment that can stand behind ISA begins at b, or the body ends.
func follows(b []byte, d edi.Delimiters) bool {
	for len(b) > 0 && (b[0] == d.Terminator || b[0] <= ' ') {
		b = b[1:]
	}
	if len(b) == 0 {
		return true
	}
	for _, id := range []string{"GS", "TA1", "IEA", "ISA"} {
		if len(b) > len(id) && string(b[:len(id)]) == id && b[len(id)] == d.Element {
			return true
		}
	}
	return false
}

// ends asks whether the first line of b ends with c: then c is the terminator and the newline only decoration.
func ends(b []byte, c byte) bool {
	before, _, ok := bytes.Cut(b, []byte{'\n'})
	if !ok {
		return false
	}
	line := bytes.TrimRight(before, " \r")
	return len(line) > 0 && line[len(line)-1] == c
}

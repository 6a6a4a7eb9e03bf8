package edifact

import (
	"bytes"
	"io"

	"sellthrough/ingest/format/edi"
)

// standard are the marks where no UNA names others.
var standard = edi.Delimiters{Component: ':', Element: '+', Release: '?', Terminator: '\''}

// sniff finds the next interchange and its marks.
func (r *Reader) sniff() error {
	head, stray, err := r.scan.Seek(begin)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case stray.TooLong, err == io.EOF && stray.Meaning && !r.begun:
		r.stop("no interchange header (UNB) was found; is this EDIFACT?")
		return io.EOF
	case stray.Meaning && !r.begun:
		r.group.Refuse(r.scan.Number()+1, "", "", stray.Sample, "before the interchange header (UNB) stands other text, which is not read")
	case stray.Meaning:
		r.group.Refuse(r.scan.Number()+1, "", "", stray.Sample, "this text belongs to no interchange and is not read; send it inside of one (UNB to UNZ)")
	}
	if err != nil {
		r.group.Decide()
		return err
	}
	if len(r.out.Interchanges) > 0 && r.interchange().Fragment && bytes.HasPrefix(head, []byte("UNH")) {
		return nil // the marks of the messages before
	}
	d := standard
	if bytes.HasPrefix(head, []byte("UNA")) {
		if len(head) < 9 {
			r.stop("the service string (UNA) is cut off; send the body again as a whole")
			return io.EOF
		}
		d = edi.Delimiters{Component: head[3], Element: head[4], Release: head[6], Repetition: head[7], Terminator: head[8]}
		if d.Release == ' ' {
			d.Release = 0
		}
		if d.Repetition == ' ' || d.Repetition == '*' && d.Element != '*' {
			d.Repetition = 0 // a blank of the older syntax; lists of values do not occur in these messages
		}
		if edi.Word(d.Component) || edi.Word(d.Element) || edi.Word(d.Terminator) || d.Component == d.Element || d.Element == d.Terminator || d.Component == d.Terminator ||
			d.Release != 0 && (edi.Word(d.Release) || d.Release == d.Element || d.Release == d.Component || d.Release == d.Terminator) {
			r.stop("the service string (UNA) names letters or one mark twice, so the separators are not known; correct it, or leave UNA out where they are the usual ones")
			return io.EOF
		}
		r.scan.Skip(9)
	} else if n := bytes.IndexByte(head, '\n'); n >= 0 && !bytes.ContainsRune(head[:n], '\'') && follows(head[n+1:]) {
		d.Terminator = '\n' // the segments end with their lines, and no mark stands there
	}
	r.scan.Marks = d
	return nil
}

// begin finds where an interchange begins, or a message of none, or gives −1.
func begin(b []byte, start bool) int {
	best := -1
	for _, id := range []string{"UNA", "UNB", "UNH"} {
		for from := 0; ; {
			n := bytes.Index(b[from:], []byte(id))
			if n < 0 {
				break
			}
			n += from
			if n+3 < len(b) && !edi.Word(b[n+3]) && b[n+3] > ' ' && (n == 0 || !edi.Word(b[n-1])) && (id != "UNH" || start && n == 0) {
				if best < 0 || n < best {
					best = n
				}
				break
			}
			from = n + 3
		}
	}
	return best
}

// follows asks whether a line begins with a segment that can stand behind a header.
func follows(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n \t")
	for _, id := range []string{"UNH+", "UNG+", "BGM+", "UNZ+"} {
		if bytes.HasPrefix(b, []byte(id)) {
			return true
		}
	}
	return false
}

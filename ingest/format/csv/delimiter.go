package csv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"sellthrough"
)

// Delimiter is what a piece of text says about the mark between its columns.
type Delimiter struct {
	Byte     byte   // 0: no mark parts the text into columns
	Certain  bool   // no other mark would part it as evenly
	Others   []byte // those that would, best first
	Evidence string // a sentence for people
}

var delimiters = []byte{',', ';', '\t', '|'}

// Name is a delimiter as a configuration writes it.
func Name(d byte) string {
	if d == '\t' {
		return "tab"
	}
	return string(rune(d))
}

// DetectDelimiter tells the delimiter of a body in UTF-8 from a piece of it that begins at its beginning; whole says
// that the piece is all of it, so that its last line is not cut. A mark parts a text well when nearly all lines have the
// same number of fields by it. A decimal comma does so too in the lines of figures; the header, where it is read by the
// wrong mark, has another number of fields then.
func DetectDelimiter(sample []byte, whole bool) Delimiter {
	if !whole {
		if i := bytes.LastIndexAny(sample, "\r\n"); i >= 0 {
			sample = sample[:i+1]
		}
	}
	if s := bytes.TrimPrefix(sample, utf8BOM); len(s) >= 5 && string(s[:4]) == "sep=" && (len(s) == 5 || s[5] == '\n' || s[5] == '\r') {
		return Delimiter{Byte: s[4], Certain: true, Evidence: "the first line says " + string(s[:5])}
	}
	var found []parting
	for _, d := range delimiters {
		if p := part(sample, d); p.fields > 1 {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return Delimiter{Evidence: "no line is parted by a comma, semicolon, tab or bar"}
	}
	slices.SortStableFunc(found, func(a, b parting) int { return b.even() - a.even() })
	best := found[0]
	g := Delimiter{Byte: best.mark, Certain: true, Evidence: fmt.Sprintf("%q gives %d fields in %d of %d lines", Name(best.mark), best.fields, best.modal, best.lines)}
	for _, p := range found[1:] {
		if p.even()*10 >= best.even()*9 {
			g.Certain = false
			g.Others = append(g.Others, p.mark)
			g.Evidence += fmt.Sprintf(", %q %d in %d", Name(p.mark), p.fields, p.modal)
		}
	}
	return g
}

// parting is how one mark parts a text.
type parting struct {
	mark   byte
	fields int // that most lines have
	modal  int // the lines that have so many
	named  bool
	lines  int
}

// even is how well the lines agree. Lines without a header that has the same number of fields agree by chance.
func (p parting) even() int {
	score := p.modal * 1000 / p.lines
	if !p.named {
		score /= 2
	}
	return score
}

func part(sample []byte, mark byte) parting {
	r := NewReader(bytes.NewReader(sample), Options{Delimiter: mark, MaxFields: 20_000})
	p := parting{mark: mark}
	counts, worded := map[int]int{}, map[int]bool{}
	for p.lines < 2000 {
		r.Expect(0)
		fields, _, err := r.Next()
		if err != nil {
			if f, ok := sellthrough.AsRefusal(err); ok && f.Row > 0 {
				p.lines++
				continue
			}
			break
		}
		p.lines++
		counts[len(fields)]++
		if p.lines <= 30 && words(fields) {
			worded[len(fields)] = true
		}
	}
	for n, c := range counts {
		if n > 1 && (c > p.modal || c == p.modal && n > p.fields) {
			p.fields, p.modal = n, c
		}
	}
	p.named = worded[p.fields]
	return p
}

// words asks whether fields could be a header: no field is a number, and most hold something.
func words(fields [][]byte) bool {
	filled := 0
	for _, f := range fields {
		if len(bytes.TrimSpace(f)) == 0 {
			continue
		}
		filled++
		if strings.IndexFunc(string(f), func(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune(" .,-+/:", r) }) < 0 {
			return false
		}
	}
	return filled*2 > len(fields)
}

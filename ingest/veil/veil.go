// Package veil tells a partner what is wrong with a row without repeating what stands in it. A refused row of a feed that
// holds end customers may have a name or number anywhere: a missing quote shifts the cells, a file without its header shows its first
// row as one, a cut line is shown as a whole.
//
// It promises: a value is shown by its shape alone, letters as x and digits as 9; a piece of a row as a whole is not shown; of a
// reason stays what the program says itself, with the names that the feed's configuration knows. What is left is row, column
// and reason, by which the partner finds the cell in its own file.
package veil

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/edi"
	"sellthrough/ingest/format/sheet/field"
	"sellthrough/internal/config"
)

// Veil hides what rows of one feed hold. A nil Veil hides nothing. It is safe for concurrent use.
type Veil struct {
	words map[string]struct{}
	names []string // of columns
}

// New is the veil of a feed, nil where it holds no end customers.
func New(f *config.Feed) *Veil {
	if !f.Sealed() {
		return nil
	}
	v := &Veil{words: map[string]struct{}{}}
	name := func(names ...string) {
		for _, n := range names {
			if n = strings.TrimSpace(n); n != "" {
				v.words[n] = struct{}{}
				v.names = append(v.names, n)
			}
		}
	}
	c := &f.Columns
	name(f.Identity.LineKey...)
	name(f.Format.Header...)
	name(c.Amount.Price, f.Format.Layout.Unpivot.Name, f.Format.Layout.Unpivot.Value)
	for _, s := range c.Names() {
		name(s)
	}
	if t := f.Format.Type; t == "x12" || t == "edifact" {
		for _, col := range edi.Columns {
			name(col.Name)
		}
	}
	word := func(words ...string) {
		for _, w := range words {
			if w != "" {
				v.words[w] = struct{}{}
			}
		}
	}
	word(string(f.ID), string(f.Partner), f.Format.Sheet, f.Format.Rows)
	for _, values := range []map[string]string{c.Kind.Values, c.Level.Values, c.Segment.Values, c.Title.Values} {
		for cell, w := range values {
			word(cell, w)
		}
	}
	for _, t := range []*config.Time{&c.At, &c.BusinessDate, &c.Until} {
		word(t.Layouts...)
	}
	return v
}

// Refusal is what may be told of a refused row.
func (v *Veil) Refusal(r sellthrough.Refusal) sellthrough.Refusal {
	if v == nil {
		return r
	}
	r.Reason = v.Text(r.Reason)
	if r.Column == "" {
		r.Value = "" // of the row as a whole
		return r
	}
	r.Value = Shape(r.Value)
	if !v.knows(r.Column) && !element.MatchString(r.Column) {
		r.Column = Shape(r.Column)
	}
	return r
}

// Error is what may be told of a body that is refused as a whole; any other error is its own.
func (v *Veil) Error(err error) error {
	r, ok := sellthrough.AsRefusal(err)
	if v == nil || !ok {
		return err
	}
	told := v.Refusal(*r)
	return &told
}

// Names is what may be told of names of a header that a column may have now. A file without its header shows its first row as
// one.
func (v *Veil) Names(all []string) []string {
	if v == nil {
		return all
	}
	out := make([]string, len(all))
	for i, name := range all {
		if out[i] = name; !v.knows(name) && !v.near(name) && !heading(name) {
			out[i] = Shape(name)
		}
	}
	return out
}

// Texts is what may be told of warnings.
func (v *Veil) Texts(all []string) []string {
	if v == nil {
		return all
	}
	for i := range all {
		all[i] = v.Text(all[i])
	}
	return all
}

func (v *Veil) knows(word string) bool {
	_, ok := v.words[strings.TrimSpace(word)]
	return ok || utf8.RuneCountInString(word) <= 1
}

// near says whether a name that was found is a column's, mistyped.
func (v *Veil) near(word string) bool { return config.Nearest(word, v.names) != "" }

// heading says whether a word is one that columns of such files are called by.
func heading(word string) bool {
	for _, r := range word {
		if !letter(r) && r != ' ' && r != '_' { // what stands in brackets is no part of what it is known by
			return false
		}
	}
	a, ok := field.Of(word)
	return ok && a.Field != field.Other
}

// shown is how much of a shape is told.
const shown = 60

// Shape is how a value is written: letters are x, digits are 9, and marks and blanks of ASCII stay.
func Shape(value string) string {
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n++; n > shown {
			b.WriteString("…")
			break
		}
		switch {
		case r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r) || r == ' '):
			b.WriteRune(r)
		case unicode.IsDigit(r):
			b.WriteByte('9')
		default:
			b.WriteByte('x')
		}
	}
	return b.String()
}

var (
	// element is what X12 and EDIFACT call a segment or an element that may be refused: QTY02, LIN, N1.
	element = regexp.MustCompile(`^(ISA|IEA|GS|GE|ST|SE|TA1|BPT|BIA|XQ|N1|LIN|ZA|QTY|SDQ|DTM|REF|CUR|PTD|UIT|AMT|LX|PO4|PRF|CTT|SN1|LS|` +
		`UNA|UNB|UNG|UNE|UNH|UNT|UNZ|BGM|RFF|NAD|CUX|LOC|PIA|PRI|MOA|GIN|GIS|UNS|CNT|INV)[0-9]{0,2}$`)
	// own are words of the program's sentences that look like data.
	own = map[string]struct{}{
		"JSON": {}, "NDJSON": {}, "XML": {}, "HTML": {}, "MIME": {}, "ASCII": {}, "GTIN": {}, "YYYY": {}, "HH": {}, "MiB": {}, "POSLog": {}, "RosettaNet": {},
		"EDIFACT": {}, "UTF-8": {}, "UTF-16": {}, "GS1": {}, "X12": {}, "ISO": {}, "IANA": {}, "CCYYMMDD": {}, "CSV": {}, "UTF": {}, "NUL": {}, "DD": {}, "MM": {}, "EUR": {}, "URL": {}, "API": {},
	}
)

// Text is what may be told of a sentence of the program. What stands in quotes is shown where the feed knows it, and by its
// shape elsewhere; a word without quotes that looks like data, too.
func (v *Veil) Text(s string) string {
	if v == nil {
		return s
	}
	var b strings.Builder
	begins := true // a sentence, where any word may have a capital
	for len(s) > 0 {
		if s[0] == '"' {
			inner, rest, ok := quoted(s)
			if ok {
				if !v.knows(inner) && !v.near(inner) && !heading(inner) {
					inner = Shape(inner)
				}
				b.WriteString(`"` + inner + `"`)
				s, begins = rest, false
				continue
			}
		}
		r, n := utf8.DecodeRuneInString(s)
		if !letter(r) {
			begins = begins && r == ' ' || r == '.' || r == '?' || r == ';' || r == ':'
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		end := strings.IndexFunc(s, func(r rune) bool { return !letter(r) && r != '-' && r != '_' })
		if end < 0 {
			end = len(s)
		}
		b.WriteString(v.word(s[:end], begins))
		s, begins = s[end:], false
	}
	return b.String()
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// quoted splits off what begins with a quote, as %q writes it.
func quoted(s string) (inner, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 < len(s) {
				i++
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, false
}

// word is what may be told of one word.
func (v *Veil) word(w string, begins bool) string {
	plain, digits, upper := true, 0, 0
	for i, r := range w {
		switch {
		case r >= 'a' && r <= 'z' || r == '-' || r == '_':
		case r >= 'A' && r <= 'Z':
			if upper++; i > 0 || !begins {
				plain = false
			}
		case r >= '0' && r <= '9':
			digits++
		default:
			plain = false
		}
	}
	number := digits > 0 && digits == len(w)
	switch _, ok := own[w]; {
	case ok, v.knows(w), element.MatchString(w), plain && digits == 0, number && digits <= 4:
		return w
	}
	return Shape(w)
}

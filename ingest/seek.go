package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"sellthrough"
	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// Seeker finds the bodies of a feed that hold an end customer: in the customer's column, in any other cell, or in what can't
// be read as rows.
type Seeker struct {
	feed    *feed
	limits  config.Limits
	written []sought
}

// sought is one way in which the customer is written.
type sought struct {
	normal, text, phone []byte // in the form of the feed, and in both forms
	specific            bool   // too long to stand somewhere by chance
	needles             [][]byte
}

// Sight is what was seen of a body.
type Sight struct {
	Found   bool
	Blind   bool // nothing could be looked for: the feed reads no such body any more, and its bytes say nothing
	Rows    int64
	Refused int64
}

// NewSeeker seeks a customer by his names and numbers, as they may be written.
func NewSeeker(f *config.Feed, l config.Limits, customer []string) (*Seeker, error) {
	m, err := mapping.New(f)
	if err != nil {
		return nil, err
	}
	s := &Seeker{feed: &feed{config: f, mapping: m}, limits: l}
	for _, c := range customer {
		w := sought{
			normal: keys.Form(f.Columns.Customer.Form).Normal(nil, []byte(c)), text: keys.Text.Normal(nil, []byte(c)), phone: keys.Phone.Normal(nil, []byte(c)),
			needles: needles(strings.TrimSpace(c)),
		}
		w.specific = specific(c)
		s.written = append(s.written, w)
	}
	return s, nil
}

// specific says whether a name or number is one that nothing else is called: six signs with a letter among them, or seven
// digits. Of a customer number like 1001 only the customer's own column tells.
func specific(s string) bool {
	letters, digits := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) && r >= 0x2E80: // a sign of Chinese, Japanese or Korean says as much as three letters
			letters += 3
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		}
	}
	return letters > 0 && letters+digits >= 6 || digits >= 7
}

// Holds looks through a body. Its error is the source's own.
func (s *Seeker) Holds(src io.Reader) (seen Sight, err error) {
	switch s.feed.config.Format.Type {
	case "xlsx", "xls", "html":
		return s.workbook(src)
	}
	tee := &sieve{from: src, written: s.written}
	whole, err := s.rows(tee, &seen)
	if err != nil || seen.Found {
		return seen, err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return seen, err
	}
	seen.Found = tee.found(!whole)
	return seen, nil
}

// workbook looks through a body that is read through its index: first its rows, then the texts in it.
func (s *Seeker) workbook(src io.Reader) (seen Sight, err error) {
	file, err := sealed.NewTemp("", "sellthrough-seek-")
	if err != nil {
		return seen, err
	}
	defer file.Close()
	_, err = io.Copy(file, src)
	size := file.Size()
	if err = errors.Join(err, file.Finish()); err != nil {
		return seen, err
	}
	whole, err := s.rows(io.NewSectionReader(file, 0, size), &seen)
	if err != nil || seen.Found {
		return seen, err
	}
	tee := &sieve{written: s.written}
	through := func(r io.Reader) error {
		tee.begin(r)
		_, err := io.Copy(io.Discard, tee)
		return err
	}
	z, err := zip.NewReader(file, size)
	if err != nil { // an old workbook, or a page
		if err := through(io.NewSectionReader(file, 0, size)); err != nil {
			return seen, err
		}
		seen.Found = tee.found(!whole)
		return seen, nil
	}
	for _, part := range z.File {
		r, err := part.Open()
		if err == nil {
			err = errors.Join(through(io.LimitReader(r, largestPart)), r.Close())
		}
		seen.Blind = seen.Blind || err != nil && !whole
	}
	seen.Found = tee.found(!whole)
	return seen, nil
}

// largestPart is more than a part of a workbook that was read has.
const largestPart = 4 << 30

// rows looks through what can be read as rows. whole says that all of it could.
func (s *Seeker) rows(src io.Reader, seen *Sight) (whole bool, err error) {
	rows, err := openRows(s.feed, s.limits, src)
	if rows != nil && rows.close != nil {
		defer rows.close()
	}
	var b *mapping.Binding
	if err == nil {
		b, err = s.feed.mapping.Bind(rows.columns)
	}
	whole = true
	for err == nil && !seen.Found {
		var fields [][]byte
		fields, _, err = rows.Next()
		r, refused := sellthrough.AsRefusal(err)
		switch {
		case err == nil:
			seen.Rows++
			seen.Found = s.in(fields, b.Customer())
		case refused && r.Row > 0:
			seen.Refused++
			whole, err = false, nil
		}
	}
	if _, refused := sellthrough.AsRefusal(err); refused {
		return false, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return whole, nil
}

// in says whether a row holds the customer.
func (s *Seeker) in(fields [][]byte, customer int) bool {
	var room [256]byte
	for i := range s.written {
		w := &s.written[i]
		if customer >= 0 && customer < len(fields) && len(w.normal) > 0 {
			if bytes.Equal(keys.Form(s.feed.config.Columns.Customer.Form).Normal(room[:0], trimmed(fields[customer])), w.normal) {
				return true
			}
		}
		if !w.specific {
			continue
		}
		for _, f := range fields {
			if len(f) < len(w.text)/3 || len(f) > 4*len(w.text)+16 {
				continue
			}
			if bytes.Equal(keys.Text.Normal(room[:0], trimmed(f)), w.text) || len(w.phone) >= 7 && bytes.Equal(keys.Phone.Normal(room[:0], f), w.phone) {
				return true
			}
		}
	}
	return false
}

// trimmed is a cell as the mapping reads it: spreadsheets write codes as ="…".
func trimmed(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if n := len(cell); n >= 3 && cell[0] == '=' && cell[1] == '"' && cell[n-1] == '"' {
		return cell[2 : n-1]
	}
	return cell
}

// needles are the bytes of a text in the encodings and escapes of bodies, in lower case.
func needles(s string) (out [][]byte) {
	add := func(b []byte) {
		b = lower(b)
		for _, have := range out {
			if bytes.Equal(have, b) {
				return
			}
		}
		if len(b) > 0 {
			out = append(out, b)
		}
	}
	add([]byte(s))
	add(keys.Text.Normal(nil, []byte(s)))
	plain := true
	var json, entity, little, big []byte
	for _, r := range s {
		plain = plain && r < 0x80
		json, entity = escaped(json, r), referred(entity, r)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
	}
	for _, b := range [][]byte{json, entity, little, big} {
		add(b)
	}
	if plain {
		return out
	}
	for _, e := range []encoding.Encoding{
		charmap.Windows1252, charmap.ISO8859_2, charmap.Windows1250, charmap.Windows1251, simplifiedchinese.GB18030, traditionalchinese.Big5,
		japanese.ShiftJIS, japanese.EUCJP, korean.EUCKR,
	} {
		if b, err := e.NewEncoder().Bytes([]byte(s)); err == nil {
			add(b)
		}
	}
	return out
}

// escaped writes a sign as JSON may write it.
func escaped(b []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(b, '\\', byte(r))
	case r < 0x80:
		return append(b, byte(r))
	}
	for _, u := range utf16.Encode([]rune{r}) {
		b = append(b, '\\', 'u', hex[u>>12], hex[u>>8&15], hex[u>>4&15], hex[u&15])
	}
	return b
}

// referred writes a sign as XML may write it.
func referred(b []byte, r rune) []byte {
	switch r {
	case '&':
		return append(b, "&amp;"...)
	case '<':
		return append(b, "&lt;"...)
	case '\'':
		return append(b, "&apos;"...)
	case '"':
		return append(b, "&quot;"...)
	}
	return append(b, string(r)...)
}

// lower is b with the letters of ASCII in lower case.
func lower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

// sieve looks for needles in what is read through it.
type sieve struct {
	from    io.Reader
	written []sought
	window  []byte // the end of what came so far, in lower case
	cut     bool   // before it stands more
	chance  bool   // one that may stand there by chance was found
	sure    bool   // a specific one
}

// begin goes on with another text.
func (s *sieve) begin(from io.Reader) { s.from, s.window, s.cut = from, s.window[:0], false }

// longestNeedle is more than a name has bytes in any encoding.
const longestNeedle = 4096

func (s *sieve) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if n > 0 && !s.sure {
		s.window = append(s.window, lower(p[:n])...)
	}
	if end := errors.Is(err, io.EOF); len(s.window) > 64<<10 || end {
		s.look(end)
	}
	return n, err
}

func (s *sieve) look(end bool) {
	for i := range s.written {
		w := &s.written[i]
		if s.sure || s.chance && !w.specific {
			continue
		}
		for _, needle := range w.needles {
			if stands(s.window, needle, s.cut, end) {
				s.chance, s.sure = true, s.sure || w.specific
			}
		}
	}
	if n := len(s.window) - longestNeedle; n > 0 {
		s.window, s.cut = append(s.window[:0], s.window[n:]...), true
	}
}

// stands says whether a needle stands in b as a word of its own. What stands before b where it was cut, and what follows it
// unless it is the end of all, is not known.
func stands(b, needle []byte, cut, end bool) bool {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], needle)
		if i < 0 {
			return false
		}
		at += i
		behind := at + len(needle)
		if (at == 0 && !cut || at > 0 && !wordy(b[at-1])) && (behind < len(b) && !wordy(b[behind]) || behind == len(b) && end) {
			return true
		}
	}
}

func wordy(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// found says whether the customer stands anywhere in the bytes. One who may be there by chance counts where rows were not read.
func (s *sieve) found(unread bool) bool { return s.sure || unread && s.chance }

package mend

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// merger puts changes into a body.
type merger struct {
	feed    *config.Feed
	limits  config.Limits
	changes map[uint32]*Change
	way     Way
	places  *places
	placed  map[uint32]uint32 // where it stands now → where it stood
	before  reading           // of the body that was sent
}

// reading is how the rows of a body read that were not changed.
type reading struct {
	lines, refused int64
	hash           xxh3.Hasher
	strange        uint32 // a row that nobody changed, where there should be none
}

// find finds the rows that are changed.
func (m *merger) find(src io.Reader) error {
	p, err := place(m.feed, m.limits, src, m.changes)
	if err != nil {
		return err
	}
	m.places = p
	for row, c := range m.changes {
		at, ok := p.rows[row]
		switch {
		case !ok:
			return problem("the file has no row %d", row)
		case len(c.Cells) > 0 && len(c.Cells) != len(p.columns):
			return problem("row %d has %d cells, and the file %d columns", row, len(c.Cells), len(p.columns))
		case len(c.Cells) > 0 && at.cells == nil:
			return problem("row %d can't be told into cells; mend it as a line", row)
		}
	}
	return nil
}

// write writes the mended body.
func (m *merger) write(out io.Writer) func(io.Reader) error {
	return func(src io.Reader) error {
		l, err := linesOf(m.feed, src)
		if err != nil {
			return err
		}
		code := m.places.guess.Encoding
		w := bufio.NewWriterSize(out, 256<<10)
		put := func(text []byte) error {
			coded, err := code.Encode(text)
			if err != nil {
				return problem("%v; write it otherwise, or send the whole file in UTF-8", err)
			}
			_, err = w.Write(coded)
			return err
		}
		if m.places.guess.Mark > 0 {
			if _, err := w.Write(code.Mark()); err != nil {
				return err
			}
		}
		m.placed = map[uint32]uint32{}
		eol, written := "", uint32(0)
		var inside *spot
		var row uint32
		for number := uint32(1); ; number++ {
			line, err := l.next()
			if errors.Is(err, io.EOF) {
				return w.Flush()
			}
			if err != nil {
				return err
			}
			if eol == "" {
				eol = ending(line)
			}
			if inside != nil && inside.holds(row, number) {
				continue
			}
			inside = nil
			c := m.changes[number]
			if c == nil {
				if m.way == Rows {
					if at, refused := m.places.heading[number]; refused {
						inside, row = at, number
						continue
					}
					if m.feed.Format.Type == "ndjson" || m.places.first > 0 && number >= m.places.first {
						continue
					}
				}
				if err := put(line); err != nil {
					return err
				}
				written++
				continue
			}
			inside, row = m.places.rows[number], number
			if c.Drop {
				continue
			}
			record, err := m.record(c)
			if err != nil {
				return err
			}
			end := ending(line)
			if end == "" {
				end = eol
			}
			if end == "" {
				end = "\n"
			}
			m.placed[written+1] = number
			written += count(record, m.feed.Format.Type != "ndjson")
			if err := put(append(record, end...)); err != nil {
				return err
			}
		}
	}
}

// record is a changed row as it is written.
func (m *merger) record(c *Change) ([]byte, error) {
	if text := c.Text + strings.Join(c.Cells, ""); strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
		return nil, problem("row %d holds a character that is no text", c.Row)
	}
	if m.feed.Format.Type == "ndjson" {
		var object map[string]json.RawMessage
		text := strings.TrimSpace(c.Text)
		if strings.ContainsAny(text, "\r\n") {
			var b bytes.Buffer
			if err := json.Compact(&b, []byte(text)); err != nil {
				return nil, problem("row %d is no JSON: %v", c.Row, err)
			}
			text = b.String()
		}
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return nil, problem("row %d is no JSON object: %v", c.Row, err)
		}
		return []byte(text), nil
	}
	if len(c.Cells) == 0 {
		return []byte(strings.TrimRight(c.Text, "\r\n")), nil
	}
	record := appendRecord(nil, c.Cells, m.feed.Format.Comma())
	if len(bytes.Trim(record, string(m.feed.Format.Comma())+" \t")) == 0 {
		return nil, problem("row %d has nothing in it; drop it, if it is no line of the report", c.Row)
	}
	return record, nil
}

// appendRecord writes cells as a record of delimited text.
func appendRecord(b []byte, cells []string, comma byte) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, comma)
		}
		if !strings.ContainsAny(c, "\"\r\n"+string(rune(comma))) {
			b = append(b, c...)
			continue
		}
		b = append(b, '"')
		b = append(b, strings.ReplaceAll(c, `"`, `""`)...)
		b = append(b, '"')
	}
	return b
}

// remember notes how the other rows of the body that was sent read.
func (m *merger) remember(src io.Reader) error {
	if m.way == Rows {
		return nil
	}
	_, err := walk(m.feed, m.limits, src, m.before.walk(func(row uint32) bool { return m.changes[row] != nil }, nil))
	return err
}

// compare reads the mended body. Every row that was not changed has to read as it did.
func (m *merger) compare(src io.Reader) (Mended, error) {
	var after reading
	out := Mended{Placed: map[uint32]uint32{}}
	for now, old := range m.placed {
		out.Placed[old] = now
	}
	w := after.walk(func(row uint32) bool { _, ok := m.placed[row]; return ok }, func(r *sellthrough.Refusal) {
		if len(out.Refusals) < 10_000 {
			x := *r
			x.Row = m.placed[r.Row]
			out.Refusals = append(out.Refusals, x)
		}
	})
	walked, err := walk(m.feed, m.limits, src, w)
	if err != nil {
		return out, err
	}
	out.Accepted, out.Refused = walked.Accepted, walked.Refused
	if m.way == Rows && after.strange > 0 || m.way == Whole && (after.lines != m.before.lines || after.refused != m.before.refused || after.hash.Sum128() != m.before.hash.Sum128()) {
		return out, problem("so changed, other rows of the file would read otherwise; look at the quotes and delimiters of the changed rows, or mend the file itself and send it as a whole")
	}
	return out, nil
}

// walk goes through the rows of a body that are not changed, and hands out the refusals of those that are.
func (r *reading) walk(changed func(uint32) bool, refused func(*sellthrough.Refusal)) *ingest.Walk {
	var b []byte
	return &ingest.Walk{
		Line: func(c *mapping.Cells) error {
			if changed(c.Row) {
				return nil
			}
			r.strange = c.Row
			r.lines++
			b = b[:0]
			for _, x := range [][]byte{c.Document, c.LineKey, c.Location, c.Item, c.Unit, c.Currency, c.Counterparty, c.Serial} {
				b = binary.AppendUvarint(b, uint64(len(x)))
				b = append(b, x...)
			}
			for _, x := range []int64{int64(c.Kind), int64(c.Qty), int64(c.Amount), c.At, int64(c.Day), int64(c.Version)} {
				b = binary.AppendVarint(b, x)
			}
			if c.HasAmount {
				b = append(b, 1)
			}
			_, _ = r.hash.Write(b) // a hash never fails
			return nil
		},
		Refused: func(x *sellthrough.Refusal) {
			if changed(x.Row) {
				if refused != nil {
					refused(x)
				}
				return
			}
			r.strange = max(x.Row, 1)
			r.refused++
			_, _ = fmt.Fprintf(&r.hash, "%q %q %q", x.Column, x.Value, x.Reason)
		},
	}
}

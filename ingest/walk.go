package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"sellthrough"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// Walk goes through a body as a feed reads it, for somebody who looks on. Nothing is kept of it, and nothing is put on the
// road. What a function is handed holds until it returns; each of them may be nil.
type Walk struct {
	Raw     func(fields [][]byte, row uint32, err error) // every record of a table as it stands there, titles and totals too
	Line    func(c *mapping.Cells) error                 // its error ends the walk
	Refused func(r *sellthrough.Refusal)
	Total   func(t sheet.Total) // a row of a table that adds others up

	text   *encoding.Reader
	header []string
}

// Walked is what was met on the way.
type Walked struct {
	Accepted int64
	// Cancelled counts documents that the file takes back.
	Cancelled int64
	Refused   int64
	Header    []string       // the columns of a table, as its header has them
	Encoding  encoding.Guess // of text
	Warnings  []string
}

// Through walks through a body. Its error is a refusal of the whole body, or src's own, or Line's.
func (w *Walk) Through(feedConfig *config.Feed, l config.Limits, src io.Reader) (Walked, error) {
	var out Walked
	m, err := mapping.New(feedConfig)
	if err != nil {
		return out, err
	}
	rows, err := openWalked(&feed{config: feedConfig, mapping: m}, l, src, w)
	if rows != nil && rows.close != nil {
		defer rows.close()
	}
	note := func() {
		out.Header = slices.Clone(w.header)
		if w.text != nil {
			out.Encoding = w.text.Guess()
		}
		if rows != nil && rows.warnings != nil && rows.rows != nil {
			out.Warnings = rows.warnings()
		}
	}
	if err != nil {
		note()
		return out, err
	}
	b, err := m.Bind(rows.columns)
	if err != nil {
		note()
		return out, err
	}
	var c mapping.Cells
	for {
		fields, row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if err = b.MapTo(fields, row, &c); err != nil && rows.refused != nil {
				if r, ok := sellthrough.AsRefusal(err); ok {
					rows.refused(r)
				}
			}
		}
		if err != nil {
			r, ok := sellthrough.AsRefusal(err)
			if !ok {
				return out, fmt.Errorf("read row %d: %w", row, err)
			}
			out.Refused++
			if w.Refused != nil {
				w.Refused(r)
			}
			if r.Row == 0 {
				break
			}
			continue
		}
		if c.Whole {
			out.Cancelled++
			continue
		}
		out.Accepted++
		if w.Line != nil {
			if err := w.Line(&c); err != nil {
				note()
				return out, err
			}
		}
	}
	note()
	return out, nil
}

// tap shows the records of a source on their way.
type tap struct {
	sheet.Source
	raw func([][]byte, uint32, error)
}

func (t *tap) Next() ([][]byte, uint32, error) {
	fields, row, err := t.Source.Next()
	if err != io.EOF {
		t.raw(fields, row, err)
	}
	return fields, row, err
}

// Expect hands on what a source wants to know.
func (t *tap) Expect(width int) {
	if e, ok := t.Source.(interface{ Expect(width int) }); ok {
		e.Expect(width)
	}
}

// Faults are those of the source.
func (t *tap) Faults() []sheet.Fault {
	if f, ok := t.Source.(interface{ Faults() []sheet.Fault }); ok {
		return f.Faults()
	}
	return nil
}

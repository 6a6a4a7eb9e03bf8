package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet/field"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// Described is what a row of a partner's file says of its item or its place beside the code, by the names of its columns. A
// feed reads none of it; it helps a person who has to say what the code means.
type Described struct {
	Item  string // name or model
	GTIN  string
	Place string
}

var errFound = errors.New("the row is found")

// Describe looks at one row of a body. Where the format has no columns beside those of the feed, it says nothing.
func Describe(f *config.Feed, l config.Limits, src io.Reader, row uint32) (Described, error) {
	m, err := mapping.New(f)
	if err != nil {
		return Described{}, err
	}
	read := m.Columns()
	if f.Format.Type == "ndjson" {
		line, err := lineAt(src, row, int(l.Line))
		if err != nil || line == nil {
			return Described{}, err
		}
		return describeObject(line, read), nil
	}
	var cells []string
	found := false
	w := Walk{
		Raw: func(fields [][]byte, at uint32, err error) {
			if at != row || err != nil {
				return
			}
			found, cells = true, nil
			for _, c := range fields {
				cells = append(cells, strings.TrimSpace(string(c)))
			}
		},
		Line: func(*mapping.Cells) error {
			if found {
				return errFound
			}
			return nil
		},
	}
	walked, err := w.Through(f, l, src)
	if _, refused := sellthrough.AsRefusal(err); err != nil && !errors.Is(err, errFound) && !refused {
		return Described{}, err
	}
	var d Described
	for i, name := range walked.Header {
		if i < len(cells) && !slices.Contains(read, name) {
			d.take(name, cells[i])
		}
	}
	return d, nil
}

// take looks whether a cell says more.
func (d *Described) take(column, cell string) {
	a, ok := field.Of(column)
	if i := strings.LastIndexByte(column, '.'); !ok && i >= 0 {
		a, ok = field.Of(column[i+1:])
	}
	if !ok || cell == "" || len(cell) > 200 {
		return
	}
	switch to := map[field.Field]*string{field.ItemName: &d.Item, field.GTIN: &d.GTIN, field.LocationName: &d.Place}[a.Field]; {
	case to != nil && *to == "":
		*to = cell
	case a.Field == field.Model && d.Item == "":
		d.Item = cell
	case a.Field == field.Model && !strings.Contains(d.Item, cell):
		d.Item += " " + cell
	}
}

// lineAt gives a physical line, nil where there is none.
func lineAt(src io.Reader, row uint32, longest int) ([]byte, error) {
	var line []byte
	buf := make([]byte, 64<<10)
	for at := uint32(1); ; {
		n, err := src.Read(buf)
		for b := buf[:n]; len(b) > 0; {
			end := bytes.IndexByte(b, '\n')
			piece := b
			if end >= 0 {
				piece = b[:end]
			}
			if at == row && len(line) < longest {
				line = append(line, piece...)
			}
			if end < 0 {
				break
			}
			if at == row {
				return line, nil
			}
			at++
			b = b[end+1:]
		}
		if errors.Is(err, io.EOF) {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func describeObject(line []byte, read []string) Described {
	var v map[string]json.RawMessage
	var d Described
	if json.Unmarshal(line, &v) != nil {
		return d
	}
	names := paths(nil, "", v, 0)
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(read, name) {
			continue
		}
		at := v
		parts := strings.Split(name, ".")
		for i, part := range parts {
			if i == len(parts)-1 {
				var text string
				if json.Unmarshal(at[part], &text) == nil {
					d.take(name, text)
				}
				break
			}
			var inner map[string]json.RawMessage
			if json.Unmarshal(at[part], &inner) != nil {
				break
			}
			at = inner
		}
	}
	return d
}

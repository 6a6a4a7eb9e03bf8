package mend

import (
	"bytes"
	"errors"
	"io"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// places is where rows stand in a body.
type places struct {
	columns []string // of a table
	rows    map[uint32]*spot
	heading map[uint32]*spot // rows that were refused before the first line of the report
	first   uint32           // the first row that is a line; 0: there is none
	guess   encoding.Guess
}

// spot is a row: from its own physical line up to that of the next record, which is not in it.
type spot struct {
	next  uint32 // 0: up to the end of the body
	cells []string
	text  []byte
}

func (s *spot) holds(row, line uint32) bool { return line >= row && (s.next == 0 || line < s.next) }

// place finds rows in a body, with their cells.
func place[V any](f *config.Feed, l config.Limits, src io.Reader, want map[uint32]V) (*places, error) {
	p := &places{rows: map[uint32]*spot{}, heading: map[uint32]*spot{}}
	head := &beginning{src: src}
	var open []*spot // spots whose end is not known yet
	seen := map[uint32]*spot{}
	w := &ingest.Walk{
		Line: func(c *mapping.Cells) error {
			if p.first == 0 {
				p.first = c.Row
			}
			return nil
		},
		Refused: func(r *sellthrough.Refusal) {
			if p.first > 0 || r.Row == 0 || len(p.heading) > 100_000 {
				return
			}
			if at, ok := seen[r.Row]; ok {
				p.heading[r.Row] = at
			} else {
				p.heading[r.Row] = &spot{next: r.Row + 1}
			}
		},
	}
	if f.Format.Type == "ndjson" {
		for row := range want {
			p.rows[row] = &spot{next: row + 1}
		}
	} else {
		w.Raw = func(fields [][]byte, row uint32, err error) {
			for _, s := range open {
				s.next = row
			}
			open = open[:0]
			_, wanted := want[row]
			if !wanted && p.first > 0 {
				return
			}
			at := &spot{}
			open = append(open, at)
			if p.first == 0 {
				seen[row] = at
			}
			if wanted {
				p.rows[row] = at
				for _, c := range fields {
					at.cells = append(at.cells, string(c))
				}
				if err != nil {
					at.cells = nil
				}
			}
		}
	}
	walked, err := walk(f, l, head, w)
	if err != nil {
		return nil, err
	}
	p.columns, p.guess = walked.Header, walked.Encoding
	if f.Format.Type == "ndjson" {
		p.guess = encoding.Guess{Encoding: encoding.UTF8}
		if bytes.HasPrefix(head.bytes, encoding.UTF8.Mark()) {
			p.guess.Mark = 3
		}
	}
	for _, s := range p.rows {
		if len(s.cells) != len(p.columns) {
			s.cells = nil // which cell is which is not known
		}
	}
	return p, nil
}

// beginning remembers the first bytes of a body.
type beginning struct {
	src   io.Reader
	bytes []byte
}

func (b *beginning) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	if room := 3 - len(b.bytes); room > 0 {
		b.bytes = append(b.bytes, p[:min(n, room)]...)
	}
	return n, err
}

// texts fills in the lines of the rows that were found.
func (p *places) texts(f *config.Feed, src io.Reader) error {
	l, err := linesOf(f, src)
	if err != nil {
		return err
	}
	var now *spot
	var row uint32
	for number := uint32(1); ; number++ {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if s, ok := p.rows[number]; ok {
			now, row = s, number
		}
		if now != nil && now.holds(row, number) && len(now.text) < 1<<20 {
			now.text = append(now.text, line...)
		}
	}
}

package ingest

import (
	"errors"
	"fmt"
	"io"

	"sellthrough"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// Preview is how a file reads under a feed: its first lines and everything that is refused, with nothing kept anywhere.
type Preview struct {
	Lines    []sellthrough.Line // the first ones
	Accepted int64
	Refused  int64
	// Cancelled counts documents that the file takes back.
	Cancelled int64
	Refusals  []sellthrough.Refusal // the first ones
	Warnings  []string
}

// Read reads a whole body under a feed and gives its first lines. Its error is a refusal of the whole body, or src's own.
func Read(feedConfig *config.Feed, l config.Limits, src io.Reader, first int) (Preview, error) {
	var p Preview
	m, err := mapping.New(feedConfig)
	if err != nil {
		return p, err
	}
	rows, err := openRows(&feed{config: feedConfig, mapping: m}, l, src)
	if rows != nil && rows.close != nil {
		defer rows.close()
	}
	if err != nil {
		return p, err
	}
	b, err := m.Bind(rows.columns)
	if err != nil {
		return p, err
	}
	var c mapping.Cells
	for {
		fields, row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.MapTo(fields, row, &c)
		}
		if err != nil {
			r, ok := sellthrough.AsRefusal(err)
			if !ok {
				return p, fmt.Errorf("read row %d: %w", row, err)
			}
			p.Refused++
			if len(p.Refusals) < first {
				p.Refusals = append(p.Refusals, *r)
			}
			if r.Row == 0 {
				break
			}
			continue
		}
		if c.Whole {
			p.Cancelled++
			continue
		}
		p.Accepted++
		if len(p.Lines) < first {
			p.Lines = append(p.Lines, c.Line(feedConfig.Kind))
		}
	}
	if rows.warnings != nil {
		p.Warnings = rows.warnings()
	}
	return p, nil
}

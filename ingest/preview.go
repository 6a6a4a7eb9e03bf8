package ingest

import (
	"io"
	"slices"

	"sellthrough"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/mapping"
	"sellthrough/ingest/veil"
	"sellthrough/internal/config"
)

// Preview is how a file reads under a feed: its first lines, what they add up to, and everything that is refused, with
// nothing kept anywhere.
type Preview struct {
	Lines    []sellthrough.Line // the first ones
	Accepted int64
	Refused  int64
	// Cancelled counts documents that the file takes back.
	Cancelled int64
	Refusals  []sellthrough.Refusal // the first ones
	Problems  []Problem             // all of them by column and reason, the commonest first
	Totals    []sheet.Total         // rows of the file that add others up, beside what those come to
	Sums      []Sum                 // of the lines
	Encoding  encoding.Guess        // of text
	Warnings  []string
}

// Problem is what is wrong with cells of a column.
type Problem struct {
	Column string
	Reason string
	Count  int64
	First  sellthrough.Refusal
}

// Sum is what the lines of a kind, or of a level, come to.
type Sum struct {
	Kind     string
	Currency string // as written; empty is the feed's
	Lines    int64
	Qty      sellthrough.Decimal
	Amount   sellthrough.Decimal
	Beyond   bool // the sums left the range of a figure
}

// The most different problems, sums and total rows that are told apart.
const (
	manyProblems = 100
	manySums     = 50
	manyTotals   = 20
)

// Read reads a whole body under a feed and gives its first lines. Its error is a refusal of the whole body, or src's own.
func Read(feedConfig *config.Feed, l config.Limits, src io.Reader, first int) (Preview, error) {
	var p Preview
	v := veil.New(feedConfig)
	w := Walk{
		Line: func(c *mapping.Cells) error {
			if len(p.Lines) < first {
				p.Lines = append(p.Lines, c.Line(feedConfig.Kind))
			}
			p.sum(c, feedConfig.Kind)
			return nil
		},
		Refused: func(r *sellthrough.Refusal) {
			told := v.Refusal(*r)
			if len(p.Refusals) < first {
				p.Refusals = append(p.Refusals, told)
			}
			p.problem(&told)
		},
		Total: func(t sheet.Total) {
			if len(p.Totals) < manyTotals {
				t.Label = v.Text(t.Label)
				p.Totals = append(p.Totals, t)
			}
		},
	}
	walked, err := w.Through(feedConfig, l, src)
	p.Accepted, p.Cancelled, p.Refused, p.Encoding, p.Warnings = walked.Accepted, walked.Cancelled, walked.Refused, walked.Encoding, v.Texts(walked.Warnings)
	slices.SortStableFunc(p.Problems, func(a, b Problem) int { return int(min(1, max(-1, b.Count-a.Count))) })
	return p, v.Error(err)
}

func (p *Preview) problem(r *sellthrough.Refusal) {
	for i := range p.Problems {
		if x := &p.Problems[i]; x.Column == r.Column && x.Reason == r.Reason {
			x.Count++
			return
		}
	}
	if len(p.Problems) < manyProblems {
		p.Problems = append(p.Problems, Problem{r.Column, r.Reason, 1, *r})
	}
}

func (p *Preview) sum(l *mapping.Cells, kind sellthrough.FeedKind) {
	name := sellthrough.Kind(l.Kind).String()
	if kind == sellthrough.Stock {
		name = sellthrough.Level(l.Kind).String()
	}
	for i := range p.Sums {
		s := &p.Sums[i]
		if s.Kind != name || s.Currency != string(l.Currency) {
			continue
		}
		s.Lines++
		qty, err := s.Qty.Add(l.Qty)
		amount, err2 := s.Amount.Add(l.Amount)
		if s.Beyond = s.Beyond || err != nil || err2 != nil; !s.Beyond {
			s.Qty, s.Amount = qty, amount
		}
		return
	}
	if len(p.Sums) < manySums {
		p.Sums = append(p.Sums, Sum{Kind: name, Currency: string(l.Currency), Lines: 1, Qty: l.Qty, Amount: l.Amount})
	}
}

package ingest

import (
	"slices"

	"sellthrough"
	"sellthrough/ingest/mapping"
)

// What the acts of one submission may be: an end mark is one message.
const (
	maxActs     = 10_000
	maxActBytes = 192 << 10
)

// acts gathers the documents that a body replaces or cancels.
type acts struct {
	list      []sellthrough.Act
	named     map[string]struct{} // documents with an act
	bytes     int
	cancelled int64
	told      bool // a line of an original, or of its replacement, came
}

// take notes what a row says of its document. Its error is a refusal of the row.
func (a *acts) take(c *mapping.Cells) error {
	switch c.Function {
	case sellthrough.Original:
		a.told = true
	case sellthrough.Cancel:
		a.cancelled++
		return a.add(c, c.Document, c.Previous, false)
	case sellthrough.Replace:
		if a.told = a.told || !c.Whole; !c.Whole {
			_, own := a.named[string(c.Document)]
			_, other := a.named[string(c.Previous)]
			if own && (other || len(c.Previous) == 0) {
				return nil // said before
			}
		}
		if len(c.Previous) > 0 && len(c.Document) > 0 { // what it says of itself is complete, too
			if err := a.add(c, c.Document, nil, true); err != nil {
				return err
			}
		}
		return a.add(c, c.Document, c.Previous, true)
	}
	return nil
}

func (a *acts) add(c *mapping.Cells, document, previous []byte, replace bool) error {
	if len(previous) > 0 {
		document = previous
	}
	if len(a.list) >= maxActs || a.bytes+len(document) > maxActBytes {
		return sellthrough.Bad(c.Row, "", "", "the body replaces or cancels more than 10,000 documents; send it in parts")
	}
	if a.named == nil {
		a.named = map[string]struct{}{}
	}
	a.named[string(document)] = struct{}{}
	a.bytes += len(document) + 40
	a.list = append(a.list, sellthrough.Act{Document: string(document), Row: c.Row, Version: c.Version, Replace: replace})
	return nil
}

// in gives the acts that a partition has to know: those on its documents, or all where a document's lines lie in several.
func (a *acts) in(f *feed, p int, where mapping.Partitioner) []sellthrough.Act {
	if f.config.Kind == sellthrough.Stock || byLocation(f) {
		return a.list
	}
	return slices.DeleteFunc(slices.Clone(a.list), func(x sellthrough.Act) bool { return where.Of([]byte(x.Document), nil) != p })
}

// partitions are those that the acts reach, of n.
func (a *acts) partitions(f *feed, n int, where mapping.Partitioner) []int {
	var out []int
	for p := range n {
		if len(a.in(f, p, where)) > 0 {
			out = append(out, p)
		}
	}
	return out
}

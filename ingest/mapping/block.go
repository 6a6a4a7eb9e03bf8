package mapping

import (
	"math/bits"

	"github.com/zeebo/xxh3"

	"sellthrough"
)

// A block is full at either: what Kafka carries in one message is bounded.
const (
	maxLines = 64 << 10
	maxBytes = 800_000
)

// Builder gathers lines into a block. Equal lines in equal order give equal blocks. It is not safe for concurrent use.
type Builder struct {
	block sellthrough.Block
	dict  map[string]uint32
	size  int
	names [8 + more]uint32 // of the row before, by column
}

// more is the number of texts that only some feeds have.
const more = 7

// NewBuilder begins a block of an attempt at a submission.
func NewBuilder(feed sellthrough.FeedID, submission sellthrough.SubmissionID, attempt uint32) *Builder {
	b := &Builder{block: sellthrough.Block{Feed: feed, Submission: submission, Attempt: attempt}}
	b.reset()
	return b
}

func (b *Builder) reset() {
	b.block = sellthrough.Block{Feed: b.block.Feed, Submission: b.block.Submission, Attempt: b.block.Attempt, Dict: []string{""}}
	b.dict, b.size, b.names = map[string]uint32{}, 64, [8 + more]uint32{}
}

// Append adds a line, copying what it needs of c.
func (b *Builder) Append(c *Cells) {
	k := &b.block
	k.Row = append(k.Row, c.Row)
	k.Document = append(k.Document, b.index(0, c.Document))
	k.LineKey = append(k.LineKey, b.index(1, c.LineKey))
	k.Location = append(k.Location, b.index(2, c.Location))
	k.Item = append(k.Item, b.index(3, c.Item))
	k.Unit = append(k.Unit, b.index(4, c.Unit))
	k.Currency = append(k.Currency, b.index(5, c.Currency))
	k.Counterparty = append(k.Counterparty, b.index(6, c.Counterparty))
	k.Serial = append(k.Serial, b.index(7, c.Serial))
	k.Kind = append(k.Kind, c.Kind)
	k.Qty = append(k.Qty, c.Qty)
	k.Amount = append(k.Amount, c.Amount)
	k.HasAmount = append(k.HasAmount, c.HasAmount)
	k.At = append(k.At, c.At)
	k.Day = append(k.Day, c.Day)
	k.Version = append(k.Version, c.Version)
	k.Function = append(k.Function, c.Function)
	if c.HasMore {
		b.more(c)
	}
	for _, n := range b.names[:8] {
		b.size += varint(uint64(n))
	}
	b.size += varint(uint64(c.Row)) + varint(zigzag(int64(c.Qty))) + varint(zigzag(int64(c.Amount))) + varint(zigzag(c.At)) +
		varint(zigzag(int64(c.Day))) + varint(c.Version) + 3
}

// more adds what only some feeds have. A column begins with its first value, and then has one for every line.
func (b *Builder) more(c *Cells) {
	n := b.block.Len()
	for i, column := range b.block.MoreColumns() {
		if len(c.More[i]) == 0 && *column == nil {
			continue
		}
		*column = append(*column, make([]uint32, n-1-len(*column))...)
		*column = append(*column, b.index(8+i, c.More[i]))
		b.size += varint(uint64(b.names[8+i]))
	}
	if c.Until != 0 || b.block.Until != nil {
		b.block.Until = append(b.block.Until, make([]int64, n-1-len(b.block.Until))...)
		b.block.Until = append(b.block.Until, c.Until)
		b.size += varint(zigzag(c.Until))
	}
}

// index is the place of s in the dictionary.
func (b *Builder) index(column int, s []byte) uint32 {
	if last := b.names[column]; b.block.Dict[last] == string(s) {
		return last
	}
	n := uint32(0)
	if len(s) > 0 {
		var ok bool
		if n, ok = b.dict[string(s)]; !ok {
			n = uint32(len(b.block.Dict))
			text := string(s)
			b.dict[text] = n
			b.block.Dict = append(b.block.Dict, text)
			b.size += len(s) + 3
		}
	}
	b.names[column] = n
	return n
}

func varint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

func zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// Len is the number of lines so far.
func (b *Builder) Len() int { return b.block.Len() }

// Full asks whether the block has to be taken before another line.
func (b *Builder) Full() bool { return len(b.block.Row) >= maxLines || b.size >= maxBytes }

// Take gives the block, which the caller owns from here on, and begins another of the same submission.
func (b *Builder) Take() sellthrough.Block {
	k := b.block
	for _, column := range k.MoreColumns() {
		if *column != nil {
			*column = append(*column, make([]uint32, k.Len()-len(*column))...)
		}
	}
	if k.Until != nil {
		k.Until = append(k.Until, make([]int64, k.Len()-len(k.Until))...)
	}
	b.reset()
	if n := k.Len(); n > 0 { // the next one is likely to be as long
		b.reserve(n + n/16)
	}
	return k
}

func (b *Builder) reserve(n int) {
	k := &b.block
	for _, column := range []*[]uint32{&k.Row, &k.Document, &k.LineKey, &k.Location, &k.Item, &k.Unit, &k.Currency, &k.Counterparty, &k.Serial} {
		*column = make([]uint32, 0, n)
	}
	k.Kind, k.HasAmount, k.Day, k.Function = make([]uint8, 0, n), make([]bool, 0, n), make([]sellthrough.Day, 0, n), make([]sellthrough.Function, 0, n)
	k.Qty, k.Amount, k.At, k.Version = make([]sellthrough.Decimal, 0, n), make([]sellthrough.Decimal, 0, n), make([]int64, 0, n), make([]uint64, 0, n)
}

// Partitioner says which Kafka partition a line belongs to: by (partner, namespace, document) or (partner, namespace,
// location), from the partner's own codes, so that no change of reference data moves a line. Stock goes by location.
type Partitioner struct {
	seed     uint64
	document bool
	n        uint64
}

// NewPartitioner makes the partitioner of a rule over n partitions.
func NewPartitioner(rule sellthrough.Rule, partner sellthrough.PartnerID, n int) Partitioner {
	seed := xxh3.HashString(string(partner) + "\x00" + rule.Namespace)
	return Partitioner{seed: seed, document: rule.Scope == sellthrough.ByDocument, n: uint64(max(n, 1))}
}

// Of is the partition of a line with this document and location.
func (p Partitioner) Of(document, location []byte) int {
	code := location
	if p.document {
		code = document
	}
	return int(xxh3.HashSeed(code, p.seed) % p.n)
}

// Partition is the partition of one line; see Partitioner for many.
func Partition(rule sellthrough.Rule, partner sellthrough.PartnerID, document, location []byte, n int) int {
	return NewPartitioner(rule, partner, n).Of(document, location)
}

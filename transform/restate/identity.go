// Package restate decides what a line is against what the ledger holds: new, duplicate, corrected, superseded, and which
// held lines a complete report withdraws. It is pure: values in, rows and counts out, no clock and no I/O.
package restate

import (
	"math/bits"

	"github.com/zeebo/xxh3"

	"sellthrough"
)

// RuleVersion is the version of the functions in this file. They decide what is the same line for ever: a change needs
// a new version, and a ledger rebuilt under it.
const RuleVersion = 1

// Identity is who a line is, and what it says.
//
//	slice   = (partner, namespace, document), or (partner, namespace, location, day as written)
//	line    = (document, line key) where the feed has a key, else (document, content, occurrence in the submission)
//	content = all that the line says; for a feed without line key it is part of the line
//
// A line that a document adds is another one than the equal line of the original. Where originals come on top of one
// another, the file is part of the line.
//
// Content never includes the row number, the file or anything the reference data adds.
type Identity struct{ Slice, Line, Content uint64 }

// mix folds b into a: the 128-bit product of both, high and low part together (as in wyhash).
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xe7037ed1a0b428db)
	return hi ^ lo
}

// Identities computes the identities of one block.
type Identities struct {
	rule    sellthrough.Rule
	kind    sellthrough.FeedKind
	base    uint64 // of partner and namespace
	body    uint64 // of the file, where equal rows of another file are other sales
	dict    []uint64
	more    bool // the block says more of some line
	lastKey [2]uint64
	lastVal uint64
}

// NewIdentities begins for a submission.
func NewIdentities(end *sellthrough.EndMark) *Identities {
	id := &Identities{rule: end.Rule, kind: end.Kind, base: Base(end.Partner, end.Rule.Namespace)}
	if !end.Rule.Keyed && end.Rule.EqualRows == sellthrough.EqualIsSale || end.Rule.Originals == sellthrough.OriginalsAppend {
		id.body = xxh3.HashString(end.Body)
	}
	return id
}

// Base is the hash of a partner's namespace.
func Base(partner sellthrough.PartnerID, namespace string) uint64 {
	return mix(xxh3.HashString(string(partner)), xxh3.HashString(namespace))
}

// DocumentSlice is the slice of a document.
func DocumentSlice(base uint64, document string) uint64 {
	return mix(mix(base, 1), xxh3.HashString(document))
}

// LocationDaySlice is the slice of a location's day.
func LocationDaySlice(base uint64, location string, day sellthrough.Day) uint64 {
	return mix(mix(mix(base, 2), xxh3.HashString(location)), uint64(uint32(day)))
}

// ActSlice is where a floor says that a document was replaced or cancelled.
func ActSlice(base uint64, document string) uint64 { return actSlice(base, xxh3.HashString(document)) }

func actSlice(base, document uint64) uint64 { return mix(mix(base, 3), document) }

// addition is part of the line of an added one.
const addition = 0x61646465642d6f6e

// Bind hashes the dictionary of a block; Of then speaks of that block's lines.
func (d *Identities) Bind(b *sellthrough.Block) {
	d.dict = d.dict[:0]
	for _, s := range b.Dict {
		d.dict = append(d.dict, xxh3.HashString(s))
	}
	d.lastKey = [2]uint64{}
	d.lastVal = 0
	d.more = b.Until != nil
	for _, c := range b.MoreColumns() {
		d.more = d.more || *c != nil
	}
}

// moreOf folds in what only some feeds say. Nothing said changes nothing, so that lines of feeds that say none of it are
// who they always were. Who the customer is is no part of it: its hash changes with its key.
func (d *Identities) moreOf(b *sellthrough.Block, i int, c uint64) uint64 {
	for k, column := range b.MoreColumns() {
		if k > 0 && *column != nil && (*column)[i] != 0 {
			c = mix(c, d.dict[(*column)[i]]+uint64(k))
		}
	}
	if b.Until != nil && b.Until[i] != 0 {
		c = mix(c, uint64(b.Until[i])^0xa0761d6478bd642f)
	}
	return c
}

// Of is the identity of line i, but for the occurrence: Line of a feed without key is that of the first occurrence's
// family, see Occurrence.
func (d *Identities) Of(b *sellthrough.Block, i int) Identity {
	var id Identity
	h := d.dict
	switch {
	case d.kind == sellthrough.Stock || d.rule.Scope == sellthrough.ByLocationDay:
		k := [2]uint64{uint64(b.Location[i]) + 1, uint64(uint32(b.Day[i]))}
		if k != d.lastKey {
			d.lastKey = k
			d.lastVal = mix(mix(mix(d.base, 2), h[b.Location[i]]), uint64(uint32(b.Day[i])))
		}
		id.Slice = d.lastVal
	default:
		k := [2]uint64{uint64(b.Document[i]) + 1, 0}
		if k != d.lastKey {
			d.lastKey = k
			d.lastVal = mix(mix(d.base, 1), h[b.Document[i]])
		}
		id.Slice = d.lastVal
	}
	amount := uint64(b.Amount[i])
	if b.HasAmount[i] {
		amount = mix(amount, 7)
	}
	c := mix(uint64(b.Kind[i])<<32|uint64(uint32(b.Day[i])), uint64(b.At[i]))
	c = mix(c, uint64(b.Qty[i]))
	c = mix(c, amount)
	c = mix(c, h[b.Item[i]])
	c = mix(c, h[b.Location[i]])
	c = mix(c, h[b.Unit[i]]^bits.RotateLeft64(h[b.Currency[i]], 17))
	c = mix(c, h[b.Counterparty[i]]^bits.RotateLeft64(h[b.Serial[i]], 31))
	if d.more {
		c = d.moreOf(b, i, c)
	}
	id.Content = c
	switch {
	case d.kind == sellthrough.Stock: // a level is who, what, which level and when; its quantity is what it says
		id.Line = mix(mix(uint64(b.Kind[i]), h[b.Item[i]]), uint64(b.At[i]))
		id.Content = mix(uint64(b.Qty[i]), h[b.Unit[i]])
		return id
	case d.rule.Keyed:
		id.Line = mix(h[b.Document[i]], h[b.LineKey[i]])
		if d.body != 0 && b.Function[i] == sellthrough.Original {
			id.Line = mix(id.Line, d.body)
		}
	default:
		body := d.body
		if b.Function[i] == sellthrough.Replace {
			body = 0
		}
		id.Line = mix(mix(h[b.Document[i]], c), body)
		id.Content = 0 // the line is its content
	}
	if b.Function[i] == sellthrough.Add {
		id.Line = mix(id.Line, addition)
	}
	return id
}

// Numberer counts the occurrences of equal lines in a submission: two equal rows in one file are two sales, the same
// file twice is one.
type Numberer struct {
	seen  map[uint64]struct{}
	keyed bool
}

// NewNumberer begins for a submission.
func NewNumberer(keyed bool) *Numberer { return &Numberer{seen: map[uint64]struct{}{}, keyed: keyed} }

// Line gives the final line id and remembers it as seen.
func (n *Numberer) Line(id Identity) uint64 {
	line := id.Line
	if !n.keyed {
		for occurrence := uint64(2); ; occurrence++ {
			if _, ok := n.seen[mix(id.Slice, line)]; !ok {
				break
			}
			line = mix(id.Line, occurrence)
		}
	}
	n.seen[mix(id.Slice, line)] = struct{}{}
	return line
}

// Seen says whether the submission holds a line.
func (n *Numberer) Seen(slice, line uint64) bool {
	_, ok := n.seen[mix(slice, line)]
	return ok
}

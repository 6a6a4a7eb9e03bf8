// Package block is the form of a sellthrough.Block in a Kafka message: protobuf (see block.proto) with one packed field
// a column, written and read by hand because it is the hot seam of the road. A column whose values are all zero is left
// out. Reading never panics and never allocates more than a multiple of the bytes it was given.
package block

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"sellthrough"
)

// MaxLines is the most lines a block may hold.
const MaxLines = 1 << 16

// Field numbers of block.proto.
const (
	fFeed protowire.Number = iota + 1
	fSubmission
	fAttempt
	fLines
	fDict
	fRow
	fDocument
	fLineKey
	fLocation
	fItem
	fUnit
	fCurrency
	fCounterparty
	fSerial
	fKind
	fQty
	fAmount
	fHasAmount
	fAt
	fDay
	fVersion
	fCustomer
	fSegment
	fSalesperson
	fTitle
	fReason
	fRefersTo
	fDestination
	fUntil
	fFunction
)

// Append writes b onto dst.
func Append(dst []byte, b *sellthrough.Block) []byte {
	dst = appendString(dst, fFeed, string(b.Feed))
	dst = appendString(dst, fSubmission, string(b.Submission))
	dst = protowire.AppendTag(dst, fAttempt, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(b.Attempt))
	dst = protowire.AppendTag(dst, fLines, protowire.VarintType)
	dst = protowire.AppendVarint(dst, uint64(b.Len()))
	for _, s := range b.Dict[min(1, len(b.Dict)):] {
		dst = appendString(dst, fDict, s)
	}
	dst = appendDeltas(dst, fRow, b.Row)
	for i, c := range dictColumns(b) {
		dst = appendUints(dst, fDocument+protowire.Number(i), *c)
	}
	dst = appendUints(dst, fKind, b.Kind)
	dst = appendInts(dst, fQty, b.Qty)
	dst = appendInts(dst, fAmount, b.Amount)
	dst = appendBools(dst, fHasAmount, b.HasAmount)
	dst = appendDeltas(dst, fAt, b.At)
	dst = appendDeltas(dst, fDay, b.Day)
	dst = appendUints(dst, fVersion, b.Version)
	for i, c := range b.MoreColumns() {
		dst = appendUints(dst, fCustomer+protowire.Number(i), *c)
	}
	dst = appendInts(dst, fUntil, b.Until)
	return appendUints(dst, fFunction, b.Function)
}

// dictColumns are the columns of dictionary indices, in the order of their field numbers.
func dictColumns(b *sellthrough.Block) [8]*[]uint32 {
	return [...]*[]uint32{&b.Document, &b.LineKey, &b.Location, &b.Item, &b.Unit, &b.Currency, &b.Counterparty, &b.Serial}
}

func appendString(dst []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(dst, n, protowire.BytesType), s)
}

// packed writes a length-delimited field whose length is known only after its content: four bytes are kept for it.
func packed(dst []byte, n protowire.Number, content func([]byte) []byte) []byte {
	dst = protowire.AppendTag(dst, n, protowire.BytesType)
	at := len(dst)
	dst = content(append(dst, 0, 0, 0, 0))
	size := len(dst) - at - 4
	dst[at], dst[at+1], dst[at+2], dst[at+3] = byte(size)|0x80, byte(size>>7)|0x80, byte(size>>14)|0x80, byte(size>>21)
	return dst
}

func appendUints[T ~uint8 | ~uint32 | ~uint64](dst []byte, n protowire.Number, col []T) []byte {
	if allZero(col) {
		return dst
	}
	return packed(dst, n, func(dst []byte) []byte {
		for _, v := range col {
			dst = protowire.AppendVarint(dst, uint64(v))
		}
		return dst
	})
}

func appendInts[T ~int64](dst []byte, n protowire.Number, col []T) []byte {
	if allZero(col) {
		return dst
	}
	return packed(dst, n, func(dst []byte) []byte {
		for _, v := range col {
			dst = protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(v)))
		}
		return dst
	})
}

func appendDeltas[T ~uint32 | ~int32 | ~int64](dst []byte, n protowire.Number, col []T) []byte {
	if allZero(col) {
		return dst
	}
	return packed(dst, n, func(dst []byte) []byte {
		last := int64(0)
		for _, v := range col {
			dst = protowire.AppendVarint(dst, protowire.EncodeZigZag(int64(v)-last))
			last = int64(v)
		}
		return dst
	})
}

func appendBools(dst []byte, n protowire.Number, col []bool) []byte {
	if !slices.Contains(col, true) {
		return dst
	}
	return packed(dst, n, func(dst []byte) []byte {
		for _, v := range col {
			dst = append(dst, byte(protowire.EncodeBool(v)))
		}
		return dst
	})
}

func allZero[T comparable](col []T) bool {
	var zero T
	for _, v := range col {
		if v != zero {
			return false
		}
	}
	return true
}

// Read decodes a block. The Block's strings and columns are its own.
func Read(src []byte) (sellthrough.Block, error) {
	b := sellthrough.Block{Dict: []string{""}}
	lines := -1
	text := string(src) // dictionary entries share this one copy
	for pos := 0; pos < len(src); {
		num, typ, n := protowire.ConsumeTag(src[pos:])
		if n < 0 {
			return b, fmt.Errorf("block: bad tag at byte %d: %w", pos, protowire.ParseError(n))
		}
		pos += n
		switch typ {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(src[pos:])
			if n < 0 {
				return b, fmt.Errorf("block: bad field %d: %w", num, protowire.ParseError(n))
			}
			pos += n
			switch num {
			case fAttempt:
				b.Attempt = uint32(v)
			case fLines:
				if v > MaxLines {
					return b, fmt.Errorf("block: %d lines are more than %d", v, MaxLines)
				}
				lines = int(v)
				grow(&b, lines)
			}
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(src[pos:])
			if n < 0 {
				return b, fmt.Errorf("block: bad field %d: %w", num, protowire.ParseError(n))
			}
			end := pos + n
			if err := field(&b, num, v, text[end-len(v):end], lines); err != nil {
				return b, err
			}
			pos = end
		default:
			return b, fmt.Errorf("block: field %d has wire type %d", num, typ)
		}
	}
	if lines < 0 {
		return b, fmt.Errorf("block: the number of lines is missing")
	}
	for i, c := range dictColumns(&b) {
		if err := known(&b, fDocument+protowire.Number(i), *c); err != nil {
			return b, err
		}
	}
	for i, c := range b.MoreColumns() {
		if err := known(&b, fCustomer+protowire.Number(i), *c); err != nil {
			return b, err
		}
	}
	return b, nil
}

// known says whether every index of a column is in the dictionary.
func known(b *sellthrough.Block, num protowire.Number, column []uint32) error {
	for _, v := range column {
		if int(v) >= len(b.Dict) {
			return fmt.Errorf("block: field %d names entry %d of a dictionary of %d", num, v, len(b.Dict))
		}
	}
	return nil
}

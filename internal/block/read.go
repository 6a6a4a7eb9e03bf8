package block

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"sellthrough"
)

// grow gives every column its length; a column that the message leaves out stays zero.
func grow(b *sellthrough.Block, lines int) {
	b.Row = make([]uint32, lines)
	for _, c := range dictColumns(b) {
		*c = make([]uint32, lines)
	}
	b.Kind = make([]uint8, lines)
	b.Qty, b.Amount = make([]sellthrough.Decimal, lines), make([]sellthrough.Decimal, lines)
	b.HasAmount = make([]bool, lines)
	b.At = make([]int64, lines)
	b.Day = make([]sellthrough.Day, lines)
	b.Version = make([]uint64, lines)
	b.Function = make([]sellthrough.Function, lines)
}

var errShort = errors.New("ends early")

func field(b *sellthrough.Block, num protowire.Number, v []byte, text string, lines int) error {
	var err error
	switch {
	case num == fFeed:
		b.Feed = sellthrough.FeedID(text)
		return nil
	case num == fSubmission:
		b.Submission = sellthrough.SubmissionID(text)
		return nil
	case num == fDict:
		b.Dict = append(b.Dict, text)
		return nil
	case lines < 0:
		err = errors.New("stands before the number of lines")
	case num >= fDocument && num <= fSerial:
		err = readUints(*dictColumns(b)[num-fDocument], v)
	case num == fRow:
		err = readDeltas(b.Row, v)
	case num == fKind:
		err = readUints(b.Kind, v)
	case num == fQty:
		err = readInts(b.Qty, v)
	case num == fAmount:
		err = readInts(b.Amount, v)
	case num == fHasAmount:
		if len(v) != lines {
			err = errShort
			break
		}
		for i, x := range v {
			b.HasAmount[i] = x != 0
		}
	case num == fAt:
		err = readDeltas(b.At, v)
	case num == fDay:
		err = readDeltas(b.Day, v)
	case num == fVersion:
		err = readUints(b.Version, v)
	case num >= fCustomer && num <= fDestination:
		c := b.MoreColumns()[num-fCustomer]
		if *c == nil {
			*c = make([]uint32, lines)
		}
		err = readUints(*c, v)
	case num == fUntil:
		if b.Until == nil {
			b.Until = make([]int64, lines)
		}
		err = readInts(b.Until, v)
	case num == fFunction:
		err = readUints(b.Function, v)
	}
	if err != nil {
		return fmt.Errorf("block: field %d: %w", num, err)
	}
	return nil
}

// varint reads one varint; n is 0 where there is none.
func varint(v []byte) (x uint64, n int) {
	if len(v) > 0 && v[0] < 0x80 {
		return uint64(v[0]), 1
	}
	if len(v) > 1 && v[1] < 0x80 {
		return uint64(v[0]&0x7f) | uint64(v[1])<<7, 2
	}
	x, n = protowire.ConsumeVarint(v)
	return x, max(n, 0)
}

func readUints[T ~uint8 | ~uint32 | ~uint64](col []T, v []byte) error {
	for i := range col {
		x, n := varint(v)
		if n == 0 {
			return errShort
		}
		if col[i] = T(x); uint64(col[i]) != x {
			return fmt.Errorf("value %d is out of range", x)
		}
		v = v[n:]
	}
	return rest(v)
}

func readInts[T ~int64](col []T, v []byte) error {
	for i := range col {
		x, n := varint(v)
		if n == 0 {
			return errShort
		}
		col[i] = T(protowire.DecodeZigZag(x))
		v = v[n:]
	}
	return rest(v)
}

func readDeltas[T ~uint32 | ~int32 | ~int64](col []T, v []byte) error {
	last := int64(0)
	for i := range col {
		x, n := varint(v)
		if n == 0 {
			return errShort
		}
		last += protowire.DecodeZigZag(x)
		if col[i] = T(last); int64(col[i]) != last {
			return fmt.Errorf("value %d is out of range", last)
		}
		v = v[n:]
	}
	return rest(v)
}

func rest(v []byte) error {
	if len(v) > 0 {
		return fmt.Errorf("has %d bytes too many", len(v))
	}
	return nil
}

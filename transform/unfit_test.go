package transform

import (
	"context"
	"slices"
	"testing"

	"sellthrough"
)

// That lines which the store can't keep are refused alone, whatever else happens, is shown in package sim.

// TestAStoreThatCallsTheSumBadHoldsTheLine: what can't be a line's fault refuses no line.
func TestAStoreThatCallsTheSumBadHoldsTheLine(t *testing.T) {
	b := &build{w: &worker{}}
	b.batch.Movements.Grow()
	b.batch.Movements.Grow()
	for i := range 2 {
		b.batch.Movements.Sign[i], b.batch.Movements.Row[i], b.batch.Movements.Cause[i] = 1, uint32(i+2), uint8(sellthrough.CauseNew)
	}
	var found []sellthrough.UnfitLine
	try := func(_ context.Context, b *sellthrough.Batch) error {
		if b.Movements.Len() == 2 {
			return &sellthrough.Unfit{Reason: "together they are too much"}
		}
		return nil
	}
	if err := (&worker{}).halve(t.Context(), b, b.units(), try, &found); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestACorrectionWhoseOldRowCantBeTakenOutIsRefused: the rows of a correction stand or fall together.
func TestACorrectionWhoseOldRowCantBeTakenOutIsRefused(t *testing.T) {
	b := &build{w: &worker{}}
	m := &b.batch.Movements
	for i, line := range []struct {
		sign int8
		row  uint32
	}{{1, 2}, {1, 3}, {-1, 9}} {
		m.Grow()
		m.Sign[i], m.Row[i], m.Cause[i] = line.sign, line.row, uint8(sellthrough.CauseCorrected)
	}
	b.caused = []pair{{sellthrough.Sales, 2, 1}} // the old row goes because of row 3 of the file
	var found []sellthrough.UnfitLine
	try := func(_ context.Context, b *sellthrough.Batch) error {
		if slices.Contains(b.Movements.Sign, -1) {
			return &sellthrough.Unfit{Reason: "the old row is bad"}
		}
		return nil
	}
	if err := (&worker{}).halve(t.Context(), b, b.units(), try, &found); err != nil || len(found) != 1 || found[0].Row != 3 {
		t.Errorf("%v, %v", found, err)
	}
}

package clickhouse

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
	"sellthrough/sinks/road"
)

// TestABackupIsOneMomentWithEveryIntentDone: a backup waits for the batch in flight, later intents wait for the backup, and
// what comes back is the ledger of that moment: the owner goes on behind the batch that was done last, and a batch whose token
// the old tables knew lands once.
func TestABackupIsOneMomentWithEveryIntentDone(t *testing.T) {
	l := open(t, 100)
	ctx := t.Context()
	const inc = "0000aa-x"
	epoch, err := l.Claim(ctx, inc, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Claim(ctx, inc, 2); err != nil {
		t.Fatal(err)
	}
	batchOf := func(first, last int64, slice uint64) *sellthrough.Batch {
		b := batch(first, last)
		b.Epoch = epoch
		row(&b.Movements, slice, 1, 5, 2026, 1)
		return b
	}
	do := func(b *sellthrough.Batch) {
		t.Helper()
		if err := errors.Join(l.Intend(ctx, b.Intent), l.Insert(ctx, b), l.Done(ctx, b.Intent)); err != nil {
			t.Fatal(err)
		}
	}
	do(batchOf(0, 9, 1))
	flying := batchOf(10, 19, 2)
	if err := l.Intend(ctx, flying.Intent); err != nil {
		t.Fatal(err)
	}
	p := Place{At: filepath.Join(t.TempDir(), "backup")}
	type result struct {
		Backed
		err error
	}
	backed := func() chan result {
		out := make(chan result, 1)
		go func() {
			b, err := l.Backup(ctx, inc, p)
			out <- result{b, err}
		}()
		return out
	}()
	held := func() bool {
		all, err := l.Store.Holds(ctx, inc)
		return err == nil && len(all) > 0
	}
	await(t, held)
	later := batchOf(20, 29, 3)
	later.Partition = 2
	select {
	case r := <-backed:
		t.Fatalf("the backup did not wait for the batch in flight: %+v", r)
	case <-time.After(1500 * time.Millisecond): // an intent so shortly after a hold may not have seen it
	}
	if err := l.Intend(ctx, later.Intent); err == nil || !strings.Contains(err.Error(), "wait") {
		t.Fatalf("an intent under the hold: %v", err)
	}
	if err := errors.Join(l.Insert(ctx, flying), l.Done(ctx, flying.Intent)); err != nil {
		t.Fatal(err)
	}
	r := <-backed
	if r.err != nil || r.Bytes == 0 {
		t.Fatalf("%+v", r)
	}
	t.Logf("%d bytes in %d files, owners waited %s", r.Bytes, r.Files, r.Held.Round(time.Millisecond))
	do(later)
	if _, err := l.Backup(ctx, inc, p); err == nil {
		t.Error("a backup was written over another")
	}

	if err := l.Drop(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Restore(ctx, p); err != nil {
		t.Fatal(err)
	}
	if n := count(t, l, "movements"); n != 2 {
		t.Fatalf("%d rows came back, of two batches", n)
	}
	if held() {
		t.Error("the hold came back with the backup")
	}
	_, done, err := l.Newest(ctx, inc, 1)
	if err != nil || done == nil || done.Last != 19 {
		t.Fatalf("the road goes on behind %+v, %v", done, err)
	}
	again := batchOf(20, 29, 3)
	again.Partition = 2
	for range 2 { // under the token that the lost tables knew
		if err := l.Put(ctx, again); err != nil {
			t.Fatal(err)
		}
	}
	var ledger, sums int64
	if err := l.query(ctx, "sum", "SELECT (SELECT sum(qty_micros) FROM "+l.table("movements")+"), (SELECT sum(qty_micros) FROM "+l.table("sales_daily")+")", func(r driver.Rows) error { return r.Scan(&ledger, &sums) }); err != nil {
		t.Fatal(err)
	}
	if ledger != 6_000_000 || sums != 6_000_000 {
		t.Errorf("three lines of two units: ledger %d, sums %d", ledger, sums)
	}
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

// TestTheHoldOfABackupThatDiedEnds: owners do not wait for ever for a process that is gone.
func TestTheHoldOfABackupThatDiedEnds(t *testing.T) {
	l := open(t, 100)
	const inc = "0000aa-x"
	left := sellthrough.Intent{Token: sellthrough.Token{Incarnation: inc, Partition: pausePartition, First: 1, Last: 1}}
	if err := l.note(t.Context(), road.Hold, left); err != nil {
		t.Fatal(err)
	}
	if all, err := l.Store.Holds(t.Context(), inc); err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	old := "ALTER TABLE " + l.table("road") + " UPDATE written_at = written_at - INTERVAL " + "11 MINUTE" + " WHERE kind = 'hold'"
	if err := l.exec(context.WithoutCancel(t.Context()), "let time pass", old); err != nil {
		t.Fatal(err)
	}
	if all, err := l.Store.Holds(t.Context(), inc); err != nil || len(all) != 0 {
		t.Errorf("after eleven minutes: %v %v", all, err)
	}
}

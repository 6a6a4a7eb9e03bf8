package clickhouse

import (
	"testing"
	"time"
)

// TestTheRoadIsCompactedBehindWhatIsNeeded: of many batches the newest intent and done stay, and so does who owns the
// partition; a partition that has been idle for long loses nothing.
func TestTheRoadIsCompactedBehindWhatIsNeeded(t *testing.T) {
	l := open(t, 100)
	const inc = "0000aa-x"
	var epochs [2]uint64
	for p := range 2 {
		for range 3 {
			var err error
			if epochs[p], err = l.Claim(t.Context(), inc, p); err != nil {
				t.Fatal(err)
			}
		}
	}
	notes := count(t, l, "road") + 11 // six intents, five dones
	for n := range int64(5) {
		for p := range 2 {
			if p == 1 && n > 0 {
				continue // idle
			}
			i := batch(n*10, n*10+9).Intent
			i.Partition, i.Epoch = p, epochs[p]
			if err := l.Intend(t.Context(), i); err != nil {
				t.Fatal(err)
			}
			if n == 4 {
				continue // in flight
			}
			if err := l.Done(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
	}
	type mark struct{ intent, done int64 }
	at := func(p int) mark {
		t.Helper()
		i, d, err := l.Newest(t.Context(), inc, p)
		if err != nil {
			t.Fatal(err)
		}
		return mark{i.Last, d.Last}
	}
	before := [2]mark{at(0), at(1)}
	if err := l.Compact(t.Context(), time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, l, "road"); n != notes {
		t.Fatalf("%d notes of an hour, of %d", n, notes)
	}
	if err := l.Compact(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, l, "road"); n != 7 { // claims of three partitions, intent and done of two
		t.Errorf("%d notes are left", n)
	}
	if after := [2]mark{at(0), at(1)}; after != before {
		t.Errorf("the road stands at %v, and stood at %v", after, before)
	}
	if epoch, err := l.Claim(t.Context(), inc, 1); err != nil || epoch != epochs[1]+1 {
		t.Errorf("the next epoch is %d, %v", epoch, err)
	}
	old := batch(40, 49).Intent
	old.Partition = 0
	if err := l.exec(t.Context(), "let two days pass", "ALTER TABLE "+l.table("road")+" UPDATE written_at = written_at - INTERVAL 2 DAY WHERE kind = 'intent'"); err != nil {
		t.Fatal(err)
	}
	if ok, err := l.Trusted(t.Context(), old); err != nil || ok {
		t.Errorf("an intent of two days ago is trusted: %v, %v", ok, err)
	}
}

package clickhouse

import (
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// TestTheServersCodesAreWhatWeTakeThemFor: the numbers mean what the list says they mean, on this server.
func TestTheServersCodesAreWhatWeTakeThemFor(t *testing.T) {
	l := open(t, 100)
	for code, want := range unfitCodes {
		var got string
		if err := l.query(t.Context(), "name", "SELECT errorCodeToName(toUInt32(?))", func(r driver.Rows) error { return r.Scan(&got) }, code); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("code %d is %s, not %s", code, got, want)
		}
	}
}

// TestALineThatTheServerRefusesIsTheDatasFault: a constraint, an unknown name of an enum: the mark says so. A table that is
// not there, or one column too few, is not the data's fault.
func TestALineThatTheServerRefusesIsTheDatasFault(t *testing.T) {
	l := open(t, 100)
	if err := l.exec(t.Context(), "constrain", "ALTER TABLE "+l.table("movements")+" ADD CONSTRAINT small CHECK qty_micros < 50000000"); err != nil {
		t.Fatal(err)
	}
	good, big, odd := batch(0, 1), batch(2, 3), batch(4, 5)
	row(&good.Movements, 1, 1, 5, 2026, 1)
	row(&big.Movements, 1, 2, 5, 2026, 1)
	big.Movements.Qty[0] = 99_000_000
	row(&odd.Movements, 1, 3, 5, 2026, 1)
	odd.Movements.Kind[0] = 99
	try, end, err := l.Examine(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string]*sellthrough.Batch{"VIOLATED_CONSTRAINT": big, "UNKNOWN_ELEMENT_OF_ENUM": odd} {
		for how, err := range map[string]error{"insert": l.Put(t.Context(), b), "trial": try(t.Context(), b)} {
			u, ok := sellthrough.AsUnfit(err)
			if !ok || !strings.Contains(u.Reason, what) {
				t.Errorf("%s of %s: %v", how, what, err)
				continue
			}
			if how == "trial" {
				t.Logf("%s", u.Reason)
			}
			if strings.Contains(u.Reason, l.opts.Database) || strings.Contains(u.Reason, "version") || strings.Contains(u.Reason, "try_") {
				t.Errorf("the partner is told: %s", u.Reason)
			}
		}
	}
	if err := try(t.Context(), good); err != nil {
		t.Errorf("a good line: %v", err)
	}
	if n := count(t, l, "movements"); n != 0 {
		t.Errorf("trials kept %d rows", n)
	}
	end()
	if err := try(t.Context(), good); err == nil {
		t.Error("the copies are still there")
	} else if _, ok := sellthrough.AsUnfit(err); ok {
		t.Errorf("a table that is missing is not the data's fault: %v", err)
	}
}

func TestAnIntentRemembersTheLinesItLeavesOut(t *testing.T) {
	l := open(t, 100)
	i := batch(0, 9).Intent
	i.Unfit = []sellthrough.UnfitLine{{Revision: 1<<40 + 5, Row: 7, Reason: `too "big"`}}
	if err := l.Intend(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	got, done, err := l.Newest(t.Context(), i.Incarnation, i.Partition)
	if err != nil || done != nil || len(got.Unfit) != 1 || got.Unfit[0] != i.Unfit[0] {
		t.Fatalf("%+v, %v, %v", got, done, err)
	}
}

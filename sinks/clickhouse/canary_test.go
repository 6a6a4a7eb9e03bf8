package clickhouse

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/numbers"
)

// shown is what every view of the database shows, as one text for each; views with parameters are asked for the days of row.
func shown(t *testing.T, l *Ledger) map[string]string {
	t.Helper()
	given := map[string]string{
		"at": "'2026-03-03 09:00:00'", "as_of": "'2030-01-01 00:00:00'", "day": "'2026-03-02'", "from": "'2026-01-01'", "to": "'2026-12-31'", "levels": "34", "sales": "28", "back": "84", "tree": "'then'",
	}
	views := map[string][]string{}
	err := l.query(t.Context(), "list views", "SELECT name, arrayMap(p -> p.name, parameterized_view_parameters) FROM system.tables WHERE database = ? AND engine = 'View'", func(r driver.Rows) error {
		var name string
		var takes []string
		err := r.Scan(&name, &takes)
		views[name] = takes
		return err
	}, l.opts.Database)
	if err != nil || len(views) < 20 {
		t.Fatal(len(views), err)
	}
	out := map[string]string{}
	for name, takes := range views {
		from := l.table(name)
		for i, p := range takes {
			takes[i] = p + " = " + given[p]
		}
		if len(takes) > 0 {
			from += "(" + strings.Join(takes, ", ") + ")"
		}
		answer, err := l.Query(t.Context(), "SELECT * FROM "+from, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		rows := []string{}
		for _, r := range answer.Rows {
			cells := make([]string, len(r))
			for i, c := range r {
				cells[i] = fmt.Sprint(reflect.Indirect(reflect.ValueOf(c)))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
		slices.Sort(rows)
		if out[name] = strings.Join(rows, "\n"); strings.Contains(out[name], string(sellthrough.Canary)) {
			t.Errorf("%s shows the canary: %s", name, out[name])
		}
	}
	return out
}

func TestTheCanaryIsInNoViewAndInNoSum(t *testing.T) {
	l := open(t, 100)
	l.opts.Views = numbers.Views
	if err := l.views(t.Context()); err != nil {
		t.Fatal(err)
	}
	send := func(partner sellthrough.PartnerID, feed sellthrough.FeedID, first int64) {
		t.Helper()
		b := batch(first, first)
		id := sellthrough.SubmissionID("s-" + partner)
		for n := range 3 {
			row(&b.Movements, uint64(first), uint64(n), sellthrough.Revision(first), 2026, 1)
			b.Movements.Partner[n], b.Movements.Feed[n], b.Movements.Namespace[n] = string(partner), string(feed), string(partner)
			b.Movements.Flags[n] |= sellthrough.UnknownItem
		}
		r := sellthrough.Receipt{Submission: id, Feed: feed, Partner: partner, Revision: sellthrough.Revision(first), Rows: 4, Accepted: 3, Refused: 1, Partitions: []int{1}, Attempt: 1}
		b.Homes = []sellthrough.EndMark{{Submission: id, Feed: feed, Partner: partner, Revision: r.Revision, Attempt: 1, Partitions: r.Partitions, Lines: 3, Refused: 1, Home: &sellthrough.Home{Receipt: r}}}
		b.Outcomes = []sellthrough.Outcome{{Submission: id, Feed: feed, Partner: partner, Revision: r.Revision, Attempt: 1, Counts: sellthrough.Counts{New: 3, Unmatched: 3}}}
		b.Refusals = []sellthrough.RefusedBlock{{Submission: id, Feed: feed, Partner: partner, Rows: []sellthrough.Refusal{{Row: 5, Reason: "no"}}}}
		if err := l.Intend(t.Context(), b.Intent); err != nil {
			t.Fatal(err)
		}
		if err := l.Insert(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if err := l.Done(t.Context(), b.Intent); err != nil {
			t.Fatal(err)
		}
	}
	send("acme", "pos", 1)
	before, lines := shown(t, l), count(t, l, "movements")
	send(sellthrough.Canary, sellthrough.CanaryFeed, 2)
	delete(before, "v_progress") // of the road
	after := shown(t, l)
	delete(after, "v_progress")
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("the canary changed what views show (-before +after):\n%s", d)
	}
	if now := count(t, l, "movements"); now != lines+3 {
		t.Errorf("the ledger holds %d rows, want %d: the canary's line took no part in the test", now, lines+3)
	}
	if n := count(t, l, "sales_daily"); n != 1 {
		t.Errorf("the sums have %d rows, want acme's alone", n)
	}
	if p, ok, err := l.Submission(t.Context(), "s-"+sellthrough.SubmissionID(sellthrough.Canary)); err != nil || !ok || p.State != Final {
		t.Errorf("what became of the canary's line can't be asked: %+v, %v, %v", p, ok, err)
	}
	if found, err := l.Verify(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("verify: %v, %v", found, err)
	}
	if err := l.Rebuild(t.Context(), "again"); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, func() map[string]string { s := shown(t, l); delete(s, "v_progress"); return s }()); d != "" {
		t.Errorf("the canary is in sums that were made anew (-before +after):\n%s", d)
	}
}

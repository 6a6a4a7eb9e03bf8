package clickhouse

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

func TestWhatErasingAsksOfTheBooks(t *testing.T) {
	l := open(t, 100)
	insert := func(sql string) {
		t.Helper()
		if err := l.exec(t.Context(), "fill", "INSERT INTO "+l.table(sql)); err != nil {
			t.Fatal(err)
		}
	}
	for i, table := range []string{"movements", "service_lines"} {
		insert(table + " (partner, slice, line, sign, customer) VALUES ('acme', 1, 1, 1, 'a1.x'), ('acme', 1, 1, -1, 'a1.x'), ('acme', 1, 2, 1, 'a2.x'), ('acme', 1, 3, 1, 'a1.y'), ('beta', 1, 1, 1, 'a1.x')")
		// A line that was taken back has its token all the same.
		if n, err := l.CustomerRows(t.Context(), "acme", []string{"a1.x", "a2.x"}); err != nil || n != int64(3*(i+1)) {
			t.Errorf("%d rows, %v", n, err)
		}
	}
	if n, err := l.CustomerRows(t.Context(), "gamma", []string{"a1.x"}); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
	insert(`submissions (partner, feed, submission, body, attempt, partitions, revision) VALUES ('acme', 'pos', 's1', 'aa', 1, [1], 1), ('acme', 'pos', 's2', 'aa', 1, [1], 2),
		('acme', 'pos', 's3', 'sealed:acme:bb', 1, [1], 3), ('acme', 'other', 's4', 'cc', 1, [1], 4), ('beta', 'b', 's5', 'dd', 1, [1], 5)`)
	insert(`outcomes (partner, feed, submission, partition, attempt, held, revision) VALUES ('acme', 'pos', 's1', 1, 1, 0, 1), ('acme', 'pos', 's3', 1, 1, 1, 3), ('beta', 'b', 's5', 1, 1, 1, 5)`)
	bodies, err := l.BodiesOf(t.Context(), "pos", "sealed:")
	slices.Sort(bodies)
	if d := cmp.Diff([]string{"aa"}, bodies); err != nil || d != "" {
		t.Errorf("bodies that are not sealed: %v (-want +got):\n%s", err, d)
	}
	held, err := l.HeldBodies(t.Context(), "acme")
	if d := cmp.Diff(map[sellthrough.SubmissionID]string{"s3": "sealed:acme:bb"}, held); err != nil || d != "" {
		t.Errorf("held: %v (-want +got):\n%s", err, d)
	}
}

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest/httpfeed"
	"sellthrough/transform"
)

// get asks the partners' door.
func (s *system) get(partner, path string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.api+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+apiKey(partner))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d %s %v", path, resp.StatusCode, b, err)
	}
	return string(b)
}

// do runs a statement on the embedded ClickHouse. The reader of an answer finds none.
func (s *system) do(sql string) {
	s.t.Helper()
	l := s.ledger()
	defer l.Close()
	if _, err := l.Query(s.t.Context(), sql, nil); err != nil && !errors.Is(err, io.EOF) {
		s.t.Fatal(err)
	}
}

// badDay is a store's day of 60 lines, in which two lines have a quantity that the store of the test can't keep.
func badDay(day time.Time) []line {
	lines := storeDay("S1", day)
	lines[6].qty, lines[31].qty = 4999, 5000
	return lines
}

// TestALineThatClickHouseRefusesIsRefusedAlone: the ledger's table gets a rule that nobody told the program of. A file with two
// lines against it comes in, and again in steps as a large one, and while the process dies in each window on the way. Each time those two
// are refused, the partner finds them with the reason, the rest counts, and the books balance.
func TestALineThatClickHouseRefusesIsRefusedAlone(t *testing.T) {
	s := start(t, "transform: {batch_lines: 1000}\n"+restateYAML)
	s.do("ALTER TABLE sellthrough.movements ADD CONSTRAINT sane CHECK qty_micros < 4000000000")
	days := 0
	check := func(what string, id sellthrough.SubmissionID, lines, units int) {
		t.Helper()
		p := s.final(id)
		want(t, what, fmt.Sprintf("accepted %d refused %d new %d unfit %d", p.Accepted, p.Refused, p.Counts.New, p.Counts.Refused),
			fmt.Sprintf("accepted %d refused 2 new %d unfit 2", lines-2, lines-2))
		var st httpfeed.Status
		if err := json.Unmarshal([]byte(s.get("chain", "/v1/submissions/"+string(id))), &st); err != nil {
			t.Fatal(err)
		}
		if st.Receipt == nil || st.Receipt.Accepted != int64(lines-2) || st.Receipt.Refused != 2 || len(st.Receipt.Refusals) != 2 {
			t.Errorf("%s: the partner's receipt is %+v", what, st.Receipt)
		}
		rows := strings.Split(strings.TrimSpace(s.get("chain", "/v1/submissions/"+string(id)+"/refused")), "\n")
		if len(rows) != 2 || !strings.Contains(rows[0], `"row":8,`) || !strings.Contains(rows[0], "VIOLATED_CONSTRAINT") || !strings.Contains(rows[1], `"row":33,`) {
			t.Errorf("%s: refused rows are %v", what, rows)
		}
		got := s.ask(fmt.Sprintf("SELECT sum(sign), sum(qty), countIf(qty >= 4000) FROM sellthrough.movements WHERE revision = %d", p.Revision))
		want(t, what+" in the ledger", got, fmt.Sprintf("%d %d 0", lines-2, units))
		want(t, what+" in the list of refused rows", s.ask("SELECT uniqExact(row), any(partner), any(feed) FROM sellthrough.v_refused WHERE submission = '"+string(id)+"'"), "2 chain "+string(p.Feed))
	}
	push := func(n int) (sellthrough.SubmissionID, int) {
		var lines []line
		for d := range n {
			day := quarter.AddDate(0, 0, days)
			days++
			if d == 0 {
				lines = append(lines, badDay(day)...)
			} else {
				lines = append(lines, storeDay("S1", day)...)
			}
		}
		return s.push("keyed", "chain", nil, file(lines)).Submission, len(lines)
	}
	const bad = 2 + 1 // units of the two lines, were they good: 1 + (6 % 3) and 1 + (31 % 3)
	id, n := push(1)
	check("a small file", id, n, n*2-bad)
	id, n = push(40)
	check("a file in steps", id, n, n*2-bad)
	for _, window := range []string{
		transform.AfterIntent, transform.AfterRefusal, transform.AfterRemoval, transform.AfterHalving, transform.AfterInsert, transform.AfterDone,
	} {
		s.stop()
		s.launch("SELLTHROUGH_FAULT=" + window + "@1")
		if alive, err := s.readyOrEnded(time.Minute); !alive || err != nil {
			t.Fatalf("%v\n%s", err, s.log())
		}
		id, n := push(1)
		if !s.ended(time.Minute) {
			t.Fatalf("window %q was not passed:\n%s", window, s.log())
		}
		s.out.Close()
		s.run()
		check(window, id, n, n*2-bad)
	}
	s.inLine()
	s.verify()
	want(t, "tables that the search made", s.ask("SELECT count() FROM system.tables WHERE database = 'sellthrough' AND name LIKE 'try%'"), "0")
}

//go:build chaos

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough/ingest/archive"
)

// verdict is what the oracle found.
type verdict struct {
	files, rows, refused, lines int64 // told to be accepted; lines stand
	lost, doubled               int64 // lines of the ledger
	lostSums, doubledSums       int64 // lines of the sums
}

// standing are the lines that stand, as text of what they say, with how many say it.
type standing map[string]int64

// judge waits until all is settled and holds the ledger and its sums against what partners were told is accepted. What
// that comes to is worked out from the bodies in the archive alone, in the order of their revisions.
func (c *chaos) judge(settle time.Duration) (v verdict) {
	s := c.collectors[0]
	s.t.Helper()
	seen := map[string]bool{}
	byFeed := map[*feedLoad][]told{}
	for _, t := range c.taken {
		id := fmt.Sprint(t.receipt.Submission)
		if seen[id] {
			s.t.Errorf("submission %s was told twice", id)
		}
		seen[id] = true
		byFeed[t.feed] = append(byFeed[t.feed], t)
	}
	v.files = int64(len(seen))
	began, state := time.Now(), ""
	for end := began.Add(settle); ; {
		got, err := s.try("SELECT countIf(state != 'on the road'), count() FROM sellthrough.v_submissions")
		if want := fmt.Sprintf("%d %d", v.files, v.files); err == nil && got == want {
			break
		}
		state = fmt.Sprint(got, err)
		if time.Now().After(end) {
			s.t.Errorf("after %s not settled: %d submissions were told, final and known are %s", settle, v.files, state)
			break
		}
		c.pause(500 * time.Millisecond)
	}
	s.t.Logf("settled after %s", time.Since(began).Round(time.Second))

	a, err := archive.Open(context.Background(), c.archive)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Close()
	cells := map[string]int64{} // of the sums: lines by partner, day and store
	for _, f := range c.l.feeds {
		list := byFeed[f]
		if !slices.IsSortedFunc(list, func(a, b told) int { return cmp.Compare(a.receipt.Revision, b.receipt.Revision) }) {
			s.t.Errorf("%s: files that were sent one after another have revisions in another order", f.feed)
		}
		slices.SortFunc(list, func(a, b told) int { return cmp.Compare(a.receipt.Revision, b.receipt.Revision) })
		units := map[string][][]string{}
		for i, t := range list {
			body := c.body(a, t)
			if !bytes.Equal(body, f.plan.file(i)) {
				s.t.Errorf("%s: body %d of the archive is not the one that was sent", f.feed, i)
			}
			rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			if err != nil {
				s.t.Fatal(err)
			}
			said := map[string]bool{}
			for _, r := range rows[1:] {
				v.rows++
				if r[4] == "many" {
					v.refused++
					continue
				}
				u := f.unit(r)
				if !said[u] {
					said[u], units[u] = true, nil
				}
				units[u] = append(units[u], r)
			}
		}
		want := map[string]standing{} // by month
		for _, rows := range units {
			for _, r := range rows {
				qty, _ := strconv.ParseInt(r[4], 10, 64)
				cents, err := strconv.ParseInt(strings.Replace(r[5], ".", "", 1), 10, 64)
				if err != nil {
					s.t.Fatal(err)
				}
				month := r[6][:7]
				if want[month] == nil {
					want[month] = standing{}
				}
				want[month][fmt.Sprintf("%s %s %s %s %d %d", r[6], r[1], r[0], r[3], qty*1_000_000, cents*10_000)]++
				cells[f.partner+" "+r[6]+" "+r[1]]++
				v.lines++
			}
		}
		lost, doubled := c.compare(f.feed, want)
		v.lost, v.doubled = v.lost+lost, v.doubled+doubled
	}
	got := standing{}
	for _, row := range strings.Split(s.ask("SELECT partner, toString(business_date), location, sum(s.lines) AS n FROM sellthrough.sales_daily AS s GROUP BY 1, 2, 3 HAVING n != 0"), "\n") {
		if at := strings.LastIndex(row, " "); at > 0 {
			got[row[:at]], _ = strconv.ParseInt(row[at+1:], 10, 64)
		}
	}
	v.lostSums, v.doubledSums = c.differ("sums", cells, got)
	if books := s.ask("SELECT sum(received), sum(refused), sum(held) FROM sellthrough.v_submissions"); books != fmt.Sprintf("%d %d 0", v.rows, v.refused) {
		s.t.Errorf("received, refused, held: %s, want %d %d 0", books, v.rows, v.refused)
	}
	if n := s.ask("SELECT count() FROM sellthrough.v_submissions WHERE received != refused + held + new + duplicate + corrected + superseded"); n != "0" {
		s.t.Errorf("the books of %s submissions do not balance", n)
	}
	if d := s.ask("SELECT sum(abs(difference)) FROM sellthrough.v_books"); d != "0" {
		s.t.Errorf("the books differ by %s", d)
	}
	s.verify()
	return v
}

// body reads what the archive has under a receipt.
func (c *chaos) body(a *archive.Archive, t told) []byte {
	r, err := a.Open(context.Background(), t.receipt.Body)
	if err != nil {
		c.t.Fatalf("the body of submission %s is not in the archive: %v", t.receipt.Submission, err)
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		c.t.Fatal(err)
	}
	if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != t.receipt.Body {
		c.t.Errorf("the body of submission %s is another", t.receipt.Submission)
	}
	return body
}

// compare holds the ledger of a feed against what has to stand, month by month.
func (c *chaos) compare(feed string, want map[string]standing) (lost, doubled int64) {
	s := c.collectors[0]
	months := strings.Fields(s.ask("SELECT DISTINCT formatDateTime(business_date, '%Y-%m') FROM sellthrough.movements WHERE feed = '" + feed + "'"))
	for m := range want {
		if !slices.Contains(months, m) {
			months = append(months, m)
		}
	}
	for _, m := range months {
		got := standing{}
		for _, row := range strings.Split(s.ask(`SELECT toString(business_date), location, document, item, qty_micros * sign AS q, amount_micros * sign AS a, sum(sign) AS n
			FROM sellthrough.movements WHERE feed = '`+feed+`' AND formatDateTime(business_date, '%Y-%m') = '`+m+`' GROUP BY 1, 2, 3, 4, q, a HAVING n != 0`), "\n") {
			if at := strings.LastIndex(row, " "); at > 0 {
				got[row[:at]], _ = strconv.ParseInt(row[at+1:], 10, 64)
			}
		}
		l, d := c.differ(feed+" "+m, want[m], got)
		lost, doubled = lost+l, doubled+d
	}
	return lost, doubled
}

// differ counts what is missing and what is too much, and shows the first of them.
func (c *chaos) differ(what string, want, got map[string]int64) (lost, doubled int64) {
	shown := 0
	show := func(line string) {
		if shown++; shown <= 5 {
			c.t.Errorf("%s: %q: %d, want %d", what, line, got[line], want[line])
		}
	}
	for line, n := range want {
		if d := n - got[line]; d > 0 {
			lost += d
			show(line)
		} else if d < 0 {
			doubled -= d
			show(line)
		}
	}
	for line, n := range got {
		if _, ok := want[line]; !ok && n != 0 {
			if n > 0 {
				doubled += n
			} else {
				lost -= n
			}
			show(line)
		}
	}
	return lost, doubled
}

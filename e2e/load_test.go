package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sellthrough"
)

const columns = `
    columns:
      document: Doc
      location: Store
      item: Item
      qty: Qty
      amount: Amount
      kind: {constant: sell_out, negative: return_in}
      business_date: Day
`

var loadYAML = "partners:\n" + partner("alpha", "Europe/London", "GBP") + partner("beta", "Europe/Berlin", "EUR") + partner("gamma", "America/New_York", "USD") + `
feeds:
  - id: alpha-lines
    partner: alpha
    kind: sales` + columns + `    identity: {scope: document, line_key: [Line]}
    coverage: {kind: none}
  - id: alpha-invoices
    partner: alpha
    kind: sales` + columns + `    identity: {scope: document}
    coverage: {kind: document}
  - id: beta-pos
    partner: beta
    kind: sales` + columns + `    identity: {scope: location-day, line_key: [Line]}
    coverage: {kind: location-day}
  - id: gamma-pos
    partner: gamma
    kind: sales` + columns + `    identity: {scope: location-day}
    coverage: {kind: location-day}
`

// sale is one row of a file. Quantities are pieces, amounts are hundredths.
type sale struct {
	doc, store, line, item string
	qty, amount            int64
	day                    string
	bad                    bool // is refused
}

// feedLoad sends the files of a feed one after another, and keeps the independent model of what holds.
type feedLoad struct {
	feed, partner string
	unit          func(r []string) string // what a file reports completely, or names
	line          bool                    // a line replaces the one with its key only, and nothing is withdrawn
	resets        bool                    // receipt numbers begin again every day and store
	plan          *plan
	rnd           *rand.Rand
	days          [][]sale // as last reported

	holds             map[string]stands // the model, by unit
	rows, refused     int64             // of acknowledged files
	sent, interrupted int
}

// stands is what stands of a unit, which lies in one day and store.
type stands struct {
	at              string // partner, day and store
	n, micros, cash int64
}

// next makes the next file: a new day, or one of the last days again with changes.
func (f *feedLoad) next(i int) []byte {
	var rows []sale
	if n := len(f.days); n > 0 && f.rnd.IntN(10) < 4 {
		d := n - 1 - f.rnd.IntN(min(n, 6))
		var kept []sale
		for _, r := range f.days[d] {
			switch f.rnd.IntN(40) {
			case 0: // gone
				if f.line {
					kept = append(kept, r)
				}
				continue
			case 1:
				r.qty, r.amount = r.qty+1, r.amount+int64(f.rnd.IntN(500))
			case 2:
				r.amount -= int64(f.rnd.IntN(50))
			}
			kept = append(kept, r)
		}
		f.days[d], rows = kept, kept
	} else {
		day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly)
		for doc := range 60 + f.rnd.IntN(120) {
			name := fmt.Sprintf("%s-%d-%d", f.feed, n, doc)
			if f.resets {
				name = strconv.Itoa(doc / 7)
			}
			store := fmt.Sprintf("S%d", doc%7)
			for line := range 5 + f.rnd.IntN(20) {
				r := sale{
					doc: name, store: store, line: strconv.Itoa(line), item: fmt.Sprintf("I%d", f.rnd.IntN(400)),
					qty: int64(f.rnd.IntN(9)) - 1, amount: int64(f.rnd.IntN(100000)), day: day, bad: f.line && f.rnd.IntN(300) == 0,
				}
				rows = append(rows, r)
				if !f.line && f.feed != "beta-pos" && f.rnd.IntN(15) == 0 {
					rows = append(rows, r) // an equal row is another sale
				}
			}
		}
		f.days = append(f.days, rows)
	}
	var b bytes.Buffer
	b.WriteString("Doc,Store,Line,Item,Qty,Amount,Day\n")
	for _, r := range rows {
		qty := strconv.FormatInt(r.qty, 10)
		if r.bad {
			qty = "many"
		}
		sign, cents := "", r.amount
		if cents < 0 {
			sign, cents = "-", -cents
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s%d.%02d,%s\n", r.doc, r.store, r.line, r.item, qty, sign, cents/100, cents%100, r.day)
	}
	return b.Bytes()
}

// plan is the files of a feed, written once for all loads that send them.
type plan struct {
	mu     sync.Mutex
	writer feedLoad
	files  [][]byte
}

// plans are by feed and seed.
var plans sync.Map

func (f *feedLoad) planned(seed, n uint64) *plan {
	p, _ := plans.LoadOrStore([2]any{f.feed, seed}, &plan{writer: feedLoad{feed: f.feed, line: f.line, resets: f.resets, rnd: rand.New(rand.NewPCG(seed, n))}})
	return p.(*plan)
}

func (p *plan) file(i int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.files) <= i {
		p.files = append(p.files, p.writer.next(len(p.files)))
	}
	return p.files[i]
}

// apply is the independent reading of a file: what it names, it replaces.
func (f *feedLoad) apply(body []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil {
		return err
	}
	if f.holds == nil {
		f.holds = map[string]stands{}
	}
	seen := map[string]bool{}
	for _, r := range rows[1:] {
		f.rows++
		if r[4] == "many" {
			f.refused++
			continue
		}
		qty, err := strconv.ParseInt(r[4], 10, 64)
		if err != nil {
			return err
		}
		cents, err := strconv.ParseInt(strings.Replace(r[5], ".", "", 1), 10, 64)
		if err != nil {
			return err
		}
		u := f.unit(r)
		if !seen[u] {
			seen[u], f.holds[u] = true, stands{at: f.partner + " " + r[6] + " " + r[1]}
		}
		h := f.holds[u]
		f.holds[u] = stands{h.at, h.n + 1, h.micros + qty*1_000_000, h.cash + cents*10_000}
	}
	return nil
}

// load is all feeds, sending until they are told to stop.
type load struct {
	s      *system
	feeds  []*feedLoad
	acks   atomic.Int64
	flying atomic.Int64
	cut    atomic.Int64
	extra  int // submissions without rows that others sent
	stop   chan struct{}
	ended  sync.Once
	done   sync.WaitGroup

	pace, patience time.Duration // between files of a feed; for one file
	doors          []*system
	taken          func(f *feedLoad, r sellthrough.Receipt) // told of each 202; nil: the model is kept as it comes
}

func newLoad(s *system, seed uint64) *load {
	l := feeds(s)
	for i, f := range l.feeds {
		f.plan = f.planned(seed, uint64(i))
	}
	l.start()
	return l
}

// feeds is a load that has not begun.
func feeds(s *system) *load {
	document := func(r []string) string { return r[0] }
	day := func(r []string) string { return r[1] + "/" + r[6] }
	return &load{s: s, doors: []*system{s}, pace: 2 * time.Second, patience: 90 * time.Second, stop: make(chan struct{}), feeds: []*feedLoad{
		{feed: "alpha-lines", partner: "alpha", line: true, unit: func(r []string) string { return r[0] + "/" + r[2] }},
		{feed: "alpha-invoices", partner: "alpha", unit: document},
		{feed: "beta-pos", partner: "beta", resets: true, unit: day},
		{feed: "gamma-pos", partner: "gamma", resets: true, unit: day},
	}}
}

// start begins to send, until finish or the end of the test.
func (l *load) start() {
	l.s.t.Cleanup(l.end)
	for _, f := range l.feeds {
		l.done.Go(func() { l.send(f) })
	}
}

// send posts file after file; a file that got no 202 is posted again under its key until it has one.
func (l *load) send(f *feedLoad) {
	pace := time.NewTicker(l.pace)
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		case <-pace.C:
		}
		body := f.plan.file(i)
		key := fmt.Sprintf("%s-%06d", f.feed, i)
		receipt, ok := l.post(f, key, body)
		if !ok {
			return
		}
		if l.taken != nil {
			l.taken(f, receipt)
		} else if err := f.apply(body); err != nil {
			l.s.t.Errorf("the model cannot read file %s: %v", key, err)
			return
		}
		f.sent++
		l.acks.Add(1)
	}
}

func (l *load) post(f *feedLoad, key string, body []byte) (r sellthrough.Receipt, ok bool) {
	retry := time.NewTicker(25 * time.Millisecond)
	defer retry.Stop()
	limit := time.Now().Add(l.patience)
	for tries := 0; ; tries++ {
		ctx, cancel := context.WithTimeout(l.s.t.Context(), 40*time.Second)
		l.flying.Add(1)
		began := &readerOnce{r: bytes.NewReader(body)}
		a, err := l.doors[rand.IntN(len(l.doors))].send(ctx, f.feed, f.partner, nil, key, began, nil)
		l.flying.Add(-1)
		cancel()
		rows := int64(bytes.Count(body, []byte("\n")) - 1)
		switch {
		case err == nil && a.Status < 300:
			if a.Receipt.Rows != rows {
				l.s.t.Errorf("file %s has %d rows and its receipt says %d", key, rows, a.Receipt.Rows)
			}
			return a.Receipt, true
		case err == nil && a.Status < 500 && a.Status != 429:
			l.s.t.Errorf("file %s: %d %s", key, a.Status, a.Body)
			return r, false
		case err != nil && began.read:
			f.interrupted++
			l.cut.Add(1)
		}
		if time.Now().After(limit) {
			l.s.t.Errorf("file %s was not taken in time: %d %s %v", key, a.Status, a.Body, err)
			return r, false
		}
		<-retry.C
	}
}

// readerOnce notes whether a body was begun.
type readerOnce struct {
	r    io.Reader
	read bool
}

func (r *readerOnce) Read(p []byte) (int, error) { r.read = true; return r.r.Read(p) }

// sums is what the model comes to, by partner, day and store: lines, millionths of units and of money.
func (l *load) sums() map[string][3]int64 {
	out := map[string][3]int64{}
	for _, f := range l.feeds {
		for _, h := range f.holds {
			if h.n > 0 {
				sum := out[h.at]
				out[h.at] = [3]int64{sum[0] + h.n, sum[1] + h.micros, sum[2] + h.cash}
			}
		}
	}
	return out
}

// end stops the senders.
func (l *load) end() {
	l.ended.Do(func() { close(l.stop) })
	l.done.Wait()
}

// finish stops the senders and holds everything against the model.
func (l *load) finish() {
	s := l.s
	s.t.Helper()
	l.end()
	sent, rows, refused := l.extra, int64(0), int64(0)
	for _, f := range l.feeds {
		sent, rows, refused = sent+f.sent, rows+f.rows, refused+f.refused
	}
	var want []string
	totals := map[string][3]int64{}
	for at, n := range l.sums() {
		want = append(want, fmt.Sprintf("%s %d %d %d", at, n[0], n[1], n[2]))
		p, _, _ := strings.Cut(at, " ")
		t := totals[p]
		totals[p] = [3]int64{t[0] + n[0], t[1] + n[1], t[2] + n[2]}
	}
	slices.Sort(want)
	began := time.Now()
	s.settled(sent)
	s.t.Logf("%d files of %d rows acknowledged (%d rows refused, %d posts cut); final %.1f s after the last: %v", sent, rows, refused, l.cut.Load(), time.Since(began).Seconds(), totals)
	compare := func(what, sql string) {
		got := strings.Split(s.ask(sql), "\n")
		slices.Sort(got)
		if !slices.Equal(got, want) {
			n := 0
			for _, w := range want {
				if _, ok := slices.BinarySearch(got, w); !ok && n < 5 {
					n++
					s.t.Errorf("%s lacks %q", what, w)
				}
			}
			for _, g := range got {
				if _, ok := slices.BinarySearch(want, g); !ok && n < 10 {
					n++
					s.t.Errorf("%s has %q", what, g)
				}
			}
			s.t.Errorf("%s: %d sums by partner, day and store, want %d", what, len(got), len(want))
		}
	}
	compare("movements", `SELECT partner, toString(business_date) AS d, location, sum(sign) AS n, sum(qty_micros), sum(amount_micros) FROM sellthrough.movements
		GROUP BY partner, d, location HAVING n != 0`)
	compare("sales_daily", `SELECT partner, toString(business_date) AS d, location, sum(s.lines) AS n, sum(s.qty_micros), sum(s.amount_micros) FROM sellthrough.sales_daily AS s
		GROUP BY partner, d, location HAVING n != 0`)
	if got, want := s.ask("SELECT count(), sum(received), sum(refused), sum(held) FROM sellthrough.v_submissions"), fmt.Sprintf("%d %d %d 0", sent, rows, refused); got != want {
		s.t.Errorf("submissions, received, refused, held: %s, want %s", got, want)
	}
	if got := s.ask("SELECT count() FROM sellthrough.v_submissions WHERE received != refused + held + new + duplicate + corrected + superseded"); got != "0" {
		s.t.Errorf("the books of %s submissions do not balance", got)
	}
	if got := s.ask("SELECT sum(abs(difference)) FROM sellthrough.v_books"); got != "0" {
		s.t.Errorf("the books differ by %s", got)
	}
	s.verify()
}

// Package promise is the suite that every door has to pass: what a door promises a partner, whatever the way in.
package promise

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/door"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	"sellthrough/internal/embedded/broker"
)

// Driver sends files through one door, as a partner does.
type Driver interface {
	// Put sends a file to the feed pos of partner acme. It may return before the file is taken.
	Put(t *testing.T, name, body string)
	// Turn lets the door work until nothing is left that it could do now.
	Turn(t *testing.T)
	// Restart ends the door where it is and starts another one over what it left.
	Restart(t *testing.T)
	// Notices are what the partner was told, by the name of the file.
	Notices(t *testing.T) map[string]door.Notice
}

const settings = `
data: %s
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [%s]}
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: {document: receipt, location: store, item: item, qty: qty, at: day}
    identity: {scope: document}
    equal_rows_across_files: duplicate
`

// Good is a body of two rows, Bad one that can't be read.
const (
	Good = "receipt,store,item,qty,day\nr1,s1,a,1,2026-03-02\nr1,s1,b,2,2026-03-02\n"
	Bad  = "receipt,store,item\nr1,s1,a\n"
)

// Answer is an acknowledgement.
const Answer = "ISA*00*          *00*          *ZZ*US             *ZZ*THEM           *260309*0630*U*00401*000000007*0*P*>~\n"

// Intake is a real intake before a broker, whose answers can get lost.
type Intake struct {
	*ingest.Intake
	Kafka  string // address of the broker behind it
	mu     sync.Mutex
	taken  map[sellthrough.SubmissionID]sellthrough.Receipt
	before int // requests that are to fail before they are heard
	after  int // requests whose answers are to get lost
	asked  int
	answer *ingest.Acknowledgement // as an interchange has one
}

// Acknowledge lets every body from here on have an acknowledgement, as if it were an interchange.
func (i *Intake) Acknowledge(a *ingest.Acknowledgement) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = a
}

// NewIntake starts an intake that ends with the test.
func NewIntake(t *testing.T) *Intake {
	t.Helper()
	dir := t.TempDir()
	address := kafka(t, dir)
	c, err := config.Parse("t.yml", fmt.Appendf(nil, settings, dir, config.HashKey("acme-key")), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), dir+"/archive")
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.New(bus.Options{Brokers: []string{address}, Prefix: "t", Partitions: 2, Replication: 1, Retention: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	i, err := ingest.New(ingest.Options{Config: c, Bus: b, Archive: a})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for !i.Ready() {
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	return &Intake{Intake: i, Kafka: address, taken: map[sellthrough.SubmissionID]sellthrough.Receipt{}}
}

// kafka runs a broker until the test ends, and gives its address.
func kafka(t *testing.T, dir string) string {
	t.Helper()
	b, err := broker.New(broker.Options{Dir: dir + "/kafka"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- b.Run(ctx, func(address string) { ready <- address }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case address := <-ready:
		return address
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return ""
}

var errLost = &ingest.Fault{Kind: ingest.Unavailable, Retry: time.Millisecond, Detail: "the answer got lost", Err: errors.New("cut")}

// Accept is the intake's, with losses.
func (i *Intake) Accept(ctx context.Context, r ingest.Request) (ingest.Taken, error) {
	i.mu.Lock()
	i.asked++
	if i.before > 0 {
		i.before--
		i.mu.Unlock()
		return ingest.Taken{}, errLost
	}
	i.mu.Unlock()
	taken, err := i.Intake.Accept(ctx, r)
	if err != nil {
		return taken, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.taken[taken.Submission] = taken.Receipt
	taken.Acknowledgement = i.answer
	if i.after > 0 {
		i.after--
		return ingest.Taken{}, errLost
	}
	return taken, nil
}

func (i *Intake) lose(before, after int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.before, i.after = before, after
}

// Down makes the intake deaf until Up.
func (i *Intake) Down() { i.lose(1<<62, 0) }

// Up ends Down.
func (i *Intake) Up() { i.lose(0, 0) }

func (i *Intake) requests() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// Taken are the receipts of the submissions so far, the oldest first.
func (i *Intake) Taken() []sellthrough.Receipt {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.SortedFunc(maps.Values(i.taken), func(a, b sellthrough.Receipt) int { return int(a.Revision - b.Revision) })
}

// Run holds a door to its promises.
func Run(t *testing.T, start func(t *testing.T, in *Intake) Driver) {
	t.Helper()
	t.Run("a file is taken once, whole, and its receipt says so", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		d.Put(t, "report.csv", Good)
		d.Turn(t)
		d.Turn(t)
		n := d.Notices(t)["report.csv"]
		if !n.Taken || n.Receipt == nil || n.Receipt.Accepted != 2 || n.Receipt.Bytes != int64(len(Good)) {
			t.Fatalf("the partner is told %+v", n)
		}
		got := in.Taken()
		if len(got) != 1 || got[0].Partner != "acme" || got[0].Feed != "pos" || got[0].Submission != n.Receipt.Submission {
			t.Errorf("taken %+v", got)
		}
	})
	t.Run("a file that can't be read is refused with the reason, and those behind it are taken", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		d.Put(t, "bad.csv", Bad)
		d.Turn(t)
		d.Put(t, "good.csv", Good)
		d.Turn(t)
		n := d.Notices(t)
		if bad := n["bad.csv"]; bad.Taken || bad.Problem == "" || bad.Refusal == nil {
			t.Errorf("the partner is told %+v", bad)
		}
		if !n["good.csv"].Taken || len(in.Taken()) != 1 {
			t.Errorf("the partner is told %+v, taken are %d", n["good.csv"], len(in.Taken()))
		}
	})
	t.Run("the acknowledgement of an interchange reaches the partner", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		in.Acknowledge(&ingest.Acknowledgement{Type: "997", Text: Answer})
		d.Put(t, "report.csv", Good)
		d.Turn(t)
		d.Turn(t)
		if n := d.Notices(t)["report.csv"]; n.Acknowledgement == nil || n.Acknowledgement.Text != Answer || n.Acknowledgement.Type != "997" {
			t.Errorf("the partner is told %+v", n)
		}
	})
	t.Run("what can't be taken just now is taken later", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		in.lose(2, 0)
		d.Put(t, "report.csv", Good)
		for range 5 {
			d.Turn(t)
		}
		if n := d.Notices(t)["report.csv"]; !n.Taken || len(in.Taken()) != 1 {
			t.Errorf("the partner is told %+v, taken are %d", n, len(in.Taken()))
		}
	})
	t.Run("an answer that gets lost makes no second submission, over a restart too", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		in.lose(0, 1)
		d.Put(t, "report.csv", Good)
		d.Turn(t)
		d.Restart(t)
		for range 4 {
			d.Turn(t)
		}
		if got := in.Taken(); len(got) != 1 || in.requests() < 2 || d.Notices(t)["report.csv"].Receipt.Submission != got[0].Submission {
			t.Errorf("%d submissions of %d requests; the partner is told %+v", len(got), in.requests(), d.Notices(t)["report.csv"])
		}
	})
	t.Run("the same file sent again is a newer word with the same content", func(t *testing.T) {
		in := NewIntake(t)
		d := start(t, in)
		for range 2 {
			d.Put(t, "report.csv", Good)
			d.Turn(t)
			d.Turn(t)
		}
		if got := in.Taken(); len(got) != 2 || got[0].Body != got[1].Body || got[0].Accepted != got[1].Accepted {
			t.Errorf("taken %+v", got)
		}
	})
}

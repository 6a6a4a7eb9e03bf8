package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/klauspost/compress/zstd"

	"sellthrough"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

func TestABodyIsWhollyOnTheRoadWhenAcceptReturns(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	const rows = 20_000
	body := csvBody(rows) + "r1,s1,item,two,2026-03-01\nr1,s1,item,1,yesterday\n"
	got, err := c.Accept(t.Context(), request("invoices", "k", body))
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != rows || got.Refused != 2 || got.Rows != rows+2 || len(got.Refusals) != 2 || got.Replayed || got.Attempt != 1 {
		t.Fatalf("receipt: %+v", got)
	}
	if got.Refusals[0].Row != rows+2 || got.Refusals[0].Column != "qty" {
		t.Fatalf("refusal: %+v", got.Refusals[0])
	}
	f := w.find(got.Submission, 1)
	if len(f.lines) != rows || len(f.refused) != 2 || f.home == nil || f.home.Key != "k" {
		t.Fatalf("on the road: %d lines, %d refused, home %+v", len(f.lines), len(f.refused), f.home)
	}
	for _, e := range f.marks {
		if e.Revision != got.Revision || e.Revision.Era() == 0 || e.Body != got.Body {
			t.Fatalf("end mark: %+v", e)
		}
	}
}

func TestTheSameKeyAndBodyIsOneSubmission(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	body := csvBody(10)
	first, err := c.Accept(t.Context(), request("invoices", "k", body))
	if err != nil {
		t.Fatal(err)
	}
	marks := w.marks()
	other := w.collect("b") // another collector learns of it from the log
	for _, c := range []*collector{c, other} {
		again, err := c.Accept(t.Context(), request("invoices", "k", body))
		if err != nil || !again.Replayed || again.Submission != first.Submission || again.Accepted != 10 {
			t.Fatalf("again: %+v %v", again, err)
		}
		_, err = c.Accept(t.Context(), request("invoices", "k", csvBody(11)))
		kind(t, err, Conflict)
	}
	if now := w.marks(); now != marks {
		t.Fatalf("%d end marks, then %d", marks, now)
	}
	if next, err := c.Accept(t.Context(), request("invoices", "", body)); err != nil || next.Submission == first.Submission || next.Revision <= first.Revision {
		t.Fatalf("without a key: %+v %v", next, err)
	}
	if id, ok := other.Find("acme", "invoices", "k"); !ok || id != first.Submission {
		t.Fatalf("found %q", id)
	}
}

func TestRequestsThatRaceForAKeyAreOneSubmission(t *testing.T) {
	w := newWorld(t)
	cs := []*collector{w.collect("a"), w.collect("b")}
	var wg sync.WaitGroup
	ids := make([]sellthrough.SubmissionID, 8)
	for n := range ids {
		wg.Go(func() {
			got, err := cs[n%2].Accept(t.Context(), request("invoices", "race", csvBody(100)))
			if err != nil {
				t.Error(err)
			}
			ids[n] = got.Submission
		})
	}
	wg.Wait()
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 1 {
		t.Fatalf("submissions: %v", ids)
	}
	if f := w.find(ids[0], 1); len(f.lines) != 100 || w.marks() != len(f.marks) {
		t.Fatalf("%d lines, %d end marks of %d", len(f.lines), len(f.marks), w.marks())
	}
}

func TestACutBodyLeavesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	for name, err := range map[string]error{"cut": io.ErrUnexpectedEOF, "reset": errors.New("connection reset by peer")} {
		r := request("invoices", name, "")
		r.Body = io.MultiReader(strings.NewReader(csvBody(50_000)), iotest.ErrReader(err))
		_, err := c.Accept(t.Context(), r)
		kind(t, err, Cut)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, csvBody(5000))
	_ = z.Close()
	r := request("invoices", "gzip", "")
	r.Encoding, r.Body = "gzip", bytes.NewReader(zipped.Bytes()[:zipped.Len()/2])
	_, err := c.Accept(t.Context(), r)
	kind(t, err, Cut)
	if n, m := w.marks(), w.bodies(); n != 0 || m != 0 {
		t.Fatalf("%d end marks, %d bodies", n, m)
	}
}

func TestCompressedBodiesAreTheSameBody(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	body := csvBody(1000)
	var gz, zs bytes.Buffer
	z := gzip.NewWriter(&gz)
	_, _ = io.WriteString(z, body)
	_ = z.Close()
	s, _ := zstd.NewWriter(&zs)
	_, _ = io.WriteString(s, body)
	_ = s.Close()
	for encoding, text := range map[string]string{"": body, "gzip": gz.String(), "zstd": zs.String()} {
		r := request("invoices", "k", text)
		r.Encoding = encoding
		if got, err := c.Accept(t.Context(), r); err != nil || got.Accepted != 1000 {
			t.Fatalf("%s: %+v %v", encoding, got, err)
		}
	}
	if w.bodies() != 1 {
		t.Fatalf("%d bodies", w.bodies())
	}
	r := request("invoices", "", "this is no gzip")
	r.Encoding = "gzip"
	_, err := c.Accept(t.Context(), r)
	kind(t, err, Malformed)
	r = request("invoices", "", body)
	r.Encoding = "br"
	_, err = c.Accept(t.Context(), r)
	kind(t, err, Encoding)
}

func TestABodyOfRefusedRowsOnlyCoversNothing(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	r := request("pos", "k", header+"r,s,i,one,2026-01-01\n")
	r.Scope = sellthrough.Scope{Locations: []string{"s"}, From: 20454, To: 20454, Declared: true}
	got, err := c.Accept(t.Context(), r)
	if err != nil || got.Accepted != 0 || got.Refused != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	f := w.find(got.Submission, 1)
	if len(f.refused) != 1 {
		t.Fatalf("refused: %v", f.refused)
	}
	for _, e := range f.marks {
		if e.Policy.Coverage != sellthrough.CoverNone {
			t.Fatalf("it covers %s", e.Policy.Coverage)
		}
	}
}

func TestADryRunLeavesNothing(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	r := request("pos", "k", csvBody(100)+"r,s,i,one,2026-01-01\n")
	r.DryRun = true
	got, err := c.Accept(t.Context(), r)
	if err != nil || got.Accepted != 100 || got.Refused != 1 || len(got.Refusals) != 1 || got.Submission != "" {
		t.Fatalf("%+v %v", got, err)
	}
	if n, m, s := w.marks(), w.bodies(), c.index.len(); n != 0 || m != 0 || s != 0 {
		t.Fatalf("%d end marks, %d bodies, %d registered", n, m, s)
	}
}

func TestEndMarksGoWhereTheScopeIs(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	locations := []string{"s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"}
	cases := []struct {
		name, feed string
		scope      sellthrough.Scope
		all        bool
	}{
		{"a nil report of locations", "pos", sellthrough.Scope{Locations: locations[:2], From: 20000, To: 20000, Declared: true}, false},
		{"a day of all locations", "pos", sellthrough.Scope{From: 20000, To: 20000, Declared: true}, true},
		{"nothing declared", "pos", sellthrough.Scope{}, false},
		{"a snapshot of everything", "stock", sellthrough.Scope{}, true},
		{"a snapshot of locations", "stock", sellthrough.Scope{Locations: locations[:1], Declared: true}, false},
		{"no coverage", "invoices", sellthrough.Scope{}, false},
	}
	for _, k := range cases {
		r := request(k.feed, "", header)
		r.Scope = k.scope
		got, err := c.Accept(t.Context(), r)
		if err != nil {
			t.Fatalf("%s: %v", k.name, err)
		}
		f := w.find(got.Submission, 1)
		if (len(f.marks) == 3) != k.all && len(k.scope.Locations) == 0 || len(f.marks) == 0 || f.home == nil {
			t.Errorf("%s: %d end marks", k.name, len(f.marks))
		}
		named := 0
		for p, e := range f.marks {
			named += len(e.Scope.Locations)
			if e.Scope.Elsewhere != (len(k.scope.Locations) > 0 && len(e.Scope.Locations) == 0) {
				t.Errorf("%s: partition %d: %+v", k.name, p, e.Scope)
			}
		}
		if named != len(k.scope.Locations) {
			t.Errorf("%s: %d of %d locations are in an end mark", k.name, named, len(k.scope.Locations))
		}
	}
}

func TestAnOlderSubmissionUnderWayIsSaid(t *testing.T) {
	w := newWorld(t)
	a, b := w.collect("a"), w.collect("b")
	a.giveUp = time.Millisecond
	a.failing(bus.TypeEnd)
	_, err := a.Accept(t.Context(), request("invoices", "old", csvBody(3)))
	kind(t, err, Unavailable)
	overtakes := func() bool {
		t.Helper()
		got, err := b.Accept(t.Context(), request("invoices", "", csvBody(5)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range w.find(got.Submission, 1).marks {
			return e.Overtakes
		}
		t.Fatal("no end mark")
		return false
	}
	if !overtakes() {
		t.Error("an older one is under way, and it was not said")
	}
	a.stop()
	id, _ := b.Find("acme", "invoices", "old")
	if _, err := b.Adopt(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if overtakes() {
		t.Error("nothing is under way")
	}
}

func TestConcurrencyIsBoundedByPartner(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a", func(c *config.Config) { c.Limits.PerPartner, c.Limits.Concurrent = 2, 3 })
	c.gate.patience = 0 // nobody waits
	var held []*io.PipeWriter
	var wg sync.WaitGroup
	occupy := func(partner sellthrough.PartnerID, feed sellthrough.FeedID) {
		r, in := io.Pipe()
		held = append(held, in)
		c.gate.patience = time.Minute
		wg.Go(func() {
			_, _ = c.Accept(context.Background(), Request{Partner: partner, Feed: feed, Body: r, Length: -1})
		})
		_, _ = fmt.Fprint(in, header) // returns once the body is being read: the slot is held
		c.gate.patience = 0
	}
	occupy("acme", "invoices")
	occupy("acme", "invoices")
	_, err := c.Accept(t.Context(), request("invoices", "", csvBody(1)))
	if f := faultOf(t, err, Busy); f.Retry == 0 {
		t.Error("no time to try again")
	}
	occupy("beta", "other")
	_, err = c.Accept(t.Context(), Request{Partner: "beta", Feed: "other", Body: strings.NewReader(csvBody(1))})
	kind(t, err, Busy) // of the whole collector
	for _, in := range held {
		_ = in.CloseWithError(io.ErrUnexpectedEOF)
	}
	wg.Wait()
	c.gate.patience = time.Minute
	if _, err := c.Accept(t.Context(), request("invoices", "", csvBody(1))); err != nil {
		t.Fatal(err)
	}
}

func TestReadingStopsWhereNearlyEveryRowIsRefused(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	got, err := c.Accept(t.Context(), request("pos", "", csvBody(5)+strings.Repeat("a,b\n", 5*hopeless)))
	if err != nil || got.Accepted != 5 || got.Refused != hopeless || len(got.Warnings) == 0 {
		t.Fatalf("%d accepted, %d refused, %q, %v", got.Accepted, got.Refused, got.Warnings, err)
	}
	f := w.find(got.Submission, 1)
	if len(f.refused) != hopeless {
		t.Errorf("%d refused rows on the road", len(f.refused))
	}
	for _, e := range f.marks {
		if e.Policy.Coverage != sellthrough.CoverNone {
			t.Errorf("it covers %s, though it was not read to its end", e.Policy.Coverage)
		}
	}
}

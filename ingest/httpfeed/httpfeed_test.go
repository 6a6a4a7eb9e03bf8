package httpfeed

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

const settings = `
data: %s
limits: {body: 1MiB, refused_inline: 2, read_timeout: 1s}
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [%s]}
  - {id: beta, name: Beta, time_zone: Europe/Berlin, currency: EUR, keys: [%s]}
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: &columns {document: receipt, location: store, item: item, qty: qty, at: day}
    identity: {scope: document}
    equal_rows_across_files: duplicate
  - {id: other, partner: beta, kind: sales, columns: *columns, identity: {scope: document}, equal_rows_across_files: duplicate}
  - {id: edi, partner: acme, kind: sales, format: {type: x12, edi: {sale: sell_out}}, identity: {scope: location-day}, equal_rows_across_files: duplicate}
  - {id: edifact, partner: acme, kind: sales, format: {type: edifact}, identity: {scope: location-day}, equal_rows_across_files: duplicate}
`

// interchange is two sets, of which the second can't be read; message is a report of EDIFACT.
const (
	interchange = "ISA*00*          *00*          *ZZ*STOREHUB       *ZZ*AURORA         *260308*0510*U*00401*000000101*0*P*>~GS*PD*STOREHUB*AURORA*20260308*0510*41*X*004010~" +
		"ST*852*0001~XQ*G*20260307~N1*RL**92*3001~LIN**VP*AUR-100~ZA*QS*5*EA~SE*6*0001~ST*852*0002~XQ*G*20260307~N1*RL**92*3001~LIN**VP*AUR-300~ZA*XY*1*EA~SE*6*0002~GE*2*41~IEA*1*000000101~"
	message = "UNB+UNOC:3+STOREHUB+AURORA+260308:0510+77'UNH+1+SLSRPT:D:96A:UN'BGM+73E+9001+9'DTM+137:20260308:102'DTM+356:20260307:102'LOC+162+3001'LIN+1++AUR-100:SA'QTY+153:5'UNT+8+1'UNZ+1+77'"
)

// ledger are books that a test writes.
type ledger struct {
	mu      sync.Mutex
	held    map[sellthrough.SubmissionID]bool
	refused map[sellthrough.SubmissionID][]sellthrough.Refusal
	down    bool
	slow    int // looks until an outcome is final
}

func (l *ledger) Outcome(_ context.Context, id sellthrough.SubmissionID) (Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return Outcome{}, errors.New("no books")
	}
	if l.slow > 0 {
		l.slow--
		return Outcome{}, nil
	}
	return Outcome{Partner: "acme", Attempt: 1, Final: true, Held: l.held[id], Why: "it would withdraw too much"}, nil
}

func (l *ledger) Refused(_ context.Context, id sellthrough.SubmissionID, after uint32, limit int) (out []sellthrough.Refusal, err error) {
	for _, r := range l.refused[id] {
		if r.Row > after && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

type world struct {
	t      *testing.T
	server *httptest.Server
	books  *ledger
	intake *ingest.Intake
	kafka  *kfake.Cluster
	config *config.Config
	full   atomic.Bool // the disk
}

func newWorld(t *testing.T) *world {
	k, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	dir := t.TempDir()
	c, err := config.Parse("t.yml", fmt.Appendf(nil, settings, dir, config.HashKey("acme-key"), config.HashKey("beta-key")), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), dir+"/archive")
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.New(bus.Options{Brokers: k.ListenAddrs(), Prefix: "t", Partitions: 2, Replication: 1, Retention: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	w := &world{t: t, kafka: k, config: c}
	i, err := ingest.New(ingest.Options{Config: c, Bus: b, Archive: a, Room: func(int64) error {
		if w.full.Load() {
			return errors.New("no byte is free")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	books := &ledger{held: map[sellthrough.SubmissionID]bool{}, refused: map[sellthrough.SubmissionID][]sellthrough.Refusal{}}
	s := httptest.NewServer(New(Options{Config: c, Intake: i, Books: books, Log: zerolog.Nop()}))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- i.Run(ctx) }()
	t.Cleanup(func() {
		s.Close()
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
	w.server, w.books, w.intake = s, books, i
	return w
}

// ask makes a request with acme's key; heads are "Name: value", and "-Name" leaves one out.
func (w *world) ask(method, path string, body io.Reader, heads ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer acme-key")
	for _, h := range heads {
		name, value, _ := strings.Cut(h, ": ")
		if name, ok := strings.CutPrefix(name, "-"); ok {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return a, string(text)
}

const (
	good  = "receipt,store,item,qty,day\nr1,s1,i1,1,2026-01-02\n"
	path  = "/v1/feeds/pos"
	third = "r1,s1,i2,two,2026-01-02\n"
)

func (w *world) post(body string, heads ...string) sellthrough.Receipt {
	w.t.Helper()
	a, text := w.ask("POST", path, strings.NewReader(body), heads...)
	var rc sellthrough.Receipt
	if err := json.Unmarshal([]byte(text), &rc); err != nil || a.StatusCode != http.StatusAccepted {
		w.t.Fatalf("%s: %s", a.Status, text)
	}
	if at := a.Header.Get("Location"); at != "/v1/submissions/"+string(rc.Submission) {
		w.t.Errorf("location %q", at)
	}
	return rc
}

func TestTheSameRequestAgainSaysSo(t *testing.T) {
	w := newWorld(t)
	first := w.post(good, "Idempotency-Key: k")
	a, text := w.ask("POST", path, strings.NewReader(good), "Idempotency-Key: k")
	if a.StatusCode != http.StatusOK || a.Header.Get("Idempotency-Replayed") != "true" || !strings.Contains(text, string(first.Submission)) {
		t.Fatalf("%s %v %s", a.Status, a.Header, text)
	}
	if _, text := w.ask("GET", "/v1/submissions?key=k&feed=pos", nil); !strings.Contains(text, string(first.Submission)) {
		t.Fatal(text)
	}
}

func TestAnInterchangeIsAnsweredInItsOwnSyntax(t *testing.T) {
	w := newWorld(t)
	for feed, want := range map[string]struct{ body, kind, suffix, begins, holds string }{
		"edi":     {interchange, "application/EDI-X12", ".997", "ISA*00*          *00*          *ZZ*AURORA         *ZZ*STOREHUB", "AK2*852*0001~\nAK5*A~\nAK2*852*0002~"},
		"edifact": {message, "application/EDIFACT", ".contrl", "UNB+UNOC:3+AURORA+STOREHUB", "UCM+1+SLSRPT:D:96A:UN+7"},
	} {
		a, text := w.ask("POST", "/v1/feeds/"+feed, strings.NewReader(want.body), "Idempotency-Key: k")
		var rc sellthrough.Receipt
		if err := json.Unmarshal([]byte(text), &rc); err != nil || a.StatusCode != http.StatusAccepted || rc.Acknowledgement == nil {
			t.Fatalf("%s: %s: %s", feed, a.Status, text)
		}
		at := "/v1/submissions/" + string(rc.Submission) + "/acknowledgement"
		a, first := w.ask("GET", at, nil)
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != want.kind || !strings.HasSuffix(a.Header.Get("Content-Disposition"), want.suffix) {
			t.Errorf("%s: %s %v", feed, a.Status, a.Header)
		}
		if !strings.HasPrefix(first, want.begins) || !strings.Contains(first, want.holds) || int64(len(first)) != rc.Acknowledgement.Bytes {
			t.Errorf("%s answers\n%s", feed, first)
		}
		if _, again := w.ask("GET", at, nil); again != first {
			t.Errorf("%s: another answer the second time", feed)
		}
		if a, _ := w.ask("GET", at, nil, "Authorization: Bearer beta-key"); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: another partner is answered %s", feed, a.Status)
		}
	}
	// One that is refused as a whole is no submission; the answer to it lies in the answer.
	a, text := w.ask("POST", "/v1/feeds/edi", strings.NewReader(interchange[:strings.Index(interchange, "N1*RL")]))
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(text, `"acknowledgement":{"type":"997","text":"ISA*`) || !strings.Contains(text, "AK5*R*2") {
		t.Errorf("%s %s", a.Status, text)
	}
}

func TestAPartnerSeesOnlyItsOwn(t *testing.T) {
	w := newWorld(t)
	id := string(w.post(good, "Idempotency-Key: k").Submission)
	for _, path := range []string{"/v1/submissions/" + id, "/v1/submissions/" + id + "/refused", "/v1/submissions?key=k&feed=pos"} {
		if a, text := w.ask("GET", path, nil, "Authorization: Bearer beta-key"); a.StatusCode != http.StatusNotFound || strings.Contains(text, "acme") {
			t.Errorf("%s: %s %s", path, a.Status, text)
		}
	}
	if a, _ := w.ask("POST", "/v1/submissions/"+id+"/confirm", nil, "Authorization: Bearer beta-key"); a.StatusCode != http.StatusNotFound {
		t.Error(a.Status)
	}
	if _, text := w.ask("GET", "/v1/feeds", nil, "Authorization: Bearer beta-key"); !strings.Contains(text, "other") || strings.Contains(text, "pos") {
		t.Error(text)
	}
}

func TestWaitEndsWithTheOutcome(t *testing.T) {
	w := newWorld(t)
	id := string(w.post(good).Submission)
	w.books.slow = 3
	if _, text := w.ask("GET", "/v1/submissions/"+id, nil); !strings.Contains(text, `"on_the_road"`) {
		t.Fatal(text)
	}
	if _, text := w.ask("GET", "/v1/submissions/"+id+"?wait=60s", nil); !strings.Contains(text, `"final"`) {
		t.Fatal(text)
	}
}

func TestAHeldSubmissionIsConfirmedOnce(t *testing.T) {
	w := newWorld(t)
	rc := w.post(good)
	id := string(rc.Submission)
	if a, _ := w.ask("POST", "/v1/submissions/"+id+"/confirm", nil); a.StatusCode != http.StatusConflict {
		t.Fatal("what is not held was confirmed")
	}
	w.books.held[rc.Submission] = true
	if a, text := w.ask("POST", "/v1/submissions/"+id+"/confirm", nil); a.StatusCode != http.StatusAccepted || !strings.Contains(text, `"attempt":2`) {
		t.Fatal(a.Status, text)
	}
	// The books still tell of the attempt before.
	if _, text := w.ask("GET", "/v1/submissions/"+id, nil); !strings.Contains(text, `"on_the_road"`) {
		t.Fatal(text)
	}
}

func TestAllRefusedRowsAreGiven(t *testing.T) {
	w := newWorld(t)
	body := good + strings.Repeat(third, 9_000)
	rc := w.post(body)
	if rc.Refused != 9_000 || len(rc.Refusals) != 2 {
		t.Fatalf("%d refused, %d inline", rc.Refused, len(rc.Refusals))
	}
	for k := range rc.Refused {
		w.books.refused[rc.Submission] = append(w.books.refused[rc.Submission], sellthrough.Refusal{Row: uint32(k) + 3, Column: "qty", Value: "a,b", Reason: "no"})
	}
	for accept, lines := range map[string]int{"text/csv": 9_001, "application/x-ndjson": 9_000} {
		a, text := w.ask("GET", "/v1/submissions/"+string(rc.Submission)+"/refused", nil, "Accept: "+accept)
		if !strings.HasPrefix(a.Header.Get("Content-Type"), accept) || strings.Count(text, "\n") != lines {
			t.Errorf("%s: %s, %d lines", accept, a.Header.Get("Content-Type"), strings.Count(text, "\n"))
		}
	}
}

func TestPeopleGetText(t *testing.T) {
	w := newWorld(t)
	a, text := w.ask("POST", path, strings.NewReader(good+third), "Accept: text/plain")
	if a.StatusCode != http.StatusAccepted || !strings.Contains(text, "accepted    1") || !strings.Contains(text, `row 3, column qty, value "two"`) {
		t.Fatal(a.Status, text)
	}
}

func TestAMistypedParameterIsNoSubmission(t *testing.T) {
	w := newWorld(t)
	for _, q := range []string{"?dryrun=1", "?dry_run=maybe", "?from=2026-01-01", "?day=yesterday", "?a=%zz"} {
		if a, text := w.ask("POST", path+q, strings.NewReader(good)); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s %s", q, a.Status, text)
		}
	}
}

func TestABugIsAnswered(t *testing.T) {
	d := &door{Options: Options{Log: zerolog.Nop()}}
	rec := httptest.NewRecorder()
	d.safely(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("bug") })).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/v1/feeds", nil))
	if rec.Code != http.StatusInternalServerError || !strings.Contains(rec.Body.String(), "/problems/internal") {
		t.Fatal(rec.Code, rec.Body)
	}
}

func TestKeysHaveABudget(t *testing.T) {
	r := rates{perMinute: 60, seen: map[string]*bucket{}}
	now := time.Unix(0, 0)
	for range 60 {
		if r.take("k", now) != 0 {
			t.Fatal("within the budget")
		}
	}
	if wait := r.take("k", now); wait != time.Second {
		t.Fatalf("wait %s", wait)
	}
	if r.take("other", now) != 0 || r.take("k", now.Add(time.Second)) != 0 {
		t.Fatal("another key, or a second later")
	}
}

func zipped(text string) io.Reader {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return &b
}

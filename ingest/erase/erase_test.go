package erase

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
)

const settings = `
data: %[1]s
engines: {kafka: {partitions: 2}}
doors: {folder: {root: %[1]s/drop, feeds: [pos]}}
partners:
  - {id: acme, name: Acme, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
  - {id: beta, name: Beta, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9]}
feeds:
  - {id: pos, partner: acme, kind: sales, columns: &c {document: receipt, item: item, qty: qty, at: day, customer: buyer}, identity: &i {scope: document}, equal_rows_across_files: &e duplicate}
  - {id: calls, partner: acme, kind: service, columns: {document: case, kind: {constant: ticket}, at: day, customer: {column: phone, form: phone}}, identity: {scope: document, line_key: [case]}}
  - {id: plain, partner: acme, kind: sales, columns: {document: receipt, item: item, qty: qty, at: day}, identity: *i, equal_rows_across_files: *e}
  - {id: other, partner: beta, kind: sales, columns: *c, identity: *i, equal_rows_across_files: *e}
`

// books is a ledger that holds what the test puts into it.
type books struct {
	tokens map[string]int64 // rows by token
	open   map[sellthrough.FeedID][]string
	held   map[sellthrough.SubmissionID]string
	notes  []string
}

func (b *books) Rows(_ context.Context, _ sellthrough.PartnerID, tokens []string) (n int64, err error) {
	for _, t := range tokens {
		n += b.tokens[t]
	}
	return n, nil
}

func (b *books) Bodies(_ context.Context, f sellthrough.FeedID) ([]string, error) {
	return b.open[f], nil
}

func (b *books) Held(context.Context, sellthrough.PartnerID) (map[sellthrough.SubmissionID]string, error) {
	return b.held, nil
}

func (b *books) Note(_ context.Context, what, about string) error {
	b.notes = append(b.notes, what+": "+about)
	return nil
}

// world is a collector, its archive and its keys.
type world struct {
	*testing.T
	dir     string
	cfg     *config.Config
	in      *ingest.Intake
	bus     *bus.Bus
	archive *archive.Archive
	keys    *keys.Store
	books   *books
	said    []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := &world{T: t, dir: t.TempDir(), books: &books{tokens: map[string]int64{}, open: map[sellthrough.FeedID][]string{}, held: map[sellthrough.SubmissionID]string{}}}
	if w.cfg, err = config.Parse("t.yml", fmt.Appendf(nil, settings, w.dir), func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	if w.archive, err = archive.Open(t.Context(), filepath.Join(w.dir, "archive")); err != nil {
		t.Fatal(err)
	}
	if w.keys, err = keys.Open(t.Context(), keys.Options{At: filepath.Join(w.dir, "keys")}); err != nil {
		t.Fatal(err)
	}
	w.archive.Keys = w.keys
	if w.bus, err = bus.New(bus.Options{Brokers: cluster.ListenAddrs(), Prefix: "t", Partitions: 2, Replication: 1, Retention: time.Hour}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.bus.Close)
	if w.in, err = ingest.New(ingest.Options{Config: w.cfg, Bus: w.bus, Archive: w.archive, Keys: w.keys}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.in.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for !w.in.Ready() {
		time.Sleep(time.Millisecond)
	}
	return w
}

func (w *world) send(feed, body string) sellthrough.Receipt {
	w.Helper()
	f, _ := w.cfg.Feed(sellthrough.FeedID(feed))
	taken, err := w.in.Accept(w.Context(), ingest.Request{Partner: f.Partner, Feed: f.ID, Body: strings.NewReader(body), Length: int64(len(body))})
	if err != nil {
		w.Fatal(err)
	}
	return taken.Receipt
}

func (w *world) erase(o Order) (Report, error) {
	return Run(w.Context(), Options{
		Config: w.cfg, Keys: w.keys, Archive: w.archive, Ledger: w.books, Log: w.bus,
		Say: func(format string, args ...any) { w.said = append(w.said, fmt.Sprintf(format, args...)) },
	}, o)
}

// token is a customer's, now.
func (w *world) token(form keys.Form, customer string) string {
	w.Helper()
	if err := w.keys.Refresh(w.Context()); err != nil {
		w.Fatal(err)
	}
	h, err := w.keys.Of("acme").Hider(w.Context(), form)
	if err != nil {
		w.Fatal(err)
	}
	defer h.Done()
	return string(h.Hide([]byte(customer)))
}

func (w *world) readable(body string) bool {
	r, err := w.archive.Open(w.Context(), body)
	if errors.Is(err, archive.ErrErased) || errors.Is(err, archive.ErrNotFound) {
		return false
	}
	if err != nil {
		w.Fatal(err)
	}
	r.Close()
	return true
}

const head = "receipt,item,qty,day,buyer\n"

func TestEraseForgetsOnePersonAndNobodyElse(t *testing.T) {
	w := newWorld(t)
	anna, both, jonas := w.send("pos", head+"r1,a,1,2026-03-02,Anna Berg\n"), w.send("pos", head+"r2,a,1,2026-03-02,Jonas Tal\nr3,b,1,2026-03-02,ANNA  berg\n"), w.send("pos", head+"r4,a,1,2026-03-02,Jonas Tal\n")
	refused := w.send("pos", head+"r5,a,1,2026-03-02,x\nr5,a,Anna Berg,2026-03-02,x\n")
	called, other := w.send("calls", "case,day,phone\n1,2026-03-02,+49 171 555-0042\n"), w.send("other", head+"r1,a,1,2026-03-02,Anna Berg\n")
	before, phone, his := w.token(keys.Text, "anna berg"), w.token(keys.Phone, "+491715550042"), w.token(keys.Text, "Jonas Tal")
	w.books.tokens = map[string]int64{before: 2, phone: 1, his: 2}
	order := Order{Partner: "acme", Customer: []string{"Anna Berg", "0049 171 5550042"}, Why: "asked for it", DryRun: true}

	r, err := w.erase(order)
	if err != nil || len(r.Sealed) != 4 || r.Rows != 3 || r.Looked != 5 || r.Renewed != 0 || len(w.books.notes) != 0 {
		t.Fatalf("dry run: %+v, %v", r, err)
	}
	if w.token(keys.Text, "anna berg") != before || !w.readable(anna.Body) {
		t.Fatal("a dry run changed something")
	}
	order.DryRun = false
	if r, err = w.erase(order); err != nil || len(r.Sealed) != 4 || !r.Finished {
		t.Fatalf("%+v, %v", r, err)
	}
	for what, body := range map[string]string{"hers": anna.Body, "both's": both.Body, "a refused row": refused.Body, "her call": called.Body} {
		if w.readable(body) {
			t.Errorf("%s can still be read", what)
		}
		if _, err := w.keys.Entry(t.Context(), body); !errors.Is(err, keys.ErrErased) { // so that no copy of it can be, either
			t.Errorf("the key of %s is there: %v", what, err)
		}
	}
	for what, body := range map[string]string{"his": jonas.Body, "another partner's": other.Body} {
		if !w.readable(body) {
			t.Errorf("%s can't be read any more", what)
		}
	}
	if w.token(keys.Text, "Anna Berg") == before || w.token(keys.Phone, "+491715550042") == phone {
		t.Error("her token can still be made")
	}
	if w.token(keys.Text, "Jonas Tal") != his {
		t.Log("he shares the key by chance, one in a thousand")
	}
	if d := cmp.Diff([]string{
		"erase begun: partner acme, feeds pos, calls, 4 sealed bodies, 0 open bodies, 0 files, 3 rows: asked for it",
		"erased: partner acme, feeds pos, calls, 4 sealed bodies, 0 open bodies, 0 files, 3 rows: asked for it",
	}, w.books.notes); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, n := range append(w.books.notes, w.said...) {
		if strings.Contains(strings.ToLower(n), "berg") || strings.Contains(n, "555") {
			t.Errorf("it says who: %s", n)
		}
	}

	// Again: there is nothing left, and nobody shares her fate a second time.
	now := w.token(keys.Text, "Anna Berg")
	if r, err = w.erase(order); err != nil || !r.Nothing() || r.Renewed != 0 || w.token(keys.Text, "Anna Berg") != now {
		t.Errorf("again: %+v, %v", r, err)
	}
	// She comes back, as somebody new, and can be forgotten again.
	back := w.send("pos", head+"r9,a,1,2026-03-02,Anna Berg\n")
	if r, err = w.erase(order); err != nil || len(r.Sealed) != 1 || w.readable(back.Body) {
		t.Errorf("after she came back: %+v, %v", r, err)
	}
}

func TestEraseOfOneFeedLeavesTheBodiesOfOthers(t *testing.T) {
	w := newWorld(t)
	pos, called := w.send("pos", head+"r1,a,1,2026-03-02,49 171 5550042\n"), w.send("calls", "case,day,phone\n1,2026-03-02,49 171 5550042\n")
	r, err := w.erase(Order{Partner: "acme", Feed: "calls", Customer: []string{"49 171 5550042"}})
	if err != nil || len(r.Sealed) != 1 || w.readable(called.Body) || !w.readable(pos.Body) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEraseTakesBodiesFromBeforeTheFeedWasSealed(t *testing.T) {
	w := newWorld(t)
	was := w.send("plain", head+"r1,a,1,2026-03-02,Anna Berg\n")
	clean := w.send("plain", head+"r1,a,1,2026-03-02,Jonas Tal\n")
	w.books.open["pos"] = []string{was.Body, clean.Body, strings.Repeat("0", 64)} // the last one aged out
	r, err := w.erase(Order{Partner: "acme", Customer: []string{"Anna Berg"}})
	if err != nil || len(r.Open) != 1 || w.readable(was.Body) || !w.readable(clean.Body) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEraseTakesRefusedFilesOfTheDoors(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(w.dir, "drop", "pos", "refused")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a.csv": "receipt\nAnna Berg\n", "b.csv": "receipt\nJonas Tal\n", "a.csv.receipt.txt": "rows 1", "c.csv.gz": "no gzip: Anna Berg\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := w.erase(Order{Partner: "acme", Customer: []string{"Anna Berg"}})
	if err != nil || len(r.Files) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 2 {
		t.Errorf("left are %v", left)
	}
}

func TestEraseWaitsForWhatStillNeedsItsBody(t *testing.T) {
	w := newWorld(t)
	held := w.send("pos", head+"r1,a,1,2026-03-02,Anna Berg\n")
	w.books.held[held.Submission] = held.Body
	order := Order{Partner: "acme", Customer: []string{"Anna Berg"}}
	r, err := w.erase(order)
	if err == nil || !strings.Contains(err.Error(), "--held") || len(r.Held) != 1 || !w.readable(held.Body) {
		t.Fatalf("%+v, %v", r, err)
	}
	order.Held = true
	if r, err = w.erase(order); err != nil || w.readable(held.Body) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEraseSaysWhatItCantLookThrough(t *testing.T) {
	w := newWorld(t)
	gone := w.send("pos", head+"r1,a,1,2026-03-02,Anna Berg\n")
	e, err := w.keys.Entry(t.Context(), gone.Body)
	if err == nil {
		err = w.archive.RemoveSealed(t.Context(), &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	order := Order{Partner: "acme", Customer: []string{"Anna Berg"}}
	r, err := w.erase(order)
	if err != nil || len(r.Missing) != 1 || r.Renewed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := w.keys.Entry(t.Context(), gone.Body); err != nil {
		t.Errorf("its key is gone: %v", err)
	}
	order.Missing = true
	if r, err = w.erase(order); err != nil || !r.Finished {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := w.keys.Entry(t.Context(), gone.Body); !errors.Is(err, keys.ErrErased) {
		t.Errorf("its key is there: %v", err)
	}
}

func TestEraseExplainsMistakes(t *testing.T) {
	w := newWorld(t)
	for want, o := range map[string]Order{
		`no partner "acne"`:          {Partner: "acne", Customer: []string{"x"}},
		"nobody is named":            {Partner: "acme"},
		`has no feed "plain"`:        {Partner: "acme", Feed: "plain", Customer: []string{"x"}},
		`partner acme has no feed "`: {Partner: "acme", Feed: "other", Customer: []string{"x"}},
	} {
		if _, err := w.erase(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	unlock, err := w.keys.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unlock() }()
	if _, err := w.erase(Order{Partner: "acme", Customer: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "another command") {
		t.Errorf("got %v", err)
	}
}

// Nothing that the person's name could be found by stays in the folder of the collector: not in the archive, the key store,
// or what the collector notes.
func TestNothingOfThePersonStaysOnTheDisk(t *testing.T) {
	w := newWorld(t)
	r := w.send("pos", head+"r1,a,1,2026-03-02,Anna Berg\n")
	e, err := w.keys.Entry(t.Context(), r.Body)
	if err != nil {
		t.Fatal(err)
	}
	token := w.token(keys.Text, "Anna Berg")
	if _, err := w.erase(Order{Partner: "acme", Customer: []string{"Anna Berg"}}); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		for _, secret := range [][]byte{[]byte("Anna"), []byte(base64.StdEncoding.EncodeToString(e.Key)), []byte(token), []byte(e.Object)} {
			if bytes.Contains(text, secret) || strings.Contains(path, string(secret)) {
				t.Errorf("%s holds %.12q", path, secret)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

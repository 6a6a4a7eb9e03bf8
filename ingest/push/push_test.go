package push

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/httpfeed"
)

// collector keeps what it was sent; its first answers are not.
type collector struct {
	t      *testing.T
	bad    []func(w http.ResponseWriter)
	tries  int
	bodies map[string]string // by Idempotency-Key
	query  string
	head   http.Header
	answer sellthrough.Receipt
	status httpfeed.Status
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer secret" {
		c.t.Errorf("authorization %q", r.Header.Get("Authorization"))
	}
	if r.Method == http.MethodGet {
		_ = json.NewEncoder(w).Encode(c.status)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.bodies[r.Header.Get("Idempotency-Key")] = string(body)
	c.query, c.head = r.URL.RawQuery, r.Header
	c.tries++
	if len(c.bad) > 0 {
		b := c.bad[0]
		c.bad = c.bad[1:]
		b(w)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(c.answer)
}

func refuse(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func run(t *testing.T, c *collector, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	c.t, c.bodies = t, map[string]string{}
	s := httptest.NewServer(c)
	defer s.Close()
	t.Setenv("SELLTHROUGH_KEY", "secret")
	var out, errs bytes.Buffer
	code = Run(t.Context(), append(args, "--url", s.URL), strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func onDisk(t *testing.T, name, text string) string {
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

var taken = sellthrough.Receipt{Submission: "sub_1", Feed: "pos", Rows: 3, Accepted: 3}

func TestAFileIsPushedAndItsOutcomePrinted(t *testing.T) {
	c := &collector{answer: taken, status: httpfeed.Status{Submission: "sub_1", State: httpfeed.Final, Counts: &sellthrough.Counts{New: 2, Duplicate: 1}}}
	code, out, errs := run(t, c, "", onDisk(t, "day.csv", "a\n1\n"), "--feed", "pos", "--location", "s1", "--day", "2026-01-02")
	if code != OK || errs != "" || !strings.Contains(out, "accepted    3") || !strings.Contains(out, "new 2, duplicate 1") {
		t.Fatalf("%d\n%s\n%s", code, out, errs)
	}
	if c.query != "day=2026-01-02&file=day.csv&location=s1" || len(c.bodies) != 1 {
		t.Errorf("%s %v", c.query, c.bodies)
	}
}

func TestOneKeyOverAllTries(t *testing.T) {
	c := &collector{answer: taken, status: httpfeed.Status{State: httpfeed.Final}, bad: []func(http.ResponseWriter){
		refuse(http.StatusServiceUnavailable, `{"detail":"just now not"}`),
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, // the connection is cut
	}}
	code, _, errs := run(t, c, "x\n1\n", "-", "--feed", "pos")
	if code != OK || c.tries != 3 || len(c.bodies) != 1 || !strings.Contains(errs, "just now not") {
		t.Fatalf("%d after %d tries, keys %v: %s", code, c.tries, c.bodies, errs)
	}
	for _, b := range c.bodies {
		if b != "x\n1\n" {
			t.Errorf("body %q", b)
		}
	}
}

func TestTheKeyIsMadeOfContentFeedAndScope(t *testing.T) {
	keys := map[string]bool{}
	push := func(text string, args ...string) {
		c := &collector{answer: taken, status: httpfeed.Status{State: httpfeed.Final}}
		run(t, c, text, append([]string{"-"}, args...)...)
		for k := range c.bodies {
			keys[k] = true
		}
	}
	push("a", "--feed", "pos")
	push("a", "--feed", "pos")
	if len(keys) != 1 {
		t.Fatal(keys)
	}
	push("b", "--feed", "pos")
	push("a", "--feed", "stock")
	push("a", "--feed", "pos", "--location", "s1")
	push("a", "--feed", "pos", "--confirm")
	if len(keys) != 5 {
		t.Fatal(keys)
	}
}

func TestARefusalIsPrintedAndNotTriedAgain(t *testing.T) {
	c := &collector{bad: []func(http.ResponseWriter){
		refuse(http.StatusUnprocessableEntity, `{"detail":"none of the 1 rows can be read","receipt":{"feed":"pos","rows":1,"refused":1,"refusals":[{"row":2,"column":"qty","value":"x","reason":"not a number"}]}}`),
	}}
	code, out, errs := run(t, c, "x", "-", "--feed", "pos")
	if code != NotTaken || c.tries != 1 || !strings.Contains(out, "not a number") || !strings.Contains(errs, "none of the 1 rows") {
		t.Fatalf("%d\n%s\n%s", code, out, errs)
	}
}

func TestHeldAndRefusedRowsShowInTheExitCode(t *testing.T) {
	c := &collector{answer: taken, status: httpfeed.Status{Submission: "sub_1", State: httpfeed.Held, Why: "it withdraws too much"}}
	if code, out, _ := run(t, c, "x", "-", "--feed", "pos"); code != Partly || !strings.Contains(out, "--confirm") || !strings.Contains(out, "too much") {
		t.Fatalf("%d %s", code, out)
	}
	refused := taken
	refused.Refused = 1
	c = &collector{answer: refused}
	if code, _, _ := run(t, c, "x", "-", "--feed", "pos", "--wait", "0"); code != Partly {
		t.Fatal(code)
	}
}

func TestCompressedFilesAreSentAsTheyAre(t *testing.T) {
	c := &collector{answer: taken}
	run(t, c, "", onDisk(t, "day.csv.gz", "zipped"), "--feed", "pos", "--wait", "0")
	if c.head.Get("Content-Encoding") != "gzip" || !strings.Contains(c.query, "file=day.csv") || strings.Contains(c.query, ".gz") {
		t.Fatalf("%v %s", c.head, c.query)
	}
}

func TestUsageIsExplained(t *testing.T) {
	for want, args := range map[string][]string{
		"--feed":     {"x.csv"},
		"one file":   {"--feed", "pos"},
		"no address": nil,
	} {
		if args == nil {
			want, args = "is not an address", []string{"x.csv", "--feed", "pos", "--key", "k", "--url", "collector"}
		}
		var errs bytes.Buffer
		if code := Run(t.Context(), args, nil, io.Discard, &errs); code != Usage || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: %d %s", args, code, errs.String())
		}
	}
}

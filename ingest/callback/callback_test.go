package callback

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/httpfeed"
)

// world is a partner's server, books, and a caller with a clock of its own.
type world struct {
	t       *testing.T
	caller  *Caller
	outcome httpfeed.Outcome
	down    bool
	answers []int // statuses of the next calls; then 200
	calls   []httpfeed.Status
	ids     []string
	at      time.Time
	dir     string
	url     string
}

const secret = "a secret of sixteen"

func (w *world) Outcome(context.Context, sellthrough.SubmissionID) (httpfeed.Outcome, error) {
	if w.down {
		return httpfeed.Outcome{}, errors.New("no books")
	}
	return w.outcome, nil
}

func (w *world) Refused(context.Context, sellthrough.SubmissionID, uint32, int) ([]sellthrough.Refusal, error) {
	return nil, nil
}

func start(t *testing.T) *world {
	w := &world{t: t, at: time.Unix(1_800_000_000, 0), dir: t.TempDir()}
	s := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if got := r.Header.Get("Sellthrough-Signature"); got != Sign(secret, w.at, body) {
			t.Errorf("signed %s", got)
		}
		var s httpfeed.Status
		if err := json.Unmarshal(body, &s); err != nil {
			t.Error(err)
		}
		w.calls, w.ids = append(w.calls, s), append(w.ids, r.Header.Get("Sellthrough-Delivery"))
		if len(w.answers) > 0 {
			out.Header().Set("Location", "/elsewhere")
			out.WriteHeader(w.answers[0])
			w.answers = w.answers[1:]
		}
	}))
	t.Cleanup(s.Close)
	w.url = s.URL
	w.restart()
	return w
}

func (w *world) restart() {
	var err error
	if w.caller, err = New(Options{Targets: map[sellthrough.PartnerID]Target{"acme": {w.url, secret}}, Books: w, Dir: w.dir, Log: zerolog.Nop()}); err != nil {
		w.t.Fatal(err)
	}
	w.caller.now = func() time.Time { return w.at }
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for end := w.at.Add(d); w.at.Before(end); {
		w.at = w.at.Add(min(time.Minute, d))
		w.caller.Look(w.t.Context())
	}
}

func (w *world) left() int {
	files, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(files)
}

func took(id string) *sellthrough.Receipt {
	return &sellthrough.Receipt{Partner: "acme", Submission: sellthrough.SubmissionID(id)}
}

func TestAPartnerIsCalledOnceWhenItIsFinal(t *testing.T) {
	w := start(t)
	w.caller.Took(took("sub_1"))
	w.pass(10 * time.Minute)
	if len(w.calls) != 0 {
		t.Fatal("called before it is booked")
	}
	w.outcome = httpfeed.Outcome{Final: true, Counts: sellthrough.Counts{New: 2}}
	w.restart() // what waits survives
	w.pass(10 * time.Minute)
	if len(w.calls) != 1 || w.calls[0].State != httpfeed.Final || w.calls[0].Counts.New != 2 || w.left() != 0 {
		t.Errorf("%+v, %d left", w.calls, w.left())
	}
}

func TestAHeldSubmissionIsToldTwice(t *testing.T) {
	w := start(t)
	w.caller.Took(took("sub_1"))
	w.outcome = httpfeed.Outcome{Final: true, Held: true, Why: "it would withdraw too much"}
	w.pass(10 * time.Minute)
	w.outcome = httpfeed.Outcome{Final: true}
	w.pass(10 * time.Minute)
	if len(w.calls) != 2 || w.calls[0].State != httpfeed.Held || w.calls[0].Why == "" || w.calls[1].State != httpfeed.Final || w.left() != 0 {
		t.Errorf("%+v", w.calls)
	}
}

func TestACallIsTriedAgainUnderOneNameAndLessAndLessOften(t *testing.T) {
	w := start(t)
	w.outcome.Final = true
	w.answers = []int{500, 302, 429}
	w.caller.Took(took("sub_1"))
	w.pass(time.Hour)
	if len(w.calls) != 4 || w.ids[0] != w.ids[3] || w.left() != 0 {
		t.Errorf("%d calls %v", len(w.calls), w.ids)
	}
	w.answers = make([]int, 1000)
	for i := range w.answers {
		w.answers[i] = 503
	}
	w.calls = nil
	w.caller.Took(took("sub_2"))
	w.pass(30 * time.Hour)
	if n := len(w.calls); n < 20 || n > 80 || w.left() != 0 {
		t.Errorf("%d calls in a day, %d left", n, w.left())
	}
}

func TestWhoSaysGoneIsNotCalledAgain(t *testing.T) {
	w := start(t)
	w.outcome = httpfeed.Outcome{Held: true, Final: true}
	w.answers = []int{410}
	w.caller.Took(took("sub_1"))
	w.pass(time.Hour)
	if len(w.calls) != 1 || w.left() != 0 {
		t.Errorf("%d calls", len(w.calls))
	}
}

func TestOnlyWhoWantsItIsCalled(t *testing.T) {
	w := start(t)
	w.caller.Took(&sellthrough.Receipt{Partner: "beta", Submission: "sub_1"})
	if w.left() != 0 {
		t.Error("noted for another partner")
	}
}

func TestTheBooksMayBeAway(t *testing.T) {
	w := start(t)
	w.outcome.Final, w.down = true, true
	w.caller.Took(took("sub_1"))
	w.pass(5 * time.Minute)
	w.down = false
	w.pass(5 * time.Minute)
	if len(w.calls) != 1 {
		t.Errorf("%d calls", len(w.calls))
	}
}

func TestTheSignatureIsAsDocumented(t *testing.T) {
	got := Sign("key", time.Unix(1, 0), []byte("{}"))
	if !strings.HasPrefix(got, "t=1,v1=") || got != "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224" {
		t.Error(got)
	}
}

package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"time"

	"sellthrough"
	"sellthrough/internal/access"
)

// visitor is somebody who is logged in.
type visitor struct {
	w    *world
	http http.Client
	lang string
}

// as logs in, with a name or a key.
func (w *world) as(name string) *visitor {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	v := &visitor{w: w, http: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	form := url.Values{"name": {name}, "password": {password}}
	if strings.Contains(name, "key-") {
		form = url.Values{"key": {name}}
	}
	answer, err := v.http.PostForm(w.url+"/login", form)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("%s can't log in: %s", name, answer.Status)
	}
	return v
}

// answered is an answer.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// into reads the answer as JSON.
func (a answered) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

func (v *visitor) do(method, path, kind string, body io.Reader, header ...string) answered {
	v.w.t.Helper()
	r, err := http.NewRequestWithContext(v.w.t.Context(), method, v.w.url+path, body)
	if err != nil {
		v.w.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept-Language", v.lang)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := v.http.Do(r)
	if err != nil {
		v.w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		v.w.t.Fatal(err)
	}
	return answered{answer.StatusCode, answer.Header, text}
}

func (v *visitor) get(path string) answered {
	v.w.t.Helper()
	return v.do(http.MethodGet, path, "", nil)
}

func (v *visitor) post(path string, body any) answered {
	v.w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		v.w.t.Fatal(err)
	}
	return v.do(http.MethodPost, path, "application/json", bytes.NewReader(text))
}

// ok is a get that has to succeed, read as JSON.
func (v *visitor) ok(path string, into any) {
	v.w.t.Helper()
	a := v.get(path)
	if a.status != http.StatusOK {
		v.w.t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	a.into(v.w.t, into)
}

// send sends a report over the page and waits until it is final or held.
func (v *visitor) send(partner, feed, file, body string) sellthrough.Receipt {
	v.w.t.Helper()
	a := v.do(http.MethodPost, "/api/partners/"+partner+"/v1/feeds/"+feed+"?file="+url.QueryEscape(file), "application/octet-stream", strings.NewReader(body))
	if a.status != http.StatusAccepted {
		v.w.t.Fatalf("%s: %d %s", file, a.status, a.body)
	}
	var rc sellthrough.Receipt
	a.into(v.w.t, &rc)
	v.await(partner, rc.Submission)
	return rc
}

// await waits until the books have a submission.
func (v *visitor) await(partner string, id sellthrough.SubmissionID) (state string) {
	v.w.t.Helper()
	for {
		var s struct{ State string }
		v.ok("/api/partners/"+partner+"/v1/submissions/"+string(id)+"?wait=30s", &s)
		if s.State == "final" || s.State == "held" {
			return s.State
		}
	}
}

// audited counts entries of the audit log.
func (w *world) audited(where string) string {
	w.t.Helper()
	t, err := w.ledger.Query(w.t.Context(), "SELECT toString(count()) FROM "+w.database+".audit WHERE "+where, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprint(t.Rows[0][0])
}

// ask asks the ledger as somebody who sees everything, and gives the first cell.
func (w *world) ask(sql string) string {
	w.t.Helper()
	t, err := w.reader.Read(w.t.Context(), access.Local(), sql)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(t.Rows) == 0 {
		return ""
	}
	return fmt.Sprint(t.Rows[0][0])
}

// until asks again and again until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	for !so() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("it did not come to be")
		}
	}
}

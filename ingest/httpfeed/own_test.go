package httpfeed

import (
	"net/http"
	"strings"
	"testing"

	"sellthrough"
)

const betasKey = "Authorization: Bearer beta-key"

// What a collector has long forgotten, the books still know, and whose it is.
func TestWhatOnlyTheBooksRememberIsItsPartnersToo(t *testing.T) {
	w := newWorld(t)
	old := sellthrough.SubmissionID("sub_of_last_year")
	w.books.held[old] = true
	w.books.refused[old] = []sellthrough.Refusal{{Row: 7, Column: "qty", Value: "of acme", Reason: "no"}}
	for _, path := range []string{"", "/refused"} {
		at := "/v1/submissions/" + string(old) + path
		if a, text := w.ask("GET", at, nil); a.StatusCode != http.StatusOK {
			t.Errorf("acme asks %s: %s %s", at, a.Status, text)
		}
		if a, text := w.ask("GET", at, nil, betasKey); a.StatusCode != http.StatusNotFound || strings.Contains(text, "acme") || strings.Contains(text, "withdraw") {
			t.Errorf("beta asks %s: %s %s", at, a.Status, text)
		}
	}
	if a, _ := w.ask("POST", "/v1/submissions/"+string(old)+"/confirm", nil, betasKey); a.StatusCode != http.StatusNotFound {
		t.Errorf("beta confirms it: %s", a.Status)
	}
}

// An answer must not even tell that something of somebody else's exists.
func TestWhatIsSomebodyElsesLooksLikeWhatDoesNotExist(t *testing.T) {
	w := newWorld(t)
	theirs := string(w.post(good, "Idempotency-Key: k").Submission)
	for _, path := range []string{"/v1/submissions/ID", "/v1/submissions/ID/refused", "/v1/submissions?feed=pos&key=ID"} {
		ask := func(id string) (int, string) {
			a, text := w.ask("GET", strings.Replace(path, "ID", id, 1), nil, betasKey)
			return a.StatusCode, strings.ReplaceAll(text, id, "ID")
		}
		was, text := ask(strings.Replace(theirs, "sub_", "sub_x", 1))
		if path == "/v1/submissions?feed=pos&key=ID" {
			is, other := ask("k")
			if is != was || strings.Contains(other, "acme") || is != http.StatusNotFound {
				t.Errorf("%s: %d and %d", path, is, was)
			}
			continue
		}
		if is, other := ask(theirs); is != was || other != text || is != http.StatusNotFound {
			t.Errorf("%s: %d %s, and %d %s", path, is, other, was, text)
		}
	}
	mine, a1 := w.ask("POST", "/v1/feeds/pos", strings.NewReader(good), betasKey)
	none, a2 := w.ask("POST", "/v1/feeds/nos", strings.NewReader(good), betasKey)
	if mine.StatusCode != http.StatusNotFound || none.StatusCode != http.StatusNotFound || strings.ReplaceAll(a1, "pos", "nos") != a2 {
		t.Errorf("a feed of acme's: %s %s; one of nobody's: %s %s", mine.Status, a1, none.Status, a2)
	}
}

func TestNoOtherWayToNameAPartnerIsBelieved(t *testing.T) {
	w := newWorld(t)
	id := string(w.post(good).Submission)
	for _, heads := range [][]string{
		{"-Authorization"},
		{"-Authorization", "X-Partner: acme"},
		{"Authorization: Basic YWNtZTphY21l"},
		{"Authorization: Bearer "},
		{"Authorization: Bearer acme"},
		{"-Authorization", "Cookie: sellthrough=x"},
		{"Authorization: bearer nobody"},
	} {
		if a, text := w.ask("GET", "/v1/submissions/"+id, nil, heads...); a.StatusCode != http.StatusUnauthorized || strings.Contains(text, "accepted") {
			t.Errorf("%v: %s %s", heads, a.Status, text)
		}
	}
	if a, _ := w.ask("GET", "/v1/submissions/"+id+"?partner=acme", nil, betasKey); a.StatusCode/100 != 4 {
		t.Errorf("a partner in the query: %s", a.Status)
	}
}

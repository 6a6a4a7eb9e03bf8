package httpfeed

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"sellthrough"
)

// upload writes a form: names and values, a value of a name that ends in .csv being a file.
func upload(t *testing.T, pairs ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		create := w.CreateFormField
		if strings.HasSuffix(pairs[i], ".csv") {
			create = func(name string) (io.Writer, error) { return w.CreateFormFile("file", name) }
		}
		out, err := create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestAFormCarriesOneFile(t *testing.T) {
	w := newWorld(t)
	ask := func(want int, pairs ...string) string {
		t.Helper()
		body, kind := upload(t, pairs...)
		a, text := w.ask("POST", path, strings.NewReader(body), kind)
		if a.StatusCode != want {
			t.Errorf("%v: %d %s", pairs, a.StatusCode, text)
		}
		return text
	}
	plain := w.post(good)
	var rc sellthrough.Receipt
	if err := json.Unmarshal([]byte(ask(http.StatusAccepted, "a.csv", good)), &rc); err != nil || rc.Body != plain.Body {
		t.Errorf("%v: the body is not the file: %+v", err, rc)
	}
	if text := ask(http.StatusOK, "dry_run", "1", "a.csv", good); !strings.Contains(text, "dry run") {
		t.Error(text)
	}
	for text, pairs := range map[string][]string{
		"several files":   {"a.csv", good, "b.csv", good},
		"behind the file": {"a.csv", good, "dry_run", "1"},
		"is not known":    {"dryrun", "1", "a.csv", good},
		"has no file":     {"dry_run", "1"},
	} {
		if got := ask(http.StatusBadRequest, pairs...); !strings.Contains(got, text) {
			t.Errorf("%s: %s", text, got)
		}
	}
	body, kind := upload(t, "a.csv", good)
	if a, text := w.ask("POST", path, strings.NewReader(body[:len(body)-20]), kind); a.StatusCode != http.StatusBadRequest {
		t.Error("a form that is cut is taken:", a.StatusCode, text)
	}
}

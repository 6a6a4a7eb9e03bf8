package httpfeed

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sellthrough"
)

// FuzzAnyRequest: whatever body comes under whatever headers and parameters, the door answers with a status that it documents, and
// what it takes adds up: every row is accepted or refused.
func FuzzAnyRequest(f *testing.F) {
	f.Add(good, "", "text/csv", "", "k1")
	f.Add(good+third, "dry_run=1", "", "", "")
	f.Add("\xff\xfe\x00", "file=a.csv", "application/json", "gzip", "k2")
	f.Add("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"+good+"\r\n--b--", "", "multipart/form-data; boundary=b", "", "")
	f.Add("receipt,store,item,qty,day\n\"r1,s1", "location=s1&day=2026-01-02", "text/plain; charset=utf-16", "zstd", strings.Repeat("k", 300))
	w := newWorld(f)
	w.config.Limits.PerMinute = 1 << 30
	known := []int{200, 202, 400, 404, 405, 408, 409, 413, 415, 422, 429}
	f.Fuzz(func(t *testing.T, body, query, content, encoding, key string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		r.Header.Set("Authorization", "Bearer acme-key")
		for name, value := range map[string]string{"Content-Type": content, "Content-Encoding": encoding, "Idempotency-Key": key} {
			if value != "" && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
				r.Header.Set(name, value)
			}
		}
		if strings.ContainsFunc(query, func(c rune) bool { return c <= ' ' || c > '~' }) {
			t.Skip("net/http sends no such query")
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Skip(err) // the client's own refusal
		}
		defer a.Body.Close()
		if !slices.Contains(known, a.StatusCode) {
			t.Errorf("answered %s", a.Status)
		}
		if a.StatusCode == http.StatusAccepted {
			var rc sellthrough.Receipt
			if err := json.NewDecoder(a.Body).Decode(&rc); err != nil || rc.Rows != rc.Accepted+rc.Refused {
				t.Errorf("%d rows, %d accepted, %d refused: %v", rc.Rows, rc.Accepted, rc.Refused, err)
			}
		}
	})
}

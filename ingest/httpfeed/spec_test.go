package httpfeed

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"sellthrough"
)

type document struct {
	Paths      map[string]map[string]operation `yaml:"paths"`
	Components struct {
		Responses map[string]response       `yaml:"responses"`
		Schemas   map[string]map[string]any `yaml:"schemas"`
	} `yaml:"components"`
}

type operation struct {
	Responses map[string]response `yaml:"responses"`
}

type response struct {
	Ref     string                  `yaml:"$ref"`
	Headers map[string]any          `yaml:"headers"`
	Content map[string]contentOfOne `yaml:"content"`
}

type contentOfOne struct {
	Schema  map[string]any `yaml:"schema"`
	Example map[string]any `yaml:"example"`
}

// TestTheSpecIsTheTruth makes every documented answer happen, and compares: status, content type, headers, and that the
// answer and the example have members that the schema knows, the required ones among them.
func TestTheSpecIsTheTruth(t *testing.T) {
	w := newWorld(t)
	var doc document
	if err := yaml.Unmarshal(spec, &doc); err != nil {
		t.Fatal(err)
	}
	d := door{}
	routes := map[string]bool{}
	for pattern := range d.routes() {
		routes[pattern] = true
	}
	happened := w.everything()
	for path, ops := range doc.Paths {
		for method, op := range ops {
			route := strings.ToUpper(method) + " " + path
			if !routes[route] {
				t.Errorf("%s is documented and not served", route)
			}
			delete(routes, route)
			for status, r := range op.Responses {
				if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
					r = doc.Components.Responses[name]
				}
				answers := happened[route+" "+status]
				if len(answers) == 0 {
					t.Errorf("%s %s is documented, and no request of this test is answered so", route, status)
				}
				for _, a := range answers {
					check(t, &doc, fmt.Sprintf("%s %s", route, status), r, a)
				}
				delete(happened, route+" "+status)
			}
		}
	}
	for route := range routes {
		t.Errorf("%s is served and not documented", route)
	}
	for answer := range happened {
		t.Errorf("%s happens and is not documented", answer)
	}
}

type answer struct {
	head http.Header
	body string
}

func check(t *testing.T, doc *document, name string, r response, a answer) {
	t.Helper()
	kind, _, _ := strings.Cut(a.head.Get("Content-Type"), ";")
	c, ok := r.Content[kind]
	if !ok {
		t.Errorf("%s: content type %s is not documented", name, kind)
	}
	for h := range r.Headers {
		if a.head.Get(h) == "" {
			t.Errorf("%s: no header %s", name, h)
		}
	}
	schema, _ := c.Schema["$ref"].(string)
	if schema == "" || !strings.Contains(kind, "json") {
		return
	}
	s := doc.Components.Schemas[strings.TrimPrefix(schema, "#/components/schemas/")]
	known, _ := s["properties"].(map[string]any)
	var got map[string]any
	if err := json.NewDecoder(strings.NewReader(a.body)).Decode(&got); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for what, object := range map[string]map[string]any{"answer": got, "example": c.Example} {
		if what == "example" && object == nil {
			continue
		}
		for member := range object {
			if known[member] == nil {
				t.Errorf("%s: the %s has %q, which the schema does not know", name, what, member)
			}
		}
		required, _ := s["required"].([]any)
		for _, member := range required {
			if _, ok := object[member.(string)]; !ok {
				t.Errorf("%s: the %s has no %q", name, what, member)
			}
		}
	}
	if c.Example["type"] != nil && !slices.Contains([]any{c.Example["type"], "/problems/refused", "/problems/cut"}, got["type"]) {
		t.Errorf("%s: type %v, the example has %v", name, got["type"], c.Example["type"])
	}
}

// everything makes each answer happen, by route and status.
func (w *world) everything() map[string][]answer {
	w.t.Helper()
	out := map[string][]answer{}
	note := func(route string, a *http.Response, text string) {
		key := fmt.Sprintf("%s %d", route, a.StatusCode)
		out[key] = append(out[key], answer{a.Header, text})
	}
	do := func(route, path string, body io.Reader, heads ...string) {
		method, _, _ := strings.Cut(route, " ")
		a, text := w.ask(method, path, body, heads...)
		note(route, a, text)
	}
	text := strings.NewReader
	const (
		submit  = "POST /v1/feeds/{feed}"
		find    = "GET /v1/submissions"
		status  = "GET /v1/submissions/{id}"
		refused = "GET /v1/submissions/{id}/refused"
		confirm = "POST /v1/submissions/{id}/confirm"
		answers = "GET /v1/submissions/{id}/acknowledgement"
		feeds   = "GET /v1/feeds"
	)
	rc := w.post(good+third+third+third, "Idempotency-Key: k")
	at := "/v1/submissions/" + string(rc.Submission)
	var edi, edifact sellthrough.Receipt
	for _, x := range []struct {
		feed, body string
		rc         *sellthrough.Receipt
	}{{"edi", interchange, &edi}, {"edifact", message, &edifact}} {
		a, body := w.ask("POST", "/v1/feeds/"+x.feed, text(x.body))
		note(submit, a, body)
		if err := json.Unmarshal([]byte(body), x.rc); err != nil {
			w.t.Fatal(err)
		}
	}
	asks := "/v1/submissions/" + string(edi.Submission) + "/acknowledgement"

	do(submit, path, text(good))
	do(submit, path, text(good), "Accept: text/plain")
	do(submit, path+"?dry_run=1", text(good))
	do(submit, path, text(good+third+third+third), "Idempotency-Key: k")
	do(submit, path+"?x=1", text(good))
	do(submit, path, text("no gzip"), "Content-Encoding: gzip")
	do(submit, "/v1/feeds/other", text(good))
	do(submit, path, text(good), "Idempotency-Key: k")
	do(submit, path, text(strings.Repeat("x", 2<<20)))
	do(submit, path, zipped(strings.Repeat("x", 16<<20)), "Content-Encoding: gzip")
	do(submit, path, text(good), "Content-Encoding: br")
	do(submit, path, text("--x"), "Content-Type: multipart/form-data; boundary=x")
	do(submit, path, text("receipt,store\n"))
	do(submit, "/v1/feeds/edi", text(interchange[:strings.Index(interchange, "N1*RL")]))
	do(submit, path, text("receipt,store,item,qty,day\n"+third))
	a, answered := w.stall()
	note(submit, a, answered)
	w.full.Store(true)
	do(submit, path, text(good))
	w.full.Store(false)

	do(find, "/v1/submissions?key=k&feed=pos", nil)
	do(find, "/v1/submissions", nil)
	do(find, "/v1/submissions?key=none&feed=pos", nil)
	do(status, at, nil)
	do(status, at, nil, "Accept: text/plain")
	do(status, at+"?wait=soon", nil)
	do(status, "/v1/submissions/sub_none", nil, "Authorization: Bearer beta-key")
	w.books.refused[rc.Submission] = rc.Refusals
	do(refused, at+"/refused", nil)
	do(refused, at+"/refused", nil, "Accept: text/csv")
	do(refused, at+"/refused?x=1", nil)
	do(refused, "/v1/submissions/sub_none/refused", nil, "Authorization: Bearer beta-key")
	w.books.slow = 1
	do(refused, at+"/refused", nil)
	do(confirm, at+"/confirm", nil)
	do(confirm, at+"/confirm?x=1", nil)
	do(confirm, "/v1/submissions/sub_none/confirm", nil, "Authorization: Bearer beta-key")
	w.books.held[rc.Submission] = true
	do(confirm, at+"/confirm", nil)
	do(answers, asks, nil)
	do(answers, "/v1/submissions/"+string(edifact.Submission)+"/acknowledgement", nil)
	do(answers, asks+"?x=1", nil)
	do(answers, at+"/acknowledgement", nil)
	do(feeds, "/v1/feeds", nil)
	do("GET /v1/openapi.yaml", "/v1/openapi.yaml", nil, "-Authorization")

	w.books.down = true
	all := map[string]string{answers: asks, find: "/v1/submissions?key=k&feed=pos", status: at, refused: at + "/refused", confirm: at + "/confirm", feeds: "/v1/feeds", submit: path}
	for _, route := range slices.Sorted(maps.Keys(all)) {
		do(route, all[route], nil, "-Authorization")
		do(route, all[route], nil, "Authorization: Bearer wrong")
		switch route {
		case feeds:
		case submit:
			w.kafka.Close()
			do(route, path, text(good))
		default:
			do(route, all[route], nil)
		}
	}
	w.exhaust()
	for _, route := range slices.Sorted(maps.Keys(all)) {
		do(route, all[route], nil)
	}
	return out
}

// exhaust puts a door with a budget of one request a minute before the same intake, and spends it.
func (w *world) exhaust() {
	c := *w.config
	c.Limits.PerMinute = 1
	w.server.Config.Handler = New(Options{Config: &c, Intake: w.intake, Books: w.books})
	w.ask("GET", "/v1/feeds", nil)
}

// stall sends half a body and then nothing.
func (w *world) stall() (*http.Response, string) {
	c, err := net.Dial("tcp", w.server.Listener.Addr().String())
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer acme-key\r\nContent-Length: 1000\r\n\r\n%s", path, good)
	a, err := http.ReadResponse(bufio.NewReader(c), nil)
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

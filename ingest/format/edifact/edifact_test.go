package edifact

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"sellthrough"
	"sellthrough/ingest/format/edi"
	"sellthrough/ingest/format/formattest"
)

// asked is a case's own words: which columns, and how the feed is set up.
type asked struct {
	Feed     sellthrough.FeedKind `yaml:"feed"`
	Columns  []string             `yaml:"columns"`
	Dialect  edi.Dialect          `yaml:"dialect"`
	Answer   bool                 `yaml:"answer"`   // show the acknowledgement
	Document bool                 `yaml:"document"` // show what the documents say of themselves
	Decode   bool                 `yaml:"decode"`   // the body is written with Go's escapes
}

var at = time.Date(2026, 3, 9, 6, 30, 0, 0, time.UTC)

func show(o asked, src io.Reader) string {
	r := NewReader(src, o.Columns, Options{Feed: o.Feed, Dialect: o.Dialect})
	var out strings.Builder
	for range 1000 {
		fields, row, err := r.Next()
		if err == io.EOF {
			break
		}
		if _, bad := sellthrough.AsRefusal(err); bad {
			if row != 0 || func() *sellthrough.Refusal {
				target := &sellthrough.Refusal{}
				_ = errors.As(err, &target)
				return target
			}().Row == 0 {
				fmt.Fprintln(&out, err)
				continue
			}
		}
		if err != nil {
			fmt.Fprintln(&out, "error:", err)
			break
		}
		fmt.Fprintf(&out, "%d:", row)
		for i, f := range fields {
			if f != nil {
				fmt.Fprintf(&out, " %s=%s", o.Columns[i], f)
			}
		}
		out.WriteByte('\n')
	}
	for _, w := range r.Outcome().Warnings {
		fmt.Fprintln(&out, "warning:", w)
	}
	if o.Document {
		for _, d := range r.Outcome().Documents {
			fmt.Fprintf(&out, "document %s %q of %s: %s", d.Message, d.Number, d.Date, d.Function)
			for _, s := range []string{d.Previous, d.Coverage, d.From, d.To} {
				fmt.Fprintf(&out, " %q", s)
			}
			fmt.Fprintf(&out, " rows=%d refused=%d repeated=%t\n", d.Rows, d.Refused, d.Repeated)
		}
	}
	if o.Answer {
		if _, err := Acknowledge(&out, r.Outcome(), Answer{At: at, Control: 7}); err != nil {
			fmt.Fprintln(&out, err)
		}
	}
	return out.String()
}

func TestShow(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(text)
			var o asked
			dec := yaml.NewDecoder(bytes.NewReader(a.Files[0].Data))
			dec.KnownFields(true)
			if err := dec.Decode(&o); err != nil {
				t.Fatal(err)
			}
			body := bytes.TrimSuffix(a.Files[1].Data, []byte("\n"))
			if o.Decode {
				text, err := strconv.Unquote("\"" + strings.NewReplacer("\"", `\"`, "\n", `\n`).Replace(string(body)) + "\"")
				if err != nil {
					t.Fatal(err)
				}
				body = []byte(text)
			}
			got := show(o, bytes.NewReader(body))
			if slow := show(o, iotest.OneByteReader(bytes.NewReader(body))); slow != got {
				t.Errorf("by single bytes it reads\n%s\ninstead of\n%s", slow, got)
			}
			formattest.Want(t, file, a, got)
		})
	}
}

// brief is a line for each row: its values, or the segment that is refused.
func brief(o asked, src io.Reader) string {
	r := NewReader(src, o.Columns, Options{Feed: o.Feed, Dialect: o.Dialect, Limits: edi.Limits{Segment: 4 << 10}})
	var out strings.Builder
	for {
		fields, _, err := r.Next()
		if err == io.EOF {
			return out.String()
		}
		if refusal, bad := sellthrough.AsRefusal(err); bad {
			fmt.Fprintf(&out, "%d!\n", refusal.Row)
		} else if err != nil {
			return out.String() + err.Error()
		} else {
			fmt.Fprintf(&out, "%s\n", bytes.Join(fields, []byte("|")))
		}
	}
}

// What the mapping refuses is told to the partner too.
func TestARowThatTheMappingRefusesIsInTheAnswer(t *testing.T) {
	text, err := os.ReadFile("testdata/answer-contrl.txtar")
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(bytes.NewReader(txtar.Parse(text).Files[1].Data), []string{"item"}, Options{})
	_, row, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	r.Refuse(&sellthrough.Refusal{Row: row, Column: "item", Reason: "nobody knows it"})
	for err == nil || err != io.EOF {
		_, _, err = r.Next()
	}
	var answer strings.Builder
	if n, err := Acknowledge(&answer, r.Outcome(), Answer{At: at, Control: 1}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for _, want := range []string{"UCS+6+18'", "UCM+1+SLSRPT:D:96A:UN:EAN004+4+18'"} {
		if !strings.Contains(answer.String(), want) {
			t.Errorf("no %s in\n%s", want, answer.String())
		}
	}
}

func TestAFeedThatCannotWorkIsToldAtOnce(t *testing.T) {
	for want, r := range map[string]*Reader{
		"no such column": NewReader(strings.NewReader("x"), []string{"qty", "Menge"}, Options{}),
		"splits:":        NewReader(strings.NewReader("x"), []string{"qty"}, Options{Dialect: edi.Dialect{Splits: "half"}}),
	} {
		_, _, err := r.Next()
		refusal, ok := sellthrough.AsRefusal(err)
		if !ok || refusal.Row != 0 || !strings.Contains(refusal.Reason, want) {
			t.Errorf("%s: %v", want, err)
		}
		if _, _, err := r.Next(); err != io.EOF {
			t.Error(err)
		}
	}
}

// A source that breaks is not the data's fault.
func TestAnErrorOfTheSourceIsItsOwn(t *testing.T) {
	r := NewReader(iotest.ErrReader(io.ErrUnexpectedEOF), []string{"qty"}, Options{})
	if _, _, err := r.Next(); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

package mend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/format/encoding"
	"sellthrough/internal/config"
)

const settings = `
partners:
  - {id: acme, time_zone: Europe/Berlin, currency: EUR, keys: ["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]}
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: &columns {document: receipt, location: store, item: item, qty: qty, business_date: day}
    identity: {scope: location-day, line_key: [line]}
    coverage: {kind: location-day}
  - id: gb
    partner: acme
    kind: sales
    format: {delimiter: ";", encoding: gb18030}
    columns: {document: 小票, location: 门店, item: 货号, qty: 数量, business_date: 日期}
    identity: {scope: document}
    coverage: {kind: document}
  - {id: keyed, partner: acme, kind: sales, columns: *columns, identity: {scope: document, line_key: [line]}}
  - {id: again, partner: acme, kind: sales, columns: *columns, identity: {scope: document}, equal_rows_across_files: duplicate}
  - {id: other, partner: acme, kind: sales, columns: *columns, identity: {scope: document}, equal_rows_across_files: sale}
  - {id: json, partner: acme, kind: sales, format: {type: ndjson}, columns: *columns, identity: {scope: document}, coverage: {kind: document}}
  - {id: jsonrows, partner: acme, kind: sales, format: {type: ndjson}, columns: *columns, identity: {scope: document, line_key: [line]}}
  - {id: wide, partner: acme, kind: sales, format: {layout: {unpivot: {name: store, value: qty, keep: [receipt, item, day]}}}, columns: *columns, identity: {scope: document}, coverage: {kind: document}}
  - {id: book, partner: acme, kind: sales, format: {type: xlsx}, columns: *columns, identity: {scope: document}, coverage: {kind: document}}
  - {id: levels, partner: acme, kind: stock, columns: {location: store, item: item, qty: qty, at: day}, coverage: {kind: none}}
`

type bench struct {
	t *testing.T
	c *config.Config
	f *config.Feed
}

func on(t *testing.T, feed string) *bench {
	t.Helper()
	c, err := config.Parse("t.yml", []byte(settings), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	f, ok := c.Feed(sellthrough.FeedID(feed))
	if !ok {
		t.Fatalf("there is no feed %s", feed)
	}
	return &bench{t, c, f}
}

func opener(body string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
}

// refusals are those of a body.
func (b *bench) refusals(body string) []sellthrough.Refusal {
	b.t.Helper()
	var out []sellthrough.Refusal
	w := &ingest.Walk{Refused: func(r *sellthrough.Refusal) { out = append(out, *r) }}
	if _, err := w.Through(b.f, b.c.Limits, strings.NewReader(body)); err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *bench) sheet(body string) Sheet {
	b.t.Helper()
	s, err := Read(b.f, b.c.Limits, opener(body), b.refusals(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// merge gives the mended body.
func (b *bench) merge(body string, changes ...Change) (string, Mended, error) {
	b.t.Helper()
	out, err := sealed.NewTemp(b.t.TempDir(), "out")
	if err != nil {
		b.t.Fatal(err)
	}
	defer out.Close()
	m, err := Merge(b.f, b.c.Limits, opener(body), changes, out)
	if err != nil {
		return "", m, err
	}
	text, rerr := io.ReadAll(io.NewSectionReader(out, 0, out.Size()))
	if rerr != nil {
		b.t.Fatal(rerr)
	}
	return string(text), m, nil
}

const head = "receipt,line,store,item,qty,day\n"

func TestTheWayFollowsFromWhatTheFeedCovers(t *testing.T) {
	for feed, want := range map[string]Way{
		"pos": Whole, "gb": Whole, "json": Whole, "wide": Whole, // complete for something: single rows would withdraw the rest
		"keyed": Rows, "jsonrows": Rows, "levels": Rows, // the key says which line it is
		"other": Rows,  // an equal row of another file is another sale: the rest, sent again, would count twice
		"again": Whole, // two equal rows of a file are two sales, so a row belongs to its file
		"book":  None,
	} {
		if got := Of(on(t, feed).f); got != want {
			t.Errorf("%s: %q, want %q", feed, got, want)
		}
	}
}

// A body as bodies are: a title, lines with CRLF and without, a quoted cell over two lines, a total, blank lines, no end of the last line.
const messy = "Report of March,,,,,,\r\n\r\nreceipt,line,store,item,qty,day,note\r\nr1,1,s1,\"a, \"\"b\"\"\",1,2026-03-02,\"over\ntwo lines\"\r\nr1,2,s1,x,two,2026-03-02,\r\n\r\nr2,1,s1,\"y,2,2026-03-02,\r\nr2,2,s1,z,3,yesterday,\r\nTotal,,,,6,,\r\nr3,1,s1,z,4,2026-03-02,"

func TestRefusedRowsAreShownAsTheyStandInTheFile(t *testing.T) {
	b := on(t, "pos")
	s := b.sheet(messy)
	if d := cmp.Diff([]string{"receipt", "line", "store", "item", "qty", "day", "note"}, s.Columns); d != "" {
		t.Error(d)
	}
	var got []string
	for _, r := range s.Rows {
		got = append(got, fmt.Sprintf("%d %q %q %s", r.Row, r.Cells, r.Text, r.Refusals[0].Column))
	}
	want := []string{
		`6 ["r1" "2" "s1" "x" "two" "2026-03-02" ""] "r1,2,s1,x,two,2026-03-02," qty`,
		`8 [] "r2,1,s1,\"y,2,2026-03-02," `,
		`9 ["r2" "2" "s1" "z" "3" "yesterday" ""] "r2,2,s1,z,3,yesterday," day`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestMendedRowsStandInTheirPlacesAndNothingElseChanges(t *testing.T) {
	b := on(t, "pos")
	got, m, err := b.merge(messy,
		Change{Row: 6, Cells: []string{"r1", "2", "s1", "x", "2", "2026-03-02", ""}},
		Change{Row: 8, Text: `r2,1,s1,"y",2,2026-03-02,`},
		Change{Row: 9, Cells: []string{"r2", "2", "s1", "z; \"1,5\"", "3", "yesterday", ""}},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("r1,2,s1,x,two", "r1,2,s1,x,2", `"y,2,`, `"y",2,`, "r2,2,s1,z,3", `r2,2,s1,"z; ""1,5""",3`, "\r\n\r\nr2,1", "\r\nr2,1").Replace(messy)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if m.Accepted != 4 || m.Refused != 1 || len(m.Refusals) != 1 || m.Refusals[0].Row != 9 || m.Refusals[0].Column != "day" {
		t.Errorf("%+v", m)
	}
}

func TestARowThatIsNoLineIsDropped(t *testing.T) {
	b := on(t, "pos")
	body := head + "r1,1,s1,a,1,2026-03-02\nsee attachment\nr1,2,s1,b,1,2026-03-02\n"
	got, m, err := b.merge(body, Change{Row: 3, Drop: true})
	if err != nil || got != strings.Replace(body, "see attachment\n", "", 1) || m.Accepted != 2 || m.Refused != 0 {
		t.Errorf("%q %+v %v", got, m, err)
	}
}

func TestAFeedThatClaimsNothingGetsTheMendedRowsAlone(t *testing.T) {
	b := on(t, "keyed")
	body := "Report\n" + head + "r0,1,s1,a,none,2026-03-02\nr1,1,s1,a,1,2026-03-02\nr1,2,s1,b,two,2026-03-02\nr1,3,s1,c,three,2026-03-02\nTotal,,,,1,\n"
	got, m, err := b.merge(body, Change{Row: 5, Cells: []string{"r1", "2", "s1", "b", "2", "2026-03-02"}})
	if want := "Report\n" + head + "r1,2,s1,b,2,2026-03-02\n"; err != nil || got != want || m.Accepted != 1 || m.Refused != 0 {
		t.Errorf("%q %+v %v", got, m, err)
	}
	// The first row of data is mended, and the second too.
	got, _, err = b.merge(body, Change{Row: 3, Cells: []string{"r0", "1", "s1", "a", "1", "2026-03-02"}}, Change{Row: 5, Cells: []string{"r1", "2", "s1", "b", "2", "2026-03-02"}})
	if want := "Report\n" + head + "r0,1,s1,a,1,2026-03-02\nr1,2,s1,b,2,2026-03-02\n"; err != nil || got != want {
		t.Errorf("%q %v", got, err)
	}
	j := on(t, "jsonrows")
	line := `{"receipt":"r1","line":1,"store":"s1","item":"a","qty":1,"day":"2026-03-02"}` + "\n"
	bad := strings.Replace(line, `"qty":1`, `"qty":"x"`, 1)
	got, m, err = j.merge(line+bad, Change{Row: 2, Text: strings.TrimSpace(line)})
	if err != nil || got != line || m.Accepted != 1 {
		t.Errorf("%q %+v %v", got, m, err)
	}
}

func TestAnEncodingIsKept(t *testing.T) {
	b := on(t, "gb")
	text := "小票;门店;货号;数量;日期\n一;甲;㐀𠀀;1;2026-03-02\n二;甲;丙;两;2026-03-02\n"
	coded, err := encoding.GB18030.Encode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	broken := append(bytes.Clone(coded), []byte("3;S;\xFF\xFF;1;2026-03-02\n")...)
	got, m, err := b.merge(string(broken), Change{Row: 3, Cells: []string{"二", "甲", "丙", "2", "2026-03-02"}})
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Replace(broken, must(t, encoding.GB18030, "丙;两"), must(t, encoding.GB18030, "丙;2"), 1)
	if got != string(want) || m.Accepted != 2 || m.Refused != 1 {
		t.Errorf("%q\nwant %q\n%+v", got, want, m)
	}
	p := on(t, "pos")
	marked := "\ufeff" + head + "r1,1,s1,a,x,2026-03-02\n"
	if got, _, err := p.merge(marked, Change{Row: 2, Cells: []string{"r1", "1", "s1", "门", "1", "2026-03-02"}}); err != nil || got != strings.Replace(marked, "a,x", "门,1", 1) {
		t.Errorf("%q %v", got, err)
	}
}

func must(t *testing.T, e encoding.Encoding, text string) []byte {
	t.Helper()
	b, err := e.Encode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A store's column each: a row of the file is several lines of the report.
func TestARowWithAColumnForEveryStoreIsMendedAsAWhole(t *testing.T) {
	b := on(t, "wide")
	body := "receipt,item,day,s1,s2,s3\nr1,a,2026-03-02,1,2,3\nr1,b,2026-03-02,1,x,y\n"
	s := b.sheet(body)
	if len(s.Rows) != 1 || len(s.Rows[0].Refusals) != 2 || len(s.Rows[0].Cells) != 6 {
		t.Fatalf("%+v", s)
	}
	got, m, err := b.merge(body, Change{Row: 3, Cells: []string{"r1", "b", "2026-03-02", "1", "5", ""}})
	if err != nil || m.Accepted != 5 || m.Refused != 0 || !strings.HasSuffix(got, "r1,b,2026-03-02,1,5,\n") {
		t.Errorf("%q %+v %v", got, m, err)
	}
}

func TestWhatCantBeMendedIsSaid(t *testing.T) {
	b := on(t, "pos")
	body := head + "r1,1,s1,a,x,2026-03-02\nr1,2,s1,b,1,2026-03-02\n\"r1,3,s1,c,1,2026-03-02\nr1,4,s1,d,1,2026-03-02\n"
	fine := []string{"r1", "1", "s1", "a", "1", "2026-03-02"}
	for want, changes := range map[string][]Change{
		"nothing was changed":          {},
		"has no row 9":                 {{Row: 9, Cells: fine}},
		"changed twice":                {{Row: 2, Cells: fine}, {Row: 2, Drop: true}},
		"has 2 cells":                  {{Row: 2, Cells: []string{"a", "b"}}},
		"mend it as a line":            {{Row: 4, Cells: fine}},
		"drop it":                      {{Row: 2, Cells: make([]string, 6)}},
		"other rows":                   {{Row: 2, Text: "r1,1,s1,a,1,2026-03-02\nr1,9,s1,z,1,2026-03-02"}}, // a line that was never there
		"other rows of the file would": {{Row: 2, Text: `"r1,1,s1,a,1,2026-03-02`}, {Row: 4, Text: `r1",3,s1,c,1,2026-03-02`}},
		"no text":                      {{Row: 2, Text: "a\x00b"}},
	} {
		_, _, err := b.merge(body, changes...)
		var p *Problem
		if !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	var p *Problem
	if _, _, err := on(t, "book").merge("x", Change{Row: 2, Cells: fine}); !errors.As(err, &p) {
		t.Errorf("a workbook: %v", err)
	}
	if _, _, err := on(t, "json").merge(`{"receipt":1}`+"\n", Change{Row: 1, Text: "[1]"}); !errors.As(err, &p) {
		t.Errorf("a list for an object: %v", err)
	}
	if _, err := Read(b.f, b.c.Limits, opener(body), []sellthrough.Refusal{{Row: 77, Reason: "x"}}); !errors.Is(err, ErrBody) {
		t.Errorf("another body: %v", err)
	}
}

func plainly(r sellthrough.Refusal) string { return r.Reason }

// What is downloaded, mended in another program and sent back in finds its places, in whatever way that program saved it.
func TestAFileOfRefusedRowsComesBack(t *testing.T) {
	for _, name := range []string{"pos", "gb", "json"} {
		b := on(t, name)
		var body string
		switch name {
		case "pos":
			body = messy
		case "gb":
			body = string(must(t, encoding.GB18030, "小票;门店;货号;数量;日期\n一;甲;\"㐀;𠀀\";x;2026-03-02\n二;甲;丙;1;2026-03-02\n三;甲;丁;两;2026-03-02\n"))
		case "json":
			good := `{"receipt":"r1","line":1,"store":"s1","item":"a <b>","qty":1,"day":"2026-03-02", "more":{"z":[1, 2]}}` + "\n"
			body = good + strings.Replace(good, `"qty":1`, `"qty":"x"`, 1) + "{\"broken\n" + strings.Replace(good, `"qty":1`, `"qty": "y"`, 1)
		}
		s := b.sheet(body)
		var file bytes.Buffer
		if err := Write(&file, b.f, s, plainly); err != nil {
			t.Fatal(err)
		}
		if same, err := ReadFile(b.f, bytes.NewReader(file.Bytes()), s); err != nil || len(same) != 0 {
			t.Errorf("%s: unchanged it changes %+v, %v\n%s", name, same, err, file.String())
		}
		saved := []string{file.String()}
		if name == "gb" { // as another program saves it
			plain, err := io.ReadAll(encoding.NewReader(bytes.NewReader(file.Bytes()), encoding.Options{Encoding: encoding.GB18030}))
			if err != nil {
				t.Fatal(err)
			}
			saved = append(saved, "\ufeff"+string(plain), string(must(t, encoding.UTF8, strings.ReplaceAll(strings.ReplaceAll(string(plain), "\"㐀;𠀀\"", "㐀;𠀀"), ";", "\t"))))
			saved[2] = strings.ReplaceAll(saved[2], "㐀\t𠀀", "㐀;𠀀")
		}
		for i, text := range saved {
			mended := strings.NewReplacer("x;2026", "5;2026", "x\t2026", "5\t2026", `"x"`, "5", ",two,", ",5,", string(must(t, encoding.GB18030, ";x;")), ";5;", `"y"`, "6").Replace(text)
			changes, err := ReadFile(b.f, strings.NewReader(mended), s)
			if err != nil || len(changes) == 0 {
				t.Errorf("%s %d: %+v, %v\n%s", name, i, changes, err, mended)
				continue
			}
			before := b.refusals(body)
			got, m, err := b.merge(body, changes...)
			if err != nil || m.Refused != int64(len(before)-len(changes)) {
				t.Errorf("%s %d: %d of %d are refused still, %v\n%s", name, i, m.Refused, len(before), err, got)
			}
		}
	}
}

func TestAFileThatIsNoneOfRefusedRowsIsSaid(t *testing.T) {
	b := on(t, "pos")
	s := b.sheet(messy)
	for want, text := range map[string]string{
		"no column #row":        head + "r1,1,s1,a,1,2026-03-02\n",
		`no column "item"`:      "receipt,line,store,qty,day,note,#row\nr1,1,s1,1,2026-03-02,,6\n",
		"was not refused":       "receipt,line,store,item,qty,day,note,#row\nr1,1,s1,a,1,2026-03-02,,4\n",
		"leave the row numbers": "receipt,line,store,item,qty,day,note,#row\nr1,1,s1,a,1,2026-03-02,,six\n",
		"is empty":              "",
		"is a workbook":         "PK\x03\x04",
	} {
		var p *Problem
		if _, err := ReadFile(b.f, strings.NewReader(text), s); !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// FuzzAChangeChangesItsRowAlone: whatever a partner writes into a cell or a line, either nothing is sent, or every other row reads
// as it did, and the row reads as it was written.
func FuzzAChangeChangesItsRowAlone(f *testing.F) {
	f.Add(`a"b`, false)
	f.Add("a\r\nb", false)
	f.Add(`="001"`, false)
	f.Add(`"n,r1,2,s1,x,1,2026-03-02`, true)
	f.Add("x\ny", true)
	f.Add("\xff", false)
	f.Fuzz(func(t *testing.T, text string, line bool) {
		b := on(t, "pos")
		body := "note," + head + "a,r1,1,s1,i,1,2026-03-02\nb,r1,2,s1,i,two,2026-03-02\n\"c\nd\",r1,3,s1,i,1,2026-03-02\n"
		c := Change{Row: 3, Cells: []string{text, "r1", "2", "s1", "i", "2", "2026-03-02"}}
		if line {
			c = Change{Row: 3, Text: text}
		}
		got, m, err := b.merge(body, c)
		if err != nil {
			if _, ok := errors.AsType[*Problem](err); !ok {
				t.Fatal(err)
			}
			return
		}
		var notes []string
		w := &ingest.Walk{Raw: func(fields [][]byte, _ uint32, err error) {
			if err == nil {
				notes = append(notes, string(fields[0]))
			}
		}}
		if _, err := w.Through(b.f, b.c.Limits, strings.NewReader(got)); err != nil {
			t.Fatal(err)
		}
		if m.Accepted < 2 || notes[1] != "a" || notes[len(notes)-1] != "c\nd" {
			t.Errorf("%q: %q, %+v", text, notes, m)
		}
		if unwrapped := strings.HasPrefix(text, `="`) && strings.HasSuffix(text, `"`); !line && m.Refused == 0 && !unwrapped && notes[2] != text {
			t.Errorf("%q reads back as %q", text, notes[2])
		}
	})
}

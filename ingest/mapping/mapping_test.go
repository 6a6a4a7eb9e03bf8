package mapping

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/formattest"
	"sellthrough/ingest/format/ndjson"
	"sellthrough/internal/config"
)

const frame = `
partners:
  - {id: acme, time_zone: Europe/Berlin, currency: EUR, keys: ["sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"]}
feeds:
`

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func feedOf(t testing.TB, yaml string) *config.Feed {
	t.Helper()
	c, err := config.Parse("feed.yml", []byte(frame+yaml), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	return &c.Feeds[0]
}

type rows interface {
	Next() ([][]byte, uint32, error)
}

// open binds a body as a collector does.
func open(m *Mapping, feed *config.Feed, body io.Reader) (rows, *Binding, error) {
	if feed.Format.Type == "ndjson" {
		b, err := m.Bind(m.Columns())
		return ndjson.NewReader(body, m.Columns(), ndjson.Options{}), b, err
	}
	r := csv.NewReader(body, csv.Options{Delimiter: feed.Format.Comma()})
	header := feed.Format.Header
	if len(header) == 0 {
		fields, _, err := r.Next()
		if err != nil {
			return nil, nil, err
		}
		header = Header(fields)
	}
	b, err := m.Bind(header)
	return r, b, err
}

func TestShow(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) == 0 {
		t.Fatal("no cases")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(text)
			feed := feedOf(t, string(a.Files[0].Data))
			m, err := New(feed)
			if err != nil {
				t.Fatal(err)
			}
			got := show(m, feed, a.Files[1].Data)
			formattest.Want(t, file, a, got)
		})
	}
}

func show(m *Mapping, feed *config.Feed, body []byte) string {
	r, b, err := open(m, feed, bytes.NewReader(body))
	if err != nil {
		return err.Error() + "\n"
	}
	b.Now = now
	var out strings.Builder
	for {
		fields, row, err := r.Next()
		if err == io.EOF {
			return out.String()
		}
		var l sellthrough.Line
		if err == nil {
			err = b.Line(fields, row, &l)
		}
		if err != nil {
			fmt.Fprintln(&out, err)
			continue
		}
		kind := l.Kind.String()
		if feed.Kind == sellthrough.Stock {
			kind = l.Level.String()
		}
		fmt.Fprintf(&out, "row %d: %s doc=%q key=%q at=%q item=%q qty=%s", row, kind, l.Document, l.LineKey, l.Location, l.Item, l.Qty)
		if l.HasAmount {
			fmt.Fprintf(&out, " amount=%s%s", l.Amount, l.Currency)
		}
		fmt.Fprintf(&out, " day=%s time=%s\n", l.Day, time.Unix(l.At, 0).UTC().Format(time.RFC3339))
	}
}

func TestNumbers(t *testing.T) {
	en, de := convention{'.', ','}, convention{',', '.'}
	plain, blank, swiss := convention{'.', 0}, convention{',', ' '}, convention{'.', '\''}
	ok := func(c convention, in, want string) {
		t.Helper()
		d, reason := c.parse([]byte(in), true)
		if reason != "" || d.String() != want {
			t.Errorf("%q: got %s %s, want %s", in, d, reason, want)
		}
	}
	bad := func(c convention, in, word string) {
		t.Helper()
		if d, reason := c.parse([]byte(in), true); !strings.Contains(reason, word) {
			t.Errorf("%q: got %s %q, want a reason with %q", in, d, reason, word)
		}
	}
	ok(plain, "12.5", "12.5")
	ok(plain, "-12", "-12")
	ok(plain, "+12", "12")
	ok(plain, " 12 ", "12")
	ok(plain, "\u00a012\u202f", "12")
	ok(plain, "\u221212", "-12")
	ok(plain, "－１２．５", "-12.5")
	ok(plain, "12.50-", "-12.5")
	ok(plain, "(12.50)", "-12.5")
	ok(plain, "$12.50", "12.5")
	ok(plain, "-$12.50", "-12.5")
	ok(plain, "￥1234", "1234")
	ok(plain, "12.50 €", "12.5")
	ok(plain, "1.0000000", "1")
	ok(plain, "9223372036854.775807", "9223372036854.775807")
	ok(plain, "000000000000000000001", "1")
	ok(en, "1,234.56", "1234.56")
	ok(en, "1234.56", "1234.56")
	ok(en, "1,234,567", "1234567")
	ok(de, "1.234,56", "1234.56")
	ok(de, "1.234", "1234")
	ok(de, "1,234", "1.234")
	ok(blank, "1 234,5", "1234.5")
	ok(blank, "1\u202f234\u00a0567", "1234567")
	ok(swiss, "1'234.5", "1234.5")
	ok(swiss, "1’234.5", "1234.5")
	bad(plain, "1,234", "mark ','")
	bad(plain, "1 234", "mark ' '")
	bad(en, "1,23", "third digit")
	bad(en, "1,2345", "third digit")
	bad(en, "1234,567", "third digit")
	bad(en, ",123", "third digit")
	bad(en, "1.234,567", "third digit")
	bad(de, "1,234.56", "third digit")
	bad(plain, "1.23E+12", "exponent")
	bad(plain, "1e3", "exponent")
	bad(plain, "-(5)", "two signs")
	bad(plain, "--5", "two signs")
	bad(plain, "12%", "units of")
	bad(plain, "3万", "units of")
	bad(plain, "-", "not a number")
	bad(plain, "—", "not a number")
	bad(plain, ".", "not a number")
	bad(plain, "", "not a number")
	bad(plain, "1.2.3", "decimal mark")
	bad(plain, "0.1234567", "decimal places")
	bad(plain, "9223372036854.775808", "too large")
	bad(plain, "999999999999999999", "too large")
	bad(plain, "0x10", "not a number")
	bad(plain, "1_000", "not a number")
	if _, reason := plain.parse([]byte("$5"), false); reason == "" {
		t.Error("a quantity with a currency sign is accepted")
	}
}

func FuzzNumberIsRightOrRefused(f *testing.F) {
	for _, s := range []string{"12.5", "-0.000001", "1,234.5", "(3)", "９", "123456789012.123456"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		plain := convention{'.', 0}
		d, reason := plain.parse([]byte(in), false)
		if s, slow := plain.slow([]byte(in), false); s != d || (slow == "") != (reason == "") {
			t.Fatalf("%q: %s %q and slowly %s %q", in, d, reason, s, slow)
		}
		if want, err := sellthrough.ParseDecimal(in); err == nil && (reason != "" || d != want) && len(in) <= 200 {
			t.Fatalf("%q: got %s %q, want %s", in, d, reason, want)
		}
		if reason == "" {
			if again, r := plain.parse([]byte(d.String()), false); r != "" || again != d {
				t.Fatalf("%q: %s reads back as %s %q", in, d, again, r)
			}
		}
	})
}

func TestCodes(t *testing.T) {
	ok := func(in, want string) {
		t.Helper()
		if got, reason := code([]byte(in)); reason != "" || string(got) != want {
			t.Errorf("%q: got %q %s, want %q", in, got, reason, want)
		}
	}
	bad := func(in string) {
		t.Helper()
		if got, reason := code([]byte(in)); reason == "" {
			t.Errorf("%q is accepted as %q", in, got)
		}
	}
	ok("00123", "00123")
	ok(" 00123\t", "00123")
	ok("\u00a000123\u3000", "00123")
	ok(`="00123"`, "00123")
	ok("1E12", "1E12") // a code
	ok("a+b", "a+b")
	ok("84660a", "84660a")
	bad("6.90123E+12")
	bad("6,90123E+12")
	bad("1E+12")
	bad("a\x00b")
	bad("a\nb")
	bad(strings.Repeat("x", 513))
}

func TestScopes(t *testing.T) {
	request := func(query, want string) {
		t.Helper()
		v, _ := url.ParseQuery(query)
		s, ok, err := ScopeFrom(v)
		got := fmt.Sprint(s.Locations, s.From, s.To, ok)
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	request("", "[] 1970-01-01 1970-01-01 false")
	request("location=b,a&location=a", "[a b] 1970-01-01 1970-01-01 true")
	request("day=2026-11-01", "[] 2026-11-01 2026-11-01 true")
	request("from=20261101&to=2026-11-30&location=7", "[7] 2026-11-01 2026-11-30 true")
	request("from=2026-11-01", "refused")
	request("from=2026-11-02&to=2026-11-01", "refused")
	request("day=2026-11-01&to=2026-11-01", "refused")
	request("day=2026-02-30", "refused")
	request("day=yesterday", "refused")

	f := &config.Feed{Coverage: config.Coverage{FileName: `^s_(?P<location>\d+)_(?P<day>\d{8})\.csv$`}}
	if s, ok, err := ScopeOf(f, `C:\out\s_12_20261101.csv`); err != nil || !ok || fmt.Sprint(s.Locations, s.From) != "[12] 2026-11-01" {
		t.Error(s, ok, err)
	}
	if _, ok, err := ScopeOf(f, "other.csv"); ok || err != nil {
		t.Error(ok, err)
	}
	if _, _, err := ScopeOf(f, "s_1_20261301.csv"); err == nil {
		t.Error("an impossible day is accepted")
	}
}

func TestZones(t *testing.T) {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	var z zoneSpan
	ok := func(wall, want string) {
		t.Helper()
		w, _ := time.Parse(time.DateTime, wall)
		at, ok := z.instant(berlin, w.Unix())
		got := time.Unix(at, 0).UTC().Format(time.DateTime)
		if !ok {
			got = "skipped"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", wall, got, want)
		}
	}
	ok("2026-07-01 12:00:00", "2026-07-01 10:00:00")
	ok("2026-11-24 12:00:00", "2026-11-24 11:00:00")
	ok("2026-03-29 01:59:59", "2026-03-29 00:59:59")
	ok("2026-03-29 02:30:00", "skipped")
	ok("2026-03-29 03:00:00", "2026-03-29 01:00:00")
	ok("2026-10-25 02:30:00", "2026-10-25 00:30:00") // the first of two
	ok("2026-10-25 03:00:00", "2026-10-25 02:00:00")
}

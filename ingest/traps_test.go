package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/tools/txtar"

	"sellthrough"
	"sellthrough/ingest/format/formattest"
	"sellthrough/ingest/format/formattest/book"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/config"
)

// TestTraps reads bodies by the whole way from bytes to lines: each is a trap that partners' files set, and its text names
// the answer of a naive reader. A case is a feed's configuration, a body, and what it comes to.
func TestTraps(t *testing.T) {
	files, err := filepath.Glob("testdata/traps/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil || len(a.Files) < 2 || a.Files[0].Name != "feed" {
				t.Fatal("a case has a feed, a body and what is wanted", err)
			}
			body := bodyOf(t, a.Files[1])
			c := trapConfig(t, a.Files[0].Data)
			got := reads(t, c, bytes.NewReader(body))
			if len(body) < 1<<14 {
				if again := reads(t, c, iotest.OneByteReader(bytes.NewReader(body))); again != got {
					t.Errorf("byte by byte it reads otherwise: %s", cmp.Diff(got, again))
				}
			}
			formattest.Want(t, file, a, got)
		})
	}
}

// trapConfig makes a configuration of one feed, whose settings are what is not said by all.
func trapConfig(t *testing.T, feed []byte) *config.Config {
	t.Helper()
	text := "data: x\nlimits: {line: 4KiB, field: 1KiB}\npartners:\n  - {id: p, name: P, time_zone: Asia/Shanghai, currency: CNY, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}\n" +
		"feeds:\n  - id: f\n    partner: p\n"
	for line := range strings.Lines(string(feed)) {
		text += "    " + line
	}
	if !strings.Contains(text, "\n    identity:") && strings.Contains(text, "kind: sales") {
		text += "    identity: {scope: location-day}\n"
	}
	if !strings.Contains(text, "\n    coverage:") && !strings.Contains(text, "\n    equal_rows") && !strings.Contains(text, "line_key") && strings.Contains(text, "kind: sales") {
		text += "    equal_rows_across_files: duplicate\n"
	}
	c, err := config.Parse("feed", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

var bodyEncodings = map[string]encoding.Encoding{
	"gb18030": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GBK, "big5": traditionalchinese.Big5, "shift-jis": japanese.ShiftJIS,
	"windows-1252": charmap.Windows1252, "iso-8859-1": charmap.ISO8859_1,
	"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"utf-16le-bom": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
}

// bodyOf makes the bytes of a body, by the words behind its name: xlsx and xls describe a workbook; ole=NAME
// puts it into a compound file; escapes reads \xHH, \r, \n and
// \t; repeat=N,K repeats line K so often; an encoding encodes; chomp takes the last line end off.
func bodyOf(t *testing.T, f txtar.File) []byte {
	t.Helper()
	data := f.Data
	for _, how := range strings.Fields(f.Name)[1:] {
		var n, k int
		switch {
		case how == "xlsx":
			b, err := book.Parse(data)
			if err == nil {
				data, err = b.XLSX()
			}
			if err != nil {
				t.Fatal(err)
			}
		case how == "xls":
			b, err := book.Parse(data)
			if err == nil {
				data, err = b.XLS()
			}
			if err != nil {
				t.Fatal(err)
			}
		case strings.HasPrefix(how, "ole="):
			data = book.Compound(data, how[4:])
		case how == "chomp":
			data = bytes.TrimSuffix(data, []byte("\n"))
		case how == "escapes":
			data = unescape(t, data)
		case func() bool { m, _ := fmt.Sscanf(how, "repeat=%d,%d", &n, &k); return m == 2 }():
			lines := bytes.SplitAfter(data, []byte("\n"))
			lines[k-1] = bytes.Repeat(lines[k-1], n)
			data = bytes.Join(lines, nil)
		case bodyEncodings[how] != nil:
			var err error
			if data, err = bodyEncodings[how].NewEncoder().Bytes(data); err != nil {
				t.Fatal(how, err)
			}
		default:
			t.Fatalf("a body can't be made %q", how)
		}
	}
	return data
}

func unescape(t *testing.T, in []byte) []byte {
	t.Helper()
	var out []byte
	for i := 0; i < len(in); i++ {
		if in[i] != '\\' || i+1 == len(in) {
			out = append(out, in[i])
			continue
		}
		i++
		switch in[i] {
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case '\n': // a line that goes on
		case 'x':
			var b byte
			if _, err := fmt.Sscanf(string(in[i+1:i+3]), "%02x", &b); err != nil {
				t.Fatal(err)
			}
			out = append(out, b)
			i += 2
		default:
			out = append(out, in[i])
		}
	}
	return out
}

// reads is what a body comes to: a line each for its lines, refusals, and what is odd.
func reads(t *testing.T, c *config.Config, src io.Reader) string {
	t.Helper()
	fc, _ := c.Feed("f")
	m, err := mapping.New(fc)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	rows, err := openRows(&feed{config: fc, mapping: m}, c.Limits, src)
	if rows != nil && rows.close != nil {
		defer rows.close()
	}
	var b *mapping.Binding
	if err == nil {
		b, err = m.Bind(rows.columns)
	}
	if err != nil {
		if _, bad := sellthrough.AsRefusal(err); !bad {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, "refused:", err)
		return out.String()
	}
	var cells mapping.Cells
	var last string
	same := 0
	say := func(line string) {
		if line == last { // a body that repeats a line is told in short
			same++
			return
		}
		if same > 0 {
			fmt.Fprintf(&out, "… and %d alike\n", same)
		}
		same, last = 0, line
		if line != "" {
			fmt.Fprintln(&out, line)
		}
	}
	long := false
	for {
		fields, row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = b.MapTo(fields, row, &cells)
		}
		if err != nil {
			bad, ok := sellthrough.AsRefusal(err)
			if !ok {
				t.Fatal(err)
			}
			if say("refused: " + err.Error()); bad.Row == 0 {
				break
			}
			continue
		}
		long = long || row > 1000
		if long && row < 1000 {
			t.Fatal("rows go backwards")
		}
		say(lineText(&cells, fc))
	}
	say("")
	if rows.warnings != nil {
		for _, w := range rows.warnings() {
			fmt.Fprintln(&out, "warning:", w)
		}
	}
	return out.String()
}

// lineText is a line as a golden file shows it. The row is left out, because bodies that repeat a line are told in short.
func lineText(c *mapping.Cells, fc *config.Feed) string {
	var s strings.Builder
	put := func(name string, v []byte) {
		if len(v) > 0 {
			fmt.Fprintf(&s, " %s=%s", name, v)
		}
	}
	what := sellthrough.Kind(c.Kind).String()
	if fc.Kind == sellthrough.Stock {
		what = sellthrough.Level(c.Kind).String()
	}
	if c.Whole {
		what = c.Function.String()
	} else if c.Function != sellthrough.Original {
		what += " (" + c.Function.String() + ")"
	}
	s.WriteString(what)
	put("document", c.Document)
	put("previous", c.Previous)
	if c.Whole {
		return s.String()
	}
	put("key", c.LineKey)
	put("location", c.Location)
	put("item", c.Item)
	put("qty", c.Qty.Append(nil))
	put("unit", c.Unit)
	if c.HasAmount {
		put("amount", c.Amount.Append(nil))
	}
	put("currency", c.Currency)
	put("serial", c.Serial)
	put("counterparty", c.Counterparty)
	if c.Version > 0 {
		put("version", fmt.Append(nil, c.Version))
	}
	at := time.Unix(c.At, 0).UTC()
	switch {
	case c.At == int64(c.Day)*86400:
		put("day", []byte(c.Day.String()))
	case fc.Instants():
		put("at", []byte(at.Format(time.RFC3339)))
		put("day", []byte(c.Day.String()))
	default:
		put("at", []byte(at.Format("2006-01-02T15:04:05")))
		if d := sellthrough.DayOf(at); d != c.Day {
			put("day", []byte(c.Day.String()))
		}
	}
	return s.String()
}

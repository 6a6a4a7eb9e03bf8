package html

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sellthrough"
)

func read(t testing.TB, src io.Reader, o Options) string {
	t.Helper()
	r := NewReader(src, o)
	var out []string
	for range 100_000 {
		fields, row, err := r.Next()
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if f, ok := sellthrough.AsRefusal(err); ok {
			out = append(out, fmt.Sprintf("%d! %s", row, strings.SplitN(f.Reason, ";", 2)[0]))
			continue
		}
		if err != nil {
			return strings.Join(append(out, err.Error()), " ")
		}
		out = append(out, fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|"))))
	}
	return "endless"
}

func TestTables(t *testing.T) {
	small := Options{MaxLine: 40, MaxField: 20, MaxColumns: 5}
	ok := func(in, want string) {
		t.Helper()
		for name, src := range map[string]io.Reader{"whole": strings.NewReader(in), "bytes": iotest.OneByteReader(strings.NewReader(in))} {
			if got := read(t, src, small); got != want {
				t.Errorf("%s %q:\n got %s\nwant %s", name, in, got, want)
			}
		}
	}
	ok("", "")
	ok("<p>no table</p>", "")
	ok("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td> 2\n x </td></tr></table>", "1:a|b 2:1|2 x")
	ok("<TABLE><TR><TD>a<TD>b<TR><TD>1<TD>2</TABLE>", "1:a|b 2:1|2") // end tags left out
	ok("<table><tr><td>a<br>b</td><td>&lt;&amp;&#20013;&nbsp;</td></tr></table>", "1:a b|<&中\u00A0")
	ok("<table><tr><td></td></tr><tr><td>1</td></tr></table>", "2:1") // nothing in a row is no row
	ok("<style>td{}</style><script>if(a<b)</script><title>t</title><table><tr><td><style>x</style>1</td></tr></table>", "1:1")
	ok("<table><tr><td colspan=2>a</td><td>b</td></tr></table>", "1:a||b")
	ok("<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr><tr><td>d</td></tr></table>", "1:a|b 2:|c 3:d")
	// a table that only lays out the page
	ok("<table><tr><td><table><tr><td>1</td><td>2</td></tr></table></td></tr></table>", "2:1|2")
	ok("<table><tr><td>1</td></tr></table><table><tr><td>2</td></tr></table>", "1:1 2:2")
	ok("<table><tr><td>1", "") // cut: a row that has not ended is none
	ok("<table><tr><td>123456789012345678901</td></tr><tr><td>1</td></tr></table>", "1! the text of a cell is longer than the limit 2:1")
	ok("<table><tr>"+strings.Repeat("<td>1234567890</td>", 5)+"</tr><tr><td>1</td></tr></table>", "1! the row is longer than the limit 2:1")
	ok("<table><tr><td colspan=99>x</td><td>1</td></tr></table>", "1! the row has more than 5 columns")
	ok(strings.Repeat("<table><tr><td>", 51)+"x", "0! the page has more than 50 tables in one another")
	if got := read(t, strings.NewReader("<table><tr><td a='"+strings.Repeat("x", 600<<10)+"'>1"), Options{}); got != "0! the page has a tag or text of more than 512 KiB" {
		t.Error(got)
	}
}

func TestThePageSaysItsEncoding(t *testing.T) {
	page := `<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><table><tr><td>门店</td><td>镕</td></tr></table>`
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(page)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, strings.NewReader(gbk), Options{}); got != "1:门店|镕" { // 镕 is no character of GB 2312
		t.Error(got)
	}
	if got := read(t, strings.NewReader("\uFEFF"+page), Options{}); got != "1:门店|镕" { // the mark knows better
		t.Error(got)
	}
	if got := read(t, strings.NewReader(strings.Replace(gbk, "<tr>", "<tr><td>\x81</td></tr><tr>", 1)), Options{}); got != "1! a cell holds bytes that are no text in the encoding of the page 2:门店|镕" {
		t.Error(got)
	}
}

func TestTheSourcesErrorIsItsOwn(t *testing.T) {
	lost := errors.New("connection lost")
	if got := read(t, io.MultiReader(strings.NewReader("<table><tr><td>1</td></tr>"+strings.Repeat(" ", 200_000)), iotest.ErrReader(lost)), Options{}); got != "1:1 connection lost" {
		t.Error(got)
	}
}

// FuzzPages: any bytes give rows or refusals, within bounds, and the same however they come.
func FuzzPages(f *testing.F) {
	f.Add([]byte("<table><tr><td rowspan=2 colspan=3>a</td></tr><tr><td>b</table>"))
	f.Add([]byte("<table><tr><td><table><tr><td>x"))
	f.Fuzz(func(t *testing.T, page []byte) {
		o := Options{MaxLine: 100, MaxField: 50, MaxColumns: 10}
		first := read(t, bytes.NewReader(page), o)
		if first == "endless" {
			t.Fatal("endless")
		}
		if again := read(t, iotest.HalfReader(bytes.NewReader(page)), o); again != first {
			t.Fatalf("%s\n%s", first, again)
		}
	})
}

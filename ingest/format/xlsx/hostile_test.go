package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestHostileFilesAreRefused(t *testing.T) {
	ok := func(name string, body []byte, o Options, want string) {
		t.Helper()
		if got := read(t, body, o); !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	plain := book{sheets: []string{"S", `<row><c><v>1</v></c></row>`}}
	bomb := book{sheets: []string{"S", `<row><c t="inlineStr"><is><t>` + strings.Repeat(" ", 33<<20) + `</t></is></c></row>`}}
	ok("ratio", bomb.bytes(t), Options{}, "unfolds to more than the limit")
	ok("size", plain.bytes(t), Options{MaxBytes: 100}, "unfolds to more than the limit")
	many := plain
	many.more = map[string]string{}
	for i := range 300 {
		many.more[fmt.Sprintf("xl/media/%0200d", i)] = ""
	}
	ok("parts", many.bytes(t), Options{MaxParts: 100}, "too many parts")
	texts := book{sheets: plain.sheets, strings: strings.Repeat("<si/>", 1000)}
	ok("strings", texts.bytes(t), Options{MaxStrings: 1000}, "texts of the workbook are more than")
	ok("tag", book{sheets: []string{"S", `<row ` + strings.Repeat(" ", 300<<10) + `/>`}}.bytes(t), Options{}, "tag is longer")
	ok("cut", plain.bytes(t)[:400], Options{}, "damaged")
	ok("zip", func() []byte {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		if _, err := z.Create("readme.txt"); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}(), Options{}, "no workbook")
	ok("text", []byte("a,b\n"), Options{}, "no workbook")
	ok("ole", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Options{}, "old .xls")
	ok("empty", nil, Options{}, "no workbook")
	binary := plain
	binary.more = map[string]string{"xl/workbook.bin": ""}
	ok("binary", binary.bytes(t), Options{}, ".xlsb")
}

func TestBytesThatDoNotUnpackAreADamagedWorkbook(t *testing.T) {
	var out bytes.Buffer
	body := book{sheets: []string{"S", `<row r="1"><c r="A1"><v>1</v></c></row>`}}.bytes(t)
	from, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(&out)
	for _, part := range from.File {
		if !strings.Contains(part.Name, "worksheets/") {
			if err := z.Copy(part); err != nil {
				t.Fatal(err)
			}
			continue
		}
		w, err := z.CreateRaw(&zip.FileHeader{Name: part.Name, Method: zip.Deflate, CompressedSize64: 4, UncompressedSize64: 100})
		if err == nil {
			_, err = w.Write([]byte{0xff, 0xff, 0xff, 0xff}) // a kind of block that there is not
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, out.Bytes(), Options{}); !strings.Contains(got, "0! the workbook is damaged") || !strings.Contains(got, "flate") {
		t.Error(got)
	}
}

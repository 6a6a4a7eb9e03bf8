package xls

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/ingest/format/formattest/book"
	"sellthrough/ingest/format/sheet"
)

var u16, u32, rec, chars, long, at, f64, workbook, file = book.U16, book.U32, book.Rec, book.Chars, book.Long, book.At, book.F64, book.Stream, book.Compound

func open(t testing.TB, body []byte) (*Book, error) {
	t.Helper()
	return Open(bytes.NewReader(body), int64(len(body)), Options{MaxField: 40, MaxLine: 80, MaxStrings: 1 << 20})
}

// read gives the rows of the first sheet as "1:a|b", with faults and refusals.
func read(t testing.TB, body []byte) string {
	t.Helper()
	b, err := open(t, body)
	if err != nil {
		return err.Error()
	}
	rows, err := b.Rows(0)
	if err != nil {
		return err.Error()
	}
	var out []string
	for range 100_000 {
		fields, row, err := rows.Next()
		if err == io.EOF {
			return strings.Join(append(out, rows.Warnings()...), " ")
		}
		if f, ok := sellthrough.AsRefusal(err); ok {
			out = append(out, fmt.Sprintf("%d! %s", row, f.Reason))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		s := fmt.Sprintf("%d:%s", row, bytes.Join(fields, []byte("|")))
		for _, f := range rows.Faults() {
			s += fmt.Sprintf(" (%d %q: %s)", f.Column, f.Value, strings.SplitN(f.Reason, ";", 2)[0])
		}
		out = append(out, s)
	}
	return "endless"
}

func TestCells(t *testing.T) {
	globals := bytes.Join([][]byte{
		rec(recFormat, u16(170), long(`yyyy"年"m"月"d"日"`)),
		rec(recXF, u16(0), u16(0), make([]byte, 16)), rec(recXF, u16(0), u16(14), make([]byte, 16)), rec(recXF, u16(0), u16(170), make([]byte, 16)), rec(recXF, u16(0), u16(22), make([]byte, 16)),
	}, nil)
	rich := append(append(u16(2), 1|8|4), u16(1)...) // two characters with the runs of one font and a reading aid
	rich = append(append(append(append(rich, u32(3)...), chars("门店")...), 1, 2, 3, 4), 9, 9, 9)
	texts := [][]byte{rich, append(append(u16(4), 0), "caf\xE9"...), long("𠀀x")}
	ok := func(want string, cells ...[]byte) {
		t.Helper()
		for _, fill := range []int{0, 5000} { // in small sectors, and in large ones
			body := file(workbook(append(globals, rec(0x0FFF, make([]byte, fill))...), texts, book.Tab{Name: "表一", Cells: bytes.Join(cells, nil)}), "Workbook")
			if got := read(t, body); got != want {
				t.Errorf("with %d bytes before:\n got %s\nwant %s", fill, got, want)
			}
		}
	}
	ok("")
	ok("1:门店|café|𠀀x", rec(recLabelSST, at(0, 0, 0), u32(0)), rec(recLabelSST, at(0, 1, 0), u32(1)), rec(recLabelSST, at(0, 2, 0), u32(2)))
	ok("3:||125.44", rec(recNumber, at(2, 2, 0), f64(125.43999999999998)))
	ok("1:2026-11-23|2026-11-23|2009-12-06 10:30:00", rec(recNumber, at(0, 0, 1), f64(46349)), rec(recNumber, at(0, 1, 2), f64(46349)), rec(recNumber, at(0, 2, 3), f64(40153.4375)))
	ok("1:7|-3|12.34|1", rec(recRK, at(0, 0, 0), u32(7<<2|2)), rec(recMulRK, u16(0), u16(1), u16(0), u32(0xFFFFFFF4|2), u16(0), u32(1234<<2|3), u16(0), u32(0x3FF00000), u16(3)))
	ok("1:x|中文|TRUE|2", rec(recLabel, at(0, 0, 0), append(u16(1), 0, 'x')), rec(recFormula, at(0, 1, 0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 8)), rec(recString, long("中文")),
		rec(recBoolErr, at(0, 2, 0), []byte{1, 0}), rec(recFormula, at(0, 3, 0), f64(2), make([]byte, 8)))
	ok("1:1 2:2", rec(recNumber, at(0, 0, 0), f64(1)), rec(0x0201, at(0, 5, 0)), rec(recNumber, at(1, 0, 0), f64(2)))
	// a chart inside the sheet has records of its own
	ok("1:1 2:2", rec(recNumber, at(0, 0, 0), f64(1)), rec(recBOF, u16(biff8), u16(0x20), make([]byte, 12)), rec(recNumber, at(9, 0, 0), f64(9)), rec(recEOF), rec(recNumber, at(1, 0, 0), f64(2)))
	ok(`1:#N/A (0 "#N/A": the cell is an error of a formula)`, rec(recBoolErr, at(0, 0, 0), []byte{0x2A, 1}))
	ok(`1:1.23456789012346E+17 (0 "1.23456789012346E+17": a workbook keeps 15 digits of a number, and this one has more, so its last digits are lost)`, rec(recNumber, at(0, 0, 0), f64(123456789012345678)))
	ok(`1:|1 (0 "": the formula has no result in the file)`, rec(recFormula, at(0, 0, 0), []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 8)), rec(recRow, make([]byte, 16)), rec(recNumber, at(0, 1, 0), f64(1)))
	ok(`1:1 2:2 sheet "表一" has 1 hidden rows, the first is row 2; they were read like all others sheet "表一" has 2 hidden columns; they were read like all others sheet "表一" has a filter; rows that it hides were read like all others`,
		rec(recColInfo, u16(3), u16(4), u16(0), u16(0), u16(1)), rec(recFilterMode), rec(recRow, u16(1), make([]byte, 10), u16(0x20), u16(0)), rec(recNumber, at(0, 0, 0), f64(1)), rec(recNumber, at(1, 0, 0), f64(2)))
	ok(`1: (0 "": the text of the cell is longer than the limit)`, rec(recLabel, at(0, 0, 0), long(strings.Repeat("x", 41))))
	ok(`1! the row of sheet "表一" is longer than the limit; look at its cells, or raise limits.line 2:2`, rec(recLabel, at(0, 0, 0), long(strings.Repeat("x", 40))), rec(recLabel, at(0, 1, 0), long(strings.Repeat("y", 40))), rec(recLabel, at(0, 2, 0), long("z")), rec(recNumber, at(1, 0, 0), f64(2)))
	bad := func(part string, cells ...[]byte) {
		t.Helper()
		if got := read(t, file(workbook(globals, texts, book.Tab{Name: "S", Cells: bytes.Join(cells, nil)}), "Workbook")); !strings.Contains(got, "0! the workbook is damaged") || !strings.Contains(got, part) {
			t.Error(got)
		}
	}
	bad("row 1 follows row 2", rec(recNumber, at(1, 0, 0), f64(1)), rec(recNumber, at(0, 0, 0), f64(1)))
	bad("column 1 behind column 1", rec(recNumber, at(0, 0, 0), f64(1)), rec(recNumber, at(0, 0, 0), f64(1)))
	bad("column 301", rec(recNumber, at(0, 300, 0), f64(1)))
	bad("not in the workbook", rec(recLabelSST, at(0, 0, 0), u32(77)))
	bad("a text is cut", rec(recLabel, at(0, 0, 0), u16(9), []byte{0, 'x'}))
}

// A text that goes on in another record says there anew whether its characters have one byte or two: naive readers take
// that byte for a character, and all that follows is shifted.
func TestSharedTextsThatGoOnInAnotherRecord(t *testing.T) {
	var stream []byte
	stream = append(stream, rec(recBOF, u16(biff8), u16(globalsStream), make([]byte, 12))...)
	first := append(u32(2), u32(2)...)
	first = append(first, append(append(u16(6), 1), chars("门店")...)...) // two of six characters
	second := append([]byte{0}, "abcd"...)                              // the others in one byte each
	second = append(second, append(u16(3), 0)...)                       // and a text whose characters all follow in a third record
	third := append([]byte{1}, chars("数量x")...)
	place := len(stream) + 4 + 8 + 2 + len(rec(recSST, first)) + len(rec(recContinue, second)) + len(rec(recContinue, third)) + 4
	stream = append(stream, rec(recBoundSheet, u32(uint32(place)), []byte{0, 0, 1, 0}, []byte("S")[:0], []byte{'S', 0})...)
	stream = append(stream, rec(recSST, first)...)
	stream = append(stream, rec(recContinue, second)...)
	stream = append(stream, rec(recContinue, third)...)
	stream = append(stream, rec(recEOF)...)
	stream = append(stream, rec(recBOF, u16(biff8), u16(worksheet), make([]byte, 12))...)
	stream = append(stream, rec(recLabelSST, at(0, 0, 0), u32(0))...)
	stream = append(stream, rec(recLabelSST, at(0, 1, 0), u32(1))...)
	stream = append(stream, rec(recEOF)...)
	if got := read(t, file(stream, "Workbook")); got != "1:门店abcd|数量x" {
		t.Error(got)
	}
}

func TestTheSheetIsNamedOrTheOnlyOneWithTheHeader(t *testing.T) {
	header := func(names ...string) []byte {
		var b []byte
		for i, n := range names {
			b = append(b, rec(recLabel, at(0, i, 0), long(n))...)
		}
		return b
	}
	b, err := open(t, file(workbook(nil, nil, book.Tab{Name: "Cover", Cells: header("x")}, book.Tab{Name: "订单", Cells: header("Item", "Qty")}, book.Tab{Name: "old", State: 1, Cells: header("Item", "Qty")}), "Workbook"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := b.Pick("", sheet.Layout{}, []string{"Item", "Qty"})
	if err != nil || rows.Name() != "订单" {
		t.Error(err)
	}
	if rows, err = b.Pick("old", sheet.Layout{}, []string{"Item"}); err != nil || rows.Name() != "old" {
		t.Error(err)
	}
	if _, err = b.Pick("new", sheet.Layout{}, nil); err == nil || !strings.Contains(err.Error(), `no sheet "new"; it has "Cover", "订单", "old"`) {
		t.Error(err)
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	ok := func(want string, body []byte) {
		t.Helper()
		if got := read(t, body); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	good := file(workbook(nil, nil, book.Tab{Name: "S", Cells: bytes.Repeat(rec(recRow, make([]byte, 16)), 500)}), "Workbook")
	change := func(at int, v uint32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	fat := len(good) - 512
	ok("", good)
	ok("in a circle", change(fat+8, 2))           // the data's first sector follows itself
	ok("out of the file", change(fat+8, 100_000)) // or one that is not there
	ok("in a circle", change(fat, 0))             // the directory
	ok("damaged", change(68, 3))                  // the chain of the table
	ok("damaged", change(48, 9999))
	ok("does not begin", []byte("x"))
	ok("damaged", good[:600])
	ok("damaged", good[:3000])
	ok("older than Excel 97", file(workbook(nil, nil, book.Tab{Name: "S"}), "Book"))
	ok("password", file(nil, "EncryptedPackage"))
	ok("password", file(workbook(rec(recFilePass, make([]byte, 54)), nil, book.Tab{Name: "S"}), "Workbook"))
	ok("no sheet with cells", file(workbook(nil, nil), "Workbook"))
}

func TestTooManySharedTextsAreRefused(t *testing.T) {
	var globals []byte
	globals = append(globals, rec(recSST, u32(1<<20), u32(1<<20))...)
	for range 400 {
		globals = append(globals, rec(recContinue, bytes.Repeat([]byte{0, 0, 0}, 2000))...)
	}
	if got := read(t, file(workbook(globals, nil, book.Tab{Name: "S"}), "Workbook")); !strings.Contains(got, "more than 1 MiB") {
		t.Error(got)
	}
}

func TestSniffTellsByContent(t *testing.T) {
	for text, want := range map[string]string{
		string(magic): "xls", "PK\x03\x04": "xlsx", "<html xmlns:o=\"x\"><table>": "html", "\n <TABLE><tr>": "html", "\xEF\xBB\xBF<meta charset=gbk>": "html",
		"a\tb\n": "text", "<?xml version=\"1.0\"?><Workbook>": "text", "": "text", "\xFF\xFE<\x00h\x00t\x00m\x00l\x00": "html",
	} {
		if got := Sniff([]byte(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestTheSourcesErrorIsItsOwn(t *testing.T) {
	lost := errors.New("disk gone")
	if _, err := Open(failing{lost}, 1000, Options{}); !errors.Is(err, lost) {
		t.Error(err)
	}
}

// FuzzStreams: any records give rows or a refusal, within bounds, and the same ones again.
func FuzzStreams(f *testing.F) {
	f.Add(workbook(rec(recXF, u16(0), u16(14)), [][]byte{long("门店")}, book.Tab{Name: "S", Cells: append(rec(recLabelSST, at(0, 0, 0), u32(0)), rec(recNumber, at(0, 1, 0), f64(1))...)}))
	f.Add(workbook(nil, nil, book.Tab{Name: "S", Cells: append(rec(recFormula, at(0, 0, 0), []byte{0, 0, 0, 0, 0, 0, 255, 255}, make([]byte, 8)), rec(recString, long("x"))...)}))
	f.Fuzz(func(t *testing.T, stream []byte) {
		body := file(stream, "Workbook")
		first := read(t, body)
		if first == "endless" || read(t, body) != first {
			t.Fatal(first)
		}
	})
}

// FuzzFiles: any bytes are a workbook or a refusal.
func FuzzFiles(f *testing.F) {
	f.Add(file(workbook(nil, nil, book.Tab{Name: "S", Cells: rec(recNumber, at(0, 0, 0), f64(1))}), "Workbook"))
	f.Fuzz(func(t *testing.T, body []byte) { read(t, body) })
}

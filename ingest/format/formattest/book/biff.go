package book

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
)

// Records of BIFF8, by their names in [MS-XLS] 2.3.
const (
	biffBOF        = 0x0809
	biffEOF        = 0x000A
	biffBoundSheet = 0x0085
	biffSST        = 0x00FC
	biffContinue   = 0x003C
	biffFormat     = 0x041E
	biffXF         = 0x00E0
	biffNumber     = 0x0203
	biffLabelSST   = 0x00FD
	biffBoolErr    = 0x0205
	biffFormula    = 0x0006
	biffRow        = 0x0208
	biffColInfo    = 0x007D
	biffFilterMode = 0x009B
	biffDate1904   = 0x0022
)

// U16 is a number of two bytes, as it lies in a record.
func U16(v int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(v)) }

// U32 is a number of four bytes.
func U32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// Rec is a record.
func Rec(kind int, data ...[]byte) []byte {
	all := bytes.Join(data, nil)
	return append(append(U16(kind), U16(len(all))...), all...)
}

// Chars is a text in two bytes a character, without its length.
func Chars(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = append(b, U16(int(c))...)
	}
	return b
}

// Long is a text with its length in two bytes.
func Long(s string) []byte {
	return append(append(U16(len(utf16.Encode([]rune(s)))), 1), Chars(s)...)
}

// At is the place and style of a cell.
func At(row, col, style int) []byte { return append(append(U16(row), U16(col)...), U16(style)...) }

// F64 is a number of eight bytes.
func F64(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }

// Tab is a sheet by its records.
type Tab struct {
	Name  string
	State byte // 1: hidden
	Cells []byte
}

// Stream is the stream of a workbook: globals with texts, and sheets.
func Stream(globals []byte, texts [][]byte, tabs ...Tab) []byte {
	bof := func(kind int) []byte { return Rec(biffBOF, U16(0x0600), U16(kind), make([]byte, 12)) }
	build := func(places []uint32) []byte {
		out := bof(0x0005)
		out = append(out, globals...)
		for i, t := range tabs {
			out = append(out, Rec(biffBoundSheet, U32(places[i]), []byte{t.State, 0, byte(len(utf16.Encode([]rune(t.Name)))), 1}, Chars(t.Name))...)
		}
		if texts != nil {
			kind, some := biffSST, append(U32(uint32(len(texts))), U32(uint32(len(texts)))...)
			for _, t := range texts { // a record holds so much; what follows goes on between two texts
				if len(some)+len(t) > 8000 {
					out = append(out, Rec(kind, some)...)
					kind, some = biffContinue, nil
				}
				some = append(some, t...)
			}
			out = append(out, Rec(kind, some)...)
		}
		return append(out, Rec(biffEOF)...)
	}
	places := make([]uint32, len(tabs))
	var body []byte
	head := build(places)
	for i, t := range tabs {
		places[i] = uint32(len(head) + len(body))
		body = append(body, bof(0x0010)...)
		body = append(body, t.Cells...)
		body = append(body, Rec(biffEOF)...)
	}
	return append(build(places), body...)
}

// Compound puts a stream into a container: in small sectors where it is short, as some programs write it.
func Compound(stream []byte, name string) []byte {
	small := len(stream) < 4096
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, (n-len(b)%n)%n)...) }
	entry := func(name string, kind byte, at uint32, size int) []byte {
		e := make([]byte, 128)
		n := copy(e, Chars(name))
		binary.LittleEndian.PutUint16(e[64:], uint16(n+2))
		e[66] = kind
		binary.LittleEndian.PutUint32(e[116:], at)
		binary.LittleEndian.PutUint32(e[120:], uint32(size))
		return e
	}
	data := pad(stream, 512)
	sectors := len(data) / 512
	// sectors: the directory, the table of small sectors, the data, and then the table of sectors
	fats := 1
	for fats*128 < 2+sectors+fats {
		fats++
	}
	var fat []byte
	fat = append(fat, U32(0xFFFFFFFE)...)
	fat = append(fat, U32(0xFFFFFFFE)...)
	for i := range sectors {
		next := uint32(2 + i + 1)
		if i == sectors-1 {
			next = 0xFFFFFFFE
		}
		fat = append(fat, U32(next)...)
	}
	for range fats {
		fat = append(fat, U32(0xFFFFFFFD)...)
	}
	for len(fat)%512 != 0 {
		fat = append(fat, U32(0xFFFFFFFF)...)
	}
	root, place := uint32(0xFFFFFFFE), uint32(2)
	mini := bytes.Repeat(U32(0xFFFFFFFF), 128)
	if small {
		root, place = 2, 0
		n := (len(stream) + 63) / 64
		for i := range n {
			next := uint32(i + 1)
			if i == n-1 {
				next = 0xFFFFFFFE
			}
			binary.LittleEndian.PutUint32(mini[4*i:], next)
		}
	}
	dir := append(entry("Root Entry", 5, root, len(data)), entry(name, 2, place, len(stream))...)
	h := make([]byte, 512)
	copy(h, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	binary.LittleEndian.PutUint16(h[30:], 9)
	binary.LittleEndian.PutUint16(h[32:], 6)
	binary.LittleEndian.PutUint32(h[44:], uint32(fats))
	binary.LittleEndian.PutUint32(h[48:], 0)
	binary.LittleEndian.PutUint32(h[56:], 4096)
	binary.LittleEndian.PutUint32(h[60:], 1)
	binary.LittleEndian.PutUint32(h[64:], 1)
	binary.LittleEndian.PutUint32(h[68:], 0xFFFFFFFE)
	for i := range 109 {
		s := uint32(0xFFFFFFFF)
		if i < fats {
			s = uint32(2 + sectors + i)
		}
		binary.LittleEndian.PutUint32(h[76+4*i:], s)
	}
	return bytes.Join([][]byte{h, pad(dir, 512), mini, data, fat}, nil)
}

var biffErrors = map[string]byte{"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#NUM!": 0x24, "#N/A": 0x2A}

// XLS writes the book as Excel 97 did.
func (b *Book) XLS() ([]byte, error) {
	index, order := b.styles()
	var globals []byte
	if b.Date1904 {
		globals = append(globals, Rec(biffDate1904, U16(1))...)
	}
	xfs := Rec(biffXF, U16(0), U16(0), make([]byte, 16))
	for i, style := range order {
		id, ok := builtin[style]
		if !ok {
			id = 164 + i
			globals = append(globals, Rec(biffFormat, U16(id), Long(style))...)
		}
		xfs = append(xfs, Rec(biffXF, U16(0), U16(id), make([]byte, 16))...)
	}
	globals = append(globals, xfs...)
	shared := map[string]int{}
	texts := [][]byte{}
	var tabs []Tab
	for _, s := range b.Sheets {
		var cells []byte
		if s.Hide > 0 {
			cells = append(cells, Rec(biffColInfo, U16(s.Hide-1), U16(s.Hide-1), U16(0), U16(0), U16(1))...)
		}
		if s.Filter {
			cells = append(cells, Rec(biffFilterMode)...)
		}
		for i, r := range s.Rows {
			if r.Hidden {
				cells = append(cells, Rec(biffRow, U16(i), make([]byte, 10), U16(0x20), U16(0))...)
			}
			for k, c := range r.Cells {
				at := At(i, k, index[c.Style])
				switch {
				case c.Blank:
				case c.Formula:
					cells = append(cells, Rec(biffFormula, at, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, make([]byte, 8))...)
				case c.Error != "":
					cells = append(cells, Rec(biffBoolErr, at, []byte{biffErrors[c.Error], 1})...)
				case c.Number != "":
					v, err := strconv.ParseFloat(c.Number, 64)
					if err != nil {
						return nil, fmt.Errorf("sheet %s, row %d: %w", s.Name, i+1, err)
					}
					cells = append(cells, Rec(biffNumber, at, F64(v))...)
				default:
					text := c.Text + c.Inline
					n, ok := shared[text]
					if !ok {
						n = len(shared)
						shared[text] = n
						texts = append(texts, Long(text))
					}
					cells = append(cells, Rec(biffLabelSST, at, U32(uint32(n)))...)
				}
			}
		}
		state := byte(0)
		if s.State == "hidden" {
			state = 1
		}
		tabs = append(tabs, Tab{Name: s.Name, State: state, Cells: cells})
	}
	return Compound(Stream(globals, texts, tabs...), "Workbook"), nil
}

package xls

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/cell"
)

// The records that are read, by the numbers of Microsoft's [MS-XLS].
const (
	recFormula     = 0x0006
	recEOF         = 0x000A
	recDateMode    = 0x0022
	recFilePass    = 0x002F
	recContinue    = 0x003C
	recColInfo     = 0x007D
	recBoundSheet  = 0x0085
	recFilterMode  = 0x009B
	recMulRK       = 0x00BD
	recRString     = 0x00D6
	recXF          = 0x00E0
	recSST         = 0x00FC
	recLabelSST    = 0x00FD
	recNumber      = 0x0203
	recLabel       = 0x0204
	recBoolErr     = 0x0205
	recString      = 0x0207
	recRow         = 0x0208
	recRK          = 0x027E
	recFormat      = 0x041E
	recBOF         = 0x0809
	biff8          = 0x0600
	globalsStream  = 0x0005
	worksheet      = 0x0010
	maxStyles      = 1 << 16
	maxFormats     = 1 << 16
	maxTabs        = 1 << 12
	maxColumns     = 256
	sharedOverhead = 4 // bytes beside each shared text
)

// records reads one record after another.
type records struct {
	r    *bufio.Reader
	kind uint16
	data []byte // of the record; valid until the next
	back bool   // the record is to be given again
}

func newRecords(c *container, at int64) *records {
	return &records{r: bufio.NewReaderSize(c.open(at), 64<<10), data: make([]byte, 0, 16<<10)}
}

// next reads a record. The end of the stream is damage: streams end with a record that says so.
func (r *records) next() error {
	if r.back {
		r.back = false
		return nil
	}
	var h [4]byte
	if _, err := io.ReadFull(r.r, h[:]); err != nil {
		return cut(err)
	}
	r.kind = binary.LittleEndian.Uint16(h[:])
	n := int(binary.LittleEndian.Uint16(h[2:]))
	if cap(r.data) < n {
		r.data = make([]byte, n)
	}
	r.data = r.data[:n]
	_, err := io.ReadFull(r.r, r.data)
	return cut(err)
}

func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damaged("it ends in the middle")
	}
	return err
}

func (r *records) u16(i int) uint16 {
	if i+2 > len(r.data) {
		return 0
	}
	return binary.LittleEndian.Uint16(r.data[i:])
}

func (r *records) u32(i int) uint32 {
	if i+4 > len(r.data) {
		return 0
	}
	return binary.LittleEndian.Uint32(r.data[i:])
}

// pieces reads the data of a record that goes on in others.
type pieces struct {
	r  *records
	at int
}

// need sees to it that there is a byte to read.
func (p *pieces) need() error {
	for p.at >= len(p.r.data) {
		if err := p.r.next(); err != nil {
			return err
		}
		if p.r.kind != recContinue {
			p.r.back = true
			return damaged("a text is cut")
		}
		p.at = 0
	}
	return nil
}

func (p *pieces) byte() (byte, error) {
	if err := p.need(); err != nil {
		return 0, err
	}
	p.at++
	return p.r.data[p.at-1], nil
}

func (p *pieces) u16() (int, error) {
	lo, err := p.byte()
	if err != nil {
		return 0, err
	}
	hi, err := p.byte()
	return int(lo) | int(hi)<<8, err
}

func (p *pieces) skip(n int) error {
	for n > 0 {
		if err := p.need(); err != nil {
			return err
		}
		m := min(n, len(p.r.data)-p.at)
		p.at += m
		n -= m
	}
	return nil
}

// text appends a text of n characters, of one byte or two each. Where it goes on in another record, a byte there says
// anew how many.
func (p *pieces) text(dst []byte, n int, wide bool) ([]byte, error) {
	high := rune(0)
	for n > 0 {
		if p.at >= len(p.r.data) {
			flags, err := p.byte()
			if err != nil {
				return dst, err
			}
			wide = flags&1 != 0
			continue
		}
		var c rune
		if wide {
			if p.at+2 > len(p.r.data) {
				return dst, damaged("a text is cut")
			}
			c = rune(binary.LittleEndian.Uint16(p.r.data[p.at:]))
			p.at += 2
		} else {
			c = rune(p.r.data[p.at])
			p.at++
		}
		n--
		switch {
		case high != 0:
			dst = utf8.AppendRune(dst, utf16.DecodeRune(high, c))
			high = 0
		case c >= 0xD800 && c < 0xDC00:
			high = c
		default:
			dst = utf8.AppendRune(dst, c)
		}
	}
	if high != 0 {
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	return dst, nil
}

// rich appends a text with a length of two bytes, without the runs of its fonts and its reading aid.
func (p *pieces) rich(dst []byte) ([]byte, error) {
	n, err := p.u16()
	if err != nil {
		return dst, err
	}
	flags, err := p.byte()
	if err != nil {
		return dst, err
	}
	runs, aid := 0, 0
	if flags&8 != 0 {
		if runs, err = p.u16(); err != nil {
			return dst, err
		}
	}
	if flags&4 != 0 {
		lo, err := p.u16()
		if err != nil {
			return dst, err
		}
		hi, err := p.u16()
		if err != nil {
			return dst, err
		}
		aid = lo | hi<<16
	}
	if dst, err = p.text(dst, n, flags&1 != 0); err != nil {
		return dst, err
	}
	return dst, p.skip(4*runs + aid)
}

// globals reads what the sheets share.
func (b *Book) globals() error {
	r := newRecords(b.file, 0)
	if err := r.next(); err != nil {
		return err
	}
	if r.kind != recBOF {
		return damaged("the workbook does not begin with its first record")
	}
	if r.u16(0) != biff8 {
		return errOld
	}
	formats := map[int]cell.Format{}
	var styles []int
	for {
		if err := r.next(); err != nil {
			return err
		}
		switch r.kind {
		case recEOF:
			return b.finish(styles, formats)
		case recFilePass:
			return errLocked
		case recDateMode:
			b.epoch = r.u16(0) == 1
		case recBoundSheet:
			if len(r.data) < 8 || len(b.tabs) >= maxTabs {
				return damaged("its list of sheets can't be read")
			}
			p := pieces{r, 8}
			name, err := p.text(nil, int(r.data[6]), r.data[7]&1 != 0)
			if err != nil {
				return err
			}
			if r.data[5] == 0 { // a sheet with cells; others are charts and macros
				b.tabs = append(b.tabs, tab{sheet.Tab{Name: string(name), Hidden: r.data[4]&3 != 0}, r.u32(0)})
			}
		case recFormat:
			if len(formats) < maxFormats {
				id := int(r.u16(0))
				p := pieces{r, 2}
				code, err := p.rich(nil)
				if err != nil {
					return err
				}
				formats[id] = cell.FormatOf(string(code))
			}
		case recXF:
			if len(styles) < maxStyles {
				styles = append(styles, int(r.u16(2)))
			}
		case recSST:
			if err := b.shared(r); err != nil {
				return err
			}
		}
	}
}

func (b *Book) finish(styles []int, formats map[int]cell.Format) error {
	for _, id := range styles {
		f, ok := formats[id]
		if !ok {
			f, _ = cell.Builtin(id)
		}
		b.styles = append(b.styles, f)
	}
	if len(b.tabs) == 0 {
		return sellthrough.Bad(0, "", "", "the workbook has no sheet with cells; send the one with the report")
	}
	return nil
}

// shared reads the texts that cells share.
func (b *Book) shared(r *records) error {
	n := r.u32(4)
	p := pieces{r, 8}
	for range n {
		var err error
		if b.texts, err = p.rich(b.texts); err != nil {
			return err
		}
		b.ends = append(b.ends, uint32(len(b.texts)))
		if len(b.texts)+sharedOverhead*len(b.ends) > b.opt.MaxStrings {
			return sellthrough.Bad(0, "", "", fmt.Sprintf("the texts of the workbook are more than %d MiB; send CSV, or the report in parts", b.opt.MaxStrings>>20))
		}
	}
	return nil
}

// at is a shared text.
func (b *Book) at(i uint32) ([]byte, bool) {
	if int64(i) >= int64(len(b.ends)) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.texts[from:b.ends[i]], true
}

package xlsx

import (
	"fmt"
	"io"
	"strconv"

	"sellthrough"
	"sellthrough/ingest/format/sheet/cell"
)

// part is an open part of the workbook, limited in what it unfolds to.
type part struct {
	io.ReadCloser
	book *Book
	left int64
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.left -= int64(n)
	p.book.left -= int64(n)
	if p.left < 0 || p.book.left < 0 {
		return 0, errUnfolds
	}
	return n, err
}

// open opens a part; it is nil where the workbook has none of that name.
func (b *Book) part(name string) (io.ReadCloser, error) {
	f := b.parts[name]
	if f == nil {
		return nil, nil
	}
	if f.Flags&1 != 0 {
		return nil, sellthrough.Bad(0, "", "", "the workbook has a password; take it off and send it again")
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	packed := min(int64(min(f.CompressedSize64, 1<<62)), b.size) // what the index says may be false
	return &part{r, b, max(32<<20, packed*b.opt.MaxRatio)}, nil
}

// each calls do for every start tag of a small part. A part that is not there has none.
func (b *Book) each(name string, limit int64, do func(*scanner, []byte) error) (err error) {
	p, err := b.part(name)
	if p == nil || err != nil {
		return err
	}
	defer func() {
		if cerr := p.Close(); err == nil {
			err = cerr
		}
	}()
	x := newScanner(io.LimitReader(p, limit))
	for {
		k, tag, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if k == start {
			if err := do(x, tag); err != nil {
				return err
			}
		}
	}
}

// strs are the texts that cells share: one after another, with where each ends.
type strs struct {
	part, styles string
	bytes        []byte
	ends         []uint32
}

func (s *strs) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(s.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.bytes[from:s.ends[i]], true
}

// load reads what all sheets share.
func (b *Book) load() error {
	if b.ready {
		return nil
	}
	b.ready = true
	if err := b.loadStyles(); err != nil {
		return err
	}
	return b.loadTexts()
}

// loadTexts reads the shared strings: of each the runs of its text, without the reading aid that Japanese text carries.
func (b *Book) loadTexts() (err error) {
	p, err := b.part(b.texts.part)
	if p == nil || err != nil {
		return err
	}
	defer func() {
		if cerr := p.Close(); err == nil {
			err = cerr
		}
	}()
	x, s := newScanner(p), &b.texts
	from, inText, aside := 0, false, 0
	limit := min(b.opt.MaxStrings, 1<<31)
	for {
		k, tag, err := x.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.part, err)
		}
		if k == text {
			if inText && aside == 0 {
				if s.bytes, err = unescape(s.bytes, tag); err != nil {
					return fmt.Errorf("%s: %w", s.part, err)
				}
			}
			continue
		}
		switch local(tag) {
		case "si":
			if k == start {
				from = len(s.bytes)
				break
			}
			s.bytes = plainText(s.bytes, from)
			s.ends = append(s.ends, uint32(len(s.bytes)))
		case "t":
			inText = k == start
		case "rPh":
			if k == start {
				aside++
			} else {
				aside--
			}
		}
		if len(s.bytes)+4*len(s.ends) > limit {
			return sellthrough.Bad(0, "", "", fmt.Sprintf("the texts of the workbook are more than %d MiB; send CSV, or the report in parts", limit>>20))
		}
	}
}

// loadStyles reads how numbers are shown.
func (b *Book) loadStyles() error {
	formats := map[int]cell.Format{}
	inCells := false
	return b.each(b.texts.styles, 64<<20, func(x *scanner, tag []byte) error {
		switch local(tag) {
		case "numFmt":
			if id, err := strconv.Atoi(attr(tag, "numFmtId")); err == nil && len(formats) < 10_000 {
				formats[id] = cell.FormatOf(attr(tag, "formatCode"))
			}
		case "cellXfs":
			inCells = true
		case "cellStyleXfs", "cellStyles", "dxfs":
			inCells = false
		case "xf":
			if !inCells {
				break
			}
			if len(b.styles) >= 1<<16 {
				return &syntaxError{"it has more styles than a workbook may"}
			}
			id, _ := strconv.Atoi(attr(tag, "numFmtId")) // none is the plain one
			f, ok := formats[id]
			if !ok {
				f, _ = cell.Builtin(id)
			}
			b.styles = append(b.styles, f)
		}
		return nil
	})
}

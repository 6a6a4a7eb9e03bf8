// Package xlsx reads workbooks of the Office Open XML kind, a sheet at a time and as a stream: raw values with their
// types, never what a cell looks like on a screen. It gives rows of text to package sheet and has no opinion on what
// they mean.
//
// A number with a date's format is a date, written YYYY-MM-DD or YYYY-MM-DD HH:mm:ss; a number is the digits that a
// person sees; text is text. What can't be given as text is a fault of its cell and refuses the row where the feed reads
// its column: an error such as #N/A, a formula whose result the program that wrote the file did not keep, a number of
// more than 15 digits, which has lost its last ones. Hidden and filtered rows are read like all others, and told of.
//
// Memory is bounded by Options whatever the file says of itself: the file is read through its own index and never as a
// whole; how far it may unfold, how many parts and strings it has and how long they are is limited. It is an own reader
// because a row needs the types and formats of its cells while it streams, which the libraries for workbooks give only
// for sheets that lie in memory as a whole.
package xlsx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"errors"
	"io"
	"path"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/cell"
)

// Options are the limits of a Book. A zero value is the default.
type Options struct {
	MaxBytes   int64 // that all parts may unfold to; default 4 GiB
	MaxRatio   int64 // of a part's unfolded size to its packed one, above 32 MiB; default 250
	MaxParts   int   // in the file; default 10,000
	MaxStrings int   // bytes of the shared strings; default 128 MiB
	MaxColumns int   // of a row; default 16,384, which is all that a workbook has
	MaxLine    int   // bytes of a row; default 1 MiB
	MaxField   int   // bytes of a cell; default 64 KiB
}

// Sheet is one table of a workbook.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

// Book is an open workbook. It is not safe for concurrent use.
type Book struct {
	opt    Options
	parts  map[string]*zip.File
	size   int64
	left   int64 // bytes that may still be unfolded
	epoch  cell.Epoch
	sheets []Sheet
	texts  strs
	styles []cell.Format // by the number of a cell's style
	ready  bool          // texts and styles are read
}

var (
	errDamaged = errors.New("the workbook is damaged; open it in a spreadsheet program, save it as .xlsx and send it again")
	errUnfolds = errors.New("the workbook unfolds to more than the limit; send CSV, or the report in parts")
)

// refuse makes a refusal of the whole body of what the file is to blame for; what the source is to blame for stays.
func (b *Book) refuse(err error) error {
	if _, ok := sellthrough.AsRefusal(err); ok || err == nil {
		return err
	}
	var syntax *syntaxError
	var packed flate.CorruptInputError
	switch {
	case errors.Is(err, errUnfolds):
		return sellthrough.Bad(0, "", "", errUnfolds.Error())
	case errors.As(err, &syntax), errors.Is(err, errDamaged), errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrAlgorithm),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.As(err, &packed), strings.HasPrefix(err.Error(), "zip: "):
		return sellthrough.Bad(0, "", "", errDamaged.Error()+" ("+strings.TrimSuffix(err.Error(), ": "+errDamaged.Error())+")")
	}
	return err
}

// Open reads the index of a workbook. Its error is the source's own, or a refusal of the whole body.
func Open(src io.ReaderAt, size int64, o Options) (*Book, error) {
	o.MaxBytes = cmp.Or(o.MaxBytes, 4<<30)
	o.MaxRatio = cmp.Or(o.MaxRatio, 250)
	o.MaxParts = cmp.Or(o.MaxParts, 10_000)
	o.MaxStrings = cmp.Or(o.MaxStrings, 128<<20)
	o.MaxColumns = cmp.Or(o.MaxColumns, 16_384)
	o.MaxLine = cmp.Or(o.MaxLine, 1<<20)
	o.MaxField = cmp.Or(o.MaxField, 64<<10)
	b := &Book{opt: o, parts: map[string]*zip.File{}, size: size, left: o.MaxBytes}
	if err := b.open(src); err != nil {
		return nil, b.refuse(err)
	}
	return b, nil
}

func (b *Book) open(src io.ReaderAt) error {
	var magic [8]byte
	n, err := src.ReadAt(magic[:min(8, b.size)], 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch head := magic[:n]; {
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return sellthrough.Bad(0, "", "", "the body is an old .xls workbook, or one with a password; take the password off and save it as .xlsx")
	case !bytes.HasPrefix(head, []byte("PK")):
		return sellthrough.Bad(0, "", "", "the body is no workbook (.xlsx); look at what was sent, and at format.type of the feed")
	}
	index := &budget{src: src, left: 64<<10 + int64(b.opt.MaxParts)*512}
	z, err := zip.NewReader(index, b.size)
	if index.spent {
		return sellthrough.Bad(0, "", "", "the workbook has too many parts; save it anew as .xlsx, or send CSV")
	}
	if err != nil {
		return cmp.Or(index.err, err)
	}
	index.left = -1 // from here on only parts are read, each within its own limit
	if len(z.File) > b.opt.MaxParts {
		return sellthrough.Bad(0, "", "", "the workbook has too many parts; save it anew as .xlsx, or send CSV")
	}
	for _, f := range z.File {
		b.parts[partName(f.Name)] = f
	}
	if _, ok := b.parts["xl/workbook.bin"]; ok {
		return sellthrough.Bad(0, "", "", "the workbook is a binary one (.xlsb); save it as .xlsx and send it again")
	}
	if _, ok := b.parts["content.xml"]; ok {
		return sellthrough.Bad(0, "", "", "the body is an OpenDocument sheet (.ods); save it as .xlsx and send it again")
	}
	return b.index()
}

func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// budget keeps a hostile index from filling memory.
type budget struct {
	src   io.ReaderAt
	left  int64 // −1: unlimited
	spent bool
	err   error // of the source
}

func (l *budget) ReadAt(p []byte, off int64) (int, error) {
	if l.left >= 0 {
		if l.left -= int64(len(p)); l.left < 0 {
			l.left, l.spent = 0, true
			return 0, errDamaged
		}
	}
	n, err := l.src.ReadAt(p, off)
	if err != nil && err != io.EOF {
		l.err = err
	}
	return n, err
}

// relations of a part: id → target and kind.
func (b *Book) relations(of string) (map[string][2]string, error) {
	out := map[string][2]string{}
	dir, file := path.Split(of)
	err := b.each(dir+"_rels/"+file+".rels", 1<<20, func(x *scanner, tag []byte) error {
		if local(tag) != "Relationship" {
			return nil
		}
		target := attr(tag, "Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		out[attr(tag, "Id")] = [2]string{partName(target), path.Base(attr(tag, "Type"))}
		return nil
	})
	return out, err
}

// index finds the sheets.
func (b *Book) index() error {
	book := "xl/workbook.xml"
	roots, err := b.relations("")
	if err != nil {
		return err
	}
	for _, r := range roots {
		if r[1] == "officeDocument" {
			book = r[0]
		}
	}
	related, err := b.relations(book)
	if err != nil {
		return err
	}
	if b.parts[book] == nil {
		return sellthrough.Bad(0, "", "", "the body is a zip archive, but no workbook; send the .xlsx file itself")
	}
	err = b.each(book, 8<<20, func(x *scanner, tag []byte) error {
		switch local(tag) {
		case "workbookPr":
			b.epoch = cell.Epoch(truth(attr(tag, "date1904")))
		case "sheet":
			r := related[attr(tag, "r:id")]
			if r == [2]string{} { // another prefix
				r = related[attrLocal(tag, "id")]
			}
			if r[1] == "worksheet" && len(b.sheets) < b.opt.MaxParts {
				b.sheets = append(b.sheets, Sheet{Name: attr(tag, "name"), Hidden: attr(tag, "state") != "" && attr(tag, "state") != "visible", part: r[0]})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range related {
		switch r[1] {
		case "sharedStrings":
			b.texts.part = r[0]
		case "styles":
			b.texts.styles = r[0]
		}
	}
	if len(b.sheets) == 0 {
		return sellthrough.Bad(0, "", "", "the workbook has no sheet with cells; send the one with the report")
	}
	return nil
}

func truth(s string) bool { return s == "1" || s == "true" }

// Sheets lists the tables of the workbook, in its order.
func (b *Book) Sheets() []Sheet { return b.sheets }

// Pick finds the sheet with the report, as sheet.Pick does, and opens it.
func (b *Book) Pick(name string, l sheet.Layout, names []string) (*Rows, error) {
	var tabs []sheet.Tab
	for _, s := range b.sheets {
		tabs = append(tabs, sheet.Tab{Name: s.Name, Hidden: s.Hidden})
	}
	i, err := sheet.Pick(tabs, name, l, names, func(i int) (sheet.Source, error) { return b.Rows(b.sheets[i]) })
	if err != nil {
		return nil, b.refuse(err)
	}
	r, err := b.Rows(b.sheets[i])
	if err == nil {
		r.passed = sheet.PassedOver(tabs, name)
	}
	return r, err
}

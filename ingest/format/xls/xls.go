// Package xls reads workbooks of the old binary kind, Excel 97 to 2003 (BIFF8), a sheet at a time. It gives rows of text
// as package xlsx does, with the same rules for dates, numbers, errors and hidden rows.
//
// It is an own reader, because the libraries for this format keep the whole file in memory as objects, are no longer
// looked after, and neither tell a date from a number nor come to an end on every file. Here every chain of sectors has
// as many links as the file has sectors, a record is at most 64 KiB, and what is kept is the texts that cells share, up to
// a limit.
//
// A file named .xls is often something else: Sniff tells by its content.
package xls

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/cell"
)

// Options are the limits of a Book. A zero value is the default.
type Options struct {
	MaxFile    int64 // bytes of the file; default 512 MiB
	MaxStrings int   // bytes of the shared texts; default 128 MiB
	MaxLine    int   // bytes of a row; default 1 MiB
	MaxField   int   // bytes of a cell; default 64 KiB
}

// Sniff tells what a file is by its first bytes, whatever its name says: "xls", "xlsx", "html" or "text".
func Sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, magic):
		return "xls"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "xlsx"
	}
	head = head[:min(len(head), 4096)]
	if bytes.HasPrefix(head, []byte("\xFF\xFE")) || bytes.HasPrefix(head, []byte("\xFE\xFF")) { // UTF-16
		head = bytes.ReplaceAll(head[2:], []byte{0}, nil)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"))
	if bytes.HasPrefix(text, []byte("<")) && (bytes.Contains(text, []byte("<html")) || bytes.Contains(text, []byte("<table")) || bytes.HasPrefix(text, []byte("<meta")) || bytes.HasPrefix(text, []byte("<!doctype html"))) {
		return "html"
	}
	return "text"
}

// Book is an open workbook. It is not safe for concurrent use.
type Book struct {
	opt    Options
	file   *container
	epoch  cell.Epoch
	tabs   []tab
	styles []cell.Format // by the number of a cell's style
	texts  []byte        // the shared texts, one after another
	ends   []uint32      // where each ends
}

type tab struct {
	sheet.Tab
	at uint32 // where it begins in the stream of the workbook
}

var (
	errDamaged = errors.New("the workbook is damaged; open it in a spreadsheet program, save it as .xlsx and send it again")
	errLocked  = sellthrough.Bad(0, "", "", "the workbook has a password; take it off and send it again")
	errOld     = sellthrough.Bad(0, "", "", "the workbook is older than Excel 97; save it as .xlsx and send it again")
)

// damaged is what the file is to blame for.
func damaged(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errDamaged)...)
}

// refuse makes a refusal of the whole body of what the file is to blame for; what the source is to blame for stays.
func refuse(err error) error {
	if errors.Is(err, errDamaged) {
		return sellthrough.Bad(0, "", "", errDamaged.Error()+" ("+strings.TrimSuffix(err.Error(), ": "+errDamaged.Error())+")")
	}
	return err
}

// Open reads what the sheets of a workbook share. Its error is the source's own, or a refusal of the whole body.
func Open(src io.ReaderAt, size int64, o Options) (*Book, error) {
	o.MaxFile = cmp.Or(o.MaxFile, 512<<20)
	o.MaxStrings = cmp.Or(o.MaxStrings, 128<<20)
	o.MaxLine = cmp.Or(o.MaxLine, 1<<20)
	o.MaxField = cmp.Or(o.MaxField, 64<<10)
	if size > o.MaxFile {
		return nil, sellthrough.Bad(0, "", "", fmt.Sprintf("the workbook is larger than %d MiB; save it as .xlsx or CSV and send that", o.MaxFile>>20))
	}
	b := &Book{opt: o}
	var err error
	if b.file, err = openContainer(src, size); err == nil {
		err = b.globals()
	}
	if err != nil {
		return nil, refuse(err)
	}
	return b, nil
}

// Sheets lists the tables of the workbook, in its order.
func (b *Book) Sheets() []sheet.Tab {
	var out []sheet.Tab
	for _, t := range b.tabs {
		out = append(out, t.Tab)
	}
	return out
}

// Pick finds the sheet with the report, as sheet.Pick does, and opens it.
func (b *Book) Pick(name string, l sheet.Layout, names []string) (*Rows, error) {
	i, err := sheet.Pick(b.Sheets(), name, l, names, func(i int) (sheet.Source, error) { return b.Rows(i) })
	if err != nil {
		return nil, err
	}
	r, err := b.Rows(i)
	if err == nil {
		r.passed = sheet.PassedOver(b.Sheets(), name)
	}
	return r, err
}

package ingest

import (
	"errors"
	"fmt"
	"io"

	"sellthrough"
	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/edifact"
	"sellthrough/ingest/format/encoding"
	"sellthrough/ingest/format/gs1xml"
	"sellthrough/ingest/format/json"
	"sellthrough/ingest/format/ndjson"
	"sellthrough/ingest/format/poslog"
	"sellthrough/ingest/format/rosettanet"
	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/x12"
	"sellthrough/ingest/format/xls"
	"sellthrough/ingest/format/xls/html"
	"sellthrough/ingest/format/xlsx"
	"sellthrough/internal/config"
)

// rows is a syntax: every package under format has it.
type rows interface {
	Next() (fields [][]byte, row uint32, err error)
}

// opened is a body under its format.
type opened struct {
	rows
	columns  []string                   // names of the fields
	warnings func() []string            // what is odd and refuses nothing; asked at the end
	refused  func(*sellthrough.Refusal) // told of rows that the mapping refuses
	close    func()

	acknowledge acknowledger // nil: the format has no acknowledgement
	walk        *Walk        // who looks on; nil: nobody
}

// openRows reads src by the feed's format. Its error is a refusal of the whole body, or the source's own.
func openRows(f *feed, l config.Limits, src io.Reader) (*opened, error) {
	return openWalked(f, l, src, nil)
}

func openWalked(f *feed, l config.Limits, src io.Reader, w *Walk) (*opened, error) {
	form, names := &f.config.Format, f.mapping.Columns()
	o := &opened{columns: names, walk: w}
	line, field := int(l.Line), int(l.Field)
	switch form.Type {
	case "ndjson":
		src, err := f.present(src, names, l)
		if err != nil {
			return o, err
		}
		o.rows = ndjson.NewReader(src, names, ndjson.Options{MaxLine: line, MaxField: field})
	case "json":
		o.rows = json.NewReader(src, names, json.Options{Rows: form.Rows, MaxRow: line, MaxField: field})
	case "xlsx", "xls", "html":
		return o, o.workbook(f, l, src)
	case "x12":
		r := x12.NewReader(src, names, x12.Options{Feed: f.config.Kind, Dialect: form.EDI, Hide: f.config.Sealed()})
		o.rows, o.refused, o.acknowledge = r, r.Refuse, acknowledgeX12(r)
		o.warnings = func() []string { return r.Outcome().Warnings }
	case "edifact":
		r := edifact.NewReader(src, names, edifact.Options{Feed: f.config.Kind, Dialect: form.EDI})
		o.rows, o.refused, o.acknowledge = r, r.Refuse, acknowledgeEDIFACT(r)
		o.warnings = func() []string { return r.Outcome().Warnings }
	case "poslog":
		o.rows = poslog.NewReader(src, names, poslog.Options{Dialect: form.POSLog, MaxToken: line, MaxField: field})
	case "gs1xml":
		o.rows = gs1xml.NewReader(src, names, gs1xml.Options{Dialect: form.GS1, MaxField: field})
	case "rosettanet":
		o.rows = rosettanet.NewReader(src, names, rosettanet.Options{Dialect: form.RosettaNet, MaxField: field})
	default:
		return o, o.text(f, l, src)
	}
	return o, nil
}

// text opens delimited text.
func (o *opened) text(f *feed, l config.Limits, src io.Reader) error {
	form := &f.config.Format
	code, err := encoding.Parse(form.Encoding)
	if err != nil {
		return fmt.Errorf("feed %s: %w", f.config.ID, err)
	}
	text := encoding.NewReader(src, encoding.Options{Encoding: code})
	if o.walk != nil {
		o.walk.text = text
	}
	return o.table(f, csv.NewReader(text, csv.Options{Delimiter: form.Comma(), MaxLine: int(l.Line), MaxField: int(l.Field)}))
}

// table opens rows of cells: under a header that is looked for, or under the names that the feed gives.
func (o *opened) table(f *feed, src sheet.Source) error {
	form := &f.config.Format
	var notes []string
	if o.walk != nil && o.walk.Raw != nil {
		src = &tap{src, o.walk.Raw}
	}
	r := sheet.NewReader(src, form.Layout, sheet.Options{
		Names: f.mapping.Columns(), Key: f.mapping.KeyColumns(), Header: form.Header, Sums: f.mapping.Figures(), Number: f.mapping.Number,
		Total: func(t sheet.Total) {
			if o.walk != nil && o.walk.Total != nil {
				o.walk.Total(t)
			}
			for _, c := range t.Checks {
				if !c.Agrees && !c.Unsure && len(notes) < 20 {
					notes = append(notes, fmt.Sprintf("row %d says that %s comes to %s, but the rows it adds up come to %s; look whether the file is whole", t.Row, c.Column, c.Says, c.Adds))
				}
			}
		},
	})
	columns, err := r.Columns()
	if errors.Is(err, io.EOF) {
		return sellthrough.Bad(0, "", "", "the body is empty; a report without lines still has its header row")
	}
	if err != nil {
		return err
	}
	if o.walk != nil {
		o.walk.header = r.Header()
	}
	o.rows, o.columns = r, columns
	more := o.warnings
	o.warnings = func() []string {
		if more != nil {
			return append(more(), notes...)
		}
		return notes
	}
	return nil
}

// workbook opens a table of a workbook. A workbook is read through its index, so it is laid into a file first. What the
// bytes are decides how they are read: a workbook of one kind is often named as another.
func (o *opened) workbook(f *feed, l config.Limits, src io.Reader) error {
	file, err := sealed.NewTemp("", "sellthrough-workbook-")
	if err != nil {
		return fmt.Errorf("lay the workbook into a file: %w", err)
	}
	o.close = func() { _ = file.Close() } // one that stays can't be read by anybody
	_, err = io.Copy(file, src)
	size := file.Size()
	if err = errors.Join(err, file.Finish()); err != nil {
		return fmt.Errorf("lay the workbook into a file: %w", err)
	}
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the workbook back: %w", err)
	}
	form, names := &f.config.Format, f.mapping.Columns()
	switch xls.Sniff(head[:n]) {
	case "xlsx":
		b, err := xlsx.Open(file, size, xlsx.Options{MaxLine: int(l.Line), MaxField: int(l.Field)})
		if err != nil {
			return err
		}
		r, err := b.Pick(form.Sheet, form.Layout, names)
		if err != nil {
			return err
		}
		o.warnings = r.Warnings
		return o.table(f, r)
	case "xls":
		b, err := xls.Open(file, size, xls.Options{})
		if err != nil {
			return err
		}
		r, err := b.Pick(form.Sheet, form.Layout, names)
		if err != nil {
			return err
		}
		o.warnings = r.Warnings
		return o.table(f, r)
	case "html":
		return o.table(f, html.NewReader(io.NewSectionReader(file, 0, size), html.Options{}))
	}
	return o.text(f, l, io.NewSectionReader(file, 0, size))
}

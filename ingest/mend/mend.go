// Package mend lets a partner put refused rows right without making its whole file again: it shows the rows as they stand in
// the file, and puts them back in their places when they are mended.
//
// It promises: a body that Merge gives differs from the one that was sent in the rows that were changed, and in nothing
// else: both are read, and every other row has to come out as the same line or be refused for the same reason, or there is
// no body. It is about text, of tables and of JSON lines; in other formats a row is no piece of the file that could be
// exchanged, and the whole file has to be sent again.
//
// Which body is sent is a matter of what the feed covers. A feed that claims nothing needs the mended rows alone, and they
// can't touch what was said since. A feed whose files are complete for something would take a file of single rows for all
// there is, and withdraw the rest: it needs the whole body, and nothing newer may have been said of the same; that is for
// whoever sends it to find out.
package mend

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/internal/config"
)

// Way is what is sent when rows are mended.
type Way string

// The ways.
const (
	Whole Way = "whole" // the body with the rows exchanged
	Rows  Way = "rows"  // the rows alone, under the body's header
	None  Way = ""      // rows of this format can't be exchanged
)

// Of says how rows of a feed's bodies are mended.
func Of(f *config.Feed) Way {
	switch f.Format.Type {
	case "csv", "ndjson":
	default:
		return None
	}
	if f.Coverage.Kind == sellthrough.CoverNone && (len(f.Identity.LineKey) > 0 || f.Kind == sellthrough.Stock || f.EqualRows == sellthrough.EqualIsSale) {
		return Rows
	}
	// Without line numbers an equal row of the same body is another sale, and one of another body is not: the rows belong to their body.
	return Whole
}

// Sheet is the rows of a body that were refused, in the partner's own layout.
type Sheet struct {
	Columns []string // of the file; nil: its rows are lines of text
	Rows    []Row
}

// Row is one row as it stands in the file.
type Row struct {
	Row      uint32
	Cells    []string // under Columns; nil where the row can't be told into cells
	Text     string   // the line itself
	Refusals []sellthrough.Refusal
}

// ErrBody says that the body is not what its refusals are of, which is a mistake of ours or of the archive's.
var ErrBody = errors.New("the body and its refused rows do not belong together")

// Read gives the refused rows of a body. Refusals have to be in the order of their rows; those of row 0 are the body's.
// open gives the body; it is called twice. Its error is a *Problem, ErrBody, or open's.
func Read(f *config.Feed, l config.Limits, open func() (io.ReadCloser, error), refusals []sellthrough.Refusal) (Sheet, error) {
	if Of(f) == None {
		return Sheet{}, problem("rows of a %s file can't be shown one by one", f.Format.Type)
	}
	want := map[uint32][]sellthrough.Refusal{}
	for _, r := range refusals {
		if r.Row > 0 {
			want[r.Row] = append(want[r.Row], r)
		}
	}
	var p *places
	err := with(open, func(src io.Reader) (err error) { p, err = place(f, l, src, want); return err })
	if err == nil {
		err = with(open, func(src io.Reader) error { return p.texts(f, src) })
	}
	if err != nil {
		return Sheet{}, err
	}
	s := Sheet{Columns: p.columns}
	for _, row := range slices.Sorted(maps.Keys(want)) {
		at, ok := p.rows[row]
		if !ok {
			return Sheet{}, fmt.Errorf("%w: there is no row %d", ErrBody, row)
		}
		text := strings.ToValidUTF8(strings.TrimRight(string(at.text), "\r\n"), "\uFFFD")
		s.Rows = append(s.Rows, Row{Row: row, Cells: at.cells, Text: text, Refusals: want[row]})
	}
	return s, nil
}

// Change is what a partner makes of a row: cells, or a line of text, or nothing.
type Change struct {
	Row   uint32   `json:"row"`
	Cells []string `json:"cells,omitempty"`
	Text  string   `json:"text,omitempty"`
	Drop  bool     `json:"drop,omitempty"` // the row is no line of the report, as a remark below it
}

// Mended is how a body with its changes reads.
type Mended struct {
	Accepted, Refused int64
	Refusals          []sellthrough.Refusal // of the changed rows, by their numbers in the body that was sent
	Placed            map[uint32]uint32     // where each changed row stands now
}

// Problem is a mistake in the changes: whose it is to mend is the partner.
type Problem struct{ Text string }

func (p *Problem) Error() string { return p.Text }

func problem(format string, a ...any) error { return &Problem{fmt.Sprintf(format, a...)} }

// Merge writes the body that mends another one into out, which has to be empty, and reads it again. open gives the body that was sent; it is called
// a few times. Its error is a *Problem, or open's and out's own.
func Merge(f *config.Feed, l config.Limits, open func() (io.ReadCloser, error), changes []Change, out File) (Mended, error) {
	way := Of(f)
	if way == None {
		return Mended{}, problem("rows of a %s file can't be exchanged one by one; mend the file and send it again as a whole", f.Format.Type)
	}
	byRow, err := index(changes)
	if err != nil {
		return Mended{}, err
	}
	m := &merger{feed: f, limits: l, changes: byRow, way: way}
	for _, step := range []func(io.Reader) error{m.find, m.write(out), m.remember} {
		if err := with(open, step); err != nil {
			return Mended{}, err
		}
	}
	if err := out.Finish(); err != nil {
		return Mended{}, fmt.Errorf("lay the mended body down: %w", err)
	}
	return m.compare(io.NewSectionReader(out, 0, out.Size()))
}

// File is where a mended body lies: it is written, finished, and then read. *sealed.Temp is one.
type File interface {
	io.Writer
	io.ReaderAt
	Finish() error
	Size() int64
}

func with(open func() (io.ReadCloser, error), use func(io.Reader) error) error {
	src, err := open()
	if err != nil {
		return err
	}
	defer src.Close()
	return use(src)
}

func index(changes []Change) (map[uint32]*Change, error) {
	out := map[uint32]*Change{}
	for i := range changes {
		c := &changes[i]
		if c.Row == 0 || out[c.Row] != nil {
			return nil, problem("row %d is changed twice, or is none", c.Row)
		}
		if c.Drop && (len(c.Cells) > 0 || c.Text != "") || !c.Drop && len(c.Cells) == 0 && c.Text == "" {
			return nil, problem("row %d has nothing in it; fill it, or leave it out", c.Row)
		}
		out[c.Row] = c
	}
	if len(out) == 0 {
		return nil, problem("nothing was changed")
	}
	return out, nil
}

// walk goes through a body as the collector will.
func walk(f *config.Feed, l config.Limits, src io.Reader, w *ingest.Walk) (ingest.Walked, error) {
	walked, err := w.Through(f, l, src)
	if r, ok := sellthrough.AsRefusal(err); ok {
		return walked, problem("so mended, the file can't be read as a whole: %s", r.Error())
	}
	return walked, err
}

package reference

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/internal/embedded/filelock"
)

// Entry is a cross-reference with who wrote it down and when, as a person adds it.
type Entry struct {
	CrossReference
	Who  string
	When time.Time
}

// ErrFolder says that a folder's files can't be changed from here: there is none, or it is readonly.
var ErrFolder = errors.New("the reference folder can't be written")

// Conflict says that the file says something else of the code, perhaps since a moment ago.
type Conflict struct {
	Entry     // what it says
	Row   int // where
	Again bool
}

// Error says what the file has, and what to do.
func (c *Conflict) Error() string {
	by := ""
	if c.Who != "" {
		by = ", by " + c.Who
	}
	if !c.When.IsZero() {
		by += " on " + c.When.UTC().Format("2006-01-02 15:04 UTC")
	}
	if c.Again {
		return fmt.Sprintf("crossreferences.csv is being changed by somebody else; look at it, then try again (row %d)", c.Row)
	}
	return fmt.Sprintf("crossreferences.csv says in row %d already that %s %s of %s is %s%s; change that row, or give both dates", c.Row, c.Kind, c.Code, c.Partner, c.Target, by)
}

// Faults are mistakes of the folder, with the change or already before it. Nothing was written.
type Faults struct {
	Before bool // without the change too
	Err    error
}

// Error lists them.
func (f *Faults) Error() string {
	if f.Before {
		return "the reference folder has a mistake already, so nothing is added to it: " + f.Err.Error()
	}
	return "the change would be a mistake: " + f.Err.Error()
}

// Unwrap gives the mistakes.
func (f *Faults) Unwrap() error { return f.Err }

const crossFile = "crossreferences.csv"

// Add writes a cross-reference into crossreferences.csv of a folder: behind its rows, with everything else byte for byte as it
// was, but for the columns who and when where the header lacks them. The whole folder is checked with the change before
// anything is written, and the file is exchanged at once. One that says the same already is left alone. Its error is a
// *Conflict, *Faults, ErrFolder, or the system's.
func Add(ctx context.Context, dir string, e Entry) error {
	return change(ctx, dir, func(f *crossing) (bool, error) {
		for _, row := range f.rows {
			if row.Partner != e.Partner || row.Kind != e.Kind || row.Code != e.Code || row.To != 0 && row.To < e.From || e.To != 0 && e.To < row.From {
				continue
			}
			if row.Target == e.Target && row.Units == e.Units && row.From == e.From && row.To == e.To {
				return false, nil
			}
			return false, &Conflict{Entry: row.Entry, Row: row.line}
		}
		return true, f.add(e)
	}, func(t Tables) error {
		if e.Kind != "location" {
			return nil
		}
		i := slices.IndexFunc(t.Locations, func(l Location) bool { return l.Code == e.Target })
		if i >= 0 && t.Locations[i].Partner != "" && t.Locations[i].Partner != e.Partner {
			return fmt.Errorf("location %s is a location of partner %s, so no code of %s can mean it", e.Target, t.Locations[i].Partner, e.Partner)
		}
		return nil
	})
}

// Take takes a cross-reference out again, where the file still has it as it is given, who and when included.
func Take(ctx context.Context, dir string, e Entry) error {
	return change(ctx, dir, func(f *crossing) (bool, error) {
		for i, row := range f.rows {
			if row.CrossReference == e.CrossReference && row.Who == e.Who && row.When.Equal(e.When) {
				f.text = append(bytes.Clone(f.text[:row.from]), f.text[f.rows[i].to:]...)
				return true, nil
			}
		}
		return false, &Conflict{Entry: e, Again: true}
	}, nil)
}

// Entries are the cross-references of a folder's file, in its order.
func Entries(dir string) ([]Entry, error) {
	text, err := os.ReadFile(filepath.Join(dir, crossFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read reference: %w", err)
	}
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(f.rows))
	for i := range f.rows {
		out[i] = f.rows[i].Entry
	}
	return out, nil
}

// change edits crossreferences.csv under the folder's lock. Who edits it without the lock meanwhile wins, and the edit is
// done again on what they wrote.
func change(ctx context.Context, dir string, edit func(*crossing) (bool, error), check func(Tables) error) error {
	path, err := filepath.EvalSymlinks(filepath.Join(dir, crossFile)) // a link stays one
	switch {
	case errors.Is(err, fs.ErrNotExist):
		path = filepath.Join(dir, crossFile)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	lock, err := filelock.Wait(ctx, filepath.Join(filepath.Dir(path), ".crossreferences.lock"))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	defer lock.Release()
	for range 5 {
		before, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read reference: %w", err)
		}
		f, err := parse(before)
		if err != nil {
			return &Faults{Before: true, Err: err}
		}
		changed, err := edit(f)
		if err != nil || !changed {
			return err
		}
		t, _, err := load(dir, map[string]string{crossFile: string(f.text)})
		if err == nil && check != nil {
			err = check(t)
		}
		if err != nil {
			_, _, old := load(dir, map[string]string{crossFile: string(before)})
			return &Faults{Before: old != nil, Err: bare(dir, err)}
		}
		done, err := exchange(path, before, f.text)
		if err != nil || done {
			return err
		}
	}
	return &Conflict{Again: true}
}

// bare is an error without the folder's path, which is nobody's business on a page.
func bare(dir string, err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), filepath.Clean(dir)+string(filepath.Separator), ""))
}

// exchange puts a new text in a file's place, all of it or nothing, unless the file is not what it was.
func exchange(path string, before, after []byte) (done bool, err error) {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	part, err := os.CreateTemp(filepath.Dir(path), ".crossreferences-*")
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	defer os.Remove(part.Name())
	_, err = part.Write(after)
	if err = errors.Join(err, part.Chmod(mode), part.Sync(), part.Close()); err != nil {
		return false, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	now, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read reference: %w", err)
	}
	if !bytes.Equal(now, before) {
		return false, nil
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return false, fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if d, err := os.Open(filepath.Dir(path)); err == nil {
		_ = d.Sync() // not every system can
		d.Close()
	}
	return true, nil
}

// crossing is the text of crossreferences.csv, and where its rows stand in it.
type crossing struct {
	text []byte
	head []string
	eol  string
	ends []int // of all records, the header's first, before their line ends
	rows []crossRow
}

type crossRow struct {
	Entry
	line     int
	from, to int // in the text, with the line end
}

func when(cell string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, cell); err == nil {
		return t, nil
	}
	return time.Parse(time.DateOnly, cell)
}

// parse reads the text of a file; an empty one has a header of its own.
func parse(text []byte) (*crossing, error) {
	f := &crossing{text: text, eol: "\n"}
	if len(bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))) == 0 {
		f.text = []byte("partner,kind,code,target,units,from,to,who,when\n")
	}
	skipped := len(f.text) - len(bytes.TrimPrefix(f.text, []byte("\ufeff")))
	c := csv.NewReader(bytes.NewReader(f.text[skipped:]))
	c.FieldsPerRecord = -1
	for from := skipped; ; {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		line, _ := c.FieldPos(0)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", crossFile, line, err)
		}
		to := skipped + int(c.InputOffset())
		record := f.text[from:to]
		f.ends = append(f.ends, from+len(bytes.TrimRight(record, "\r\n")))
		if f.head == nil {
			f.head = rec
			if bytes.HasSuffix(record, []byte("\r\n")) {
				f.eol = "\r\n"
			}
			from = to
			continue
		}
		cells := map[string]string{}
		for i, name := range f.head {
			if i < len(rec) {
				cells[name] = strings.TrimSpace(rec[i])
			}
		}
		var t Tables
		if err := readCrossReference(&t, row{file: crossFile, line: line, cells: cells}); err != nil {
			return nil, err
		}
		x := crossRow{Entry: Entry{CrossReference: t.CrossReferences[0], Who: cells["who"]}, line: line, from: from, to: to}
		if cells["when"] != "" {
			x.When, _ = when(cells["when"]) // it was checked a moment ago
		}
		f.rows = append(f.rows, x)
		from = to
	}
}

// add writes an entry behind the rows.
func (f *crossing) add(e Entry) error {
	var out bytes.Buffer
	missing := []string{}
	for _, name := range []string{"who", "when"} {
		if !slices.Contains(f.head, name) {
			missing = append(missing, name)
		}
	}
	for _, name := range []string{"units", "from", "to"} { // a column that the entry needs
		if (name == "units" && e.Units != sellthrough.One || name == "from" && e.From != 0 || name == "to" && e.To != 0) && !slices.Contains(f.head, name) {
			missing = append(missing, name)
		}
	}
	at := 0
	for i, end := range f.ends { // every record becomes longer, and keeps its bytes
		out.Write(f.text[at:end])
		for _, name := range missing {
			out.WriteByte(',')
			if i == 0 {
				out.WriteString(name)
			}
		}
		at = end
	}
	out.Write(f.text[at:])
	if b := out.Bytes(); len(b) > 0 && b[len(b)-1] != '\n' {
		out.WriteString(f.eol)
	}
	f.head = append(f.head, missing...)
	cells := make([]string, len(f.head))
	for i, name := range f.head {
		switch name {
		case "partner":
			cells[i] = e.Partner
		case "kind":
			cells[i] = e.Kind
		case "code":
			cells[i] = e.Code
		case "target":
			cells[i] = e.Target
		case "units":
			cells[i] = e.Units.String()
		case "from":
			cells[i] = dayText(e.From)
		case "to":
			cells[i] = dayText(e.To)
		case "who":
			cells[i] = e.Who
		case "when":
			cells[i] = e.When.UTC().Format(time.RFC3339)
		}
		if cells[i] != strings.TrimSpace(cells[i]) || strings.ContainsAny(cells[i], "\x00\r\n") {
			return &Faults{Err: fmt.Errorf("%s %q can't be written into a line of the file", name, cells[i])}
		}
	}
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	_ = w.Write(cells) // into memory
	w.Flush()
	out.WriteString(strings.TrimSuffix(line.String(), "\n") + f.eol)
	f.text = out.Bytes()
	return nil
}

func dayText(d sellthrough.Day) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

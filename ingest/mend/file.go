package mend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/csv"
	"sellthrough/ingest/format/encoding"
	"sellthrough/internal/config"
)

// The two columns that a file of refused rows has beside the partner's own: where the row stands in the file that was sent,
// and what is wrong with it. By the first, mended rows find their places again.
const (
	rowColumn     = "#row"
	problemColumn = "#problem"
	textMember    = "#text"
)

// Name is what a file of refused rows is called.
func Name(f *config.Feed, file string) string {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	for _, end := range []string{".gz", ".zst"} {
		file = strings.TrimSuffix(file, end)
	}
	if file == "" {
		file = string(f.ID) + map[bool]string{true: ".ndjson", false: ".csv"}[f.Format.Type == "ndjson"]
	}
	return "refused-" + file
}

// Write writes refused rows as a file in the feed's own layout: its delimiter and encoding, its columns and order, and two
// columns more. say words a refusal for whoever reads it.
func Write(w io.Writer, f *config.Feed, s Sheet, say func(sellthrough.Refusal) string) error {
	var b []byte
	problems := func(r *Row) string {
		var out []string
		for _, x := range r.Refusals {
			text := say(x)
			if x.Column != "" {
				text = x.Column + ": " + text
			}
			out = append(out, text)
		}
		return strings.Join(out, "; ")
	}
	if f.Format.Type == "ndjson" {
		for i := range s.Rows {
			r := &s.Rows[i]
			head, err := json.Marshal(map[string]any{rowColumn: r.Row, problemColumn: problems(r)})
			if err != nil {
				return err
			}
			body, ok := members([]byte(r.Text))
			if !ok {
				text, err := json.Marshal(r.Text)
				if err != nil {
					return err
				}
				body = []byte(`"` + textMember + `":` + string(text))
			}
			b = append(b, head[:len(head)-1]...)
			if len(body) > 0 {
				b = append(append(b, ','), body...)
			}
			b = append(b, "}\n"...)
		}
		_, err := w.Write(b)
		return err
	}
	comma := f.Format.Comma()
	b = appendRecord(b, append(slices.Clone(s.Columns), rowColumn, problemColumn), comma)
	b = append(b, "\r\n"...)
	for i := range s.Rows {
		r := &s.Rows[i]
		cells := slices.Clone(r.Cells)
		if cells == nil { // what can't be told into cells stands in the first one, as a whole
			cells = make([]string, max(1, len(s.Columns)))
			cells[0] = r.Text
		}
		b = appendRecord(b, append(cells, strconv.FormatUint(uint64(r.Row), 10), problems(r)), comma)
		b = append(b, "\r\n"...)
	}
	code, err := encoding.Parse(f.Format.Encoding)
	if err != nil {
		return err
	}
	if code == encoding.Auto {
		code = encoding.UTF8
	}
	coded, err := code.Encode(b)
	if err != nil { // the reasons are in more characters than the partner's own encoding may have
		code, coded = encoding.UTF8, b
	}
	if code == encoding.UTF8 || code == encoding.UTF16LE || code == encoding.UTF16BE {
		coded = append(slices.Clone(code.Mark()), coded...) // so that a spreadsheet knows
	}
	_, err = w.Write(coded)
	return err
}

// members is what stands between the braces of a JSON object.
func members(text []byte) ([]byte, bool) {
	text = bytes.TrimSpace(text)
	if len(text) < 2 || text[0] != '{' || !json.Valid(text) {
		return nil, false
	}
	return bytes.TrimSpace(text[1 : len(text)-1]), true
}

// largest is how many rows a file of mended rows may have.
const largest = 200_000

// ReadFile reads a file of mended rows back. It may have been saved by another program in another encoding and with another
// delimiter. Rows that are not in it are not changed, and neither is a row that is as it was. Its error is a *Problem, or
// src's own.
func ReadFile(f *config.Feed, src io.Reader, was Sheet) ([]Change, error) {
	text, err := io.ReadAll(io.LimitReader(src, longest+1))
	if err != nil {
		return nil, err
	}
	if len(text) > longest {
		return nil, problem("the file is larger than 64 MiB; mend the whole file and send it again")
	}
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) || bytes.HasPrefix(text, []byte("\xD0\xCF\x11\xE0")) {
		return nil, problem("the file is a workbook; save the sheet as CSV (UTF-8) and send that")
	}
	known := map[uint32]*Row{}
	for i := range was.Rows {
		known[was.Rows[i].Row] = &was.Rows[i]
	}
	var out []Change
	if f.Format.Type == "ndjson" {
		out, err = readObjects(text)
	} else {
		out, err = readTable(f, text, was)
	}
	if err != nil {
		return nil, err
	}
	for i := range out {
		if known[out[i].Row] == nil {
			return nil, problem("row %d of the file that was sent was not refused; leave %s as it is", out[i].Row, rowColumn)
		}
	}
	return slices.DeleteFunc(out, func(c Change) bool {
		r := known[c.Row]
		return c.Cells != nil && slices.Equal(c.Cells, r.Cells) || c.Cells == nil && !c.Drop && compact(c.Text) == compact(r.Text)
	}), nil
}

// compact is a text without blanks that mean nothing: those around it, and those of JSON.
func compact(text string) string {
	var b bytes.Buffer
	if json.Compact(&b, []byte(text)) == nil {
		return b.String()
	}
	return strings.TrimSpace(text)
}

func readTable(f *config.Feed, text []byte, was Sheet) ([]Change, error) {
	guess := encoding.Detect(text)
	if code, err := encoding.Parse(f.Format.Encoding); err == nil && code != encoding.Auto && !guess.Certain {
		guess.Encoding = code
	}
	plain, err := io.ReadAll(encoding.NewReader(bytes.NewReader(text), encoding.Options{Encoding: guess.Encoding}))
	if err != nil {
		return nil, problem("the file can't be read: %v", err)
	}
	comma := f.Format.Comma()
	head, _, _ := bytes.Cut(plain, []byte("\n"))
	if !bytes.Contains(head, []byte(string(rune(comma))+rowColumn)) && !bytes.Contains(head, []byte(string(rune(comma))+`"`+rowColumn)) {
		if d := csv.DetectDelimiter(plain, true); d.Byte != 0 {
			comma = d.Byte
		}
	}
	r := csv.NewReader(bytes.NewReader(plain), csv.Options{Delimiter: comma})
	fields, _, err := r.Next()
	if errors.Is(err, io.EOF) {
		return nil, problem("the file is empty")
	}
	if err != nil {
		return nil, problem("the file can't be read: %v", err)
	}
	names := texts(fields)
	at := slices.Index(names, rowColumn)
	if at < 0 {
		return nil, problem("the file has no column %s, by which its rows find their places; mend the file that was downloaded here, or send the whole report again", rowColumn)
	}
	places := make([]int, len(was.Columns))
	as := len(names) >= len(was.Columns) && slices.EqualFunc(names[:len(was.Columns)], was.Columns, func(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) })
	for i, c := range was.Columns {
		if places[i] = i; as { // also where columns have no names
			continue
		}
		if places[i] = slices.IndexFunc(names, func(n string) bool { return strings.TrimSpace(n) == strings.TrimSpace(c) }); places[i] < 0 {
			return nil, problem("the file has no column %q any more; leave the columns as they were", c)
		}
	}
	var out []Change
	for len(out) < largest {
		fields, line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, problem("line %d of the file can't be read: %v", line, err)
		}
		cells := texts(fields)
		cell := func(i int) string {
			if i < len(cells) {
				return cells[i]
			}
			return ""
		}
		n, err := strconv.ParseUint(strings.TrimSpace(cell(at)), 10, 32)
		if err != nil {
			return nil, problem("line %d of the file has %q in column %s; leave the row numbers as they were", line, cell(at), rowColumn)
		}
		c := Change{Row: uint32(n)}
		for _, i := range places {
			c.Cells = append(c.Cells, cell(i))
		}
		i := slices.IndexFunc(was.Rows, func(r Row) bool { return r.Row == c.Row })
		switch {
		case strings.Join(c.Cells, "") == "":
			c = Change{Row: c.Row, Drop: true}
		case i >= 0 && was.Rows[i].Cells == nil && strings.Join(c.Cells[1:], "") == "": // a line as a whole
			c = Change{Row: c.Row, Text: c.Cells[0]}
		case i >= 0 && was.Rows[i].Cells == nil:
			c = Change{Row: c.Row, Text: string(appendRecord(nil, c.Cells, f.Format.Comma()))}
		}
		out = append(out, c)
	}
	return nil, problem("the file has more than %d rows; mend the whole file and send it again", largest)
}

func texts(fields [][]byte) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = string(f)
	}
	return out
}

func readObjects(text []byte) ([]Change, error) {
	var out []Change
	line := 0
	for l := range bytes.Lines(bytes.TrimPrefix(text, encoding.UTF8.Mark())) {
		line++
		if l = bytes.TrimSpace(l); len(l) == 0 {
			continue
		}
		if len(out) == largest {
			return nil, problem("the file has more than %d rows; mend the whole file and send it again", largest)
		}
		c, err := readObject(l)
		if err != nil {
			return nil, problem("line %d of the file: %v", line, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// readObject takes our members out of an object and leaves the others as they are written.
func readObject(line []byte) (Change, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return Change{}, errors.New("it is no JSON object")
	}
	var c Change
	var kept []string
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return c, err
		}
		name, ok := t.(string)
		var v json.RawMessage
		if err := d.Decode(&v); err != nil || !ok {
			return c, fmt.Errorf("it is no JSON: %w", err)
		}
		switch name {
		case rowColumn:
			n, err := strconv.ParseUint(strings.Trim(string(v), `"`), 10, 32)
			if err != nil {
				return c, fmt.Errorf("%s is %s; leave the row numbers as they were", rowColumn, v)
			}
			c.Row = uint32(n)
		case problemColumn:
		case textMember:
			if err := json.Unmarshal(v, &c.Text); err != nil {
				return c, err
			}
		default:
			key, err := json.Marshal(name)
			if err != nil {
				return c, err
			}
			kept = append(kept, string(key)+":"+string(v))
		}
	}
	if c.Row == 0 {
		return c, fmt.Errorf("it has no %s, by which it finds its place", rowColumn)
	}
	if len(kept) > 0 || c.Text == "" {
		c.Text = "{" + strings.Join(kept, ",") + "}"
	}
	c.Text = strings.TrimSpace(c.Text)
	return c, nil
}

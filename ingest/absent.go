package ingest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"sellthrough/ingest/format/json/object"
	"sellthrough/internal/config"
)

// How much of a body of objects is looked at for members that were renamed.
const (
	headBytes = 64 << 10
	headLines = 50
)

// present looks at the first lines of a body of JSON objects, which has no header that could say that a column is gone. It
// refuses the body where a column is in none of them and another member is likely to be it now. It gives the body back.
func (f *feed) present(src io.Reader, names []string, l config.Limits) (io.Reader, error) {
	b := bufio.NewReaderSize(src, headBytes)
	head, err := b.Peek(headBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return b, nil // whoever reads on is told
	}
	head = bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))
	if err == nil { // more follows: the last line may be cut
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	p := object.New(names, object.Limits{MaxField: int(l.Field), MaxFields: 1000})
	absent := slices.Clone(names)
	var lines [][]byte
	for line := range bytes.Lines(head) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if len(lines) == headLines {
			break
		}
		if _, fault := p.Read(line); fault != nil {
			continue // a row's own matter
		}
		lines = append(lines, line)
		for i, v := range p.Fields() {
			if v != nil {
				absent = slices.DeleteFunc(absent, func(n string) bool { return n == names[i] })
			}
		}
		if len(absent) == 0 {
			return b, nil
		}
	}
	if len(lines) == 0 {
		return b, nil
	}
	var members []string
	for _, line := range lines[:min(len(lines), 5)] {
		var v map[string]json.RawMessage
		if json.Unmarshal(line, &v) == nil {
			members = paths(members, "", v, 0)
		}
	}
	return b, f.mapping.Renamed(absent, members)
}

// paths adds the dotted paths of an object's members that hold a value.
func paths(out []string, prefix string, v map[string]json.RawMessage, depth int) []string {
	for name, raw := range v {
		path := prefix + name
		var inner map[string]json.RawMessage
		if depth < 4 && json.Unmarshal(raw, &inner) == nil && inner != nil {
			out = paths(out, path+".", inner, depth+1)
		} else if !slices.Contains(out, path) && len(out) < 500 {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}

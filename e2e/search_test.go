package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sellthrough/ingest/archive"
	"sellthrough/ingest/keys"
	"sellthrough/internal/bus"
)

// searched says where texts stand: in the files of engines, archive, key store, doors and log; in the records of both topics;
// in the texts of all tables; in what was told.
func (s *system) searched(texts []string, told ...[]byte) (places []string) {
	s.t.Helper()
	find := func(where string, b []byte) {
		for _, x := range texts {
			if bytes.Contains(b, []byte(x)) {
				places = append(places, fmt.Sprintf("%s holds %q", where, x))
			}
		}
	}
	for i, b := range told {
		find(fmt.Sprintf("answer %d", i), b)
	}
	files := 0
	if err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // merged away meanwhile
		}
		if err != nil || !d.Type().IsRegular() || d.Name() == "sellthrough.yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		files++
		find("file "+path, text)
		find("file name ", []byte(path))
		return err
	}); err != nil || files < 50 {
		s.t.Fatal(files, err)
	}
	for _, m := range s.records() {
		find(fmt.Sprintf("record %s at %d", m.Type, m.Offset), m.Value)
	}
	byTable, columns := map[string][]string{}, 0
	for line := range strings.SplitSeq(s.ask(`SELECT table, name FROM system.columns WHERE database = 'sellthrough' AND type LIKE '%String%' AND default_kind NOT IN ('EPHEMERAL', 'ALIAS')
			AND table IN (SELECT name FROM system.tables WHERE database = 'sellthrough' AND engine LIKE '%MergeTree')`), "\n") {
		table, name, _ := strings.Cut(line, " ")
		columns++
		for _, x := range texts {
			byTable[table] = append(byTable[table], fmt.Sprintf("sum(positionCaseInsensitiveUTF8(toString(`%s`), '%s') > 0)", name, x))
		}
	}
	if columns < 50 {
		s.t.Fatalf("only %d columns are looked through", columns)
	}
	for table, sums := range byTable {
		if n := s.ask("SELECT " + strings.Join(sums, " + ") + " FROM sellthrough." + table); n != "0" {
			places = append(places, fmt.Sprintf("table %s has %s cells with one of %q", table, n, texts))
		}
	}
	return places
}

// absent fails the test where one of the texts stands anywhere.
func (s *system) absent(when string, texts []string, told ...[]byte) {
	s.t.Helper()
	for _, p := range s.searched(texts, told...) {
		s.t.Errorf("%s: %s", when, p)
	}
}

// records are those of both topics.
func (s *system) records() (out []bus.Message) {
	s.t.Helper()
	var e struct{ Brokers []string }
	text, err := os.ReadFile(filepath.Join(s.dir, "data", "engines.json"))
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := bus.New(bus.Options{Brokers: e.Brokers, Prefix: "sellthrough", Partitions: 4, Replication: 1, Retention: 90 * 24 * time.Hour})
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	inc, err := b.Ensure(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	read := func(t bus.Topic, p int, inc bus.Incarnation) {
		_, end, err := b.Offsets(s.t.Context(), t, p)
		if err != nil {
			s.t.Fatal(err)
		}
		r := b.Reader(t, p, inc, 0)
		for next := int64(0); next < end; {
			m, ok, err := r.Next(s.t.Context(), time.Second)
			if err != nil {
				s.t.Fatal(err)
			}
			if ok {
				out, next = append(out, m), m.Offset+1
			}
		}
	}
	read(bus.Submissions, 0, inc.Submissions)
	for p := range 4 {
		read(bus.Lines, p, inc.Lines)
	}
	return out
}

// keyStore opens the key store of the running system, as a command does.
func (s *system) keyStore() *keys.Store {
	s.t.Helper()
	k, err := keys.Open(s.t.Context(), keys.Options{At: filepath.Join(s.dir, "data", "keys")})
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// readable says whether a body can be read from the archive.
func (s *system) readable(body string) bool {
	s.t.Helper()
	a, err := archive.Open(s.t.Context(), filepath.Join(s.dir, "data", "archive"))
	if err != nil {
		s.t.Fatal(err)
	}
	a.Keys = s.keyStore()
	r, err := a.Open(s.t.Context(), body)
	if errors.Is(err, archive.ErrErased) {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err != nil {
		s.t.Fatal(err)
	}
	return true
}

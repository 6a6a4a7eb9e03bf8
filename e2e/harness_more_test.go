package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sellthrough/internal/child"
)

var errStillThere = errors.New("neither ready nor ended in time")

// launch starts the process without waiting for it; env is added for this life only. It gives the length of the log so far.
func (s *system) launch(env ...string) (logged int64) {
	s.t.Helper()
	var err error
	if s.out, err = os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		s.t.Fatal(err)
	}
	if info, err := s.out.Stat(); err == nil {
		logged = info.Size()
	}
	cmd := exec.Command(s.program(), append(s.args, "--config", filepath.Join(s.dir, "sellthrough.yaml"))...)
	cmd.Stdout, cmd.Stderr = s.out, s.out
	cmd.Env = append(append(os.Environ(), s.env...), env...)
	if s.proc, err = child.Start(cmd); err != nil {
		s.t.Fatal(err)
	}
	return logged
}

// readyOrEnded waits until the process is ready or has ended, and says whether it is still there.
func (s *system) readyOrEnded(limit time.Duration) (alive bool, err error) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		if resp, err := http.Get(s.admin + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true, nil
			}
		}
		if s.ended(20 * time.Millisecond) {
			return false, errors.New(s.proc.How())
		}
	}
	return true, errStillThere
}

// ended waits up to a limit for the process to end.
func (s *system) ended(limit time.Duration) bool {
	select {
	case <-s.proc.Ended():
		return true
	case <-time.After(limit):
		return false
	}
}

// try is ask while ClickHouse may be away.
func (s *system) try(sql string) (string, error) {
	l := s.ledger()
	defer l.Close()
	t, err := l.Query(s.t.Context(), sql, nil)
	if err != nil {
		return "", err
	}
	var rows []string
	for _, r := range t.Rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = fmt.Sprint(c)
		}
		rows = append(rows, strings.Join(cells, " "))
	}
	return strings.Join(rows, "\n"), nil
}

// inserting waits until ClickHouse is in the middle of an insert into the ledger.
func (s *system) inserting(limit time.Duration) bool {
	l := s.ledger()
	defer l.Close()
	for end := time.Now().Add(limit); time.Now().Before(end); {
		t, err := l.Query(s.t.Context(), "SELECT count() FROM system.processes WHERE query LIKE 'INSERT INTO%movements%'", nil)
		if err == nil && len(t.Rows) == 1 && fmt.Sprint(t.Rows[0][0]) != "0" {
			return true
		}
	}
	return false
}

// loggedSince is what the program wrote after a place in its log.
func (s *system) loggedSince(from int64) string {
	f, err := os.Open(filepath.Join(s.dir, "log"))
	if err != nil {
		return ""
	}
	defer f.Close()
	if _, err := f.Seek(from, 0); err != nil {
		return ""
	}
	var b strings.Builder
	_, _ = bufio.NewReader(f).WriteTo(&b)
	return b.String()
}

// engine is the pid of the embedded ClickHouse, 0 while there is none.
func (s *system) engine() int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil || !strings.Contains(string(line), "\x00clickhouse-child\x00") {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); len(f) > 1 && f[0] != "Z" && f[1] == strconv.Itoa(s.proc.Process.Pid) {
			return pid
		}
	}
	return 0
}

// owned lists the partitions that a transformer reports as its own.
func (s *system) owned() (partitions []string) {
	resp, err := http.Get(s.admin + "/metrics")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), `sellthrough_transform_lag_records{partition="`); ok {
			p, _, _ := strings.Cut(rest, `"`)
			partitions = append(partitions, p)
		}
	}
	return partitions
}

// poll waits for a condition.
func (s *system) poll(what string, limit time.Duration, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !ok(); {
		if time.Now().After(end) {
			s.t.Fatalf("after %s still not: %s\n%s", limit, what, s.log())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

package pagetest

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Seen is what a board shows.
type Seen struct {
	Title  string
	Zone   string
	Wide   float64 // of the content
	Window float64
	Panels []Panel
}

// Panel is what one panel shows, and the answer that it shows.
type Panel struct {
	ID       int
	Kind     string
	Title    string
	State    string // shown, empty or failed
	Note     string
	Text     string
	Box      Box
	Overflow bool   // text of a head or number is cut off sideways
	Drawn    []bool // of each chart: something is on it
	Answer   *Answer
	Cells    []Cell
	Calcs    []Cell
	Mapped   map[string][]string // texts that stand for a value, by the value, and "" for those of ranges
	NoValue  string              // the board's text for no value
	Values   bool                // every row is shown, not a calculation over them
}

// Box is where a panel lies.
type Box struct{ X, Y, W, H float64 }

// Answer is what the server answered.
type Answer struct {
	Frames []struct {
		Columns []string
		Types   []string
		Rows    [][]any
	}
}

// Cell is a text and the place of the answer that it shows: frame, row and column, or frame, calculation and column.
type Cell struct{ At, Text string }

//go:embed read.js
var read string

// Read reads the board.
func (b *Tab) Read() Seen {
	b.t.Helper()
	var s Seen
	b.Eval("("+read+")()", &s)
	return s
}

func (s Seen) check(t *testing.T) {
	t.Helper()
	if s.Title == "" || len(s.Panels) == 0 {
		t.Errorf("the board %q has %d panels", s.Title, len(s.Panels))
	}
	if s.Wide > s.Window {
		t.Errorf("the page is %v wide in a window of %v", s.Wide, s.Window)
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Panels {
		if p.Box.W < 40 || p.Box.H < 20 {
			t.Errorf("%s is %v by %v large", p, p.Box.W, p.Box.H)
		}
		if p.Overflow {
			t.Errorf("%s has a number that does not fit", p)
		}
		for _, q := range s.Panels[:i] {
			if w, h := min(p.Box.X+p.Box.W, q.Box.X+q.Box.W)-max(p.Box.X, q.Box.X), min(p.Box.Y+p.Box.H, q.Box.Y+q.Box.H)-max(p.Box.Y, q.Box.Y); w > 1 && h > 1 {
				t.Errorf("%s lies over %s", p, q)
			}
		}
		for _, fault := range p.faults(zone) {
			t.Errorf("%s: %s", p, fault)
		}
	}
}

func (p Panel) String() string { return fmt.Sprintf("panel %d (%s %q)", p.ID, p.Kind, p.Title) }

// rows that a table shows before it is asked for more.
const firstRows = 100

func (p Panel) faults(zone *time.Location) (out []string) {
	fault := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	switch p.State {
	case "empty":
		if len(strings.TrimSpace(p.Note)) < 4 {
			fault("it is empty and does not say why")
		}
		return out
	case "shown":
	default:
		fault("it is %q: %s", p.State, p.Note)
		return out
	}
	if slices.Contains(p.Drawn, false) {
		fault("its chart is blank")
	}
	if strings.TrimSpace(p.Text) == "" && len(p.Cells) == 0 {
		fault("it shows nothing")
	}
	if p.Kind == "text" {
		return out
	}
	if p.NoValue != "" && strings.TrimSpace(p.Text) == p.NoValue {
		return out // a word of the board stands where no number is
	}
	if p.Answer == nil || len(p.Cells)+len(p.Calcs) == 0 {
		fault("it shows none of its answer")
		return out
	}
	rows := map[string]bool{}
	for _, c := range p.Cells {
		var f, r, k int
		if n, err := fmt.Sscanf(c.At, "%d,%d,%d", &f, &r, &k); n != 3 || err != nil {
			fault("a cell at %q", c.At)
			continue
		}
		rows[fmt.Sprint(f, " ", r)] = true
		a := p.Answer.Frames[f]
		if raw := a.Rows[r][k]; !Agrees(c.Text, raw, a.Types[k], zone, p.Mapped) {
			fault("row %d, %s: it shows %q and was answered %v", r, a.Columns[k], c.Text, raw)
		}
	}
	for _, c := range p.Calcs {
		parts := strings.Split(c.At, ",")
		if len(parts) != 3 {
			fault("a calculation at %q", c.At)
			continue
		}
		f, err := strconv.Atoi(parts[0])
		k, err2 := strconv.Atoi(parts[2])
		if err := errors.Join(err, err2); err != nil {
			fault("a calculation at %q: %v", c.At, err)
			continue
		}
		a := p.Answer.Frames[f]
		if want, ok := calculate(parts[1], a.Rows, k); ok && !Agrees(c.Text, want, a.Types[k], zone, p.Mapped) {
			fault("%s of %s: it shows %q and the answer gives %v", parts[1], a.Columns[k], c.Text, want)
		}
	}
	if p.Values {
		for f, a := range p.Answer.Frames {
			n := 0
			for r := range a.Rows {
				if rows[fmt.Sprint(f, " ", r)] {
					n++
				}
			}
			if n < min(len(a.Rows), firstRows) {
				fault("it shows %d of %d rows", n, len(a.Rows))
			}
		}
	}
	return out
}

// calculate does what a panel of one number does with a column. Series of a column, by label, are left to their cells.
func calculate(how string, rows [][]any, k int) (any, bool) {
	sum, n := 0.0, 0
	for _, r := range rows {
		if v, ok := r[k].(float64); ok {
			sum += v
			n++
		}
	}
	switch how {
	case "sum":
		return sum, n > 0
	case "mean":
		return sum / float64(n), n > 0
	case "count":
		return float64(len(rows)), true
	}
	return nil, false
}

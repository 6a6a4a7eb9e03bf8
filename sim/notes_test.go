package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sellthrough"
	"sellthrough/sinks/road"
)

// store is the server as package road sees it, from one process.
type store struct {
	v  *server
	by *process
}

// ask puts a question to the server, which may be down.
func (s store) ask(ctx context.Context, what string, answer func() error) error {
	return s.v.s.ask(ctx, s.by, what, func(fate) error {
		if s.v.down {
			return errDown
		}
		return answer()
	})
}

func (s store) Note(ctx context.Context, k road.Kind, i sellthrough.Intent) error {
	return s.v.s.ask(ctx, s.by, fmt.Sprintf("note %s of %s epoch %d", k, road.Text(i.Token), i.Epoch), func(f fate) error {
		if s.v.down {
			return errDown
		}
		s.v.tables.notes = append(s.v.tables.notes, note{k, i, time.Now()})
		if f == twice {
			s.v.tables.notes = append(s.v.tables.notes, note{k, i, time.Now()})
		}
		return nil
	})
}

func (s store) Fed(ctx context.Context, partition int) (incarnation string, err error) {
	err = s.ask(ctx, fmt.Sprint("incarnation of ", partition), func() error {
		for _, n := range s.v.tables.notes {
			if n.Partition == partition {
				incarnation = n.Incarnation
			}
		}
		return nil
	})
	return incarnation, err
}

func (s store) Epoch(ctx context.Context, _ string, partition int) (epoch uint64, err error) {
	err = s.ask(ctx, fmt.Sprint("claims of ", partition), func() error {
		for _, n := range s.v.tables.notes {
			if n.kind == road.Claim && n.Partition == partition {
				epoch = max(epoch, n.Epoch)
			}
		}
		return nil
	})
	return epoch, err
}

func (s store) Claims(ctx context.Context, _ string, partition int, epoch uint64) (claims int, err error) {
	err = s.ask(ctx, fmt.Sprint("rivals in ", partition), func() error {
		for _, n := range s.v.tables.notes {
			if n.kind == road.Claim && n.Partition == partition && n.Epoch >= epoch {
				claims++
			}
		}
		return nil
	})
	return claims, err
}

// holds are those without their release, and when the oldest of them was written.
func (v *server) holds() (open map[int][]sellthrough.Intent, oldest time.Time) {
	open = map[int][]sellthrough.Intent{}
	type hold struct {
		sellthrough.Token
		epoch uint64
		rows  int
	}
	of := func(n *note) hold { return hold{n.Token, n.Epoch, n.Rows} }
	released := map[hold]bool{}
	for i := range v.tables.notes {
		if n := &v.tables.notes[i]; n.kind == road.Release {
			released[of(n)] = true
		}
	}
	for i := range v.tables.notes {
		n := &v.tables.notes[i]
		if n.kind == road.Hold && !released[of(n)] {
			if len(open) == 0 {
				oldest = n.at
			}
			open[n.Partition] = append(open[n.Partition], n.Intent)
		}
	}
	return open, oldest
}

func (s store) Holds(ctx context.Context, _ string) (open map[int][]sellthrough.Intent, err error) {
	err = s.ask(ctx, "holds", func() error { open, _ = s.v.holds(); return nil })
	return open, err
}

func (s store) Before(ctx context.Context, i sellthrough.Intent) (before bool, err error) {
	err = s.ask(ctx, "intent before hold "+road.Text(i.Token), func() error {
		open, hold := s.v.holds()
		before = len(open) == 0
		for _, n := range s.v.tables.notes {
			if n.kind == road.Intent && n.Token == i.Token && !n.at.After(hold.Add(road.Visible)) {
				before = true
			}
		}
		return nil
	})
	return before, err
}

func (s store) Flying(ctx context.Context, _ string) (flying []int, err error) {
	err = s.ask(ctx, "batches in flight", func() error {
		_, hold := s.v.holds()
		closed := map[sellthrough.Token]bool{}
		newest := map[int]sellthrough.Intent{}
		owner := map[int]uint64{}
		for _, n := range s.v.tables.notes {
			switch n.kind {
			case road.Done:
				owner[n.Partition] = max(owner[n.Partition], n.Epoch)
				closed[n.Token] = true
			case road.Void, road.Intent:
				if n.kind == road.Void {
					closed[n.Token] = true
				}
				if i, ok := newest[n.Partition]; !ok || n.Epoch > i.Epoch || n.Epoch == i.Epoch && later(n.Token, i.Token) {
					newest[n.Partition] = n.Intent
				}
			}
		}
		open := map[int]bool{}
		for _, n := range s.v.tables.notes {
			i := newest[n.Partition]
			if n.kind == road.Intent && i.Token == n.Token && i.Epoch >= owner[n.Partition] && !closed[n.Token] && !n.at.After(hold.Add(road.Visible)) {
				open[n.Partition] = true
			}
		}
		flying = slices.Sorted(maps.Keys(open))
		return nil
	})
	return flying, err
}

// later orders intents of a partition as the server does: by last, step and retry.
func later(a, b sellthrough.Token) bool {
	if a.Last != b.Last {
		return a.Last > b.Last
	}
	if a.Step != b.Step {
		return a.Step > b.Step
	}
	return a.Retry > b.Retry
}

func (s store) Since(ctx context.Context, i sellthrough.Intent) (since road.Since, err error) {
	err = s.ask(ctx, "what happened since "+road.Text(i.Token), func() error {
		var first time.Time
		for _, n := range s.v.tables.notes {
			if n.kind == road.Void && n.Token == i.Token {
				since.Void = true
			}
			if n.kind == road.Intent && n.Token == i.Token && first.IsZero() {
				first = n.at
			}
		}
		if first.Before(s.v.flooded) {
			since.Blocks = window
		}
		since.Restarted = first.IsZero() || first.Before(s.v.started.Add(2*time.Second))
		for _, n := range s.v.tables.notes {
			if n.kind == road.Intent && !n.at.Before(first) {
				since.Blocks += max(1, n.Blocks)
			}
		}
		return nil
	})
	return since, err
}

// Insert begins an insert, asks check, and sends it: the server waits for the rows no longer than it does.
func (s store) Insert(ctx context.Context, table, token string, b *sellthrough.Batch, check func(context.Context) error) error {
	write := s.v.writer(table, b)
	if write == nil {
		return nil
	}
	token += "/" + table
	var begun time.Time
	if err := s.ask(ctx, "begin insert "+token, func() error { begun = time.Now(); return nil }); err != nil {
		return err
	}
	if err := check(ctx); err != nil {
		return err
	}
	return s.v.s.ask(ctx, s.by, "send insert "+token, func(f fate) error {
		switch {
		case s.v.down:
			return errDown
		case begun.Before(s.v.started), time.Since(begun) > road.Patience:
			return errors.New("the connection is closed")
		}
		if err := s.v.unfit(table, token, b); err != nil {
			return err
		}
		err := s.v.put(table, token, f == twice, write)
		if f == twice && s.v.s.tell != nil {
			s.v.s.tell("the server dies in it")
		}
		return err
	})
}

func (s store) TakeOut(ctx context.Context, i sellthrough.Intent) error {
	return s.ask(ctx, "take out "+road.Text(i.Token), func() error { s.v.tables.takeOut(i.Token); return nil })
}

func (s store) Rebuild(ctx context.Context, token string) error {
	return s.ask(ctx, "rebuild the sums for "+token, func() error {
		return s.v.put("sums", token, false, func() { s.v.tables.sums = s.v.tables.rebuilt() })
	})
}

// writer writes what a batch has for a table; nil where it has nothing.
func (v *server) writer(table string, b *sellthrough.Batch) func() {
	t, at := &v.tables, b.Token
	some := func(n int, write func()) func() {
		if n == 0 {
			return nil
		}
		return write
	}
	switch table {
	case "movements":
		return some(b.Movements.Len(), func() { t.add(sellthrough.Sales, &b.Movements, at) })
	case "stock_reports":
		return some(b.Reports.Len(), func() { t.add(sellthrough.Stock, &b.Reports, at) })
	case "shipment_lines", "transfer_lines", "order_lines", "money_lines", "service_lines", "flow_daily", "published":
		return nil // no feed of the simulation sends such lines; they go the way of the others
	case "sales_daily":
		return some(b.Movements.Len(), func() { t.delta(sellthrough.Sales, &b.Movements) })
	case "stock_daily":
		return some(b.Reports.Len(), func() { t.delta(sellthrough.Stock, &b.Reports) })
	case "floors":
		return some(len(b.Floors), func() { t.floors = with(t.floors, at, b.Floors) })
	case "outcomes":
		return some(len(b.Outcomes), func() { t.outcomes = with(t.outcomes, at, b.Outcomes) })
	case "votes":
		return some(len(b.Votes), func() { t.votes = with(t.votes, at, b.Votes) })
	case "submissions":
		return some(len(b.Homes), func() { t.homes = with(t.homes, at, b.Homes) })
	case "refused":
		return some(len(b.Refusals), func() { t.refused = with(t.refused, at, b.Refusals) })
	case "orders":
		return some(len(b.OrdersDone), func() { t.orders = with(t.orders, at, b.OrdersDone) })
	}
	panic("no such table: " + table)
}

func (t *tables) delta(kind sellthrough.FeedKind, rows *sellthrough.Rows) {
	for i := range rows.Len() {
		t.sum(&row{rows, i, kind, sellthrough.Token{}}, t.sums)
	}
}

func with[T any](to []tokened[T], at sellthrough.Token, add []T) []tokened[T] {
	for _, x := range add {
		to = append(to, tokened[T]{at, x})
	}
	return to
}

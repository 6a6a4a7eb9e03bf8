package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"sellthrough"
)

// keptView is a kept view and the columns of its answer.
type keptView struct {
	sellthrough.View
	columns []string
}

// counted is what the view is called that answers a kept view's question from the sums, whatever is held.
func counted(view string) string { return view + "_counted" }

// keptTable holds the rows of a kept view.
func keptTable(view string) string { return "kept_" + strings.TrimPrefix(view, "v_") }

// keptFor is how old the newest beat of who keeps a day's rows may be. Older: the rows are not read.
const keptFor = 60

// views makes what Options.Views says, behind the views of the schema, which they read.
func (l *Ledger) views(ctx context.Context) error {
	if l.opts.Views == nil {
		return nil
	}
	list, err := l.opts.Views(l.opts.Database, l.model().Zone)
	if err != nil {
		return fmt.Errorf("clickhouse: views: %w", err)
	}
	l.made, l.kept = made(list), nil
	for i := range list {
		if err := l.view(ctx, &list[i]); err != nil {
			return fmt.Errorf("%w (%s)", err, list[i].Name)
		}
	}
	return nil
}

// knowKept learns which views are kept, where Migrate has not made them here.
func (l *Ledger) knowKept(ctx context.Context) error {
	if l.made != "" || l.opts.Views == nil {
		return nil
	}
	list, err := l.opts.Views(l.opts.Database, l.model().Zone)
	if err != nil {
		return fmt.Errorf("clickhouse: views: %w", err)
	}
	var kept []keptView
	for _, v := range list {
		if v.Kept == nil {
			continue
		}
		none, err := l.Query(ctx, "SELECT * FROM "+l.countedFor(&v, "'1970-01-01'")+" LIMIT 0", nil)
		if err != nil {
			return err
		}
		kept = append(kept, keptView{v, none.Columns})
	}
	l.made, l.kept = made(list), kept
	return nil
}

// made names what views say: rows that were kept for others are not theirs.
func made(list []sellthrough.View) string {
	h := sha256.New()
	for i := range list {
		fmt.Fprintf(h, "%s\n%s\n%v\n", list[i].Name, list[i].Select, list[i].Kept)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (l *Ledger) view(ctx context.Context, v *sellthrough.View) error {
	create := func(name, sql string) error {
		return l.exec(ctx, "make view", fmt.Sprintf("CREATE OR REPLACE VIEW %s %s SQL SECURITY INVOKER AS\n%s", l.table(name), l.model().OnCluster, sql))
	}
	if v.Kept == nil {
		return create(v.Name, v.Select)
	}
	if err := create(counted(v.Name), v.Select); err != nil {
		return err
	}
	none, err := l.Query(ctx, "SELECT * FROM "+l.countedFor(v, "'1970-01-01'")+" LIMIT 0", nil)
	if err != nil {
		return err
	}
	if err := l.makeKept(ctx, v, none.Columns); err != nil {
		return err
	}
	l.kept = append(l.kept, keptView{*v, none.Columns})
	return create(v.Name, l.eitherWay(v, none.Columns))
}

// arguments are those of a kept view, by how its day and the others are written.
func arguments(v *sellthrough.View, day string, other func(name string, most int) string) string {
	args := []string{"day = " + day}
	for _, name := range slices.Sorted(maps.Keys(v.Kept.Most)) {
		args = append(args, name+" = "+other(name, v.Kept.Most[name]))
	}
	return "(" + strings.Join(args, ", ") + ")"
}

// most writes the largest value that the rows answer.
func most(_ string, n int) string { return fmt.Sprint(n) }

// countedFor is a kept view's question to the sums, for a day and all that the rows answer.
func (l *Ledger) countedFor(v *sellthrough.View, day string) string {
	return l.table(counted(v.Name)) + arguments(v, day, most)
}

// narrow writes columns, those of the key as dictionaries.
func narrow(v *sellthrough.View, columns []string) string {
	return list(columns, func(c string) string {
		if slices.Contains(v.Kept.Key, c) {
			return fmt.Sprintf("CAST(%[1]s, 'LowCardinality(String)') AS %[1]s", c)
		}
		return c
	})
}

// makeKept makes the table that holds a kept view's rows, and makes it anew where it was made for other views. Its rows are
// void from then on: whoever keeps them begins anew.
func (l *Ledger) makeKept(ctx context.Context, v *sellthrough.View, columns []string) error {
	table := keptTable(v.Name)
	var is string
	if err := l.query(ctx, "look for kept rows", "SELECT comment FROM system.tables WHERE database = ? AND name = ?", func(r driver.Rows) error { return r.Scan(&is) }, l.opts.Database, table); err != nil {
		return err
	}
	if is == l.made {
		return nil
	}
	if is != "" {
		if err := l.exec(ctx, "void kept rows", "INSERT INTO "+l.table("kept_days")+" (day, made) SELECT DISTINCT day, '' FROM "+l.table("kept_days")+" WHERE at > now64(3) - 3600"); err != nil {
			return err
		}
		if err := l.exec(ctx, "drop kept rows", fmt.Sprintf("DROP TABLE IF EXISTS %s %s SYNC", l.table(table), l.model().OnCluster)); err != nil {
			return err
		}
	}
	return l.exec(ctx, "make a table of kept rows", fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s %s ENGINE = %s PARTITION BY kept_day ORDER BY (kept_day, %s) COMMENT '%s'
		EMPTY AS SELECT toDate32('1970-01-01') AS kept_day, now64(6) AS kept_at, toUInt8(0) AS kept_gone, %s FROM %s`,
		l.table(table), l.model().OnCluster, l.model().Replacing(table, "kept_at, kept_gone"), strings.Join(v.Kept.Key, ", "), l.made, narrow(v, columns), l.countedFor(v, "'1970-01-01'")))
}

// eitherWay is the question that reads the rows where they are held for its day, and counts else. Whichever it is, the other
// half is asked for a day long ago, of which nothing is read.
func (l *Ledger) eitherWay(v *sellthrough.View, columns []string) string {
	var most strings.Builder
	for _, name := range slices.Sorted(maps.Keys(v.Kept.Most)) {
		fmt.Fprintf(&most, " AND {%s:Int32} <= %d", name, v.Kept.Most[name])
	}
	held := fmt.Sprintf("(SELECT argMax(made, at) = '%s' FROM %s WHERE day = {day:Date32} AND at > now64(3) - %d)", l.made, l.table("kept_days"), keptFor) + most.String()
	never := "toDate32('1970-01-01')"
	return fmt.Sprintf("SELECT %s FROM %s FINAL WHERE kept_day = if(%s, {day:Date32}, %s)\nUNION ALL\nSELECT %s FROM %s", strings.Join(columns, ", "), l.table(keptTable(v.Name)), held, never,
		narrow(v, columns), l.table(counted(v.Name))+arguments(v, "if("+held+", "+never+", {day:Date32})", func(name string, _ int) string { return "{" + name + ":Int32}" }))
}

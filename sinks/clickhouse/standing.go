package clickhouse

import (
	"cmp"
	"context"
	"slices"

	"sellthrough"
)

// A line's standing row is the one that nothing took out: of all rows of the line that read alike, those written less those
// taken back leave one. It is found by that, never by which row is the newest: two rows of one revision may differ in what a
// reference version, or a replay, made of them, and nothing in them orders them for sure.

// standing is the standing rows of lines, in the order of slice and line. The condition has to select lines, not rows: all
// that was ever said of a line takes part.
func (l *Ledger) standing(ctx context.Context, what, table, where string) (sellthrough.Rows, error) {
	var all sellthrough.Rows
	if err := l.scanRows(ctx, what, "SELECT "+rowColumns+" FROM "+table+" WHERE "+where, &all); err != nil {
		return all, err
	}
	return stand(&all), nil
}

// stand leaves out of all rows of some lines those that were taken back, and those that took back.
func stand(all *sellthrough.Rows) sellthrough.Rows {
	order := make([]int, all.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(all.Slice[a], all.Slice[b]), cmp.Compare(all.Line[a], all.Line[b]), cmp.Compare(all.Version[b], all.Version[a]),
			cmp.Compare(all.Revision[b], all.Revision[a]), cmp.Compare(all.Reference[b], all.Reference[a]))
	})
	var out sellthrough.Rows
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && all.Slice[order[to]] == all.Slice[order[from]] && all.Line[order[to]] == all.Line[order[from]] {
			to++
		}
		line := order[from:to] // the newest first
		for k := len(line) - 1; k >= 0; k-- {
			if i := line[k]; i >= 0 && all.Sign[i] < 0 {
				for n := len(line) - 1; n >= 0; n-- {
					if j := line[n]; j >= 0 && all.Sign[j] > 0 && alike(all, i, j) {
						line[n], line[k] = -1, -1
						break
					}
				}
			}
		}
		for _, i := range line {
			if i >= 0 && all.Sign[i] > 0 {
				out.AppendRow(all, i)
				break
			}
		}
		from = to
	}
	return out
}

// alike says whether row i takes row j back: they say the same of their line, with the other sign.
func alike(r *sellthrough.Rows, i, j int) bool {
	return r.Content[i] == r.Content[j] && r.Qty[i] == -r.Qty[j] && r.Amount[i] == -r.Amount[j] && r.Base[i] == -r.Base[j] && r.RawQty[i] == -r.RawQty[j] &&
		r.Flags[i] == r.Flags[j] && r.Day[i] == r.Day[j] && r.BusinessDate[i] == r.BusinessDate[j] && r.At[i] == r.At[j] && r.SoldAt[i] == r.SoldAt[j] && r.Kind[i] == r.Kind[j] &&
		r.Product[i] == r.Product[j] && r.Place[i] == r.Place[j] && r.Item[i] == r.Item[j] && r.Location[i] == r.Location[j] && r.Currency[i] == r.Currency[j] && r.Unit[i] == r.Unit[j] &&
		r.Document[i] == r.Document[j] && r.LineKey[i] == r.LineKey[j] && r.Counterparty[i] == r.Counterparty[j] && r.Serial[i] == r.Serial[j] &&
		r.MoreOf(i) == r.MoreOf(j)
}

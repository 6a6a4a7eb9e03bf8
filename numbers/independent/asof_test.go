package independent

import (
	"fmt"
	"testing"
	"time"
)

// What the ledger says as of an instant when everything was known is what the sums say now, position by position. A month before, it
// is something else: late, wrong and withdrawn lines stood as they stood then.
func reconciliationAsOf(t *testing.T, c *channel) {
	from, to := c.window()
	ask := func(view string, more ...string) map[string]string {
		out := map[string]string{}
		args := ""
		for _, a := range more {
			args += ", " + a
		}
		for _, r := range c.Ask(t, "SELECT "+byShelf+", concat(toString(calculated), ' ', toString(gap), ' ', toString(unreported), ' ', toString(rest)) FROM "+
			view+"("+with(from, to)[0]+", "+with(from, to)[1]+args+")").Rows {
			out[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
		}
		return out
	}
	layers := func(view, more string) map[string]string {
		out := map[string]string{}
		for _, r := range c.Ask(t, "SELECT "+byShelf+", concat(toString(days_0_30), ' ', toString(days_31_60), ' ', toString(days_61_90), ' ', toString(older), ' ', toString(price)) FROM "+
			view+"(day = '"+c.Day.String()+"'"+more+")").Rows {
			out[fmt.Sprint(r[0])] = fmt.Sprint(r[1])
		}
		return out
	}
	same(t, 4000, ask("v_reconciliation"), ask("v_reconciliation_as_of", "as_of = '2199-01-01 00:00:00'"))
	same(t, 4000, layers("v_ageing", ""), layers("v_ageing_as_of", ", as_of = '2199-01-01 00:00:00'"))
	then := c.Known(c.Day).Add(-20 * 24 * time.Hour).Format(time.DateTime)
	now, before := ask("v_reconciliation"), ask("v_reconciliation_as_of", "as_of = '"+then+"'")
	if len(before) > 0 && len(before) == len(now) {
		changed := 0
		for k := range now {
			if now[k] != before[k] {
				changed++
			}
		}
		if changed < 100 {
			t.Errorf("only %d positions were otherwise as of %s", changed, then)
		}
	}
}

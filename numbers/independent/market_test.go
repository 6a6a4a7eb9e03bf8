package independent

import (
	"testing"
)

var market = []check{{"net sell-out of partners", netSellOut}}

// Units sold to end customers less those that came back, a return being one of a trade customer where it comes from a partner, or
// from nobody known at a location that also sells through.
func netSellOut(t *testing.T, c *channel) {
	want, sums := map[string]string{}, map[string]int64{}
	for _, s := range c.sales(t) {
		if s.reads == "sell_out" {
			sums[s.Partner] += int64(s.Qty)
		}
	}
	for p, n := range sums {
		want[p] = plain(micros(n))
	}
	same(t, 10, want, c.asked(t, "net_sell_out_units", "partner", ""))
}

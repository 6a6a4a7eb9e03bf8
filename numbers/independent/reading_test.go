package independent

import (
	"testing"

	"sellthrough"
	"sellthrough/demo"
)

// sale is a line of sales, and what it counts as by the mode of its day.
type sale struct {
	*demo.Fact
	reads string
}

// sales reads every line of sales: inside the tree, sell_in, bought of another partner, sell_through, or sell_out; empty of what
// is none of these.
func (c *channel) sales(t *testing.T) []sale {
	t.Helper()
	if c.read != nil {
		return c.read
	}
	facts := c.Of(sellthrough.Sales)
	type place struct{ partner, location string }
	through := map[place]bool{}
	for i := range facts {
		if facts[i].Kind == "sell_through" {
			through[place{facts[i].Partner, facts[i].Location}] = true
		}
	}
	inside := c.inside(t)
	for i := range facts {
		f := &facts[i]
		s := sale{Fact: f}
		here, there := inside(f.Partner, f.Day), inside(f.Party, f.Day)
		switch buys := f.Kind == "sell_in" || f.Kind == "return_out"; {
		case f.Kind != "sell_out" && f.Kind != "sell_through" && f.Kind != "return_in" && !buys:
		case here && (there || buys && f.Party == ""):
			s.reads = "inside"
		case buys && (there || f.Party == ""):
			s.reads = "sell_in"
		case buys:
			s.reads = "bought"
		case f.Kind == "sell_out":
			s.reads = "sell_out"
		case f.Kind == "sell_through" || f.Party != "" || through[place{f.Partner, f.Location}]:
			s.reads = "sell_through"
		default:
			s.reads = "sell_out"
		}
		c.read = append(c.read, s)
	}
	return c.read
}

// inside says whether goods at a code, of a partner or of a location, are the vendor's on a day: at its own units for ever, and at
// agents while they are.
func (c *channel) inside(t *testing.T) func(code string, d sellthrough.Day) bool {
	t.Helper()
	owner := map[string]string{}
	for _, l := range c.Sheets["locations"] {
		owner[l["code"]] = l["partner"]
	}
	own := map[string]bool{}
	for _, p := range c.Sheets["partners"] {
		owner[p["partner"]] = p["partner"]
		own[p["partner"]] = p["tier"] == "vendor"
	}
	type at struct {
		partner string
		day     sellthrough.Day
	}
	known := map[at]bool{}
	return func(code string, d sellthrough.Day) bool {
		p := owner[code]
		if p == "" || own[p] {
			return own[p]
		}
		yes, ok := known[at{p, d}]
		if !ok {
			yes = c.mode(t, p, d) == "agency"
			known[at{p, d}] = yes
		}
		return yes
	}
}

// mode by which a partner is run on a day: its own, else that of the nearest node above it that has one.
func (c *channel) mode(t *testing.T, partner string, d sellthrough.Day) string {
	t.Helper()
	of := func(what string) string {
		for _, m := range c.Sheets["modes"] {
			if from, to := span(t, m); m["of"] == what && d >= from && d <= to {
				return m["mode"]
			}
		}
		return ""
	}
	if m := of(partner); m != "" {
		return m
	}
	for _, n := range c.path(t, partner, d) {
		if m := of(n); m != "" {
			return m
		}
	}
	return ""
}

// path is the nodes above a partner on a day, from the nearest up.
func (c *channel) path(t *testing.T, partner string, d sellthrough.Day) []string {
	t.Helper()
	rows := c.Sheets["organisation"]
	find := func(column, value string) map[string]string {
		for _, o := range rows {
			if from, to := span(t, o); o[column] == value && d >= from && d <= to {
				return o
			}
		}
		return nil
	}
	var out []string
	for o := find("partner", partner); o != nil; o = find("node", o["parent"]) {
		out = append(out, o["node"])
	}
	return out
}

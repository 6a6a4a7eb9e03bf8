package reference

import (
	"errors"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/modes"
)

// Words of the sheets of incentives.
var (
	Rewards   = []string{"money", "points"}
	TaxBases  = []string{"included", "excluded"}
	Spans     = []string{"month", "quarter", "half", "year"}                               // that a programme is reckoned by
	Tierings  = []string{"marginal", "retroactive"}                                        // a tier's rate is for what lies in it, or for everything
	Pays      = []string{"percent", "unit", "once"}                                        // what a tier's rate is of: money, units, or a sum for reaching it
	Penalised = []string{"cross-territory", "below-floor", "late-report"}                  // causes of penalties
	Moves     = []string{"sell_in", "sell_through", "sell_out", "return_in", "return_out"} // that a programme may count
)

// incentiveSheets are what partners are rewarded for, and how much.
func incentiveSheets() []Kind {
	return []Kind{
		{Name: "programmes", File: "programmes.csv", Key: []string{"programme"}, Columns: []Column{
			{Name: "programme"},
			{Name: "name", Optional: true},
			from(), to(),
			{Name: "basis", OneOf: Bases},
			{Name: "counts", OneOf: Measures},
			{Name: "kinds", Optional: true, Check: wordsOf(Moves)},
			{Name: "tax", Optional: true, OneOf: TaxBases},
			{Name: "tax_rate", Type: Decimal, Optional: true, Least: zero()},
			{Name: "pays", OneOf: Rewards},
			{Name: "currency", Optional: true, Check: currency},
			{Name: "period", OneOf: Spans},
			{Name: "tiering", OneOf: Tierings},
			{Name: "cap", Type: Decimal, Optional: true, Least: zero()},
			{Name: "excludes", Optional: true},
			{Name: "rank", Type: Whole, Optional: true},
			{Name: "clawback_days", Type: Whole, Optional: true},
		}, Check: programme},
		{Name: "qualifying", File: "qualifying.csv", Key: []string{"programme", "partner", "tier", "group", "mode", "channel_type", "item", "line", "unit"}, Columns: []Column{
			{Name: "programme"},
			{Name: "partner", Optional: true},
			{Name: "tier", Optional: true, OneOf: Tiers},
			{Name: "group", Stored: "alliance", Optional: true},
			{Name: "mode", Optional: true, OneOf: modes.Names()},
			{Name: "channel_type", Optional: true, OneOf: ChannelTypes},
			{Name: "item", Stored: "product", Optional: true},
			{Name: "line", Optional: true},
			{Name: "unit", Optional: true},
			from(), to(),
		}},
		{Name: "tiers", File: "tiers.csv", Key: []string{"programme", "threshold"}, Columns: []Column{
			{Name: "programme"},
			{Name: "threshold", Type: Decimal, Least: zero()},
			{Name: "rate", Type: Decimal, Least: zero()},
			{Name: "per", OneOf: Pays},
			from(), to(),
		}},
		{Name: "penalties", File: "penalties.csv", Key: []string{"programme", "cause"}, Columns: []Column{
			{Name: "programme"},
			{Name: "cause", OneOf: Penalised},
			{Name: "rate", Type: Decimal, Least: zero()},
			from(), to(),
		}},
	}
}

// wordsOf says that a cell is words of a list, with blanks between them.
func wordsOf(list []string) func(string) error {
	return func(cell string) error {
		for w := range strings.FieldsSeq(cell) {
			if !slices.Contains(list, w) {
				return errors.New("holds " + w + "; write some of " + strings.Join(list, ", ") + ", with blanks between them")
			}
		}
		return nil
	}
}

// programme is what a single row of programmes.csv must not say.
func programme(cells map[string]string) (column, reason string) {
	if slices.Contains(strings.Fields(cells["excludes"]), cells["programme"]) {
		return "excludes", "names the programme itself; a programme always counts a sale once"
	}
	if d, err := sellthrough.ParseDecimal(cells["cap"]); cells["cap"] != "" && err == nil && d == 0 {
		return "cap", "a cap of 0 pays nothing; leave it empty for no cap"
	}
	if cells["counts"] == "money" && cells["tax"] == "" {
		return "tax", "say whether the money that it counts has tax in it: included or excluded"
	}
	if cells["pays"] == "points" && cells["currency"] != "" && cells["counts"] == "units" {
		return "currency", "points for units have no currency; leave it empty"
	}
	return "", ""
}

// checkIncentives finds what no single row of the sheets of incentives shows.
func checkIncentives(dir string, t Tables, sheets map[string]*Sheet) []error {
	p := sheets["programmes"]
	if p == nil {
		return nil
	}
	var faults []error
	rows := map[string][]int{} // of programmes.csv, by id
	for i, id := range p.text["programme"] {
		rows[id] = append(rows[id], i)
	}
	lines := map[string]bool{}
	for _, x := range t.Products {
		lines[x.Line] = true
	}
	has := map[string]map[string]bool{}
	for _, name := range []string{"qualifying", "tiers", "penalties"} {
		s := sheets[name]
		has[name] = map[string]bool{}
		for i, id := range s.text["programme"] {
			has[name][id] = true
			if rows[id] == nil {
				faults = append(faults, s.fault(dir, i, "programme %s is not in programmes.csv", id))
			}
		}
	}
	faults = append(faults, checkQualifying(dir, sheets["qualifying"], sheets["groups"], lines)...)
	faults = append(faults, checkTiers(dir, p, sheets["tiers"], rows)...)
	for i, id := range p.text["programme"] {
		for _, name := range []string{"qualifying", "tiers"} {
			if !has[name][id] {
				faults = append(faults, p.fault(dir, i, "programme %s has no row in %s.csv", id, name))
			}
		}
		for other := range strings.FieldsSeq(p.text["excludes"][i]) {
			if rows[other] == nil {
				faults = append(faults, p.fault(dir, i, "excludes %s, which is not in programmes.csv", other))
			}
			for _, j := range rows[other] {
				f, u := p.span(i)
				of, ou := p.span(j)
				if other != id && f <= ou && of <= u && p.num["rank"][i] == p.num["rank"][j] {
					faults = append(faults, p.fault(dir, i, "%s and %s do not stack and have one rank; give the one that a sale goes to first the lower rank", id, other))
				}
			}
		}
	}
	return faults
}

func checkQualifying(dir string, s, groups *Sheet, lines map[string]bool) []error {
	var faults []error
	for i := range s.Rows {
		if l := s.text["line"][i]; l != "" && !lines[l] {
			faults = append(faults, s.fault(dir, i, "line %s is of no product in products.csv", l))
		}
		if g := s.text["group"][i]; g != "" && !slices.Contains(groups.text["group"], g) {
			faults = append(faults, s.fault(dir, i, "group %s is not in groups.csv", g))
		}
	}
	return faults
}

// checkTiers finds rates that cannot be applied to what a tier holds.
func checkTiers(dir string, p, s *Sheet, rows map[string][]int) []error {
	var faults []error
	fits := map[string]string{"percent": "money", "unit": "units"}
	for i, id := range s.text["programme"] {
		for _, j := range rows[id] {
			per, counts := s.text["per"][i], p.text["counts"][j]
			if p.text["tiering"][j] == "marginal" && per != "once" && fits[per] != counts {
				faults = append(faults, s.fault(dir, i, "a marginal tier of %s counts %s, so that its rate is of what lies in it, not per %s", id, counts, per))
			}
		}
	}
	return faults
}

package incentives_test

import (
	"bytes"
	"encoding/csv"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo"
	"sellthrough/incentives"
	"sellthrough/numbers/channeltest"
	"sellthrough/transform/reference"
)

// opened is when the demo channel of the test was opened: the quarter before it is whole in its history.
var opened = time.Date(2026, 7, 6, 3, 0, 0, 0, time.UTC)

// sheet reads a file of the demo's reference folder: rows by column.
func sheet(t *testing.T, files map[string][]byte, name string) []map[string]string {
	t.Helper()
	list, err := csv.NewReader(bytes.NewReader(files[name])).ReadAll()
	if err != nil || len(list) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(list), err)
	}
	var out []map[string]string
	for _, record := range list[1:] {
		row := map[string]string{}
		for i, c := range list[0] {
			row[c] = record[i]
		}
		out = append(out, row)
	}
	return out
}

// plain is what partners of the demo earn, worked out from the lines as they were written and the files of the reference folder, by
// loops that share nothing with the program but the noun Decimal. It knows nothing of late reports, which are taken out of the folder for it,
// nor of a closed period before.
type plain struct {
	files                         map[string][]byte
	tier, line                    map[string]string
	inside, included, sellsOn     map[string]bool
	programmes, qualifying, tiers []map[string]string
	assignments, floors           []map[string]string
	above                         map[string]string // of a territory
	sold                          map[string]sellthrough.Day
	fines                         int
}

func (p *plain) qualifies(programme string, f *demo.Fact) bool {
	for _, q := range p.qualifying {
		if q["programme"] == programme && (q["partner"] == "" || q["partner"] == f.Partner) && (q["tier"] == "" || q["tier"] == p.tier[f.Partner]) && (q["line"] == "" || q["line"] == p.line[f.Product]) {
			return true
		}
	}
	return false
}

// stage is what a line counts as.
func (p *plain) stage(f *demo.Fact) string {
	here, there := p.inside[f.Partner], p.inside[f.Party]
	switch {
	case f.Kind == "sell_in" || f.Kind == "return_out":
		switch {
		case here && (there || f.Party == ""):
			return "inside"
		case f.Party == "" || there:
			return "sell_in"
		}
		return "bought"
	case f.Kind != "sell_out" && f.Kind != "sell_through" && f.Kind != "return_in":
		return ""
	case here && there:
		return "inside"
	case f.Kind == "sell_out":
		return "sell_out"
	case f.Kind == "sell_through" || f.Party != "" || p.sellsOn[f.Partner+"/"+f.Location]:
		return "sell_through"
	}
	return "sell_out"
}

// under says whether a territory lies in another, or is it.
func (p *plain) under(territory, above string) bool {
	for ; territory != ""; territory = p.above[territory] {
		if territory == above {
			return true
		}
	}
	return false
}

func during(row map[string]string, day sellthrough.Day) bool {
	return (row["from"] == "" || row["from"] <= day.String()) && (row["to"] == "" || row["to"] >= day.String())
}

// astray says that a line went outside its partner's territories.
func (p *plain) astray(f *demo.Fact) bool {
	bound := false
	for _, a := range p.assignments {
		if a["partner"] != f.Partner {
			continue
		}
		bound = true
		if during(a, f.Day) && (a["line"] == "" || a["line"] == p.line[f.Product]) && p.under(f.Region, a["territory"]) {
			return false
		}
	}
	return bound && f.Region != ""
}

// below says that a line was sold below its floor; the demo has floors by tier alone.
func (p *plain) below(f *demo.Fact) bool {
	for _, r := range p.floors {
		if r["item"] != f.Product || r["tier"] != p.tier[f.Partner] || r["currency"] != f.Currency || !during(r, f.Day) || f.Qty == 0 || !f.HasAmount {
			continue
		}
		floor, _ := new(big.Rat).SetString(r["floor"])
		return new(big.Rat).Abs(big.NewRat(int64(f.Amount), int64(f.Qty))).Cmp(floor) < 0
	}
	return false
}

// earned is what a programme pays for each partner's lines of a period.
func (p *plain) earned(facts []demo.Fact, row map[string]string, from, to sellthrough.Day) map[string]string {
	units, money, fined := map[string]*big.Rat{}, map[string]*big.Rat{}, map[string]*big.Rat{}
	for i := range facts {
		f := &facts[i]
		if f.Day < from || f.Day > to || f.Product == "" || p.stage(f) != row["basis"] || !p.qualifies(row["programme"], f) {
			continue
		}
		if row["programme"] == "growth" && p.qualifies("display-bonus", f) { // which comes first, and does not stack
			continue
		}
		if sold, ok := p.sold[f.Partner+"/"+f.RefersTo]; ok && f.RefersTo != "" && row["clawback_days"] != "" && (f.Kind == "return_in" || f.Kind == "return_out") && sold < from && f.Day-sold > 45 {
			continue
		}
		if units[f.Partner] == nil {
			units[f.Partner], money[f.Partner], fined[f.Partner] = new(big.Rat), new(big.Rat), new(big.Rat)
		}
		units[f.Partner].Add(units[f.Partner], big.NewRat(int64(f.Qty), 1_000_000))
		amount := f.Base
		if row["currency"] != "" {
			amount = f.Amount
			if f.Currency != row["currency"] {
				amount = 0
			}
		}
		m := big.NewRat(int64(amount), 1_000_000)
		if p.included[f.Feed] && row["tax_rate"] != "" {
			rate, _ := new(big.Rat).SetString(row["tax_rate"])
			m.Mul(m, big.NewRat(100, 1)).Quo(m, rate.Add(rate, big.NewRat(100, 1)))
		}
		money[f.Partner].Add(money[f.Partner], m)
		if row["programme"] == "growth" && p.astray(f) || row["programme"] == "display-bonus" && p.below(f) {
			fined[f.Partner].Add(fined[f.Partner], m)
		}
	}
	out := map[string]string{}
	for partner := range units {
		out[partner] = p.pays(row, units[partner], money[partner], fined[partner])
	}
	return out
}

func (p *plain) pays(row map[string]string, units, money, fined *big.Rat) string {
	counted, places := units, 2
	if row["counts"] == "money" {
		counted = money
	}
	if row["pays"] == "points" {
		places = 0
	}
	sum := new(big.Rat)
	var mine []map[string]string
	for _, t := range p.tiers {
		if t["programme"] == row["programme"] {
			mine = append(mine, t)
		}
	}
	at := func(i int) *big.Rat { r, _ := new(big.Rat).SetString(mine[i]["threshold"]); return r }
	for i, t := range mine {
		if counted.Sign() <= 0 || at(i).Cmp(counted) > 0 {
			break
		}
		top := i+1 == len(mine) || at(i+1).Cmp(counted) > 0
		rate, _ := new(big.Rat).SetString(t["rate"])
		of := counted
		if row["tiering"] == "retroactive" && !top {
			continue
		}
		if row["tiering"] == "marginal" {
			of = new(big.Rat).Sub(counted, at(i))
			if !top {
				of = new(big.Rat).Sub(at(i+1), at(i))
			}
		}
		switch t["per"] {
		case "percent":
			rate.Mul(rate, of).Quo(rate, big.NewRat(100, 1))
		case "unit":
			rate.Mul(rate, of)
		}
		rounded, _ := new(big.Rat).SetString(rate.FloatString(places)) // half away from zero, by math/big
		sum.Add(sum, rounded)
	}
	if most, ok := new(big.Rat).SetString(row["cap"]); ok && sum.Cmp(most) > 0 {
		sum = most
	}
	if percent := map[string]int64{"growth": 4, "display-bonus": 10}[row["programme"]]; percent > 0 && fined.Sign() > 0 {
		fine, _ := new(big.Rat).SetString(new(big.Rat).Mul(fined, big.NewRat(percent, 100)).FloatString(places))
		if fine.Cmp(sum) > 0 {
			fine = sum
		}
		p.fines++
		sum = new(big.Rat).Sub(sum, fine)
	}
	d, err := sellthrough.ParseDecimal(sum.FloatString(6))
	if err != nil {
		return err.Error()
	}
	return d.String()
}

// The programmes of the demo channel, over a quarter and its months, are to the last digit what plain loops over the lines make of
// them.
func TestIncentivesOfTheDemoAreWhatPlainLoopsMakeOfThem(t *testing.T) {
	channel := demo.New(2, demo.Scale{Days: 110}, opened)
	files := channel.Reference(opened)
	files["penalties.csv"] = []byte(strings.ReplaceAll(string(files["penalties.csv"]), "growth,late-report,150\n", ""))
	c := channeltest.New(t)
	tables := c.Folder(t, files)
	var facts []demo.Fact
	for f := range channel.Facts(opened).Of(sellthrough.Sales) {
		facts = append(facts, f)
	}
	c.Facts(t, facts)

	p := &plain{files: files, tier: map[string]string{}, line: map[string]string{}, inside: map[string]bool{}, included: map[string]bool{}, sellsOn: map[string]bool{}, above: map[string]string{}, sold: map[string]sellthrough.Day{}}
	for _, r := range sheet(t, files, "partners.csv") {
		p.tier[r["partner"]] = r["tier"]
		p.inside[r["partner"]] = r["tier"] == "vendor"
	}
	for _, r := range sheet(t, files, "modes.csv") {
		if r["mode"] == "agency" { // of the demo, for good
			p.inside[r["of"]] = true
		}
	}
	agents(t, tables, p.inside)
	for _, r := range sheet(t, files, "locations.csv") {
		p.inside[r["code"]] = p.inside[r["partner"]]
	}
	for _, r := range sheet(t, files, "products.csv") {
		p.line[r["code"]] = r["line"]
	}
	p.programmes, p.qualifying, p.tiers = sheet(t, files, "programmes.csv"), sheet(t, files, "qualifying.csv"), sheet(t, files, "tiers.csv")
	p.assignments, p.floors = sheet(t, files, "assignments.csv"), sheet(t, files, "floors.csv")
	for _, r := range sheet(t, files, "territories.csv") {
		p.above[r["territory"]] = r["parent"]
	}
	for i := range facts {
		f := &facts[i]
		if day, ok := p.sold[f.Partner+"/"+f.Document]; (!ok || f.Day < day) && (f.Kind == "sell_in" || f.Kind == "sell_through" || f.Kind == "sell_out") {
			p.sold[f.Partner+"/"+f.Document] = f.Day
		}
	}
	var included []string
	for i := range facts {
		f := &facts[i]
		if f.Kind == "sell_through" {
			p.sellsOn[f.Partner+"/"+f.Location] = true
		}
		if len(f.Feed)%2 == 0 && !p.included[f.Feed] { // which feeds they are does not matter here
			p.included[f.Feed], included = true, append(included, f.Feed)
		}
	}
	d := c.Desk(opened, included...)
	compared, paid := 0, 0
	for _, row := range p.programmes {
		periods := map[string][]string{"quarter": {"2026-Q2"}, "month": {"2026-04", "2026-05", "2026-06"}}[row["period"]]
		for _, name := range periods {
			period, err := incentives.ParsePeriod(name)
			if err != nil {
				t.Fatal(err)
			}
			want := p.earned(facts, row, period.From, period.To)
			made, err := d.Close(t.Context(), name, []string{row["programme"]}, "ann")
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, s := range made {
				got[s.Partner] = s.Earned.String()
			}
			for _, partner := range slices.Sorted(maps.Keys(want)) {
				compared++
				if want[partner] != "0" {
					paid++
				}
				if got[partner] != want[partner] {
					t.Errorf("%s of %s in %s: %s, want %s", row["programme"], partner, name, got[partner], want[partner])
				}
			}
			for partner, sum := range got {
				if _, ok := want[partner]; !ok && sum != "0" {
					t.Errorf("%s of %s in %s: %s, want nothing", row["programme"], partner, name, sum)
				}
			}
		}
	}
	if compared < 25 || paid < 20 || p.fines < 2 {
		t.Errorf("only %d accounts were compared, of which %d are paid and %d fined", compared, paid, p.fines)
	}
	began := time.Now()
	if _, err := d.Reckon(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s to reckon the open periods", time.Since(began).Round(time.Millisecond))
	t.Logf("%d lines, %d accounts, %d of them paid, %d fined", len(facts), compared, paid, p.fines)
}

// agents are partners that hold the vendor's goods on all days, by where they stand in the tree.
func agents(t *testing.T, tables reference.Tables, inside map[string]bool) {
	t.Helper()
	for i := range tables.Sheets {
		s := &tables.Sheets[i]
		if s.Kind.Name != "standings" {
			continue
		}
		for j, partner := range s.Strings("partner") {
			if s.Numbers("consigned")[j] > 0 {
				if s.Numbers("from")[j] > int32(sellthrough.DayOf(opened)-110) {
					t.Fatalf("%s becomes an agent within the history: the plain loops do not know days", partner)
				}
				inside[partner] = true
			}
		}
	}
}

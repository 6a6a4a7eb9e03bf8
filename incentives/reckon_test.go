package incentives_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/incentives"
)

func dec(text string) sellthrough.Decimal {
	d, err := sellthrough.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

// programme reads rules like "money retroactive; 0 1 percent; 1000 2 percent; cap 50; late-report 5".
func programme(text string) incentives.Programme {
	p := incentives.Programme{ID: "p", Basis: "sell_out", Pays: "money", Period: "quarter", Tax: incentives.Excluded}
	for i, part := range strings.Split(text, ";") {
		w := strings.Fields(part)
		switch {
		case i == 0:
			p.Counts, p.Tiering = w[0], w[1]
			for _, x := range w[2:] {
				p.Pays = x
			}
		case w[0] == "cap":
			c := dec(w[1])
			p.Cap = &c
		case w[0] == "tax":
			p.TaxRate = dec(w[1])
		case len(w) == 2:
			p.Penalties = append(p.Penalties, incentives.Penalty{Cause: w[0], Rate: dec(w[1])})
		default:
			p.Tiers = append(p.Tiers, incentives.Tier{Threshold: dec(w[0]), Rate: dec(w[1]), Per: w[2]})
		}
	}
	return p
}

// told are the lines of a case that have an amount, as text.
func told(r incentives.Reckoned) string {
	var out []string
	for _, l := range r.Lines {
		if l.Part != incentives.OfSales {
			out = append(out, fmt.Sprintf("%s %s", l.Part, l.Amount))
		}
	}
	return strings.Join(out, ", ")
}

func TestWhatIsEarned(t *testing.T) {
	ok := func(rules, units, money, want string) {
		t.Helper()
		r, err := incentives.Reckon(incentives.Case{Programme: programme(rules), Sales: []incentives.Sales{{Partner: "acme", Units: dec(units), Money: dec(money)}}})
		if got := told(r); err != nil || got != want {
			t.Errorf("%s of %s units, %s: %s, want %s; %v", rules, units, money, got, want, err)
		}
	}
	// Retroactive: the highest tier that was reached is for everything.
	ok("money retroactive; 1000 2 percent; 2000 3 percent", "1", "999.99", "")
	ok("money retroactive; 1000 2 percent; 2000 3 percent", "1", "1000", "tier 20")
	ok("money retroactive; 1000 2 percent; 2000 3 percent", "1", "1999.99", "tier 40") // 39.9998
	ok("money retroactive; 1000 2 percent; 2000 3 percent", "1", "2000", "tier 60")
	ok("units retroactive; 10 0.5 unit", "12", "0", "tier 6")
	ok("units retroactive; 10 1.5 percent", "12", "300", "tier 4.5") // by units reached, by money paid
	// Marginal: each tier is for what lies in it.
	ok("money marginal; 0 1 percent; 1000 2 percent; 5000 3 percent", "1", "6000", "tier 10, tier 80, tier 30")
	ok("money marginal; 0 1 percent; 1000 2 percent", "1", "1000", "tier 10")
	ok("money marginal; 500 2 percent", "1", "700", "tier 4")
	ok("units marginal; 0 1 unit; 10 2 unit; 10.5 7 once", "12", "0", "tier 10, tier 1, tier 7")
	// Half away from zero, once a line: two lines of 0.005 are 0.01 each.
	ok("money marginal; 0 1 percent; 0.5 1 percent", "1", "1", "tier 0.01, tier 0.01")
	ok("money retroactive; 0 1 percent", "1", "1", "tier 0.01")
	ok("money retroactive; 0 1 percent", "1", "0.49", "tier 0")
	// A cap takes off what is above it, and says so.
	ok("money retroactive; 0 10 percent; cap 50", "1", "499.90", "tier 49.99")
	ok("money retroactive; 0 10 percent; cap 50", "1", "600", "tier 60, cap -10")
	// More came back than was sold.
	ok("money retroactive; 0 10 percent", "-1", "-60", "")
	ok("money marginal; 0 10 percent", "-1", "-60", "")
	ok("money retroactive; 0 10 percent", "0", "0", "")
	// Points are whole.
	ok("money retroactive points; 0 1 percent", "1", "149.99", "tier 1")
	ok("money retroactive points; 0 1 percent", "1", "150", "tier 2") // 1.5
}

func TestMoneyOfTheOtherTaxBasisIsBroughtOver(t *testing.T) {
	sales := []incentives.Sales{{Partner: "acme", Money: dec("100")}, {Partner: "acme", Other: true, Money: dec("113")}}
	ok := func(p incentives.Programme, want string) {
		t.Helper()
		r, err := incentives.Reckon(incentives.Case{Programme: p, Sales: sales})
		if got := told(r); err != nil || got != want {
			t.Errorf("%s, want %s; %v", got, want, err)
		}
	}
	p := programme("money retroactive; 0 10 percent; tax 13")
	ok(p, "tier 20") // 100 + 113 ÷ 1.13
	p.Tax = incentives.Included
	ok(p, "tier 22.77") // 100 + 113 × 1.13 = 227.69
	p.TaxRate = 0
	ok(p, "tier 10") // of the other basis nothing counts, and the statement says so
	r, _ := incentives.Reckon(incentives.Case{Programme: p, Sales: sales})
	if last := r.Lines[1]; last.Money.String() != "113" || !strings.Contains(last.Note, "other tax basis") {
		t.Errorf("%+v", r.Lines)
	}
}

func TestAPenaltyTakesAtMostWhatWasEarned(t *testing.T) {
	ok := func(rules string, late int, want string) {
		t.Helper()
		r, err := incentives.Reckon(incentives.Case{Programme: programme(rules), Late: late, Sales: []incentives.Sales{{Partner: "acme", Money: dec("1000"), Astray: dec("300.10"), Below: dec("50")}}})
		if got := told(r); err != nil || got != want {
			t.Errorf("%s: %s, want %s; %v", rules, got, want, err)
		}
	}
	ok("money retroactive; 0 2 percent; cross-territory 5", 0, "tier 20, penalty -15.01") // 15.005
	ok("money retroactive; 0 2 percent; below-floor 10", 0, "tier 20, penalty -5")
	ok("money retroactive; 0 2 percent; late-report 3", 0, "tier 20")
	ok("money retroactive; 0 2 percent; late-report 3", 4, "tier 20, penalty -12")
	ok("money retroactive; 0 2 percent; late-report 3", 7, "tier 20, penalty -20") // 21
	ok("money retroactive; 0 2 percent; cross-territory 5; late-report 3", 2, "tier 20, penalty -15.01, penalty -4.99")
	ok("money retroactive; 5000 2 percent; late-report 3", 2, "penalty 0")
}

// The quarter before earned 30 on 1500; of it 10 % came back, of which 3 are taken back; of one that earned nothing, nothing.
func TestWhatCameBackOfAClosedPeriodIsTakenBackAtWhatItEarned(t *testing.T) {
	p := programme("money retroactive; 0 2 percent")
	stood, err := incentives.Reckon(incentives.Case{Programme: p, Sales: []incentives.Sales{{Partner: "acme", Money: dec("1500")}}})
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) sellthrough.Day { d, _ := sellthrough.ParseDay(text); return d }
	r, err := incentives.Reckon(incentives.Case{
		Programme: p, Sales: []incentives.Sales{{Partner: "acme", Money: dec("100")}},
		Returned: []incentives.Return{{Of: day("2025-11-10"), Units: dec("-1"), Money: dec("-150")}, {Of: day("2025-07-10"), Money: dec("-99")}},
		Stood:    map[string]incentives.Earning{"2025-Q4": stood.Earning()},
	})
	if got := told(r); err != nil || got != "tier 2, clawback -3" || r.Earned != dec("-1") {
		t.Errorf("%s, %v", got, err)
	}
}

// However sales are cut into lines, and in whatever order they come, the same is earned; and with one more sale never less, but for
// programmes that pay retroactively less in a higher tier.
func TestHowSalesAreCutChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		p := programme([]string{"money", "units"}[random.IntN(2)] + " " + []string{"marginal", "retroactive"}[random.IntN(2)] + "; 0 1 once")
		p.Tiers = nil
		per := map[string]string{"money": "percent", "units": "unit"}[p.Counts]
		at, rate := int64(0), int64(0)
		for range 1 + random.IntN(4) {
			rate += 1 + random.Int64N(3_000_000)
			p.Tiers = append(p.Tiers, incentives.Tier{Threshold: sellthrough.Decimal(at), Rate: sellthrough.Decimal(rate), Per: per})
			at += 1 + random.Int64N(2_000_000_000)
		}
		var parts []incentives.Sales
		var whole incentives.Sales
		for range 1 + random.IntN(6) {
			s := incentives.Sales{Partner: "acme", Line: fmt.Sprint(random.IntN(3)), Units: sellthrough.Decimal(random.Int64N(900_000_000)), Money: sellthrough.Decimal(random.Int64N(3_000_000_000))}
			parts, whole.Units, whole.Money = append(parts, s), whole.Units+s.Units, whole.Money+s.Money
		}
		one, err := incentives.Reckon(incentives.Case{Programme: p, Sales: []incentives.Sales{whole}})
		random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		many, other := incentives.Reckon(incentives.Case{Programme: p, Sales: parts})
		if err != nil || other != nil || one.Earned != many.Earned || told(one) != told(many) {
			t.Fatalf("%+v: %s whole, %s in parts; %v, %v", p, told(one), told(many), err, other)
		}
		more, err := incentives.Reckon(incentives.Case{Programme: p, Sales: append(parts, incentives.Sales{Units: 1_000_000, Money: 1_000_000})})
		if err != nil || more.Earned < many.Earned {
			t.Fatalf("%+v: with one more sale %s, without %s; %v", p, more.Earned, many.Earned, err)
		}
	}
}

func TestPeriods(t *testing.T) {
	ok := func(name, kind, from, to, next string) {
		t.Helper()
		p, err := incentives.ParsePeriod(name)
		if err != nil || p.Kind != kind || p.From.String() != from || p.To.String() != to || p.Next().Name != next || p.Next().Before() != p || incentives.PeriodOf(kind, p.To) != p {
			t.Errorf("%+v, %v", p, err)
		}
	}
	ok("2026", "year", "2026-01-01", "2026-12-31", "2027")
	ok("2026-H2", "half", "2026-07-01", "2026-12-31", "2027-H1")
	ok("2026-Q4", "quarter", "2026-10-01", "2026-12-31", "2027-Q1")
	ok("2024-02", "month", "2024-02-01", "2024-02-29", "2024-03")
	for _, name := range []string{"", "26", "2026-", "2026-13", "2026-00", "2026-Q5", "2026-H0", "2026-Q1x", "2026-1", "2026-02-03", "x"} {
		if p, err := incentives.ParsePeriod(name); err == nil {
			t.Errorf("%q is %+v", name, p)
		}
	}
}

func TestAStatementThatWasChangedIsFound(t *testing.T) {
	var chain []incentives.Statement
	before := ""
	for i := range 3 {
		s := incentives.Statement{Account: incentives.Account{Partner: "acme", Period: "2026-Q1", Closing: dec("12.34")}, Number: i + 1, Before: before}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		before = s.Hash
		chain = append(chain, s)
	}
	if found := incentives.Check(chain); found != nil {
		t.Fatal(found)
	}
	bad := func(change func([]incentives.Statement) []incentives.Statement, want string) {
		t.Helper()
		if found := fmt.Sprint(incentives.Check(change(append([]incentives.Statement(nil), chain...)))); !strings.Contains(found, want) {
			t.Errorf("%s, want %s", found, want)
		}
	}
	bad(func(c []incentives.Statement) []incentives.Statement {
		c[1].Content = strings.Replace(c[1].Content, "12340000", "12350000", 1)
		return c
	}, "statement 2 of acme for 2026-Q1 does not have the hash")
	bad(func(c []incentives.Statement) []incentives.Statement { // with a hash that fits: the chain breaks
		c[1].Closing = dec("99")
		_ = c[1].Seal()
		return c
	}, "statement 3 of acme does not follow from statement 2")
	bad(func(c []incentives.Statement) []incentives.Statement { return append(c[:1], c[2]) }, "statement 2 of acme is missing")
}

package incentives_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sellthrough/incentives"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

// quarterly is 2 % of the quarter's sell-out from 1000 on and 3 % from 2000 on, of everything.
var quarterly = map[string]string{
	"products": `
		A audio 10
		B video 20`,
	"partners": `
		acme specialist dealer
		zeta marketplace retailer`,
	"locations": `
		S1 acme
		Z1 zeta`,
	"programmes": "growth sell_out money money quarter retroactive tax=excluded",
	"qualifying": "growth tier=dealer",
	"tiers": `
		growth 1000 2 percent
		growth 2000 3 percent`,
	"sales": `
		acme S1 A 2026-01-10 sell_out 100 1000 new 2026-01-11T08:00 acme-pos
		acme S1 B 2026-03-20 sell_out 60 1200.50 new 2026-03-21T08:00 acme-pos
		zeta Z1 A 2026-03-20 sell_out 500 5000 new 2026-03-21T08:00`,
}

// The dispute: the quarter earned 3 % of 2,200.50, which is 66.02 (66.015 rounded up). After it was closed, acme corrects the sale
// of 20 March to 700.50, so that the quarter was worth 2 % of 1,700.50, 34.01. The statement of Q1 stands; that of Q2 says −32.01
// beside the 25.00 that Q2 earns itself, why, and by whose word.
func TestACorrectionOfAClosedQuarterIsAnAdjustmentInTheNextWithItsReason(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, quarterly)
	first, err := c.Desk(at("2026-04-02T09:00")).Close(t.Context(), "2026-Q1", nil, "ann")
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	closed := first[0]
	if closed.Partner != "acme" || closed.Number != 1 || closed.Earned.String() != "66.02" || closed.Closing.String() != "66.02" || closed.By != "ann" || closed.Before != "" || len(closed.Hash) != 64 {
		t.Fatalf("%+v", closed)
	}

	c.Sales(t, `
		acme S1 B 2026-03-20 sell_out -60 -1200.50 -corrected 2026-04-10T08:00 acme-pos
		acme S1 B 2026-03-20 sell_out 35 700.50 +corrected 2026-04-10T08:00 acme-pos
		acme S1 A 2026-05-05 sell_out 125 1250 new 2026-05-06T08:00 acme-pos`)

	if _, err := c.Desk(at("2026-04-11T09:00")).Close(t.Context(), "2026-Q1", nil, "bob"); err == nil || !strings.Contains(err.Error(), "2026-Q1 of growth is closed, by ann on 2026-04-02, and never changes") {
		t.Errorf("closed again: %v", err)
	}
	second, err := c.Desk(at("2026-07-02T09:00")).Close(t.Context(), "2026-Q2", nil, "bob")
	if err != nil || len(second) != 1 {
		t.Fatalf("%v, %v", second, err)
	}
	next := second[0]
	if next.Number != 2 || next.Before != closed.Hash || next.Opening.String() != "66.02" || next.Earned.String() != "25" || next.Adjusted.String() != "-32.01" || next.Closing.String() != "59.01" {
		t.Errorf("%+v", next.Account)
	}
	var adjusted, reasons []incentives.Line
	for _, l := range next.Lines {
		switch l.Part {
		case incentives.OfAdjustment:
			adjusted = append(adjusted, l)
		case incentives.OfReason:
			reasons = append(reasons, l)
		}
	}
	if len(adjusted) != 1 || adjusted[0].Of != "2026-Q1" || adjusted[0].Note != "statement 1: recomputed 34.01, stated 66.02" {
		t.Errorf("%+v", adjusted)
	}
	if len(reasons) == 0 || reasons[0].Cause != "corrected" || reasons[0].Of != "2026-Q1" {
		t.Errorf("%+v", reasons)
	}

	sheet, err := c.Desk(at("2026-07-03T09:00")).Sheet(t.Context(), "acme", "2026-Q1", time.Time{})
	if err != nil || len(sheet.Entries) != 1 || sheet.Entries[0].Closed == nil || sheet.Entries[0].Closed.Hash != closed.Hash || incentives.HashOf(sheet.Entries[0].Closed.Content) != closed.Hash {
		t.Errorf("the closed statement: %+v, %v", sheet, err)
	}
	if found, err := c.Desk(at("2026-07-03T09:00")).Verify(t.Context()); err != nil || found != nil {
		t.Errorf("%v, %v", found, err)
	}
	// The next quarter has nothing to adjust any more.
	third, err := c.Desk(at("2026-10-02T09:00")).Close(t.Context(), "2026-Q3", nil, "bob")
	if err != nil || len(third) != 1 || third[0].Adjusted != 0 || third[0].Opening.String() != "59.01" || third[0].Closing.String() != "59.01" {
		t.Errorf("%+v, %v", third, err)
	}
}

func TestWhatCannotBeClosed(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, quarterly)
	d := c.Desk(at("2026-10-02T09:00"))
	bad := func(period string, programmes []string, by, want string) {
		t.Helper()
		_, err := d.Close(t.Context(), period, programmes, by)
		var f incentives.Fault
		if !errors.As(err, &f) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", period, err, want)
		}
	}
	bad("2026-Q4", nil, "ann", "2026-Q4 ends on 2026-12-31; close it after that day")
	bad("2026-Q5", nil, "ann", "not a period")
	bad("2026-Q1", nil, "", "say who")
	bad("2026-03", nil, "ann", "no programme is reckoned by the month")
	bad("2026-03", []string{"growth"}, "ann", "growth is reckoned by the quarter: close such a period of it, like 2026-Q1")
	bad("2026-Q1", []string{"grwth"}, "ann", "there is no programme grwth")
	if _, err := d.Close(t.Context(), "2026-Q1", nil, "ann"); err != nil {
		t.Fatal(err)
	}
	bad("2026-Q3", nil, "ann", "close 2026-Q2 of growth first")
	bad("2025-Q4", nil, "ann", "lies before 2026-Q1, which is closed")
}

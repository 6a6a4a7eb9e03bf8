package incentives_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sellthrough/incentives"
	"sellthrough/numbers/channeltest"
)

func TestAClaimGoesOneWay(t *testing.T) {
	ways := map[incentives.State][]incentives.State{
		incentives.IsSubmitted: {incentives.IsApproved, incentives.IsRejected},
		incentives.IsApproved:  {incentives.IsPaid},
	}
	for _, from := range incentives.States() {
		for _, to := range incentives.States() {
			err := incentives.Move(incentives.Claim{ID: "c1", State: from}, to)
			may := false
			for _, w := range ways[from] {
				may = may || w == to
			}
			if may != (err == nil) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
			if err != nil && !strings.Contains(err.Error(), "claim c1 is "+string(from)) {
				t.Errorf("%s → %s: %v", from, to, err)
			}
		}
	}
}

// claimed is growth and spiff, which do not stack, and stars, which stacks with both.
var claimed = map[string]string{
	"products": "A audio",
	"partners": `
		acme specialist dealer
		zeta specialist dealer`,
	"programmes": `
		growth sell_out money money quarter retroactive tax=excluded rank=1
		spiff sell_out units money quarter retroactive excludes=growth rank=2
		stars sell_out units points month marginal`,
	"qualifying": `
		growth tier=dealer
		spiff tier=dealer
		stars tier=dealer`,
	"tiers": `
		growth 0 2 percent
		spiff 0 1 unit
		stars 0 1 unit`,
	"sales": "acme S1 A 2026-01-10 sell_out 10 1000",
}

func TestOneSaleClaimedUnderTwoProgrammesThatDoNotStackIsCaughtWithBothClaims(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, claimed)
	d := c.Desk(at("2026-02-01T08:00"))
	submit := func(id, programme, partner, period, amount, documents string) error {
		return d.Submit(t.Context(), []incentives.Claim{{ID: id, Programme: programme, Partner: partner, Period: period, Amount: dec(amount), Documents: strings.Fields(documents), Who: "ann"}})
	}
	good := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	bad := func(err error, want string) {
		t.Helper()
		var f incentives.Fault
		if !errors.As(err, &f) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	good(submit("c1", "growth", "acme", "2026-Q1", "20", "INV-1 INV-2"))
	bad(submit("c2", "spiff", "acme", "2026-Q1", "5", "INV-3 INV-2"), "claims c1 (growth) and c2 (spiff) are for the same sale INV-2 of acme, and the programmes do not stack")
	bad(submit("c2", "growth", "acme", "2026-Q1", "5", "INV-1"), "claims c1 (growth) and c2 (growth) are for the same sale INV-1")
	good(submit("c3", "stars", "acme", "2026-01", "5", "INV-2")) // stacks
	good(submit("c4", "spiff", "zeta", "2026-Q1", "5", "INV-2")) // another partner's invoice of that number
	bad(submit("c1", "growth", "acme", "2026-Q1", "1", ""), "claim c1 is there already: submitted by ann on 2026-02-01")
	bad(submit("c5", "grwth", "acme", "2026-Q1", "1", ""), "there is no programme grwth")
	bad(submit("c5", "growth", "acme", "2026-01", "1", ""), "is reckoned by the quarter and does not run in 2026-01")
	bad(submit("c5", "growth", "acme", "2026-Q1", "0", ""), "above 0")
	bad(submit("c5", "stars", "acme", "2026-01", "1.5", ""), "points are whole")
	bad(submit("c5", "growth", "", "2026-Q1", "1", ""), "needs a name of its own")

	bad(d.Decide(t.Context(), "c1", incentives.IsPaid, "bob", ""), "claim c1 is submitted: it can become approved or rejected, not paid")
	bad(d.Decide(t.Context(), "c1", incentives.IsRejected, "bob", ""), "say why claim c1 is rejected")
	bad(d.Decide(t.Context(), "c9", incentives.IsPaid, "bob", ""), "there is no claim c9")
	good(d.Decide(t.Context(), "c1", incentives.IsRejected, "bob", "no proof"))
	good(submit("c2", "spiff", "acme", "2026-Q1", "5", "INV-2")) // the other was rejected
	bad(d.Decide(t.Context(), "c1", incentives.IsApproved, "bob", ""), "claim c1 is rejected, and that is final")
}

func TestAFileOfClaimsIsTakenWholeOrNotAtAll(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, claimed)
	d := c.Desk(at("2026-02-01T08:00"))
	all := func(string) bool { return true }
	file := func(text string, may func(string) bool) (int, error) {
		return d.File(t.Context(), "claims.csv", strings.NewReader(text), "ann", may)
	}
	bad := func(text string, may func(string) bool, want ...string) {
		t.Helper()
		_, err := file(text, may)
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want %q", text, err, w)
			}
		}
	}
	const head = "claim,programme,partner,period,amount,documents,state,why\n"
	bad("", all, "claims.csv:1: no header row")
	bad("claim,sum\nc1,2\n", all, `claims.csv:1: column "sum" is not known`)
	bad(head+"c1,growth,acme,2026-Q1,ten,,,\n", all, `claims.csv:2: column amount, value "ten"`)
	bad(head+"c1,growth,acme,2026-Q1,10,INV-1,,\nc2,spiff,acme,2026-Q1,10,INV-1,,\nc9,,,,,,paid,\n", all, "claims.csv:3: claims c1 (growth) and c2 (spiff)", "claims.csv:4: there is no claim c9")
	bad(head+"c1,growth,acme,2026-Q1,10,,sent,\n", all, "must be one of submitted, approved, rejected, paid")
	bad(head+"c1,growth,acme,2026-Q1,10,,,\n", func(p string) bool { return p == "zeta" }, "claims.csv:2: there is no partner acme that you may speak for")
	if list, err := d.Claims(t.Context(), ""); err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	n, err := file("\ufeff"+head+"c1,growth,acme,2026-Q1,10.50,INV-1 INV-2,,\nc1,,,,,,approved,\nc2,stars,zeta,2026-01,3,,,\nc2,,,,,,rejected,twice\nc1,,,,,,paid,\n", all)
	if err != nil || n != 5 {
		t.Fatalf("%d, %v", n, err)
	}
	list, err := d.Claims(t.Context(), "")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	a, b := list[0], list[1]
	if got := fmt.Sprintf("%s %s %s %s %v, %s %s", a.ID, a.State, a.Amount, a.Currency, a.Documents, b.State, b.Why); got != "c1 paid 10.5 GBP [INV-1 INV-2], rejected twice" {
		t.Errorf("%s", got)
	}
}

// Of two people who decide at once, one does: the other is told.
func TestTwoDecisionsAtOnceAreOne(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, claimed)
	d := c.Desk(at("2026-02-01T08:00"))
	if err := d.Submit(t.Context(), []incentives.Claim{{ID: "c1", Programme: "growth", Partner: "acme", Period: "2026-Q1", Amount: dec("20"), Who: "ann"}}); err != nil {
		t.Fatal(err)
	}
	list, err := d.Claims(t.Context(), "acme")
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	yes, no := list[0], list[0]
	yes.State, yes.Who, no.State, no.Who = incentives.IsApproved, "bob", incentives.IsRejected, "eve"
	if err := c.Counter().Note(t.Context(), yes); err != nil {
		t.Fatal(err)
	}
	if err := c.Counter().Note(t.Context(), no); !errors.Is(err, incentives.ErrTaken) {
		t.Errorf("%v", err)
	}
	if list, err := d.Claims(t.Context(), "acme"); err != nil || list[0].State != incentives.IsApproved {
		t.Errorf("%v, %v", list, err)
	}
}

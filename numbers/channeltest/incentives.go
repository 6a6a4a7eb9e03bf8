package channeltest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sellthrough"
	"sellthrough/demo"
	"sellthrough/incentives"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform/reference"
)

// act is something that somebody does about incentives, after everything else of a channel is written.
type act struct {
	kind string
	row  map[string]string
}

// Desk works on the channel's incentives as of an instant. The feeds named declare their money with tax in it.
func (c *Channel) Desk(now time.Time, included ...string) *incentives.Desk {
	l := clickhouse.Incentives{Ledger: c.ledger}
	return incentives.New(incentives.Options{Source: l, Vault: l, Counter: l, Included: included, Currency: "GBP", Now: func() time.Time { return now }})
}

// act submits and decides a claim, closes a period, or reckons the open ones.
func (c *Channel) act(t testing.TB, a act) {
	t.Helper()
	w := &writer{t: t}
	switch a.kind {
	case "claims":
		r := a.row
		d := c.Desk(w.instant("2026-01-01T00:00"))
		claim := incentives.Claim{ID: r["claim"], Programme: r["programme"], Partner: r["partner"], Period: r["period"], Amount: w.decimal(r["amount"]), Documents: strings.Fields(r["document"]), Who: "ann"}
		w.fatal(d.Submit(t.Context(), []incentives.Claim{claim}))
		way := map[string][]incentives.State{"approved": {incentives.IsApproved}, "rejected": {incentives.IsRejected}, "paid": {incentives.IsApproved, incentives.IsPaid}}
		for _, to := range way[r["state"]] {
			w.fatal(d.Decide(t.Context(), claim.ID, to, "bob", "as agreed"))
		}
	case "closed":
		_, err := c.Desk(w.instant(a.row["at"])).Close(t.Context(), a.row["period"], nil, "ann")
		w.fatal(err)
	case "reckoned":
		_, err := c.Desk(w.instant(a.row["at"])).Reckon(t.Context())
		w.fatal(err)
	}
}

// Sales writes lines of sales, a later one of which may correct an earlier, as numbers.Given writes them.
func (c *Channel) Sales(t testing.TB, rows string) {
	t.Helper()
	c.Write(t, map[string]string{"sales": rows})
}

// Counter is where the channel's claims and statements are kept.
func (c *Channel) Counter() clickhouse.Incentives { return clickhouse.Incentives{Ledger: c.ledger} }

// Folder puts the files of a reference folder in force.
func (c *Channel) Folder(t testing.TB, files map[string][]byte) reference.Tables {
	t.Helper()
	w := &writer{t: t}
	dir := t.TempDir()
	for name, text := range files {
		w.fatal(os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	tables, content, err := reference.Load(dir)
	w.fatal(err)
	version := sellthrough.Revision(c.batches + 1)
	w.fatal(c.ledger.SaveReference(t.Context(), version, content, "a test", tables))
	b := &sellthrough.Batch{Known: w.instant(known)}
	b.OrdersDone = []sellthrough.Order{{Kind: sellthrough.OrderReference, Revision: version, At: b.Known}}
	c.insert(t, b)
	return tables
}

// Facts writes lines of sales as they stand.
func (c *Channel) Facts(t testing.TB, facts []demo.Fact) {
	t.Helper()
	w := &writer{t: t}
	b := &sellthrough.Batch{Known: w.instant(known)}
	r := &b.Movements
	for i := range facts {
		f := &facts[i]
		kind, ok := sellthrough.KindOf(f.Kind)
		if !ok {
			t.Fatalf("%q is no kind", f.Kind)
		}
		cells := map[string]string{"partner": f.Partner, "location": f.Location, "product": f.Product, "qty": f.Qty.String()}
		n := w.grow(r, cells, f.Day.Time())
		r.Namespace[n], r.Kind[n], r.Feed[n], r.Document[n], r.Currency[n] = "pos", uint8(kind), f.Feed, f.Document, f.Currency
		w.more(r, n, map[string]string{"party": f.Party, "region": f.Region, "refers_to": f.RefersTo})
		if f.HasAmount {
			r.Amount[n], r.Base[n] = int64(f.Amount), int64(f.Base)
			r.Flags[n] |= sellthrough.HasAmount | sellthrough.HasBase
		}
	}
	c.insert(t, b)
}

package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The dispute, from the files of a partner to the papers. In the second quarter chain sells for 2,200.50, of which 3 % are 66.02 (66.015
// rounded up); it is closed. Then chain corrects a receipt, so that the quarter was worth 2 % of 1,700.50, 34.01. What was closed
// stands, the third quarter says −32.01 with the reason and the submission, and when the correction is taken back, the fourth says
// +32.01.
func TestAClosedQuarterStandsAndTheNextSaysWhatChangedAndByWhom(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"products.csv":   "code,line\nA,audio\nB,video\n",
		"partners.csv":   "partner,tier\nchain,retailer\n",
		"locations.csv":  "code,partner\nS1,chain\n",
		"programmes.csv": "programme,basis,counts,pays,period,tiering,tax,excludes,rank\ngrowth,sell_out,money,money,quarter,retroactive,excluded,,1\nspiff,sell_out,units,money,quarter,retroactive,,growth,2\n",
		"qualifying.csv": "programme,tier\ngrowth,retailer\nspiff,retailer\n",
		"tiers.csv":      "programme,threshold,rate,per\ngrowth,1000,2,percent\ngrowth,2000,3,percent\nspiff,0,1,unit\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, "reference: {folder: "+dir+"}\npartners:\n"+partner("chain", "Europe/London", "GBP")+`feeds:
  - id: till
    partner: chain
    kind: sales
    columns: {document: doc, location: store, item: item, qty: qty, amount: amount, at: at}
    identity: {scope: document, line_key: [line]}
`)
	s.poll("the programmes to be in force", time.Minute, func() bool { return s.ask("SELECT count() FROM sellthrough.v_programmes") == "2" })
	send := func(rows, counts string) string {
		t.Helper()
		r := s.push("till", "chain", nil, []byte("store,doc,line,item,qty,amount,at\n"+rows))
		want(t, rows, s.counts(r.Submission), counts)
		return string(r.Submission)
	}
	tool := func(args ...string) string {
		t.Helper()
		out, err := s.tool(args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	refused := func(why string, args ...string) {
		t.Helper()
		if out, err := s.tool(args...); err == nil || !strings.Contains(out, why) {
			t.Errorf("%v: %v\n%s\nwant %q", args, err, out, why)
		}
	}
	holds := func(text string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			if !strings.Contains(text, p) {
				t.Errorf("%q is missing in\n%s", p, text)
			}
		}
	}
	send("S1,R1,1,A,100,1000.00,2026-05-05 10:00:00\nS1,R2,1,B,60,1200.50,2026-06-20 10:00:00\n", "new 2 duplicate 0 corrected 0 superseded 0 withdrawn 0 held 0")
	before := time.Now().UTC().Add(time.Second).Truncate(time.Second).Format(time.RFC3339)
	for time.Now().UTC().Format(time.RFC3339) <= before { // the correction is known later than the instant that is asked for
		time.Sleep(20 * time.Millisecond)
	}

	tool("claim", "submit", "c1", "--programme", "growth", "--partner", "chain", "--period", "2026-Q2", "--amount", "40", "--documents", "R1,R2")
	refused("claims c1 (growth) and c2 (spiff) are for the same sale R2 of chain", "claim", "submit", "c2", "--programme", "spiff", "--partner", "chain", "--period", "2026-Q2", "--amount", "60", "--documents", "R2")
	refused("it can become approved or rejected, not paid", "claim", "pay", "c1")
	tool("claim", "approve", "c1")
	tool("claim", "pay", "c1")
	holds(tool("claim", "list"), "c1", "paid", "40 GBP", "R1 R2")

	closed := tool("period", "close", "2026-Q2", "--programme", "growth", "--by", "Ann Lee")
	holds(closed, "chain", "66.02", "26.02")
	stated := tool("statement", "--partner", "chain", "--period", "2026-Q2", "--format", "html")
	holds(stated, "66.02", "Ann Lee", "-40", "26.02")

	corrected := send("S1,R2,1,B,35,700.50,2026-06-20 10:00:00\n", "new 0 duplicate 0 corrected 1 superseded 0 withdrawn 0 held 0")
	refused("2026-Q2 of growth is closed, by Ann Lee on", "period", "close", "2026-Q2", "--programme", "growth", "--by", "Eve")
	if now := tool("statement", "--partner", "chain", "--period", "2026-Q2", "--format", "html"); now != stated {
		t.Errorf("the closed statement was\n%s\nand is\n%s", stated, now)
	}
	holds(tool("statement", "--partner", "chain", "--period", "2026-Q2", "--as-of", before), "open, not closed", "66.02")

	holds(tool("period", "close", "2026-Q3", "--programme", "growth", "--by", "Bob Roe"), "chain", "-32.01", "-5.99") // 26.02 − 32.01
	third := tool("statement", "--partner", "chain", "--period", "2026-Q3")
	holds(third, "Adjustment,2026-Q2", "-32.01", "\"statement 1: recomputed 34.01, stated 66.02\"", "Reason,corrected", corrected)

	tool("undo", corrected, "--why", "the receipt was right")
	s.poll("the correction to be taken back", time.Minute, func() bool { return s.ask("SELECT sum(qty) FROM sellthrough.movements") == "160" })
	fourth := tool("statement", "--partner", "chain", "--period", "2026-Q4")
	holds(fourth, "open, not closed", "Adjustment,2026-Q2", "32.01", "recomputed 66.02, stated 34.01", "Reason,taken back")
	if now := tool("statement", "--partner", "chain", "--period", "2026-Q3"); now != third {
		t.Errorf("the statement of the third quarter was\n%s\nand is\n%s", third, now)
	}

	for format, begins := range map[string]string{"html": "<!DOCTYPE html>", "xlsx": "PK", "csv": "\ufeffProgramme"} {
		r, err := http.Get(s.api + "/statements/chain/2026-Q3." + format)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %d %v %.200s", format, r.StatusCode, err, text)
		}
	}
	s.verify()
}

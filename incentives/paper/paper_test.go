package paper_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
	"sellthrough/incentives"
	"sellthrough/incentives/paper"
)

func dec(text string) sellthrough.Decimal {
	d, err := sellthrough.ParseDecimal(text)
	if err != nil {
		panic(err)
	}
	return d
}

// sheet is a closed quarter and an open month, with every kind of line.
func sheet(t *testing.T) incentives.Sheet {
	t.Helper()
	at := time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC)
	p, err := incentives.ParsePeriod("2026-Q2")
	if err != nil {
		t.Fatal(err)
	}
	next := dec("3000")
	closed := incentives.Statement{
		Account: incentives.Account{
			Programme: "growth", Partner: "acme", Period: "2026-Q2", From: p.From, To: p.To, Pays: "money", Currency: "GBP", Opening: dec("10"), Counted: dec("2200.5"), Next: &next, Counts: "money",
			Lines: []incentives.Line{
				{Part: incentives.OfSales, Line: "=cmd|' /C calc'!A0", Units: dec("160"), Money: dec("2200.5")},
				{Part: incentives.OfTier, Rate: dec("3"), Per: "percent", Threshold: dec("2000"), Units: dec("160"), Money: dec("2200.5"), Amount: dec("66.02")},
				{Part: incentives.OfPenalty, Line: "late-report", Rate: dec("3"), Per: "once", Units: dec("2"), Amount: dec("-6")},
				{Part: incentives.OfAdjustment, Of: "2026-Q1", Amount: dec("-32.01"), Note: "statement 1: recomputed 34.01, stated 66.02"},
				{Part: incentives.OfReason, Of: "2026-Q1", Cause: "corrected", Submission: "S<7>", Units: dec("-25"), Money: dec("-500"), Note: "2026-04-10T08:00:00Z"},
			},
			Claims: []incentives.Paid{
				{Claim: "C1", State: incentives.IsPaid, Amount: dec("20"), Who: "bob", At: at}, {Claim: "C2", State: incentives.IsSubmitted, Amount: dec("5"), Who: "ann", At: at},
			},
			Closing: dec("18.01"),
		},
		Number: 2, By: "Ann Lee", Closed: at, Before: "aa", Reference: 7,
	}
	if err := closed.Seal(); err != nil {
		t.Fatal(err)
	}
	return incentives.Sheet{Partner: "acme", Period: p, Entries: []incentives.Entry{
		{Account: closed.Account, Closed: &closed, Ends: p.To},
		{Account: incentives.Account{Programme: "stars", Partner: "acme", Period: "2026-06", Pays: "points", Lines: []incentives.Line{{Part: incentives.OfTier, Rate: dec("2"), Per: "unit", Units: dec("4"), Amount: dec("8")}}, Closing: dec("8")}, Ends: p.To},
	}}
}

var wanted = [][]string{
	{"Programme", "Period", "Statement", "Entry", "Of", "From", "Rate", "", "Units", "Sales value", "Amount", "In", "Note"},
	{"growth", "2026-Q2", "2", "Opening", "", "", "", "", "", "", "10", "GBP", ""},
	{"growth", "2026-Q2", "2", "Qualifying sales", "=cmd|' /C calc'!A0", "", "", "", "160", "2200.5", "", "GBP", ""},
	{"growth", "2026-Q2", "2", "Accrual", "", "2000", "3", "%", "160", "2200.5", "66.02", "GBP", ""},
	{"growth", "2026-Q2", "2", "Penalty", "late reports", "", "3", "once", "2", "", "-6", "GBP", ""},
	{"growth", "2026-Q2", "2", "Adjustment", "2026-Q1", "", "", "", "", "", "-32.01", "GBP", "statement 1: recomputed 34.01, stated 66.02"},
	{"growth", "2026-Q2", "2", "Reason", "corrected", "", "", "", "-25", "-500", "", "GBP", "submission S<7>, 2026-04-10T08:00:00Z"},
	{"growth", "2026-Q2", "2", "Paid", "C1", "", "", "", "", "", "-20", "GBP", "Paid 20, bob 2026-07-02"},
	{"growth", "2026-Q2", "2", "Claim", "C2", "", "", "", "", "", "", "GBP", "submitted 5, ann 2026-07-02"},
	{"growth", "2026-Q2", "2", "Closing", "", "", "", "", "", "", "18.01", "GBP", "Counted 2200.5, Next tier from 3000"},
	{"stars", "2026-06", "open, not closed", "Opening", "", "", "", "", "", "", "0", "points", ""},
	{"stars", "2026-06", "open, not closed", "Accrual", "", "0", "2", "per unit", "4", "", "8", "points", ""},
	{"stars", "2026-06", "open, not closed", "Closing", "", "", "", "", "", "", "8", "points", ""},
}

func TestCSVAndWorkbookHaveTheSameRows(t *testing.T) {
	text, err := paper.Write(sheet(t), "csv", "en")
	if err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got[2][4] = strings.TrimPrefix(got[2][4], "'") // which keeps a spreadsheet from taking it for a formula
	if d := cmp.Diff(wanted, got); d != "" {
		t.Error(d)
	}
	if !strings.Contains(string(text), "'=cmd") {
		t.Error("a cell is a formula")
	}

	book, err := paper.Write(sheet(t), "xlsx", "en")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(wanted, cells(t, book)); d != "" {
		t.Error(d)
	}
}

// cells are those of the workbook's sheet, by the names that they have.
func cells(t *testing.T, book []byte) [][]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Rows []struct {
			Cells []struct {
				Name   string `xml:"r,attr"`
				Number string `xml:"v"`
				Text   string `xml:"is>t"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for n, r := range s.Rows {
		row := make([]string, 13)
		for _, c := range r.Cells {
			i := int(c.Name[0] - 'A')
			if c.Name != fmt.Sprintf("%c%d", 'A'+i, n+1) {
				t.Errorf("a cell of row %d is called %s", n+1, c.Name)
			}
			row[i] = c.Number + c.Text
		}
		out = append(out, row)
	}
	return out
}

func TestThePageSaysWhoClosedItAndHoldsNoMarkup(t *testing.T) {
	s := sheet(t)
	text, err := paper.Write(s, "html", "en")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"closed by Ann Lee on 2026-07-02", s.Entries[0].Closed.Hash, "66.02", "-32.01", "S&lt;7&gt;", "open, not closed", "<td class=\"n\">18.01</td>"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	chinese, err := paper.Write(s, "html", "zh")
	if err != nil || !strings.Contains(string(chinese), "激励对账单") || !strings.Contains(string(chinese), "Ann Lee 于 2026-07-02 关账") || !strings.Contains(string(chinese), "迟报") {
		t.Errorf("%v\n%s", err, chinese)
	}
	if _, err := paper.Write(s, "pdf", "en"); err == nil {
		t.Error("there is no PDF")
	}
}

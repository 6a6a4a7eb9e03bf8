package reference

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// folder writes files named by their first line, and loads them.
func folder(t *testing.T, files map[string]string) (Tables, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tables, _, err := Load(dir)
	return tables, err
}

func TestASheetIsReadWithItsDefaults(t *testing.T) {
	_, err := folder(t, map[string]string{
		"products.csv":     "code,launch,end_of_life,cost\nP1,2025-03-01,,12.50\n",
		"locations.csv":    "code,latitude,longitude\nS1,31.2304,-0.5\n",
		"ranging.csv":      "location,item,from,lead_days\nS1,P1,2026-01-02,14\nS1,P1,,\n",
		"organisation.csv": "node,parent,name,partner,from,to\nhq,,Head office,,,\neast,hq,East,,,\neast,hq,East,acme,2026-01-01,\n",
	})
	if err == nil {
		t.Fatal("P1 is ranged twice at S1 from 2026-01-02 on, and nobody said so")
	}
	tables, err := folder(t, map[string]string{
		"products.csv":  "code,launch,end_of_life,cost\nP1,2025-03-01,,12.50\n",
		"locations.csv": "code,latitude,longitude\nS1,31.2304,-0.5\n",
		"ranging.csv":   "location,item,from,to,lead_days\nS1,P1,2026-01-02,,14\nS1,P1,,2026-01-01,\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	p, l := tables.Products[0], tables.Locations[0]
	if p.Cost != 12_500_000 || p.Launch.String() != "2025-03-01" || p.EndOfLife != 0 || l.Latitude != 31.2304 || l.Longitude != -0.5 {
		t.Errorf("product %+v, location %+v", p, l)
	}
	for _, s := range tables.Sheets {
		if s.Kind.Name != "ranging" {
			continue
		}
		// 2026-01-02 is day 20455; without dates a row holds from the first day to the last that the ledger knows.
		if from, to, lead := s.Numbers("from"), s.Numbers("to"), s.Numbers("lead_days"); s.Rows != 2 || from[0] != 20455 || to[0] != Never || from[1] != Always || to[1] != 20454 || lead[0] != 14 || lead[1] != 0 {
			t.Errorf("%d rows, from %v, to %v, lead days %v", s.Rows, from, to, lead)
		}
	}
}

func TestAFaultOfASheetNamesFileRowAndReason(t *testing.T) {
	bad := func(file, text string, want ...string) {
		t.Helper()
		_, err := folder(t, map[string]string{"products.csv": "code\nP1\n", "locations.csv": "code\nS1\n", file: text})
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v\nlacks %q", file, err, w)
			}
		}
	}
	bad("partners.csv", "partner,tier\nacme,shop\n", "partners.csv:2", "column tier", `"shop"`, "retailer")
	bad("partners.csv", "partner\nacme\nacme\n", "partners.csv:3", "acme stands on row 2 already")
	bad("partners.csv", "partner,time_zone\nacme,Mars/North\n", "partners.csv:2", "IANA")
	bad("organisation.csv", "node,parent\na,b\nb,a\n", "organisation.csv:2", "a under b under a")
	bad("organisation.csv", "node,parent\na,z\n", "organisation.csv:2", "parent z of node a")
	bad("organisation.csv", "node,parent,from,to\na,,,\nb,,,\nc,a,,2026-02-15\nc,b,2026-02-15,\n", "organisation.csv:5", "node c stands under a and b at once")
	bad("organisation.csv", "node,parent,partner\na,,x\nb,,x\n", "organisation.csv:3", "partner x stands under a and b at once")
	bad("ranging.csv", "location,item\nS9,P1\n", "ranging.csv:2", "S9 is not in locations.csv")
	bad("ranging.csv", "location,item\nS1,P9\n", "ranging.csv:2", "P9 is not in products.csv")
	bad("ranging.csv", "location,item,lead_days\nS1,P1,-3\n", "ranging.csv:2", "lead_days", "0 or more")
	bad("calendar.csv", "name,year,from,to\n618,2026,2026-06-20,2026-06-01\n", "calendar.csv:2", "lies before from")
	bad("reporting.csv", "feed,frequency,weekdays,due\nf,day,0-6,09:00\n", "reporting.csv:2", "1 is Monday")
	bad("reporting.csv", "feed,frequency,due\nf,day,25:00\n", "reporting.csv:2", "time of day")
	bad("products.csv", "code,launch,end_of_life\nP1,2026-02-01,2026-01-01\n", "products.csv:2", "lies before launch")
	bad("locations.csv", "code,latitude\nS1,91\n", "locations.csv:2", "latitude")
	bad("modes.csv", "of,mode\na,rented\n", "modes.csv:2", `"rented"`, "e-commerce")
	bad("modes.csv", "of,mode,from,to\na,agency,,2026-06-30\na,direct,2026-06-30,\n", "modes.csv:3", "a stands on row 2 already", "do not overlap")
	bad("territories.csv", "territory,parent\na,b\nb,a\n", "territories.csv:2", "a stands under itself")
	bad("territories.csv", "territory,parent\na,z\n", "territories.csv:2", "parent z of a is not a territory")
	bad("targets.csv", "partner,period,basis,measure,target\nx,2026-Q5,sell_out,units,1\n", "targets.csv:2", "period", "2026-Q1")
	bad("targets.csv", "partner,period,basis,measure,target\nx,2026,sell_out,units,-1\n", "targets.csv:2", "target", "must not be below 0")
	bad("targets.csv", "node,partner,period,basis,measure,target\nn,x,2026,sell_out,units,1\n", "targets.csv:2", "fill node or partner")
	bad("targets.csv", "partner,period,basis,measure,target\nx,2026,sell_out,units,1\nx,2026,sell_out,units,2\n", "targets.csv:3", "x 2026 sell_out units stands on row 2 already")
	bad("floors.csv", "item,floor,currency\nP1,9,EURO\n", "floors.csv:2", "ISO 4217")
	bad("floors.csv", "item,floor,currency\nP9,9,EUR\n", "floors.csv:2", "P9 is not in products.csv")
	bad("promotions.csv", "promotion,item,line\nx,P1,L\n", "promotions.csv:2", "fill item or line")
	bad("support.csv", "partner,what,date,amount,currency\nx,lent,2026-01-01,5,EUR\n", "support.csv:2", "given, used")
}

func TestWhatASheetNamesHasToExistWhereItsSheetIsThere(t *testing.T) {
	files := map[string]string{"partners.csv": "partner\nacme\n", "assignments.csv": "partner,territory\nacme,north\nacne,north\n"}
	_, err := folder(t, files)
	if err == nil || !strings.Contains(err.Error(), "assignments.csv:3: partner acne is not in partners.csv") || strings.Contains(err.Error(), "north") {
		t.Errorf("%v", err)
	}
	files["territories.csv"] = "territory\nsouth\n"
	if _, err := folder(t, files); err == nil || !strings.Contains(err.Error(), "assignments.csv:2: territory north is not in territories.csv") {
		t.Errorf("%v", err)
	}
}

func TestAPeriodHasItsDays(t *testing.T) {
	ok := func(cell, from, to string) {
		t.Helper()
		f, u, err := period(cell)
		if err != nil || f.String() != from || u.String() != to {
			t.Errorf("%s is %s to %s, %v", cell, f, u, err)
		}
	}
	ok("2026", "2026-01-01", "2026-12-31")
	ok("2026-H2", "2026-07-01", "2026-12-31")
	ok("2026-Q1", "2026-01-01", "2026-03-31")
	ok("2024-02", "2024-02-01", "2024-02-29")
	for _, cell := range []string{"", "26", "2026-", "2026-00", "2026-13", "2026-H3", "2026-Q0", "2026-Q11", "2026-1", "2026-02-03", "abcd"} {
		if f, u, err := period(cell); err == nil {
			t.Errorf("%q is %s to %s", cell, f, u)
		}
	}
}

func TestATreeMayBeReorganised(t *testing.T) {
	_, err := folder(t, map[string]string{
		"organisation.csv": "node,parent,partner,from,to\nhq,,,,\na,hq,,,2026-06-30\na,b,,2026-07-01,\nb,hq,,,\nb,hq,x,,2026-06-30\na,b,x,2026-07-01,\n",
	})
	if err != nil {
		t.Error(err)
	}
}

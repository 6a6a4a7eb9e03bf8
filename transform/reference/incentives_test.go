package reference

import (
	"maps"
	"strings"
	"testing"
)

const (
	heads = "programme,basis,counts,pays,period,tiering,tax,cap,excludes,rank,clawback_days,kinds\n"
	good  = heads + "growth,sell_out,money,money,quarter,retroactive,excluded,,,,,\n"
)

// incentive is a folder with one programme, in which some files are others.
func incentive(files map[string]string) map[string]string {
	out := map[string]string{
		"products.csv": "code,line\nP1,audio\n", "partners.csv": "partner,tier\nacme,dealer\n", "groups.csv": "group,partner\nbuyers,acme\n",
		"programmes.csv": good, "qualifying.csv": "programme,tier\ngrowth,dealer\n", "tiers.csv": "programme,threshold,rate,per\ngrowth,0,1,percent\n",
	}
	maps.Copy(out, files)
	return out
}

func TestAFaultOfAProgrammeNamesFileRowAndReason(t *testing.T) {
	if _, err := folder(t, incentive(nil)); err != nil {
		t.Fatal(err)
	}
	bad := func(file, text string, want ...string) {
		t.Helper()
		_, err := folder(t, incentive(map[string]string{file: text}))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s %q: %v, want %q", file, text, err, w)
			}
		}
	}
	programme := func(row string, want ...string) {
		t.Helper()
		bad("programmes.csv", good+row+"\n", append(want, "programmes.csv:3")...)
	}
	programme("spiff,sell_up,units,money,month,marginal,,,,,,", "basis", "sell_in, sell_through, sell_out")
	programme("spiff,sell_out,boxes,money,month,marginal,,,,,,", "counts", "units, money")
	programme("spiff,sell_out,units,gold,month,marginal,,,,,,", "pays", "money, points")
	programme("spiff,sell_out,units,money,week,marginal,,,,,,", "period", "month, quarter, half, year")
	programme("spiff,sell_out,units,money,month,steps,,,,,,", "tiering", "marginal, retroactive")
	programme("spiff,sell_out,units,money,month,marginal,,-5,,,,", "cap", "must not be below 0")
	programme("spiff,sell_out,units,money,month,marginal,,0,,,,", "cap", "pays nothing")
	programme("spiff,sell_out,money,money,month,marginal,,,,,,", "tax", "included or excluded")
	programme("spiff,sell_out,units,money,month,marginal,,,spiff,,,", "excludes", "names the programme itself")
	programme("spiff,sell_out,units,money,month,marginal,,,grwth,,,", "excludes grwth, which is not in programmes.csv")
	programme("spiff,sell_out,units,money,month,marginal,,,growth,,,", "spiff and growth do not stack and have one rank")
	programme("spiff,sell_out,units,money,month,marginal,,,,-1,,", "rank", "0 or more")
	programme("spiff,sell_out,units,money,month,marginal,,,,,,sold", "kinds", "holds sold")
	programme("spiff,sell_out,units,money,month,marginal,,,,,,", "programme spiff has no row in qualifying.csv", "programme spiff has no row in tiers.csv")
	programme("growth,sell_out,units,money,month,marginal,,,,,,", "growth stands on row 2 already")

	bad("qualifying.csv", "programme,partner\ngrwth,acme\n", "qualifying.csv:2: programme grwth is not in programmes.csv")
	bad("qualifying.csv", "programme,partner\ngrowth,acne\n", "qualifying.csv:2: partner acne is not in partners.csv")
	bad("qualifying.csv", "programme,item\ngrowth,P9\n", "qualifying.csv:2: item P9 is not in products.csv")
	bad("qualifying.csv", "programme,line\ngrowth,vidio\n", "qualifying.csv:2: line vidio is of no product")
	bad("qualifying.csv", "programme,group\ngrowth,byers\n", "qualifying.csv:2: group byers is not in groups.csv")
	bad("qualifying.csv", "programme,tier\ngrowth,gold\n", "qualifying.csv:2", "tier")
	bad("qualifying.csv", "programme,mode\ngrowth,rented\n", "qualifying.csv:2", "mode")
	bad("qualifying.csv", "programme,tier,from,to\ngrowth,dealer,2026-02-01,2026-01-01\n", "qualifying.csv:2", "lies before from")

	bad("tiers.csv", "programme,threshold,rate,per\ngrowth,-1,1,percent\n", "tiers.csv:2", "threshold", "must not be below 0")
	bad("tiers.csv", "programme,threshold,rate,per\ngrowth,0,-1,percent\n", "tiers.csv:2", "rate", "must not be below 0")
	bad("tiers.csv", "programme,threshold,rate,per\ngrowth,0,1,dozen\n", "tiers.csv:2", "percent, unit, once")
	bad("tiers.csv", "programme,threshold,rate,per\ngrowth,10,1,percent\ngrowth,10.0,2,percent\n", "tiers.csv:3", "stands on row 2 already")
	bad("tiers.csv", "programme,threshold,rate,per,from,to\ngrowth,10,1,percent,,2026-06-30\ngrowth,10,2,percent,2026-06-01,\n", "tiers.csv:3", "do not overlap")
	bad("tiers.csv", "programme,threshold,rate,per\ngrwth,10,1,percent\n", "tiers.csv:2: programme grwth is not in programmes.csv", "programmes.csv:2: programme growth has no row in tiers.csv")
	bad("penalties.csv", "programme,cause,rate\ngrowth,rudeness,1\n", "penalties.csv:2", "cross-territory, below-floor, late-report")
	bad("penalties.csv", "programme,cause,rate\ngrowth,late-report,-1\n", "penalties.csv:2", "rate", "must not be below 0")
	bad("penalties.csv", "programme,cause,rate\ngrwth,late-report,1\n", "penalties.csv:2: programme grwth is not in programmes.csv")

	marginal := strings.Replace(good, "retroactive", "marginal", 1)
	_, err := folder(t, incentive(map[string]string{"programmes.csv": marginal, "tiers.csv": "programme,threshold,rate,per\ngrowth,0,1,unit\n"}))
	if err == nil || !strings.Contains(err.Error(), "tiers.csv:2: a marginal tier of growth counts money, so that its rate is of what lies in it, not per unit") {
		t.Errorf("%v", err)
	}
}

func TestARuleMayChangeOnADate(t *testing.T) {
	_, err := folder(t, incentive(map[string]string{
		"programmes.csv": "programme,basis,counts,pays,period,tiering,tax,from,to\ngrowth,sell_out,money,money,quarter,retroactive,excluded,,2026-06-30\ngrowth,sell_out,money,money,quarter,marginal,excluded,2026-07-01,\n",
		"tiers.csv":      "programme,threshold,rate,per,from,to\ngrowth,10,1,percent,,2026-06-30\ngrowth,10,2,percent,2026-07-01,\n",
	}))
	if err != nil {
		t.Error(err)
	}
}

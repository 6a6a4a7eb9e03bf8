package world

import (
	"testing"

	"sellthrough"
)

func TestOnlyTheRaiderSellsFarOutsideItsTerritoryAndBelowTheFloor(t *testing.T) {
	cheap, far, raids := map[int]int{}, map[int]int{}, 0
	paid, asked := int64(0), int64(0)
	read(func(w *World, d *Day) {
		for _, s := range d.Sales {
			n := &w.Listings[s.Listing]
			l := &w.Locations[n.Location]
			p := &Partners[l.Partner]
			if s.Units <= 0 || l.Currency != "CNY" {
				continue
			}
			below := s.Cents < Floor(p.Tier, w.Products[n.Product].ListOn(d.Date))*int64(s.Units)
			away := s.More != nil && s.More.Destination != "" && Territory(s.More.Destination) != l.Territory
			if below {
				cheap[n.Location]++
			}
			if away {
				far[n.Location]++
			}
			if below && away {
				raids++
				asked += s.Cents
				paid += w.cost(n, d.Date) * int64(s.Units)
			}
		}
	})
	for li := range cheap {
		if Partners[buildLocations()[li].Partner].Trade != Dealer || cheap[li] > 0 && far[li] == 0 {
			t.Errorf("%s sells %d lines below the floor", buildLocations()[li].Name, cheap[li])
		}
	}
	if len(far) != 1 || raids < 60 || asked >= paid {
		t.Errorf("%d locations deliver outside their territories; %d lines are raids, for %d of what cost %d", len(far), raids, asked, paid)
	}
}

func TestOneSerialNumberIsSoldTwiceByTwoPartners(t *testing.T) {
	type owner struct{ partner, product int }
	sold := map[string][]owner{}
	returned := map[string]int{}
	lines := 0
	read(func(w *World, d *Day) {
		for _, s := range d.Sales {
			if s.More == nil || s.More.Serial == "" {
				continue
			}
			lines++
			if s.Units < 0 {
				returned[s.More.Serial]++
				continue
			}
			if s.Units != 1 {
				t.Fatalf("%d units of the serial number %s", s.Units, s.More.Serial)
			}
			sold[s.More.Serial] = append(sold[s.More.Serial], owner{w.Partner(s.Listing), w.Listings[s.Listing].Product})
		}
	})
	twice := 0
	for serial, by := range sold {
		if len(by) == 1 {
			continue
		}
		if twice++; len(by) != 2 || by[0].partner != Lychee || by[1].partner != Bazaarlet || by[0].product != by[1].product || returned[serial] != 0 {
			t.Errorf("%s is sold by %v", serial, by)
		}
	}
	if twice != 1 || lines < 5000 || len(returned) < 50 {
		t.Errorf("%d numbers are sold twice, of %d lines; %d come back", twice, lines, len(returned))
	}
}

func TestCustomersComeAgainAndSalespeopleDiffer(t *testing.T) {
	documents := map[string]map[Paper]bool{}
	by, segments := map[string]int64{}, map[string]int{}
	read(func(w *World, d *Day) {
		for _, s := range d.Sales {
			if s.More == nil || s.Units < 0 || w.Partner(s.Listing) != Lychee {
				continue
			}
			c := s.More.Customer
			if documents[c] == nil {
				documents[c] = map[Paper]bool{}
			}
			documents[c][Paper{d.Date, s.Doc}] = true
			by[s.More.Salesperson] += s.Cents
			segments[s.More.Segment]++
		}
	})
	again := 0
	for _, docs := range documents {
		if len(docs) > 1 {
			again++
		}
	}
	low, high := int64(1<<60), int64(0)
	for _, cents := range by {
		low, high = min(low, cents), max(high, cents)
	}
	if again < len(documents)/5 || again > len(documents)*9/10 || len(by) < 12 || high < 3*low || len(segments) != 3 {
		t.Errorf("of %d customers %d come again; %d salespeople sell %d to %d; segments %v", len(documents), again, len(by), low, high, segments)
	}
}

func TestAPriceCutIsPaidForWhatWasBoughtLately(t *testing.T) {
	claims := map[string]int64{}
	price := map[bool]int64{}
	w := read(func(w *World, d *Day) {
		for i := range d.Flows {
			if f := &d.Flows[i]; f.Kind == sellthrough.Claimed && f.More.Reason == "price protection" && d.Date == opening+CutNotebooks {
				claims[f.Other] += f.Cents
			}
		}
		for _, s := range d.Sales {
			n := &w.Listings[s.Listing]
			if c := w.Products[n.Product].Cut; c != nil && c.Day == opening+CutNotebooks && w.Partner(s.Listing) == JadeCrane && s.Units > 0 {
				after := d.Date >= c.Day
				price[after] = max(price[after], 1000*s.Cents/int64(s.Units)/c.Old)
			}
		}
	})
	if len(w.Cuts) < 20 {
		t.Errorf("only %d prices are cut", len(w.Cuts))
	}
	if claims[Debtor(JadeCrane)] == 0 || claims[Debtor(NineBridges)] == 0 || claims[Debtor(Tamarind)] == 0 {
		t.Errorf("the claims are %v", claims)
	}
	if price[false] < 780 || price[true] > 730 {
		t.Errorf("Jade Crane asks at most %d of a thousand of the old price before the cut, and %d after", price[false], price[true])
	}
}

package reports

import (
	"strconv"
	"time"

	"sellthrough"
)

// Instant of a row: its second on the clock of its location.
func (p *Plan) instant(r *Row) time.Time {
	y, m, d := r.Day.Time().Date()
	return time.Date(y, m, d, 0, 0, int(r.Second), 0, p.zones[p.locationOf(r)])
}

func bazaarOrder(b []byte, p *Plan, r *Row) []byte {
	b = p.document(append(b, `{"order":{"id":"`...), "", r)
	b = strconv.AppendInt(append(b, `","line":`...), int64(r.Line), 10)
	b = strconv.AppendInt(append(b, `,"rev":`...), int64(r.Version), 10)
	b = p.instant(r).AppendFormat(append(b, `,"placed":"`...), time.RFC3339)
	b = append(append(b, `"},"fc":"`...), p.place(r)...)
	b = append(append(b, `","asin":"`...), p.item(r)...)
	kind, cents := "sale", r.Cents
	if r.Kind == sellthrough.ReturnIn {
		kind, cents = "refund", -cents
	}
	b = append(append(b, `","type":"`...), kind...)
	b = append(b, `","units":`...)
	if r.Typo {
		b = append(b, '"')
	}
	b = units(b, r, abs(r.Units))
	if r.Typo {
		b = append(b, '"')
	}
	b = money(append(b, `,"total":{"value":`...), cents, '.', 0)
	b = append(append(b, `,"currency":"`...), p.world.Locations[p.locationOf(r)].Currency...)
	return append(b, `"}}`...)
}

func bazaarStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, `{"fc":"`...), p.place(r)...)
	b = append(append(b, `","asin":"`...), p.item(r)...)
	b = strconv.AppendInt(append(b, `","onHand":`...), int64(r.Units), 10)
	b = p.instant(r).AppendFormat(append(b, `,"asOf":"`...), time.RFC3339)
	return append(b, `"}`...)
}

func storeOrder(b []byte, p *Plan, r *Row) []byte {
	b = append(p.document(b, "K", r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(p.instant(r).UTC().AppendFormat(b, time.DateTime), ',')
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	return append(b, p.world.Locations[p.locationOf(r)].Currency...)
}

func storeStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return p.instant(r).UTC().AppendFormat(b, time.DateTime)
}

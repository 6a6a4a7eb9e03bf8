package reports

import (
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// shops are the feeds of Nine Bridges and of Pixelwald.
var shops = []*Feed{
	{
		ID: "nine-bridges-pos", Partner: world.NineBridges, Kind: sellthrough.Sales, Sold: true, Keyed: true, Cover: Days, Currency: "CNY",
		perStore: true, gzip: true, prefix: "NB_", suffix: ".csv", clock: 1 * hour, precise: 1, minutes: 60, running: true,
		header: "Store,Receipt,Line,Time,SKU,Quantity,Amount", totals: "TOTAL,,,,,,", document: nineDocument, write: nineSale,
	},
	{
		ID: "nine-bridges-receipts", Partner: world.NineBridges, Kind: sellthrough.Sales, Goods: bought(), Document: true, Keyed: true, Currency: "CNY",
		prefix: "NB_goods_", suffix: ".csv", clock: 2*hour + 1800, header: "Store,Delivery,Line,Date,SKU,Quantity,Cost", document: prefixed("D"), write: nineReceipt,
	},
	{
		ID: "nine-bridges-stock", Partner: world.NineBridges, Kind: sellthrough.Stock, gzip: true,
		prefix: "NB_stock_", suffix: ".csv", clock: 2 * hour, precise: 1, minutes: 240, header: "Store,SKU,OnHand,Counted", write: nineStock,
	},
	{
		ID: "nine-bridges-counts", Partner: world.NineBridges, Kind: sellthrough.Sales, Goods: []sellthrough.Kind{sellthrough.Adjustment}, Document: true, Keyed: true, Currency: "CNY",
		seldom: true, quarterly: true, prefix: "NB_counts_", suffix: ".csv", clock: 3 * hour, header: "Store,Count,Line,Date,SKU,Difference,Value", document: prefixed("I"), write: nineCount,
	},
	{
		ID: "nine-bridges-arrivals", Partner: world.NineBridges, Kind: sellthrough.Shipments, Keyed: true, gzip: true,
		prefix: "NB_arrivals_", suffix: ".csv", clock: 3*hour + 600, header: "Store,Note,Line,Date,SKU,Quantity,Delivery", says: refersTo, write: nineArrival,
	},
	{
		ID: "nine-bridges-transfers", Partner: world.NineBridges, Kind: sellthrough.Transfers, Keyed: true,
		prefix: "NB_transfers_", suffix: ".csv", clock: 3*hour + 1200, header: "Note,Line,Direction,Date,Store,Other,SKU,Quantity,Refers", says: refersTo | counterparty, write: nineTransfer,
	},
	{
		ID: "nine-bridges-service", Partner: world.NineBridges, Kind: sellthrough.Service, Keyed: true, Currency: "CNY",
		prefix: "NB_service_", suffix: ".csv", clock: 3*hour + 1800, precise: 1, header: "Case,Line,What,Time,Store,SKU,Quantity,Amount,Reason,Receipt",
		refers: nineReference, says: reason | refersTo, write: nineCase,
	},
	{
		ID: "pixelwald-belege", Partner: world.Pixelwald, Kind: sellthrough.Sales, Sold: true, Keyed: true, Cover: Days, named: true, Currency: "EUR",
		prefix: "PW_Belege_", suffix: ".csv", clock: 6 * hour, precise: 60, header: "Filiale;Bon;Pos;Datum;EAN;Menge;Umsatz", totals: "Summe;;;;;;",
		document: waldDocument, write: waldSale,
	},
	{
		ID: "pixelwald-bestand", Partner: world.Pixelwald, Kind: sellthrough.Stock,
		prefix: "PW_Bestand_", suffix: ".csv", clock: 6*hour + 600, precise: 60, header: "Filiale;EAN;Bestand;Stichtag", write: waldStock,
	},
	{
		ID: "pixelwald-wareneingang", Partner: world.Pixelwald, Kind: sellthrough.Sales, Goods: bought(), Document: true, Keyed: true, Currency: "EUR", seldom: true, quarterly: true,
		prefix: "PW_Wareneingang_", suffix: ".csv", clock: 6*hour + 900, header: "Filiale;Beleg;Pos;Datum;EAN;Menge;Einkaufswert", document: prefixed("WE"), write: waldReceipt,
	},
	{
		ID: "pixelwald-lieferungen", Partner: world.Pixelwald, Kind: sellthrough.Shipments, Keyed: true,
		prefix: "PW_Lieferungen_", suffix: ".csv", clock: 6*hour + 1200, header: "Filiale;Eingang;Pos;Datum;EAN;Menge;Lieferschein", says: refersTo, write: waldArrival,
	},
	{
		ID: "pixelwald-reklamationen", Partner: world.Pixelwald, Kind: sellthrough.Service, Keyed: true, Currency: "EUR",
		prefix: "PW_Reklamationen_", suffix: ".csv", clock: 6*hour + 1500, precise: 60, header: "Vorgang;Pos;Art;Datum;Filiale;EAN;Menge;Wert;Grund;Bon",
		refers: waldReference, says: reason | refersTo, write: waldCase,
	},
}

func nineDocument(b []byte, r *Row) []byte { return number(append(b, 'R'), int(r.Doc), 4) }

func nineSale(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(nineDocument(b, r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return money(b, r.Cents, '.', 0)
}

func nineReceipt(b []byte, p *Plan, r *Row) []byte { return nineGoods(b, p, r, "D") }
func nineCount(b []byte, p *Plan, r *Row) []byte   { return nineGoods(b, p, r, "I") }

func nineGoods(b []byte, p *Plan, r *Row, prefix string) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(numbered(b, prefix, r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return money(b, r.Cents, '.', 0)
}

func nineStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true)
}

func nineArrival(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', p.place(r), r.More.Document, strconv.Itoa(int(r.Line))), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return append(b, r.More.RefersTo...)
}

func nineTransfer(b []byte, p *Plan, r *Row) []byte {
	way := map[sellthrough.Kind]string{sellthrough.Sent: "out", sellthrough.Arrived: "in"}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), way), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(cells(b, ',', p.place(r), p.own(r.Other), p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	return append(b, r.More.RefersTo...)
}

// nineReference is how a case names the receipt of a sale: receipts begin again every day and till.
func nineReference(b []byte, p *Plan, r *Row) []byte {
	of, ok := origin(r)
	if !ok {
		return b
	}
	b = append(append(b, p.place(r)...), '-')
	b = append(date(b, of.Day, "YMD"), '-')
	return nineDocument(b, &of)
}

func nineCase(b []byte, p *Plan, r *Row) []byte {
	what := map[sellthrough.Kind]string{sellthrough.Returned: "refund", sellthrough.Exchanged: "exchange"}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), what), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true), ',')
	b = append(cells(b, ',', p.place(r), p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(append(append(money(b, r.Cents, '.', 0), ','), r.More.Reason...), ',')
	return nineReference(b, p, r)
}

func waldDocument(b []byte, r *Row) []byte { return strconv.AppendInt(b, int64(r.Doc), 10) }

func waldSale(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(waldDocument(b, r), ';')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ';')
	b = append(clock(append(date(b, r.Day, "D.M.Y"), ' '), r.Second, false), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, ',', '.')
}

func waldStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return clock(append(date(b, r.Day, "D.M.Y"), ' '), r.Second, false)
}

func waldReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ';')
	b = append(numbered(b, "WE", r), ';')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ';')
	b = append(date(b, r.Day, "D.M.Y"), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, ',', '.')
}

func waldArrival(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ';', p.place(r), r.More.Document, strconv.Itoa(int(r.Line))), ';')
	b = append(date(b, r.Day, "D.M.Y"), ';')
	b = append(append(b, p.item(r)...), ';')
	b = append(units(b, r, r.Units), ';')
	return append(b, r.More.RefersTo...)
}

func waldReference(b []byte, p *Plan, r *Row) []byte {
	of, ok := origin(r)
	if !ok {
		return b
	}
	b = append(append(b, p.place(r)...), '/')
	b = append(date(b, of.Day, "D.M.Y"), '/')
	return waldDocument(b, &of)
}

func waldCase(b []byte, p *Plan, r *Row) []byte {
	what := map[sellthrough.Kind]string{sellthrough.Returned: "Rückgabe", sellthrough.Exchanged: "Umtausch"}[r.Kind]
	b = append(cells(b, ';', r.More.Document, strconv.Itoa(int(r.Line)), what), ';')
	b = append(clock(append(date(b, r.Day, "D.M.Y"), ' '), r.Second, false), ';')
	b = append(cells(b, ';', p.place(r), p.item(r)), ';')
	b = append(units(b, r, r.Units), ';')
	b = append(append(append(money(b, r.Cents, ',', '.'), ';'), r.More.Reason...), ';')
	return waldReference(b, p, r)
}

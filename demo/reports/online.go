package reports

import (
	"strconv"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// online are the feeds of Bazaarlet and of the vendor's own web shops.
var online = []*Feed{
	{
		ID: "bazaarlet-orders", Partner: world.Bazaarlet, Kind: sellthrough.Sales, Sold: true, Document: true, Keyed: true, Cover: Documents, Currency: "CNY",
		moneys: true, gzip: true, prefix: "orders-", suffix: ".ndjson", clock: 9 * hour, precise: 1, minutes: 10, document: prefixed(""),
		says: customer | serial | refersTo, write: bazaarOrder,
	},
	{
		ID: "bazaarlet-stock", Partner: world.Bazaarlet, Kind: sellthrough.Stock,
		prefix: "stock-", suffix: ".ndjson", clock: 16 * hour, precise: 1, says: title, write: bazaarStock,
	},
	{
		ID: "bazaarlet-inbound", Partner: world.Bazaarlet, Kind: sellthrough.Transfers, Keyed: true,
		prefix: "inbound-", suffix: ".ndjson", clock: 16*hour + 600, says: refersTo | counterparty, write: bazaarInbound,
	},
	{
		ID: "bazaarlet-statements", Partner: world.Bazaarlet, Kind: sellthrough.Money, Keyed: true, Cover: Documents, moneys: true,
		prefix: "statements-", suffix: ".ndjson", clock: 16*hour + 1200, says: reason | counterparty, write: bazaarStatement,
	},
	{
		ID: "kestavo-store-orders", Partner: world.Kestavo, Kind: sellthrough.Sales, Sold: true, Document: true, Keyed: true, Currency: "CNY",
		moneys: true, prefix: "store-orders-", suffix: ".csv", clock: 1 * hour, precise: 1, minutes: 2, header: "order,line,time,site,product,qty,amount,currency,account,type,serial,returns",
		document: storeDocument, says: customer | segment | serial | refersTo, write: storeOrder,
	},
	{
		ID: "kestavo-store-stock", Partner: world.Kestavo, Kind: sellthrough.Stock,
		prefix: "store-stock-", suffix: ".csv", clock: 1*hour + 600, precise: 1, header: "site,product,qty,time", write: storeStock,
	},
	{
		ID: "kestavo-store-transfers", Partner: world.Kestavo, Kind: sellthrough.Transfers, Keyed: true,
		prefix: "store-transfers-", suffix: ".csv", clock: 1*hour + 1200, header: "note,line,movement,date,site,other,product,qty,refers", says: refersTo | counterparty, write: storeTransfer,
	},
	{
		ID: "kestavo-store-service", Partner: world.Kestavo, Kind: sellthrough.Service, Keyed: true, Currency: "CNY",
		moneys: true, prefix: "store-service-", suffix: ".csv", clock: 1*hour + 1800, precise: 1, header: "case,line,what,time,site,product,qty,amount,currency,reason,order,account,type,serial",
		refers: storeReference, says: customer | segment | serial | reason | refersTo, write: storeCase,
	},
}

// Instant of a row: its second on the clock of its location; of what has none, on the vendor's.
func (p *Plan) instant(r *Row) time.Time {
	zone := p.offices[world.Head]
	if r.Place >= 0 {
		zone = p.zones[r.Place]
	}
	y, m, d := r.Day.Time().Date()
	return time.Date(y, m, d, 0, 0, int(r.Second), 0, zone)
}

// quoted appends a name and a text of JSON, where there is one.
func quoted(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return append(append(append(append(append(b, `,"`...), name...), `":"`...), value...), '"')
}

func bazaarOrder(b []byte, p *Plan, r *Row) []byte {
	b = numbered(append(b, `{"order":{"id":"`...), "", r)
	b = strconv.AppendInt(append(b, `","line":`...), int64(r.Line), 10)
	b = strconv.AppendInt(append(b, `,"rev":`...), int64(r.Version), 10)
	b = p.instant(r).AppendFormat(append(b, `,"placed":"`...), time.RFC3339)
	b = append(append(b, `"},"fc":"`...), p.place(r)...)
	b = append(append(append(b, `","asin":"`...), p.item(r)...), '"')
	kind, cents := "sale", r.Cents
	if r.Kind == sellthrough.ReturnIn {
		kind, cents = "refund", -cents
	}
	b = quoted(b, "type", kind)
	b = quoted(b, "buyer", r.more().Customer)
	b = quoted(b, "serial", r.more().Serial)
	if of, ok := origin(r); ok {
		b = quoted(b, "of", string(numbered(nil, "", &of)))
	}
	b = append(b, `,"units":`...)
	if r.Typo {
		b = append(b, '"')
	}
	b = units(b, r, abs(r.Units))
	if r.Typo {
		b = append(b, '"')
	}
	b = money(append(b, `,"total":{"value":`...), cents, '.', 0)
	b = append(append(b, `,"currency":"`...), p.world.Locations[r.Place].Currency...)
	return append(b, `"}}`...)
}

func bazaarStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, `{"fc":"`...), p.place(r)...)
	b = append(append(append(b, `","asin":"`...), p.item(r)...), '"')
	b = quoted(b, "owner", r.more().Title)
	b = strconv.AppendInt(append(b, `,"onHand":`...), int64(r.Units), 10)
	b = p.instant(r).AppendFormat(append(b, `,"asOf":"`...), time.RFC3339)
	return append(b, `"}`...)
}

func bazaarInbound(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, `{"id":"`...), r.More.Document...)
	b = strconv.AppendInt(append(b, `","line":`...), int64(r.Line), 10)
	way := map[sellthrough.Kind]string{sellthrough.Sent: "removal", sellthrough.Arrived: "inbound"}[r.Kind]
	b = quoted(b, "type", way)
	b = append(date(append(b, `,"day":"`...), r.Day, "Y-M-D"), '"')
	b = quoted(quoted(quoted(b, "fc", p.place(r)), "with", r.Other), "asin", p.item(r))
	b = quoted(b, "shipment", r.More.RefersTo)
	b = append(b, `,"units":`...)
	if r.Typo {
		b = append(b, '"')
	}
	b = units(b, r, r.Units)
	if r.Typo {
		b = append(b, '"')
	}
	return append(b, '}')
}

func bazaarStatement(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, `{"statement":"`...), r.More.Document...)
	b = strconv.AppendInt(append(b, `","line":`...), int64(r.Line), 10)
	what := map[sellthrough.Kind]string{sellthrough.Settled: "proceeds", sellthrough.Commission: "fee"}[r.Kind]
	b = quoted(b, "type", what)
	b = append(date(append(b, `,"day":"`...), r.Day, "Y-M-D"), '"')
	b = quoted(quoted(quoted(quoted(b, "fc", p.place(r)), "seller", r.Other), "asin", p.item(r)), "why", r.More.Reason)
	b = strconv.AppendInt(append(b, `,"units":`...), int64(r.Units), 10)
	b = money(append(b, `,"total":{"value":`...), r.Cents, '.', 0)
	b = append(append(b, `,"currency":"`...), r.Currency...)
	return append(b, `"}}`...)
}

func storeDocument(b []byte, r *Row) []byte { return numbered(b, "K", r) }

func storeReference(b []byte, _ *Plan, r *Row) []byte {
	if of, ok := origin(r); ok {
		return storeDocument(b, &of)
	}
	return b
}

// kinds of customers as the shop writes them.
func storeType(segment string) string {
	return map[string]string{"enterprise": "B2B", "government": "B2G", "individual": "B2C"}[segment]
}

func storeOrder(b []byte, p *Plan, r *Row) []byte {
	b = append(storeDocument(b, r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(p.instant(r).UTC().AppendFormat(b, time.DateTime), ',')
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	m := r.more()
	b = append(cells(b, ',', p.world.Locations[r.Place].Currency, m.Customer, storeType(m.Segment), m.Serial), ',')
	return storeReference(b, p, r)
}

func storeStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return p.instant(r).UTC().AppendFormat(b, time.DateTime)
}

func storeTransfer(b []byte, p *Plan, r *Row) []byte {
	way := map[sellthrough.Kind]string{sellthrough.Sent: "out", sellthrough.Arrived: "in"}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), way), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(cells(b, ',', p.place(r), r.Other, p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	return append(b, r.More.RefersTo...)
}

func storeCase(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), r.Kind.String()), ',')
	b = append(p.instant(r).UTC().AppendFormat(b, time.DateTime), ',')
	b = append(cells(b, ',', p.place(r), p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	b = append(cells(b, ',', r.Currency, r.More.Reason), ',')
	b = append(storeReference(b, p, r), ',')
	return cells(b, ',', r.More.Customer, storeType(r.More.Segment), r.More.Serial)
}

package reports

import (
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// vendor is the feeds of the vendor's own units, which share a program, and of its headquarters.
func vendor() []*Feed {
	var out []*Feed
	for _, u := range world.Units {
		id := world.Partners[u].ID
		out = append(out,
			&Feed{
				ID: id + "-sales", Partner: u, Kind: sellthrough.Sales, Sold: true, Goods: bought(), Document: true, Keyed: true, Currency: "CNY",
				prefix: id + "-sales-", suffix: ".csv", clock: 8 * hour, precise: 1, quarterly: true,
				header:   "document,line,type,time,location,item,qty,amount,customer,segment,salesperson,serial,province,refers",
				document: unitDocument, says: customer | segment | salesperson | serial | destination | refersTo, write: unitSale,
			},
			&Feed{
				ID: id + "-stock", Partner: u, Kind: sellthrough.Stock, weekly: true, quarterly: true,
				prefix: id + "-stock-", suffix: ".csv", clock: 8*hour + 600, precise: 60, header: "location,item,owner,qty,counted", says: title, write: unitStock,
			},
			&Feed{
				ID: id + "-accounts", Partner: u, Kind: sellthrough.Money, Keyed: true, Currency: "CNY",
				prefix: id + "-accounts-", suffix: ".csv", clock: 8*hour + 1200, header: "document,line,type,date,location,amount,due,refers,reason,customer,segment,salesperson",
				says: customer | segment | salesperson | refersTo | reason | until, write: unitAccount,
			})
		if moves := (&Feed{Partner: u}).moves(); moves != "" {
			out = append(out, &Feed{
				ID: id + "-" + string(moves), Partner: u, Kind: moves, Keyed: true,
				prefix: id + "-goods-", suffix: ".csv", clock: 8*hour + 1800, header: "note,line,movement,date,location,other,item,qty,refers", says: refersTo | counterparty, write: unitGoods,
			})
		}
		if u == world.East { // it buys from the vendor, and moves goods to its offices
			out = append(out, &Feed{
				ID: id + "-shipments", Partner: u, Kind: sellthrough.Shipments, Keyed: true,
				prefix: id + "-arrivals-", suffix: ".csv", clock: 8*hour + 2100, header: "note,line,movement,date,location,other,item,qty,refers", says: refersTo | counterparty, write: unitGoods,
			})
		}
	}
	const id = "kestavo"
	return append(out,
		&Feed{
			ID: id + "-orders", Partner: world.Head, Kind: sellthrough.Orders, Keyed: true,
			prefix: "ORDERS_", suffix: ".csv", clock: 6 * hour, header: "ORDER,POS,EVENT,DATE,PLANT,SHIP_TO,MATERIAL,QTY,NET,CURRENCY", moneys: true, says: counterparty, write: headOrder,
		},
		&Feed{
			ID: id + "-deliveries", Partner: world.Head, Kind: sellthrough.Shipments, Keyed: true,
			prefix: "DELIVERIES_", suffix: ".csv", clock: 6*hour + 600, header: "DELIVERY,POS,DATE,PLANT,SHIP_TO,MATERIAL,QTY,VALUE,CURRENCY,ORDER", moneys: true, says: refersTo | counterparty, write: headDelivery,
		},
		&Feed{
			ID: id + "-transfers", Partner: world.Head, Kind: sellthrough.Transfers, Keyed: true,
			prefix: "TRANSFERS_", suffix: ".csv", clock: 6*hour + 1200, header: "NOTE,POS,MOVEMENT,DATE,PLANT,OTHER,MATERIAL,QTY", says: counterparty, write: headTransfer,
		},
		&Feed{
			ID: id + "-accounts", Partner: world.Head, Kind: sellthrough.Money, Keyed: true,
			prefix: "ACCOUNTS_", suffix: ".csv", clock: 6*hour + 1800, header: "DOCUMENT,POS,TYPE,DATE,DEBTOR,MATERIAL,AMOUNT,CURRENCY,REFERENCE,DUE,TEXT",
			moneys: true, says: refersTo | reason | until | counterparty, write: headAccount,
		},
		&Feed{
			ID: id + "-helpdesk", Partner: world.Head, Kind: sellthrough.Service, Keyed: true,
			prefix: "cases-", suffix: ".ndjson", clock: 6*hour + 2400, precise: 1, says: customer | segment | serial | reason | refersTo | until | counterparty, write: headCase,
		})
}

// moves is how goods come to one of the vendor's units beside its purchases.
func (f *Feed) moves() sellthrough.FeedKind {
	if f.Partner == world.North {
		return sellthrough.Shipments
	}
	return sellthrough.Transfers
}

func unitDocument(b []byte, r *Row) []byte {
	if r.Kind == sellthrough.SellIn || r.Kind == sellthrough.ReturnOut {
		return numbered(b, "G", r)
	}
	return numbered(b, "S", r)
}

func unitSale(b []byte, p *Plan, r *Row) []byte {
	what := map[sellthrough.Kind]string{
		sellthrough.SellOut: "sale", sellthrough.ReturnIn: "return", sellthrough.SellIn: "purchase", sellthrough.ReturnOut: "sent back",
	}[r.Kind]
	b = append(unitDocument(b, r), ',')
	b = append(cells(b, ',', strconv.Itoa(int(r.Line)), what), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, true), ',')
	b = append(cells(b, ',', p.place(r), p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	m := r.more()
	b = append(cells(b, ',', m.Customer, m.Segment, m.Salesperson, m.Serial, m.Destination), ',')
	if of, ok := origin(r); ok {
		b = unitDocument(b, &of)
	}
	return b
}

func unitStock(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', p.place(r), p.item(r), r.more().Title), ',')
	b = append(units(b, r, r.Units), ',')
	return clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, false)
}

func unitAccount(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), r.Kind.String()), ',')
	b = append(append(append(date(b, r.Day, "Y-M-D"), ','), p.place(r)...), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	b = append(due(b, r), ',')
	return cells(b, ',', r.More.RefersTo, r.More.Reason, r.More.Customer, r.More.Segment, r.More.Salesperson)
}

// due appends the day on which something ends, where it is said.
func due(b []byte, r *Row) []byte {
	if r.More.Until == 0 {
		return b
	}
	return date(b, sellthrough.Day(r.More.Until/86400), "Y-M-D")
}

func unitGoods(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), r.Kind.String()), ',')
	b = append(date(b, r.Day, "Y-M-D"), ',')
	b = append(cells(b, ',', p.place(r), r.Other, p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	return append(b, r.More.RefersTo...)
}

// plant is the vendor's warehouse.
const plant = "KV01"

func headOrder(b []byte, p *Plan, r *Row) []byte {
	event := map[sellthrough.Kind]string{sellthrough.Ordered: "ORD", sellthrough.Confirmed: "CNF", sellthrough.Cancelled: "CAN"}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), event), ',')
	b = append(date(b, r.Day, "YMD"), ',')
	b = append(cells(b, ',', plant, r.Other, p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	return append(append(money(b, r.Cents, '.', 0), ','), r.Currency...)
}

func headDelivery(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line))), ',')
	b = append(date(b, r.Day, "YMD"), ',')
	b = append(cells(b, ',', plant, r.Other, p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	return cells(append(money(b, r.Cents, '.', 0), ','), ',', r.Currency, r.More.RefersTo)
}

func headTransfer(b []byte, p *Plan, r *Row) []byte {
	way := map[sellthrough.Kind]string{sellthrough.Sent: "641", sellthrough.Arrived: "101"}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), way), ',')
	b = append(date(b, r.Day, "YMD"), ',')
	b = append(cells(b, ',', plant, r.Other, p.item(r)), ',')
	return units(b, r, r.Units)
}

func headAccount(b []byte, p *Plan, r *Row) []byte {
	what := map[sellthrough.Kind]string{
		sellthrough.Invoiced: "RV", sellthrough.Paid: "ZE", sellthrough.Credited: "GU", sellthrough.Commission: "PR", sellthrough.Claimed: "AN",
	}[r.Kind]
	b = append(cells(b, ',', r.More.Document, strconv.Itoa(int(r.Line)), what), ',')
	b = append(date(b, r.Day, "YMD"), ',')
	b = append(cells(b, ',', r.Other, p.item(r)), ',')
	b = append(money(b, r.Cents, '.', 0), ',')
	b = append(cells(b, ',', r.Currency, r.More.RefersTo), ',')
	return append(append(due(b, r), ','), r.More.Reason...)
}

func headCase(b []byte, p *Plan, r *Row) []byte {
	m := r.More
	b = append(append(b, `{"case":"`...), m.Document...)
	b = strconv.AppendInt(append(b, `","line":`...), int64(r.Line), 10)
	b = quoted(b, "what", r.Kind.String())
	b = clock(append(date(append(b, `,"opened":"`...), r.Day, "Y-M-D"), 'T'), r.Second, true)
	b = append(b, '"')
	if m.Until != 0 {
		b = clock(append(date(append(b, `,"closed":"`...), sellthrough.Day(m.Until/86400), "Y-M-D"), 'T'), int32(m.Until%86400), true)
		b = append(b, '"')
	}
	b = quoted(quoted(quoted(b, "material", p.item(r)), "serial", m.Serial), "sold_by", r.Other)
	b = quoted(quoted(quoted(quoted(b, "customer", m.Customer), "segment", m.Segment), "why", m.Reason), "of", m.RefersTo)
	b = strconv.AppendInt(append(b, `,"count":`...), int64(r.Units), 10)
	return append(b, '}')
}

package reports

import (
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// dealers are the feeds of North Lantern and of Lychee Coast.
var dealers = []*Feed{
	{
		ID: "north-lantern-daily", Partner: world.NorthLantern, Kind: sellthrough.Sales, Sold: true, Cover: Days, Currency: "CNY",
		prefix: "NL-sales-", suffix: ".tsv", clock: 7 * hour, header: "门店\t日期\t型号\t数量\t销售额", totals: "合计\t\t\t\t", write: northSales,
	},
	{
		ID: "north-lantern-stock", Partner: world.NorthLantern, Kind: sellthrough.Stock,
		prefix: "NL-stock-", suffix: ".tsv", clock: 7*hour + 300, precise: 60, header: "门店\t型号\t货权\t库存\t盘点日期", says: title, write: northStock,
	},
	{
		ID: "north-lantern-transfers", Partner: world.NorthLantern, Kind: sellthrough.Transfers, Keyed: true,
		prefix: "NL-transfers-", suffix: ".tsv", clock: 7*hour + 600, header: "单号\t行号\t方向\t日期\t门店\t对方\t型号\t数量\t来源单", says: refersTo | counterparty, write: northTransfer,
	},
	{
		ID: "lychee-coast-orders", Partner: world.Lychee, Kind: sellthrough.Sales, Sold: true, Document: true, Keyed: true, Cover: Period, Currency: "CNY",
		prefix: "LC_", suffix: ".csv", clock: 6 * hour, precise: 60, header: "订单号,行,下单时间,门店,货号,数量,单价,会员号,客户类型,业务员,序列号,送货地区,原订单", totals: "合计,,,,,,,,,,,,",
		document: lycheeDocument, says: customer | segment | salesperson | serial | destination | refersTo, write: lycheeOrder,
	},
	{
		ID: "lychee-coast-stock", Partner: world.Lychee, Kind: sellthrough.Stock, Cover: Snapshot, weekly: true,
		prefix: "LC_stock_", suffix: ".csv", clock: 6*hour + 900, precise: 60, header: "门店,货号,库存,时间", write: lycheeStock,
	},
}

func northSales(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), '\t')
	b = append(date(b, r.Day, "YMD"), '\t')
	b = append(append(b, p.item(r)...), '\t')
	b = append(units(b, r, r.Units), '\t')
	return money(b, r.Cents, '.', 0)
}

func northStock(b []byte, p *Plan, r *Row) []byte {
	holder := map[string]string{"vendor": "厂商", "partner": "自有"}[r.more().Title]
	b = append(cells(b, '\t', p.place(r), p.item(r), holder), '\t')
	b = append(units(b, r, r.Units), '\t')
	return clock(append(date(b, r.Day, "YMD"), ' '), r.Second, false)
}

func northTransfer(b []byte, p *Plan, r *Row) []byte {
	way := map[sellthrough.Kind]string{sellthrough.Sent: "退", sellthrough.Arrived: "收"}[r.Kind]
	b = append(cells(b, '\t', r.More.Document, strconv.Itoa(int(r.Line)), way), '\t')
	b = append(date(b, r.Day, "YMD"), '\t')
	b = append(cells(b, '\t', p.place(r), r.Other, p.item(r)), '\t')
	b = append(units(b, r, r.Units), '\t')
	return append(b, r.More.RefersTo...)
}

func lycheeDocument(b []byte, r *Row) []byte { return numbered(b, "LC", r) }

func lycheeOrder(b []byte, p *Plan, r *Row) []byte {
	b = append(lycheeDocument(b, r), ',')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ',')
	b = append(clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, false), ',')
	b = append(cells(b, ',', p.place(r), p.item(r)), ',')
	b = append(units(b, r, r.Units), ',')
	b = append(money(b, r.Cents/int64(r.Units), '.', 0), ',')
	m := r.more()
	who := map[string]string{"enterprise": "企业", "government": "政府", "individual": "个体"}[m.Segment]
	b = append(cells(b, ',', m.Customer, who, m.Salesperson, m.Serial, m.Destination), ',')
	if of, ok := origin(r); ok {
		b = lycheeDocument(b, &of)
	}
	return b
}

func lycheeStock(b []byte, p *Plan, r *Row) []byte {
	b = append(append(b, p.place(r)...), ',')
	b = append(append(b, p.item(r)...), ',')
	b = append(units(b, r, r.Units), ',')
	return clock(append(date(b, r.Day, "Y-M-D"), ' '), r.Second, false)
}

package reports

import (
	"strconv"

	"sellthrough"
	"sellthrough/demo/world"
)

// distributors are the feeds of Jade Crane and of Tamarind.
var distributors = []*Feed{
	{
		ID: "jade-crane-invoices", Partner: world.JadeCrane, Kind: sellthrough.Sales, Sold: true, Document: true, Cover: Documents, Currency: "CNY",
		prefix: "JC_invoices_", suffix: ".csv", clock: 5 * hour, header: "单号;日期;仓库;客户;业务员;类型;商品编码;数量;金额", totals: "合计;;;;;;;;",
		document: jadeDocument, says: salesperson | counterparty, write: jadeInvoice,
	},
	{
		ID: "jade-crane-receipts", Partner: world.JadeCrane, Kind: sellthrough.Sales, Goods: bought(), Document: true, Keyed: true, Currency: "CNY",
		prefix: "JC_receipts_", suffix: ".csv", clock: 5*hour + 600, header: "送货单;行号;收货日期;仓库;商品编码;数量;金额", document: prefixed("SH"), write: jadeReceipt,
	},
	{
		ID: "jade-crane-stock", Partner: world.JadeCrane, Kind: sellthrough.Stock, Cover: Snapshot, transit: true, gzip: true,
		prefix: "JC_stock_", suffix: ".csv", clock: 5*hour + 1200, precise: 1, header: "仓库;商品编码;库存类型;数量;盘点时间", write: jadeStock,
	},
	{
		ID: "jade-crane-orders", Partner: world.JadeCrane, Kind: sellthrough.Orders, Keyed: true, Currency: "CNY",
		prefix: "JC_orders_", suffix: ".csv", clock: 5*hour + 1500, header: "订单号;行号;状态;日期;仓库;客户;商品编码;数量;金额", says: counterparty, write: jadeOrder,
	},
	{
		ID: "jade-crane-arrivals", Partner: world.JadeCrane, Kind: sellthrough.Shipments, Keyed: true,
		prefix: "JC_arrivals_", suffix: ".csv", clock: 5*hour + 1800, header: "入库单;行号;日期;仓库;商品编码;数量;送货单", says: refersTo, write: jadeArrival,
	},
	{
		ID: "tamarind-trade-invoices", Partner: world.Tamarind, Kind: sellthrough.Sales, Sold: true, Document: true, Keyed: true, Cover: Documents, Currency: "GBP",
		prefix: "TT-invoices-", suffix: ".txt", clock: 4 * hour, header: "Invoice|Line|Date|Depot|Customer|Ship to|Item|UoM|Qty|Unit price", totals: "TOTAL|||||||||",
		document: prefixed("TT"), says: destination | counterparty, write: tamarindInvoice,
	},
	{
		ID: "tamarind-trade-receipts", Partner: world.Tamarind, Kind: sellthrough.Sales, Goods: bought(), Document: true, Currency: "GBP",
		prefix: "TT-goods-in-", suffix: ".txt", clock: 4*hour + 600, header: "Note|Date|Depot|Item|Qty|Cost", document: prefixed("GI"), write: tamarindReceipt,
	},
	{
		ID: "tamarind-trade-stock", Partner: world.Tamarind, Kind: sellthrough.Stock, Cover: Snapshot, weekly: true,
		prefix: "TT-stock-", suffix: ".txt", clock: 4*hour + 900, precise: 60, header: "Depot|Item|On hand|Counted", write: tamarindStock,
	},
	{
		ID: "tamarind-trade-arrivals", Partner: world.Tamarind, Kind: sellthrough.Shipments, Keyed: true,
		prefix: "TT-arrivals-", suffix: ".txt", clock: 4*hour + 1200, header: "Note|Line|Date|Depot|Item|Qty|Delivery", says: refersTo, write: tamarindArrival,
	},
}

func jadeDocument(b []byte, r *Row) []byte { return numbered(b, "JC", r) }

func jadeInvoice(b []byte, p *Plan, r *Row) []byte {
	b = append(jadeDocument(b, r), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	kind, cents := "销售", r.Cents
	if r.Kind == sellthrough.ReturnIn { // written without a minus
		kind, cents = "退货", -cents
	}
	b = append(cells(b, ';', p.place(r), r.Other, r.more().Salesperson, kind, p.item(r)), ';')
	b = append(units(b, r, abs(r.Units)), ';')
	return money(b, cents, '.', ',')
}

func jadeReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(numbered(b, "SH", r), ';')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	b = append(cells(b, ';', p.place(r), p.item(r)), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, '.', ',')
}

func jadeStock(b []byte, p *Plan, r *Row) []byte {
	level := "在库"
	if r.Level == sellthrough.InTransit {
		level = "在途"
	}
	b = append(cells(b, ';', p.place(r), p.item(r), level), ';')
	b = append(units(b, r, r.Units), ';')
	return clock(append(date(b, r.Day, "Y/M/D"), ' '), r.Second, true)
}

func jadeOrder(b []byte, p *Plan, r *Row) []byte {
	state := map[sellthrough.Kind]string{sellthrough.Ordered: "下单", sellthrough.Confirmed: "确认", sellthrough.Cancelled: "取消"}[r.Kind]
	b = append(cells(b, ';', r.More.Document, strconv.Itoa(int(r.Line)), state), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	b = append(cells(b, ';', p.place(r), r.Other, p.item(r)), ';')
	b = append(units(b, r, r.Units), ';')
	return money(b, r.Cents, '.', ',')
}

func jadeArrival(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, ';', r.More.Document, strconv.Itoa(int(r.Line))), ';')
	b = append(date(b, r.Day, "Y/M/D"), ';')
	b = append(cells(b, ';', p.place(r), p.item(r)), ';')
	b = append(units(b, r, r.Units), ';')
	return append(b, r.More.RefersTo...)
}

func tamarindInvoice(b []byte, p *Plan, r *Row) []byte {
	b = append(numbered(b, "TT", r), '|')
	b = append(strconv.AppendInt(b, int64(r.Line), 10), '|')
	b = append(date(b, r.Day, "D/M/Y"), '|')
	b = append(cells(b, '|', p.place(r), r.Other, r.more().Destination, p.item(r)), '|')
	n, uom := r.Units, "EA|"
	if pack := int32(p.world.Products[r.Product].Pack); pack > 1 && n%pack == 0 {
		n, uom = n/pack, "CASE|"
	}
	b = append(b, uom...)
	b = append(units(b, r, n), '|')
	return money(b, r.Cents/int64(n), '.', ',')
}

func tamarindReceipt(b []byte, p *Plan, r *Row) []byte {
	b = append(numbered(b, "GI", r), '|')
	b = append(date(b, r.Day, "D/M/Y"), '|')
	b = append(cells(b, '|', p.place(r), p.item(r)), '|')
	b = append(units(b, r, r.Units), '|')
	return money(b, r.Cents, '.', ',')
}

func tamarindStock(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, '|', p.place(r), p.item(r)), '|')
	b = append(units(b, r, r.Units), '|')
	return clock(append(date(b, r.Day, "D/M/Y"), ' '), r.Second, false)
}

func tamarindArrival(b []byte, p *Plan, r *Row) []byte {
	b = append(cells(b, '|', r.More.Document, strconv.Itoa(int(r.Line))), '|')
	b = append(date(b, r.Day, "D/M/Y"), '|')
	b = append(cells(b, '|', p.place(r), p.item(r)), '|')
	b = append(units(b, r, r.Units), '|')
	return append(b, r.More.RefersTo...)
}

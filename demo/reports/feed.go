package reports

import (
	"sellthrough"
	"sellthrough/demo/world"
)

// Cover is what a file of a feed reports completely.
type Cover uint8

// The coverages, as the configuration of the feeds declares them.
const (
	Nothing Cover = iota
	Documents
	Days
	Period
	Snapshot
)

// Feed is a stream of files, as the demo's configuration describes it to the pipeline.
type Feed struct {
	ID       string
	Partner  int
	Stock    bool // levels; else movements
	Goods    bool // deliveries; else sales
	Document bool // lines are told apart by document; else by location and day
	Keyed    bool
	Cover    Cover
	Currency string

	perStore bool
	named    bool // the scope is what the lines name
	weekly   bool // levels of Sundays only
	transit  bool // levels of what is on the way, too
	gzip     bool
	prefix   string // of its files' names
	suffix   string
	clock    int32 // second of the next day, on the partner's clock, at which it sends
	minutes  int   // between the files of the running day; 0: none
	running  bool  // those files repeat the day so far; else they hold what is new
	header   string
	totals   string // a row that some export adds at the end
	write    func(b []byte, p *Plan, r *Row) []byte

	past *Feed // takes the history, of a feed whose coverage is dear: it covers nothing
	of   *Feed // whose history it takes
}

const hour = 3600

// Feeds of the channel, in the order of its partners; behind them those that take the history of stock snapshots, a month
// in a file.
var Feeds = func() []*Feed {
	all := feeds[:]
	for _, f := range feeds {
		if f.Cover == Snapshot {
			past := *f
			past.ID, past.Cover, past.of = f.ID+"-history", Nothing, f
			f.past = &past
			all = append(all, &past)
		}
	}
	return all
}()

var feeds = [...]*Feed{
	{
		ID: "jade-crane-invoices", Partner: world.JadeCrane, Document: true, Cover: Documents, Currency: "CNY",
		prefix: "JC_invoices_", suffix: ".csv", clock: 5 * hour, header: "单号;日期;仓库;客户;类型;商品编码;数量;金额", totals: "合计;;;;;;;", write: jadeInvoice,
	},
	{
		ID: "jade-crane-receipts", Partner: world.JadeCrane, Goods: true, Document: true, Keyed: true, Currency: "CNY",
		prefix: "JC_receipts_", suffix: ".csv", clock: 5*hour + 600, header: "送货单;行号;收货日期;仓库;商品编码;数量;金额", write: jadeReceipt,
	},
	{
		ID: "jade-crane-stock", Partner: world.JadeCrane, Stock: true, Cover: Snapshot, transit: true, gzip: true,
		prefix: "JC_stock_", suffix: ".csv", clock: 5*hour + 1200, header: "仓库;商品编码;库存类型;数量;盘点时间", write: jadeStock,
	},
	{
		ID: "north-lantern-daily", Partner: world.NorthLantern, Cover: Days, Currency: "CNY",
		prefix: "NL-sales-", suffix: ".tsv", clock: 7 * hour, header: "门店\t日期\t型号\t数量\t销售额", totals: "合计\t\t\t\t", write: northSales,
	},
	{
		ID: "north-lantern-stock", Partner: world.NorthLantern, Stock: true,
		prefix: "NL-stock-", suffix: ".tsv", clock: 7*hour + 300, header: "门店\t型号\t库存\t盘点日期", write: northStock,
	},
	{
		ID: "lychee-coast-orders", Partner: world.Lychee, Document: true, Keyed: true, Cover: Period, Currency: "CNY",
		prefix: "LC_", suffix: ".csv", clock: 6 * hour, header: "订单号,行,下单时间,门店,货号,数量,单价", totals: "合计,,,,,,", write: lycheeOrder,
	},
	{
		ID: "lychee-coast-stock", Partner: world.Lychee, Stock: true, Cover: Snapshot, weekly: true,
		prefix: "LC_stock_", suffix: ".csv", clock: 6*hour + 900, header: "门店,货号,库存,时间", write: lycheeStock,
	},
	{
		ID: "nine-bridges-pos", Partner: world.NineBridges, Keyed: true, Cover: Days, Currency: "CNY",
		perStore: true, gzip: true, prefix: "NB_", suffix: ".csv", clock: 1 * hour, minutes: 60, running: true,
		header: "Store,Receipt,Line,Time,SKU,Quantity,Amount", totals: "TOTAL,,,,,,", write: nineSale,
	},
	{
		ID: "nine-bridges-receipts", Partner: world.NineBridges, Goods: true, Document: true, Keyed: true, Currency: "CNY",
		prefix: "NB_goods_", suffix: ".csv", clock: 2*hour + 1800, header: "Store,Delivery,Line,Date,SKU,Quantity,Cost", write: nineReceipt,
	},
	{
		ID: "nine-bridges-stock", Partner: world.NineBridges, Stock: true, gzip: true,
		prefix: "NB_stock_", suffix: ".csv", clock: 2 * hour, minutes: 240, header: "Store,SKU,OnHand,Counted", write: nineStock,
	},
	{
		ID: "pixelwald-belege", Partner: world.Pixelwald, Keyed: true, Cover: Days, named: true, Currency: "EUR",
		prefix: "PW_Belege_", suffix: ".csv", clock: 6 * hour, header: "Filiale;Bon;Pos;Datum;EAN;Menge;Umsatz", totals: "Summe;;;;;;", write: waldSale,
	},
	{
		ID: "pixelwald-bestand", Partner: world.Pixelwald, Stock: true,
		prefix: "PW_Bestand_", suffix: ".csv", clock: 6*hour + 600, header: "Filiale;EAN;Bestand;Stichtag", write: waldStock,
	},
	{
		ID: "bazaarlet-orders", Partner: world.Bazaarlet, Document: true, Keyed: true, Cover: Documents, Currency: "CNY",
		gzip: true, prefix: "orders-", suffix: ".ndjson", clock: 9 * hour, minutes: 10, write: bazaarOrder,
	},
	{
		ID: "bazaarlet-stock", Partner: world.Bazaarlet, Stock: true,
		prefix: "stock-", suffix: ".ndjson", clock: 16 * hour, write: bazaarStock,
	},
	{
		ID: "kestavo-store-orders", Partner: world.Kestavo, Document: true, Keyed: true, Currency: "CNY",
		prefix: "store-orders-", suffix: ".csv", clock: 1 * hour, minutes: 2, header: "order,line,time,site,product,qty,amount,currency", write: storeOrder,
	},
	{
		ID: "kestavo-store-stock", Partner: world.Kestavo, Stock: true,
		prefix: "store-stock-", suffix: ".csv", clock: 1*hour + 600, header: "site,product,qty,time", write: storeStock,
	},
	{
		ID: "tamarind-trade-invoices", Partner: world.Tamarind, Document: true, Keyed: true, Cover: Documents, Currency: "GBP",
		prefix: "TT-invoices-", suffix: ".txt", clock: 4 * hour, header: "Invoice|Line|Date|Depot|Customer|Item|UoM|Qty|Unit price", totals: "TOTAL||||||||", write: tamarindInvoice,
	},
	{
		ID: "tamarind-trade-receipts", Partner: world.Tamarind, Goods: true, Document: true, Currency: "GBP",
		prefix: "TT-goods-in-", suffix: ".txt", clock: 4*hour + 600, header: "Note|Date|Depot|Item|Qty|Cost", write: tamarindReceipt,
	},
	{
		ID: "tamarind-trade-stock", Partner: world.Tamarind, Stock: true, Cover: Snapshot, weekly: true,
		prefix: "TT-stock-", suffix: ".txt", clock: 4*hour + 900, header: "Depot|Item|On hand|Counted", write: tamarindStock,
	},
}

// rows picks what a feed reports of a day.
func (f *Feed) rows(p *Plan, d *world.Day) []Row {
	w := p.world
	var out []Row
	switch {
	case f.Stock:
		return f.levels(p, d, 23*hour+1800)
	case f.Goods:
		for i := range d.Goods {
			if s := &d.Goods[i]; w.Partner(s.Listing) == f.Partner {
				out = append(out, rowOf(s, d.Date))
			}
		}
	default:
		for i := range d.Sales {
			if s := &d.Sales[i]; w.Partner(s.Listing) == f.Partner {
				out = append(out, rowOf(s, d.Date))
			}
		}
	}
	if f.Partner == world.NorthLantern {
		return aggregate(out)
	}
	return out
}

func rowOf(s *world.Sale, d sellthrough.Day) Row {
	return Row{
		Listing: s.Listing, Kind: s.Kind, Units: s.Units, Cents: s.Cents, Day: d, Second: s.Second, Doc: s.Doc, Line: s.Line, Buyer: s.Buyer, Version: 1,
	}
}

// aggregate sums a day by location and product, sales and returns apart.
func aggregate(rows []Row) []Row {
	type key struct {
		listing int
		kind    sellthrough.Kind
	}
	at := map[key]int{}
	var out []Row
	for _, r := range rows {
		k := key{r.Listing, r.Kind}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, Row{Listing: r.Listing, Kind: r.Kind, Units: r.Units, Cents: r.Cents, Day: r.Day, Line: int32(2*r.Listing) + int32(r.Kind&1)})
			continue
		}
		out[i].Units += r.Units
		out[i].Cents += r.Cents
	}
	return out
}

// levels is a feed's stock at a second of a day. A snapshot leaves zeros out. Any other names each once when its listing
// has ended.
func (f *Feed) levels(p *Plan, d *world.Day, second int32) []Row {
	w := p.world
	told := p.told[f]
	snapshot := f.Cover == Snapshot && d.Date >= p.regular(f)
	var out []Row
	for li := range w.Locations {
		if w.Locations[li].Partner != f.Partner {
			continue
		}
		for _, i := range w.At(li) {
			units := d.OnHand[i]
			if units < 0 {
				if !told[i] || snapshot {
					continue
				}
				units = 0
				told[i] = false
			} else if !snapshot {
				told[i] = true
			}
			row := Row{Listing: i, Level: sellthrough.OnHand, Units: units, Day: d.Date, Second: second}
			if units != 0 || !snapshot {
				out = append(out, row)
			}
			way := max(0, d.Incoming[i])
			if f.transit && (way > 0 || !snapshot && p.coming[i]) {
				p.coming[i] = way > 0
				row.Level, row.Units = sellthrough.InTransit, way
				out = append(out, row)
			}
		}
	}
	return out
}

// History says whether the feed only takes what was before the partner reported by the day.
func (f *Feed) History() bool { return f.of != nil }

// Namespace is the feed whose lines it shares: its own, or the one whose history it takes.
func (f *Feed) Namespace() *Feed {
	if f.of != nil {
		return f.of
	}
	return f
}

// Weekly says whether the feed reports once a week.
func (f *Feed) Weekly() bool { return f.weekly }

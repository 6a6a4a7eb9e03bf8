package world

import "sellthrough"

// Trade is how a partner does business: it decides opening hours, weekdays, the size of a line, and festivals.
type Trade uint8

// The trades.
const (
	Wholesale Trade = iota // warehouses that sell to other partners
	Dealer                 // shops with business customers
	Store                  // a chain's stores, open every day
	Shop                   // shops that close on Sundays
	Online
	Office // the vendor's own people, with business customers
)

// Partner is a company of the channel.
type Partner struct {
	ID, Name, Tier, Channel string
	Zone, Currency          string
	WeekStart               string
	Node                    string // of the vendor's organisation
	Trade                   Trade
	Level                   float64 // what it asks, as a share of the list price
	Buys                    float64 // what it pays
	Returns                 float64 // share of lines that come back
	Since                   string
}

// The partners, by index.
const (
	JadeCrane = iota
	NorthLantern
	Lychee
	NineBridges
	Pixelwald
	Bazaarlet
	Kestavo
	Tamarind

	// The vendor's own units, in the order of Units, and its headquarters, which has no shelf.
	West
	North
	East
	Nanjing
	Hangzhou
	Central
	Imaging
	Networks
	Head
)

// Units are what of the vendor sells by itself and reports like a partner.
var Units = []int{West, North, East, Nanjing, Hangzhou, Central, Imaging, Networks}

// Partners are the companies of the channel. Names and firms are invented.
var Partners = [...]Partner{
	{"jade-crane", "Jade Crane National Distribution (玉鹤全国分销)", "national-distributor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-distribution", Wholesale, 0.80, 0.68, 0.012, "2019-04-01"},
	{"north-lantern", "North Lantern Digital (北笼数码)", "dealer", "regional-agent", "Asia/Shanghai", "CNY", "monday", "cn-north-office", Dealer, 0.96, 0.80, 0.02, "2020-01-15"},
	{"lychee-coast", "Lychee Coast Commerce (荔岸商贸)", "dealer", "regional-agent", "Asia/Shanghai", "CNY", "monday", "cn-south-office", Dealer, 0.95, 0.80, 0.02, "2020-09-01"},
	{"nine-bridges", "Nine Bridges Electronics (九桥电器)", "retailer", "national-chain", "Asia/Shanghai", "CNY", "monday", "cn-key-accounts", Store, 0.97, 0.76, 0.025, "2018-06-01"},
	{"pixelwald", "Pixelwald Fachhandel", "retailer", "specialist", "Europe/Berlin", "EUR", "monday", "emea-eu", Shop, 0.99, 0.78, 0.03, "2021-03-01"},
	{"bazaarlet", "Bazaarlet Marketplace", "retailer", "marketplace", "Asia/Shanghai", "CNY", "monday", "online-office", Online, 0.93, 0.78, 0.06, "2021-11-01"},
	{"kestavo-store", "Kestavo Online Store", "vendor", "online-store", "Asia/Shanghai", "CNY", "monday", "online-office", Online, 0.98, 0.62, 0.05, "2017-01-01"},
	{"tamarind-trade", "Tamarind Trade Supply", "regional-distributor", "direct", "Europe/London", "GBP", "monday", "emea-uk", Wholesale, 0.82, 0.69, 0.01, "2020-05-01"},

	{"kestavo-west", "Kestavo Southwest Office (西南办事处)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-west-office", Office, 0.93, 0.62, 0.02, "2016-03-01"},
	{"kestavo-north", "Kestavo North Branch Company (华北分公司)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-north-branch", Office, 0.94, 0.70, 0.02, "2015-05-01"},
	{"kestavo-east", "Kestavo East Branch Company (华东分公司)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-east-branch", Office, 0.94, 0.70, 0.02, "2014-09-01"},
	{"kestavo-nanjing", "Kestavo Nanjing Office (南京办事处)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-nanjing-office", Office, 0.93, 0.70, 0.02, "2015-04-01"},
	{"kestavo-hangzhou", "Kestavo Hangzhou Office (杭州办事处)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-hangzhou-office", Office, 0.93, 0.70, 0.02, "2015-04-01"},
	{"kestavo-central", "Kestavo Central Sales Platform (华中共享平台)", "vendor", "own-store", "Asia/Shanghai", "CNY", "monday", "cn-central-platform", Office, 0.94, 0.64, 0.02, "2018-01-01"},
	{"kestavo-imaging", "Kestavo Imaging Division (影像事业部)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-imaging-division", Office, 0.94, 0.62, 0.02, "2019-07-01"},
	{"kestavo-networks", "Kestavo Connectivity Division (网络事业部)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "cn-connectivity-division", Office, 0.94, 0.62, 0.02, "2019-07-01"},
	{"kestavo", "Kestavo Headquarters (总部)", "vendor", "direct", "Asia/Shanghai", "CNY", "monday", "hq", Office, 0, 0, 0, "2012-01-01"},
}

// only is the one line that a division of the vendor sells.
var only = map[int]string{Imaging: "Printers", Networks: "Networking"}

// Location is a store, warehouse or web shop.
type Location struct {
	Code, Own           string // the vendor's code, the partner's
	Name                string
	Partner             int
	Country, Region     string
	City, Territory     string
	Zone, Currency      string
	Latitude, Longitude float64
	Size                float64 // of its demand
	Lead                int     // days from order to delivery
	OpensAfter          int     // days after the beginning of the history; 0: it was always there
	Supplier            int     // index of the warehouse that it buys from; -1: the vendor
}

// rates are prices of a unit of a currency in CNY, planned by the vendor for a quarter: they end in four decimal places, so
// that money in cents is exact in the reporting currency.
var rates = map[string]float64{"EUR": 7.82, "GBP": 9.21, "USD": 7.14}

// Rate is the planned price of a currency in the reporting currency, in ten-thousandths, in the quarter of a day.
func Rate(currency string, d sellthrough.Day) int64 {
	if currency == "CNY" {
		return 10_000
	}
	t := d.Time()
	q := uint64(t.Year()*4 + (int(t.Month())-1)/3)
	return int64(rates[currency] * (0.97 + 0.06*share(q, uint64(currency[0]))) * 10_000)
}

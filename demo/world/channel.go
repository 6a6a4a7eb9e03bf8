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
)

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
}

// Node of the vendor's organisation.
type Node struct{ Code, Parent, Name string }

// Organisation is the vendor's tree, from the top.
var Organisation = []Node{
	{"hq", "", "Kestavo headquarters"},
	{"cn", "hq", "China branch"},
	{"emea", "hq", "EMEA branch"},
	{"online-office", "hq", "Online office"},
	{"cn-distribution", "cn", "Distribution office"},
	{"cn-key-accounts", "cn", "Key accounts office"},
	{"cn-north-office", "cn", "North office"},
	{"cn-south-office", "cn", "South office"},
	{"emea-eu", "emea", "Continental office"},
	{"emea-uk", "emea", "United Kingdom office"},
}

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

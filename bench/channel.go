package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/internal/config"
)

// channel is how large a channel is that the boards are asked about, and how much goes on in it.
type channel struct {
	id, name                      string
	partners, locations, products int
	days                          int // that it has reported
	ranged                        int // of a hundred products, at a location
	sells                         int // of a hundred days, a ranged product at a location
	daily                         int // of a hundred locations, that report their stock every day; the others do once a week
	byStore                       int // of a hundred partners, that send a file a store and day; the others send one a day
	rounds                        int // how often each panel is asked
}

// The demo's size, and the size of a large vendor: sparse, as sales are.
var (
	demoChannel = channel{"demo", "two years of 60 x 300", 8, 60, 300, 730, 33, 30, 50, 25, 20}
	yearChannel = channel{"year", "a year of 1,000 x 5,000", 40, 1000, 5000, 400, 10, 10, 10, 20, 20}
)

func partnerOf(c *channel, location int) int { return location * c.partners / c.locations }
func partnerID(p int) string                 { return fmt.Sprintf("bp%02d", p) }
func locationCode(l int) string              { return fmt.Sprintf("BL-%04d", l) }
func productCode(p int) string               { return fmt.Sprintf("BP-%05d", p) }
func productPrice(p int) sellthrough.Decimal {
	return sellthrough.Decimal(price(p)) * sellthrough.One / 100
}

// mix is a number by chance that is the same at every run.
func mix(a, b, c uint64) uint64 {
	h := a*0x9e3779b97f4a7c15 ^ b*0xbf58476d1ce4e5b9 ^ c*0x94d049bb133111eb
	h ^= h >> 31
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// carries says whether a product is ranged at a location.
func (c *channel) carries(location, product int) bool {
	return mix(uint64(location), uint64(product), 1)%100 < uint64(c.ranged)
}

// rate is on how many of a thousand days a ranged product sells: few sell often, many seldom.
func (c *channel) rate(product int) uint64 {
	if product%10 == 0 {
		return uint64(min(46*c.sells, 950))
	}
	return uint64(10*c.sells) * 6 / 10
}

// writeReference writes the folder of the channel's reference data.
func (c *channel) writeReference(dir string) error {
	files := map[string]*bytes.Buffer{}
	row := func(file, format string, a ...any) {
		if files[file] == nil {
			files[file] = new(bytes.Buffer)
		}
		fmt.Fprintf(files[file], format+"\n", a...)
	}
	row("products.csv", "code,name,line,units_per_pack,list_price,cost,currency")
	row("crossreferences.csv", "partner,kind,code,target,units,from,to")
	for p := range c.products {
		row("products.csv", "%s,Product %d,Line %d,1,%s,%s,GBP", productCode(p), p, p%5, productPrice(p), productPrice(p)*6/10)
	}
	row("partners.csv", "partner,name,tier,channel_type,currency,time_zone")
	row("reporting.csv", "feed,frequency,weekdays,due")
	row("organisation.csv", "node,parent,partner")
	row("organisation.csv", "hq,,")
	for r := range 4 {
		row("organisation.csv", "region-%d,hq,", r)
	}
	for p := range c.partners {
		id, kind := partnerID(p), []string{"specialist", "national-chain", "online-store", "marketplace"}[p%4]
		row("partners.csv", "%s,Partner %d,retailer,%s,GBP,Europe/London", id, p, kind)
		row("reporting.csv", "%s-pos,day,,12:00", id)
		row("organisation.csv", "%s,region-%d,%s", id, p%4, id)
		for i := range c.products {
			row("crossreferences.csv", "%s,item,%s,%s,1,,", id, item(i), productCode(i))
		}
	}
	row("locations.csv", "code,name,partner,country,region,city,territory,time_zone")
	row("ranging.csv", "location,item,from,to,lead_days")
	for l := range c.locations {
		id := partnerID(partnerOf(c, l))
		row("locations.csv", "%s,Store %d,%s,GB,England,Town %d,T%02d,Europe/London", locationCode(l), l, id, l%200, l%12)
		row("crossreferences.csv", "%s,location,%s,%s,,,", id, store(l), locationCode(l))
		for p := range c.products {
			if c.carries(l, p) {
				row("ranging.csv", "%s,%s,,,%d", locationCode(l), productCode(p), 5+p%10)
			}
		}
	}
	row("rates.csv", "currency,date,rate\nEUR,2020-01-01,0.8724")
	row("calendar.csv", "name,year,from,to")
	for y := time.Now().Year() - 3; y < time.Now().Year()+2; y++ {
		row("calendar.csv", "sale,%d,%d-11-%02d,%d-11-%02d", y, y, 20+y%5, y, 26+y%5)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// settings is the configuration: every partner with a feed of sales and one of stock. watched says whether rules are asked.
func (c *channel) settings(w where, watched bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "data: %s\nlisten: {api: 127.0.0.1:%d, admin: 127.0.0.1:%d}\n", filepath.Join(w.dir, "data"), w.api, w.admin)
	fmt.Fprintf(&b, "reporting: {currency: GBP, time_zone: Europe/London}\nreference: {folder: %s, watch: 1h}\nengines: {kafka: {partitions: %d}}\n", filepath.Join(w.dir, "reference"), partitions)
	b.WriteString("limits: {per_minute: 1000000, concurrent: 64, per_partner: 64}\nlog: {level: info, format: json}\npartners:\n")
	for p := range c.partners {
		key := config.HashKey(apiKey) // of the partner whose files are posted
		if p > 0 {
			key = config.HashKey(apiKey + partnerID(p))
		}
		fmt.Fprintf(&b, "  - {id: %[1]s, name: %[1]s, time_zone: Europe/London, currency: GBP, keys: [%s]}\n", partnerID(p), key)
	}
	b.WriteString("feeds:\n")
	for p := range c.partners {
		fmt.Fprintf(&b, feedSettings, partnerID(p))
	}
	fmt.Fprintf(&b, "alerts:\n  channels: [{name: hook, type: json, url: '%s', per_minute: 600}]\n", w.hook)
	if !watched {
		b.WriteString("  rules: [{rule: stock_out, state: off}, {rule: low_cover, state: off}, {rule: phantom_stock, state: off}, {rule: missing_report, state: off}, " +
			"{rule: unusual_restatement, state: off}, {rule: held_submission, state: off}]\n")
	}
	return b.String()
}

const feedSettings = `  - id: %[1]s-pos
    partner: %[1]s
    kind: sales
    columns: {document: Receipt, location: Store, item: SKU, qty: Quantity, amount: Amount, kind: {constant: sell_out, negative: return_in}, at: Time}
    identity: {scope: location-day, line_key: [Line]}
    coverage: {kind: none}
  - id: %[1]s-stock
    partner: %[1]s
    kind: stock
    columns: {location: Store, item: SKU, qty: On hand, at: Counted}
    coverage: {kind: none}
`

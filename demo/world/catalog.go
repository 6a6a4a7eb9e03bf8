package world

import (
	"fmt"
	"math"
	"math/rand/v2"

	"sellthrough"
)

// Product is an item of the vendor.
type Product struct {
	Code, GTIN, Name, Line, Unit string
	Launch, End                  sellthrough.Day // End 0: none is planned
	Pack                         int
	List, Cost                   int64   // fen, when it was launched
	Cut                          *Cut    // of the list price; nil: none
	weight                       float64 // its share in the sales of its line
	rank                         int     // in its line
	line                         int
}

// Lines are the product lines, with their share of a location's lines, how many products they have, and how long one
// is sold.
var Lines = []struct {
	Name, Unit, prefix, series string
	products                   int
	life                       int // days
	low, high                  int64
}{
	{"Notebooks", "Personal systems", "KNB", "Fjell", 70, 640, 329_900, 1_599_900},
	{"Displays", "Personal systems", "KDS", "Vidda", 55, 820, 69_900, 599_900},
	{"Printers", "Imaging", "KPR", "Skrift", 45, 900, 59_900, 499_900},
	{"Networking", "Connectivity", "KNW", "Nettverk", 50, 860, 12_900, 299_900},
	{"Accessories", "Accessories", "KAC", "Smått", 80, 980, 2_900, 69_900},
}

// lineShare is what part of a trade's lines a product line has, in the order of Lines.
var lineShare = map[Trade][5]float64{
	Wholesale: {0.24, 0.20, 0.18, 0.18, 0.20},
	Dealer:    {0.22, 0.18, 0.20, 0.18, 0.22},
	Store:     {0.20, 0.12, 0.10, 0.16, 0.42},
	Shop:      {0.22, 0.18, 0.10, 0.16, 0.34},
	Online:    {0.16, 0.12, 0.08, 0.20, 0.44},
	Office:    {0.30, 0.20, 0.20, 0.16, 0.14},
}

// what a product is called, by line: forms and sizes that go round.
var forms = [5][]string{
	{"13", "14", "14 Pro", "15", "16", "16 Pro", "14 Go"},
	{"24", "27", "27 QHD", "32", "34 Wide", "27 Studio"},
	{"Ink 210", "Ink 320", "Laser 410", "Laser 520 Duo", "Tank 300", "Label 80"},
	{"Router AX", "Mesh Node", "Switch 8", "Switch 24", "Access Point", "Bridge"},
	{"Dock", "Mouse", "Keyboard", "USB-C Cable", "Charger 65", "Headset", "Sleeve", "Webcam"},
}

// reach is how far before the opening day the oldest launches lie: what the longest history begins with was launched
// before it.
const reach = 1500

// catalog makes the products. Launches lie evenly over the years before the opening day and some months after it.
func catalog(seed uint64, opening sellthrough.Day) []Product {
	var out []Product
	for li, l := range Lines {
		r := Dice(seed, 0xca7, uint64(li))
		ranks := r.Perm(l.products)
		total := 0.0
		first := len(out)
		for i := range l.products {
			p := Product{
				Code: fmt.Sprintf("%s-%04d", l.prefix, 1000+7*i), Line: l.Name, Unit: l.Unit, Pack: 1, rank: ranks[i], line: li,
				weight: 1 / math.Pow(float64(ranks[i])+2.2, 0.95),
			}
			form := forms[li][i%len(forms[li])]
			p.Name = fmt.Sprintf("Kestavo %s %s G%d", l.series, form, 1+i/len(forms[li]))
			p.GTIN = gtin(2_990_000_000+int64(li)*10_000+int64(i), 12)
			if l.Name == "Accessories" && i%8 < 5 {
				p.Pack = 10
			}
			// Prices crowd at the low end.
			x := share(seed, 0x9c, uint64(li), uint64(i))
			p.List = l.low + int64(float64(l.high-l.low)*x*x)
			p.List = max(l.low, p.List/10_000*10_000-100)
			if p.List < 20_000 {
				p.List = p.List/1000*1000 - 100 + 1000
			}
			p.Cost = p.List * (48 + int64(r.IntN(8))) / 100
			p.life(r, opening, i, l.products, l.life)
			total += p.weight
			out = append(out, p)
		}
		for i := first; i < len(out); i++ {
			out[i].weight /= total
		}
	}
	return out
}

// life sets launch and end. One in six goes on without an end; so do those whose end nobody has planned yet.
func (p *Product) life(r *rand.Rand, opening sellthrough.Day, i, n, days int) {
	p.Launch = opening - reach + sellthrough.Day((reach+100)*i/n+r.IntN(20))
	if r.IntN(6) == 0 {
		return
	}
	if end := p.Launch + sellthrough.Day(days*(80+r.IntN(40))/100); end < opening+200 {
		p.End = end
	}
}

// gtin appends the check digit to a number of so many digits. It begins with 2, which is for numbers of a company's own.
func gtin(n int64, width int) string {
	s := fmt.Sprintf("%0*d", width, n)
	s = "2" + s[1:]
	sum := 0
	for i := range s {
		d := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	return s + string(byte('0'+(10-sum%10)%10))
}

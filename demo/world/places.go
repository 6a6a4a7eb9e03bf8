package world

import "strings"

// places are the locations: partner, city, what it is, region, territory, coordinates, size. They stand in the order of the
// partners; a location's codes are made of its place in its partner's list.
var places = []struct {
	partner                 int
	country, region, city   string
	what, territory         string
	latitude, longitude, sz float64
}{
	{JadeCrane, "CN", "Shanghai", "Shanghai", "Qingpu warehouse", "CN-East", 31.1510, 121.1240, 1.30},
	{JadeCrane, "CN", "Beijing", "Beijing", "Shunyi warehouse", "CN-North", 40.1300, 116.6540, 1.20},
	{JadeCrane, "CN", "Guangdong", "Guangzhou", "Huangpu warehouse", "CN-South", 23.1060, 113.4590, 1.20},
	{JadeCrane, "CN", "Sichuan", "Chengdu", "Shuangliu warehouse", "CN-West", 30.5740, 103.9230, 0.80},
	{JadeCrane, "CN", "Hubei", "Wuhan", "Dongxihu warehouse", "CN-Central", 30.6200, 114.1360, 0.80},
	{JadeCrane, "CN", "Shaanxi", "Xi'an", "Weiyang warehouse", "CN-West", 34.2930, 108.9470, 0.70},

	{NorthLantern, "CN", "Tianjin", "Tianjin", "Heping", "CN-North", 39.1170, 117.2140, 1.20},
	{NorthLantern, "CN", "Hebei", "Shijiazhuang", "Chang'an", "CN-North", 38.0420, 114.5150, 0.90},
	{NorthLantern, "CN", "Shandong", "Jinan", "Lixia", "CN-North", 36.6510, 117.1200, 1.00},
	{NorthLantern, "CN", "Shandong", "Qingdao", "Shinan", "CN-North", 36.0670, 120.3830, 1.10},
	{NorthLantern, "CN", "Liaoning", "Shenyang", "Heping", "CN-Northeast", 41.7970, 123.4290, 1.10},
	{NorthLantern, "CN", "Liaoning", "Dalian", "Zhongshan", "CN-Northeast", 38.9140, 121.6150, 1.00},
	{NorthLantern, "CN", "Heilongjiang", "Harbin", "Nangang", "CN-Northeast", 45.7570, 126.6420, 0.90},
	{NorthLantern, "CN", "Jilin", "Changchun", "Nanguan", "CN-Northeast", 43.8170, 125.3240, 0.80},

	{Lychee, "CN", "Fujian", "Xiamen", "Siming", "CN-South", 24.4800, 118.0890, 1.10},
	{Lychee, "CN", "Fujian", "Fuzhou", "Gulou", "CN-South", 26.0750, 119.2970, 1.00},
	{Lychee, "CN", "Guangxi", "Nanning", "Qingxiu", "CN-South", 22.8170, 108.3670, 0.90},
	{Lychee, "CN", "Hainan", "Haikou", "Longhua", "CN-South", 20.0440, 110.1990, 0.70},
	{Lychee, "CN", "Guangdong", "Dongguan", "Nancheng", "CN-South", 23.0210, 113.7520, 1.20},
	{Lychee, "CN", "Guangdong", "Foshan", "Chancheng", "CN-South", 23.0220, 113.1210, 1.10},

	{NineBridges, "CN", "Shanghai", "Shanghai", "Pudong", "CN-East", 31.2220, 121.5440, 1.60},
	{NineBridges, "CN", "Shanghai", "Shanghai", "Xuhui", "CN-East", 31.1880, 121.4370, 1.40},
	{NineBridges, "CN", "Shanghai", "Shanghai", "Jing'an", "CN-East", 31.2290, 121.4480, 1.30},
	{NineBridges, "CN", "Beijing", "Beijing", "Haidian", "CN-North", 39.9600, 116.2980, 1.60},
	{NineBridges, "CN", "Beijing", "Beijing", "Chaoyang", "CN-North", 39.9210, 116.4430, 1.50},
	{NineBridges, "CN", "Beijing", "Beijing", "Xicheng", "CN-North", 39.9120, 116.3660, 1.10},
	{NineBridges, "CN", "Guangdong", "Guangzhou", "Tianhe", "CN-South", 23.1250, 113.3610, 1.40},
	{NineBridges, "CN", "Guangdong", "Guangzhou", "Yuexiu", "CN-South", 23.1290, 113.2670, 1.10},
	{NineBridges, "CN", "Guangdong", "Shenzhen", "Futian", "CN-South", 22.5220, 114.0550, 1.50},
	{NineBridges, "CN", "Guangdong", "Shenzhen", "Nanshan", "CN-South", 22.5330, 113.9300, 1.30},
	{NineBridges, "CN", "Zhejiang", "Hangzhou", "Xihu", "CN-East", 30.2590, 120.1300, 1.20},
	{NineBridges, "CN", "Jiangsu", "Nanjing", "Xuanwu", "CN-East", 32.0490, 118.7980, 1.00},
	{NineBridges, "CN", "Jiangsu", "Suzhou", "Gusu", "CN-East", 31.3110, 120.6170, 1.00},
	{NineBridges, "CN", "Hubei", "Wuhan", "Hongshan", "CN-Central", 30.5010, 114.3430, 1.00},
	{NineBridges, "CN", "Sichuan", "Chengdu", "Jinjiang", "CN-West", 30.6570, 104.0810, 1.20},
	{NineBridges, "CN", "Sichuan", "Chengdu", "Wuhou", "CN-West", 30.6420, 104.0430, 0.90},
	{NineBridges, "CN", "Chongqing", "Chongqing", "Yuzhong", "CN-West", 29.5530, 106.5690, 1.00},
	{NineBridges, "CN", "Shaanxi", "Xi'an", "Yanta", "CN-West", 34.2220, 108.9480, 0.90},
	{NineBridges, "CN", "Henan", "Zhengzhou", "Jinshui", "CN-Central", 34.8000, 113.6600, 0.80},
	{NineBridges, "CN", "Hunan", "Changsha", "Furong", "CN-Central", 28.1930, 113.0320, 0.80},
	{NineBridges, "CN", "Anhui", "Hefei", "Shushan", "CN-East", 31.8510, 117.2600, 0.70},
	{NineBridges, "CN", "Jiangxi", "Nanchang", "Donghu", "CN-East", 28.6850, 115.8990, 0.70},
	{NineBridges, "CN", "Yunnan", "Kunming", "Wuhua", "CN-West", 25.0430, 102.7040, 0.70},
	{NineBridges, "CN", "Guizhou", "Guiyang", "Nanming", "CN-West", 26.5680, 106.7140, 0.60},

	{Pixelwald, "DE", "Berlin", "Berlin", "Mitte", "EU", 52.5200, 13.4050, 1.30},
	{Pixelwald, "DE", "Hamburg", "Hamburg", "Altona", "EU", 53.5510, 9.9350, 1.00},
	{Pixelwald, "DE", "Bayern", "München", "Schwabing", "EU", 48.1620, 11.5850, 1.20},
	{Pixelwald, "DE", "Nordrhein-Westfalen", "Köln", "Ehrenfeld", "EU", 50.9510, 6.9180, 0.90},
	{Pixelwald, "DE", "Hessen", "Frankfurt am Main", "Bornheim", "EU", 50.1280, 8.7080, 0.90},
	{Pixelwald, "AT", "Wien", "Wien", "Neubau", "EU", 48.2020, 16.3490, 0.90},
	{Pixelwald, "NL", "Noord-Holland", "Amsterdam", "De Pijp", "EU", 52.3560, 4.8970, 0.80},

	{Bazaarlet, "CN", "Zhejiang", "Hangzhou", "fulfilment centre", "CN-East", 30.3080, 120.3860, 1.40},
	{Bazaarlet, "US", "California", "Los Angeles", "fulfilment centre", "US", 34.0522, -118.2437, 0.80},
	{Bazaarlet, "GB", "England", "Leeds", "fulfilment centre", "UK", 53.8008, -1.5491, 0.70},

	{Kestavo, "CN", "Shanghai", "Shanghai", "web shop China", "CN-East", 31.2304, 121.4737, 1.30},
	{Kestavo, "SG", "Singapore", "Singapore", "web shop world", "APAC", 1.3521, 103.8198, 0.70},

	{Tamarind, "GB", "England", "London", "Park Royal depot", "UK", 51.5290, -0.2700, 1.30},
	{Tamarind, "GB", "England", "Manchester", "Trafford depot", "UK", 53.4630, -2.3090, 1.00},
	{Tamarind, "GB", "Scotland", "Glasgow", "Govan depot", "UK", 55.8620, -4.3120, 0.80},
	{Tamarind, "GB", "Wales", "Cardiff", "Splott depot", "UK", 51.4750, -3.1450, 0.60},

	{West, "CN", "Sichuan", "Chengdu", "Gaoxin office", "CN-West", 30.5410, 104.0640, 1.00},
	{North, "CN", "Beijing", "Beijing", "Yizhuang branch", "CN-North", 39.7950, 116.5060, 1.30},
	{East, "CN", "Shanghai", "Shanghai", "Minhang branch", "CN-East", 31.1130, 121.3820, 1.30},
	{Nanjing, "CN", "Jiangsu", "Nanjing", "Gulou office", "CN-East", 32.0660, 118.7700, 0.80},
	{Hangzhou, "CN", "Zhejiang", "Hangzhou", "Binjiang office", "CN-East", 30.2080, 120.2120, 0.80},
	{Central, "CN", "Hubei", "Wuhan", "Optics Valley platform", "CN-Central", 30.4910, 114.4060, 1.20},
	{Imaging, "CN", "Guangdong", "Guangzhou", "Panyu imaging centre", "CN-South", 22.9370, 113.3840, 0.80},
	{Networks, "CN", "Guangdong", "Shenzhen", "Longhua networks centre", "CN-South", 22.6570, 114.0240, 0.80},
}

var zones = map[string]string{
	"CN": "Asia/Shanghai", "DE": "Europe/Berlin", "AT": "Europe/Vienna", "NL": "Europe/Amsterdam", "GB": "Europe/London", "US": "America/Los_Angeles", "SG": "Asia/Singapore",
}

var moneys = map[string]string{"CN": "CNY", "DE": "EUR", "AT": "EUR", "NL": "EUR", "GB": "GBP", "US": "USD", "SG": "USD"}

// codes of a partner's locations: the vendor's prefix, and the partner's own form of a number.
var codes = [len(Partners)]struct{ vendor, own string }{
	{"JC", "WH-"},
	{"NL", "北"},
	{"LY", "LC"},
	{"NB", "01"},
	{"PW", "F"},
	{"BZ", "FC"},
	{"KS", "site-"},
	{"TT", "DEP"},
	{"KW", "W"},
	{"KN", "N"},
	{"KE", "E"},
	{"KJ", "J"},
	{"KH", "H"},
	{"KC", "C"},
	{"KI", "I"},
	{"KX", "X"},
	{},
}

func digits(n, width int) string {
	b := make([]byte, width)
	for i := width - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

// buildLocations makes the locations with their codes, lead times and suppliers.
func buildLocations() []Location {
	var out []Location
	number := map[int]int{}
	for _, p := range places {
		number[p.partner]++
		n := number[p.partner]
		l := Location{
			Code: codes[p.partner].vendor + "-" + digits(n, 3), Own: codes[p.partner].own + digits(n, 2), Partner: p.partner,
			Name: p.city + " " + p.what, Country: p.country, Region: p.region, City: p.city, Territory: p.territory,
			Zone: zones[p.country], Currency: moneys[p.country], Latitude: p.latitude, Longitude: p.longitude, Size: p.sz, Supplier: -1,
		}
		switch {
		case l.Partner == NineBridges || l.Partner == Kestavo && l.Country == "CN":
			l.Lead = 3 + n%3
		case l.Country == "CN":
			l.Lead = 2 + n%4
		case Partners[l.Partner].Trade == Wholesale:
			l.Lead = 18
		default:
			l.Lead = 9
		}
		if l.Partner == NineBridges && (n == 23 || n == 24) {
			l.OpensAfter = 200 + 45*(n-23)
		}
		out = append(out, l)
	}
	for i := range out {
		switch out[i].Partner {
		case NorthLantern, Lychee:
			out[i].Supplier = supplier(out, JadeCrane, out[i].Territory)
		case Nanjing, Hangzhou:
			out[i].Supplier = supplier(out, East, out[i].Territory)
		}
	}
	return out
}

// supplier is a partner's warehouse for a territory; the Northeast belongs to Beijing.
func supplier(all []Location, partner int, territory string) int {
	for i := range all {
		if all[i].Partner == partner && (all[i].Territory == territory || strings.HasPrefix(territory, all[i].Territory)) {
			return i
		}
	}
	return 0
}

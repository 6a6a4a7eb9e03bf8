package world

import (
	"maps"
	"slices"
	"time"

	"sellthrough"
)

// Node of the vendor's organisation. A node that moves stands twice, with dates.
type Node struct {
	Code, Parent, Name, Level string
	From, To                  sellthrough.Day // 0: always, for ever
}

// Organisation is the vendor's tree, from the top. In the middle of a quarter the East branch takes the South office over,
// and with it the dealer there.
func (w *World) Organisation() []Node {
	moved := w.Reorganised()
	return []Node{
		{"hq", "", "Kestavo headquarters (总部)", "headquarters", 0, 0},
		{"cn", "hq", "China (中国区)", "group", 0, 0},
		{"emea", "hq", "EMEA branch", "branch", 0, 0},
		{"online-office", "hq", "Online office (电商部)", "office", 0, 0},
		{"cn-distribution", "cn", "Distribution office (分销部)", "office", 0, 0},
		{"cn-key-accounts", "cn", "Key accounts office (大客户部)", "office", 0, 0},
		{"cn-north-branch", "cn", "North branch company (华北分公司)", "branch", 0, 0},
		{"cn-north-office", "cn-north-branch", "North office (北方办事处)", "office", 0, 0},
		{"cn-east-branch", "cn", "East branch company (华东分公司)", "branch", 0, 0},
		{"cn-nanjing-office", "cn-east-branch", "Nanjing office (南京办事处)", "office", 0, 0},
		{"cn-hangzhou-office", "cn-east-branch", "Hangzhou office (杭州办事处)", "office", 0, 0},
		{"cn-south-office", "cn", "South office (华南办事处)", "office", 0, moved - 1},
		{"cn-south-office", "cn-east-branch", "South office (华南办事处)", "office", moved, 0},
		{"cn-west-office", "cn", "Southwest office (西南办事处)", "office", 0, 0},
		{"cn-central-platform", "cn", "Central sales platform (华中共享平台)", "branch", 0, 0},
		{"cn-imaging-division", "cn", "Imaging division, South (影像事业部)", "branch", 0, 0},
		{"cn-connectivity-division", "cn", "Connectivity division, South (网络事业部)", "branch", 0, 0},
		{"emea-eu", "emea", "Continental office", "office", 0, 0},
		{"emea-uk", "emea", "United Kingdom office", "office", 0, 0},
	}
}

// Mode is how the vendor runs a partner or a node of its tree.
type Mode struct {
	Of, Mode string
	From, To sellthrough.Day
}

// Modes of all partners and of the nodes that are companies of their own. North Lantern buys and resells until, in the
// middle of a quarter, it becomes an agent: from then on its stock is the vendor's.
func (w *World) Modes() []Mode {
	agent := w.Agency()
	return []Mode{
		{"cn-west-office", "representative-office", 0, 0},
		{"cn-north-branch", "branch-company", 0, 0},
		{"cn-east-branch", "branch-offices", 0, 0},
		{"cn-central-platform", "product-division", 0, 0},
		{"cn-imaging-division", "independent-division", 0, 0},
		{"cn-connectivity-division", "independent-division", 0, 0},
		{Partners[West].ID, "representative-office", 0, 0},
		{Partners[North].ID, "branch-company", 0, 0},
		{Partners[East].ID, "branch-offices", 0, 0},
		{Partners[Nanjing].ID, "branch-offices", 0, 0},
		{Partners[Hangzhou].ID, "branch-offices", 0, 0},
		{Partners[Central].ID, "product-division", 0, 0},
		{Partners[Imaging].ID, "independent-division", 0, 0},
		{Partners[Networks].ID, "independent-division", 0, 0},
		{Partners[Kestavo].ID, "direct", 0, 0},
		{Partners[JadeCrane].ID, "distribution", 0, 0},
		{Partners[NineBridges].ID, "distribution", 0, 0},
		{Partners[Tamarind].ID, "distribution", 0, 0},
		{Partners[Lychee].ID, "distribution", 0, 0},
		{Partners[NorthLantern].ID, "distribution", 0, agent - 1},
		{Partners[NorthLantern].ID, "agency", agent, 0},
		{Partners[Pixelwald].ID, "franchise", 0, 0},
		{Partners[Bazaarlet].ID, "e-commerce", 0, 0},
	}
}

// middle is the last day not after d that is the 15th of the middle month of a quarter.
func middle(d sellthrough.Day) sellthrough.Day {
	for ; ; d-- {
		if t := d.Time(); t.Day() == 15 && t.Month()%3 == time.February%3 {
			return d
		}
	}
}

// Reorganised is the day from which the South office stands under the East branch.
func (w *World) Reorganised() sellthrough.Day { return middle(w.Opening - 5) }

// Agency is the day from which North Lantern is an agent, a quarter before.
func (w *World) Agency() sellthrough.Day { return middle(w.Reorganised() - 1) }

// owned says whether what stands at a location is the vendor's own, so that goods are moved there and not sold.
func (w *World) owned(l *Location, d sellthrough.Day) bool {
	switch l.Partner {
	case Kestavo, Bazaarlet, West, Nanjing, Hangzhou, Central, Imaging, Networks:
		return true
	case NorthLantern:
		return d >= w.Agency()
	}
	return false
}

// supplier is the warehouse that a location gets its goods from on a day; -1: the vendor's.
func (w *World) supplier(l *Location, d sellthrough.Day) int {
	if l.Partner == NorthLantern && d >= w.Agency() {
		return -1
	}
	return l.Supplier
}

// Province is where goods go in China: as it is written there, as the locations' region writes it, and its territory.
type Province struct{ Name, Region, Territory string }

// Provinces are those that the channel sells to.
var Provinces = []Province{
	{"上海", "Shanghai", "CN-East"},
	{"江苏", "Jiangsu", "CN-East"},
	{"浙江", "Zhejiang", "CN-East"},
	{"安徽", "Anhui", "CN-East"},
	{"江西", "Jiangxi", "CN-East"},
	{"北京", "Beijing", "CN-North"},
	{"天津", "Tianjin", "CN-North"},
	{"河北", "Hebei", "CN-North"},
	{"山东", "Shandong", "CN-North"},
	{"辽宁", "Liaoning", "CN-Northeast"},
	{"吉林", "Jilin", "CN-Northeast"},
	{"黑龙江", "Heilongjiang", "CN-Northeast"},
	{"广东", "Guangdong", "CN-South"},
	{"福建", "Fujian", "CN-South"},
	{"广西", "Guangxi", "CN-South"},
	{"海南", "Hainan", "CN-South"},
	{"湖北", "Hubei", "CN-Central"},
	{"湖南", "Hunan", "CN-Central"},
	{"河南", "Henan", "CN-Central"},
	{"四川", "Sichuan", "CN-West"},
	{"重庆", "Chongqing", "CN-West"},
	{"陕西", "Shaanxi", "CN-West"},
	{"云南", "Yunnan", "CN-West"},
	{"贵州", "Guizhou", "CN-West"},
}

// abroad is where the distributor in the United Kingdom delivers to, with the territory.
var abroad = map[string]string{"England": "UK", "Scotland": "UK", "Wales": "UK", "Ireland": "EU", "Netherlands": "EU"}

// Territory of a destination as a partner writes it; empty: nobody knows.
func Territory(destination string) string {
	for _, p := range Provinces {
		if p.Name == destination {
			return p.Territory
		}
	}
	return abroad[destination]
}

// Destinations are those that a partner may write.
func Destinations(partner int) []string {
	var out []string
	switch c := crowds[partner]; {
	case c.local && Partners[partner].Currency == "GBP":
		out = slices.Sorted(maps.Keys(abroad))
	case c.local:
		for _, p := range Provinces {
			out = append(out, p.Name)
		}
	}
	return out
}

// Territories are the regions of the market, with what they are part of.
var Territories = []struct{ Code, Parent, Name string }{
	{"World", "", "World (全球)"},
	{"CN", "World", "China (中国)"},
	{"CN-East", "CN", "East China (华东)"},
	{"CN-North", "CN", "North China (华北)"},
	{"CN-Northeast", "CN", "Northeast China (东北)"},
	{"CN-South", "CN", "South China (华南)"},
	{"CN-Central", "CN", "Central China (华中)"},
	{"CN-West", "CN", "West China (西部)"},
	{"EMEA", "World", "Europe (欧洲)"},
	{"EU", "EMEA", "Continental Europe (欧洲大陆)"},
	{"UK", "EMEA", "United Kingdom (英国)"},
	{"US", "World", "United States (美国)"},
	{"APAC", "World", "Asia without China (亚太)"},
}

// Assignment is where a partner may sell; without a line, all of them.
type Assignment struct {
	Partner         int
	Territory, Line string
	From            sellthrough.Day
}

// Assignments of the partners that have a territory.
func (w *World) Assignments() []Assignment {
	out := []Assignment{
		{NorthLantern, "CN-North", "", 0},
		{NorthLantern, "CN-Northeast", "", 0},
		{Lychee, "CN-South", "", 0},
		{Lychee, "CN-Central", "Networking", w.Opening - 200}, // by contract
		{Pixelwald, "EU", "", 0},
		{Tamarind, "UK", "", 0},
		{West, "CN-West", "", 0},
		{North, "CN-North", "", 0},
		{East, "CN-East", "", 0},
		{Nanjing, "CN-East", "", 0},
		{Hangzhou, "CN-East", "", 0},
		{Central, "CN-Central", "", 0},
		{Imaging, "CN-South", "", 0},
		{Networks, "CN-South", "", 0},
	}
	for _, p := range []int{JadeCrane, NineBridges} {
		for _, t := range Territories {
			if t.Parent == "CN" {
				out = append(out, Assignment{p, t.Code, "", 0})
			}
		}
	}
	return out
}

// Holder is who holds title to what stands at a location on a day: vendor or partner.
func (w *World) Holder(location int, d sellthrough.Day) string {
	if l := &w.Locations[location]; w.owned(l, d) {
		return "vendor"
	}
	return "partner"
}

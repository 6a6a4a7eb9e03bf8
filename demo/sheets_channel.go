package demo

import (
	"slices"
	"strconv"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

func partners() []byte {
	s := newSheet("partner", "name", "tier", "channel_type", "status", "since", "until", "currency", "time_zone", "week_start")
	for i := range world.Partners {
		p := &world.Partners[i]
		s.row(p.ID, p.Name, p.Tier, p.Channel, "active", p.Since, "", p.Currency, p.Zone, p.WeekStart)
	}
	return s.text()
}

func organisation(w *world.World) []byte {
	s := newSheet("node", "parent", "name", "partner", "from", "to", "level")
	for _, n := range w.Organisation() {
		s.row(n.Code, n.Parent, n.Name, "", day(n.From), day(n.To), n.Level)
		for i := range world.Partners {
			if p := &world.Partners[i]; p.Node == n.Code {
				s.row(n.Code, n.Parent, n.Name, p.ID, day(n.From), day(n.To), n.Level)
			}
		}
	}
	return s.text()
}

func modes(w *world.World) []byte {
	s := newSheet("of", "mode", "from", "to")
	for _, m := range w.Modes() {
		s.row(m.Of, m.Mode, day(m.From), day(m.To))
	}
	return s.text()
}

func businessUnits() []byte {
	s := newSheet("unit", "name")
	for _, u := range units() {
		s.row(u, map[string]string{"Personal systems": "个人系统", "Imaging": "影像", "Connectivity": "网络", "Accessories": "配件"}[u])
	}
	return s.text()
}

// units are the business units, each once.
func units() []string {
	var out []string
	for _, l := range world.Lines {
		if !slices.Contains(out, l.Unit) {
			out = append(out, l.Unit)
		}
	}
	return out
}

func territories() []byte {
	s := newSheet("territory", "parent", "name")
	for _, t := range world.Territories {
		s.row(t.Code, t.Parent, t.Name)
	}
	return s.text()
}

func assignments(w *world.World) []byte {
	s := newSheet("partner", "territory", "line", "from", "to")
	for _, a := range w.Assignments() {
		s.row(world.Partners[a.Partner].ID, a.Territory, a.Line, day(a.From), "")
	}
	return s.text()
}

// life is how far the vendor's partners have come. Certificates hold for two years; one is about to end, and one has.
func life(w *world.World) []byte {
	s := newSheet("partner", "stage", "line", "from", "to")
	for i := range world.Partners {
		p := &world.Partners[i]
		if p.Tier == "vendor" {
			continue
		}
		since, err := sellthrough.ParseDay(p.Since)
		if err != nil {
			panic(err) // the table of package world
		}
		s.row(p.ID, "recruited", "", day(since-120), day(since-61))
		s.row(p.ID, "contracted", "", day(since-60), day(w.Opening+sellthrough.Day(200+31*i)))
		s.row(p.ID, "registered", "", day(since-30), "")
		s.row(p.ID, "trained", "", day(since-14), "")
		s.row(p.ID, "active", "", day(since), "")
		for li, l := range world.Lines {
			ends := w.Opening + sellthrough.Day(60+(i*97+li*41)%600)
			switch {
			case l.Name == "Accessories": // anybody may sell them
				continue
			case i == world.NorthLantern && l.Name == "Notebooks":
				ends = w.Opening + world.CertificateEnds
			case i == world.Lychee && l.Name == "Networking":
				ends = w.Opening + world.CertificateEnded
			}
			s.row(p.ID, "certified", l.Name, day(ends-729), day(ends))
		}
	}
	return s.text()
}

// groups are partners that buy together (集中采购).
func groups(w *world.World) []byte {
	s := newSheet("group", "partner", "name", "from", "to")
	for _, g := range []struct {
		group, name string
		since       sellthrough.Day
		partners    []int
	}{
		{"coast-alliance", "Coast purchasing alliance (沿海集采联盟)", w.Opening - 300, []int{world.NorthLantern, world.Lychee}},
		{"north-sea-buyers", "North Sea buyers", w.Opening - 500, []int{world.Pixelwald, world.Tamarind}},
	} {
		for _, p := range g.partners {
			s.row(g.group, world.Partners[p].ID, g.name, day(g.since), "")
		}
	}
	return s.text()
}

func ranging(w *world.World) []byte {
	s := newSheet("location", "item", "from", "to", "lead_days")
	for i := range w.Listings {
		n := &w.Listings[i]
		l := &w.Locations[n.Location]
		s.row(l.Code, w.Products[n.Product].Code, day(n.From), day(n.To), strconv.Itoa(l.Lead))
	}
	return s.text()
}

func calendar() []byte {
	s := newSheet("name", "year", "from", "to")
	for y := world.FirstYear; y <= world.LastYear; y++ {
		for _, f := range world.Festivals(y) {
			s.row(f.Name, strconv.Itoa(y), f.From.String(), f.To.String())
		}
	}
	return s.text()
}

// reporting is what the vendor expects of each feed of sales and stock. Daily reports are due by ten, and late on the day after;
// who closes on Sundays owes nothing for them.
func reporting(opening sellthrough.Day) []byte {
	s := newSheet("feed", "frequency", "weekdays", "due", "grace_days", "from")
	for _, f := range reports.Feeds {
		if f.History() || f.Kind.Flow() || f.Seldom() {
			continue
		}
		frequency, weekdays := "day", ""
		if f.Weekly() {
			frequency = "week"
		}
		if (f.Partner == world.Pixelwald || world.Partners[f.Partner].Trade == world.Office) && f.Kind == sellthrough.Sales {
			weekdays = "1-6"
		}
		due := "10:00"
		if f.Partner == world.Bazaarlet {
			due = "18:00"
		}
		s.row(f.ID, frequency, weekdays, due, "1", (opening - f.Daily()).String())
	}
	return s.text()
}

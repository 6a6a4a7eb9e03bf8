package world

import "sellthrough"

// Stories are the plots of the demo, by index of what they happen to. Their dates count from the opening day.
type Stories struct {
	Starved  int // product that the chain's stores in the East run out of: no delivery from StarvedFrom to the opening day
	Missed   int // product that ran out there before, from MissedFrom to MissedTo
	Phantom  int // product that is on the books of one store and not on its shelf
	Haunted  int // that store
	NewChain int // product that the chain's cross-reference lacked at first
	NewSouth int // product that the cross-reference of Lychee Coast lacks
	Raider   int // shop of Lychee Coast that sells into the East and the middle of the country, below the floor
	Mute     int // shop of Pixelwald whose till told nothing from MuteFrom to MuteTo
	Leaky    int // warehouse of Jade Crane in which goods are gone that nobody books out
}

// The days of the stories, counted from the opening day.
const (
	StarvedFrom = -26
	MissedFrom  = -160
	MissedTo    = -130
	PhantomFrom = -40
	NewProduct  = -25
	RaidFrom    = -78 // the raider's sales outside its territory
	RaidTo      = -5
	TwiceFrom   = -60 // one notebook leaves the raider,
	TwiceAgain  = -33 // and is sold again by the marketplace
	MuteFrom    = -45
	MuteTo      = -39
	LeakOn      = -30
	StuckFrom   = -24 // what leaves for Tamarind from then on is kept by the customs
	StuckTo     = -14
	Freed       = 5

	CertificateEnds  = 18 // of North Lantern for notebooks
	CertificateEnded = -12
)

// stage picks what the stories happen to.
func (w *World) stage() {
	pick := func(line string, nth int) int {
		best := -1
		for rank := 0; best < 0; rank++ {
			for i := range w.Products {
				p := &w.Products[i]
				if p.Line == line && p.rank == rank && p.Launch < w.Opening-300 && p.End == 0 {
					if nth--; nth < 0 {
						best = i
					}
				}
			}
			if rank > 300 {
				panic("world: the catalogue has no such product of line " + line)
			}
		}
		return best
	}
	w.Stories = Stories{Starved: pick("Networking", 0), Missed: pick("Accessories", 1), Phantom: pick("Accessories", 0)}
	for i := range w.Locations {
		switch l := &w.Locations[i]; {
		case l.Partner == NineBridges && l.City == "Wuhan":
			w.Stories.Haunted = i
		case l.Partner == Lychee && l.City == "Dongguan":
			w.Stories.Raider = i
		case l.Partner == Pixelwald && l.City == "Köln":
			w.Stories.Mute = i
		case l.Partner == JadeCrane && l.City == "Chengdu":
			w.Stories.Leaky = i
		}
	}
	fresh := func(nth int) int {
		for i := range w.Products {
			p := &w.Products[i]
			if p.Line == "Displays" && p.Launch > w.Opening-60 {
				if nth--; nth < 0 {
					p.Launch, p.End = w.Opening+NewProduct, 0
					p.weight = 0.06
					return i
				}
			}
		}
		panic("world: the catalogue has no launch near the opening day")
	}
	w.Stories.NewChain = fresh(0)
	w.Stories.NewSouth = fresh(1)
}

// fresh says whether a product is one of the new ones that a cross-reference lacks.
func (s *Stories) fresh(product int) bool { return product == s.NewChain || product == s.NewSouth }

// carried says whether a location carries a product because a story needs it.
func (s *Stories) carried(w *World, location, product int) bool {
	l := &w.Locations[location]
	switch product {
	case s.Starved, s.Missed:
		return l.Partner == NineBridges && l.Territory == "CN-East"
	case s.Phantom:
		return location == s.Haunted
	case s.NewChain:
		return l.Partner == NineBridges
	case s.NewSouth:
		return l.Partner == Lychee || l.Partner == JadeCrane && l.Territory == "CN-South"
	}
	return false
}

// withheld is when a delivery comes that was due on a day: later, where a story keeps it back.
func (w *World) withheld(n *Listing, due sellthrough.Day) sellthrough.Day {
	l := &w.Locations[n.Location]
	if l.Partner != NineBridges || l.Territory != "CN-East" {
		return due
	}
	switch {
	case n.Product == w.Stories.Starved && due >= w.Opening+StarvedFrom && due < w.Opening:
		return w.Opening
	case n.Product == w.Stories.Missed && due >= w.Opening+MissedFrom && due < w.Opening+MissedTo:
		return w.Opening + MissedTo
	}
	return due
}

// haunt freezes the phantom stock: from its day on the books say that some is there, and nobody can buy it.
func (w *World) haunt(n *Listing, d sellthrough.Day) {
	if n.Product == w.Stories.Phantom && n.Location == w.Stories.Haunted && d >= w.Opening+PhantomFrom && n.onHand >= 3 {
		n.frozen = true
	}
}

// detained is when a delivery arrives that would on a day: later, where the customs keep it.
func (w *World) detained(l *Location, left, due sellthrough.Day) sellthrough.Day {
	if l.Partner == Tamarind && left >= w.Opening+StuckFrom && left <= w.Opening+StuckTo {
		return max(due, w.Opening+Freed)
	}
	return due
}

// Muted says whether the till of a location told nothing of a day: it sold, and no report will ever say so.
func (w *World) Muted(location int, d sellthrough.Day) bool {
	return location == w.Stories.Mute && d >= w.Opening+MuteFrom && d <= w.Opening+MuteTo
}

// starves says whether a story empties the shelves of a product.
func (s *Stories) starves(product int) bool { return product == s.Starved || product == s.Missed }

// Package modes says what the ten ways are in which a vendor runs a part of its channel: who owns commerce, goods and
// settlement, what counts as sell-in, sell-through and sell-out, what is left out inside the vendor's own tree, and which
// numbers are watched. One row a mode is the only place where that stands: how sales are read, the table on the boards,
// docs/modes.md and the tests come from it.
//
// It is pure, and knows nobody.
package modes

import "slices"

// Text is said in both languages of the boards.
type Text struct{ EN, ZH string }

// Mode is one way of running a part of the channel.
type Mode struct {
	Name  string // in modes.csv
	Title Text

	// Who sells to the customer, who owns the goods and delivers them, and who is paid by whom.
	Commerce, Goods, Settlement Text

	// What counts as what, and what is left out because it stays inside the tree.
	SellIn, SellThrough, SellOut, Inside Text

	// Consigned says that goods at a partner are the vendor's until the partner sells them: handing them over is no sale,
	// and what the partner sells is a sale of the vendor's.
	Consigned bool

	// Settled says that what a branch of the vendor's gets from above is settled like a sale. It stays inside the tree all the
	// same, so that it is never sell-through.
	Settled bool

	Watched []string // numbers, by name
}

// Own is the mode of a unit of the vendor's own (a partner of tier vendor) and Default that of every other partner, where
// neither modes.csv nor a node above says another.
const (
	Own     = "direct"
	Default = "distribution"
)

// Find is the mode of that name.
func Find(name string) (Mode, bool) {
	list := All()
	i := slices.IndexFunc(list, func(m Mode) bool { return m.Name == name })
	if i < 0 {
		return Mode{}, false
	}
	return list[i], true
}

// Names are the names of all modes, in the order of All.
func Names() []string {
	var out []string
	for _, m := range All() {
		out = append(out, m.Name)
	}
	return out
}

package edi

// codesKept is how many codes of a body are remembered, so that one of nothing but new codes stays small.
const codesKept = 1000

// Coded is what a code was found to be.
type Coded struct {
	Code   Code
	Reason string // why it is not known
}

// Codes remember what the codes of messages of one type were found to be.
type Codes struct {
	of     string
	all    map[string]*Coded
	recent [16]struct { // a report has few codes, again and again
		key   string
		coded *Coded
	}
}

// Find looks a code up in messages of a type. It is nil where the code is new.
func (c *Codes) Find(of string, key []byte) *Coded {
	if c.of != of || c.all == nil {
		*c = Codes{of: of, all: map[string]*Coded{}}
	}
	r := &c.recent[place(key)]
	if r.coded != nil && r.key == string(key) {
		return r.coded
	}
	found := c.all[string(key)]
	if found != nil {
		r.key, r.coded = string(key), found
	}
	return found
}

// Keep remembers what a code was found to be.
func (c *Codes) Keep(key []byte, code Code, reason string) *Coded {
	found := &Coded{code, reason}
	if len(c.all) < codesKept {
		c.all[string(key)] = found
	}
	return found
}

// place spreads codes, most of which differ in their last two characters.
func place(key []byte) int {
	h := len(key)
	for _, c := range key[max(0, len(key)-2):] {
		h = h*31 + int(c)
	}
	return h & 15
}

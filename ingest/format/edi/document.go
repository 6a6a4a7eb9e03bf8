package edi

// Summary is what a message says of itself, and what came of it.
type Summary struct {
	Row      uint32 // of its first segment
	Message  string // 852, SLSRPT, …
	Number   string
	Date     string
	Function string // original, replace, cancel, add, duplicate; empty where it is not known
	Previous string // number of the document that it replaces or cancels
	Coverage string // full, delta; empty where it is not said
	From, To string // the period that it reports, where it names one
	Rows     int    // given
	Refused  int
	Repeated bool // it was in the body before, and was left out
}

// Note is one thing that is wrong with a message, for its acknowledgement.
type Note struct {
	Row     uint32
	Segment string // name of the segment
	Element int    // 1-based; 0 is the whole segment
	Value   string
	Hide    bool // the value is not repeated to the partner
	Reason  string
}

// MaxNotes is how many notes are kept of one message.
const MaxNotes = 100

// Element reads the number at the end of a name like QTY02.
func Element(segment, column string) int {
	if len(column) != len(segment)+2 || column[:len(segment)] != segment {
		return 0
	}
	n, _ := digits([]byte(column[len(segment):]))
	return n
}

// Quote is a price with the qualifiers that say of which basis it is.
type Quote struct {
	Value []byte
	Basis [2][]byte
}

// Pick chooses one of several prices by the dialect's order.
func (d *Dialect) Pick(prices []Quote) (value []byte, reason string) {
	if len(prices) == 0 {
		return nil, ""
	}
	for _, b := range d.Basis {
		for i, p := range prices {
			if b == string(p.Basis[0]) || b == string(p.Basis[1]) || len(b) == 2 && b[0] == '#' && int(b[1]-'1') == i {
				return p.Value, ""
			}
		}
	}
	if len(d.Basis) > 0 {
		return nil, ""
	}
	for _, p := range prices[1:] {
		if string(p.Value) != string(prices[0].Value) {
			return nil, "the line has several prices; say in the dialect under basis which of them is meant"
		}
	}
	return prices[0].Value, ""
}

// Sign brings quantity and amount of a fact under the sign of what happened: a return is negative. The reason says why
// it can't be told.
func (d *Dialect) Sign(f *Fact) string {
	back := f.Code.Kind == "return_in" || f.Code.Kind == "return_out"
	switch {
	case back && d.Returns == "negative":
		if f.Number > 0 {
			return "the code says returned and the quantity is positive, but the dialect says that returns are written negative: mend one of them"
		}
	case back && f.Number < 0:
		return "the code says returned and the quantity is negative: this may be a return, or one that was taken back; set returns: negative in the dialect where the partner writes returns so"
	case back:
		f.Qty, f.Number = Negate(f.Qty), -f.Number
	case f.Number < 0 && d.Negative != "" && (f.Code.Kind == "sell_out" || f.Code.Kind == "sell_through"):
		f.Code.Kind = d.Negative
		return ""
	}
	if back && len(f.Amount) > 0 && f.Amount[0] != '-' {
		f.Amount = Negate(f.Amount)
	}
	return ""
}

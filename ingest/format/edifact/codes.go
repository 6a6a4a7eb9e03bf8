package edifact

import (
	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// sale stands for the kind that the dialect gives to a plain sale.
const sale = "sale"

const (
	whichWay = "the code does not say by itself whether these units came or went"
	partOf   = "the standard does not say whether these units are part of those sold"
)

var none = edi.Code{Class: edi.Ignored}

func level(name string) edi.Code { return edi.Code{Level: name} }

// sold is element 6063 in an SLSRPT.
var sold = map[string]edi.Code{
	"153": {Kind: sale, Class: edi.Gross}, "25": {Kind: sale, Class: edi.Gross}, "212": {Kind: sale, Class: edi.Net},
	"61": {Kind: "return_in", Class: edi.Back}, "210": {Kind: "return_in", Class: edi.Back},
	"26": {Open: partOf}, "31E": {Open: partOf}, "32E": {Open: partOf},
	"243": none, "244": none,
	"145": level("available"), "17": level("on_hand"),
}

// held is element 6063 in an INVRPT. Total on hand (17) contains what waits to be returned or inspected; actual stock
// (145) is what can be sold. The numbers mean other things in X12.
var held = map[string]edi.Code{
	"17": level("on_hand"), "158": level("on_hand"), "257": level("on_hand"), "145": level("available"), "60": level("available"),
	"198": level("in_transit"), "57": level("in_transit"), "66": level("committed"), "124": level("damaged"), "20": level("damaged"),
	"96": level("damaged"), "218": level("damaged"), "83": level("on_order"), "21": level("on_order"),
	"153": {Kind: sale, Class: edi.Gross}, "25": {Kind: sale, Class: edi.Gross}, "212": {Kind: sale, Class: edi.Net},
	"156": {Open: whichWay}, "98E": {Open: whichWay}, "191": {Kind: "adjustment"},
	"157": none, "199": none, "146": none, "97": none, "98": none, "197": none, "89": none, "249": none, "26": none, "81": none,
	"48": none, "61": none, "210": none, "12": none, "213": none, "214": none, "243": none, "244": none,
}

// known finds what a quantity is: by its code, and by what its INV says.
func (r *Reader) known(q *quantity, meaning meaning) *edi.Coded {
	codes, key := &r.codes, q.code
	if q.direction != nil || q.condition != nil {
		b := append(append(r.key[:0], q.code...), 0)
		b = append(append(b, q.direction...), 0)
		r.key = append(b, q.condition...)
		codes, key = &r.detailed, r.key
	}
	if c := codes.Find(r.message.Type, key); c != nil {
		return c
	}
	c, reason := meaning.code(r, q)
	return codes.Keep(key, c, reason)
}

// lookup says what a quantity code is: the first of keys that the dialect lists, else the table's.
func (r *Reader) lookup(table map[string]edi.Code, code string, keys ...string) (c edi.Code, reason string) {
	c, known := table[code]
	if c.Kind == sale {
		if c.Kind = "sell_out"; r.d.Sale != "" {
			c.Kind = r.d.Sale
		}
	}
	for _, k := range keys {
		v, ok := r.d.Codes[k]
		if !ok {
			continue
		}
		c.Open, c.Sure = "", true
		switch _, isLevel := sellthrough.LevelOf(v); {
		case v == edi.None:
			return edi.Code{Class: edi.Ignored}, ""
		case isLevel:
			return edi.Code{Level: v, Sure: true}, ""
		}
		if c.Kind, c.Level = v, ""; !known || c.Class == edi.Ignored {
			c.Class = edi.Plain
		}
		return c, ""
	}
	switch {
	case !known:
		return c, "what the quantity code " + code + " is, is not known; list it under codes of the dialect, with a movement kind, a stock level or none"
	case c.Open != "" && r.relevant(&c):
		return c, c.Open + "; list " + keys[0] + " under codes of the dialect, with a movement kind, a stock level or none"
	}
	return c, ""
}

package x12

import (
	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// sale stands for the kind that the dialect gives to a plain sale.
const sale = "sale"

const whichWay = "the standard does not say whether these units came or went"

var none = edi.Code{Class: edi.Ignored}

func level(name string) edi.Code { return edi.Code{Level: name} }

// openLevel is a level whose reading the standard leaves open.
func openLevel(why string) edi.Code { return edi.Code{Level: "?", Open: why} }

// activities is element 859, which says what the quantity of a ZA is. Net sales contain returns, and total sales their
// parts; what a warehouse plans is none of the two.
var activities = map[string]edi.Code{
	"QS": {Kind: sale, Class: edi.Gross}, "Q1": {Kind: sale, Class: edi.Net}, "TS": {Kind: sale, Class: edi.Total},
	"RE": {Kind: "sell_out", Class: edi.Part}, "WQ": {Kind: "sell_through", Class: edi.Part},
	"MS": {Kind: sale, Class: edi.Part}, "BS": {Kind: sale, Class: edi.Part}, "BT": {Kind: sale, Class: edi.Part}, "OP": {Kind: sale, Class: edi.Part},
	"QU": {Kind: "return_in", Class: edi.Back}, "Q2": {Kind: "return_in", Class: edi.Back}, "Q3": {Kind: "return_in", Class: edi.Back}, "RQ": {Kind: "return_in", Class: edi.Back},
	"OH": level("on_hand"), "QE": level("on_hand"), "QA": level("available"), "QH": level("damaged"), "QC": level("committed"),
	"QI": level("in_transit"), "QP": level("on_order"),
	"QT": {Kind: "adjustment"},
	"QZ": {Open: whichWay}, "QW": {Open: whichWay}, "AA": {Open: whichWay},
	"HL": openLevel("whether held stock is part of what is on hand is the partner's own"), "DG": openLevel("whether these units are part of what is on hand is the partner's own"),
	"QF": openLevel("whether bonded stock is part of what is on hand is the partner's own"), "OF": openLevel("whether stock off the premises is part of what is on hand is the partner's own"),
	"LS": none, "QB": none, "QR": none, "AB": none, "PA": none, "QO": none, "QK": none,
	"QD": none, "QL": none, "QM": none, "QN": none, "QX": none, "OQ": none, "PO": none,
}

// quantities is element 673 as stock reports use it. The numbers mean other things in EDIFACT.
var quantities = map[string]edi.Code{
	"17": level("on_hand"), "26": level("on_hand"), "36": level("on_hand"), "33": level("available"), "34": level("available"), "QA": level("available"),
	"27": level("committed"), "28": level("returns_pending"), "20": level("damaged"), "63": level("on_order"),
	"29": none, "37": none, "39": none, "38": none, "32": none, "87": none,
}

// transfers is element 521: what a PTD reports. None of PA, PB, BB and SU moves a unit, although they carry quantities.
var transfers = map[string]edi.Code{
	"SS": {Kind: sale}, "DS": {Kind: sale}, "SD": {Kind: sale}, "CS": {Kind: sale},
	"BN": {Kind: "return_in"}, "RP": {Kind: "return_in"}, "RU": {Kind: "return_in"}, "RB": {Kind: "return_in"}, "RV": {Kind: "return_out"},
	"RC": {Kind: "sell_in"}, "IA": {Kind: "adjustment"}, "SA": {Kind: "adjustment"},
	"PA": none, "PB": none, "BB": none, "SU": none,
	"IB": {Open: whichWay}, "BJ": {Open: whichWay},
}

// code says what a quantity code is: the first of keys that the dialect lists, else the table's. def is a plain sale.
func (r *Reader) code(table map[string]edi.Code, inTable, def string, keys ...string) (c edi.Code, reason string) {
	c, known := table[inTable]
	if c.Kind == sale {
		if c.Kind = def; r.d.Sale != "" {
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
	if !known {
		return c, "what the code " + keys[0] + " is, is not known; list it under codes of the dialect, with a movement kind, a stock level or none"
	}
	if c.Open != "" && r.relevant(&c) {
		return c, c.Open + "; list " + keys[0] + " under codes of the dialect, with a movement kind, a stock level or none"
	}
	return c, ""
}

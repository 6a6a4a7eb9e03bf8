package edi

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sellthrough"
)

// Dialect decides what the standards leave open, or what a partner does differently. Its zero value is the standard's
// own rule, and where there is none, the line is refused. All codes are the partner's, as written.
type Dialect struct {
	// Codes says what a quantity code is: a movement kind, a stock level, or none. Keys are ZA01 in an 852, QTY01 in an
	// 846 (QTY/17 for a QTY of an 852), PTD01/QTY01 or PTD01 in an 867, 6063 in EDIFACT. It overrides the format's own table.
	Codes map[string]string `yaml:"codes,omitempty"`
	// Sale is what a plain sale is. Default: sell_out; in an 867, which distributors send, sell_through.
	Sale string `yaml:"sale,omitempty"`
	// Returns says how a quantity under a return code is written: positive (default; a negative one is refused), or
	// negative (a positive one is refused).
	Returns string `yaml:"returns,omitempty"`
	// Negative is the kind of a sale with a negative quantity: return_in or void. Default: the sale's own, negative.
	Negative string `yaml:"negative,omitempty"`
	// CreditPrice says what a negative price beside a negative quantity is: repeats (the same minus again; it is taken
	// off). Default: refused, because quantity × price would be positive.
	CreditPrice string `yaml:"credit_price,omitempty"`
	// Location lists the qualifiers of the location's party or place (N101, NAD 3035, LOC 3227), best first.
	Location []string `yaml:"location,omitempty"`
	// Counterparty lists the qualifiers of the customer's party, best first.
	Counterparty []string `yaml:"counterparty,omitempty"`
	// Item lists the qualifiers of the item code, best first.
	Item []string `yaml:"item,omitempty"`
	// Dates lists the qualifiers of the date of a sale or stock level, best first.
	Dates []string `yaml:"dates,omitempty"`
	// Basis lists the qualifiers of the price, best first (UIT03 or CTP02; 5125 or 5387), or a position: #1 is the line's first price.
	// Default: a line with different prices is refused where the feed reads price.
	Basis []string `yaml:"basis,omitempty"`
	// Amounts lists the qualifiers of the line's amount. Default: AMT*1, MOA+203.
	Amounts []string `yaml:"amounts,omitempty"`
	// Functions lists the functions whose documents are read: original, replace, cancel, add, duplicate. Default: all. A
	// document of another function is refused as a whole.
	Functions []string `yaml:"functions,omitempty"`
	// Purposes says what a function code is (BPT01, BIA01, XQ05, 1225), beyond the standard's.
	Purposes map[string]string `yaml:"purposes,omitempty"`
	// Coverage says by a code of the document (BIA02 or BIA06, 1001) whether it is full (an item that is missing is zero) or delta.
	// The key "*" is any document. Default: it is not said.
	Coverage map[string]string `yaml:"coverage,omitempty"`
	// Place says where the location of a quantity stands that changes within one item: before or after it. Default: refused where both readings are possible.
	Place string `yaml:"place,omitempty"`
	// Repeats says what a level is that is given more than once for an item and place, and whose first quantity is not the sum of the
	// rest: add, or first (the first is the total). Default: refused.
	Repeats string `yaml:"repeats,omitempty"`
	// Splits says what holds when a total is not the sum of its stores: stores, or refuse (default).
	Splits string `yaml:"splits,omitempty"`
	// Same says what a message is whose content and document number occurred before in the body under another control number:
	// skip, count, or refuse (default).
	Same string `yaml:"same,omitempty"`
	// Counts says what a wrong count or control number in a trailer is: ignore, or refuse (default: the trailer is refused, the rows stand).
	Counts string `yaml:"counts,omitempty"`
	// Totals says what a wrong number of lines in CTT01 or CNT+2 is: refuse, or ignore (default: a warning; many senders write a constant).
	Totals string `yaml:"totals,omitempty"`
	// Zones gives the offset of a time code, like {ET: "-05:00"}, or local. Default: codes that do not tell summer from winter are refused where the feed reads at.
	Zones map[string]string `yaml:"zones,omitempty"`
	// Trigger says which segment begins a quantity of an INVRPT: qty or inv. Default: by directory.
	Trigger string `yaml:"trigger,omitempty"`
	// Shape says how an SLSRPT is built: location or item first. Default: by what comes first.
	Shape string `yaml:"shape,omitempty"`
	// Charset is the character set of names: utf-8, gb18030, iso-8859-1, windows-1252, shift-jis, big5. Default: what the interchange declares; UTF-8 in X12.
	Charset string `yaml:"charset,omitempty"`
	// Element, Component, Repetition and Terminator are the marks of an X12 body without ISA, or whose ISA can't be trusted; a newline is "\n".
	Element    string `yaml:"element,omitempty"`
	Component  string `yaml:"component,omitempty"`
	Repetition string `yaml:"repetition,omitempty"`
	Terminator string `yaml:"terminator,omitempty"`
}

// None is what a code is that counts for nothing.
const None = "none"

// Check finds every mistake in a dialect.
func (d *Dialect) Check() error {
	var errs []error
	one := func(name, value string, known ...string) {
		if value != "" && !slices.Contains(known, value) {
			errs = append(errs, fmt.Errorf("%s: %q is not known; write one of %s", name, value, strings.Join(known, ", ")))
		}
	}
	kinds := append(append([]string{None}, sellthrough.Kinds(sellthrough.Sales)...), sellthrough.Levels()...)
	for code, v := range d.Codes {
		one("codes."+code, v, kinds...)
		if v == "" {
			errs = append(errs, fmt.Errorf("codes.%s: say what it is; write one of %s", code, strings.Join(kinds, ", ")))
		}
	}
	one("sale", d.Sale, sellthrough.Kinds(sellthrough.Sales)...)
	one("returns", d.Returns, "positive", "negative")
	one("negative", d.Negative, "return_in", "void")
	one("credit_price", d.CreditPrice, "repeats")
	one("place", d.Place, "before", "after")
	one("repeats", d.Repeats, "add", "first")
	one("splits", d.Splits, "stores", "refuse")
	one("same", d.Same, "skip", "count", "refuse")
	one("counts", d.Counts, "ignore", "refuse")
	one("totals", d.Totals, "ignore", "refuse")
	one("trigger", d.Trigger, "qty", "inv")
	one("shape", d.Shape, "location", "item")
	for _, f := range d.Functions {
		one("functions", f, functions...)
	}
	for code, f := range d.Purposes {
		one("purposes."+code, f, functions...)
	}
	for code, v := range d.Coverage {
		one("coverage."+code, v, "full", "delta")
	}
	for code, z := range d.Zones {
		if z != "local" && !offset(z) {
			errs = append(errs, fmt.Errorf("zones.%s: %q is no offset; write it like +08:00, or local", code, z))
		}
	}
	if _, err := NewCharset(d.Charset); err != nil {
		errs = append(errs, fmt.Errorf("charset: %w", err))
	}
	marks := map[string]string{}
	for name, v := range map[string]string{"element": d.Element, "component": d.Component, "repetition": d.Repetition, "terminator": d.Terminator} {
		switch {
		case v == "":
		case len(v) != 1 || v[0] >= 0x80:
			errs = append(errs, fmt.Errorf("%s: %q is not one ASCII character", name, v))
		case marks[v] != "":
			errs = append(errs, fmt.Errorf("%s and %s are the same mark %q", min(name, marks[v]), max(name, marks[v]), v))
		default:
			marks[v] = name
		}
	}
	if (d.Element == "") != (d.Terminator == "") {
		errs = append(errs, errors.New("element and terminator belong together; give both or neither"))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func offset(z string) bool {
	if len(z) != 6 || z[0] != '+' && z[0] != '-' || z[3] != ':' {
		return false
	}
	h, ok := digits([]byte(z[1:3]))
	m, ok2 := digits([]byte(z[4:]))
	return ok && ok2 && h <= 14 && m <= 59
}

// The functions of a document.
const (
	Original  = "original"
	Replace   = "replace"
	Cancel    = "cancel"
	Add       = "add"
	Duplicate = "duplicate"
)

var functions = []string{Original, Replace, Cancel, Add, Duplicate}

// FunctionOf reads a function code: by the dialect, else by the standard's table. The reason says why the document is refused.
// Asked says that the feed reads what a document does; else an original can be told from nothing but a replacement.
func (d *Dialect) FunctionOf(code string, table map[string]string, asked bool) (function, reason string) {
	f, ok := d.Purposes[code]
	if !ok {
		f, ok = table[code]
	}
	if !ok {
		return "", "what a document of function " + quote(code) + " does to earlier ones is not known; list it under purposes of the dialect"
	}
	known := d.Functions
	if len(known) == 0 {
		known = functions
	}
	if !asked && f != Original && f != Replace {
		return f, "the document says of itself: " + f + "; the feed does not read what a document does. Map columns.function to the column function"
	}
	if !slices.Contains(known, f) {
		return f, "the document says of itself: " + f + "; the feed takes " + strings.Join(known, " and ") + ". Send the report again as a whole, or list " + f + " under functions of the dialect"
	}
	return f, ""
}

func quote(s string) string { return `"` + s + `"` }

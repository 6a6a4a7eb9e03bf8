// Package field knows by which words partners head their columns, and what they mean by them. The table is aliases.csv;
// each line says where the word is met. It serves proposals: what a feed reads is always what its configuration names.
package field

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Field is what a column means.
type Field string

// The fields. Those of the configuration's columns have its names.
const (
	Document     Field = "document"
	Line         Field = "line" // number of the line in its document
	Location     Field = "location"
	LocationName Field = "location_name"
	Item         Field = "item"
	GTIN         Field = "gtin"
	ItemName     Field = "item_name"
	Model        Field = "model"
	Serial       Field = "serial"
	Qty          Field = "qty"
	ReturnQty    Field = "return_qty" // a second quantity of the row, which was returned
	Stock        Field = "stock"      // on hand
	Available    Field = "available"
	InTransit    Field = "in_transit"
	Committed    Field = "committed"
	Damaged      Field = "damaged"
	Amount       Field = "amount"
	AmountNet    Field = "amount_net" // said to be without tax
	AmountGross  Field = "amount_gross"
	ReturnAmount Field = "return_amount"
	Price        Field = "price"
	Cost         Field = "cost" // of the sale, or margin: the partner's own business
	Unit         Field = "unit"
	Currency     Field = "currency"
	Kind         Field = "kind"
	At           Field = "at"
	BusinessDate Field = "business_date"
	Counterparty Field = "counterparty"
	Customer     Field = "customer" // an end customer, by what a company is not called
	Version      Field = "version"
	Other        Field = "other" // known, and of no use to a ledger
)

// Alias is one line of the table.
type Alias struct {
	Text   string // as partners write it
	Field  Field
	Source string // where it is met
}

//go:embed aliases.csv
var table string

var load = sync.OnceValue(func() map[string]Alias {
	r := csv.NewReader(strings.NewReader(table))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic(err) // a bug of ours: the file is built in
	}
	m := map[string]Alias{}
	for i, row := range rows[1:] {
		a := Alias{Text: row[0], Field: Field(row[1]), Source: row[2]}
		key := Normal(a.Text)
		if other, ok := m[key]; ok && other.Field != a.Field {
			panic(fmt.Sprintf("aliases.csv, line %d: %q is %s and %s", i+2, a.Text, other.Field, a.Field))
		}
		m[key] = a
	}
	return m
})

// Of is what a header's text means, and where it is met. It is not ok where the table does not know the text.
func Of(header string) (Alias, bool) {
	a, ok := load()[Normal(header)]
	if !ok {
		if i := strings.LastIndexByte(header, '/'); i >= 0 { // the last part of a header of several rows
			a, ok = load()[Normal(header[i+1:])]
		}
	}
	return a, ok
}

// Aliases lists the table, by text.
func Aliases() []Alias {
	var out []Alias
	for _, a := range load() {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Alias) int { return strings.Compare(a.Text, b.Text) })
	return out
}

// traditional characters of headers, with their simplified forms.
var simplify = strings.NewReplacer(
	"門", "门", "編", "编", "碼", "码", "號", "号", "數", "数", "銷", "销", "貨", "货", "單", "单", "價", "价", "額", "额", "庫", "库",
	"時", "时", "間", "间", "條", "条", "產", "产", "發", "发", "類", "类", "實", "实", "應", "应", "總", "总", "計", "计", "業", "业",
	"務", "务", "據", "据", "訂", "订", "稱", "称", "規", "规", "點", "点", "機", "机", "構", "构", "種", "种", "區", "区", "備", "备",
	"註", "注", "進", "进", "鎖", "锁", "殘", "残", "帳", "账", "賬", "账", "幣", "币", "購", "购", "買", "买", "賣", "卖", "倉", "仓",
	"儲", "储", "統", "统", "損", "损", "無", "无", "稅", "税", "國", "国", "際", "际", "鋪", "铺", "組", "组", "織", "织", "淨", "净", "凈", "净",
	"現", "现", "經", "经", "終", "终", "戶", "户", "請", "请", "幾", "几", "顧", "顾", "電", "电",
)

// Normal brings a header's text into the form that the table compares: one width, lower case, simplified characters,
// and without blanks, brackets with what stands in them (units mostly) and marks.
func Normal(s string) string {
	s = simplify.Replace(strings.ToLower(norm.NFKC.String(s)))
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch r {
		case '(', '[', '【', '〔', '{':
			depth++
		case ')', ']', '】', '〕', '}':
			depth = max(0, depth-1)
		case ' ', '\t', '\n', '\r', '_', '-', '.', ':', '*', '#', '/', '\'', '"', '\uFEFF', '、':
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	if b.Len() == 0 && depth > 0 || b.Len() == 0 && strings.ContainsAny(s, "([{") {
		return strings.TrimSpace(s) // nothing but a bracket
	}
	return b.String()
}

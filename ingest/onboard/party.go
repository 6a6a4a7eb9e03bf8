package onboard

import (
	"fmt"
	"slices"
	"strings"

	"sellthrough/ingest/format/sheet"
	"sellthrough/ingest/format/sheet/field"
)

// party finds who bought. A company of the channel is found by its code, and kept as it is written; an end customer is a person
// and must not be. What a column called Customer holds, no sample shows for sure.
func (p *Proposal) party() {
	if c := p.first(field.Customer); c != nil {
		p.source("customer", c)
		if s := p.Mapped["customer"]; slices.Contains(phones, field.Normal(c.Name)) {
			s.Form = "phone"
			p.Mapped["customer"] = s
		}
	}
	c := p.first(field.Counterparty)
	if c == nil {
		return
	}
	q := Question{
		ID: "party", Text: fmt.Sprintf("Who is %q?", c.Name),
		Options: []sheet.Option{
			{Value: "counterparty", Means: "a company that buys for itself or resells: its code is kept as it is written"},
			{Value: "customer", Means: "an end customer: kept as a keyed hash alone, and the files are kept encrypted"},
			{Value: "none", Means: "it is not read"},
		},
	}
	if p.Mapped["customer"].Column != "" {
		q.Options = append(q.Options[:1:1], q.Options[2])
	}
	if a, ok := p.ask(q); ok && a != "none" {
		p.source(a, c)
	}
}

// phones are headers of telephone numbers, as the table compares them.
var phones = []string{"phone", "phonenumber", "mobile", "mobilenumber", "telefon", "手机号", "手机号码", "会员手机"}

// Hidden says whether a column holds end customers, whose values are not shown.
func (p *Proposal) Hidden(column string) bool {
	return column != "" && strings.EqualFold(column, p.Mapped["customer"].Column)
}

package edi

// ends says whether the customer of a line is an end customer.
func (g *Group) ends(f *Fact) bool {
	k := f.Code.Kind
	return k == "sell_out" || g.Retail && (k == "return_in" || k == "void")
}

// customer is the end customer of a line.
func (g *Group) customer(f *Fact) []byte {
	for _, c := range []Column{EndCustomer, EndCustomerName} {
		if v := g.Context[c]; len(v) > 0 {
			return v
		}
	}
	if !g.ends(f) {
		return nil
	}
	for _, c := range []Column{Counterparty, CounterpartyName} {
		v := g.Context[c]
		if f.Base != nil && f.Base[c] != nil {
			v = f.Base[c]
		}
		if len(v) > 0 {
			return v
		}
	}
	return nil
}

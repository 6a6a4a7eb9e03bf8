package sellthrough

import "slices"

// AppendRow copies row i of from.
func (r *Rows) AppendRow(from *Rows, i int) {
	r.Partner = append(r.Partner, from.Partner[i])
	r.Feed = append(r.Feed, from.Feed[i])
	r.Namespace = append(r.Namespace, from.Namespace[i])
	r.Slice = append(r.Slice, from.Slice[i])
	r.Line = append(r.Line, from.Line[i])
	r.Content = append(r.Content, from.Content[i])
	r.Revision = append(r.Revision, from.Revision[i])
	r.Version = append(r.Version, from.Version[i])
	r.Reference = append(r.Reference, from.Reference[i])
	r.Cause = append(r.Cause, from.Cause[i])
	r.Sign = append(r.Sign, from.Sign[i])
	r.Row = append(r.Row, from.Row[i])
	r.Kind = append(r.Kind, from.Kind[i])
	r.Document = append(r.Document, from.Document[i])
	r.LineKey = append(r.LineKey, from.LineKey[i])
	r.Location = append(r.Location, from.Location[i])
	r.Place = append(r.Place, from.Place[i])
	r.Item = append(r.Item, from.Item[i])
	r.Product = append(r.Product, from.Product[i])
	r.Unit = append(r.Unit, from.Unit[i])
	r.Currency = append(r.Currency, from.Currency[i])
	r.Qty = append(r.Qty, from.Qty[i])
	r.Amount = append(r.Amount, from.Amount[i])
	r.Base = append(r.Base, from.Base[i])
	r.RawQty = append(r.RawQty, from.RawQty[i])
	r.Flags = append(r.Flags, from.Flags[i])
	r.Day = append(r.Day, from.Day[i])
	r.BusinessDate = append(r.BusinessDate, from.BusinessDate[i])
	r.At = append(r.At, from.At[i])
	r.SoldAt = append(r.SoldAt, from.SoldAt[i])
	r.Counterparty = append(r.Counterparty, from.Counterparty[i])
	r.Serial = append(r.Serial, from.Serial[i])
	if m := from.More.of(i); m != (MoreRow{}) {
		r.SetMore(r.Len()-1, m)
	}
}

// AppendNegated takes row i of from back: the same row with the other sign, as the word of a later revision.
func (r *Rows) AppendNegated(from *Rows, i int, cause Cause, rev Revision, version uint64) {
	r.AppendRow(from, i)
	n := r.Len() - 1
	r.Sign[n] = -r.Sign[n]
	r.Qty[n], r.Amount[n], r.Base[n], r.RawQty[n] = -r.Qty[n], -r.Amount[n], -r.Base[n], -r.RawQty[n]
	r.Cause[n], r.Revision[n], r.Version[n] = uint8(cause), uint64(rev), version
}

// Grow adds a row of zeros.
func (r *Rows) Grow() {
	r.Partner, r.Feed, r.Namespace = append(r.Partner, ""), append(r.Feed, ""), append(r.Namespace, "")
	r.Slice, r.Line, r.Content = append(r.Slice, 0), append(r.Line, 0), append(r.Content, 0)
	r.Revision, r.Version, r.Reference = append(r.Revision, 0), append(r.Version, 0), append(r.Reference, 0)
	r.Cause, r.Sign, r.Row, r.Kind = append(r.Cause, 0), append(r.Sign, 0), append(r.Row, 0), append(r.Kind, 0)
	r.Document, r.LineKey = append(r.Document, ""), append(r.LineKey, "")
	r.Location, r.Place = append(r.Location, ""), append(r.Place, "")
	r.Item, r.Product = append(r.Item, ""), append(r.Product, "")
	r.Unit, r.Currency = append(r.Unit, ""), append(r.Currency, "")
	r.Qty, r.Amount, r.Base, r.RawQty = append(r.Qty, 0), append(r.Amount, 0), append(r.Base, 0), append(r.RawQty, 0)
	r.Flags, r.Day, r.BusinessDate = append(r.Flags, 0), append(r.Day, 0), append(r.BusinessDate, 0)
	r.At, r.SoldAt = append(r.At, 0), append(r.SoldAt, 0)
	r.Counterparty, r.Serial = append(r.Counterparty, ""), append(r.Serial, "")
}

// Reserve makes room for n rows more.
func (r *Rows) Reserve(n int) {
	r.Partner = slices.Grow(r.Partner, n)
	r.Feed = slices.Grow(r.Feed, n)
	r.Namespace = slices.Grow(r.Namespace, n)
	r.Slice = slices.Grow(r.Slice, n)
	r.Line = slices.Grow(r.Line, n)
	r.Content = slices.Grow(r.Content, n)
	r.Revision = slices.Grow(r.Revision, n)
	r.Version = slices.Grow(r.Version, n)
	r.Reference = slices.Grow(r.Reference, n)
	r.Cause = slices.Grow(r.Cause, n)
	r.Sign = slices.Grow(r.Sign, n)
	r.Row = slices.Grow(r.Row, n)
	r.Kind = slices.Grow(r.Kind, n)
	r.Document = slices.Grow(r.Document, n)
	r.LineKey = slices.Grow(r.LineKey, n)
	r.Location = slices.Grow(r.Location, n)
	r.Place = slices.Grow(r.Place, n)
	r.Item = slices.Grow(r.Item, n)
	r.Product = slices.Grow(r.Product, n)
	r.Unit = slices.Grow(r.Unit, n)
	r.Currency = slices.Grow(r.Currency, n)
	r.Qty = slices.Grow(r.Qty, n)
	r.Amount = slices.Grow(r.Amount, n)
	r.Base = slices.Grow(r.Base, n)
	r.RawQty = slices.Grow(r.RawQty, n)
	r.Flags = slices.Grow(r.Flags, n)
	r.Day = slices.Grow(r.Day, n)
	r.BusinessDate = slices.Grow(r.BusinessDate, n)
	r.At = slices.Grow(r.At, n)
	r.SoldAt = slices.Grow(r.SoldAt, n)
	r.Counterparty = slices.Grow(r.Counterparty, n)
	r.Serial = slices.Grow(r.Serial, n)
}

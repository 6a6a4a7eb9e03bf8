package sellthrough

// MoreRow is what a row of the ledger says beyond what every row does: what its line says, and what the codes in it mean.
type MoreRow struct {
	More
	Party  string // the counterparty as resolved: a location's code or a partner's id; empty where it is unknown
	Region string // the destination as resolved; as written where no cross-reference knows it
}

// MoreRows is MoreRow by column. A column may be shorter than the rows: what is missing at its end is empty.
type MoreRows struct {
	Customer, Segment, Salesperson, Title, Reason, RefersTo, Destination, Party, Region []string
	Until                                                                               []int64
}

// Texts are the columns that are texts, in a fixed order.
func (m *MoreRows) Texts() [9]*[]string {
	return [...]*[]string{&m.Customer, &m.Segment, &m.Salesperson, &m.Title, &m.Reason, &m.RefersTo, &m.Destination, &m.Party, &m.Region}
}

func (m *MoreRow) texts() [9]*string {
	s := m.Strings()
	return [...]*string{s[0], s[1], s[2], s[3], s[4], s[5], s[6], &m.Party, &m.Region}
}

// of is what row i says; nothing where m is nil.
func (m *MoreRows) of(i int) (row MoreRow) {
	if m == nil {
		return row
	}
	texts := row.texts()
	for k, c := range m.Texts() {
		if i < len(*c) {
			*texts[k] = (*c)[i]
		}
	}
	if i < len(m.Until) {
		row.Until = m.Until[i]
	}
	return row
}

// MoreOf is what row i says beyond what every row does.
func (r *Rows) MoreOf(i int) MoreRow { return r.More.of(i) }

// SetMore says more of row i, which is the last one or lies before it.
func (r *Rows) SetMore(i int, row MoreRow) {
	if r.More == nil {
		r.More = &MoreRows{}
	}
	texts := row.texts()
	for k, c := range r.More.Texts() {
		if i < len(*c) || *texts[k] != "" {
			*c = padded(*c, i+1)
			(*c)[i] = *texts[k]
		}
	}
	if i < len(r.More.Until) || row.Until != 0 {
		r.More.Until = padded(r.More.Until, i+1)
		r.More.Until[i] = row.Until
	}
}

// Whole gives every column of More the length of the rows; nil where no row has any.
func (r *Rows) Whole() *MoreRows {
	if r.More == nil {
		return nil
	}
	for _, c := range r.More.Texts() {
		*c = padded(*c, r.Len())
	}
	r.More.Until = padded(r.More.Until, r.Len())
	return r.More
}

// PartyOf is the counterparty of row i as resolved.
func (r *Rows) PartyOf(i int) string {
	if r.More == nil || i >= len(r.More.Party) {
		return ""
	}
	return r.More.Party[i]
}

func padded[T any](c []T, n int) []T {
	if n <= len(c) {
		return c
	}
	return append(c, make([]T, n-len(c))...)
}

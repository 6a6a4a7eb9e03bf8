package sellthrough

// View is a question that the ledger answers by name.
type View struct {
	Name   string // v_cover
	Select string // SQL with its tables and views named in full; parameters stand in it as {day:Date32}
	Kept   *Kept  // nil: it is answered from the ledger's sums each time
}

// Kept says that the answer for the days in hand is held as rows, and brought up to date where something changed. Every row
// of the answer is a function of what the ledger holds of its key, and of reference data.
type Kept struct {
	Key  []string       // columns that tell rows apart; the partner is the first
	Most map[string]int // parameters beside the day, and up to which value the rows that are held answer them
}

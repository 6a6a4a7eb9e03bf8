package mapping

// recent are cells that were looked up: a column of kinds holds few of them, again and again.
type recent [8]word

type word struct {
	text  string
	means uint8
}

// at is where a cell is kept, if it is.
func (w *recent) at(cell []byte) *word {
	if len(cell) == 0 {
		return &w[0]
	}
	return &w[(uint(len(cell))+uint(cell[len(cell)-1])*5)%8]
}

package restate

import (
	"sellthrough"
)

// act is what a submission does to a document as a whole.
type act struct {
	sellthrough.Act
	lines int // that the submission says of the document itself
}

// actsOf gathers acts by document: of several on one, the last decides what of the submission's own lines counts, and
// one cancellation makes it one.
func actsOf(e *sellthrough.EndMark) map[string]*act {
	if len(e.Acts) == 0 {
		return nil
	}
	out := map[string]*act{}
	for _, a := range e.Acts {
		b := out[a.Document]
		if b == nil {
			out[a.Document] = &act{Act: a}
			continue
		}
		b.Row, b.Version, b.Replace = max(b.Row, a.Row), max(b.Version, a.Version), b.Replace && a.Replace
	}
	return out
}

// takenBack asks whether a line stands before an act on its document, and counts those behind it.
func (r *Run) takenBack(b *sellthrough.Block, i int) bool {
	a := r.acts[b.Dict[b.Document[i]]]
	if a == nil {
		return false
	}
	if b.Row[i] < a.Row {
		return true
	}
	a.lines++
	return false
}

// declareActs ties acts to the slices of their documents. Where slices are location-days, a document has none: the
// ledger is asked for its lines, see Documents.
func (r *Run) declareActs() {
	if r.acts == nil || r.LocationDays() {
		return
	}
	for _, a := range r.End.Acts { // in the order of the body
		at := r.slotOf(DocumentSlice(r.base, a.Document), Key{})
		r.slot[at].act = r.acts[a.Document]
		r.Versions[at] = max(r.Versions[at], a.Version)
	}
}

// Documents are those whose lines the ledger is to be asked for, because the run takes them back and its slices do not
// hold them.
func (r *Run) Documents() []string {
	if !r.LocationDays() {
		return nil
	}
	covers := Covers(r.End)
	var out []string
	for _, a := range r.End.Acts {
		if b := r.acts[a.Document]; b.Row == a.Row && (covers || !b.Replace) {
			out = append(out, a.Document)
		}
	}
	return out
}

// ActsByLedger asks whether only the ledger knows what the documents hold that a submission takes back.
func ActsByLedger(e *sellthrough.EndMark) bool { return len(e.Acts) > 0 && locationDays(e) }

// actFloors are the floors that the run's acts leave.
func (r *Run) actFloors(covers bool) (out []sellthrough.Floor) {
	for _, a := range r.End.Acts {
		b := r.acts[a.Document]
		if b.Row != a.Row || b.Replace && !covers {
			continue
		}
		out = append(out, sellthrough.Floor{
			Partner: string(r.End.Partner), Namespace: r.End.Rule.Namespace, Slice: ActSlice(r.base, a.Document), Location: a.Document,
			Revision: r.End.Revision, Version: b.Version,
		})
	}
	return out
}

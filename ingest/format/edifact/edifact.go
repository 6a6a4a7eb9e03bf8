// Package edifact reads UN/EDIFACT sales data (SLSRPT) and inventory (INVRPT) reports of directories D.95A to D.24B with
// their EANCOM subsets, in the row form that CSV has, and writes the syntax acknowledgement (CONTRL).
//
// A row is one quantity: of an item, at a place, for a day, period or instant. What the standard leaves open, a Dialect
// decides; where neither does, the line is refused by itself with the segment's number. Nothing is added up twice: a total
// and the quantities of its batches or places, net and gross sales, and a message that stands in the body twice count once.
// Two equal lines are two sales.
//
// It streams. Kept in memory are the quantities of one item, and a message whose reference or document number occurred
// before in the body, until its end tells whether it is a repetition. What a document does to earlier ones it says
// in a row of its own, which names the document and nothing else. It leaves to others to do so, whether an item that is
// missing from a full report is zero, and who a code is.
package edifact

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/format/edi"
)

// Columns are the columns that a mapping may ask for; see edi.Columns. Pack, invoice and order are never given.
var Columns = edi.Columns

// Options are what a feed says of its bodies. A zero value is the default.
type Options struct {
	Feed    sellthrough.FeedKind // sales gives movements, stock gives levels; empty gives both
	Dialect edi.Dialect
	Limits  edi.Limits
}

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	opt     Options
	d       *edi.Dialect
	scan    *edi.Scanner
	group   *edi.Group
	out     Outcome
	done    error
	pending error // a refusal of the whole body, after what is still to be given

	seg   edi.Segment
	again bool // seg is to be looked at once more

	begun   bool
	where   place
	message *Message
	skip    bool // until the end of the message
	meaning meaning
	msg     state
	open    bool // a line of the message is

	codes    edi.Codes
	detailed edi.Codes // of quantities with an INV
	key      []byte

	hash     edi.Hash
	seen     edi.Seen
	held     edi.Held
	holding  bool
	suspect  bool // the message's references occurred before
	replay   bool
	astray   bool // outside of every envelope, which is said once
	replayed bool // what was held is done, and the message's end is counted
	re       edi.Segment
}

// place is where in the envelope the reader is.
type place uint8

const (
	outside place = iota
	inInterchange
	inMessage
)

// meaning reads the segments of one kind of message.
type meaning interface {
	closes(s *edi.Segment) bool // the line that is open ends before s
	finish(r *Reader)           // adds what the open line says to the group
	read(r *Reader, s *edi.Segment)
	code(r *Reader, q *quantity) (c edi.Code, reason string)
}

// NewReader reads the columns names from src.
func NewReader(src io.Reader, names []string, o Options) *Reader {
	o.Limits = o.Limits.Default()
	r := &Reader{opt: o, scan: edi.NewScanner(src, o.Limits)}
	r.d = &r.opt.Dialect
	var want []edi.Column
	for _, n := range names {
		c, ok := edi.ColumnOf(n)
		if !ok {
			r.pending = sellthrough.Bad(0, n, "", "an EDIFACT body has no such column; it has "+known())
			continue
		}
		want = append(want, c)
	}
	if err := r.d.Check(); err != nil && r.pending == nil {
		r.pending = sellthrough.Bad(0, "", "", "the feed's dialect: "+err.Error())
	}
	r.group = edi.NewGroup(want, r.d, r.scan)
	r.group.Retail = r.d.Sale == "" || r.d.Sale == "sell_out"
	return r
}

func known() string {
	var names []string
	for _, c := range edi.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// Outcome is what was read of the envelopes. It is whole once Next gave io.EOF.
func (r *Reader) Outcome() *Outcome {
	r.out.Skipped = r.group.Skipped()
	return &r.out
}

// Next gives the values of the next row in the order of the names, and the number of its segment in the body (UNA is
// none). They are valid until the next call. What can't be read is a *sellthrough.Refusal, after which Next goes on; a
// refusal of row 0 is the whole body's. The end is io.EOF; any other error is the source's own.
func (r *Reader) Next() ([][]byte, uint32, error) {
	for {
		fields, row, ok, err := r.group.Next()
		if ok {
			if err != nil {
				if refusal, bad := sellthrough.AsRefusal(err); bad {
					r.note(refusal)
				}
				return nil, row, err
			}
			if r.message != nil {
				r.message.Rows++
				r.out.Documents[len(r.out.Documents)-1].Rows++
			}
			return fields, row, nil
		}
		if err := r.pending; err != nil {
			r.pending, r.done = nil, io.EOF
			return nil, 0, err
		}
		if r.done != nil {
			return nil, 0, r.done
		}
		r.step()
	}
}

// Refuse notes for the acknowledgement that the row that Next gave last is refused, by the mapping or by whoever reads
// it. The reader's own refusals are noted already.
func (r *Reader) Refuse(refusal *sellthrough.Refusal) {
	if r.message != nil {
		r.message.Rows--
		r.out.Documents[len(r.out.Documents)-1].Rows--
	}
	r.note(refusal)
}

func (r *Reader) note(refusal *sellthrough.Refusal) {
	if r.message == nil {
		return
	}
	segment, row := r.group.Last()
	if row != refusal.Row {
		segment = ""
	}
	m := r.message
	m.Refused++
	r.out.Documents[len(r.out.Documents)-1].Refused++
	if len(m.Notes) < edi.MaxNotes {
		m.Notes = append(m.Notes, edi.Note{Row: refusal.Row, Segment: segment, Value: refusal.Value, Reason: refusal.Reason, Element: edi.Element(segment, refusal.Column)})
	}
}

// refuse adds a refusal of segment s. It is given out with the group, or at once where none is open.
func (r *Reader) refuse(s *edi.Segment, element, value, reason string) {
	r.group.Refuse(s.Number, string(s.ID()), element, []byte(value), reason)
}

// stop ends the reading: nothing that follows can be told apart.
func (r *Reader) stop(reason string) {
	if r.pending == nil {
		r.pending = sellthrough.Bad(0, "", "", reason)
	}
	r.group.Decide()
}

// step reads one segment.
func (r *Reader) step() {
	if r.replay {
		if !r.again && !r.held.Next(&r.re, r.scan.Marks, r.opt.Limits.Elements) {
			r.replay, r.holding, r.replayed = false, false, true
			r.held.Clear()
			r.again = true
			return
		}
		r.again = false
		r.within(&r.re)
		return
	}
	if !r.again {
		if err := r.read(); err != nil {
			r.end(err)
			return
		}
		if r.seg.Last && !r.seg.Is("UNT") && !r.seg.Is("UNE") && !r.seg.Is("UNZ") {
			r.end(io.EOF) // half of a segment says nothing
			return
		}
	}
	r.again = false
	r.envelope(&r.seg)
	if r.meaning == nil || !r.open {
		r.group.Decide()
	}
}

func (r *Reader) read() error {
	if r.where == outside {
		if err := r.sniff(); err != nil {
			return err
		}
	}
	r.begun = true
	return r.scan.Next(&r.seg)
}

// end deals with what a read ended by.
func (r *Reader) end(err error) {
	whole := func(reason string) {
		r.where, r.done = outside, io.EOF
		r.group.Refuse(0, "", "", nil, reason)
		r.group.Decide()
	}
	switch {
	case r.pending != nil: // the reading was stopped
		r.group.Decide()
	case errors.Is(err, edi.ErrParts):
		r.refuse(&r.seg, "", "", "the segment has too many elements; is the segment terminator the one of the UNA?")
		r.group.Decide()
	case errors.Is(err, edi.ErrLong):
		r.stop("a segment is longer than the limit, so the segment terminator was not found; begin the body with a UNA that names the separators")
	case err != io.EOF:
		r.done = err
	case r.where == inMessage && r.message != nil:
		r.group.Reset() // the open line may lack a part
		r.open = false
		r.message.fault("13")
		r.interchange().Fault = "13"
		whole("the body ends inside message " + r.message.Type + " " + r.message.Reference + "; it was cut off, so send it again as a whole")
	case r.where != outside && r.d.Counts != "ignore":
		r.interchange().Fault = "13"
		whole("the body ends before the interchange does (UNZ is missing); it may be cut off, so send it again as a whole, or set counts: ignore in the dialect where the partner never writes it")
	case len(r.out.Interchanges) == 0 && r.scan.Number() > 0:
		whole("the body ends before its first message; it was cut off, so send it again as a whole")
	case !r.begun:
		whole("the body is empty; a report without lines still has its envelope")
	default:
		r.done = io.EOF
	}
}

// finish closes the line that is open, and lets its rows be given out.
func (r *Reader) finish() {
	if r.meaning != nil && r.open {
		r.meaning.finish(r)
		r.open = false
		r.settled()
	}
	r.group.Decide()
}

// settled looks at what a line came to.
func (r *Reader) settled() {
	if !r.skip && r.group.Settle(r.msg.does) {
		r.act()
	}
}

// within reads a segment of a message whose envelope is in order.
func (r *Reader) within(s *edi.Segment) {
	if r.skip || r.meaning == nil {
		return
	}
	if r.open && r.meaning.closes(s) {
		r.finish()
		r.again = true
		return
	}
	r.meaning.read(r, s)
	if !r.open {
		if r.msg.does == edi.Cancel {
			r.settled()
		}
		r.group.Decide()
	}
}

// relevant asks whether the feed takes what a code means.
func (r *Reader) relevant(c *edi.Code) bool {
	switch r.opt.Feed {
	case sellthrough.Sales:
		return c.Level == ""
	case sellthrough.Stock:
		return c.Level != ""
	}
	return true
}

func clone(b []byte) []byte { return bytes.Clone(b) }

func rank(list []string, qualifier []byte) int { return slices.Index(list, string(qualifier)) }

package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sellthrough"
	"sellthrough/ingest/keys"
	"sellthrough/ingest/mapping"
	"sellthrough/ingest/veil"
)

// body is a body that is being decoded, with its first row already read: what refuses it as a whole is known before
// anything is registered.
type body struct {
	rows    *opened
	binding *mapping.Binding
	turn    *turn
	hider   *keys.Hider // nil: no column is a customer
	veil    *veil.Veil
	src     io.Closer // closed with the body; may be nil

	acknowledgement *Acknowledgement // once it is decoded

	fields [][]byte
	row    uint32
	err    error // of the pending row; io.EOF at the end
}

// open binds the columns of a body and reads its first row.
func (i *Intake) open(f *feed, src io.Reader, size int64) (*body, error) {
	b := &body{turn: i.turn(), veil: f.veil}
	b.turn.done = int(min(size, largeBody))
	err := b.begin(f, i, &turned{turn: b.turn, r: src})
	if err == nil {
		return b, nil
	}
	defer b.close()
	if r, ok := sellthrough.AsRefusal(f.veil.Error(err)); ok {
		f := unreadable(r, err)
		if b.rows != nil && b.rows.acknowledge != nil {
			now := time.Now()
			if a, aerr := b.rows.acknowledge(now, controlAt(now)); aerr == nil {
				f.Acknowledgement = a
			}
		}
		return nil, f
	}
	return nil, fault(Unavailable, 5*time.Second, err, "the body could not be read back; send the same request again")
}

func (b *body) begin(f *feed, i *Intake, src io.Reader) (err error) {
	if b.rows, err = openRows(f, i.o.Config.Limits, src); err != nil {
		return err
	}
	if b.binding, err = f.mapping.Bind(b.rows.columns); err != nil {
		return err
	}
	if c := &f.config.Columns.Customer; c.Set() {
		if b.hider, err = i.o.Keys.Of(f.config.Partner).Hider(i.life, keys.Form(c.Form)); err != nil {
			return err
		}
		b.binding.Hide = b.hider.Hide
	}
	b.next()
	if r, ok := sellthrough.AsRefusal(b.err); ok && r.Row == 0 {
		return b.err
	}
	if b.err != nil && !errors.Is(b.err, io.EOF) {
		if _, ok := sellthrough.AsRefusal(b.err); !ok {
			return b.err
		}
	}
	return nil
}

func (b *body) next() { b.fields, b.row, b.err = b.rows.Next() }

func (b *body) close() {
	if b.rows != nil && b.rows.close != nil {
		b.rows.close()
	}
	if b.hider != nil {
		b.hider.Done()
	}
	b.turn.give()
	if b.src != nil {
		_ = b.src.Close() // it was only read
	}
}

// A body that goes on being refused is not worth reading to its end.
const (
	hopeless     = 10_000 // refused rows, at which one row in ten has to be accepted
	keptRefusals = 200_000
	openLines    = 64 << 10 // lines in all unfinished blocks of a submission
)

// tally is what was counted while a body was decoded.
type tally struct {
	accepted, refused int64
	stopped           bool // before the end of the body
	first             []sellthrough.Refusal
	firstBytes        int
	warnings          []string
	acts              acts
}

// decode maps every row, hands lines and refusals on, and counts them.
func (i *Intake) decode(f *feed, b *body, line func(*mapping.Cells) error, refuse func(sellthrough.Refusal) error) (tally, error) {
	var t tally
	var c mapping.Cells
	inline := i.o.Config.Limits.Refused
	for ; ; b.next() {
		err := b.err
		if err == io.EOF { // as the readers promise
			if b.rows.warnings != nil {
				t.warnings = append(t.warnings, b.veil.Texts(b.rows.warnings())...)
			}
			return t, nil
		}
		if err == nil {
			if err = b.binding.MapTo(b.fields, b.row, &c); err != nil && b.rows.refused != nil {
				if r, ok := sellthrough.AsRefusal(err); ok {
					b.rows.refused(r)
				}
			}
		}
		if err == nil {
			if err = t.acts.take(&c); err == nil && c.Whole {
				continue
			}
		}
		if err == nil {
			t.accepted++
			if err := line(&c); err != nil {
				return t, err
			}
			continue
		}
		r, ok := sellthrough.AsRefusal(err)
		if !ok {
			return t, err
		}
		told := b.veil.Refusal(*r)
		t.refused++
		if t.refused <= keptRefusals {
			if len(t.first) < inline && t.firstBytes < 128<<10 {
				t.first = append(t.first, told)
				t.firstBytes += weight(&told)
			}
			if err := refuse(told); err != nil {
				return t, err
			}
		}
		switch {
		case r.Row == 0:
			t.stopped = true
			t.warnings = append(t.warnings, "the body became unreadable after its first rows; what follows was not read, and nothing is withdrawn")
			return t, nil
		case t.refused == hopeless && t.accepted < hopeless/9:
			t.stopped = true
			t.warnings = append(t.warnings, fmt.Sprintf("reading stopped at row %d, because nearly every row is refused; mend the file and send it again", b.row))
			return t, nil
		case t.refused == keptRefusals:
			t.warnings = append(t.warnings, fmt.Sprintf("only the first %d refused rows are listed", keptRefusals))
		}
	}
}

// weight is about the bytes of a refusal in JSON, control characters included.
func weight(r *sellthrough.Refusal) int {
	return 48 + 2*len(r.Column) + 6*len(r.Value) + 2*len(r.Reason)
}

// rehearse decodes a body and keeps nothing.
func (i *Intake) rehearse(ctx context.Context, f *feed, sub *sellthrough.Submission, b *body) (sellthrough.Receipt, error) {
	t, err := i.decode(f, b, func(*mapping.Cells) error { return ctx.Err() }, func(sellthrough.Refusal) error { return nil })
	if err != nil {
		return sellthrough.Receipt{}, fault(Unavailable, 5*time.Second, err, "the body could not be read back; send the same request again")
	}
	r := receipt(f, sub, 0, &t)
	r.Submission = ""
	r.Warnings = append(r.Warnings, "dry run: nothing was kept")
	return r, nil
}

// scope is what the request or the file's name declares.
func (f *feed) scope(r *Request) (sellthrough.Scope, error) {
	s := r.Scope
	if !s.Declared {
		var err error
		if s, _, err = mapping.ScopeOf(f.config, r.File); err != nil {
			if bad, ok := sellthrough.AsRefusal(err); ok {
				return s, unreadable(bad, err)
			}
			return s, fault(Malformed, 0, err, "the file's name can't be read as the feed's coverage.file_name says; give the scope in the request")
		}
	}
	size := 0
	for _, l := range s.Locations {
		size += len(l) + 3
	}
	if size > 128<<10 {
		return s, fault(Malformed, 0, nil, "the scope lists too many locations; leave them out to mean all, or send the report in parts")
	}
	return s, nil
}

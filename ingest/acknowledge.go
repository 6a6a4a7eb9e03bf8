package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sellthrough"
	"sellthrough/ingest/format/edifact"
	"sellthrough/ingest/format/x12"
)

// Acknowledgement answers an interchange in the partner's own syntax: what was accepted, and what is wrong with the rest.
type Acknowledgement struct {
	Type string `json:"type"` // 997, 999 or TA1 of X12, CONTRL of EDIFACT
	Text string `json:"text"`
}

// Suffix is that of a file with the acknowledgement.
func (a *Acknowledgement) Suffix() string {
	if a.Type == "CONTRL" {
		return ".contrl"
	}
	return "." + a.Type
}

// acknowledger writes the acknowledgement of what was read so far; nil where there is nothing that could be answered.
type acknowledger func(at time.Time, control int) (*Acknowledgement, error)

// Control numbers of acknowledgements have nine digits. Those of submissions follow from the place of their registration,
// so that they differ over collectors and restarts; a body with more than eight interchanges may use a number of the next
// one's. Those of bodies that were never registered follow from the clock, above them.
const (
	controls   = 500_000_000
	perControl = 8
)

func controlOf(r sellthrough.Revision) int {
	return int(uint64(r)&(1<<32-1)*perControl%(controls-1)) + 1
}

func controlAt(at time.Time) int { return controls + int(at.Unix()%(controls-1)) }

func acknowledgeX12(r *x12.Reader) acknowledger {
	return func(at time.Time, control int) (*Acknowledgement, error) {
		var b bytes.Buffer
		_, err := x12.Acknowledge(&b, r.Outcome(), x12.Answer{At: at, Control: control})
		if errors.Is(err, x12.ErrNothing) {
			return nil, nil
		}
		return &Acknowledgement{Type: x12Type(r.Outcome()), Text: b.String()}, err
	}
}

// x12Type is what the first group is answered by.
func x12Type(o *x12.Outcome) string {
	for _, i := range o.Interchanges {
		for _, g := range i.Groups {
			switch {
			case g.ID == "FA" || g.ID == "":
			case g.Version >= "005010":
				return "999"
			default:
				return "997"
			}
		}
	}
	return "TA1"
}

func acknowledgeEDIFACT(r *edifact.Reader) acknowledger {
	return func(at time.Time, control int) (*Acknowledgement, error) {
		var b bytes.Buffer
		_, err := edifact.Acknowledge(&b, r.Outcome(), edifact.Answer{At: at, Control: control})
		if errors.Is(err, edifact.ErrNothing) {
			return nil, nil
		}
		return &Acknowledgement{Type: "CONTRL", Text: b.String()}, err
	}
}

// acknowledge keeps the acknowledgement of a submission that was decoded, and says where. A later mapping does not change what was answered.
func (i *Intake) acknowledge(ctx context.Context, sub *sellthrough.Submission, b *body) (*sellthrough.Acknowledgement, error) {
	if b.rows.acknowledge == nil {
		return nil, nil
	}
	a, err := b.rows.acknowledge(sub.Received, controlOf(sub.Revision))
	if err != nil || a == nil {
		return nil, err
	}
	d, err := i.draft(ctx, i.feeds[sub.Feed])
	if err != nil {
		return nil, err
	}
	defer d.Discard()
	if _, err = io.WriteString(d, a.Text); err == nil {
		err = d.Finish()
	}
	if err == nil {
		err = d.Commit(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the acknowledgement of %s: %w", sub.ID, err)
	}
	b.acknowledgement = a
	return &sellthrough.Acknowledgement{Type: a.Type, Body: d.Sum, Bytes: d.Size}, nil
}

// Acknowledgement is that of a receipt, nil where it has none.
func (i *Intake) Acknowledgement(ctx context.Context, rc *sellthrough.Receipt) (*Acknowledgement, error) {
	a := rc.Acknowledgement
	if a == nil {
		return nil, nil
	}
	src, err := i.o.Archive.Open(ctx, a.Body)
	if err == nil {
		defer src.Close()
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(src, 64<<20)); err == nil {
			return &Acknowledgement{Type: a.Type, Text: string(text)}, nil
		}
	}
	return nil, fault(Unavailable, 5*time.Second, err, "the acknowledgement can't be read from the archive just now; ask again")
}

// replayed is the answer to a request whose submission was taken before.
func (i *Intake) replayed(ctx context.Context, rc sellthrough.Receipt, err error) (Taken, error) {
	t := Taken{Receipt: rc, Replayed: true}
	if err == nil {
		t.Acknowledgement, err = i.Acknowledgement(ctx, &rc)
	}
	return t, err
}

package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sellthrough"
	"sellthrough/internal/config"
)

// Kind says whose turn it is after a fault.
type Kind string

// The kinds of faults.
const (
	Malformed   Kind = "malformed"   // the request makes no sense
	Unknown     Kind = "unknown"     // no such feed or submission
	Conflict    Kind = "conflict"    // the key was used for another body, or the state forbids it
	TooLarge    Kind = "too-large"   // the body is above a limit
	Unreadable  Kind = "unreadable"  // the body as a whole is refused
	Encoding    Kind = "encoding"    // the content encoding is not known
	Stalled     Kind = "stalled"     // no byte came for too long
	Cut         Kind = "cut"         // the body ended early
	Busy        Kind = "busy"        // too many at once
	Full        Kind = "full"        // ours: the disk is nearly full
	Unavailable Kind = "unavailable" // ours: the log or the archive can't be reached
)

// Fault is why a body was not taken, with a sentence for the partner that says what to do.
type Fault struct {
	Kind    Kind
	Detail  string
	Retry   time.Duration        // after which to try again; 0: trying again does not help
	Refusal *sellthrough.Refusal // of an unreadable body
	Err     error                // the cause, for the log
	// Acknowledgement of an interchange that is unreadable behind its envelope; nil: there is none.
	Acknowledgement *Acknowledgement
}

func (f *Fault) Error() string {
	if f.Err != nil && f.Refusal == nil {
		return f.Detail + ": " + f.Err.Error()
	}
	return f.Detail
}

func (f *Fault) Unwrap() error { return f.Err }

func fault(k Kind, retry time.Duration, err error, detail string) error {
	return &Fault{Kind: k, Detail: detail, Retry: retry, Err: err}
}

// unreadable refuses a body as a whole. err is the refusal, which may say more.
func unreadable(r *sellthrough.Refusal, err error) *Fault {
	return &Fault{Kind: Unreadable, Detail: r.Error(), Refusal: r, Err: err}
}

func conflict(first sellthrough.SubmissionID) error {
	return fault(Conflict, 0, nil, fmt.Sprintf("this Idempotency-Key was used for another body, in submission %s; "+
		"use a new key for new content, or send the same content again", first))
}

// AsFault asks whether err says why a body was not taken.
func AsFault(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// gate bounds how many submissions are in hand, in all and of each partner. Who finds it full waits a little, first
// come first served, so that a burst is not an error.
type gate struct {
	all      chan struct{}
	size     int
	patience time.Duration

	mu       sync.Mutex
	partners map[sellthrough.PartnerID]*lane
}

type lane struct {
	slots chan struct{}
	users int // with a slot, or waiting for one
}

// queue is how many of one partner may wait, for each that may be in hand.
const queue = 8

func newGate(l config.Limits) *gate {
	return &gate{
		all: make(chan struct{}, max(l.Concurrent, 1)), size: max(l.PerPartner, 1), patience: 5 * time.Second,
		partners: map[sellthrough.PartnerID]*lane{},
	}
}

func (g *gate) enter(ctx context.Context, p sellthrough.PartnerID, quiet <-chan struct{}) (leave func(), err error) {
	select {
	case <-quiet:
		return nil, silent()
	default:
	}
	g.mu.Lock()
	l := g.partners[p]
	if l == nil {
		l = &lane{slots: make(chan struct{}, g.size)}
		g.partners[p] = l
	}
	if l.users >= g.size*(1+queue) {
		g.mu.Unlock()
		return nil, busy(g.size)
	}
	l.users++
	g.mu.Unlock()
	quit := func() {
		g.mu.Lock()
		if l.users--; l.users == 0 {
			delete(g.partners, p)
		}
		g.mu.Unlock()
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	select {
	case l.slots <- struct{}{}:
	case <-quiet:
		quit()
		return nil, silent()
	case <-ctx.Done():
		quit()
		return nil, busy(g.size)
	}
	select {
	case g.all <- struct{}{}:
	case <-quiet:
		<-l.slots
		quit()
		return nil, silent()
	case <-ctx.Done():
		<-l.slots
		quit()
		return nil, fault(Busy, 2*time.Second, nil, "the collector has its hands full; send the same request again")
	}
	return func() { <-g.all; <-l.slots; quit() }, nil
}

func busy(n int) error {
	return fault(Busy, 2*time.Second, nil, fmt.Sprintf("more than %d submissions of yours are under way; wait for their answers, then send the same request again", n))
}

package sim

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"sellthrough/ingest"
)

// send has the files of a kind sent by some senders at once; one sender waits for each answer.
func (w *world) send(k *kind, senders int) {
	for n := range senders {
		r := rand.New(rand.NewPCG(w.seed, uint64(1000*len(k.feed)+n)))
		w.sending.Add(1)
		w.goes(func() {
			defer w.sending.Add(-1)
			for i, f := range w.files[k.feed] {
				if i%senders != n {
					continue
				}
				if !w.post(k, f, r) {
					return
				}
				if r.IntN(3) == 0 {
					time.Sleep(time.Duration(r.IntN(2000)) * time.Millisecond)
				}
			}
		})
	}
}

// post sends a file until it is taken: again after a fault, and now and then although it was taken, because the answer got
// lost on its way.
func (w *world) post(k *kind, f *file, r *rand.Rand) bool {
	body := f.body()
	feed, _ := w.feed(k)
	p := &process{name: "partner of " + f.name}
	for !w.over.Load() {
		// One request after the other: which comes first is for the seed to say.
		if err := w.ask(context.Background(), p, "request", func(fate) error { return nil }); err != nil {
			continue
		}
		if in := w.door(r); in != nil {
			ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
			taken, err := in.Accept(ctx, ingest.Request{
				Partner: feed.Partner, Feed: k.feed, Key: f.name, Body: strings.NewReader(body), Length: int64(len(body)), Scope: f.scope,
			})
			cancel()
			fault, _ := ingest.AsFault(err)
			switch {
			case err == nil:
				if f.receipt.Submission != "" && f.receipt.Submission != taken.Submission {
					w.fail("%s was taken twice: as %s and as %s", f.name, f.receipt.Submission, taken.Submission)
				}
				if taken.Refused != f.refused() || taken.Rows != int64(len(f.lines)) {
					w.fail("%s has %d lines, %d of them bad; its receipt says %d and %d", f.name, len(f.lines), f.refused(), taken.Rows, taken.Refused)
				}
				f.receipt = taken.Receipt
				if r.IntN(12) > 0 {
					return true
				}
			case fault == nil || fault.Retry == 0 && fault.Kind != ingest.Unavailable:
				w.fail("%s was refused: %v", f.name, err)
				return false
			}
		}
		time.Sleep(time.Duration(20+r.IntN(3000)) * time.Millisecond)
	}
	return false
}

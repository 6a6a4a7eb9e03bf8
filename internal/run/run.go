// Package run starts the parts of a process and stops them in order: what is upstream stops first, so that each part
// drains into the next.
package run

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Part is something that runs until its ctx ends.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// All runs parts until ctx ends or one of them ends. Then it stops them one after the other, in their order, giving each
// up to drain. It returns the error of the part that ended first, if there was one.
func All(ctx context.Context, drain time.Duration, parts ...Part) error {
	type end struct {
		i   int
		err error
	}
	ended := make(chan end, len(parts))
	dones := make([]chan struct{}, len(parts))
	stops := make([]context.CancelFunc, len(parts))
	for i, p := range parts {
		pctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		dones[i], stops[i] = make(chan struct{}), stop
		go func() {
			defer close(dones[i])
			ended <- end{i, p.Run(pctx)}
		}()
	}
	var first error
	select {
	case <-ctx.Done():
	case e := <-ended:
		if e.err != nil {
			first = fmt.Errorf("%s: %w", parts[e.i].Name, e.err)
		} else {
			first = fmt.Errorf("%s ended", parts[e.i].Name)
		}
	}
	var late []error
	for i, p := range parts {
		stops[i]()
		select {
		case <-dones[i]:
		case <-time.After(drain):
			late = append(late, fmt.Errorf("%s did not stop within %s", p.Name, drain))
		}
	}
	return errors.Join(append([]error{first}, late...)...)
}

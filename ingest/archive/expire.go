package archive

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Kept is what an archive holds.
type Kept struct {
	Bodies, Bytes int64
	Expired       int64 // bodies that were deleted
	Oldest        time.Time
}

// Expire deletes bodies that were last kept before a time, and says what is left. A zero time deletes nothing. A body that is
// sent again is as young as a new one. Who calls it knows what still waits for a body.
func (a *Archive) Expire(ctx context.Context, before time.Time) (Kept, error) {
	var k Kept
	see := func(o object) error {
		body := !strings.HasSuffix(o.name, ".expired") // else a crash left it on its way out
		if o.at.Before(before) {
			gone, err := a.store.expire(ctx, o.name, before)
			if err != nil {
				return err
			}
			if gone && body {
				k.Expired++
				return nil
			}
		}
		if !body {
			return nil
		}
		k.Bodies, k.Bytes = k.Bodies+1, k.Bytes+o.size
		if k.Oldest.IsZero() || o.at.Before(k.Oldest) {
			k.Oldest = o.at
		}
		return nil
	}
	return k, errors.Join(a.store.each(ctx, "bodies/", see), a.store.each(ctx, "sealed/", see))
}

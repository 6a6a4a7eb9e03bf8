package archive

import (
	"context"
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
func (a *Archive) Expire(ctx context.Context, before time.Time) (k Kept, err error) {
	err = a.store.each(ctx, "bodies/", func(o object) error {
		body := strings.HasSuffix(o.name, ".zst") // else a crash left it on its way out
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
	})
	return k, err
}

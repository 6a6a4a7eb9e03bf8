package ingest

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"sellthrough/ingest/archive"
	"sellthrough/internal/config"
)

// A body that expands more than this once it is larger than ratioFrom is a bomb: the densest reports expand tenfold.
const (
	maxRatio  = 250
	ratioFrom = 8 << 20
)

var errBomb = errors.New("the body expands without measure")

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// receive streams a body into a draft of the archive. A body that is cut or too large leaves nothing behind.
func (i *Intake) receive(ctx context.Context, f *feed, r *Request) (*archive.Draft, error) {
	limit := int64(i.o.Config.Limits.Body)
	if r.Length > limit {
		return nil, tooLarge(limit)
	}
	if err := i.room(max(r.Length, 0)); err != nil {
		return nil, err
	}
	turn := i.turn()
	defer turn.give()
	raw := &counted{r: r.Body, left: limit, turn: turn}
	src, done, err := decoder(raw, r.Encoding)
	if err != nil {
		return nil, bodyFault(err, i.o.Config.Limits)
	}
	defer done()
	d, err := i.draft(ctx, f)
	if err != nil {
		return nil, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	buf := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buf)
	looked := int64(0)
	for err == nil {
		if d.Size-looked >= lookEvery {
			looked = d.Size
			if ferr := i.room(0); ferr != nil {
				d.Discard()
				return nil, ferr
			}
		}
		var n int
		n, err = src.Read(buf[:])
		if werr := turn.work(n); werr != nil {
			err = werr
			break
		}
		if d.Size+int64(n) > limit {
			err = errLimit
			break
		}
		if d.Size > ratioFrom && d.Size > maxRatio*raw.n && r.Encoding != "" {
			err = errBomb
			break
		}
		if _, werr := d.Write(buf[:n]); werr != nil {
			d.Discard()
			return nil, fault(Unavailable, 5*time.Second, werr, "the body could not be kept; send the same request again")
		}
		if err == nil && ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	i.metrics.bytes.Add(float64(d.Size))
	if err != io.EOF {
		d.Discard()
		return nil, bodyFault(err, i.o.Config.Limits)
	}
	if err := d.Finish(); err != nil {
		d.Discard()
		return nil, fault(Unavailable, 5*time.Second, err, "the body could not be kept; send the same request again")
	}
	return d, nil
}

// lookEvery is how many bytes of a body come between two looks at the free space.
const lookEvery = 16 << 20

// room refuses what would fill a disk, while there is still enough for what is in hand.
func (i *Intake) room(more int64) error {
	if i.o.Room == nil {
		return nil
	}
	if err := i.o.Room(more); err != nil {
		return fault(Full, time.Minute, err, "our disk is nearly full, so nothing was taken; send the same request again later")
	}
	return nil
}

// draft begins what is kept of a feed in the archive: its bodies, and whatever else repeats what they hold.
func (i *Intake) draft(ctx context.Context, f *feed) (*archive.Draft, error) {
	if f.config.Sealed() {
		return i.o.Archive.Sealed(ctx, i.o.Keys.Of(f.config.Partner).Vault(f.config.ID))
	}
	return i.o.Archive.Draft(ctx)
}

var (
	errLimit    = errors.New("above the limit")
	errEncoding = errors.New("unknown content encoding")
)

// counted bounds the encoded bytes too, and counts them. It gives the turn back while the partner is waited for.
type counted struct {
	r       io.Reader
	n, left int64
	turn    *turn
}

func (c *counted) Read(p []byte) (int, error) {
	c.turn.give()
	n, err := c.r.Read(p)
	c.n += int64(n)
	if werr := c.turn.work(n); werr != nil && err == nil {
		err = werr
	}
	if c.n > c.left {
		return 0, errLimit
	}
	return n, err
}

func decoder(r io.Reader, encoding string) (io.Reader, func(), error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return r, func() {}, nil
	case "gzip", "x-gzip":
		z, err := kgzip.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() {}, nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderMaxMemory(1<<40))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}
	return nil, nil, fmt.Errorf("%w %q", errEncoding, encoding)
}

// bodyFault says what went wrong while a body was read.
func bodyFault(err error, l config.Limits) error {
	var large interface{ MaxBytes() int64 }
	if f, ok := AsFault(err); ok { // a door's own, of what lies around the body
		return f
	}
	switch {
	case errors.Is(err, errLimit), errors.As(err, &large):
		return tooLarge(int64(l.Body))
	case errors.Is(err, errBomb):
		return fault(TooLarge, 0, nil, fmt.Sprintf("the compressed body expands more than %d times, which no report does; send it uncompressed, or in parts", maxRatio))
	case errors.Is(err, errEncoding):
		return fault(Encoding, 0, nil, err.Error()+"; send gzip, zstd, or no Content-Encoding")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault(Stalled, time.Second, nil, fmt.Sprintf("no byte came for %s; send the same request again", l.ReadTimeout))
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return fault(TooLarge, 0, nil, "the zstd window of the body is above 8 MiB; compress it with a lower level, or without --long")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, kgzip.ErrHeader), errors.Is(err, kgzip.ErrChecksum), errors.Is(err, zstd.ErrMagicMismatch),
		errors.Is(err, zstd.ErrCRCMismatch), corrupt(err):
		return fault(Malformed, 0, err, "the body is not what its Content-Encoding says; compress it again, or send it without")
	}
	return fault(Cut, time.Second, err, "the body ended before it was complete, so nothing of it was taken; send the same request again")
}

// corrupt asks for the errors that the decoders have no common value for.
func corrupt(err error) bool {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled) {
		return false
	}
	s := err.Error()
	return strings.HasPrefix(s, "flate:") || strings.HasPrefix(s, "zstd:") || strings.Contains(s, "corrupt")
}

func tooLarge(limit int64) error {
	return fault(TooLarge, 0, nil, fmt.Sprintf("the body is larger than %d MiB once decoded; send it in parts (by day or by location)", limit>>20))
}

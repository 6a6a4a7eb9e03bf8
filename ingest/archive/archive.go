// Package archive keeps bodies as partners sent them: zstd, named by the sha-256 of the decoded bytes, so the same body
// is kept once. It promises: a body that Commit returned nil for survives a power cut, a draft that was not committed
// is never found, and Open gives exactly the bytes that were hashed or an error.
//
// A body that holds end customers is sealed: encrypted as it is written, under a key of its own that lies in the key store,
// and named by a keyed hash, in a file whose name is chance. Whoever has the archive alone sees how large such bodies are
// and when they came, and not whether two are the same.
package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"gocloud.dev/blob"

	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/keys"
)

// ErrNotFound says that no body of that name is kept. ErrErased says that the key of a sealed body was destroyed: what is
// known of its lines is in the log and the ledger.
var (
	ErrNotFound = errors.New("archive: no such body")
	ErrErased   = keys.ErrErased
)

// Archive is a store of bodies.
type Archive struct {
	Keys  *keys.Store // of sealed bodies; nil: they can't be read
	store store
}

// store is where objects lie: a folder, or a bucket.
type store interface {
	// create opens a new object that nobody finds by its final name.
	create(ctx context.Context) (temp, error)
	open(ctx context.Context, name string) (io.ReadCloser, error)
	// renew says whether an object is there, and makes it as young as one that is kept now.
	renew(ctx context.Context, name string) (bool, error)
	// each visits objects under a prefix, in no order.
	each(ctx context.Context, prefix string, use func(object) error) error
	// expire deletes an object unless it was kept or renewed since a time. It says whether it did.
	expire(ctx context.Context, name string, before time.Time) (bool, error)
	remove(ctx context.Context, name string) error // of what is not there: nil
	sweep(ctx context.Context, before time.Time) error
	close() error
}

// object is what a store says of one.
type object struct {
	name string
	size int64
	at   time.Time // when it was kept or renewed
}

// temp is an object that is being written.
type temp interface {
	io.Writer
	reopen(ctx context.Context) (io.ReadCloser, error) // after the last Write
	keep(ctx context.Context, name string) error       // durable under its name
	drop()                                             // no-op after keep
}

// Open opens the archive at a folder, a file URL, or a gocloud.dev/blob URL whose driver the program links.
func Open(ctx context.Context, at string) (*Archive, error) {
	u, err := url.Parse(at)
	if err != nil || len(u.Scheme) < 2 { // a plain path, or a Windows drive letter
		return &Archive{store: folder{at}}, nil
	}
	if u.Scheme == "file" {
		return &Archive{store: folder{filepath.FromSlash(u.Path)}}, nil
	}
	b, err := blob.OpenBucket(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("archive: open %s: %w", u.Redacted(), err)
	}
	return &Archive{store: &bucket{b}}, nil
}

// Close releases the store.
func (a *Archive) Close() error { return a.store.close() }

// Sweep removes drafts begun before a time, which a crash left.
func (a *Archive) Sweep(ctx context.Context, before time.Time) error {
	return a.store.sweep(ctx, before)
}

// name is where a body lies: two letters of its hash spread folders.
func name(sum string) (string, error) {
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
		return "", fmt.Errorf("archive: %q is not a sha-256", sum)
	}
	return "bodies/" + sum[:2] + "/" + sum + ".zst", nil
}

// Draft is a body on its way in. Write it, Finish it, then Commit or Discard. One goroutine at a time.
type Draft struct {
	Size int64
	Sum  string // after Finish: the name of the body, which is the sha-256 in hex, or that of a sealed body

	a    *Archive
	temp temp
	hash hash.Hash
	enc  *zstd.Encoder
	mem  *memory // nil once the body outgrew it

	vault *keys.Vault // nil: the body is not sealed
	entry keys.Entry
	seal  *sealed.Writer
	kept  bool // under entry
}

// Small is the largest body that a draft also keeps in memory.
const Small = 8 << 20

// Encoders are large; Small windows keep one at about 2 MiB.
var encoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are constant
	}
	return e
}}

// Draft begins a body.
func (a *Archive) Draft(ctx context.Context) (*Draft, error) { return a.draft(ctx, nil) }

// Sealed begins a body that holds end customers. Not a byte of it is written as it came.
func (a *Archive) Sealed(ctx context.Context, v *keys.Vault) (*Draft, error) { return a.draft(ctx, v) }

func (a *Archive) draft(ctx context.Context, v *keys.Vault) (*Draft, error) {
	d := &Draft{a: a, hash: sha256.New(), vault: v}
	var err error
	if v != nil {
		if d.entry, err = v.New(ctx); err != nil {
			return nil, err
		}
	}
	if d.temp, err = a.store.create(ctx); err != nil {
		return nil, err
	}
	var to io.Writer = d.temp
	if v != nil {
		if d.seal, err = sealed.NewWriter(d.temp, d.entry.Key); err != nil {
			d.temp.drop()
			return nil, fmt.Errorf("archive: %w", err)
		}
		to = d.seal
	}
	d.mem = &memory{}
	d.enc = encoders.Get().(*zstd.Encoder)
	d.enc.Reset(to)
	return d, nil
}

// Write takes decoded bytes.
func (d *Draft) Write(p []byte) (int, error) {
	d.Size += int64(len(p))
	d.hash.Write(p)
	if d.mem != nil && d.Size > Small {
		d.mem.free()
		d.mem = nil
	}
	if d.mem != nil {
		d.mem.write(p)
	}
	return d.enc.Write(p)
}

// Finish ends the writing.
func (d *Draft) Finish() error {
	err := d.enc.Close()
	d.release()
	if err == nil && d.seal != nil {
		err = d.seal.Close()
	}
	if err != nil {
		return fmt.Errorf("archive: write body: %w", err)
	}
	sum := d.hash.Sum(nil)
	if d.vault == nil {
		d.Sum = hex.EncodeToString(sum)
		return nil
	}
	d.vault.Name(&d.entry, sum)
	d.Sum, d.entry.Bytes = d.entry.Name, d.Size
	return nil
}

func (d *Draft) release() {
	if d.enc != nil {
		d.enc.Reset(nil)
		encoders.Put(d.enc)
		d.enc = nil
	}
}

// Open reads the finished draft from its start, before or after Commit, until Discard.
func (d *Draft) Open(ctx context.Context) (io.ReadCloser, error) {
	if d.mem != nil {
		return d.mem.reader(), nil
	}
	if d.kept {
		return d.a.unseal(ctx, &d.entry)
	}
	r, err := d.temp.reopen(ctx)
	if err != nil {
		return nil, err
	}
	if d.vault != nil {
		return unsealed(r, d.entry.Key)
	}
	return decoded(r)
}

// Commit makes the body durable under its name. A body that is already there is fine, and is kept as long as a new one.
func (d *Draft) Commit(ctx context.Context) error {
	if d.vault != nil {
		return d.keep(ctx)
	}
	n, err := name(d.Sum)
	if err != nil {
		return err
	}
	there, err := d.a.store.renew(ctx, n)
	if err != nil || there {
		return err
	}
	return d.temp.keep(ctx, n)
}

// Discard frees what the draft holds; a committed body stays.
func (d *Draft) Discard() {
	d.release()
	if d.mem != nil {
		d.mem.free()
		d.mem = nil
	}
	d.temp.drop()
}

// Open reads a body by its name. The read fails, at its end at the latest, if the bytes are not those that were kept.
func (a *Archive) Open(ctx context.Context, sum string) (io.ReadCloser, error) {
	if keys.Sealed(sum) {
		return a.unlock(ctx, sum)
	}
	n, err := name(sum)
	if err != nil {
		return nil, err
	}
	r, err := a.store.open(ctx, n)
	if err != nil {
		return nil, err
	}
	d, err := decoded(r)
	if err != nil {
		return nil, err
	}
	return &checked{ReadCloser: d, hash: sha256.New(), want: sum}, nil
}

// Remove takes a body out of the archive, for good: a sealed one with its key. One that is not there is fine.
func (a *Archive) Remove(ctx context.Context, sum string) error {
	if keys.Sealed(sum) {
		return a.drop(ctx, sum)
	}
	n, err := name(sum)
	if err != nil {
		return err
	}
	return a.store.remove(ctx, n)
}

func decoded(r io.ReadCloser) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("archive: read body: %w", err), r.Close())
	}
	return &unzipped{z, r}, nil
}

type unzipped struct {
	*zstd.Decoder
	under io.ReadCloser
}

func (u *unzipped) Close() error {
	u.Decoder.Close()
	return u.under.Close()
}

// checked compares the hash at the end, so that a damaged object is never taken for the body.
type checked struct {
	io.ReadCloser
	hash hash.Hash
	want string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.hash.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got := hex.EncodeToString(c.hash.Sum(nil)); !strings.EqualFold(got, c.want) {
			return n, fmt.Errorf("archive: body %s reads back as %s: the object is damaged; restore it from a backup", c.want, got)
		}
	}
	return n, err
}

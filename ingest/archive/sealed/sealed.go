// Package sealed encrypts a stream of any length under a key that is used for nothing else, in chunks, so that neither
// writer nor reader holds more than one of them. A chunk is sealed with AES-256-GCM; its nonce is its number, and whether it is
// the last one: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its
// Nonce-Reuse Misuse-Resistance, 2015). So a chunk that was changed, moved, repeated, left out or cut off is noticed, and no
// byte of it is given.
//
// What it does not hide is how long the stream is.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// KeySize is the bytes of a key.
const KeySize = 32

const (
	magic = "sellthrough/1\n" // of the layout; every chunk is bound to it
	chunk = 64 << 10          // bytes of plaintext in every chunk but the last
	tag   = 16
)

// ErrDamaged says that a stream is not what was written, or was written under another key.
var ErrDamaged = errors.New("sealed: the stream is damaged, or the key is another one")

// box seals and opens single chunks.
type box struct {
	aead  cipher.AEAD
	nonce [12]byte
}

func newBox(key []byte) (*box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("sealed: a key has %d bytes, not %d", KeySize, len(key))
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(c)
	if err != nil {
		return nil, err
	}
	return &box{aead: aead}, nil
}

func (b *box) of(n uint64, last bool) []byte {
	binary.BigEndian.PutUint64(b.nonce[3:], n)
	b.nonce[11] = 0
	if last {
		b.nonce[11] = 1
	}
	return b.nonce[:]
}

func (b *box) seal(to, plain []byte, n uint64, last bool) []byte {
	return b.aead.Seal(to, b.of(n, last), plain, []byte(magic))
}

func (b *box) open(to, text []byte, n uint64, last bool) ([]byte, error) {
	plain, err := b.aead.Open(to, b.of(n, last), text, []byte(magic))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// Writer seals what is written to it.
type Writer struct {
	to    io.Writer
	box   *box
	plain []byte
	out   []byte
	n     uint64
	begun bool
	err   error
}

// NewWriter seals into to, under a key that must not be used again.
func NewWriter(to io.Writer, key []byte) (*Writer, error) {
	b, err := newBox(key)
	if err != nil {
		return nil, err
	}
	return &Writer{to: to, box: b}, nil
}

// Write takes bytes. A chunk goes out once it is known not to be the last one.
func (w *Writer) Write(p []byte) (int, error) {
	taken := 0
	for len(p) > 0 {
		if len(w.plain) == chunk {
			if err := w.flush(false); err != nil {
				return taken, err
			}
		}
		n := min(len(p), chunk-len(w.plain))
		w.plain = append(w.plain, p[:n]...)
		p, taken = p[n:], taken+n
	}
	return taken, w.err
}

func (w *Writer) flush(last bool) error {
	if w.err != nil {
		return w.err
	}
	w.out = w.out[:0]
	if !w.begun {
		w.out, w.begun = append(w.out, magic...), true
	}
	w.out = w.box.seal(w.out, w.plain, w.n, last)
	w.n++
	w.plain = w.plain[:0]
	_, w.err = w.to.Write(w.out)
	return w.err
}

// Close writes the last chunk. It does not close what is written to.
func (w *Writer) Close() error {
	if err := w.flush(true); err != nil {
		return err
	}
	w.err = errors.New("sealed: written to after its end")
	return nil
}

// Reader reads what a Writer wrote.
type Reader struct {
	from  io.Reader
	box   *box
	text  []byte // what was read and is not opened: up to a chunk, and one byte of the next, which says that there is one
	have  int
	plain []byte
	rest  []byte
	n     uint64
	begun bool
	err   error
}

// NewReader opens a stream.
func NewReader(from io.Reader, key []byte) (*Reader, error) {
	b, err := newBox(key)
	if err != nil {
		return nil, err
	}
	return &Reader{from: from, box: b}, nil
}

// Read gives bytes that are known to be those that were written; io.EOF says that these are all.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// next opens one chunk.
func (r *Reader) next() {
	if !r.begun {
		head := make([]byte, len(magic))
		if _, err := io.ReadFull(r.from, head); err != nil || string(head) != magic {
			r.err = broken(err)
			return
		}
		r.begun, r.text = true, make([]byte, chunk+tag+1)
	}
	n, err := io.ReadFull(r.from, r.text[r.have:])
	r.have += n
	last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !last {
		r.err = err
		return
	}
	size := min(r.have, chunk+tag)
	plain, err := r.box.open(r.plain[:0], r.text[:size], r.n, last)
	if err != nil {
		r.err = err
		return
	}
	r.plain, r.rest = plain, plain
	r.n++
	if last {
		r.err = io.EOF
		return
	}
	r.have = copy(r.text, r.text[size:r.have])
}

// broken is the source's own error, or that of a stream that is cut off.
func broken(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrDamaged
	}
	return err
}

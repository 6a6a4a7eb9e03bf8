package encoding

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/transform"

	"sellthrough"
)

// Options say what is known of a body. A zero value lets its bytes decide.
type Options struct {
	Encoding   Encoding   // as the feed configures it; a body that is surely UTF-8 is refused where it is another
	Candidates []Encoding // the legacy encodings that the partner may use; none: all
	Window     int        // bytes from the first one outside ASCII that may be looked at before anything is decided; default 1 MiB
}

const (
	headSize  = 64 << 10
	chunkSize = 32 << 10
)

// Reader gives a body in UTF-8, without a byte order mark. It is not safe for concurrent use. Its memory is bounded by
// Window.
type Reader struct {
	src   io.Reader
	opt   Options
	err   error // of src, io.EOF included
	guess Guess
	seen  int64 // bytes of ASCII that were handed on before anything was decided
	idle  int   // reads in a row that gave nothing

	state state
	plain []byte // UTF-8 or ASCII that is to be handed on as it is
	own   []byte // the buffer under plain
	dec   transform.Transformer
	told  bool   // the feed names the encoding of dec, and nothing outside ASCII was met yet
	in    []byte // encoded, not yet decoded
	out   []byte // decoded, not yet handed on
	room  []byte // the buffer under out
}

type state uint8

const (
	atHead  state = iota // nothing is known
	inASCII              // nothing outside ASCII was met
	direct               // the body is UTF-8
	decode               // by dec
)

// NewReader reads src.
func NewReader(src io.Reader, o Options) *Reader {
	if o.Window <= 0 {
		o.Window = 1 << 20
	}
	return &Reader{src: src, opt: o}
}

// Guess is what was found of the encoding so far. It is final once Read gave anything outside ASCII, or an error.
func (r *Reader) Guess() Guess { return r.guess }

// Read gives the next bytes. Its error is the source's own, or a refusal of the whole body where the encoding can't be
// told.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if len(r.plain) > 0 {
			n := copy(p, r.plain)
			r.plain = r.plain[n:]
			return n, nil
		}
		if len(r.out) > 0 {
			n := copy(p, r.out)
			r.out = r.out[n:]
			return n, nil
		}
		switch r.state {
		case atHead:
			if err := r.head(); err != nil {
				r.err, r.state = err, direct
				return 0, err
			}
		case inASCII:
			if r.err != nil {
				return 0, r.err
			}
			n, err := r.src.Read(p)
			r.err = err
			at := firstHigh(p[:n])
			if at < 0 {
				r.seen += int64(n)
				if n > 0 {
					return n, nil
				}
				if err == nil {
					return 0, nil
				}
				continue
			}
			r.seen += int64(at)
			if err := r.settle(bytes.Clone(p[at:n])); err != nil {
				r.err, r.state = err, direct
				return at, err
			}
			if at > 0 {
				return at, nil
			}
		case direct:
			if r.err != nil {
				return 0, r.err
			}
			return r.src.Read(p)
		case decode:
			if err := r.turn(); err != nil {
				return 0, err
			}
		}
	}
}

// head reads the beginning of the body and takes a mark off.
func (r *Reader) head() error {
	head, err := r.more(nil, headSize)
	if err != nil {
		return err
	}
	e, n := mark(head)
	switch {
	case r.opt.Encoding != Auto && n > 0 && e != r.opt.Encoding:
		return sellthrough.Bad(0, "", "", fmt.Sprintf("the body begins with the byte order mark of %s, but the feed says %s; make them agree", e, r.opt.Encoding))
	case r.opt.Encoding != Auto:
		r.guess = Guess{Encoding: r.opt.Encoding, Mark: n, Certain: true, Evidence: "the feed says so"}
		r.told = true
		r.begin(head[n:])
		return nil
	case n > 0:
		r.guess = Detect(head)
		r.begin(head[n:])
		return nil
	}
	if e, _ := wide(head); e != Auto {
		r.guess = Detect(head)
		r.begin(head)
		return nil
	}
	at := firstHigh(head)
	if at < 0 {
		r.guess = Detect(head)
		r.state, r.plain, r.seen = inASCII, head, int64(len(head))
		return nil
	}
	r.seen = int64(at)
	rest := bytes.Clone(head[at:])
	r.plain = head[:at:at]
	return r.settle(rest)
}

// settle decides by what follows the first byte outside ASCII, with which window begins.
func (r *Reader) settle(window []byte) error {
	for size := headSize; ; size *= 4 {
		size = min(size, r.opt.Window)
		var err error
		if window, err = r.more(window, size); err != nil {
			return err
		}
		r.guess = judge(window, r.seen, r.opt.Candidates)
		if r.guess.Certain || r.err == io.EOF && len(r.guess.Others) == 0 {
			break // at worst it is UTF-8 with broken rows
		}
		if r.err != io.EOF && size < r.opt.Window {
			continue
		}
		if len(r.guess.Others) > 0 {
			return sellthrough.Bad(0, "", "", "the body could be in more than one encoding ("+r.guess.Evidence+"); say which in format.encoding of the feed, or save it as UTF-8")
		}
		break
	}
	r.begin(window)
	return nil
}

// begin goes on by the encoding that was found, with data that is read already.
func (r *Reader) begin(data []byte) {
	if c := r.guess.Encoding.coding(); c != nil {
		r.state, r.dec, r.in, r.room = decode, c.NewDecoder().Transformer, data, make([]byte, 3*chunkSize)
		return
	}
	r.state = direct
	r.plain = append(r.plain, data...)
}

// more reads until b has size bytes or the source ends. Its error is the source's own, but for io.EOF.
func (r *Reader) more(b []byte, size int) ([]byte, error) {
	if cap(b) < size {
		grown := make([]byte, len(b), size)
		copy(grown, b)
		b = grown
	}
	for idle := 0; len(b) < size && r.err == nil; {
		n, err := r.src.Read(b[len(b):size])
		b = b[:len(b)+n]
		r.err = err
		if idle++; n > 0 {
			idle = 0
		} else if err == nil && idle == 100 {
			r.err = io.ErrNoProgress
		}
	}
	if r.err != nil && r.err != io.EOF {
		return b, r.err
	}
	return b, nil
}

var (
	replacement = []byte("\uFFFD")
	broken      = []byte{Undecodable}
)

// turn decodes the next piece into out. A piece that can't be decoded comes out as Undecodable.
func (r *Reader) turn() error {
	if len(r.in) < 8 && r.err == nil { // no character is longer
		if cap(r.own) < chunkSize {
			r.own = make([]byte, 0, chunkSize)
		}
		kept := append(r.own[:0], r.in...)
		n, err := r.src.Read(kept[len(kept):chunkSize])
		r.in, r.err = kept[:len(kept)+n], err
		if r.idle++; n > 0 {
			r.idle = 0
		} else if err == nil && r.idle == 100 {
			r.err = io.ErrNoProgress
		}
	}
	if len(r.in) == 0 {
		return r.err // nil after an empty read: the caller asks again
	}
	if at := firstHigh(r.in); r.told && at >= 0 {
		r.told = false
		if evidence := otherwise(r.in[at:], r.opt.Encoding); evidence != "" {
			r.err, r.state = sellthrough.Bad(0, "", "", fmt.Sprintf("the feed says %s, but the body is UTF-8: %s; set format.encoding of the feed, or take it out", r.opt.Encoding, evidence)), direct
			return r.err
		}
	}
	nDst, nSrc, err := r.dec.Transform(r.room, r.in[:min(len(r.in), chunkSize)], r.err == io.EOF && len(r.in) <= chunkSize)
	r.in = r.in[nSrc:]
	if err == transform.ErrShortSrc && nDst == 0 && nSrc == 0 {
		if r.err == io.EOF || len(r.in) >= 8 { // a character that never ends
			r.in, r.out = r.in[1:], broken
			return nil
		}
		return r.err
	}
	r.out = r.faults(r.room[:nDst])
	return nil
}

// faults marks what was undecodable. A U+FFFD that the body itself holds is one too: somebody before lost a character.
func (r *Reader) faults(b []byte) []byte {
	if bytes.Contains(b, replacement) {
		return bytes.ReplaceAll(b, replacement, broken)
	}
	return b
}

package sealed

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"testing/iotest"
)

func plain(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

var key = bytes.Repeat([]byte{3}, KeySize)

func seal(t testing.TB, b []byte, piece int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, key)
	if err != nil {
		t.Fatal(err)
	}
	for p := range pieces(b, piece) {
		if n, err := w.Write(p); err != nil || n != len(p) {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pieces(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}

func open(b []byte, key []byte) ([]byte, error) {
	r, err := NewReader(iotest.HalfReader(bytes.NewReader(b)), key)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

var sizes = []int{0, 1, chunk - 1, chunk, chunk + 1, 2*chunk - 1, 2 * chunk, 3*chunk + 7}

func TestAStreamReadsBackWhateverItsLength(t *testing.T) {
	for _, n := range sizes {
		want := plain(n)
		for _, piece := range []int{1 << 20, 1000, chunk} {
			text := seal(t, want, piece)
			if n > 16 && bytes.Contains(text, want[:16]) {
				t.Fatalf("%d bytes: the stream lies open", n)
			}
			if got, err := open(text, key); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: %d read back, %v", n, len(got), err)
			}
		}
	}
}

func TestEveryChangeIsNoticedAndNothingWrongIsGiven(t *testing.T) {
	for _, n := range sizes {
		want := plain(n)
		text := seal(t, want, 1<<20)
		bad := func(what string, text []byte) {
			t.Helper()
			got, err := open(text, key)
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%d bytes, %s: %v", n, what, err)
			}
			if !bytes.HasPrefix(want, got) {
				t.Errorf("%d bytes, %s: it gave what was never written", n, what)
			}
		}
		for _, at := range []int{0, len(magic), len(text) / 2, len(text) - 1} {
			changed := bytes.Clone(text)
			changed[at] ^= 1
			bad("a bit changed", changed)
		}
		for cut := 1; cut < len(text); cut = cut*2 + 1 {
			bad("cut off", text[:len(text)-cut])
		}
		bad("cut off at a chunk", text[:len(magic)+len(text[len(magic):])/(chunk+tag)*(chunk+tag)-btoi(len(text[len(magic):])%(chunk+tag) == 0)])
		bad("with more behind it", append(bytes.Clone(text), 0))
		bad("twice", append(bytes.Clone(text), text...))
		if n > 2*chunk {
			swapped := bytes.Clone(text)
			a, b := swapped[len(magic):len(magic)+chunk+tag], swapped[len(magic)+chunk+tag:len(magic)+2*(chunk+tag)]
			first := bytes.Clone(a)
			copy(a, b)
			copy(b, first)
			bad("two chunks swapped", swapped)
			bad("a chunk left out", append(bytes.Clone(text[:len(magic)]), text[len(magic)+chunk+tag:]...))
		}
		if got, err := open(text, bytes.Repeat([]byte{4}, KeySize)); !errors.Is(err, ErrDamaged) || len(got) > 0 {
			t.Errorf("another key opens it: %d, %v", len(got), err)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTheErrorOfTheSourceIsNotTakenForDamage(t *testing.T) {
	text := seal(t, plain(3*chunk), 1<<20)
	r, err := NewReader(io.MultiReader(bytes.NewReader(text[:chunk]), iotest.ErrReader(os.ErrDeadlineExceeded)), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestATemporaryFileIsReadAnywhereAndLiesSealed(t *testing.T) {
	for _, n := range sizes {
		want := plain(n)
		f, err := NewTemp(t.TempDir(), "sealed-test-")
		if err != nil {
			t.Fatal(err)
		}
		for p := range pieces(want, 5000) {
			if _, err := f.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Finish(); err != nil || f.Size() != int64(n) {
			t.Fatal(f.Size(), err)
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, int64(n)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d read back, %v", n, len(got), err)
		}
		for _, at := range []int{n - 1, n / 2, 0, chunk - 3, chunk} {
			if at < 0 || at >= n {
				continue
			}
			p := make([]byte, 10)
			k, err := f.ReadAt(p, int64(at))
			if w := want[at:min(n, at+10)]; !bytes.Equal(p[:k], w) || (k < 10) != (err == io.EOF) {
				t.Errorf("at %d of %d: %x, %v", at, n, p[:k], err)
			}
		}
		onDisk, err := os.ReadFile(f.file.Name())
		if err != nil || n > 16 && bytes.Contains(onDisk, want[:16]) {
			t.Errorf("the file lies open, %v", err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(f.file.Name()); err == nil {
			t.Error("the file is still there")
		}
	}
}

// Whatever a stream holds, the reader gives a prefix of what some writer wrote under the key, or nothing.
func FuzzReader(f *testing.F) {
	good := seal(f, plain(chunk+100), 1<<20)
	f.Add(good, uint16(0), byte(0))
	f.Add([]byte(magic), uint16(3), byte(1))
	f.Add(seal(f, nil, 1), uint16(9), byte(8))
	f.Fuzz(func(t *testing.T, text []byte, at uint16, flip byte) {
		if len(text) > 0 {
			text[int(at)%len(text)] ^= flip
		}
		got, err := open(text, key)
		if err == nil {
			if again := seal(t, got, 1<<20); !bytes.Equal(again, text) {
				t.Fatal("a stream that nobody wrote was read")
			}
			return
		}
		if len(got) > len(text) {
			t.Fatal("it gave more than it was given")
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	p := plain(1 << 20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		w, err := NewWriter(io.Discard, key)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = w.Write(p)
		_ = w.Close()
	}
}

func BenchmarkReader(b *testing.B) {
	text := seal(b, plain(1<<20), 1<<20)
	b.SetBytes(1 << 20)
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(text), key)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

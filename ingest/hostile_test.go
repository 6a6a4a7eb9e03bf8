package ingest

import (
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

// zeros is an endless line.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestABombIsRefusedBeforeAnyLine(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	for _, encoding := range []string{"gzip", "zstd"} {
		bomb, in := io.Pipe()
		go func() {
			var z io.WriteCloser = gzip.NewWriter(in)
			if encoding == "zstd" {
				z, _ = zstd.NewWriter(in)
			}
			_, err := io.Copy(z, io.LimitReader(zeros{}, 2<<30))
			_ = in.CloseWithError(errors.Join(err, z.Close(), io.EOF))
		}()
		r := request("invoices", "", "")
		r.Body, r.Encoding, r.Length = bomb, encoding, -1
		_, err := c.Accept(t.Context(), r)
		kind(t, err, TooLarge)
		_ = bomb.Close()
	}
	r := request("invoices", "", "")
	r.Length = 301 << 20 // declared: not a byte is read
	r.Body = iotest.ErrReader(errors.New("read"))
	_, err := c.Accept(t.Context(), r)
	kind(t, err, TooLarge)
	r.Body, r.Length = zeros{}, -1
	_, err = c.Accept(t.Context(), r)
	kind(t, err, TooLarge)
	if n, m := w.marks(), w.bodies(); n != 0 || m != 0 {
		t.Fatalf("%d end marks, %d bodies", n, m)
	}
}

func TestALineWithoutEndNeedsNoMemory(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	r := request("invoices", "", "")
	r.Length = -1
	r.Body = io.MultiReader(strings.NewReader(csvBody(2)), io.LimitReader(zeros{}, 200<<20), strings.NewReader("\n"+csvRow(3)))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := c.Accept(t.Context(), r)
	runtime.ReadMemStats(&after)
	if err != nil || got.Accepted != 3 || got.Refused != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 100<<20 {
		t.Fatalf("%d MiB were allocated for a line of 200 MiB", grown>>20)
	}
}

func TestWhatNobodyCanReadIsNotRegistered(t *testing.T) {
	w := newWorld(t)
	c := w.collect("a")
	bad := func(body, part string) {
		t.Helper()
		_, err := c.Accept(t.Context(), request("invoices", "", body))
		if f := faultOf(t, err, Unreadable); !strings.Contains(f.Detail, part) {
			t.Errorf("%q does not say %q", f.Detail, part)
		}
	}
	bad("", "empty")
	bad("receipt,store,item,day\nr,s,i,2026-01-01\n", "qty")
	bad("\xff\xfer\x00e\x00", `the header lacks "receipt"`) // UTF-16 is read; its header is not this feed's
	bad("PK\x03\x04 and so on, and so on", "workbook")
	_, err := c.Accept(t.Context(), request("invoises", "", csvBody(1)))
	if f := faultOf(t, err, Unknown); !strings.Contains(f.Detail, "pos, invoices, stock") {
		t.Error(f.Detail)
	}
	_, err = c.Accept(t.Context(), request("other", "", csvBody(1))) // of another partner
	if f := faultOf(t, err, Unknown); strings.Contains(f.Detail, "beta") {
		t.Error(f.Detail)
	}
	if n, m, s := w.marks(), w.bodies(), c.index.len(); n != 0 || m != 0 || s != 0 {
		t.Fatalf("%d end marks, %d bodies, %d registered", n, m, s)
	}
}

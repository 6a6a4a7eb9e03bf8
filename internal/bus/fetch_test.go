package bus

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
)

// scale counts the bytes that come in over connections.
type scale struct{ read atomic.Int64 }

func (s *scale) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	return weighed{c, s}, err
}

type weighed struct {
	net.Conn
	scale *scale
}

func (w weighed) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.scale.read.Add(int64(n))
	return n, err
}

// One record is read back for every vote of a submission: what follows it in the log stays there.
func TestReadingSomeRecordsLeavesTheRestOfTheLogWhereItIs(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	b, err := New(Options{Brokers: c.ListenAddrs(), Prefix: "test", Partitions: 1, Replication: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	s := new(scale)
	b.client.Transport.(*kafka.Transport).Dial = s.dial
	inc, err := b.Ensure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var small []int64
	put := func(size int) {
		offsets, err := b.Publish(t.Context(), Lines, 0, inc.Lines, Message{Type: TypeBlock, Value: bytes.Repeat([]byte{7}, size)})
		if err != nil {
			t.Fatal(err)
		}
		if size < 1000 {
			small = append(small, offsets...)
		}
	}
	const large = 500_000
	for range 8 {
		put(100)
		put(large)
	}
	read := func(offsets ...int64) (got []int64, n int64) {
		t.Helper()
		before := s.read.Load()
		if err := b.At(t.Context(), Lines, 0, inc.Lines, offsets, func(m Message) error {
			got = append(got, m.Offset)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return got, s.read.Load() - before
	}
	if got, n := read(small[3]); len(got) != 1 || got[0] != small[3] || n > large {
		t.Errorf("one record of 100 bytes is read as %v with %d bytes", got, n)
	}
	if got, _ := read(small...); cmp.Diff(small, got) != "" {
		t.Errorf("%v are read as %v", small, got)
	}
	var all []int64
	for o := small[0]; o <= small[7]; o++ {
		all = append(all, o)
	}
	if got, n := read(all...); cmp.Diff(all, got) != "" || n > 10*large {
		t.Errorf("%v are read as %v with %d bytes", all, got, n)
	}
}

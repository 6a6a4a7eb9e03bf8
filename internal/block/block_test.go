package block

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

func sample(r *rand.Rand, lines int) sellthrough.Block {
	b := sellthrough.Block{Feed: "acme-pos", Submission: "S1", Attempt: 2, Dict: []string{""}}
	for i := range 200 {
		b.Dict = append(b.Dict, "code "+strconv.Itoa(i))
	}
	grow(&b, lines)
	for i := range lines {
		b.Row[i] = uint32(i + 2)
		cols := dictColumns(&b)
		for _, c := range cols[:4] {
			(*c)[i] = r.Uint32N(201)
		}
		b.Kind[i] = uint8(1 + r.IntN(7))
		b.Qty[i] = sellthrough.Decimal(r.Int64N(2000)-1000) * sellthrough.One
		b.Amount[i], b.HasAmount[i] = sellthrough.Decimal(r.Int64()), r.IntN(2) == 0
		b.Function[i] = sellthrough.Function(r.IntN(5))
		b.At[i], b.Day[i] = 1_780_000_000+r.Int64N(86400), 20_600
	}
	return b
}

func TestABlockReadsBackTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, lines := range []int{0, 1, 7, 1000, MaxLines} {
		b := sample(r, lines)
		got, err := Read(Append(nil, &b))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b, got); d != "" {
			t.Errorf("%d lines (-want +got):\n%s", lines, d)
		}
	}
}

func TestWhatOnlySomeFeedsSayReadsBackTheSame(t *testing.T) {
	b := sample(rand.New(rand.NewPCG(1, 2)), 9)
	for i, c := range b.MoreColumns() {
		if i == 2 {
			continue // a column that no line fills is left out
		}
		*c = make([]uint32, 9)
		(*c)[i] = uint32(i + 1)
	}
	b.Until = make([]int64, 9)
	b.Until[4] = -77
	got, err := Read(Append(nil, &b))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	b.Reason[3] = 5000
	if _, err := Read(Append(nil, &b)); err == nil {
		t.Error("an index outside the dictionary is read")
	}
}

func TestExtremesReadBackTheSame(t *testing.T) {
	b := sample(rand.New(rand.NewPCG(1, 2)), 2)
	b.Qty[0], b.Qty[1] = math.MinInt64, math.MaxInt64
	b.At[0], b.At[1] = math.MaxInt32*1000, -5
	b.Day[0], b.Day[1] = math.MaxInt32, math.MinInt32
	b.Version[0] = math.MaxUint64
	got, err := Read(Append(nil, &b))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestABlockWithAnIndexOutsideItsDictionaryIsRefused(t *testing.T) {
	b := sample(rand.New(rand.NewPCG(1, 2)), 3)
	b.Item[1] = 5000
	if _, err := Read(Append(nil, &b)); err == nil {
		t.Error("no error")
	}
}

// FuzzRead: whatever the bytes, reading ends with a block or an error, and what was read reads back the same.
func FuzzRead(f *testing.F) {
	b := sample(rand.New(rand.NewPCG(1, 2)), 20)
	f.Add(Append(nil, &b))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		b, err := Read(data)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
			t.Fatalf("%d bytes allocated for %d", got, len(data))
		}
		if err != nil {
			return
		}
		again, err := Read(Append(nil, &b))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(b, again); d != "" {
			t.Fatal(d)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	blk := sample(rand.New(rand.NewPCG(1, 2)), 10_000)
	buf := Append(nil, &blk)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	blk := sample(rand.New(rand.NewPCG(1, 2)), 10_000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = Append(buf[:0], &blk)
	}
	b.SetBytes(int64(len(buf)))
}

package dropfeed

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/ingest/promise"
)

type driver struct {
	in     *promise.Intake
	dir    string
	door   *Door
	remove bool
}

func start(t *testing.T, in *promise.Intake) *driver {
	d := &driver{in: in, dir: t.TempDir()}
	d.Restart(t)
	t.Cleanup(func() { d.door.close() })
	return d
}

func (d *driver) Restart(t *testing.T) {
	t.Helper()
	if d.door != nil {
		d.door.close()
	}
	o := Options{Intake: d.in, Log: zerolog.Nop(), Feeds: []Feed{{Partner: "acme", ID: "pos", Dir: d.dir, Remove: d.remove}}}
	var err error
	if d.door, err = New(o); err != nil {
		t.Fatal(err)
	}
	if err := d.door.open(); err != nil {
		t.Fatal(err)
	}
}

func (d *driver) Put(t *testing.T, name, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (d *driver) Turn(t *testing.T) {
	d.door.Look(t.Context())
	d.door.Look(t.Context())
}

func (d *driver) Notices(t *testing.T) map[string]door.Notice {
	t.Helper()
	out := map[string]door.Notice{}
	files, _ := filepath.Glob(filepath.Join(d.dir, "*", "*.receipt.json"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var n door.Notice
		if err := json.Unmarshal(text, &n); err != nil {
			t.Fatal(err)
		}
		out[n.File] = n
	}
	return out
}

func (d *driver) have(t *testing.T, want ...string) {
	t.Helper()
	for _, name := range want {
		if _, err := os.Stat(filepath.Join(d.dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestPromises(t *testing.T) {
	promise.Run(t, func(t *testing.T, in *promise.Intake) promise.Driver { return start(t, in) })
}

func TestAFileIsTakenOnlyWhenTwoLooksFindItUnchanged(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	whole := promise.Good
	for _, part := range []string{whole[:30], whole[:50], whole} {
		d.Put(t, "report.csv", part)
		if d.door.Look(t.Context()); len(d.in.Taken()) > 0 || len(d.Notices(t)) > 0 {
			t.Fatal("a file that grows was taken")
		}
	}
	d.door.Look(t.Context())
	if got := d.in.Taken(); len(got) != 1 || got[0].Accepted != 2 {
		t.Errorf("%+v", got)
	}
	d.have(t, "processed/report.csv", "processed/report.csv.receipt.json", "processed/report.csv.receipt.txt")
}

func TestTheAcknowledgementOfAnInterchangeLiesBesideItsReceipt(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	d.in.Acknowledge(&ingest.Acknowledgement{Type: "997", Text: promise.Answer})
	d.Put(t, "march.edi", promise.Good)
	d.Turn(t)
	d.have(t, "processed/march.edi", "processed/march.edi.receipt.txt")
	if text, err := os.ReadFile(filepath.Join(d.dir, "processed/march.edi.997")); err != nil || string(text) != promise.Answer {
		t.Errorf("%q, %v", text, err)
	}
}

func TestUnfinishedFilesWaitForTheirNames(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	for _, name := range []string{"a.csv.part", "~$b.xlsx", "c.tmp", ".d.csv", "e.csv.filepart", "f.csv~"} {
		d.Put(t, name, promise.Good)
		defer d.have(t, name)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(d.dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	d.Put(t, "g.csv.part", promise.Good)
	d.Turn(t)
	if n := d.in.Taken(); len(n) != 0 {
		t.Errorf("%+v", n)
	}
	if err := os.Rename(filepath.Join(d.dir, "g.csv.part"), filepath.Join(d.dir, "g.csv")); err != nil {
		t.Fatal(err)
	}
	d.Turn(t)
	d.have(t, "processed/g.csv", "link.csv")
}

func TestFilesOfOneNameStandBesideOneAnother(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	for range 3 {
		d.Put(t, "r.csv", promise.Good)
		d.Turn(t)
	}
	d.have(t, "processed/r.csv", "processed/r.2.csv", "processed/r.3.csv", "processed/r.3.csv.receipt.txt")
}

func TestOlderFilesComeFirst(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	at := time.Now().Add(-time.Hour)
	for i, name := range []string{"z.csv", "m.csv", "a.csv"} {
		d.Put(t, name, promise.Good+strings.Repeat("r2,s1,c,1,2026-03-02\n", i))
		if err := os.Chtimes(filepath.Join(d.dir, name), at, at.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	d.Turn(t)
	got := d.in.Taken()
	if len(got) != 3 || got[0].Rows != 2 || got[1].Rows != 3 || got[2].Rows != 4 {
		t.Errorf("%+v", got)
	}
}

func TestWhatACrashLeftBetweenReceiptAndMoveIsDoneAgain(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	d.Put(t, "r.csv", promise.Good)
	f := d.door.folders[0]
	if err := f.Claim("r.csv"); err != nil {
		t.Fatal(err)
	}
	if err := f.write("processed/r.csv.receipt.json", []byte("half a rec")); err != nil {
		t.Fatal(err)
	}
	d.Restart(t)
	d.Turn(t)
	if n := d.Notices(t)["r.csv"]; !n.Taken {
		t.Errorf("%+v", n)
	}
	d.have(t, "processed/r.csv")
}

// What holds end customers lies in the archive, sealed, and nowhere beside it. What was not taken stays: it may be all there is.
func TestFilesWithEndCustomersAreRemovedOnceTheyAreTaken(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	d.remove = true
	d.Restart(t)
	d.Put(t, "r.csv", promise.Good)
	d.Put(t, "bad.csv", promise.Bad)
	d.Turn(t)
	if n := d.Notices(t); !n["r.csv"].Taken || n["bad.csv"].Taken || len(d.in.Taken()) != 1 {
		t.Errorf("%+v", n)
	}
	d.have(t, "processed/r.csv.receipt.json", "processed/r.csv.receipt.txt", "refused/bad.csv", "refused/bad.csv.receipt.txt")
	for _, name := range []string{"r.csv", "processed/r.csv"} {
		if _, err := os.Stat(filepath.Join(d.dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, work, "*")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	// A crash between the receipt and the end: it is done again, and comes to one submission.
	d.Put(t, "s.csv", promise.Good)
	f := d.door.folders[0]
	if err := f.Claim("s.csv"); err != nil {
		t.Fatal(err)
	}
	if err := f.write("processed/s.csv.receipt.json", []byte("half a rec")); err != nil {
		t.Fatal(err)
	}
	d.Restart(t)
	d.Turn(t)
	if n := d.Notices(t)["s.csv"]; !n.Taken || len(d.in.Taken()) != 2 {
		t.Errorf("%+v, %d", n, len(d.in.Taken()))
	}
}

func TestNamesThatCantBeWrittenAreMadeSo(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	d.Put(t, "a\nb\\"+strings.Repeat("ü", 100)+".csv", promise.Good)
	d.Turn(t)
	if len(d.in.Taken()) != 1 || len(d.Notices(t)) != 1 {
		t.Errorf("%+v", d.Notices(t))
	}
}

func TestCompressedFilesAreReadByTheirNames(t *testing.T) {
	for name, want := range map[string][2]string{"a.csv.gz": {"gzip", "a.csv"}, "a.CSV.ZST": {"zstd", "a.CSV"}, "a.csv": {"", "a.csv"}} {
		if e, plain := door.Encoding(name); e != want[0] || plain != want[1] {
			t.Error(name, e, plain)
		}
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	d := start(t, promise.NewIntake(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other, err := New(d.door.o)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Run(ctx); err != nil {
		t.Error(err)
	}
}

package disk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestThereIsRoomUntilTheReserveIsReached(t *testing.T) {
	free := map[string]int64{"/a": 10 << 30, "/b": 3 << 30}
	d := New(Options{
		Stores: []Store{{Name: "archive", Path: "/a"}, {Name: "kafka", Path: "/b"}, {Name: "bucket"}}, Reserve: 2 << 30,
		Free: func(path string) (int64, error) {
			if path == "/" { // neither folder is there
				return free["/b"], nil
			}
			return free[path], nil
		},
	})
	for more, ok := range map[int64]bool{0: true, 1 << 30: true, 1<<30 + 1: false, 1 << 40: false} {
		if err := d.Room(more); (err == nil) != ok {
			t.Errorf("%d bytes more: %v", more, err)
		}
	}
	if err := d.Room(2 << 30); !strings.Contains(err.Error(), "3072 MiB are free") {
		t.Error(err)
	}
}

func TestWhatCantBeToldHasRoom(t *testing.T) {
	d := New(Options{Stores: []Store{{Name: "archive", Path: "/a"}}, Reserve: 1, Free: func(string) (int64, error) { return 0, errors.ErrUnsupported }})
	if err := d.Room(1 << 50); err != nil {
		t.Error(err)
	}
	if err := New(Options{Reserve: 0, Free: func(string) (int64, error) { return 0, nil }}).Room(1); err != nil {
		t.Errorf("without a reserve: %v", err)
	}
}

func TestTheSystemTellsWhatIsFreeAndWhatIsUsed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "body"), make([]byte, 4321), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := used(t.Context(), Store{Path: dir})
	if err != nil || n != 4321 {
		t.Errorf("%d bytes are used: %v", n, err)
	}
	d := New(Options{Stores: []Store{{Name: "archive", Path: filepath.Join(dir, "not", "yet")}}, Reserve: 1, Registry: prometheus.NewRegistry()})
	least, where, err := d.leastFree()
	if err != nil || where != "archive" || least <= 0 {
		t.Errorf("%d bytes are free at %q: %v", least, where, err)
	}
}

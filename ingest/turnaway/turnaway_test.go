package turnaway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"sellthrough"
)

// shelf keeps notes, and can be away.
type shelf struct {
	away  bool
	notes []sellthrough.TurnedAway
}

func (s *shelf) TurnedAway(_ context.Context, t sellthrough.TurnedAway) error {
	if s.away {
		return errors.New("away")
	}
	s.notes = append(s.notes, t)
	return nil
}

func TestANoteIsDeliveredWhenTheStoreIsBackOverARestartToo(t *testing.T) {
	s, dir := &shelf{away: true}, t.TempDir()
	start := func() *Desk {
		d, err := New(Options{Store: s, Dir: dir, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := start()
	for _, id := range []string{"turned_2", "turned_1"} {
		d.Note(sellthrough.TurnedAway{ID: id, Feed: "pos", Missing: []sellthrough.MissingColumn{{Column: "销量", As: "qty", Renamed: []string{"销售数量"}}}})
	}
	if err := d.Deliver(t.Context()); err == nil {
		t.Error("a store that is away is no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "turned_0.json"), []byte(`{"id":"half`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.away = false
	d = start()
	for range 2 {
		if err := d.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.notes) != 2 || s.notes[0].ID != "turned_1" || s.notes[1].Missing[0].Renamed[0] != "销售数量" {
		t.Errorf("%+v", s.notes)
	}
	if left := d.waiting(); len(left) != 0 {
		t.Errorf("%v wait still", left)
	}
}

func TestRunDeliversWhatIsNotedMeanwhile(t *testing.T) {
	s := &shelf{}
	d, err := New(Options{Store: told{s, make(chan struct{}, 1)}, Dir: t.TempDir(), Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	d.Note(sellthrough.TurnedAway{ID: "turned_1"})
	<-d.o.Store.(told).heard
	cancel()
	if err := <-done; err != nil || len(s.notes) != 1 {
		t.Errorf("%v, %+v", err, s.notes)
	}
}

type told struct {
	*shelf
	heard chan struct{}
}

func (s told) TurnedAway(ctx context.Context, t sellthrough.TurnedAway) error {
	err := s.shelf.TurnedAway(ctx, t)
	s.heard <- struct{}{}
	return err
}

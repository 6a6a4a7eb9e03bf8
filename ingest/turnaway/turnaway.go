// Package turnaway brings notes of bodies that were refused as a whole to where operators see them.
//
// It promises: a note that was taken survives a restart, and is delivered until the store has it; it may come twice, under
// one id. What a note says is left to package ingest, and who reads it to the store.
package turnaway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
)

// Store keeps notes.
type Store interface {
	TurnedAway(ctx context.Context, t sellthrough.TurnedAway) error
}

// Options of a desk.
type Options struct {
	Store Store
	Dir   string // of notes that wait
	Log   zerolog.Logger
}

// Desk takes notes and delivers them.
type Desk struct {
	o    Options
	kick chan struct{}
	wait time.Duration // after a failure, at first
}

// most is how many notes wait: while the store is away, a partner that sends garbage for days fills no disk.
const most = 10_000

// New wires a desk. It opens nothing.
func New(o Options) (*Desk, error) {
	if o.Store == nil || o.Dir == "" {
		return nil, errors.New("turnaway: Store and Dir have to be given")
	}
	return &Desk{o: o, kick: make(chan struct{}, 1), wait: 250 * time.Millisecond}, nil
}

// Note takes a note.
func (d *Desk) Note(t sellthrough.TurnedAway) {
	if err := d.write(t); err != nil {
		d.o.Log.Error().Err(err).Str("feed", string(t.Feed)).Str("reason", t.Reason).Msg("nobody is told of a body that was turned away")
		return
	}
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

func (d *Desk) write(t sellthrough.TurnedAway) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write a note: %w", err)
	}
	if err := os.MkdirAll(d.o.Dir, 0o750); err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	if len(d.waiting()) >= most {
		return fmt.Errorf("%d notes wait already", most)
	}
	to := filepath.Join(d.o.Dir, filepath.Base(t.ID)+".json")
	if err := os.WriteFile(to+".tmp", text, 0o600); err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	return os.Rename(to+".tmp", to)
}

// waiting are the files of the notes that are not delivered, the oldest first.
func (d *Desk) waiting() []string {
	files, _ := filepath.Glob(filepath.Join(d.o.Dir, "*.json")) // the pattern is right
	slices.Sort(files)                                          // ids ascend
	return files
}

// Run delivers until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	for wait := d.wait; ; {
		next := time.Minute
		if err := d.Deliver(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Warn().Err(err).Msg("notes of bodies that were turned away wait; they are tried again")
			next = wait
			wait = min(2*wait, 30*time.Second)
		} else {
			wait = d.wait
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.kick:
		case <-time.After(next):
		}
	}
}

// Deliver goes once through what waits.
func (d *Desk) Deliver(ctx context.Context) error {
	for _, file := range d.waiting() {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var t sellthrough.TurnedAway
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err != nil { // half of one: a crash left it, and its partner was told all the same
			d.o.Log.Error().Err(err).Str("file", file).Msg("a note that can't be read is dropped")
		} else if err := d.o.Store.TurnedAway(ctx, t); err != nil {
			return fmt.Errorf("keep the note of a body of feed %s: %w", t.Feed, err)
		}
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("take a delivered note away: %w", err)
		}
	}
	return nil
}

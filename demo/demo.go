// Package demo is an IT vendor's channel to look at: eight partners, its own offices, some seventy locations, three hundred products and two
// years of history, and then its running days. It writes the configuration and the reference data of that channel,
// sends what its partners report through the HTTP door, with their keys and in their layouts, and knows the numbers that
// must come out: see Truth.
//
// Everything follows from Options: the same seed, days and opening instant give the same bytes. Package world is what
// happens in the channel, package reports what its partners say of it.
package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	_ "time/tzdata" // the channel's places must not depend on the machine's zone files

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
)

// Version is raised when the same options give other bytes.
const Version = 2

// Scale is how much of the channel there is. The zero value is the whole demo.
type Scale struct {
	Days int // of history; default 730
}

// Options of a channel.
type Options struct {
	Seed   uint64    `json:"seed"`
	Days   int       `json:"days"`
	Opened time.Time `json:"opened"` // when it was first started
	Made   int       `json:"version"`
}

// Channel is the demo of some options.
type Channel struct{ Options }

// New makes a channel that opens at an instant.
func New(seed uint64, s Scale, opened time.Time) *Channel {
	if s.Days <= 0 {
		s.Days = 730
	}
	return &Channel{Options{Seed: seed, Days: s.Days, Opened: opened.UTC().Truncate(time.Second), Made: Version}}
}

// Open reads the channel that a folder holds the data of, or makes one and notes it there.
func Open(dir string, seed uint64, s Scale, now time.Time) (*Channel, error) {
	path := filepath.Join(dir, "demo.json")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		c := New(seed, s, now)
		text, err := json.MarshalIndent(c.Options, "", "  ")
		if err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, append(text, '\n'), 0o644)
		}
		if err != nil {
			return nil, fmt.Errorf("note the demo: %w", err)
		}
		return c, nil
	}
	c := &Channel{}
	if err == nil {
		err = json.Unmarshal(text, &c.Options)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the demo's note: %w; remove %s to begin anew", err, dir)
	case c.Made != Version:
		return nil, fmt.Errorf("the data in %s is of another version of the demo (%d, this is %d); remove the folder to begin anew", dir, c.Made, Version)
	}
	return c, nil
}

// Opening is the day in the vendor's zone on which the channel was opened.
func (c *Channel) Opening() sellthrough.Day { return sellthrough.DayOf(c.Opened.In(vendorZone)) }

var vendorZone = time.FixedZone("CST", 8*3600) // China has no other, nor summer time

// World is the channel before its first day.
func (c *Channel) World() *world.World {
	d := c.Opening()
	return world.New(world.Options{Seed: c.Seed, First: d - sellthrough.Day(c.Days), Opening: d})
}

// Plan is all its files.
func (c *Channel) Plan() *reports.Plan { return reports.NewPlan(c.World()) }

// Mapped is when the cross-reference of the chain learns its new product.
func (c *Channel) Mapped() time.Time { return c.Opened.Add(-8 * time.Hour) }

// Key is the API key of a partner. The demo listens on loopback; its keys are no secret.
func Key(partner string) string { return "demo-key-of-" + partner }

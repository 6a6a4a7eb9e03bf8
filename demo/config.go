package demo

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"text/template"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
	"sellthrough/internal/config"
)

//go:embed channel.yaml
var channel string

var channelYAML = template.Must(template.New("channel.yaml").Funcs(template.FuncMap{
	"key": func(partner string) config.KeyHash { return config.HashKey(Key(partner)) },
}).Parse(channel))

// Place is where a demo keeps its data, listens, and how it logs.
type Place struct {
	Dir    string
	Listen config.Listen
	Log    config.Log
}

// Reference is the folder of its reference data.
func (p Place) Reference() string { return filepath.Join(p.Dir, "reference") }

// File is its configuration.
func (p Place) File() string { return filepath.Join(p.Dir, "sellthrough.yaml") }

// YAML is the configuration of the channel at a place: all partners with their keys, and all feeds.
func YAML(p Place) []byte {
	var b bytes.Buffer
	err := channelYAML.Execute(&b, map[string]any{
		"Data": strconv.Quote(p.Dir), "API": strconv.Quote(p.Listen.API), "Admin": strconv.Quote(p.Listen.Admin), "Reference": strconv.Quote(p.Reference()),
		"Level": p.Log.Level, "Format": p.Log.Format, "Partners": world.Partners, "Units": ownUnits(),
	})
	if err != nil {
		panic(err) // embedded template, into memory
	}
	return b.Bytes()
}

// unit is one of the vendor's own, in the configuration.
type unit struct {
	ID    string
	Goods []goods
}

// goods is a feed of what came to a unit, or left it.
type goods struct{ ID, Partner, Kind string }

func ownUnits() []unit {
	var out []unit
	for _, i := range world.Units {
		u := unit{ID: world.Partners[i].ID}
		for _, f := range reports.Feeds {
			if f.Partner == i && (f.Kind == sellthrough.Transfers || f.Kind == sellthrough.Shipments) {
				u.Goods = append(u.Goods, goods{f.ID, u.ID, string(f.Kind)})
			}
		}
		out = append(out, u)
	}
	return out
}

// Config writes the configuration of the channel into its place and loads it.
func Config(p Place) (*config.Config, error) {
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	if err := os.WriteFile(p.File(), YAML(p), 0o644); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return config.Load(p.File())
}

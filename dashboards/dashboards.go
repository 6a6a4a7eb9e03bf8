// Package dashboards holds the boards: Grafana's files in English and 中文, which are the only definition of what is shown.
// Grafana gets them by provisioning, and the built-in page renders the same files. They are written from boards/*.yaml and
// the numbers by `go generate ./dashboards`.
package dashboards

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
)

//go:generate go run ./generate -dir grafana

//go:embed grafana/en/*.json grafana/zh/*.json
var grafana embed.FS

// Board is one board as Grafana reads it.
type Board struct {
	UID   string // the same in every language
	Title string
	JSON  []byte
}

// Boards are all boards in a language, "en" or "zh".
func Boards(lang string) ([]Board, error) {
	files := Files()
	names, err := fs.Glob(files, lang+"/*.json")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("dashboards: there are no boards in %q: %w", lang, err)
	}
	var out []Board
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("dashboards: %w", err)
		}
		var head struct{ UID, Title string }
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, fmt.Errorf("dashboards: %s: %w", name, err)
		}
		out = append(out, Board{UID: head.UID, Title: head.Title, JSON: text})
	}
	return out, nil
}

// Files are the boards as en/*.json and zh/*.json for a reader that holds one language at a time. Grafana holds both, and
// wants a name of its own for each, channel and channel-zh; here both are channel, so that a link is the same in every
// language.
func Files() fs.FS { return oneName{grafana} }

type oneName struct{ embed.FS }

var suffixed = regexp.MustCompile(`("uid": "|/d/)([a-z]+)-zh\b`)

// Open opens below grafana.
func (f oneName) Open(name string) (fs.File, error) { return f.FS.Open(path.Join("grafana", name)) }

// ReadDir reads below grafana.
func (f oneName) ReadDir(name string) ([]fs.DirEntry, error) {
	return f.FS.ReadDir(path.Join("grafana", name))
}

// ReadFile gives a board under its one name.
func (f oneName) ReadFile(name string) ([]byte, error) {
	text, err := f.FS.ReadFile(path.Join("grafana", name))
	return suffixed.ReplaceAll(text, []byte("$1$2")), err
}

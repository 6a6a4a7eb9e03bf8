package config

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"gopkg.in/yaml.v3"

	"sellthrough"
)

// Mapping is the version of how the feed reads a body: the first 12 digits of the sha-256 of text, which is everything that
// the reading depends on, as YAML, without what is not set. A receipt names the version that read its body.
func (f *Feed) Mapping() (version, text string) {
	var n yaml.Node
	originals := f.Originals
	if originals == "replace" { // as if nothing were said
		originals = ""
	}
	err := n.Encode(struct {
		Kind      sellthrough.FeedKind `yaml:"kind"`
		Format    Format               `yaml:"format"`
		Columns   Columns              `yaml:"columns"`
		Numbers   Numbers              `yaml:"numbers"`
		Identity  Identity             `yaml:"identity"`
		Coverage  Coverage             `yaml:"coverage"`
		Equal     string               `yaml:"equal_rows_across_files"`
		Originals string               `yaml:"originals"`
		Tax       string               `yaml:"tax"`
		PackUnits []string             `yaml:"pack_units"`
		Currency  string               `yaml:"currency"`
	}{f.Kind, f.Format, f.Columns, f.Numbers, f.Identity, f.Coverage, string(f.EqualRows), originals, f.Tax, f.PackUnits, f.Currency})
	if err != nil {
		panic(err) // texts, numbers and lists of them only
	}
	prune(&n)
	out, err := yaml.Marshal(&n)
	if err != nil {
		panic(err) // it was encoded a moment ago
	}
	sum := sha256.Sum256(out)
	return hex.EncodeToString(sum[:6]), string(out)
}

// Reading is a column of a feed's files, and what it is read as.
type Reading struct{ Column, As string }

// Reads are the columns that a feed reads, each once.
func (f *Feed) Reads() []Reading {
	var out []Reading
	add := func(column, as string) {
		if column != "" && !slices.ContainsFunc(out, func(r Reading) bool { return r.Column == column }) {
			out = append(out, Reading{column, as})
		}
	}
	for _, s := range f.Columns.sources() {
		add(s.Column, s.name)
	}
	add(f.Columns.Amount.Price, "price")
	for _, c := range f.Identity.LineKey {
		add(c, "line_key")
	}
	return out
}

// prune takes out of a mapping what is not set, so that a setting that is added to the program later changes no version.
func prune(n *yaml.Node) (empty bool) {
	switch n.Kind {
	case yaml.MappingNode:
		kept := n.Content[:0]
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !prune(n.Content[i+1]) {
				kept = append(kept, n.Content[i], n.Content[i+1])
			}
		}
		n.Content = kept
		return len(kept) == 0
	case yaml.SequenceNode:
		return len(n.Content) == 0
	case yaml.ScalarNode:
		return n.Value == "" || n.Tag == "!!null" || n.Tag == "!!bool" && n.Value == "false" || (n.Tag == "!!int" || n.Tag == "!!float") && n.Value == "0"
	}
	return false
}

package onboard

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"sellthrough"
	"sellthrough/ingest/format/encoding"
)

// YAML writes the feed as the configuration reads it: an entry of its list feeds. It fails while a question is open, and
// names them.
func (p *Proposal) YAML(feed sellthrough.FeedID, partner sellthrough.PartnerID) (string, error) {
	if p.unreadable && len(p.Questions) == 0 {
		return "", errors.New(strings.Join(append([]string{"there is nothing to configure"}, p.Notes...), "; "))
	}
	if !p.Ready() {
		var open []string
		for _, q := range p.Questions {
			open = append(open, q.ID)
		}
		return "", fmt.Errorf("questions are open: %s; answer them first", strings.Join(open, ", "))
	}
	for _, id := range []string{"item", "qty"} {
		if p.Mapped[id].Column == "" {
			return "", fmt.Errorf("no column was found for %s; %s", id, strings.Join(p.Notes, "; "))
		}
	}
	if p.Mapped["at"].Column == "" && p.Mapped["business_date"].Column == "" {
		return "", fmt.Errorf("no column was found for the day; %s", strings.Join(p.Notes, "; "))
	}
	f := object()
	f.set("id", text(string(feed)))
	f.set("partner", text(string(partner)))
	f.set("kind", text(string(p.Kind)))
	f.set("format", p.formatNode())
	f.set("columns", p.columnsNode())
	if c := p.Numbers; c.Point == "," || c.Grouping != "" {
		n := flow()
		n.set("point", text(c.Point))
		if c.Grouping != "" {
			n.set("grouping", text(c.Grouping))
		}
		f.set("numbers", n)
	}
	if p.Kind == sellthrough.Sales {
		n := object()
		n.set("scope", text(string(p.Identity.Scope)))
		if len(p.Identity.LineKey) > 0 {
			n.set("line_key", list(p.Identity.LineKey))
		}
		f.set("identity", n)
	}
	if p.Coverage.Kind != sellthrough.CoverNone && p.Coverage.Kind != "" {
		n := object()
		n.set("kind", text(string(p.Coverage.Kind)))
		if p.Coverage.FileName != "" {
			n.set("file_name", text(p.Coverage.FileName))
		}
		f.set("coverage", n)
	}
	if p.EqualRows != "" {
		f.set("equal_rows_across_files", text(string(p.EqualRows)))
	}
	if p.Tax == "included" {
		f.set("tax", text(p.Tax))
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	err := e.Encode(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{(*yaml.Node)(f)}})
	return out.String(), err
}

// formatNode is the syntax, with what differs from a plain file alone.
func (p *Proposal) formatNode() *node {
	n := object()
	if t := p.Format.Type; t != "csv" {
		n.set("type", text(t))
	}
	if p.Format.Type == "csv" {
		switch d := p.Format.Delimiter.Byte; d {
		case ',':
		case '\t':
			n.set("delimiter", text("tab"))
		default:
			n.set("delimiter", text(string(rune(d))))
		}
	}
	if e := p.Format.Encoding.Encoding; e != encoding.UTF8 && e != encoding.Auto {
		n.set("encoding", text(string(e)))
	}
	if len(p.Format.Sheets) > 1 {
		n.set("sheet", text(p.Format.Sheet))
	}
	if p.Layout.Headless {
		n.set("header", list(p.Layout.Columns))
	}
	l := object()
	layout := &p.Layout.Layout
	if layout.HeaderRows > 1 {
		l.set("header_rows", &node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(layout.HeaderRows)})
	}
	if layout.BlankTotal {
		l.set("blank_total", &node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
	}
	if u := layout.Unpivot; u.Name != "" {
		n := object()
		n.set("name", text(u.Name))
		if u.Value != "" {
			n.set("value", text(u.Value))
		}
		n.set("keep", list(u.Keep))
		if len(u.Ignore) > 0 {
			n.set("ignore", list(u.Ignore))
		}
		l.set("unpivot", n)
	}
	n.set("layout", l)
	return n
}

// order of the columns in the file.
var order = []string{"document", "location", "counterparty", "customer", "item", "serial", "unit", "qty", "amount", "currency", "kind", "level", "version", "at", "business_date"}

// always are those whose empty cells need no leave.
var always = map[string]bool{"counterparty": true, "customer": true, "serial": true, "item": true, "qty": true, "at": true, "business_date": true}

func (p *Proposal) columnsNode() *node {
	n := object()
	for _, id := range order {
		s, ok := p.Mapped[id]
		if !ok {
			continue
		}
		m := flow()
		switch {
		case s.Price:
			m.set("price", text(s.Column))
		case s.Column != "":
			m.set("column", text(s.Column))
		case s.Constant != "":
			m.set("constant", text(s.Constant))
		}
		if s.Optional && !always[id] {
			m.set("optional", &node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		}
		if len(s.Layouts) > 0 {
			m.set("layouts", list(s.Layouts))
		}
		if s.Form != "" {
			m.set("form", text(s.Form))
		}
		if s.Zone != "" {
			m.set("zone", text(s.Zone))
		}
		if len(s.Values) > 0 {
			v := flow()
			for _, k := range slices.Sorted(maps.Keys(s.Values)) {
				v.set(k, text(s.Values[k]))
			}
			m.set("values", v)
		}
		if s.Negative != "" {
			m.set("negative", text(s.Negative))
		}
		if len(m.Content) == 2 && s.Column != "" && !s.Price {
			m = text(s.Column)
		}
		n.set(id, m)
	}
	return n
}

// node is a piece of YAML.
type node yaml.Node

func object() *node { return &node{Kind: yaml.MappingNode} }

// flow is an object on one line.
func flow() *node { return &node{Kind: yaml.MappingNode, Style: yaml.FlowStyle} }

func text(s string) *node {
	var n yaml.Node
	n.SetString(s)
	return (*node)(&n)
}

func list(items []string) *node {
	n := &node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range items {
		n.Content = append(n.Content, (*yaml.Node)(text(s)))
	}
	return n
}

// set adds a pair; an object with nothing in it is left out.
func (n *node) set(key string, value *node) {
	if value.Kind == yaml.MappingNode && len(value.Content) == 0 {
		return
	}
	n.Content = append(n.Content, (*yaml.Node)(text(key)), (*yaml.Node)(value))
}

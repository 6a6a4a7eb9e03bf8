package xml

import (
	"slices"
	"strings"
)

// Name is a name in its namespace.
type Name struct{ Space, Local string }

// Attr is an attribute. One without a prefix is in no namespace.
type Attr struct {
	Name
	Value string
}

// Node is an element of a record. It holds until the next one is read; Clone one that is to stay.
type Node struct {
	Name
	Attrs []Attr
	Text  string // its own, without the blanks around
	Nodes []*Node

	from, to int // of its text among that of the record
}

// Clone copies a tree.
func (n *Node) Clone() *Node {
	c := &Node{Name: n.Name, Attrs: slices.Clone(n.Attrs), Text: n.Text}
	for _, below := range n.Nodes {
		c.Nodes = append(c.Nodes, below.Clone())
	}
	return c
}

// In gives the first child with this name in the namespaces of the document: that of the node itself, or none.
func (n *Node) In(local string) *Node {
	for _, c := range n.Nodes {
		if c.Local == local && (c.Space == n.Space || c.Space == "") {
			return c
		}
	}
	return nil
}

// All gives the children with this name.
func (n *Node) All(local string) (out []*Node) {
	if n == nil {
		return nil
	}
	for _, c := range n.Nodes {
		if c.Local == local && (c.Space == n.Space || c.Space == "") {
			out = append(out, c)
		}
	}
	return out
}

// At follows a path of names, "a/b/c", through first children. It is nil where there is none.
func (n *Node) At(path string) *Node {
	for n != nil && path != "" {
		var name string
		name, path, _ = strings.Cut(path, "/")
		n = n.In(name)
	}
	return n
}

// Value is the text at the first of the paths where there is some; nil where there is none.
func (n *Node) Value(paths ...string) []byte {
	for _, p := range paths {
		if at := n.At(p); at != nil && at.Text != "" {
			return []byte(at.Text)
		}
	}
	return nil
}

// Attr is the value of an attribute without a namespace, or empty.
func (n *Node) Attr(local string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attrs {
		if a.Local == local && a.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Flag reads an attribute as XML Schema's boolean; ok is false where it is neither true nor false.
func (n *Node) Flag(local string) (set, ok bool) {
	switch strings.TrimSpace(n.Attr(local)) {
	case "true", "1":
		return true, true
	case "", "false", "0":
		return false, true
	}
	return false, false
}

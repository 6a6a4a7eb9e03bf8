package xml

import (
	"errors"
	"io"
	"strings"
)

// errToken says that a token is too long.
var errToken = errors.New("token above the limit")

// source gives bytes one by one, so that the decoder reads no further than the token it is asked for, and counts them.
type source struct {
	src      io.Reader
	buf      []byte
	pos, end int
	err      error
	left     int // bytes that the token may still have; negative: any
}

func newSource(src io.Reader) *source {
	return &source{src: src, buf: make([]byte, 32<<10)}
}

// ReadByte gives the next byte.
func (s *source) ReadByte() (byte, error) {
	if s.left == 0 {
		return 0, errToken
	}
	s.left--
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	c := s.buf[s.pos]
	s.pos++
	return c, nil
}

// Read gives what is at hand.
func (s *source) Read(p []byte) (int, error) {
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.pos:s.end])
	s.pos += n
	return n, nil
}

func (s *source) fill() error {
	s.pos, s.end = 0, 0
	for idle := 0; s.end == 0; idle++ {
		if s.err != nil {
			return s.err
		}
		if idle == 100 {
			s.err = io.ErrNoProgress
			return s.err
		}
		s.end, s.err = s.src.Read(s.buf)
	}
	return nil
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

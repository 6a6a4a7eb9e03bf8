package question

import (
	"fmt"
	"strings"
)

type kind uint8

const (
	word   kind = iota // a bare word that does not begin with a digit
	quoted             // a quoted identifier
	number
	text // a string
	sign // one character
)

// token is a piece of SQL. The name is in lower case; a string has none.
type token struct {
	kind kind
	name string
}

func (t token) is(s string) bool { return t.kind == sign && t.name == s }

// lex splits a text as ClickHouse does. What ClickHouse reads in an unusual way is refused, so that nothing can be a
// comment or a string here and code there: outside quotes there are printable ASCII characters only, without dollar
// (here documents), hash (comments), backslash, and strings that touch a word (x'…' has no escapes).
func lex(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case strings.IndexByte(" \t\n\r\v\f", c) >= 0:
			i++
		case c == '-' && strings.HasPrefix(s[i:], "--"):
			n, err := lineComment(s[i:])
			if err != nil {
				return nil, err
			}
			i += n
		case c == '/' && strings.HasPrefix(s[i:], "/*"):
			end := strings.Index(s[i+2:], "*/")
			if end < 0 {
				return nil, fmt.Errorf("a comment is not closed")
			}
			i += 2 + end + 2
		case c == '/' && strings.HasPrefix(s[i:], "//"):
			return nil, fmt.Errorf("// is not understood; write a comment as /* … */")
		case c == '\'' || c == '"' || c == '`':
			if c == '\'' && i > 0 && isWord(s[i-1]) {
				return nil, fmt.Errorf("a string touches the word before it; put a space between them")
			}
			n, err := quote(s[i:])
			if err != nil {
				return nil, err
			}
			t := token{kind: text}
			if c != '\'' {
				t = token{quoted, strings.ToLower(s[i+1 : i+n-1])}
				if strings.IndexByte(t.name, '\\') >= 0 {
					return nil, fmt.Errorf("a quoted name has a backslash; write the name as it is")
				}
			}
			out = append(out, t)
			i += n
		case isWord(c):
			n := 1
			for i+n < len(s) && isWord(s[i+n]) {
				n++
			}
			k := word
			if c >= '0' && c <= '9' {
				k = number
			}
			out = append(out, token{k, strings.ToLower(s[i : i+n])})
			i += n
		case c == '$' || c == '#' || c == '\\' || c <= ' ' || c >= 0x7f:
			return nil, fmt.Errorf("the character %q is not allowed outside of quotes and comments", rune1(s[i:]))
		default:
			out = append(out, token{sign, s[i : i+1]})
			i++
		}
	}
	return out, nil
}

// lineComment is the length of a comment up to the end of its line.
func lineComment(s string) (int, error) {
	end := strings.IndexByte(s, '\n')
	if end < 0 {
		end = len(s)
	}
	// A lone carriage return might end a line elsewhere, and a zero the text.
	if strings.IndexByte(strings.TrimSuffix(s[:end], "\r"), '\r') >= 0 || strings.IndexByte(s[:end], 0) >= 0 {
		return 0, fmt.Errorf("a comment has a control character")
	}
	return end, nil
}

// quote is the length of what begins with a quote, with both quotes.
func quote(s string) (int, error) {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == 0:
			return 0, fmt.Errorf("a quoted text has a control character")
		case s[i] == '\\':
			i++
		case s[i] == q && i+1 < len(s) && s[i+1] == q:
			i++
		case s[i] == q:
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("a quote %c is not closed", q)
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func rune1(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

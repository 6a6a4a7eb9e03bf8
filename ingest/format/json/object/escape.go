package object

import (
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends a string's content to scratch.
func (p *Parser) unescape(s []byte) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			p.scratch = append(p.scratch, s[i])
			continue
		}
		if i++; i == len(s) {
			return false
		}
		switch s[i] {
		case '"', '\\', '/':
			p.scratch = append(p.scratch, s[i])
		case 'b':
			p.scratch = append(p.scratch, '\b')
		case 'f':
			p.scratch = append(p.scratch, '\f')
		case 'n':
			p.scratch = append(p.scratch, '\n')
		case 'r':
			p.scratch = append(p.scratch, '\r')
		case 't':
			p.scratch = append(p.scratch, '\t')
		case 'u':
			r, ok := hex4(s[i+1:])
			if !ok {
				return false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if len(s) < i+7 || s[i+1] != '\\' || s[i+2] != 'u' {
					return false
				}
				low, ok := hex4(s[i+3:])
				if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
					return false
				}
				i += 6
			}
			p.scratch = utf8.AppendRune(p.scratch, r)
		default:
			return false
		}
	}
	return true
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

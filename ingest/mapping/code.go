package mapping

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// maxCode is the bytes of a code. A document number or item code is short; what is longer is text in a wrong column,
// and would swell every block.
const maxCode = 512

// trim takes blanks off both ends, and ="…" as spreadsheets write codes.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && b[0] > ' ' && b[0] < 0x80 && b[0] != '=' && b[n-1] > ' ' && b[n-1] < 0x80 {
		return b
	}
	b = trimSpace(b)
	if n := len(b); n >= 3 && b[0] == '=' && b[1] == '"' && b[n-1] == '"' && bytes.IndexByte(b[2:n-1], '"') < 0 {
		b = trimSpace(b[2 : n-1])
	}
	return b
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if !space(r) {
			break
		}
		b = b[n:]
	}
	for len(b) > 0 {
		r, n := utf8.DecodeLastRune(b)
		if !space(r) {
			break
		}
		b = b[:len(b)-n]
	}
	return b
}

// code brings an identifier into its form, or says why it can't be one.
func code(b []byte) ([]byte, string) {
	if plain(b) {
		return b, ""
	}
	b = trim(b)
	if len(b) > maxCode {
		return nil, "this is longer than 512 bytes; a code is short, so look at the column"
	}
	plus := false
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return nil, "it holds a control character; write the code as plain text on one line"
		}
		plus = plus || c == '+'
	}
	if plus && exponent(b) {
		return nil, "a spreadsheet has shortened this code to a number with an exponent, and its digits are lost; format the column as text and export again"
	}
	return b, ""
}

// plain asks whether a cell is a short code that needs nothing done, as nearly every one is: printable ASCII without blanks
// around it, without the = of a formula and the + of an exponent.
func plain(b []byte) bool {
	if len(b) == 0 || len(b) > 64 || b[0] == '=' || b[0] == ' ' || b[len(b)-1] == ' ' {
		return false
	}
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if odd(binary.LittleEndian.Uint64(b[i:])) {
			return false
		}
	}
	rest := len(b) - i
	if rest > 0 && cap(b)-i >= 8 { // what lies behind the cell is not looked at
		keep := uint64(1)<<(8*rest) - 1
		return !odd(binary.LittleEndian.Uint64(b[i:i+8])&keep | '0'*ones&^keep)
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < ' ' || c >= 0x7F || c == '+' {
			return false
		}
	}
	return true
}

const ones = 0x0101010101010101

// odd asks whether one of eight bytes is below the blank, above the tilde, or a plus.
func odd(x uint64) bool {
	const highs = 0x8080808080808080
	plus := x ^ '+'*ones
	return (x|(x-' '*ones)|(x+ones)|((plus-ones)&^plus))&highs != 0
}

// exponent asks whether b looks like 6.90123E+12.
func exponent(b []byte) bool {
	i, digits := 0, 0
	for ; i < len(b) && (b[i] >= '0' && b[i] <= '9' || digits == 1 && (b[i] == '.' || b[i] == ',')); i++ {
		digits++
	}
	if digits == 0 || i+2 >= len(b) || b[i] != 'E' && b[i] != 'e' || b[i+1] != '+' {
		return false
	}
	for _, c := range b[i+2:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

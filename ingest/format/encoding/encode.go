package encoding

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Encode brings text as a Reader gives it back into the encoding. A piece that was Undecodable stays one. Its error names a
// character that the encoding has not.
func (e Encoding) Encode(text []byte) ([]byte, error) {
	coding := e.coding()
	if coding == nil {
		return text, nil
	}
	enc := coding.NewEncoder()
	var out []byte
	for {
		piece, rest, bad := bytes.Cut(text, []byte{Undecodable})
		coded, err := enc.Bytes(piece)
		if err != nil {
			return nil, fmt.Errorf("%q can't be written in %s", string(e.lacks(piece)), e)
		}
		out = append(out, coded...)
		if !bad {
			return out, nil
		}
		out = append(out, e.broken()...)
		text = rest
	}
}

// lacks is the first character of a piece that the encoding has not.
func (e Encoding) lacks(piece []byte) rune {
	for len(piece) > 0 {
		r, n := utf8.DecodeRune(piece)
		if _, err := e.coding().NewEncoder().Bytes(piece[:n]); err != nil {
			return r
		}
		piece = piece[n:]
	}
	return utf8.RuneError
}

// broken are bytes that are no text in the encoding.
func (e Encoding) broken() []byte {
	switch e {
	case UTF16LE:
		return []byte{0x00, 0xD8}
	case UTF16BE:
		return []byte{0xD8, 0x00}
	}
	return []byte{0xFF}
}

// Mark is the byte order mark of the encoding; legacy ones have none.
func (e Encoding) Mark() []byte {
	switch e {
	case UTF8:
		return []byte("\xEF\xBB\xBF")
	case UTF16LE:
		return []byte("\xFF\xFE")
	case UTF16BE:
		return []byte("\xFE\xFF")
	}
	return nil
}

package encoding

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Guess is what the bytes say about their encoding.
type Guess struct {
	Encoding Encoding   // the best reading; UTF8 where everything is ASCII
	Mark     int        // bytes of a byte order mark at the beginning
	Certain  bool       // no other reading is left
	ASCII    bool       // nothing but ASCII was seen: it would be the same in nearly every encoding
	Others   []Encoding // readings that are also possible, best first; one of them and Encoding is a question
	Evidence string     // a sentence for people
}

// Detect tells the encoding of a body from a piece of it that begins at its beginning. A character that is cut at the
// end of the piece is no fault. Detect is pure; candidates restricts the legacy encodings that are thought of, and none
// means all.
func Detect(sample []byte, candidates ...Encoding) Guess {
	if e, n := mark(sample); n > 0 {
		return Guess{Encoding: e, Mark: n, Certain: true, Evidence: fmt.Sprintf("the body begins with the byte order mark of %s", e)}
	}
	if e, text := wide(sample); e != Auto {
		return Guess{Encoding: e, Certain: true, Evidence: text}
	}
	at := firstHigh(sample)
	if at < 0 {
		return Guess{Encoding: UTF8, ASCII: true, Certain: true, Evidence: fmt.Sprintf("all %d bytes are ASCII, which every encoding here but UTF-16 writes alike", len(sample))}
	}
	return judge(sample[at:], int64(at), candidates)
}

// judge tells the encoding of text that begins with a byte outside ASCII, which is at the given place of the body.
func judge(text []byte, at int64, candidates []Encoding) Guess {
	switch good, bad := strict(text); {
	case good > 0 && bad == 0:
		return Guess{Encoding: UTF8, Certain: true, Evidence: fmt.Sprintf("all %d characters outside ASCII are strict UTF-8, the first at byte %d", good, at)}
	case good >= 9*bad && good > 0: // no other encoding looks so by chance: a few rows are broken
		return Guess{Encoding: UTF8, Certain: true, Evidence: fmt.Sprintf("%d characters outside ASCII are strict UTF-8 and %d bytes are broken, the first at byte %d", good, bad, at)}
	}
	return weigh(text, at, candidates)
}

// wide looks for UTF-16 without a mark: the NULs of its ASCII characters, digits and delimiters among them, stand at
// bytes of one parity; a few on the other side are characters like U+9500.
func wide(sample []byte) (Encoding, string) {
	sample = sample[:min(len(sample), 64<<10)&^1]
	var nul [2]int
	for i, c := range sample {
		if c == 0 {
			nul[i&1]++
		}
	}
	units := len(sample) / 2
	for parity, e := range []Encoding{UTF16BE, UTF16LE} {
		if n := nul[parity]; n >= 2 && n*20 >= units && nul[1-parity]*4 <= n {
			return e, fmt.Sprintf("%d of the first %d pairs of bytes have a NUL on the same side, as %s writes ASCII", n, units, e)
		}
	}
	return Auto, ""
}

// firstHigh is where the first byte outside ASCII is, or −1.
func firstHigh(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if m := binary.LittleEndian.Uint64(b[i:]) & 0x8080808080808080; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

// strict counts the characters outside ASCII of b that are UTF-8, and the bytes that are not; a character that is cut at
// the end is neither.
func strict(b []byte) (good, bad int) {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1 && !utf8.FullRune(b):
			return good, bad
		case r == utf8.RuneError && size == 1:
			bad++
		case r >= utf8.RuneSelf:
			good++
		}
		b = b[size:]
	}
	return good, bad
}

// otherwise says why a text is surely UTF-8 and not of the encoding that a feed names, or "". A Chinese character of two bytes
// may be one of UTF-8 by chance; two of three bytes, and none that is broken, are not.
func otherwise(b []byte, e Encoding) string {
	if e == UTF8 || e == UTF16LE || e == UTF16BE {
		return ""
	}
	good, bad := strict(b)
	wide := 0
	for i := 0; i+2 < len(b) && wide < 2; i++ {
		if b[i] >= 0xE0 && b[i] < 0xF8 {
			if _, n := utf8.DecodeRune(b[i:]); n >= 3 {
				wide++
				i += n - 1
			}
		}
	}
	if bad > 0 || good < 2 || wide < 2 && e != Windows1252 {
		return ""
	}
	return fmt.Sprintf("all %d of the first characters outside ASCII are strict UTF-8", good)
}

// score is how well a text would fit an encoding.
type score struct {
	encoding Encoding
	pieces   int // characters outside ASCII, or undecodable pieces
	bad      int // of them, undecodable
	common   int // of them in per mille, those that are frequent in texts of that encoding
}

const (
	plausible = 450 // per mille of common characters
	apart     = 200 // by which the best has to lead
	halfWidth = 550 // what a half-width kana counts
)

// tolerated are the undecodable pieces that are broken rows, and not another encoding.
func tolerated(pieces int) int {
	if pieces < 10 {
		return 0
	}
	return 1 + pieces/50
}

// weigh chooses among the legacy encodings.
func weigh(text []byte, at int64, candidates []Encoding) Guess {
	var scores []score
	for _, e := range legacy() {
		if len(candidates) > 0 && !slices.Contains(candidates, e) {
			continue
		}
		if s := fit(e, text); s.pieces > 0 && s.bad <= tolerated(s.pieces) && (s.common >= plausible || len(candidates) == 1) {
			scores = append(scores, s)
		}
	}
	slices.SortStableFunc(scores, func(a, b score) int { return b.common - a.common })
	where := fmt.Sprintf("the first byte outside ASCII is at %d and the text is not UTF-8", at)
	if len(scores) == 0 {
		return Guess{Encoding: UTF8, Evidence: where + "; it fits none of " + names(legacy()) + " either"}
	}
	best := scores[0]
	g := Guess{Encoding: best.encoding, Certain: true}
	g.Evidence = fmt.Sprintf("%s; as %s, %d %% of its %d characters are common ones", where, best.encoding, best.common/10, best.pieces)
	for _, s := range scores[1:] {
		if best.common-s.common < apart {
			g.Certain = false
			g.Others = append(g.Others, s.encoding)
			g.Evidence += fmt.Sprintf(", as %s %d %%", s.encoding, s.common/10)
		}
	}
	return g
}

// fit reads b, which begins with a byte outside ASCII, as e would.
func fit(e Encoding, b []byte) score {
	s := score{encoding: e}
	common := 0
	for i := 0; i < len(b); {
		c := b[i]
		if c < 0x80 {
			i++
			continue
		}
		var n, weight int
		switch e {
		case GB18030:
			n, weight = gb(b[i:])
		case Big5:
			n, weight = big5(b[i:])
		case ShiftJIS:
			n, weight = sjis(b[i:])
		default:
			n, weight = latin(b, i)
		}
		if n > len(b)-i { // cut at the end
			break
		}
		s.pieces++
		common += weight
		if n == 0 {
			s.bad++
			n = 1
		}
		i += n
	}
	if s.pieces > 0 {
		s.common = common / s.pieces
	}
	if e == ShiftJIS && s.bad == 0 && common == s.pieces*halfWidth { // nothing but half-width kana: short texts of others look so
		s.common = 950
	}
	return s
}

// The functions below give the length of the character that b begins with, 0 for none, and more than len(b) where it is
// cut; and how common it is, in per mille. They go by the rows of the character sets, which were ordered by frequency.

// gb: rows 16–55 of GB 2312 are its 3755 frequent characters; rows 1–3 are punctuation and full-width forms.
func gb(b []byte) (int, int) {
	switch {
	case b[0] == 0x80: // the euro sign of code page 936
		return 1, 0
	case b[0] == 0xFF:
		return 0, 0
	case len(b) < 2:
		return 2, 0
	}
	switch t := b[1]; {
	case t >= 0x30 && t <= 0x39:
		if len(b) < 4 {
			return 4, 0
		}
		if b[2] < 0x81 || b[2] == 0xFF || b[3] < 0x30 || b[3] > 0x39 {
			return 0, 0
		}
		return 4, 300
	case t < 0x40 || t == 0x7F || t == 0xFF:
		return 0, 0
	case t >= 0xA1 && (b[0] >= 0xB0 && b[0] <= 0xD7 || b[0] >= 0xA1 && b[0] <= 0xA3):
		return 2, 1000
	case t >= 0xA1 && b[0] > 0xD7 && b[0] <= 0xF7:
		return 2, 500
	}
	return 2, 0
}

// big5: leads A4–C6 are its 5401 frequent characters, by strokes, the last of them rarer; A1–A3 are punctuation.
func big5(b []byte) (int, int) {
	if b[0] < 0x81 || b[0] == 0xFF {
		return 0, 0
	}
	if len(b) < 2 {
		return 2, 0
	}
	t := b[1]
	switch {
	case t < 0x40 || t > 0x7E && t < 0xA1 || t == 0xFF:
		return 0, 0
	case b[0] >= 0xA1 && b[0] < 0xBE:
		return 2, 1000
	case b[0] >= 0xBE && b[0] <= 0xC6:
		return 2, 700
	case b[0] >= 0xC9 && b[0] <= 0xF9:
		return 2, 100
	}
	return 2, 0
}

// sjis: kana and punctuation at leads 81–83, level one kanji at 88–97. A half-width kana is one byte, which says little.
func sjis(b []byte) (int, int) {
	switch {
	case b[0] >= 0xA1 && b[0] <= 0xDF:
		return 1, halfWidth
	case b[0] == 0x80 || b[0] == 0xA0 || b[0] > 0xFC:
		return 0, 0
	case len(b) < 2:
		return 2, 0
	case b[1] < 0x40 || b[1] == 0x7F || b[1] > 0xFC:
		return 0, 0
	case b[0] <= 0x83 || b[0] >= 0x88 && b[0] <= 0x97:
		return 2, 1000
	case b[0] >= 0x98 && b[0] <= 0x9F:
		return 2, 300
	}
	return 2, 0
}

var (
	latinSigns     = []byte("\x80\x82\x84\x85\x91\x92\x93\x94\x95\x96\x97\x99\xA0\xA3\xA7\xA9\xAB\xAE\xB0\xB2\xB4\xB7\xBB\xBC\xBD\xBE\xBF\xA1")
	latinUndefined = []byte("\x81\x8D\x8F\x90\x9D")
)

// latin: an accented letter stands among plain ones; a run of them is another encoding.
func latin(b []byte, i int) (int, int) {
	c := b[i]
	near := func(j int) bool { return j >= 0 && j < len(b) && (b[j]|0x20) >= 'a' && (b[j]|0x20) <= 'z' }
	foreign := func(j int) bool { return j >= 0 && j < len(b) && b[j] >= 0xC0 }
	switch {
	case bytes.IndexByte(latinUndefined, c) >= 0:
		return 0, 0
	case c >= 0xC0 && c != 0xD7 && c != 0xF7 && (near(i-1) || near(i+1)):
		if foreign(i-1) && foreign(i+1) {
			return 1, 200
		}
		return 1, 1000
	case bytes.IndexByte(latinSigns, c) >= 0 && !foreign(i-1) && !foreign(i+1):
		return 1, 800
	}
	return 1, 0
}

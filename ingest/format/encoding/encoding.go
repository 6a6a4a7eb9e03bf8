// Package encoding brings text in the encodings that partners use into UTF-8, as a stream.
//
// What the feed configures is what is read, but for a body that is surely UTF-8: that is refused, for nearly all of it would
// also be text of GB18030. Where it configures nothing, the bytes decide, in this order: a byte order
// mark; the pattern of NULs that UTF-16 without a mark has; strict UTF-8; and only then the legacy encodings, by how
// much of the text would be common in each of them. The evidence is looked for late: a body may begin with a megabyte
// of ASCII, which is the same in all of them, so nothing is decided before the first byte that tells. Where two legacy
// encodings remain possible the body is refused and both are named; it is never guessed.
//
// Bytes that are no text in the encoding come out as Undecodable, which no UTF-8 text holds, so that the reader of
// rows behind refuses the row they stand in and goes on. The decoders of golang.org/x/text never fail; without this a
// broken byte would pass as U+FFFD and a code would silently be another one.
package encoding

import (
	"fmt"
	"slices"
	"strings"

	xencoding "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how text is written in bytes, by the name a configuration has for it.
type Encoding string

// The encodings. GBK and GB2312 are read as GB18030, of which they are a part: a GBK decoder reads the characters that
// only GB18030 has as others, without an error.
const (
	Auto        Encoding = "" // the bytes decide
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	GB18030     Encoding = "gb18030"
	Big5        Encoding = "big5"
	ShiftJIS    Encoding = "shift-jis"
	Windows1252 Encoding = "windows-1252"
)

// Undecodable stands for every piece of the body that is no text in its encoding. No UTF-8 text holds this byte.
const Undecodable = 0xFF

// All lists the encodings.
func All() []Encoding {
	return []Encoding{UTF8, UTF16LE, UTF16BE, GB18030, Big5, ShiftJIS, Windows1252}
}

// legacy are those that only the frequency of characters tells apart.
func legacy() []Encoding { return []Encoding{GB18030, Big5, ShiftJIS, Windows1252} }

var aliases = map[string]Encoding{
	"": Auto, "auto": Auto,
	"utf8": UTF8, "utf-8-sig": UTF8, "utf-8-bom": UTF8, "ascii": UTF8, "us-ascii": UTF8,
	"utf16le": UTF16LE, "utf16be": UTF16BE,
	"gbk": GB18030, "gb2312": GB18030, "cp936": GB18030, "windows-936": GB18030,
	"big-5": Big5, "cp950": Big5,
	"sjis": ShiftJIS, "shift_jis": ShiftJIS, "shiftjis": ShiftJIS, "cp932": ShiftJIS, "windows-31j": ShiftJIS,
	"cp1252": Windows1252, "latin1": Windows1252, "iso-8859-1": Windows1252,
}

// Parse reads the name of an encoding, with the other names it goes by.
func Parse(name string) (Encoding, error) {
	n := strings.ToLower(strings.TrimSpace(name))
	if e := Encoding(n); slices.Contains(All(), e) {
		return e, nil
	}
	if e, ok := aliases[n]; ok {
		return e, nil
	}
	return "", fmt.Errorf("encoding %q is not known; write one of %s, or leave it out to let the bytes decide", name, names(All()))
}

func names(es []Encoding) string {
	var out []string
	for _, e := range es {
		out = append(out, string(e))
	}
	return strings.Join(out, ", ")
}

// coding is how the encoding writes text, nil for UTF-8, which is passed on as it is.
func (e Encoding) coding() xencoding.Encoding {
	switch e {
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case GB18030:
		return simplifiedchinese.GB18030
	case Big5:
		return traditionalchinese.Big5
	case ShiftJIS:
		return japanese.ShiftJIS
	case Windows1252:
		return charmap.Windows1252
	}
	return nil
}

// mark is the byte order mark that data begins with, and what it says.
func mark(data []byte) (Encoding, int) {
	switch {
	case len(data) >= 3 && string(data[:3]) == "\xEF\xBB\xBF":
		return UTF8, 3
	case len(data) >= 2 && string(data[:2]) == "\xFF\xFE":
		return UTF16LE, 2
	case len(data) >= 2 && string(data[:2]) == "\xFE\xFF":
		return UTF16BE, 2
	}
	return Auto, 0
}

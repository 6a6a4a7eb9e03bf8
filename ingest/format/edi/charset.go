package edi

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Charset turns names into UTF-8. Codes and numbers are ASCII in all of them.
type Charset struct {
	decoder *encoding.Decoder
	ascii   bool
	iso     bool // one byte a character: UTF-8 may hide in it
	latin   bool // an alphabet whose letters outside ASCII stand alone: Chinese text may hide in it
}

var charsets = map[string]encoding.Encoding{
	"": nil, "utf-8": nil, "ascii": nil,
	"gb18030": simplifiedchinese.GB18030, "big5": traditionalchinese.Big5, "shift-jis": japanese.ShiftJIS, "windows-1252": charmap.Windows1252,
	"iso-8859-1": charmap.ISO8859_1, "iso-8859-2": charmap.ISO8859_2, "iso-8859-3": charmap.ISO8859_3, "iso-8859-4": charmap.ISO8859_4,
	"iso-8859-5": charmap.ISO8859_5, "iso-8859-6": charmap.ISO8859_6, "iso-8859-7": charmap.ISO8859_7, "iso-8859-8": charmap.ISO8859_8,
	"iso-8859-9": charmap.ISO8859_9,
}

// NewCharset finds a character set by name. "" is UTF-8.
func NewCharset(name string) (*Charset, error) {
	e, ok := charsets[name]
	if !ok {
		return nil, errors.New("the character set " + quote(name) + " is not known; write utf-8, gb18030, big5, shift-jis, windows-1252, ascii or iso-8859-1 to -9")
	}
	c := &Charset{ascii: name == "ascii", iso: strings.HasPrefix(name, "iso-")}
	c.latin = c.iso && strings.Contains("12349", name[len(name)-1:])
	if e != nil {
		c.decoder = e.NewDecoder()
	}
	return c, nil
}

// Text gives b in UTF-8, or says why it can't. It guesses nothing: text that is another character set's by its looks is refused.
func (c *Charset) Text(b []byte) ([]byte, string) {
	high := 0
	for _, x := range b {
		if x >= 0x80 {
			high++
		}
	}
	switch {
	case high == 0:
		return b, ""
	case c.ascii:
		return nil, "the interchange declares plain ASCII, but this is none; set charset in the feed's dialect"
	case c.decoder == nil:
		if !utf8.Valid(b) {
			return nil, "this is not UTF-8; set charset in the feed's dialect"
		}
		return b, ""
	}
	if c.iso {
		if reason := foreign(b, c.latin); reason != "" {
			return nil, reason
		}
	}
	out, err := c.decoder.Bytes(b)
	if err != nil || bytes.Contains(out, []byte("\uFFFD")) {
		return nil, "this is not text of the character set; set charset in the feed's dialect"
	}
	return out, ""
}

// foreign asks whether text that is declared as ISO 8859 is surely or probably something else: UTF-8, control
// characters, or four and more letters outside ASCII in a row, as Chinese in GBK has them.
func foreign(b []byte, latin bool) string {
	const mend = "; set charset in the feed's dialect"
	if utf8.Valid(b) {
		return "the interchange declares a character set of ISO 8859, but this is UTF-8" + mend
	}
	run := 0
	for _, x := range b {
		if x >= 0x80 && x < 0xA0 {
			return "the interchange declares a character set of ISO 8859, in which this is no text" + mend
		}
		if run++; x < 0x80 {
			run = 0
		}
		if run == 4 && latin {
			return "the interchange declares a character set of ISO 8859, but this looks like Chinese in GBK" + mend + " to say which it is"
		}
	}
	return ""
}

package encoding

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// What is read in an encoding and written in it again is the same text, and what could not be read can't be read then either.
func TestTextGoesBackIntoItsEncoding(t *testing.T) {
	texts := map[Encoding]string{
		UTF8: "门店,é,1\n", UTF16LE: "门店,é,1\r\n", UTF16BE: "𠀀,1\n", GB18030: "门店编码,㐀𠀀,10\n", Big5: "門市代碼,10\n", ShiftJIS: "店舗コード,ｶﾅ,10\n", Windows1252: "Größe,€ 10\n",
	}
	for _, e := range All() {
		for _, text := range []string{texts[e], texts[e] + "a\xFFb\n"} {
			if e == Windows1252 && strings.Contains(text, "\xFF") || e == UTF8 && strings.Contains(text, "\xFF") {
				continue // every byte is a character there, and UTF-8 is passed on as it is
			}
			coded, err := e.Encode([]byte(text))
			if err != nil {
				t.Fatalf("%s: %v", e, err)
			}
			back, err := io.ReadAll(NewReader(bytes.NewReader(coded), Options{Encoding: e}))
			if err != nil || string(back) != text {
				t.Errorf("%s: %q reads back as %q, %v", e, text, back, err)
			}
		}
	}
	for e, text := range map[Encoding]string{Windows1252: "Größe 门", ShiftJIS: "ok é", Big5: "𠀀"} {
		if _, err := e.Encode([]byte(text)); err == nil || !strings.Contains(err.Error(), string(e)) {
			t.Errorf("%s takes %q: %v", e, text, err)
		}
	}
}

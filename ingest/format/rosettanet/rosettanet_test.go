package rosettanet

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"sellthrough/ingest/format/formattest"
)

func open1(t testing.TB, src io.Reader, settings string) (formattest.Reader, []string) {
	var s struct {
		Names   []string
		Dialect Dialect
	}
	if err := yaml.Unmarshal([]byte(settings), &s); err != nil {
		t.Fatal(err)
	}
	return NewReader(src, s.Names, Options{Dialect: s.Dialect}), s.Names
}

func TestMessages(t *testing.T) { formattest.Files(t, open1) }

func input(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return txtar.Parse(text).Files[1].Data
}

func TestTheBinaryEnvelopeOfVersion11IsTakenOff(t *testing.T) {
	mime := input(t, "rnif2")
	body := binary.BigEndian.AppendUint32([]byte{0, 1, 1, 0}, uint32(len(mime)))
	body = append(append(body, mime...), 0, 0, 0, 4, 1, 2, 3, 4) // and a signature
	names := []string{"item", "qty", "level"}
	o := Options{Dialect: Dialect{Levels: map[string]string{"Blocked Stock": "skip"}}}
	got, want := formattest.Show(NewReader(bytes.NewReader(body), names, o), names), formattest.Show(NewReader(bytes.NewReader(mime), names, o), names)
	if got != want || !strings.HasPrefix(got, "1 item=V-1 qty=12 level=on_hand\n") {
		t.Errorf("%s\nwant %s", got, want)
	}
}

func TestTooManyLinesBeforeTheIdentifierRefuseTheBody(t *testing.T) {
	names := []string{"document", "qty"}
	got := formattest.Show(NewReader(bytes.NewReader(input(t, "held")), names, Options{MaxHeld: 1}), names)
	if !strings.HasPrefix(got, "0 refused document") || strings.Count(got, "\n") != 1 {
		t.Error(got)
	}
}

func FuzzMessages(f *testing.F) {
	for _, name := range []string{"inventory", "sales", "rnif2", "encrypted", "held"} {
		f.Add(input(f, name))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		a := formattest.Show(NewReader(bytes.NewReader(in), Columns, Options{}), Columns)
		if b := formattest.Show(NewReader(iotest.OneByteReader(bytes.NewReader(in)), Columns, Options{}), Columns); a != b {
			t.Fatalf("%s\n%s", a, b)
		}
	})
}

// Package reports turns the days of a channel into the files that its partners send: each partner in its own layout and
// codes, at its own hours, and with the mess of real life: late files, files sent twice, corrections, refused rows, a
// filtered export, a silence. It is pure and sends nothing.
//
// A File carries beside its text what it means: which rows it says, and of which units it is the whole word. So what the
// books have to show can be told without reading a file back.
package reports

import (
	"bytes"
	"compress/gzip"
	"net/url"
	"time"

	"sellthrough"
	"sellthrough/demo/world"
)

// Row is a fact in a file.
type Row struct {
	Place, Product int32             // location and product; -1: of none
	Kind           sellthrough.Kind  // of a movement or flow
	Level          sellthrough.Level // of a stock report
	Units          int32             // signed
	Cents          int64             // signed
	Currency       string            // empty: the location's
	Day            sellthrough.Day
	Second         int32 // on the location's clock
	Doc            int32 // within the location's day
	Line           int32
	Other          string      // the other side, as the partner writes it
	Version        uint16      // of the document, where the partner has one
	Typo           bool        // its quantity can't be read: the row is refused
	More           *world.More // nil: nothing
	Implied        bool        // a level that a snapshot left out; in no file

	listing int // of a level
}

// Unit is what a file replaces as a whole: a document, what is said of one on a day, or with Doc 0 a location's day.
type Unit struct {
	Location int
	Day      sellthrough.Day
	Doc      int32
	Paper    string // of a flow: its document and kind
}

// File is a body on its day.
type File struct {
	Feed   *Feed
	Name   string
	Key    string     // Idempotency-Key: of this file alone
	Query  url.Values // the scope, where the name does not say it
	Due    time.Time  // when the partner sends it
	Stale  time.Time  // from when on a later file says it all; zero: never
	Day    sellthrough.Day
	Rows   []Row
	Covers []Unit // that it reports completely, also without a row
	Totals bool   // it ends with a row of totals, which is no line
	Held   bool   // it lacks so much that it waits for a person, and has no effect

	plan *Plan
	turn int
}

// Refused is the number of rows that can't be read.
func (f *File) Refused() int {
	n := 0
	for i := range f.Rows {
		if f.Rows[i].Typo {
			n++
		}
	}
	return n
}

// Unit of a row of the file.
func (f *File) Unit(r *Row) Unit {
	u := Unit{Location: int(r.Place), Day: r.Day}
	switch {
	case f.Feed.Kind.Flow():
		u.Paper = r.More.Document + r.Kind.String()
	case f.Feed.Document && f.Feed.Cover != Period:
		u.Doc = r.Doc
	}
	return u
}

// Text is the body before compression.
func (f *File) Text() []byte {
	b := make([]byte, 0, 64*(len(f.Rows)+2))
	b = append(b, f.Feed.header...)
	if f.Feed.header != "" {
		b = append(b, '\n')
	}
	for i := range f.Rows {
		b = append(f.Feed.write(b, f.plan, &f.Rows[i]), '\n')
	}
	if f.Totals {
		b = append(append(b, f.Feed.totals...), '\n')
	}
	return b
}

// Body is what is sent, and its Content-Encoding.
func (f *File) Body() ([]byte, string) {
	text := f.Text()
	if !f.Feed.gzip {
		return text, ""
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, err := w.Write(text)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // into memory
	}
	return z.Bytes(), "gzip"
}

// ItemCode is the partner's code of a product.
func ItemCode(partner, i int, p *world.Product) string {
	switch partner {
	case world.JadeCrane:
		return "JC" + pad(100_000+37*i, 6)
	case world.NineBridges:
		return pad(1_000_000+13*i, 7)
	case world.Lychee:
		return "LZ-" + pad(2000+3*i, 4)
	case world.Pixelwald:
		return p.GTIN
	case world.Bazaarlet:
		return "BZ" + pad(7_000_001+911*i, 8)
	case world.Tamarind:
		return "TT-" + pad(50_000+i, 5)
	}
	return p.Code
}

// CrossReferenced says whether a partner's product codes need a cross-reference.
func CrossReferenced(partner int) bool {
	switch partner {
	case world.JadeCrane, world.NineBridges, world.Lychee, world.Bazaarlet, world.Tamarind:
		return true
	}
	return false
}

// Superseded says whether a later file had said it all by an instant.
func (f *File) Superseded(at time.Time) bool { return !f.Stale.IsZero() && !f.Stale.After(at) }

package reference

import (
	"fmt"
	"strings"
	"testing"

	"sellthrough"
)

func TestCandidatesComeWithTheirReasons(t *testing.T) {
	tables := Tables{
		Products: []Product{
			{Code: "AUR-100", GTIN: "4007399434498", Name: "Aurora 100 Kopfhörer"},
			{Code: "AUR-200", GTIN: "0036000291452", Name: "Aurora 200 Kopfhörer"},
			{Code: "KETTLE", Name: "智能电水壶 1.7L"},
			{Code: "00421", Name: "Cable"},
		},
		Locations: []Location{{Code: "ACME-01", Partner: "acme", Name: "London Bridge"}, {Code: "BETA-01", Partner: "beta", Name: "London Bridge"}, {Code: "HUB"}},
		CrossReferences: []CrossReference{
			{Partner: "beta", Kind: "item", Code: "77-X", Target: "KETTLE", Units: 6 * sellthrough.One},
			{Partner: "acme", Kind: "item", Code: "A-9001", Target: "AUR-200", Units: sellthrough.One},
			{Partner: "acme", Kind: "location", Code: "S1", Target: "ACME-01", Units: sellthrough.One},
			{Partner: "acme", Kind: "item", Code: "gone", Target: "NO-MORE", Units: sellthrough.One},
		},
	}
	ok := func(u Unknown, want ...string) {
		t.Helper()
		if u.Kind == "" {
			u.Kind = "item"
		}
		u.Partner = "acme"
		var got []string
		for _, c := range Near(tables, u) {
			why := []string{}
			for _, r := range c.Reasons {
				why = append(why, string(r.Because)+"="+r.About)
			}
			text := c.Target + ": " + strings.Join(why, ", ")
			if c.Units != sellthrough.One {
				text += fmt.Sprint(" of ", c.Units)
			}
			got = append(got, text)
			if c.Score < 1 || c.Score > 99 {
				t.Errorf("%+v has the score %d", u, c.Score)
			}
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%+v\n got %s\nwant %s", u, strings.Join(got, "; "), strings.Join(want, "; "))
		}
	}
	// A spreadsheet took the zeros off a GTIN, or a program its check digit.
	ok(Unknown{Code: "36000291452"}, "AUR-200: gtin=0036000291452")
	ok(Unknown{Code: "400739943449"}, "AUR-100: gtin=4007399434498")
	ok(Unknown{Code: "4007399434499"}) // another GTIN
	// The row has a bar code, or a name, beside a code that nobody knows.
	ok(Unknown{Code: "Q1", GTIN: "04007399434498"}, "AUR-100: row_gtin=4007399434498")
	ok(Unknown{Code: "Q1", Name: "Kopfhörer AURORA 200 schwarz"}, "AUR-200: name=Aurora 200 Kopfhörer")
	ok(Unknown{Code: "Q1", Name: "电水壶 智能"}, "KETTLE: name=智能电水壶 1.7L")
	// Another partner has a word for it, with its pack.
	ok(Unknown{Code: "77-X"}, "KETTLE: elsewhere=beta of 6")
	// Case, zeros, blanks, marks, width and the .0 of a spreadsheet.
	ok(Unknown{Code: "aur 100"}, "AUR-100: code=AUR-100")
	ok(Unknown{Code: "ＡＵＲ－１００"}, "AUR-100: code=AUR-100")
	ok(Unknown{Code: "421.0"}, "00421: code=00421")
	ok(Unknown{Code: "a9001"}, "AUR-200: own=A-9001")
	// The end of a code says a country or a colour.
	ok(Unknown{Code: "AUR-100-EU"}, "AUR-100: suffix=AUR-100")
	ok(Unknown{Code: "KETLE"}, "KETTLE: near=KETTLE")
	// Numbered through: one digit apart is another item.
	ok(Unknown{Code: "A-9002"})
	ok(Unknown{Code: "AUR-300"})
	ok(Unknown{Code: ""})
	// A location of another partner is none of this one's.
	ok(Unknown{Kind: "location", Code: "acme01"}, "ACME-01: code=ACME-01")
	ok(Unknown{Kind: "location", Code: "s-1"}, "ACME-01: own=S1")
	ok(Unknown{Kind: "location", Code: "beta-01"})
	ok(Unknown{Kind: "location", Code: "9", Name: "London bridge"}, "ACME-01: name=London Bridge")
}

func TestTwoReasonsAreMoreThanOne(t *testing.T) {
	tables := Tables{Products: []Product{{Code: "K1", Name: "Kettle red"}, {Code: "K2", Name: "Kettle red"}}}
	got := Near(tables, Unknown{Partner: "acme", Kind: "item", Code: "k2", Name: "red kettle"})
	if len(got) != 2 || got[0].Target != "K2" || got[0].Reasons[0].Because != SameCode || got[0].Score <= got[1].Score {
		t.Errorf("%+v", got)
	}
}

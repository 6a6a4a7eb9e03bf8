package config

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sellthrough"
)

var update = flag.Bool("update", false, "rewrite what the golden tests want")

func env(name string) (string, bool) {
	if name == "KAFKA_PASSWORD" {
		return "open-sesame", true
	}
	return "", false
}

func parse(t *testing.T, file string) (*Config, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return Parse(file, text, env)
}

func TestBadFilesExplainEveryFault(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.bad.yml")
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, f := range files {
		_, err := parse(t, filepath.Base(f))
		got := fmt.Sprintln(err)
		golden := strings.TrimSuffix(f, ".yml") + ".txt"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := os.ReadFile(golden)
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s (-want +got):\n%s", f, d)
		}
		if strings.Contains(got, "open-sesame") || strings.Contains(got, "secret-key") {
			t.Errorf("%s: a secret is printed", f)
		}
	}
}

func TestGoodFile(t *testing.T) {
	c, err := parse(t, "shop.good.yml")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Engines.Kafka; got.Retention != 120*24*time.Hour || got.Replication != 3 || string(got.Password) != "open-sesame" {
		t.Errorf("kafka %+v", got)
	}
	if c.Limits.Body != 512<<20 || c.Archive.URL != "/var/lib/sellthrough/archive" {
		t.Errorf("%+v %+v", c.Limits, c.Archive)
	}
	p, ok := c.PartnerOf("foo")
	if !ok || p.ID != "acme" {
		t.Fatal("the key of acme is not known")
	}
	f, _ := c.Feed("acme-invoices")
	if d := cmp.Diff(sellthrough.Rule{Version: 1, Namespace: "acme-invoices", Scope: sellthrough.ByDocument}, f.Rule()); d != "" {
		t.Error(d)
	}
	want := sellthrough.Policy{Coverage: sellthrough.CoverDocument, HoldAbove: 0.35, PartnerZone: "Europe/Berlin", Currency: "EUR", Instants: true}
	if d := cmp.Diff(want, f.Policy(p)); d != "" {
		t.Error(d)
	}
	s, _ := c.Feed("acme-stock")
	if r := s.Rule(); r.Scope != sellthrough.ByLocationDay || s.Policy(p).HoldAbove != 0.2 {
		t.Errorf("%+v", r)
	}
}

func TestEmptyFileIsAllDefaults(t *testing.T) {
	c, err := Parse("x", nil, env)
	if err != nil || c.Listen.API != "127.0.0.1:8080" || c.Engines.Kafka.Replication != 1 {
		t.Fatal(c, err)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	s := Kafka{Password: "open-sesame"}
	j, _ := json.Marshal(s)
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), string(j)} {
		if strings.Contains(text, "sesame") {
			t.Error(text)
		}
	}
}

func TestFingerprintNoticesWhatMakesIdentities(t *testing.T) {
	c, _ := parse(t, "shop.good.yml")
	f := *must(c.Feed("acme-invoices"))
	first := f.Fingerprint()
	same := func(change func(*Feed)) bool { g := f; change(&g); return g.Fingerprint() == first }
	for i, change := range []func(*Feed){
		func(f *Feed) { f.Columns.Item.Column = "SKU" },
		func(f *Feed) { f.Numbers.Point = "." },
		func(f *Feed) { f.Identity.LineKey = []string{"Line"} },
		func(f *Feed) { f.Identity.Namespace = "other" },
		func(f *Feed) { f.Identity.Rule = 2 },
		func(f *Feed) { f.Columns.At.Zone = "UTC" },
		func(f *Feed) { f.Columns.Kind.Negative = "" },
	} {
		if same(change) {
			t.Errorf("change %d is not noticed", i)
		}
	}
	for i, change := range []func(*Feed){
		func(f *Feed) { f.Coverage.HoldAbove = 1 },
		func(f *Feed) { f.Currency = "USD" },
		func(f *Feed) { f.Format.Delimiter = "," },
	} {
		if !same(change) {
			t.Errorf("change %d makes no identity", i)
		}
	}
}

func must(f *Feed, _ bool) *Feed { return f }

func TestScalars(t *testing.T) {
	size := func(in string, want Size) {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("%s: %d %v", in, got, err)
		}
	}
	size("512MiB", 512<<20)
	size("1.5 GiB", 3<<29)
	size("64kB", 64000)
	size("17", 17)
	for _, in := range []string{"", "MiB", "-1B", "1e9", "99999999TiB", "NaN", "0x10"} {
		if _, err := ParseSize(in); err == nil {
			t.Errorf("size %q is accepted", in)
		}
	}
	for in, want := range map[string]time.Duration{"90d": 2160 * time.Hour, "1d12h": 36 * time.Hour, "5s": 5 * time.Second} {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "-5s", "d", "1d1d"} {
		if _, err := ParseDuration(in); err == nil {
			t.Errorf("duration %q is accepted", in)
		}
	}
	if !HashKey("foo").Match("foo") || HashKey("foo").Match("fop") || KeyHash("").Match("") {
		t.Error("KeyHash.Match")
	}
	if Nearest("colums", []string{"columns", "coverage"}) != "columns" || Nearest("zzz", []string{"columns"}) != "" {
		t.Error("Nearest")
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	for _, name := range []string{"shop.good.yml", "many.bad.yml"} {
		text, _ := os.ReadFile(filepath.Join("testdata", name))
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x.yml", text, env)
		if (c == nil) == (err == nil) {
			t.Fatal("either a configuration or an error")
		}
	})
}

// A feed that begins to hide its customers reads the same lines as before, but where its files are told apart by their
// names, or a reader finds the customer in the counterparty's place.
func TestHidingCustomersChangesIdentitiesOnlyWhereItMust(t *testing.T) {
	c, err := parse(t, "shop.good.yml")
	if err != nil {
		t.Fatal(err)
	}
	f := *must(c.Feed("acme-invoices"))
	first := f.Fingerprint()
	hide := func(f Feed) Feed {
		f.Columns.Customer = Customer{Source: Source{Column: "Phone"}, Form: "phone"}
		return f
	}
	if h := hide(f); f.Sealed() || !h.Sealed() {
		t.Error("a feed with a customer is sealed, and no other")
	}
	if h := hide(f); h.Fingerprint() != first {
		t.Error("the customer is part of who a line is")
	}
	g := f
	g.EqualRows, g.Coverage.Kind = sellthrough.EqualIsSale, sellthrough.CoverNone
	if h := hide(g); h.Fingerprint() == g.Fingerprint() {
		t.Error("files that are told apart by their names get other names, and nobody says so")
	}
	g = f
	g.Format.Type = "x12"
	if h := hide(g); h.Fingerprint() == g.Fingerprint() {
		t.Error("counterparties that are end customers go, and nobody says so")
	}
	g.Personal = true
	if !g.Sealed() {
		t.Error("a personal feed is not sealed")
	}
}

func TestKeysLieApartByDefault(t *testing.T) {
	c, err := Parse("x", []byte("data: /var/lib/x\ncustomers: {rotate: 0s}\n"), env)
	if err != nil || c.Customers.Keys != "/var/lib/x/keys" || c.Customers.Rotate != 0 {
		t.Errorf("%+v, %v", c.Customers, err)
	}
	if c, err = Parse("x", nil, env); err != nil || c.Customers.Rotate != 365*24*time.Hour {
		t.Errorf("%+v, %v", c.Customers, err)
	}
}

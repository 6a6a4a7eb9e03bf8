package dashboards_test

import (
	_ "embed" // the file is read before a test runs, in whatever folder
	"encoding/xml"
	"strings"
	"testing"

	"sellthrough"
	"sellthrough/internal/access"
	server "sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
	"sellthrough/sinks/clickhouse"
)

const (
	policed = "boards_policed" // the database of the users below
	secret  = "a secret of the tests, as hard to guess as need be"
)

func TestMain(m *testing.M) {
	for _, u := range clickhouse.ReadUsers(policed, "boards_", secret) {
		x := server.User{Name: u.Name, Password: u.Password, Grants: u.Statements()}
		for _, p := range u.Policies {
			x.Policies = append(x.Policies, server.Policy(p))
		}
		enginetest.Users(x)
	}
	enginetest.Users(server.User{Name: "grafana", Password: secret, Grants: grafanaGrants()})
	enginetest.Main(m)
}

//go:embed provisioning/clickhouse/grafana.xml
var grafanaUser []byte

// grafanaGrants are those of provisioning/clickhouse/grafana.xml, for the database of the test.
func grafanaGrants() []string {
	var file struct {
		Grants []string `xml:"users>grafana>grants>query"`
	}
	if err := xml.Unmarshal(grafanaUser, &file); err != nil {
		panic(err) // before there is a test that could fail
	}
	for i := range file.Grants {
		file.Grants[i] = strings.ReplaceAll(file.Grants[i], "sellthrough.", policed+".")
	}
	return file.Grants
}

// Row policies reach through every view and every panel: a partner's login gets an answer from every panel, and its own
// rows in it, which are those that the same board shows when the partner is chosen.
func TestARestrictedViewerSeesItsOwnRowsOnEveryBoard(t *testing.T) {
	c := channeltest.In(t, policed)
	c.Write(t, known)
	s := enginetest.ClickHouse(t)
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: policed, Prefix: "boards_", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	zeta := access.Viewer{Name: "zoe", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"zeta"}}
	vendor := access.Viewer{Name: "vera", Role: access.RoleViewer}
	asked := 0
	for uid, b := range read(t, "en") {
		hasPartner := false
		for _, v := range b.Templating.List {
			hasPartner = hasPartner || v.Name == "partner"
			if _, err := r.Read(t.Context(), zeta, b.expand(t, v.Query, nil)); err != nil {
				t.Errorf("%s: variable %s: %v", uid, v.Name, err)
			}
		}
		for _, p := range b.Panels {
			if p.Targets[0].RawSQL == "" || !hasPartner {
				continue
			}
			asked++
			sql := b.expand(t, p.Targets[0].RawSQL, nil)
			own, err := r.Read(t.Context(), zeta, sql)
			if err != nil {
				t.Errorf("%s panel %d (%s): %v", uid, p.ID, p.Title, err)
				continue
			}
			got := told(own)
			if strings.Contains(got, "acme") || strings.Contains(got, "wide") {
				t.Errorf("%s panel %d (%s) shows others:\n%s", uid, p.ID, p.Title, got)
			}
			whole, err := r.Read(t.Context(), vendor, sql)
			if err != nil {
				t.Errorf("%s panel %d (%s): the vendor: %v", uid, p.ID, p.Title, err)
				continue
			}
			name := uid + " " + p.Title
			// A share of all locations is of all that one may see.
			if worked := told(b.ask(t, c, p.ID, chosen{"partner": {"zeta"}})); got != worked && !ages(name) {
				t.Errorf("%s panel %d (%s):\n%s\nchosen, it is\n%s\nof\n%s", uid, p.ID, p.Title, got, worked, told(whole))
			}
		}
	}
	if asked < 50 {
		t.Errorf("only %d panels were asked", asked)
	}
}

// ages are panels with a time that has gone on in between.
func ages(name string) bool {
	return strings.HasSuffix(name, "Data age") || name == "partner Feeds" || name == "incidents Open now"
}

// What is granted to the user that Grafana asks as is enough for every panel, and not more than that.
func TestGrafanasUserCanAskEveryPanelAndNotMore(t *testing.T) {
	c := channeltest.In(t, policed)
	c.Clear(t)
	c.Write(t, known)
	s := enginetest.ClickHouse(t)
	l, err := clickhouse.Open(clickhouse.Options{Address: s.TCP, Database: policed, User: "grafana", Password: secret, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for uid, b := range read(t, "en") {
		for _, v := range b.Templating.List {
			if _, err := l.Query(t.Context(), b.expand(t, v.Query, nil), nil); err != nil {
				t.Errorf("%s: variable %s: %v", uid, v.Name, err)
			}
		}
		for _, p := range b.Panels {
			if p.Targets[0].RawSQL == "" {
				continue
			}
			if _, err := l.Query(t.Context(), b.expand(t, p.Targets[0].RawSQL, nil), nil); err != nil {
				t.Errorf("%s panel %d: %v", uid, p.ID, err)
			}
		}
	}
	for _, sql := range []string{"SELECT count() FROM road", "SELECT cost FROM ref_products", "SELECT * FROM audit", "SELECT * FROM sessions", "SELECT count() FROM url('http://127.0.0.1:1/', 'LineAsString')"} {
		if _, err := l.Query(t.Context(), sql, nil); err == nil {
			t.Errorf("%s is answered", sql)
		}
	}
}

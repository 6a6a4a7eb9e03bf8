package dashboards_test

import (
	_ "embed" // the file is read before a test runs, in whatever folder
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"slices"
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

// needs are panels that are refused without a grant.
var needs = map[string]string{
	"modes 16": access.GrantCost, "modes 17": access.GrantCost, "modes 18": access.GrantCost, "territory 11": access.GrantCost, "ageing 4": access.GrantCost,
	"scorecard 9": access.GrantFloor, "scorecard 5": access.GrantCustomer, "conflict 4": access.GrantFloor, "conflict 5": access.GrantFloor, "conflict 12": access.GrantFloor,
}

// grantFor is the grant without which a panel is refused; none where it is not. Of the board of incentives only the data's age is
// seen by all.
func grantFor(uid string, id int) (grant string, ok bool) {
	if uid == "incentives" {
		return access.GrantRebate, id != 4
	}
	grant, ok = needs[fmt.Sprintf("%s %d", uid, id)]
	return grant, ok
}

// forVendor are panels about the market and competitors, which a partner is refused.
var forVendor = []string{"promotions 10", "territory 1", "territory 2", "territory 5", "territory 9"}

// ofOthers are panels in which the vendor sees of a partner what the partner does not: rows that the vendor's own units report
// of it, and serial numbers that others sold or got.
var ofOthers = []string{
	"ageing 12", "ageing 6", "conflict 13", "conflict 14", "conflict 6", "conflict 7", "flows 14", "flows 5", "flows 6", "life 11", "life 4", "life 5", "modes 10", "modes 8",
}

// Row policies reach through every view and every panel: a partner's login gets an answer from every panel, and its own
// rows in it, which are those that the same board shows when the partner is chosen.
func TestARestrictedViewerSeesItsOwnRowsOnEveryBoard(t *testing.T) {
	c := channeltest.In(t, policed)
	s := enginetest.ClickHouse(t)
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: policed, Prefix: "boards_", Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	vendor := access.Viewer{Name: "vera", Role: access.RoleViewer}
	differ := map[string]bool{}
	restricted := func(channel map[string]string, partner string, others []string, of func(board string) bool) {
		c.Clear(t)
		c.Write(t, channel)
		own := access.Viewer{Name: "zoe", Role: access.RolePartner, Partners: []sellthrough.PartnerID{sellthrough.PartnerID(partner)}}
		asked := 0
		for uid, b := range read(t, "en") {
			hasPartner := false
			for _, v := range b.Templating.List {
				hasPartner = hasPartner || v.Name == "partner"
				if v.Type == "custom" {
					continue
				}
				if _, err := r.Read(t.Context(), own, b.expand(t, v.Query, nil)); err != nil {
					t.Errorf("%s: variable %s: %v", uid, v.Name, err)
				}
			}
			for _, p := range b.Panels {
				name := fmt.Sprintf("%s %d", uid, p.ID)
				if p.Targets[0].RawSQL == "" || !hasPartner || !of(uid) {
					continue
				}
				asked++
				sql := b.expand(t, p.Targets[0].RawSQL, nil)
				seen, err := r.Read(t.Context(), own, sql)
				if slices.Contains(forVendor, name) {
					if !errors.Is(err, clickhouse.ErrNotGranted) {
						t.Errorf("%s is not refused to a partner: %v", name, err)
					}
					if got, err := r.Read(t.Context(), vendor, sql); err != nil || told(got) != told(b.ask(t, c, p.ID, nil)) {
						t.Errorf("%s for the vendor: %v\n%s", name, err, told(got))
					}
					continue
				}
				if grant, ok := grantFor(uid, p.ID); ok {
					granted := access.Viewer{Name: "carl", Role: access.RoleViewer, Grants: []string{grant}}
					if _, other := r.Read(t.Context(), vendor, sql); !errors.Is(err, clickhouse.ErrNotGranted) || !errors.Is(other, clickhouse.ErrNotGranted) {
						t.Errorf("%s is not refused without the grant: %v, %v", name, err, other)
					}
					if got, err := r.Read(t.Context(), granted, sql); err != nil || told(got) != told(b.ask(t, c, p.ID, nil)) {
						t.Errorf("%s with the grant: %v\n%s", name, err, told(got))
					}
					continue
				}
				if err != nil {
					t.Errorf("%s (%s): %v", name, p.Title, err)
					continue
				}
				got := told(seen)
				for _, other := range others {
					if strings.Contains(got, other) {
						t.Errorf("%s (%s) shows others:\n%s", name, p.Title, got)
					}
				}
				whole, err := r.Read(t.Context(), vendor, sql)
				if err != nil {
					t.Errorf("%s (%s): the vendor: %v", name, p.Title, err)
					continue
				}
				// A share of all locations is of all that one may see.
				if worked := told(b.ask(t, c, p.ID, chosen{"partner": {partner}})); got != worked && slices.Contains(ofOthers, name) {
					differ[name] = true
				} else if got != worked && !ages(uid+" "+p.Title) {
					t.Errorf("%s (%s):\n%s\nchosen, it is\n%s\nof\n%s", name, p.Title, got, worked, told(whole))
				}
			}
		}
		if asked < 35 {
			t.Errorf("only %d panels were asked", asked)
		}
	}
	restricted(known, "zeta", []string{"acme", "wide"}, func(board string) bool {
		return !slices.Contains(slices.Concat(ofRewarded, ofMixed, ofContested, ofMarket), board)
	})
	restricted(mixed, "acme", []string{"amber", "fran |", "shop |", "dist", "east-co", "west-co", "rep-north"}, func(board string) bool { return slices.Contains(ofMixed, board) })
	restricted(contested, "acme", []string{"zeta |", "wide |"}, func(board string) bool { return slices.Contains(ofContested, board) })
	restricted(dealt, "acme", []string{"zeta"}, func(board string) bool { return slices.Contains(ofMarket, board) })
	if got := slices.Sorted(maps.Keys(differ)); !slices.Equal(got, ofOthers) {
		t.Errorf("the vendor sees more of a partner in %v, said of %v", got, ofOthers)
	}
}

// ages are panels with a time that has gone on in between.
func ages(name string) bool {
	return strings.HasSuffix(strings.ToLower(name), "data age") || name == "partner Feeds" || name == "incidents Open now"
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
			if v.Type == "custom" {
				continue
			}
			if _, err := l.Query(t.Context(), b.expand(t, v.Query, nil), nil); err != nil {
				t.Errorf("%s: variable %s: %v", uid, v.Name, err)
			}
		}
		for _, p := range b.Panels {
			if p.Targets[0].RawSQL == "" {
				continue
			}
			_, err := l.Query(t.Context(), b.expand(t, p.Targets[0].RawSQL, nil), nil)
			if _, refused := grantFor(uid, p.ID); (err != nil) != refused {
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

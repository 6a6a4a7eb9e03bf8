package door_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/incentives/door"
	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers/channeltest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// A statement is there for those who may see the partner and have the grant, and claims are taken from managers for their own partners.
func TestWhoMaySeeAStatementAndHandInClaims(t *testing.T) {
	c := channeltest.New(t)
	c.Write(t, map[string]string{
		"products": "A audio", "partners": `
			acme specialist dealer
			zeta specialist dealer`,
		"programmes": "growth sell_out money money quarter retroactive tax=excluded", "qualifying": "growth", "tiers": "growth 0 2 percent",
		"sales": "acme S1 A 2026-01-10 sell_out 10 1000",
	})
	h := door.New(c.Desk(time.Date(2026, 4, 2, 8, 0, 0, 0, time.UTC)), zerolog.Nop())
	rebate := []string{access.GrantRebate}
	viewers := map[string]access.Viewer{
		"nobody":          {},
		"admin":           access.Local(),
		"viewer":          {Name: "v", Role: access.RoleViewer, Grants: rebate},
		"without":         {Name: "w", Role: access.RoleViewer},
		"acme":            {Name: "a", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"acme"}, Grants: rebate},
		"acme without":    {Name: "a", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"acme"}},
		"zeta":            {Name: "z", Role: access.RolePartner, Partners: []sellthrough.PartnerID{"zeta"}, Grants: rebate},
		"partner of none": {Name: "n", Role: access.RolePartner, Grants: rebate},
		"manager of acme": {Name: "m", Role: access.RoleManager, Partners: []sellthrough.PartnerID{"acme"}, Grants: rebate},
	}
	ask := func(who, method, path, body string, want int, holds string) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(access.With(r.Context(), viewers[who])))
		text, err := io.ReadAll(w.Result().Body)
		if err != nil || w.Code != want || !strings.Contains(string(text), holds) {
			t.Errorf("%s: %s %s: %d, want %d; %.300s", who, method, path, w.Code, want, text)
		}
	}
	const paper = "/statements/acme/2026-Q1.html"
	for _, who := range []string{"admin", "viewer", "acme", "manager of acme"} {
		ask(who, "GET", paper, "", http.StatusOK, "20")
	}
	for _, who := range []string{"nobody", "without", "acme without"} {
		ask(who, "GET", paper, "", http.StatusForbidden, "")
	}
	for _, who := range []string{"zeta", "partner of none"} {
		ask(who, "GET", paper, "", http.StatusNotFound, "")
	}
	ask("admin", "GET", "/statements/acme/2026-Q1.pdf", "", http.StatusNotFound, "")
	ask("admin", "GET", "/statements/acme/2026-Q7.html", "", http.StatusBadRequest, "not a period")

	const claims = "claim,programme,partner,period,amount\n"
	for _, who := range []string{"nobody", "viewer", "acme", "zeta", "without"} {
		ask(who, "POST", "/api/claims", claims+"c1,growth,acme,2026-Q1,5\n", http.StatusForbidden, "")
	}
	ask("manager of acme", "POST", "/api/claims", claims+"c1,growth,zeta,2026-Q1,5\n", http.StatusBadRequest, "claims:2: there is no partner zeta that you may speak for")
	ask("manager of acme", "POST", "/api/claims", claims+"c1,growth,acme,2026-Q1,5\n", http.StatusNoContent, "")
	ask("admin", "POST", "/api/claims", claims+"c1,growth,acme,2026-Q1,5\n", http.StatusBadRequest, "c1 is there already: submitted by m")
	ask("acme", "GET", paper, "", http.StatusOK, "submitted 5")

	r := httptest.NewRequest(http.MethodPost, "/api/claims", strings.NewReader(claims+"c2,growth,acme,2026-Q1,5\n"))
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(access.With(r.Context(), access.Local())))
	if w.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", w.Code)
	}
}

// Package door is how people come to statements and claims over HTTP. It has to stand behind access.Guard: it goes by the viewer in
// the request's context. What one may not see is not there.
package door

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/incentives"
	"sellthrough/incentives/paper"
	"sellthrough/internal/access"
)

// largest is how many bytes a file of claims may have.
const largest = 4 << 20

// New is the handler of GET /statements/{partner}/{file}, whose file is a period with a format behind it, like 2026-Q3.html, and of
// POST /api/claims, which takes a file of claims from managers and admins.
func New(d *incentives.Desk, log zerolog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /statements/{partner}/{file}", func(w http.ResponseWriter, r *http.Request) {
		v := access.From(r.Context())
		partner := r.PathValue("partner")
		period, format, ok := strings.Cut(r.PathValue("file"), ".")
		switch {
		case !v.Granted(access.GrantRebate):
			http.Error(w, "your login may not see this", http.StatusForbidden)
			return
		case !ok || !slices.Contains(paper.Formats(), format) || !sees(v, partner):
			http.NotFound(w, r)
			return
		}
		lang := "en"
		if r.FormValue("lang") == "zh" {
			lang = "zh"
		}
		sheet, err := d.Sheet(r.Context(), partner, period, time.Time{})
		var text []byte
		if err == nil {
			text, err = paper.Write(sheet, format, lang)
		}
		if err != nil {
			fail(w, log, err, "a statement cannot be written")
			return
		}
		access.Note(r.Context(), "export", fmt.Sprintf("statement of %s for %s", partner, period))
		h := w.Header()
		h.Set("Content-Type", paper.Kind(format))
		h.Set("Content-Security-Policy", paper.Policy())
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if format != "html" {
			h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "statement-"+partner+"-"+period+"."+format))
		}
		_, _ = w.Write(text) // who has gone reads no error
	})
	mux.HandleFunc("POST /api/claims", func(w http.ResponseWriter, r *http.Request) {
		v := access.From(r.Context())
		switch {
		case http.NewCrossOriginProtection().Check(r) != nil:
			http.Error(w, "this comes from another site", http.StatusForbidden)
			return
		case !v.May(access.RoleManager) || !v.Granted(access.GrantRebate):
			http.Error(w, "only managers and admins who may see rebates hand in claims", http.StatusForbidden)
			return
		}
		n, err := d.File(r.Context(), "claims", http.MaxBytesReader(w, r.Body, largest), v.Name, func(partner string) bool { return sees(v, partner) })
		if err != nil {
			fail(w, log, err, "claims are not kept")
			return
		}
		access.Note(r.Context(), "change", fmt.Sprintf("%d claims", n))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

func sees(v access.Viewer, partner string) bool {
	return !v.Nobody() && partner != "" && (!v.Restricted() && v.Role != access.RolePartner || slices.Contains(v.Partners, sellthrough.PartnerID(partner)))
}

func fail(w http.ResponseWriter, log zerolog.Logger, err error, what string) {
	var f incentives.Fault
	switch {
	case errors.As(err, &f):
		http.Error(w, f.Error(), http.StatusBadRequest)
	case errors.Is(err, incentives.ErrTaken):
		http.Error(w, err.Error(), http.StatusConflict)
	default:
		log.Error().Err(err).Msg(what)
		http.Error(w, "it cannot be done now; try again", http.StatusServiceUnavailable)
	}
}

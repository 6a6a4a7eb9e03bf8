package access

import (
	"encoding/json"
	"net/http"
)

// Problem answers with an RFC 9457 problem.
func Problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(status), status, detail}) // who does not read on has gone
}

// Need lets those through who have one of the roles, and answers 403 to others. It stands behind a Guard.
func Need(roles ...Role) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := From(r.Context())
			switch {
			case v.Nobody():
				Problem(w, http.StatusUnauthorized, "Log in first, at /login.")
			case !v.May(roles...):
				Problem(w, http.StatusForbidden, "Your role "+string(v.Role)+" may not do this.")
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Package web serves the two ports of a process: the API with the status page, and the admin port with health, metrics
// and profiles. Both listen on loopback unless the configuration says otherwise; the admin port has no login and must
// stay there.
package web

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"sellthrough/internal/config"
	"sellthrough/sinks/clickhouse"
)

// Books is the read side that the status page shows.
type Books interface {
	Ping(ctx context.Context) error
	Recent(ctx context.Context, n int) ([]clickhouse.Report, error)
	Query(ctx context.Context, sql string, params map[string]string) (clickhouse.Table, error)
}

// Options of a site.
type Options struct {
	Config   *config.Config
	Books    Books
	Registry *prometheus.Registry
	Version  string
	Log      zerolog.Logger
}

// Site is the HTTP side of a process.
type Site struct {
	o     Options
	api   *http.ServeMux
	admin *http.ServeMux
	mu    sync.Mutex
	ready map[string]func() bool
}

// New makes a site. It listens on nothing yet.
func New(o Options) *Site {
	s := &Site{o: o, api: http.NewServeMux(), admin: http.NewServeMux(), ready: map[string]func() bool{}}
	s.admin.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	s.admin.HandleFunc("GET /readyz", s.readyz)
	s.admin.Handle("GET /metrics", promhttp.HandlerFor(o.Registry, promhttp.HandlerOpts{}))
	s.admin.HandleFunc("/debug/pprof/", pprof.Index)
	s.admin.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	s.admin.HandleFunc("/debug/pprof/profile", pprof.Profile)
	s.admin.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	s.admin.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return s
}

// Ready adds a part that must be ready before /readyz says so.
func (s *Site) Ready(name string, f func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready[name] = f
}

// Handle adds a handler to the API port.
func (s *Site) Handle(pattern string, h http.Handler) { s.api.Handle(pattern, h) }

// HandleAdmin adds a handler to the admin port.
func (s *Site) HandleAdmin(pattern string, h http.Handler) { s.admin.Handle(pattern, h) }

func (s *Site) readyz(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.ready {
		if !f() {
			http.Error(w, name+" is not ready", http.StatusServiceUnavailable)
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.o.Books.Ping(ctx); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// API serves the API port until ctx ends, then lets requests end.
func (s *Site) API(ctx context.Context) error {
	var c *certificate
	if t := s.o.Config.Listen.TLS; t.Cert != "" {
		var err error
		if c, err = newCertificate(t.Cert, t.Key, s.o.Log); err != nil {
			return err
		}
	}
	return listen(ctx, s.o.Config.Listen.API, s.api, c)
}

// Admin serves the admin port.
func (s *Site) Admin(ctx context.Context) error {
	return listen(ctx, s.o.Config.Listen.Admin, s.admin, nil)
}

// listen serves until ctx ends, over TLS where there is a certificate.
func listen(ctx context.Context, addr string, h http.Handler, c *certificate) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another address under listen", addr, err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		c, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(c)
	})()
	serve := srv.Serve
	if c != nil {
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
		serve = func(l net.Listener) error { return srv.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve on %s: %w", addr, err)
	}
	return <-stopped
}

//go:embed status.html
var page string

var status = template.Must(template.New("status").Funcs(template.FuncMap{
	"time": func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
	"cell": func(v any) string {
		if t, ok := v.(time.Time); ok {
			return t.UTC().Format("2006-01-02 15:04:05")
		}
		return fmt.Sprint(v)
	},
}).Parse(page))

// Page is the status page at /status. It shows the rows of all partners, and has no login of its own.
func (s *Site) Page() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		view := struct {
			Version string
			Now     time.Time
			Feeds   []config.Feed
			Tables  []titled
			Recent  []clickhouse.Report
			Error   string
		}{Version: s.o.Version, Now: time.Now(), Feeds: s.o.Config.Feeds}
		db := s.o.Config.Engines.ClickHouse.Database
		var err error
		if view.Recent, err = s.o.Books.Recent(ctx, 20); err != nil {
			view.Error = err.Error()
		}
		for _, q := range []struct{ title, note, sql string }{
			{"Newest day of each partner", "net units and amount of the newest business day in the sums", `SELECT partner, business_date, currency, sum(d.qty) AS units, sum(d.amount) AS total, sum(d.lines) AS line_count FROM ` + db +
				`.v_sales_daily AS d WHERE (partner, business_date) IN (SELECT partner, max(business_date) FROM ` + db + `.sales_daily GROUP BY partner) GROUP BY partner, business_date, currency ORDER BY partner`},
			{"Books", "received = refused + held + new + duplicate + corrected + superseded", "SELECT feed, submissions, received, refused, held, new, duplicate, corrected, superseded, withdrawn, difference FROM " + db + ".v_books ORDER BY feed"},
			{"Turned away", "files that were refused as a whole, and whether a later file of the feed was read; a column that was renamed is told with what it may be now", "SELECT at, partner, feed, file, if(changed = '', reason, changed) AS why, settled, mapping FROM " + db + ".v_turned_away ORDER BY at DESC LIMIT 10"},
			{"Mappings", "the version of each feed's mapping that reads it now; a receipt names the version that read its file", "SELECT feed, mapping, number, first_at FROM " + db + ".v_mappings ORDER BY number DESC, feed LIMIT 1 BY feed"},
			{"Not yet matched", "codes that no reference knows, by weight", "SELECT partner, what, code, lines, units, amount, currency FROM " + db + ".v_unmatched ORDER BY lines DESC LIMIT 10"},
			{"Road", "by partition: the last offset that is done", "SELECT partition, epoch, last_done, last_intent, done_at FROM " + db + ".v_progress ORDER BY partition"},
		} {
			t, err := s.o.Books.Query(ctx, q.sql, nil)
			if err != nil {
				view.Error = err.Error()
			}
			view.Tables = append(view.Tables, titled{q.title, q.note, t})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if err := status.Execute(w, view); err != nil {
			return // the reader has gone
		}
	})
	return m
}

type titled struct {
	Title, Note string
	clickhouse.Table
}

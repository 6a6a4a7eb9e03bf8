package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/dashboards"
	"sellthrough/dashboards/page"
	"sellthrough/ingest"
	"sellthrough/ingest/archive"
	"sellthrough/ingest/httpfeed"
	"sellthrough/ingest/keys"
	"sellthrough/internal/access"
	"sellthrough/internal/bus"
	"sellthrough/internal/config"
	"sellthrough/internal/control"
	server "sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/numbers"
	"sellthrough/portal"
	"sellthrough/sinks/clickhouse"
	"sellthrough/transform"
	"sellthrough/transform/reference"
)

const (
	worlds = 28
	secret = "a secret of the tests, as hard to guess as need be"
)

var used atomic.Int32 // of the worlds, each of which has readonly users of its own

func names(i int32) (database, prefix string) {
	return fmt.Sprintf("portal_%d", i), fmt.Sprintf("portal_%d_", i)
}

func TestMain(m *testing.M) {
	for i := range int32(worlds) {
		database, prefix := names(i)
		for _, u := range clickhouse.ReadUsers(database, prefix, secret) {
			x := server.User{Name: u.Name, Password: u.Password, Grants: []string{"GRANT " + strings.Join(u.Privileges, ", ")}}
			for _, p := range u.Policies {
				x.Policies = append(x.Policies, server.Policy(p))
			}
			enginetest.Users(x)
		}
	}
	enginetest.Main(m)
}

const setting = `
data: %s
reporting: {currency: GBP, time_zone: Europe/London}
limits: {per_minute: 1000000}
log: {level: error}
reference: {folder: %s}
partners:
  - {id: alder, name: Alder Stores, time_zone: Europe/London, currency: GBP, keys: [%s, %s]}
  - {id: birch, name: 白桦商贸, time_zone: Asia/Shanghai, currency: CNY, keys: [%s]}
feeds:
  - id: alder-pos
    partner: alder
    kind: sales
    columns: {document: Receipt, location: Store, item: SKU, qty: Qty, amount: Amount, business_date: Day}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - id: alder-lines
    partner: alder
    kind: sales
    columns: {document: Invoice, location: Store, item: SKU, qty: Qty, amount: Amount, business_date: Day}
    identity: {scope: document, line_key: [Line]}
  - id: alder-web
    partner: alder
    kind: sales
    format: {type: ndjson}
    columns: {document: order, location: site, item: sku, qty: qty, amount: amount, business_date: day}
    identity: {scope: document}
    coverage: {kind: document}
  - id: alder-edi
    partner: alder
    kind: sales
    format: {type: x12, edi: {sale: sell_out, negative: return_in, amounts: ["1"]}}
    columns: {document: document, location: location, item: item, qty: qty, kind: {column: kind}, amount: amount, business_date: business_date}
    identity: {scope: document}
    equal_rows_across_files: duplicate
  - id: alder-members
    partner: alder
    kind: sales
    columns: {document: Receipt, location: Store, item: SKU, qty: Qty, amount: Amount, business_date: Day, customer: Member}
    identity: {scope: location-day}
    coverage: {kind: location-day}
  - id: birch-pos
    partner: birch
    kind: sales
    columns: {document: 单号, location: 门店, item: 商品编码, qty: 销量, amount: 金额, business_date: 日期}
    identity: {scope: document}
    coverage: {kind: document}
`

// folder is the reference data at the start. Alder's SKU-9 is nowhere; 0042-A is nearly a code of another partner.
var folder = map[string]string{
	"products.csv": "code,gtin,name,line,units_per_pack,list_price,currency\nLAMP,4006381333931,Desk lamp,lighting,1,20,GBP\nDESK,,Standing desk,desks,1,300,GBP\nCHAIR,,Office chair black,chairs,1,90,GBP\n",
	"locations.csv": "code,name,partner,country,region,city,territory,time_zone\n" +
		"ALD-1,Alder High Street,alder,GB,,London,GB,Europe/London\nALD-WEB,Alder online,alder,GB,,London,GB,Europe/London\nBIR-1,白桦一店,birch,CN,,上海,CN,Asia/Shanghai\n",
	"crossreferences.csv": "partner,kind,code,target,units,from,to\n" +
		"alder,location,S1,ALD-1,,,\nalder,location,web,ALD-WEB,,,\nbirch,location,B1,BIR-1,,,\nalder,item,SKU-1,LAMP,,,\nalder,item,SKU-2,DESK,,,\nbirch,item,42,CHAIR,,,\n",
	"rates.csv":     "currency,date,rate\nCNY,2020-01-01,0.11\n",
	"reporting.csv": "feed,frequency,weekdays,due,grace_days,from,to\nalder-pos,day,,09:00,1,2026-03-01,2026-03-05\nbirch-pos,day,,09:00,1,2026-03-01,2026-03-05\n",
}

// world is a page with its rooms, and the whole road behind it.
type world struct {
	t        *testing.T
	url      string
	database string
	folder   string
	cfg      *config.Config
	ledger   *clickhouse.Ledger
	reader   *clickhouse.Reader
	archive  *archive.Archive
	uses     *httpfeed.Uses
	apply    func(context.Context, string) (sellthrough.Revision, error)
}

// variant changes a world before it is made.
type variant func(*portal.Options)

const (
	alderKey, alderOld, birchKey = "key-of-alder-0123456789", "old-key-of-alder-0123456789", "key-of-birch-0123456789"
	password                     = "correct horse battery"
)

func newWorld(t *testing.T, change ...variant) *world {
	t.Helper()
	i := used.Add(1) - 1
	if i >= worlds {
		t.Fatal("make more worlds in TestMain")
	}
	database, prefix := names(i)
	dir := t.TempDir()
	w := &world{t: t, database: database, folder: filepath.Join(dir, "reference"), uses: &httpfeed.Uses{}}
	if err := os.Mkdir(w.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range folder {
		w.write(name, text)
	}
	var err error
	text := fmt.Sprintf(setting, filepath.Join(dir, "data"), w.folder, config.HashKey(alderKey), config.HashKey(alderOld), config.HashKey(birchKey))
	if w.cfg, err = config.Parse("test.yaml", []byte(text), nil); err != nil {
		t.Fatal(err)
	}
	s := enginetest.ClickHouse(t)
	if w.ledger, err = clickhouse.Open(clickhouse.Options{Address: s.TCP, Database: database, User: s.AdminUser, Password: s.AdminPassword, Views: numbers.Views}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.ledger.Close() })
	if err := w.ledger.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.reader, err = clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: database, Prefix: prefix, Secret: secret}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.reader.Close() })
	b, err := bus.New(bus.Options{Brokers: []string{enginetest.Kafka(t)}, Prefix: database, Group: database, Partitions: 2, Replication: 1, Retention: 48 * time.Hour, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	in := w.road(b, filepath.Join(dir, "archive"))
	w.apply = func(ctx context.Context, who string) (sellthrough.Revision, error) {
		rev, _, err := control.Control{Log: b, References: w.ledger}.ApplyReference(ctx, w.folder, who)
		return rev, err
	}
	if _, err := w.apply(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	o := portal.Options{
		Config: w.cfg, Reader: w.reader, Body: w.archive.Open, Intake: in, Books: books{w.ledger}, Uses: w.uses, Folder: w.folder, Apply: w.apply, Log: zerolog.Nop(),
		Tables: func(context.Context) (reference.Tables, error) { t, _, err := reference.Load(w.folder); return t, err },
		Tells: func(ctx context.Context, feed, body string, row uint32) (string, string, string, error) {
			f, _ := w.cfg.Feed(sellthrough.FeedID(feed))
			src, err := w.archive.Open(ctx, body)
			if err != nil {
				return "", "", "", err
			}
			defer src.Close()
			d, err := ingest.Describe(f, w.cfg.Limits, src, row)
			return d.Item, d.GTIN, d.Place, err
		},
	}
	for _, c := range change {
		c(&o)
	}
	w.serve(o, in)
	return w
}

// road runs the intake and the transformer.
func (w *world) road(b *bus.Bus, at string) *ingest.Intake {
	w.t.Helper()
	var err error
	if w.archive, err = archive.Open(w.t.Context(), at); err != nil {
		w.t.Fatal(err)
	}
	if w.archive.Keys, err = keys.Open(w.t.Context(), keys.Options{At: w.cfg.Customers.Keys, Log: zerolog.Nop()}); err != nil {
		w.t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	in, err := ingest.New(ingest.Options{
		Config: w.cfg, Bus: b, Archive: w.archive, Keys: w.archive.Keys, Registry: reg, Log: zerolog.Nop(),
		TurnedAway: func(x sellthrough.TurnedAway) {
			if err := w.ledger.TurnedAway(context.WithoutCancel(w.t.Context()), x); err != nil {
				w.t.Error(err)
			}
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	policies := map[sellthrough.FeedID]sellthrough.Policy{}
	for i := range w.cfg.Feeds {
		f := &w.cfg.Feeds[i]
		p, _ := w.cfg.Partner(f.Partner)
		policies[f.ID] = f.Policy(p)
		if err := w.ledger.Rule(w.t.Context(), f.ID, f.Identity.Rule, f.Fingerprint()); err != nil {
			w.t.Fatal(err)
		}
		version, text := f.Mapping()
		if err := w.ledger.Mapping(w.t.Context(), f.Partner, f.ID, version, text); err != nil {
			w.t.Fatal(err)
		}
	}
	tr, err := transform.New(transform.Options{
		Ledger: w.ledger, Log: b, Reporting: "GBP", Policies: policies, BatchLines: 1000, BatchWait: 20 * time.Millisecond, StateLines: 100_000, Partitions: 2,
		Registry: reg, Logger: zerolog.Nop(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 2)
	go func() { ended <- in.Run(ctx) }()
	go func() { ended <- tr.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				w.t.Error(err)
			}
		}
	})
	return in
}

// books say what became of submissions.
type books struct{ *clickhouse.Ledger }

func (b books) Outcome(ctx context.Context, id sellthrough.SubmissionID) (httpfeed.Outcome, error) {
	p, ok, err := b.Submission(ctx, id)
	if err != nil || !ok {
		return httpfeed.Outcome{}, err
	}
	return httpfeed.Outcome{
		Partner: p.Partner, Attempt: p.Attempt, Final: p.State != clickhouse.OnTheRoad, Held: p.State == clickhouse.IsHeld, Why: p.Why, Counts: p.Counts, Receipt: p.Receipt,
	}, nil
}

// serve opens the page with logins for every role.
func (w *world) serve(o portal.Options, in *ingest.Intake) {
	w.t.Helper()
	p, err := page.New(page.Options{
		Reader: w.reader, Boards: dashboards.Files(), Rooms: portal.Rooms(), Files: portal.Files(), Title: "Test channel", Version: "test", Log: zerolog.Nop(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	rooms, err := portal.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	hash := access.HashPassword(password)
	users := []access.User{
		{Name: "ada", Password: hash, Bound: access.Bound{Role: access.RoleAdmin}},
		{Name: "max", Password: hash, Bound: access.Bound{Role: access.RoleManager}},
		{Name: "vic", Password: hash, Bound: access.Bound{Role: access.RoleViewer}},
		{Name: "pia", Password: hash, Bound: access.Bound{Role: access.RolePartner, Partner: "alder"}},
	}
	ao := access.Options{Store: w.ledger, Users: users, Nodes: w.ledger.Under, Idle: time.Hour, Absolute: time.Hour, Log: zerolog.Nop()}
	for i := range w.cfg.Partners {
		for _, k := range w.cfg.Partners[i].Keys {
			ao.Keys = append(ao.Keys, access.PartnerKey{Partner: w.cfg.Partners[i].ID, Hash: string(k)})
		}
	}
	guard, err := access.New(ao)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", p)
	for _, at := range portal.Below() {
		mux.Handle(at, rooms)
	}
	site := http.NewServeMux()
	site.Handle("/", guard.Wrap(mux))
	site.Handle("/v1/", httpfeed.New(httpfeed.Options{Config: w.cfg, Intake: in, Books: o.Books, Uses: w.uses, Log: zerolog.Nop()}))
	server := httptest.NewServer(site)
	w.t.Cleanup(server.Close)
	w.url = server.URL
}

// write lays a file of the reference folder down.
func (w *world) write(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.folder, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// read gives a file of the reference folder.
func (w *world) read(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.folder, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

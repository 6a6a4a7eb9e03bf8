package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"sellthrough/alerts"
	"sellthrough/alerts/door"
	"sellthrough/alerts/rules"
	"sellthrough/alerts/weekly"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/internal/run"
	"sellthrough/internal/web"
	"sellthrough/sinks/alertmanager"
	"sellthrough/sinks/clickhouse"
	"sellthrough/sinks/mail"
	"sellthrough/sinks/webhook"
)

// alert runs the alerter, or shows incidents and acts on them.
func alert(ctx context.Context, args []string) error {
	var o alertFlags
	a, rest, err := load("alert", args, o.add)
	if err != nil {
		return err
	}
	if err := a.find(); err != nil {
		return err
	}
	if len(rest) == 0 {
		return a.runAlerter(ctx)
	}
	l, err := a.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	switch {
	case rest[0] == "list" && len(rest) == 1:
		return o.list(ctx, l, a.cfg.Engines.ClickHouse.Database)
	case rest[0] == "report" && len(rest) == 1:
		return o.report(ctx, a, l)
	case slices.Contains(door.Acts(), rest[0]) && len(rest) == 2:
		act := door.Act{To: o.to, Why: o.why}
		if rest[0] == "snooze" {
			d, err := config.ParseDuration(o.span)
			if err != nil {
				return fmt.Errorf("--for: %w", err)
			}
			act.Until = time.Now().Add(d)
		}
		v := access.Local()
		v.Name = who()
		if err := door.Do(ctx, clickhouse.Incidents{Ledger: l}, v, rest[1], rest[0], act); err != nil {
			return err
		}
		fmt.Printf("incident %s: %s\n", rest[1], rest[0])
		return nil
	}
	return errors.New("say `sellthrough alert` to run the alerter, or `alert list`, `alert ack|assign|snooze|unsnooze|comment INCIDENT`, `alert report`")
}

// alertFlags are the options of all that `alert` does.
type alertFlags struct{ rule, partner, state, to, why, span, week, out string }

func (o *alertFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&o.rule, "rule", "", "list: of this rule")
	fs.StringVar(&o.partner, "partner", "", "list: of this partner")
	fs.StringVar(&o.state, "state", "", "list: open, acknowledged, snoozed or closed; default all that are not closed")
	fs.StringVar(&o.to, "to", "", "assign: who takes it on")
	fs.StringVar(&o.why, "why", "", "snooze, comment: the words")
	fs.StringVar(&o.span, "for", "4h", "snooze: for this long")
	fs.StringVar(&o.week, "week", "", "report: the week, like 2026-W12; default the newest that is due")
	fs.StringVar(&o.out, "out", "", "report: the `file` to write; default standard output")
}

// runAlerter is `sellthrough alert`: the evaluator and the admin port.
func (a *app) runAlerter(ctx context.Context) error {
	l, err := a.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	if err := a.await(ctx, "clickhouse", l.Ping); err != nil {
		return err
	}
	if err := l.Migrate(ctx); err != nil {
		return err
	}
	p, err := a.alerter(l)
	if err != nil {
		return err
	}
	k, err := a.keeper(l)
	if err != nil {
		return err
	}
	r, err := a.reckoner(l)
	if err != nil {
		return err
	}
	site := web.New(web.Options{Config: a.cfg, Books: l, Registry: a.registry, Version: version, Log: a.log})
	return run.All(ctx, drain, p, k, r, run.Part{Name: "schema", Run: watchSchema(l)}, run.Part{Name: "admin", Run: site.Admin})
}

// keeper holds the rows of kept views, which rules and boards ask.
func (a *app) keeper(l *clickhouse.Ledger) (run.Part, error) {
	zone, err := time.LoadLocation(a.cfg.Reporting.TimeZone)
	if err != nil {
		return run.Part{}, fmt.Errorf("reporting.time_zone: %w", err)
	}
	k := clickhouse.NewKeeper(l, clickhouse.KeeperOptions{Zone: zone, Holder: holder(), Registry: a.registry, Log: a.log.With().Str("part", "keep").Logger()})
	return run.Part{Name: "keep", Run: k.Run}, nil
}

// alerter is the evaluator with its channels, as the configuration says.
func (a *app) alerter(l *clickhouse.Ledger) (run.Part, error) {
	c := a.cfg.Alerts
	zone, err := time.LoadLocation(a.cfg.Reporting.TimeZone)
	if err != nil {
		return run.Part{}, fmt.Errorf("reporting.time_zone: %w", err)
	}
	titles, err := ruleTitles()
	if err != nil {
		return run.Part{}, err
	}
	o := alerts.Options{
		Store: clickhouse.Incidents{Ledger: l}, Holder: holder(), Every: c.Every, Remind: c.Remind, Currency: a.cfg.Reporting.Currency, Board: c.URL, Registry: a.registry,
		Log: a.log.With().Str("part", "alert").Logger(),
	}
	if o.Finder, err = alerts.NewRulebook(a.watched(zone), asking(l)); err != nil {
		return run.Part{}, err
	}
	var reports []string
	for _, ch := range c.Channels {
		if err := addChannel(&o, ch, titles); err != nil {
			return run.Part{}, err
		}
		if ch.Reports || ch.Type == "mail" {
			reports = append(reports, ch.Name)
		}
	}
	if o.Weekly, err = a.weekly(l, zone, titles, reports); err != nil {
		return run.Part{}, err
	}
	e, err := alerts.New(o)
	if err != nil {
		return run.Part{}, err
	}
	return run.Part{Name: "alert", Run: e.Run}, nil
}

func addChannel(o *alerts.Options, ch config.AlertChannel, titles map[string]alerts.Text) error {
	partners := make([]string, len(ch.Partners))
	for n, p := range ch.Partners {
		partners[n] = string(p)
	}
	in := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	wants := func(i *alerts.Incident) bool {
		return in(ch.Rules, i.Rule) && in(ch.Severities, i.Severity) && in(partners, i.Partner)
	}
	switch ch.Type {
	case "alertmanager":
		m, err := alertmanager.New(alertmanager.Options{
			Name: ch.Name, URL: string(ch.URL), User: ch.User, Password: string(ch.Password), Resend: ch.Resend, Board: o.Board, Currency: o.Currency, Titles: titles, Wants: wants,
		})
		if err == nil {
			o.Mirrors = append(o.Mirrors, m)
		}
		return err
	case "mail":
		m, err := mail.New(mail.Options{
			Name: ch.Name, Server: ch.Server, TLS: ch.TLS, User: ch.User, Password: string(ch.Password), From: ch.From, To: ch.To, Language: ch.Language,
		})
		if err == nil {
			o.Channels = append(o.Channels, m)
		}
		return err
	}
	w, err := webhook.New(webhook.Options{
		Name: ch.Name, URL: string(ch.URL), Format: webhook.Format(ch.Type), Secret: string(ch.Secret), Language: ch.Language, PerMinute: ch.PerMinute, Titles: titles, Wants: wants,
	})
	if err == nil {
		o.Channels = append(o.Channels, w)
	}
	return err
}

// watched is how the configuration sets the rules.
func (a *app) watched(zone *time.Location) alerts.Watch {
	w := alerts.Watch{Database: a.cfg.Engines.ClickHouse.Database, Zone: zone}
	for i := range a.cfg.Feeds {
		f := &a.cfg.Feeds[i]
		p, ok := a.cfg.Partner(f.Partner)
		if !ok {
			continue // the configuration was checked: there is none such
		}
		w.Feeds = append(w.Feeds, rules.Feed{ID: string(f.ID), Partner: string(f.Partner), Kind: string(f.Kind), TimeZone: p.TimeZone, Namespace: f.Identity.Namespace})
	}
	for _, r := range a.cfg.Alerts.Rules {
		s := alerts.Setting{Rule: r.Rule, Partner: string(r.Partner), Line: r.Line, Severity: r.Severity, Values: r.Values()}
		if r.State != "" {
			off := r.State == "off"
			s.Off = &off
		}
		w.Rules = append(w.Rules, s)
	}
	return w
}

// asking is how rules and reports ask the ledger.
func asking(l *clickhouse.Ledger) func(context.Context, string) (alerts.Answer, error) {
	return func(ctx context.Context, sql string) (alerts.Answer, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		t, err := l.Query(ctx, sql+"\nSETTINGS max_threads = 2", nil) // watching takes what the road leaves
		return alerts.Answer{Columns: t.Columns, Rows: t.Rows}, err
	}
}

func ruleTitles() (map[string]alerts.Text, error) {
	list, err := rules.All()
	if err != nil {
		return nil, err
	}
	out := map[string]alerts.Text{}
	for _, r := range list {
		out[r.Name] = alerts.Text(r.Title)
	}
	return out, nil
}

// holder names this process to whoever reads the lease.
func holder() string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return fmt.Sprintf("%s/%d", name, os.Getpid())
}

func (a *app) weekly(l *clickhouse.Ledger, zone *time.Location, titles map[string]alerts.Text, channels []string) (*weekly.Writer, error) {
	return weekly.New(weekly.Options{
		Database: a.cfg.Engines.ClickHouse.Database, Zone: zone, At: a.cfg.Alerts.Weekly.At, Currency: a.cfg.Reporting.Currency, Board: a.cfg.Alerts.URL, Titles: titles,
		Channels: channels, Ask: asking(l),
	})
}

// list prints incidents, the most money at stake first.
func (o *alertFlags) list(ctx context.Context, l *clickhouse.Ledger, database string) error {
	t, err := l.Query(ctx, `SELECT incident, state, severity, money_at_stake, opened_at, data_age_s, assigned_to, if(state = 'closed', concat(text_en, ' → ', why), text_en) AS what
		FROM `+database+`.v_incidents
		WHERE ({rule:String} = '' OR rule = {rule:String}) AND ({partner:String} = '' OR partner = {partner:String})
			AND if({state:String} = '', state != 'closed', state = {state:String})
		ORDER BY ifNull(money_at_stake, 0) DESC, opened_at LIMIT 500`, map[string]string{"rule": o.rule, "partner": o.partner, "state": o.state})
	if err != nil {
		return err
	}
	return show(t)
}

// report writes the weekly report to a file.
func (o *alertFlags) report(ctx context.Context, a *app, l *clickhouse.Ledger) error {
	zone, err := time.LoadLocation(a.cfg.Reporting.TimeZone)
	if err != nil {
		return err
	}
	titles, err := ruleTitles()
	if err != nil {
		return err
	}
	w, err := a.weekly(l, zone, titles, nil)
	if err != nil {
		return err
	}
	if o.week == "" {
		o.week, _ = w.Due(time.Now())
	}
	r, err := w.Write(ctx, strings.ToUpper(o.week))
	if err != nil {
		return err
	}
	if o.out == "" {
		_, err := fmt.Print(r.HTML)
		return err
	}
	return os.WriteFile(o.out, []byte(r.HTML), 0o644)
}

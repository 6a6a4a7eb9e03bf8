// Package alertmanager shows the open incidents to a Prometheus Alertmanager, which groups, silences and routes them.
//
// An Alertmanager holds what it was told for its resolve_timeout, so that is told again, well before, as long as it is so; what
// closed is told with its end. Being told twice is nothing to it: it knows an alert by its labels. So nothing has to be
// remembered here, and a killed process forgets nothing.
package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-openapi/strfmt"
	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/common/model"

	"sellthrough/alerts"
)

// Options of a mirror.
type Options struct {
	Name     string
	URL      string // of the Alertmanager, without /api/v2
	User     string // HTTP basic authentication; empty: none
	Password string
	Resend   time.Duration // default 1m; its resolve_timeout has to be several times as long
	Board    string        // address of the page
	Currency string
	Titles   map[string]alerts.Text
	Wants    func(*alerts.Incident) bool
}

// Mirror is one Alertmanager.
type Mirror struct {
	o      Options
	to     string
	client *http.Client
}

// New makes a mirror. It dials nothing.
func New(o Options) (*Mirror, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("alertmanager %s: the URL has to be an address with https or http", o.Name)
	}
	if o.Resend == 0 {
		o.Resend = time.Minute
	}
	return &Mirror{o: o, to: u.JoinPath("api/v2/alerts").String(), client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2, IdleConnTimeout: 2 * o.Resend, MaxResponseHeaderBytes: 64 << 10},
	}}, nil
}

// Name is the name of the configuration.
func (m *Mirror) Name() string { return m.o.Name }

// Every is how often what fires is told again.
func (m *Mirror) Every() time.Duration { return m.o.Resend }

// atOnce is how many alerts a request carries.
const atOnce = 500

// Sync posts the state, and gives the fingerprint of each incident's alert.
func (m *Mirror) Sync(ctx context.Context, firing, resolved []*alerts.Incident, _ time.Time) (map[string]string, error) {
	var list models.PostableAlerts
	prints := map[string]string{}
	shown := map[string]bool{}
	for _, i := range slices.Concat(firing, resolved) {
		if m.o.Wants != nil && !m.o.Wants(i) {
			continue
		}
		labels := Labels(i)
		mark := fingerprint(labels)
		prints[i.ID] = mark
		if shown[mark] { // it closed, and opened again under the same labels: it fires
			continue
		}
		shown[mark] = true
		list = append(list, m.alert(i, labels))
	}
	for some := range slices.Chunk(list, atOnce) {
		if err := m.post(ctx, some); err != nil {
			return nil, err
		}
	}
	return prints, nil
}

// Labels are an incident's identity there. The names of the partners' places and products are as in the ledger.
func Labels(i *alerts.Incident) models.LabelSet {
	out := models.LabelSet{"alertname": i.Rule, "service": "sellthrough", "severity": i.Severity}
	for name, value := range map[string]string{"rule": i.Rule, "partner": i.Partner, "location": i.Location, "product": i.Product, "subject": i.Subject} {
		if value != "" {
			out[name] = strings.ToValidUTF8(value, "�")
		}
	}
	return out
}

func fingerprint(l models.LabelSet) string {
	set := model.LabelSet{}
	for k, v := range l {
		set[model.LabelName(k)] = model.LabelValue(v)
	}
	return set.Fingerprint().String()
}

func (m *Mirror) alert(i *alerts.Incident, labels models.LabelSet) *models.PostableAlert {
	notes := models.LabelSet{
		"summary": i.Text.En, "summary_zh": i.Text.Zh, "incident": i.ID, "evidence": i.Evidence,
		"since": i.Since.Format(time.RFC3339), "data_at": i.DataAt.Format(time.RFC3339), "units_at_stake": i.Units.String(),
	}
	if t, ok := m.o.Titles[i.Rule]; ok {
		notes["title"], notes["title_zh"] = t.En, t.Zh
	}
	if i.Money != nil {
		notes["money_at_stake"] = i.Money.String() + " " + m.o.Currency
	}
	if i.AcknowledgedBy != "" {
		notes["acknowledged_by"] = i.AcknowledgedBy
	}
	if i.AssignedTo != "" {
		notes["assigned_to"] = i.AssignedTo
	}
	if !i.SnoozedUntil.IsZero() {
		notes["snoozed_until"] = i.SnoozedUntil.Format(time.RFC3339)
	}
	a := &models.PostableAlert{StartsAt: strfmt.DateTime(i.OpenedAt), Annotations: notes, Alert: models.Alert{Labels: labels}}
	if m.o.Board != "" {
		a.GeneratorURL = strfmt.URI(m.o.Board)
		notes["board"] = m.o.Board
	}
	if !i.Open() {
		a.EndsAt = strfmt.DateTime(i.ClosedAt)
		notes["why"], notes["why_zh"] = i.Why.En, i.Why.Zh
	}
	return a
}

func (m *Mirror) post(ctx context.Context, list models.PostableAlerts) error {
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("alertmanager %s: %w", m.o.Name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("alertmanager %s: %w", m.o.Name, err)
	}
	req.Header.Set("Content-Type", "application/json")
	if m.o.User != "" {
		req.SetBasicAuth(m.o.User, m.o.Password)
	}
	resp, err := m.client.Do(req)
	if err != nil {
		return fmt.Errorf("alertmanager %s: %w", m.o.Name, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("alertmanager %s answers %s: %s", m.o.Name, resp.Status, text)
	}
	return err
}

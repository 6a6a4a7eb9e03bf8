package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAlertsAreOnByThemselves(t *testing.T) {
	c, err := Parse("x", nil, env)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Alerts{Every: 5 * time.Second, Weekly: Weekly{At: "08:00"}}, c.Alerts); d != "" {
		t.Error(d)
	}
}

func TestAlertsAreReadWithTheirSettings(t *testing.T) {
	c, err := Parse("x", []byte(`
access: {url: 'https://sales.example.com'}
alerts:
  remind: 1d
  rules:
    - {rule: low_cover, line: cables, state: off}
    - {rule: stock_out, severity: warning, thresholds: {lead_days: 10, min_velocity: 0.25}}
  channels:
    - {name: ops, type: json, url: '${KAFKA_PASSWORD}', secret: '${KAFKA_PASSWORD}', severities: [critical]}
    - {name: team, type: dingtalk, url: 'https://oapi.example/robot/send?access_token=open-sesame', language: zh, reports: true}
    - {name: post, type: mail, server: 'mail.example.com:587', from: a@example.com, to: [b@example.com], reports: true}
`), func(string) (string, bool) { return "https://open-sesame", true })
	if err != nil {
		t.Fatal(err)
	}
	a := c.Alerts
	if d := cmp.Diff(map[string]float64{"lead_days": 10, "min_velocity": 0.25}, a.Rules[1].Values()); d != "" {
		t.Error(d)
	}
	if a.URL != "https://sales.example.com" || a.Remind != 24*time.Hour || a.Rules[0].State != "off" || string(a.Channels[0].URL) != "https://open-sesame" {
		t.Errorf("%+v", a)
	}
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", a)} {
		if strings.Contains(text, "sesame") {
			t.Error("a secret is printed:", text)
		}
	}
}

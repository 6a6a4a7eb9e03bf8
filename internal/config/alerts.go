package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/alerts/rules"
)

// Alerts says what is watched for, and who is told. Every rule is on by itself.
type Alerts struct {
	Every    time.Duration  `yaml:"every"`  // rules that the clock changes are asked; default 5s. The others are asked when data came
	Remind   time.Duration  `yaml:"remind"` // an incident that nobody took on is told again; default 0, never
	URL      string         `yaml:"url"`    // of the page, for links; default access.url
	Rules    []AlertRule    `yaml:"rules"`
	Channels []AlertChannel `yaml:"channels"`
	Weekly   Weekly         `yaml:"weekly"`
}

// AlertRule sets a rule for all, for a partner, for a product line, or for a line at a partner. What names more counts.
type AlertRule struct {
	Rule       string                `yaml:"rule"`
	Partner    sellthrough.PartnerID `yaml:"partner"`
	Line       string                `yaml:"line"`
	State      string                `yaml:"state"`    // on | off
	Severity   string                `yaml:"severity"` // critical | warning | info
	Thresholds map[string]string     `yaml:"thresholds"`
}

// Values are the thresholds as numbers.
func (r *AlertRule) Values() map[string]float64 {
	out := map[string]float64{}
	for k, v := range r.Thresholds {
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			out[k] = f
		}
	}
	return out
}

// AlertChannel is somewhere messages go.
type AlertChannel struct {
	Name       string                  `yaml:"name"`
	Type       string                  `yaml:"type"`       // json | slack | dingtalk | wecom | feishu | alertmanager | mail
	URL        Address                 `yaml:"url"`        // of all but mail; may be ${NAME}
	Secret     Secret                  `yaml:"secret"`     // json: signs the body; dingtalk, feishu: the robot's
	Language   string                  `yaml:"language"`   // en (default) | zh | both
	PerMinute  int                     `yaml:"per_minute"` // messages; default as many as the service allows
	Rules      []string                `yaml:"rules"`      // only these; default all
	Severities []string                `yaml:"severities"` // only these; default all
	Partners   []sellthrough.PartnerID `yaml:"partners"`   // only these; default all
	Reports    bool                    `yaml:"reports"`    // the weekly report too; mail gets nothing else
	Resend     time.Duration           `yaml:"resend"`     // alertmanager: what fires is told again; default 1m
	User       string                  `yaml:"user"`       // alertmanager, mail
	Password   Secret                  `yaml:"password"`
	Server     string                  `yaml:"server"` // mail: host:port
	TLS        string                  `yaml:"tls"`    // mail: starttls (default) | tls | none
	From       string                  `yaml:"from"`
	To         []string                `yaml:"to"`
}

// Weekly is when the weekly report goes out: on Mondays, for the week before.
type Weekly struct {
	At string `yaml:"at"` // HH:MM in reporting.time_zone; default 08:00
}

// Address is a URL that may hold a key. It may be written as ${NAME}, and prints as ***.
type Address string

// String hides the address; string(a) is the address itself.
func (a Address) String() string { return hidden }

// GoString hides the address.
func (a Address) GoString() string { return hidden }

// MarshalText hides the address, in JSON too.
func (a Address) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// alertTypes are the kinds of channels; those that take a URL come first.
var alertTypes = []string{"json", "slack", "dingtalk", "wecom", "feishu", "alertmanager", "mail"}

func (v *validator) alerts() {
	a := &v.c.Alerts
	v.span("alerts.every", a.Every, time.Second, time.Hour)
	if a.Remind != 0 {
		v.span("alerts.remind", a.Remind, time.Minute, 90*24*time.Hour)
	}
	if a.URL != "" && a.URL != v.c.Access.URL && !web(a.URL) {
		v.bad("alerts.url", "alerts.url %q is not an address; write it like https://sales.example.com", a.URL)
	}
	if _, err := time.Parse("15:04", a.Weekly.At); err != nil {
		v.bad("alerts.weekly.at", "alerts.weekly.at %q is not a time of day; write it like 08:00", a.Weekly.At)
	}
	known, err := rules.All()
	if err != nil {
		v.bad("alerts", "%v", err) // a fault of this program
		return
	}
	byName := map[string]rules.Rule{}
	for _, r := range known {
		byName[r.Name] = r
	}
	names := slices.Sorted(maps.Keys(byName))
	for i := range a.Rules {
		v.alertRule(fmt.Sprintf("alerts.rules[%d]", i), &a.Rules[i], byName, names)
	}
	v.twice(a.Rules)
	seen := map[string]bool{}
	for i := range a.Channels {
		c, path := &a.Channels[i], fmt.Sprintf("alerts.channels[%d]", i)
		switch {
		case c.Name == "":
			v.bad(path, "a channel of alerts has no name; give it one, like operations")
		case seen[c.Name]:
			v.bad(path+".name", "the channel %q is there twice; choose another name", c.Name)
		}
		seen[c.Name] = true
		v.alertChannel(path, c, names)
	}
}

func (v *validator) alertRule(path string, r *AlertRule, byName map[string]rules.Rule, names []string) {
	if r.Rule == "" {
		v.bad(path, "this setting names no rule; write rule: and one of %s", strings.Join(names, ", "))
		return
	}
	v.oneOf(path+".rule", r.Rule, names...)
	if r.State != "" {
		v.oneOf(path+".state", r.State, "on", "off")
	}
	if r.Severity != "" {
		v.oneOf(path+".severity", r.Severity, rules.Severities()...)
	}
	v.partnerNamed(path+".partner", r.Partner)
	thresholds := slices.Sorted(maps.Keys(byName[r.Rule].Thresholds))
	for name, value := range r.Thresholds {
		at := path + ".thresholds." + name
		if !slices.Contains(thresholds, name) && byName[r.Rule].Name != "" {
			if near := Nearest(name, thresholds); near != "" {
				v.bad(at, "%s has no threshold %q; did you mean %q?", r.Rule, name, near)
			} else {
				v.bad(at, "%s has no threshold %q; it has %s", r.Rule, name, strings.Join(thresholds, ", "))
			}
		}
		if f, err := strconv.ParseFloat(value, 64); err != nil || !(f >= 0 && f <= 1e9) {
			v.bad(at, "threshold %s %q is not a number from 0 on; write it like 7 or 0.5", name, value)
		}
	}
}

// twice finds settings of which nobody could say which one counts.
func (v *validator) twice(list []AlertRule) {
	type to struct{ rule, partner, line, what string }
	seen := map[to]int{}
	for i, r := range list {
		whats := slices.Collect(maps.Keys(r.Thresholds))
		if r.State != "" {
			whats = append(whats, "state")
		}
		if r.Severity != "" {
			whats = append(whats, "severity")
		}
		for _, what := range whats {
			k := to{r.Rule, string(r.Partner), r.Line, what}
			if first, ok := seen[k]; ok {
				v.bad(fmt.Sprintf("alerts.rules[%d]", i), "%s of %s is set twice for the same partner and line, first in line %d; keep one", what, r.Rule, v.lines[fmt.Sprintf("alerts.rules[%d]", first)])
				continue
			}
			seen[k] = i
		}
	}
}

func (v *validator) partnerNamed(path string, id sellthrough.PartnerID) {
	if _, ok := v.c.Partner(id); id != "" && !ok {
		v.bad(path, "partner %q is not under partners; add it there", id)
	}
}

func (v *validator) alertChannel(path string, c *AlertChannel, names []string) {
	if c.Type == "" {
		v.bad(path, "channel %s has no type; write one of %s", c.Name, strings.Join(alertTypes, ", "))
		return
	}
	v.oneOf(path+".type", c.Type, alertTypes...)
	if c.Language != "" {
		v.oneOf(path+".language", c.Language, "en", "zh", "both")
	}
	if c.PerMinute != 0 {
		v.count(path+".per_minute", c.PerMinute, 1, 600)
	}
	if c.Type == "mail" {
		v.mail(path, c)
	} else if !web(string(c.URL)) {
		v.bad(path+".url", "channel %s needs a url with https or http; it may be written as ${NAME}", c.Name) // it may hold a key: it is not printed
	}
	if c.Secret != "" && !slices.Contains([]string{"json", "dingtalk", "feishu"}, c.Type) {
		v.bad(path+".secret", "channel %s has a secret, which %s does not use; take it out", c.Name, c.Type)
	}
	if c.Resend != 0 {
		v.span(path+".resend", c.Resend, 10*time.Second, 10*time.Minute)
	}
	if c.Reports && c.Type == "alertmanager" {
		v.bad(path+".reports", "an Alertmanager takes no reports; name another channel for them")
	}
	for i, r := range c.Rules {
		v.oneOf(fmt.Sprintf("%s.rules[%d]", path, i), r, names...)
	}
	for i, s := range c.Severities {
		v.oneOf(fmt.Sprintf("%s.severities[%d]", path, i), s, rules.Severities()...)
	}
	for i, p := range c.Partners {
		v.partnerNamed(fmt.Sprintf("%s.partners[%d]", path, i), p)
	}
}

func (v *validator) mail(path string, c *AlertChannel) {
	v.address(path+".server", c.Server)
	if c.TLS != "" {
		v.oneOf(path+".tls", c.TLS, "starttls", "tls", "none")
	}
	if c.TLS == "none" && c.Password != "" {
		v.bad(path+".tls", "channel %s would send its password in clear text; write tls: starttls or tls", c.Name)
	}
	for _, a := range append([]string{c.From}, c.To...) {
		if !strings.Contains(a, "@") {
			v.bad(path, "channel %s: %q is not a mail address; it needs from, and a list to", c.Name, a)
		}
	}
	if len(c.To) == 0 {
		v.bad(path, "channel %s has nobody to write to; list addresses under to", c.Name)
	}
}

// web says whether s is an address of the web.
func web(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

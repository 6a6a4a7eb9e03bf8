package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validator checks what was decoded. Its faults point at the line of the setting, or of the block that lacks it.
type validator struct {
	*decoder
	c *Config
}

// bad records a fault of the setting at path.
func (v *validator) bad(path, format string, args ...any) {
	at := path
	for {
		if line, ok := v.lines[at]; ok {
			v.fault(line, format, args...)
			return
		}
		i := strings.LastIndexAny(at, ".[")
		if i < 0 {
			v.fault(1, format, args...)
			return
		}
		at = at[:i]
	}
}

func (v *validator) config() {
	c := v.c
	if c.Data == "" {
		v.bad("data", "data is empty; name a folder, like ./data")
	}
	v.address("listen.api", c.Listen.API)
	v.address("listen.admin", c.Listen.Admin)
	if c.Listen.API == c.Listen.Admin && !strings.HasSuffix(c.Listen.API, ":0") {
		v.bad("listen.admin", "listen.admin and listen.api are the same address; give them two ports")
	}
	v.kafka()
	v.clickhouse()
	if strings.Contains(c.Archive.URL, "://") {
		if _, err := url.Parse(c.Archive.URL); err != nil {
			v.bad("archive.url", "archive.url %q is not a URL; write a folder, or a URL like s3://bucket", c.Archive.URL)
		}
	}
	if r := c.Archive.Retention; r != 0 {
		v.span("archive.retention", r, 24*time.Hour, 100*365*24*time.Hour)
	}
	if d := c.Disk; d.Engines > d.Reserve && d.Reserve != 0 {
		v.bad("disk.engines", "disk.engines is above disk.reserve; collectors have to stop first, so make the reserve larger")
	}
	v.customers()
	v.currency("reporting.currency", c.Reporting.Currency)
	v.zone("reporting.time_zone", c.Reporting.TimeZone)
	v.span("reference.watch", c.Reference.Watch, 100*time.Millisecond, 24*time.Hour)
	v.limits()
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	if c.Log.Format != "" {
		v.oneOf("log.format", c.Log.Format, "console", "json")
	}
	v.partners()
	v.feeds()
	v.doors()
	v.access()
	v.alerts()
	v.canary()
}

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,200}$`)

func (v *validator) kafka() {
	k := &v.c.Engines.Kafka
	for i, b := range k.Brokers {
		v.address(fmt.Sprintf("engines.kafka.brokers[%d]", i), b)
	}
	if !topicName.MatchString(k.Prefix) {
		v.bad("engines.kafka.prefix", "engines.kafka.prefix %q can't begin a topic's name; use letters, digits, dot, dash and underscore", k.Prefix)
	}
	if k.Group == "" {
		v.bad("engines.kafka.group", "engines.kafka.group is empty; name the consumer group")
	}
	v.count("engines.kafka.partitions", k.Partitions, 1, 1024)
	v.count("engines.kafka.replication", k.Replication, 1, 15)
	v.span("engines.kafka.retention", k.Retention, 24*time.Hour, 100*365*24*time.Hour)
	if k.Budget != 0 {
		v.size("engines.kafka.budget", k.Budget, 64<<20, 1<<50)
	}
	v.count("engines.kafka.port", k.Port, 0, 65535)
	if k.CA != "" && !k.TLS {
		v.bad("engines.kafka.ca", "engines.kafka.ca is set without tls; write tls: true or take it out")
	}
	if len(k.Brokers) == 0 && (k.TLS || k.User != "" || k.Password != "") {
		v.bad("engines.kafka", "engines.kafka has tls, user or password without brokers; the embedded broker has none of them, so name brokers or take these out")
	}
	if len(k.Brokers) == 0 && k.Replication != 1 {
		v.bad("engines.kafka.replication", "engines.kafka.replication is %d, but the embedded broker is one; write 1 or name brokers", k.Replication)
	}
	if (k.User == "") != (k.Password == "") {
		v.bad("engines.kafka.user", "engines.kafka needs user and password together; give both or neither")
	}
}

func (v *validator) clickhouse() {
	k := &v.c.Engines.ClickHouse
	if k.Address != "" {
		v.address("engines.clickhouse.address", k.Address)
	} else if k.TLS {
		v.bad("engines.clickhouse.tls", "engines.clickhouse.tls is set without an address; the embedded server has no TLS, so name an address or take it out")
	}
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(k.Database) {
		v.bad("engines.clickhouse.database", "engines.clickhouse.database %q is not a name of a database; use letters, digits and underscore", k.Database)
	}
	v.span("engines.clickhouse.road", k.Road, 7*24*time.Hour, 100*365*24*time.Hour)
	if k.Memory != 0 {
		v.size("engines.clickhouse.memory", k.Memory, 512<<20, 1<<44)
	}
}

func (v *validator) limits() {
	l, t := &v.c.Limits, &v.c.Transform
	v.size("limits.body", l.Body, 1<<10, 1<<40)
	v.size("limits.line", l.Line, 1<<10, 64<<20)
	v.size("limits.field", l.Field, 64, 16<<20)
	if l.Field > l.Line {
		v.bad("limits.field", "limits.field %s is larger than limits.line %s; no field is longer than its line", l.Field, l.Line)
	}
	v.count("limits.concurrent", l.Concurrent, 1, 10_000)
	v.count("limits.per_partner", l.PerPartner, 1, 10_000)
	if l.PerPartner > l.Concurrent {
		v.bad("limits.per_partner", "limits.per_partner %d is larger than limits.concurrent %d; lower it", l.PerPartner, l.Concurrent)
	}
	v.count("limits.per_minute", l.PerMinute, 1, 1_000_000)
	v.span("limits.read_timeout", l.ReadTimeout, time.Second, time.Hour)
	v.count("limits.refused_inline", l.Refused, 0, 100_000)
	v.count("transform.batch_lines", t.BatchLines, 1, 1_000_000)
	v.span("transform.batch_wait", t.BatchWait, time.Millisecond, time.Minute)
	v.count("transform.state_lines", t.StateLines, 10_000, 10_000_000_000)
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	hashForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

func (v *validator) id(path, what, id string, seen map[string]int) {
	line := v.lines[path]
	switch {
	case id == "":
		v.bad(path, "%s has no id; give it one, like acme", what)
		return
	case !idForm.MatchString(id):
		v.bad(path, "%s id %q is not allowed; use up to 64 lower-case letters, digits, dots, dashes and underscores", what, id)
	}
	if first, ok := seen[id]; ok {
		v.bad(path, "%s id %q is taken in line %d; choose another", what, id, first)
		return
	}
	seen[id] = line
}

func (v *validator) partners() {
	ids, keys := map[string]int{}, map[KeyHash]int{}
	for i := range v.c.Partners {
		p, path := &v.c.Partners[i], fmt.Sprintf("partners[%d]", i)
		v.id(path+".id", "partner", string(p.ID), ids)
		if p.TimeZone == "" {
			v.bad(path, "partner %s has no time_zone; name the IANA zone of its shops, like Europe/Berlin", p.ID)
		} else {
			v.zone(path+".time_zone", p.TimeZone)
		}
		if p.Currency == "" {
			v.bad(path, "partner %s has no currency; name the ISO 4217 code of its money, like EUR", p.ID)
		} else {
			v.currency(path+".currency", p.Currency)
		}
		if n := len(p.Keys); n < 1 || n > 2 {
			v.bad(path+".keys", "partner %s has %d keys; list one hash, or two while a key is rotated", p.ID, n)
		}
		for j, k := range p.Keys {
			at := fmt.Sprintf("%s.keys[%d]", path, j)
			if !hashForm.MatchString(string(k)) { // a key itself may stand here by mistake: it is not printed
				v.bad(at, "a key of partner %s is not a hash; write sha256: and the 64 lower-case hexadecimal digits of the key's SHA-256", p.ID)
				continue
			}
			if first, ok := keys[k]; ok {
				v.bad(at, "this key is already in line %d; every partner needs keys of its own", first)
				continue
			}
			keys[k] = v.lines[at]
		}
	}
}

func (v *validator) oneOf(path, value string, known ...string) {
	if slices.Contains(known, value) {
		return
	}
	if near := Nearest(value, known); near != "" {
		v.bad(path, "%s %q is not known; did you mean %q?", path, value, near)
		return
	}
	v.bad(path, "%s %q is not known; write one of %s", path, value, strings.Join(known, ", "))
}

func (v *validator) address(path, addr string) {
	_, port, err := net.SplitHostPort(addr)
	if n, e := strconv.Atoi(port); err != nil || e != nil || n < 0 || n > 65535 {
		v.bad(path, "%s %q is not an address; write host:port, like 127.0.0.1:8080", path, addr)
	}
}

func (v *validator) currency(path, code string) {
	if !IsCurrency(code) {
		v.bad(path, "%s %q is not a currency of ISO 4217; write three capitals, like EUR", path, code)
	}
}

func (v *validator) zone(path, zone string) {
	_, err := time.LoadLocation(zone)
	if err != nil || zone == "" || zone == "Local" {
		v.bad(path, "%s %q is not a time zone of the IANA list; write it like Europe/Berlin or UTC", path, zone)
	}
}

func (v *validator) count(path string, n, low, high int) {
	if n < low || n > high {
		v.bad(path, "%s is %d; it has to be between %d and %d", path, n, low, high)
	}
}

func (v *validator) size(path string, n, low, high Size) {
	if n < low || n > high {
		v.bad(path, "%s is %s; it has to be between %s and %s", path, n, low, high)
	}
}

func (v *validator) span(path string, d, low, high time.Duration) {
	if d < low || d > high {
		v.bad(path, "%s is %s; it has to be between %s and %s", path, d, low, high)
	}
}

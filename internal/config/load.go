package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"sellthrough"
)

// Load reads the file at path, with secrets from the environment.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, text, os.LookupEnv)
}

// Parse reads a configuration: defaults, strict decoding, validation. Its error joins every fault found, each written
// as NAME:LINE: what is wrong; what to do.
func Parse(name string, text []byte, env func(string) (string, bool)) (*Config, error) {
	d := &decoder{env: env, lines: map[string]int{}}
	c := defaults()
	src := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	switch err := src.Decode(&doc); {
	case errors.Is(err, io.EOF): // an empty file: all defaults
	case err != nil:
		d.syntax(err)
	default:
		d.decode(doc.Content[0], reflect.ValueOf(c).Elem(), "")
		if err := src.Decode(new(yaml.Node)); err == nil {
			d.fault(1, "a second YAML document follows; keep one document in the file")
		} else if !errors.Is(err, io.EOF) {
			d.syntax(err)
		}
	}
	if !d.broken {
		complete(c)
		v := validator{decoder: d, c: c}
		v.config()
	}
	if len(d.faults) == 0 {
		return c, nil
	}
	slices.SortFunc(d.faults, func(a, b fault) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text)) })
	errs := make([]error, len(d.faults))
	for i, f := range d.faults {
		errs[i] = fmt.Errorf("%s:%d: %s", name, f.line, f.text)
	}
	return nil, errors.Join(errs...)
}

// defaults is the configuration of an empty file.
func defaults() *Config {
	return &Config{
		Data:      "./data",
		Listen:    Listen{API: "127.0.0.1:8080", Admin: "127.0.0.1:9090"},
		Engines:   Engines{Kafka: Kafka{Prefix: "sellthrough", Group: "sellthrough-transform", Partitions: 4, Retention: 90 * 24 * time.Hour}, ClickHouse: ClickHouse{Database: "sellthrough", Road: 30 * 24 * time.Hour}},
		Disk:      Disk{Reserve: 2 << 30, Engines: 512 << 20},
		Customers: Customers{Rotate: 365 * 24 * time.Hour},
		Reporting: Reporting{Currency: "USD", TimeZone: "UTC"},
		Reference: Reference{Watch: 2 * time.Second},
		Limits: Limits{
			Body: 2 << 30, Line: 1 << 20, Field: 64 << 10, Concurrent: 16, PerPartner: 4, PerMinute: 600,
			ReadTimeout: time.Minute, Refused: 1000,
		},
		Transform: Transform{BatchLines: 100_000, BatchWait: 200 * time.Millisecond, StateLines: 10_000_000},
		Log:       Log{Level: "info"},
		Doors:     doorDefaults(),
		Access:    Access{Keys: true, Idle: 8 * time.Hour, Absolute: 7 * 24 * time.Hour, OIDC: OIDC{Claims: Claims{Name: "email", Role: "role", Partner: "partner", Node: "node", Grants: "grants"}}},
		Alerts:    Alerts{Every: 5 * time.Second, Weekly: Weekly{At: "08:00"}},
		Canary:    CanaryPartner{Wait: 2 * time.Minute},
	}
}

// begin sets the defaults of a list's element before it is decoded.
func begin(v any, line int) {
	if f, ok := v.(*Feed); ok {
		*f = Feed{
			Format: Format{Type: "csv", Delimiter: ","}, Numbers: Numbers{Point: "."}, Identity: Identity{Rule: 1},
			Coverage: Coverage{Kind: sellthrough.CoverNone, HoldAbove: 0.2}, Tax: "excluded", Line: line,
		}
	}
}

// complete fills in the defaults that depend on other settings.
func complete(c *Config) {
	if c.Archive.URL == "" {
		c.Archive.URL = strings.TrimSuffix(c.Data, "/") + "/archive"
	}
	if c.Customers.Keys == "" {
		c.Customers.Keys = strings.TrimSuffix(c.Data, "/") + "/keys"
	}
	if c.Alerts.URL == "" {
		c.Alerts.URL = c.Access.URL
	}
	if c.Engines.Kafka.Replication == 0 {
		c.Engines.Kafka.Replication = 1
		if len(c.Engines.Kafka.Brokers) > 0 {
			c.Engines.Kafka.Replication = 3
		}
	}
	completeDoors(c)
	if m := &c.Canary.Mail; m.From != "" && m.To == "" {
		m.To = c.Doors.Mail.From
	}
	for i := range c.Feeds {
		f := &c.Feeds[i]
		f.standardColumns()
		if f.Identity.Namespace == "" {
			f.Identity.Namespace = string(f.ID)
		}
		if f.Kind == sellthrough.Stock && f.Identity.Scope == "" {
			f.Identity.Scope = sellthrough.ByLocationDay
		}
		if f.Kind == sellthrough.Sales && !f.Columns.Kind.Set() && len(f.Columns.Kind.Values) == 0 {
			f.Columns.Kind.Constant = sellthrough.SellOut.String()
		}
		if f.Kind == sellthrough.Stock && !f.Columns.Level.Set() && len(f.Columns.Level.Values) == 0 {
			f.Columns.Level.Constant = sellthrough.OnHand.String()
		}
		if q := &f.Columns.Qty; !q.Set() && f.Kind == sellthrough.Money {
			q.Constant = "0"
		} else if !q.Set() && f.Kind == sellthrough.Service {
			q.Constant = "1"
		}
		for _, t := range []*Time{&f.Columns.At, &f.Columns.BusinessDate, &f.Columns.Until} {
			if t.Zone == "" {
				t.Zone = ZoneLocal
			}
		}
		if f.Currency == "" {
			if p, ok := c.Partner(f.Partner); ok {
				f.Currency = p.Currency
			}
		}
	}
}

type fault struct {
	line int
	text string
}

// decoder reads YAML nodes into Go values and remembers every fault and the line of every setting.
type decoder struct {
	env    func(string) (string, bool)
	faults []fault
	lines  map[string]int
	broken bool // not YAML at all
}

func (d *decoder) fault(line int, format string, args ...any) {
	d.faults = append(d.faults, fault{max(line, 1), fmt.Sprintf(format, args...)})
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (d *decoder) syntax(err error) {
	d.broken = true
	text, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	d.fault(line, "this is not YAML: %s; look at the indentation and quotes here and in the line above", text)
}

func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.lines[path] = n.Line
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // the key without a value: the default stays
	}
	switch v.Kind() {
	case reflect.Struct:
		d.object(n, v, path)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			d.fault(n.Line, "%s has to be a list; begin each entry with a dash", path)
			return
		}
		for i, e := range n.Content {
			if e.Kind == yaml.AliasNode {
				e = e.Alias
			}
			item := reflect.New(v.Type().Elem())
			begin(item.Interface(), e.Line)
			d.decode(e, item.Elem(), fmt.Sprintf("%s[%d]", path, i))
			v.Set(reflect.Append(v, item.Elem()))
		}
	case reflect.Map:
		d.pairs(n, path, func(k, val *yaml.Node) {
			if val.Kind != yaml.ScalarNode {
				d.fault(val.Line, "%s.%s has to be one value", path, k.Value)
				return
			}
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			d.lines[path+"."+k.Value] = k.Line
			v.SetMapIndex(reflect.ValueOf(k.Value), reflect.ValueOf(val.Value))
		})
	default:
		if n.Kind != yaml.ScalarNode {
			d.fault(n.Line, "%s has to be one value, not a list or a block of keys", path)
			return
		}
		d.scalar(n, v, path)
	}
}

// pairs calls f for each pair of a mapping.
func (d *decoder) pairs(n *yaml.Node, path string, f func(k, v *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fault(n.Line, "%s has to be a block of keys, like \"name: value\"", cmp.Or(path, "the file"))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if v.Kind == yaml.AliasNode {
			v = v.Alias
		}
		if first, ok := seen[k.Value]; ok {
			d.fault(k.Line, "%q is given twice, first in line %d; keep one", k.Value, first)
			continue
		}
		seen[k.Value] = k.Line
		f(k, v)
	}
}

func (d *decoder) object(n *yaml.Node, v reflect.Value, path string) {
	if s, ok := sourceOf(v); ok {
		s.Line = n.Line
		if n.Kind == yaml.ScalarNode {
			s.Column = n.Value
			d.noVariable(n, path)
			return
		}
	}
	fields, known := map[string]reflect.Value{}, []string(nil)
	list(v, fields, &known)
	d.pairs(n, path, func(k, val *yaml.Node) {
		field, ok := fields[k.Value]
		if !ok {
			where := ""
			if path != "" {
				where = " in " + path
			}
			if near := Nearest(k.Value, known); near != "" {
				d.fault(k.Line, "unknown key %q%s; did you mean %q?", k.Value, where, near)
			} else {
				d.fault(k.Line, "unknown key %q%s; known are %s", k.Value, where, strings.Join(known, ", "))
			}
			return
		}
		at := k.Value
		if path != "" {
			at = path + "." + k.Value
		}
		d.decode(val, field, at)
	})
}

// sourceOf finds the Source that v is or embeds.
func sourceOf(v reflect.Value) (*Source, bool) {
	switch s := v.Addr().Interface().(type) {
	case *Source:
		return s, true
	case *Amount:
		return &s.Source, true
	case *KindSource:
		return &s.Source, true
	case *Coded:
		return &s.Source, true
	case *Customer:
		return &s.Source, true
	case *Function:
		return &s.Source, true
	case *Time:
		return &s.Source, true
	}
	return nil, false
}

// list gathers the settings of a struct by their names in YAML.
func list(v reflect.Value, fields map[string]reflect.Value, known *[]string) {
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("yaml")
		switch {
		case tag == ",inline":
			list(v.Field(i), fields, known)
		case tag != "-":
			name, _, _ := strings.Cut(tag, ",")
			fields[name] = v.Field(i)
			*known = append(*known, name)
		}
	}
}

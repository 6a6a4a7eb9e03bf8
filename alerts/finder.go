package alerts

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/alerts/rules"
)

// Answer is what the ledger says to a query.
type Answer struct {
	Columns []string
	Rows    [][]any
}

// Watch is how the rules are set.
type Watch struct {
	Database string
	Zone     *time.Location // of the vendor's business days
	Feeds    []rules.Feed
	Rules    []Setting
}

// Setting changes a rule for some partners and product lines. Empty is every one; the setting that names more counts.
type Setting struct {
	Rule, Partner, Line string
	Off                 *bool
	Severity            string // empty: the rule's
	Values              map[string]float64
}

// Rulebook is the Finder over the rules of this program.
type Rulebook struct {
	watch Watch
	rules map[string]*rules.Rule
	on    []Asked
	ask   func(ctx context.Context, sql string) (Answer, error)
}

// most is how many violations of a rule are taken, the most expensive first.
const most = 50_000

// NewRulebook reads the rules. ask asks the ledger.
func NewRulebook(w Watch, ask func(ctx context.Context, sql string) (Answer, error)) (*Rulebook, error) {
	list, err := rules.All()
	if err != nil {
		return nil, err
	}
	b := &Rulebook{watch: w, rules: map[string]*rules.Rule{}, ask: ask}
	for i := range list {
		r := &list[i]
		b.rules[r.Name] = r
		if !b.offEverywhere(r.Name) {
			b.on = append(b.on, Asked{Name: r.Name, Clock: r.Clock, Urgent: r.Severity == "critical", Over: Text(r.Over)})
		}
	}
	return b, nil
}

// Rules are those that are on.
func (b *Rulebook) Rules() []Asked { return b.on }

// offEverywhere says whether a rule is off and on again for nobody.
func (b *Rulebook) offEverywhere(rule string) bool {
	off := false
	for _, s := range b.watch.Rules {
		if s.Rule == rule && s.Off != nil {
			if !*s.Off {
				return false
			}
			off = off || s.Partner == "" && s.Line == ""
		}
	}
	return off
}

// of is what the settings say for a violation: the one that names more counts, and a partner more than a line.
func (b *Rulebook) of(rule, partner, line string) (off bool, severity string) {
	severity = b.rules[rule].Severity
	best, worst := -1, -1
	for _, s := range b.watch.Rules {
		if s.Rule != rule || s.Partner != "" && s.Partner != partner || s.Line != "" && s.Line != line {
			continue
		}
		weight := 0
		if s.Partner != "" {
			weight += 2
		}
		if s.Line != "" {
			weight++
		}
		if s.Off != nil && weight > best {
			best, off = weight, *s.Off
		}
		if s.Severity != "" && weight > worst {
			worst, severity = weight, s.Severity
		}
	}
	return off, severity
}

func (b *Rulebook) asking(rule string, now time.Time) rules.Asking {
	a := rules.Asking{Database: b.watch.Database, Now: now, Day: now.In(b.watch.Zone), Feeds: b.watch.Feeds}
	for _, s := range b.watch.Rules {
		if s.Rule == rule && len(s.Values) > 0 {
			a.Settings = append(a.Settings, rules.Setting{Partner: s.Partner, Line: s.Line, Values: s.Values})
		}
	}
	return a
}

// wrap brings a rule's query into the columns that are read here.
const wrap = `SELECT toString(v.partner), toString(v.location), toString(v.product), toString(v.subject), toString(v.line),
	toInt64(toUnixTimestamp64Milli(toDateTime64(v.since, 3, 'UTC'))), toInt64(toUnixTimestamp64Milli(toDateTime64(v.data_at, 3, 'UTC'))), toFloat64(v.units), toFloat64(v.money)%s
FROM (%s) AS v ORDER BY ifNull(v.money, 0) DESC, v.partner, v.location, v.product, v.subject LIMIT %d`

// Find returns the current violations of a rule.
func (b *Rulebook) Find(ctx context.Context, rule string, now time.Time) ([]Violation, bool, error) {
	r := b.rules[rule]
	sql, err := r.Find(b.asking(rule, now))
	if err != nil {
		return nil, false, err
	}
	var evidence strings.Builder
	for _, e := range r.Evidence {
		evidence.WriteString(", v." + e)
	}
	t, err := b.ask(ctx, fmt.Sprintf(wrap, evidence.String(), sql, most+1))
	if err != nil {
		return nil, false, fmt.Errorf("rule %s: %w", rule, err)
	}
	var out []Violation
	for _, row := range t.Rows {
		v, line, err := violation(r, row)
		if err != nil {
			return nil, false, fmt.Errorf("rule %s: %w", rule, err)
		}
		off, severity := b.of(rule, v.Partner, line)
		if off {
			continue
		}
		v.Severity = severity
		out = append(out, v)
	}
	return out, len(t.Rows) <= most, nil
}

// violation reads a row of the wrapped query.
func violation(r *rules.Rule, row []any) (Violation, string, error) {
	if len(row) != 9+len(r.Evidence) {
		return Violation{}, "", fmt.Errorf("the query gives %d columns", len(row))
	}
	var text [5]string
	for i := range text {
		s, ok := row[i].(string)
		if !ok {
			return Violation{}, "", fmt.Errorf("column %d is a %T", i, row[i])
		}
		text[i] = s
	}
	v := Violation{Key: Key{Rule: r.Name, Partner: text[0], Location: text[1], Product: text[2], Subject: text[3]}}
	v.Since, v.DataAt = millis(row[5]), millis(row[6])
	if u, ok := number(row[7]); ok {
		v.Units = micros(u)
	}
	if m, ok := number(row[8]); ok {
		d := micros(math.Round(m*100) / 100)
		v.Money = &d
	}
	cells := map[string]string{"partner": v.Partner, "location": v.Location, "product": v.Product, "subject": v.Subject}
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range r.Evidence {
		said, quoted := say(row[9+i])
		cells[name] = said
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return v, "", err
		}
		b.Write(key)
		b.WriteByte(':')
		switch {
		case said == "":
			b.WriteString("null")
		case quoted:
			value, err := json.Marshal(said)
			if err != nil {
				return v, "", err
			}
			b.Write(value)
		default:
			b.WriteString(said)
		}
	}
	b.WriteByte('}')
	v.Evidence = b.String()
	v.Text = Text{En: fill(r.Says.En, cells), Zh: fill(r.Says.Zh, cells)}
	return v, text[4], nil
}

func fill(text string, cells map[string]string) string {
	for name, said := range cells {
		text = strings.ReplaceAll(text, "{"+name+"}", said)
	}
	return text
}

func millis(v any) time.Time {
	n, ok := v.(int64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// number reads a value that may be NULL, which is a nil pointer.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case *float64:
		if n == nil {
			return 0, false
		}
		return number(*n)
	}
	return 0, false
}

// micros is f as a Decimal, within what it holds.
func micros(f float64) sellthrough.Decimal {
	return sellthrough.Decimal(math.Round(max(-9e12, min(f, 9e12)) * 1e6))
}

// say writes a value as text: numbers with up to two decimals, days as they are, instants to the minute. quoted says that it
// is a string in JSON.
func say(v any) (text string, quoted bool) {
	switch x := v.(type) {
	case nil:
		return "", false
	case string:
		return x, true
	case bool:
		return strconv.FormatBool(x), false
	case time.Time:
		if x.Unix() == 0 {
			return "", true
		}
		if x.Hour() == 0 && x.Minute() == 0 && x.Second() == 0 {
			return x.Format(time.DateOnly), true
		}
		return x.UTC().Format("2006-01-02 15:04 UTC"), true
	case fmt.Stringer: // a decimal
		f, err := strconv.ParseFloat(x.String(), 64)
		if err != nil {
			return x.String(), true
		}
		return short(f), false
	case float64:
		return short(x), false
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer {
		if r.IsNil() {
			return "", false
		}
		return say(r.Elem().Interface())
	}
	return fmt.Sprint(v), false
}

func short(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
}

// atOnce is how many incidents a query is asked about.
const atOnce = 2000

// Gone says what became of incidents whose violation is not found any more.
func (b *Rulebook) Gone(ctx context.Context, rule string, keys []Key, now time.Time) (map[Key]Verdict, error) {
	out := map[Key]Verdict{}
	for some := range slices.Chunk(keys, atOnce) {
		a := b.asking(rule, now)
		for _, k := range some {
			a.Gone = append(a.Gone, rules.Subject{Partner: k.Partner, Location: k.Location, Product: k.Product, Subject: k.Subject})
		}
		sql, err := b.rules[rule].Gone(a)
		if err != nil {
			return nil, err
		}
		t, err := b.ask(ctx, "SELECT toString(v.partner), toString(v.location), toString(v.product), toString(v.subject), toUInt8(v.stay), toString(v.why_en), toString(v.why_zh) FROM ("+sql+") AS v")
		if err != nil {
			return nil, fmt.Errorf("rule %s: what became of its incidents: %w", rule, err)
		}
		for _, row := range t.Rows {
			k := Key{Rule: rule}
			var v Verdict
			var stay uint8
			for i, to := range []any{&k.Partner, &k.Location, &k.Product, &k.Subject, &stay, &v.Why.En, &v.Why.Zh} {
				if i >= len(row) || reflect.TypeOf(row[i]) != reflect.TypeOf(to).Elem() {
					return nil, fmt.Errorf("rule %s: what became of its incidents: column %d is a %T", rule, i, row[min(i, len(row)-1)])
				}
				reflect.ValueOf(to).Elem().Set(reflect.ValueOf(row[i]))
			}
			v.Stay = stay == 1
			out[k] = v
		}
		for _, k := range some {
			if off, _ := b.of(rule, k.Partner, ""); off {
				out[k] = Verdict{Why: switchedOff}
			}
		}
	}
	return out, nil
}

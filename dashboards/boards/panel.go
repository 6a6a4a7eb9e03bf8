package boards

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"sellthrough/numbers"
)

// units of Grafana, by a number's.
var grafanaUnits = map[numbers.Unit]string{
	numbers.Units: "locale", numbers.UnitsPerDay: "locale", numbers.Money: "locale", numbers.Percent: "percent",
	numbers.Days: "suffix: d", numbers.Weeks: "suffix: wk", numbers.Seconds: "s", numbers.Count: "locale", numbers.Date: "time:YYYY-MM-DD",
}

// measured says behind a title in which unit a number is, where the value itself does not show it.
var measured = map[numbers.Unit]text{
	numbers.Units: {EN: "units", ZH: "件"}, numbers.UnitsPerDay: {EN: "units/day", ZH: "件/天"}, numbers.Money: {EN: "reporting currency", ZH: "报告货币"},
}

func titled(n *numbers.Number, lang string) string {
	t := n.Title.In(lang)
	if u, ok := measured[n.Unit]; ok {
		t += map[string]string{"en": " (" + u.EN + ")", "zh": "（" + u.ZH + "）"}[lang]
	}
	return t
}

func (s *source) panel(p *panel, lang string) (object, error) {
	out := object{
		"id": p.ID, "type": p.Type, "title": p.Title.In(lang), "gridPos": object{"x": p.At[0], "y": p.At[1], "w": p.At[2], "h": p.At[3]},
		"description": p.About.In(lang), "pluginVersion": grafanaVersion, "transparent": false,
	}
	if p.Type == "text" {
		out["options"] = object{"mode": "markdown", "content": p.Text.In(lang), "code": object{"language": "plaintext", "showLineNumbers": false, "showMiniMap": false}}
		out["fieldConfig"] = object{"defaults": object{}, "overrides": []any{}}
		return out, nil
	}
	defaults := object{"noValue": p.None.In(lang), "color": object{"mode": "palette-classic"}, "mappings": []any{}, "thresholds": thresholds(nil)}
	if p.None.EN == "" || p.None.ZH == "" {
		return nil, errors.New("none: needs en and zh: what stands there when there is nothing, and why")
	}
	if p.Number != "" {
		n, err := numbers.Find(p.Number)
		if err != nil {
			return nil, err
		}
		if p.Title.EN == "" {
			out["title"] = titled(&n, lang)
		}
		if p.About.EN != "" {
			out["description"] = p.About.In(lang) + "\n\n" + n.Description(lang)
		} else {
			out["description"] = n.Description(lang)
		}
		if p.Type != "table" { // whose columns have units of their own
			defaults["unit"], defaults["decimals"] = grafanaUnits[n.Unit], n.Decimals
		}
	} else if p.About.EN == "" {
		return nil, errors.New("without number: an about: has to say what is shown")
	}
	if p.Unit != "" {
		defaults["unit"] = p.Unit
	}
	if p.Decimals != nil {
		defaults["decimals"] = *p.Decimals
	}
	if p.Max != nil {
		defaults["min"], defaults["max"] = 0, *p.Max
	}
	if len(p.Thresholds) > 0 {
		defaults["thresholds"] = thresholds(p.Thresholds)
	}
	options, custom, byThreshold := defaultsOf(p.Type)
	if byThreshold {
		defaults["color"] = object{"mode": "thresholds"}
	}
	maps.Copy(options, p.Options)
	maps.Copy(custom, p.Custom)
	if len(custom) > 0 {
		defaults["custom"] = custom
	}
	if p.Link != "" {
		l, err := address(p.Link, lang, s.Variables)
		if err != nil {
			return nil, err
		}
		defaults["links"] = []any{l}
	}
	overrides := []any{}
	for _, name := range slices.Sorted(maps.Keys(p.Columns)) {
		o, err := s.override(name, p.Columns[name], lang)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		overrides = append(overrides, o)
	}
	targets, source, err := s.targets(p, lang)
	if err != nil {
		return nil, err
	}
	out["options"], out["fieldConfig"] = options, object{"defaults": defaults, "overrides": overrides}
	out["targets"], out["datasource"] = targets, source
	return out, nil
}

// targets are a panel's questions.
func (s *source) targets(p *panel, lang string) ([]any, object, error) {
	if (p.SQL == "") == (len(p.Queries) == 0) {
		return nil, nil, errors.New("either sql: or promql: asks the question")
	}
	var out []any
	for i, q := range p.Queries {
		instant := p.Type == "stat" || p.Type == "bargauge" || p.Table
		format := "time_series"
		if p.Table {
			format = "table"
		}
		out = append(out, object{
			"refId": string(rune('A' + i)), "datasource": prometheus, "expr": q.Expr, "legendFormat": q.Legend, "instant": instant, "range": !instant, "format": format, "editorMode": "code",
		})
	}
	if p.SQL == "" {
		return out, prometheus, nil
	}
	sql, err := s.question(p.SQL, lang)
	if err != nil {
		return nil, nil, err
	}
	queryType, format := "table", 1
	if p.Type == "timeseries" || p.Type == "heatmap" || p.Type == "state-timeline" {
		queryType, format = "timeseries", 0
	}
	return []any{object{
		"refId": "A", "datasource": clickhouse, "editorType": "sql", "queryType": queryType, "format": format, "rawSql": sql, "pluginVersion": pluginVersion,
	}}, clickhouse, nil
}

func thresholds(steps []step) object {
	out := []any{object{"color": "text", "value": nil}}
	if len(steps) > 0 {
		out = nil
		for _, st := range steps {
			var from any
			if st.From != nil {
				from = *st.From
			}
			out = append(out, object{"color": st.Color, "value": from})
		}
	}
	return object{"mode": "absolute", "steps": out}
}

// override is what is particular about a column or series.
func (s *source) override(name string, c column, lang string) (object, error) {
	var set []any
	add := func(id string, value any) { set = append(set, object{"id": id, "value": value}) }
	title := c.Title.In(lang)
	if c.Number != "" {
		n, err := numbers.Find(c.Number)
		if err != nil {
			return nil, err
		}
		if title == "" {
			title = titled(&n, lang)
		}
		add("unit", grafanaUnits[n.Unit])
		add("decimals", n.Decimals)
		add("description", n.Description(lang))
	}
	if title == "" {
		return nil, errors.New("needs a title or a number")
	}
	add("displayName", title)
	if c.Unit != "" {
		add("unit", c.Unit)
	}
	if c.Decimals != nil {
		add("decimals", *c.Decimals)
	}
	if c.Width > 0 {
		add("custom.width", c.Width)
	}
	if c.Color != "" {
		add("color", object{"mode": "fixed", "fixedColor": c.Color})
	}
	if c.Axis == "right" {
		add("custom.axisPlacement", "right")
	}
	if c.Line {
		add("custom.drawStyle", "line")
		add("custom.fillOpacity", 0)
		add("custom.stacking", object{"mode": "none", "group": "A"})
	}
	switch {
	case c.Gauge:
		add("custom.cellOptions", object{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})
	case len(c.Thresholds) > 0:
		add("thresholds", thresholds(c.Thresholds))
		add("color", object{"mode": "thresholds"})
		add("custom.cellOptions", object{"type": "color-background", "mode": "basic"})
	}
	if len(c.Values) > 0 {
		words := object{}
		for i, value := range slices.Sorted(maps.Keys(c.Values)) {
			w := object{"text": c.Values[value].In(lang), "index": i}
			if color := c.Values[value].Color; color != "" {
				w["color"] = color
			}
			words[value] = w
		}
		add("mappings", []any{object{"type": "value", "options": words}})
		if len(c.Thresholds) == 0 {
			add("custom.cellOptions", object{"type": "color-text"})
		}
	}
	if c.Link != "" {
		l, err := address(c.Link, lang, s.Variables)
		if err != nil {
			return nil, err
		}
		add("links", []any{l})
	}
	return object{"matcher": object{"id": "byName", "options": name}, "properties": set}, nil
}

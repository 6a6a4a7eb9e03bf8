package boards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Names of the data sources that provisioning makes.
const (
	ClickHouseUID  = "sellthrough-clickhouse"
	ClickHouseType = "grafana-clickhouse-datasource"
	PrometheusUID  = "sellthrough-prometheus"
	pluginVersion  = "4.20.0"
	grafanaVersion = "13.2.3"
	schemaVersion  = 41
)

type object = map[string]any

var (
	clickhouse = object{"type": ClickHouseType, "uid": ClickHouseUID}
	prometheus = object{"type": "prometheus", "uid": PrometheusUID}
)

// uid is a board's name in a language: Grafana holds both in one place, so that one of them needs another.
func uid(board, lang string) string {
	if lang == "en" {
		return board
	}
	return board + "-" + lang
}

// json writes a board.
func (s *source) json(lang string) ([]byte, error) {
	panels := []object{}
	for i := range s.Panels {
		p, err := s.panel(&s.Panels[i], lang)
		if err != nil {
			return nil, fmt.Errorf("boards/%s.yaml: panel %d: %w", s.UID, s.Panels[i].ID, err)
		}
		panels = append(panels, p)
	}
	variables := []object{}
	for _, v := range s.Variables {
		x, err := variable(v, lang)
		if err != nil {
			return nil, fmt.Errorf("boards/%s.yaml: %w", s.UID, err)
		}
		variables = append(variables, x)
	}
	from, refresh := s.From, s.Refresh
	if from == "" {
		from = "now-28d"
	}
	if refresh == "" {
		refresh = "5m"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"uid": uid(s.UID, lang), "title": s.Title.In(lang), "description": s.About.In(lang), "tags": []string{"sellthrough", lang},
		"schemaVersion": schemaVersion, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "", "weekStart": "monday", "fiscalYearStartMonth": 0, "liveNow": false,
		"time": object{"from": from, "to": "now"}, "timepicker": object{}, "refresh": refresh,
		"annotations": object{"list": []any{}}, "links": links(s.UID, lang), "templating": object{"list": variables}, "panels": panels,
		"preload": false,
	})
	return b.Bytes(), err
}

var boardTitles = map[string]text{
	"channel": {EN: "Channel overview", ZH: "渠道总览"}, "stock": {EN: "Stock", ZH: "库存"}, "partner": {EN: "Partner", ZH: "伙伴"},
	"quality": {EN: "Data quality", ZH: "数据质量"}, "incidents": {EN: "Incidents", ZH: "告警"}, "pipeline": {EN: "Pipeline", ZH: "管道"},
}

// links lead to the other boards and take time and variables along.
func links(self, lang string) []object {
	var out []object
	for _, b := range order {
		if b != self {
			out = append(out, object{
				"type": "link", "title": boardTitles[b].In(lang), "url": "/d/" + uid(b, lang), "icon": "dashboard", "tooltip": "", "tags": []string{},
				"keepTime": true, "includeVars": true, "asDropdown": false, "targetBlank": false,
			})
		}
	}
	return out
}

// choices are the variables that a board may have.
var choices = map[string]struct {
	label text
	sql   string
}{
	"organisation": {text{EN: "Organisation", ZH: "组织"}, "SELECT DISTINCT node FROM v_organisation_partners ORDER BY node"},
	"partner": {text{EN: "Partner", ZH: "伙伴"}, "SELECT DISTINCT partner FROM (SELECT partner FROM v_partners UNION ALL SELECT partner FROM v_locations UNION ALL SELECT partner FROM v_received) " +
		"WHERE partner != '' ORDER BY partner"},
	"territory": {text{EN: "Territory", ZH: "区域"}, "SELECT DISTINCT territory FROM v_locations WHERE territory != '' ORDER BY territory"},
	"location": {text{EN: "Location", ZH: "门店"}, "SELECT DISTINCT code FROM v_locations WHERE $__conditionalAll(partner IN (${partner:singlequote}), $partner) " +
		"AND $__conditionalAll(territory IN (${territory:singlequote}), $territory) ORDER BY code"},
	"line":    {text{EN: "Product line", ZH: "产品线"}, "SELECT DISTINCT line FROM v_products WHERE line != '' ORDER BY line"},
	"product": {text{EN: "Product", ZH: "产品"}, "SELECT code FROM v_products WHERE $__conditionalAll(line IN (${line:singlequote}), $line) ORDER BY code"},
	"feed":    {text{EN: "Feed", ZH: "数据源"}, "SELECT DISTINCT feed FROM v_received WHERE $__conditionalAll(partner IN (${partner:singlequote}), $partner) ORDER BY feed"},
	"rule":    {text{EN: "Rule", ZH: "规则"}, "SELECT DISTINCT rule FROM v_incidents ORDER BY rule"},
}

func variable(name, lang string) (object, error) {
	c, ok := choices[name]
	if !ok {
		return nil, fmt.Errorf("there is no variable %q", name)
	}
	every := map[string]string{"en": "All", "zh": "全部"}[lang]
	return object{
		"type": "query", "name": name, "label": c.label.In(lang), "datasource": clickhouse, "definition": c.sql, "query": c.sql, "refresh": 1, "sort": 0,
		"multi": true, "includeAll": true, "hide": 0, "skipUrlSync": false, "regex": "", "options": []any{},
		"current": object{"selected": true, "text": []string{every}, "value": []string{"$__all"}},
	}, nil
}

// address is the data link of a field: a board, and the fields whose values become its variables, "stock location" or
// "stock location=store". Everything else that is chosen goes along, and the time.
func address(link, lang string, own []string) (object, error) {
	words := strings.Fields(link)
	board := words[0]
	title, ok := boardTitles[board]
	if !ok {
		return nil, fmt.Errorf("link: there is no board %q", board)
	}
	var url strings.Builder
	url.WriteString("/d/" + uid(board, lang) + "?${__url_time_range}")
	set := map[string]bool{}
	for _, w := range words[1:] {
		name, field, ok := strings.Cut(w, "=")
		if !ok {
			field = name
		}
		set[name] = true
		url.WriteString("&var-" + name + "=${__data.fields." + field + "}")
	}
	for _, v := range own {
		if !set[v] {
			url.WriteString("&${" + v + ":queryparam}")
		}
	}
	return object{"title": title.In(lang), "url": url.String(), "targetBlank": false}, nil
}

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
	"channel":      {EN: "Channel overview", ZH: "渠道总览"},
	"organisation": {EN: "Organisation", ZH: "组织"},
	"modes":        {EN: "Operating modes", ZH: "经营模式"},
	"scorecard":    {EN: "Scorecard", ZH: "伙伴评分卡"},
	"territory":    {EN: "Territory", ZH: "区域"},
	"promotions":   {EN: "Promotions", ZH: "促销"},
	"life":         {EN: "Partner life cycle", ZH: "伙伴生命周期"},
	"flows":        {EN: "Four flows", ZH: "四流"},
	"incentives":   {EN: "Incentives", ZH: "激励"},
	"stock":        {EN: "Stock", ZH: "库存"},
	"partner":      {EN: "Partner", ZH: "伙伴"},
	"quality":      {EN: "Data quality", ZH: "数据质量"},
	"incidents":    {EN: "Incidents", ZH: "告警"},
	"pipeline":     {EN: "Pipeline", ZH: "管道"},
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

// choice is a variable that a board may have: what is asked for its values, or the values themselves in each language, of
// which one is chosen, the first at the beginning.
type choice struct {
	label  text
	sql    string
	listed text
}

var choices = map[string]choice{
	"tree": {label: text{EN: "Organisation as", ZH: "组织口径"}, listed: text{EN: "it was then : then, it is today : today", ZH: "当时 : then, 今日 : today"}},
	"by": {label: text{EN: "By", ZH: "按"}, listed: text{
		EN: "organisation, branch, office, mode, business unit : unit, tier, channel type : type, territory, partner group : group, partner, location, product line : line, product",
		ZH: "组织 : organisation, 分公司 : branch, 办事处 : office, 经营模式 : mode, 事业部 : unit, 层级 : tier, 渠道类型 : type, 区域 : territory, 伙伴集团 : group, 伙伴 : partner, 门店 : location, 产品线 : line, 产品 : product",
	}},
	"organisation": {label: text{EN: "Organisation", ZH: "组织"}, sql: "SELECT DISTINCT arrayJoin(path) AS node FROM v_tree ORDER BY node"},
	"mode":         {label: text{EN: "Mode", ZH: "经营模式"}, sql: "SELECT mode FROM v_mode_meaning ORDER BY place"},
	"tier":         {label: text{EN: "Tier", ZH: "层级"}, sql: "SELECT DISTINCT tier FROM v_partners WHERE tier != '' ORDER BY tier"},
	"type":         {label: text{EN: "Channel type", ZH: "渠道类型"}, sql: "SELECT DISTINCT channel_type FROM v_partners WHERE channel_type != '' ORDER BY channel_type"},
	"group":        {label: text{EN: "Partner group", ZH: "伙伴集团"}, sql: "SELECT DISTINCT alliance FROM v_groups ORDER BY alliance"},
	"partner": {label: text{EN: "Partner", ZH: "伙伴"}, sql: "SELECT DISTINCT partner FROM (SELECT partner FROM v_partners UNION ALL SELECT partner FROM v_locations UNION ALL SELECT partner FROM v_received) " +
		"WHERE partner != '' ORDER BY partner"},
	"territory": {label: text{EN: "Territory", ZH: "区域"}, sql: "SELECT DISTINCT territory FROM (SELECT territory FROM v_locations UNION ALL SELECT arrayJoin(path) FROM v_territory_tree) WHERE territory != '' ORDER BY territory"},
	"location": {label: text{EN: "Location", ZH: "门店"}, sql: "SELECT DISTINCT code FROM v_locations WHERE $__conditionalAll(partner IN (${partner:singlequote}), $partner) " +
		"AND $__conditionalAll(territory IN (${territory:singlequote}) OR territory IN (SELECT territory FROM v_territory_tree WHERE hasAny(path, [${territory:singlequote}])), $territory) ORDER BY code"},
	"unit":    {label: text{EN: "Business unit", ZH: "事业部"}, sql: "SELECT DISTINCT business_unit FROM v_products WHERE business_unit != '' ORDER BY business_unit"},
	"line":    {label: text{EN: "Product line", ZH: "产品线"}, sql: "SELECT DISTINCT line FROM v_products WHERE line != '' ORDER BY line"},
	"product": {label: text{EN: "Product", ZH: "产品"}, sql: "SELECT code FROM v_products WHERE $__conditionalAll(line IN (${line:singlequote}), $line) ORDER BY code"},
	"feed":    {label: text{EN: "Feed", ZH: "数据源"}, sql: "SELECT DISTINCT feed FROM v_received WHERE $__conditionalAll(partner IN (${partner:singlequote}), $partner) ORDER BY feed"},
	"rule":    {label: text{EN: "Rule", ZH: "规则"}, sql: "SELECT DISTINCT rule FROM v_incidents ORDER BY rule"},
}

func variable(name, lang string) (object, error) {
	c, ok := choices[name]
	if !ok {
		return nil, fmt.Errorf("there is no variable %q", name)
	}
	if c.sql == "" {
		return listed(name, c, lang), nil
	}
	every := map[string]string{"en": "All", "zh": "全部"}[lang]
	return object{
		"type": "query", "name": name, "label": c.label.In(lang), "datasource": clickhouse, "definition": c.sql, "query": c.sql, "refresh": 1, "sort": 0,
		"multi": true, "includeAll": true, "hide": 0, "skipUrlSync": false, "regex": "", "options": []any{},
		"current": object{"selected": true, "text": []string{every}, "value": []string{"$__all"}},
	}, nil
}

// listed is a variable whose values stand in the board, as "words : value" or a value alone.
func listed(name string, c choice, lang string) object {
	list := c.listed.In(lang)
	options := []any{}
	for i, item := range strings.Split(list, ", ") {
		words, value, ok := strings.Cut(item, " : ")
		if !ok {
			value = words
		}
		options = append(options, object{"selected": i == 0, "text": words, "value": value})
	}
	first := options[0].(object)
	return object{
		"type": "custom", "name": name, "label": c.label.In(lang), "query": list, "multi": false, "includeAll": false, "hide": 0, "skipUrlSync": false,
		"options": options, "current": object{"selected": true, "text": first["text"], "value": first["value"]},
	}
}

// statements is where the built-in page serves what partners are told.
const statements = "statements"

var statementTitle = text{EN: "The statement to print", ZH: "可打印的对账单"}

// address is the data link of a field: a board, and the fields whose values become its variables, "stock location" or
// "stock location=store". Everything else that is chosen goes along, and the time.
func address(link, lang string, own []string) (object, error) {
	words := strings.Fields(link)
	board := words[0]
	if board == statements { // no board: the paper of the partner and period of a row, which the built-in page serves
		return object{"title": statementTitle.In(lang), "url": "/statements/${__data.fields." + words[1] + "}/${__data.fields." + words[2] + "}.html?lang=" + lang, "targetBlank": true}, nil
	}
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

package reference

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sellthrough/modes"
)

// Between stands between the nodes of a path from the top of a tree down.
const Between = "\x1f"

// Derived sheets have no file: they follow from other sheets, so that reports need not climb a tree with dates.
//
//   - standings: where each partner stands, and by which mode it is run, from a day to a day. Days of a partner never overlap
//     and leave none out.
//   - nodes: the same of each node of the organisation.
//   - inside: codes of partners and locations at which goods are the vendor's: of its own units, whose rows name no partner,
//     and of agents.
//   - territory_paths: each territory with those above it.
func derivedSheets() []Kind {
	span := []Column{{Name: "from", Stored: "from_day", Type: Date}, {Name: "to", Stored: "to_day", Type: Date}}
	path := []Column{{Name: "node"}, {Name: "path"}, {Name: "branch"}, {Name: "office"}, {Name: "mode"}, {Name: "mode_of"}}
	return []Kind{
		{Name: "standings", Derived: true, Columns: slices.Concat([]Column{{Name: "partner"}}, span, path, []Column{
			{Name: "own", Type: Whole}, {Name: "consigned", Type: Whole}, {Name: "settled", Type: Whole},
		})},
		{Name: "nodes", Derived: true, Columns: slices.Concat(path[:1], span, path[1:], []Column{{Name: "level"}})},
		{Name: "inside", Derived: true, Columns: slices.Concat([]Column{{Name: "code"}, {Name: "partner"}}, span)},
		{Name: "territory_paths", Derived: true, Columns: []Column{{Name: "territory"}, {Name: "path"}}},
	}
}

// derivation is raised when derive comes to say something else: a folder is then taken for a changed one, and written anew.
const derivation = 1

// derive fills the derived sheets of tables that were checked.
func derive(t *Tables) {
	sheets := map[string]*Sheet{}
	for i := range t.Sheets {
		sheets[t.Sheets[i].Kind.Name] = &t.Sheets[i]
	}
	o := newTree(sheets["organisation"], sheets["modes"])
	own := map[string]bool{}
	partners := map[string]bool{}
	if p := sheets["partners"]; p.Rows > 0 {
		for i, id := range p.Strings("partner") {
			partners[id], own[id] = true, p.Strings("tier")[i] == Tiers[0]
		}
	}
	for id := range o.hangs {
		partners[id] = true
	}
	for of := range o.modes {
		if !o.nodes[of] {
			partners[of] = true
		}
	}
	places := map[string][]string{}
	for _, l := range t.Locations {
		places[l.Partner] = append(places[l.Partner], l.Code)
	}
	inside := func(id, of string, from, to int32) {
		for _, code := range append([]string{id}, places[id]...) {
			sheets["inside"].put(map[string]any{"code": code, "partner": of, "from": from, "to": to})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(partners)) {
		if own[id] {
			inside(id, "", Always, Never)
		}
		for _, s := range o.standing(id, own[id]) {
			m, _ := modes.Find(s.mode)
			if m.Consigned && !own[id] {
				inside(id, id, s.from, s.to)
			}
			sheets["standings"].put(map[string]any{
				"partner": id, "from": s.from, "to": s.to, "node": s.node(), "path": strings.Join(s.path, Between), "branch": o.nearest(s.path, "branch"),
				"office": o.nearest(s.path, "office"), "mode": s.mode, "mode_of": s.modeOf, "own": flag(own[id]), "consigned": flag(m.Consigned && !own[id]),
				"settled": flag(m.Settled && own[id] && o.nearest(s.path, "branch") != "" && o.nearest(s.path, "office") == ""),
			})
		}
	}
	for _, node := range slices.Sorted(maps.Keys(o.nodes)) {
		for _, s := range o.run(o.climb(node, Always, Never, 0), "", "") {
			sheets["nodes"].put(map[string]any{
				"node": node, "from": s.from, "to": s.to, "path": strings.Join(s.path, Between), "branch": o.nearest(s.path, "branch"),
				"office": o.nearest(s.path, "office"), "mode": s.mode, "mode_of": s.modeOf, "level": o.level(s.path, len(s.path)-1),
			})
		}
	}
	for territory, path := range territoryPaths(sheets["territories"], t.Locations) {
		sheets["territory_paths"].put(map[string]any{"territory": territory, "path": strings.Join(path, Between)})
	}
}

func flag(yes bool) int32 {
	if yes {
		return 1
	}
	return 0
}

// put adds a row: every column of it, a string or an int32.
func (s *Sheet) put(cells map[string]any) {
	if s.text == nil {
		s.text, s.num = map[string][]string{}, map[string][]int32{}
	}
	for _, c := range s.Kind.Columns {
		switch v := cells[c.Name].(type) {
		case string:
			s.text[c.Name] = append(s.text[c.Name], v)
		case int32:
			s.num[c.Name] = append(s.num[c.Name], v)
		}
	}
	s.Rows++
}

// edge is what stands above something from a day to a day: a node, or in modes a mode.
type edge struct {
	from, to int32
	above    string
}

// tree is the organisation with its dates.
type tree struct {
	nodes  map[string]bool
	levels map[string]string // where a row says it
	up     map[string][]edge // node → its parents, by day
	hangs  map[string][]edge // partner → its nodes, by day
	modes  map[string][]edge // node or partner → its modes, by day
}

func newTree(organisation, runs *Sheet) *tree {
	o := &tree{nodes: map[string]bool{}, levels: map[string]string{}, up: map[string][]edge{}, hangs: map[string][]edge{}, modes: map[string][]edge{}}
	for i := range organisation.Rows {
		node, parent, partner := organisation.text["node"][i], organisation.text["parent"][i], organisation.text["partner"][i]
		from, to := organisation.num["from"][i], organisation.num["to"][i]
		o.nodes[node] = true
		if l := organisation.text["level"][i]; l != "" {
			o.levels[node] = l
		}
		if parent != "" {
			o.up[node] = append(o.up[node], edge{from, to, parent})
		}
		if partner != "" {
			o.hangs[partner] = append(o.hangs[partner], edge{from, to, node})
		}
	}
	for i := range runs.Rows {
		of := runs.text["of"][i]
		o.modes[of] = append(o.modes[of], edge{runs.num["from"][i], runs.num["to"][i], runs.text["mode"][i]})
	}
	for _, all := range []map[string][]edge{o.up, o.hangs, o.modes} {
		for _, list := range all {
			slices.SortFunc(list, func(a, b edge) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		}
	}
	return o
}

// split cuts days by edges that do not contradict one another: what no edge covers has an empty above.
func split(edges []edge, from, to int32) []edge {
	var out []edge
	for _, e := range edges {
		e.from, e.to = max(e.from, from), min(e.to, to)
		if e.from > e.to {
			continue
		}
		if from < e.from {
			out = append(out, edge{from: from, to: e.from - 1})
		}
		out = append(out, e)
		from = e.to + 1
	}
	if from <= to {
		out = append(out, edge{from: from, to: to})
	}
	return out
}

// stretch is some days on which nothing changed: the path from the top down, and the mode with what it was set for.
type stretch struct {
	from, to     int32
	path         []string
	mode, modeOf string
}

func (s stretch) node() string {
	if len(s.path) == 0 {
		return ""
	}
	return s.path[len(s.path)-1]
}

// deepest bounds a tree that has a circle after all.
const deepest = 100

// climb is the way up from a node over some days.
func (o *tree) climb(node string, from, to int32, depth int) []stretch {
	var out []stretch
	for _, e := range split(o.up[node], from, to) {
		if e.above == "" || depth == deepest {
			out = append(out, stretch{from: e.from, to: e.to, path: []string{node}})
			continue
		}
		for _, s := range o.climb(e.above, e.from, e.to, depth+1) {
			s.path = append(slices.Clone(s.path), node)
			out = append(out, s)
		}
	}
	return out
}

// standing is where a partner stands and how it is run, over all days.
func (o *tree) standing(partner string, own bool) []stretch {
	var ways []stretch
	for _, e := range split(o.hangs[partner], Always, Never) {
		if e.above == "" {
			ways = append(ways, stretch{from: e.from, to: e.to})
			continue
		}
		ways = append(ways, o.climb(e.above, e.from, e.to, 0)...)
	}
	missing := modes.Default
	if own {
		missing = modes.Own
	}
	return o.run(ways, partner, missing)
}

// run gives stretches their modes: that of the partner itself, else of the nearest node above, else the one for those that
// have none.
func (o *tree) run(ways []stretch, partner, missing string) []stretch {
	var out []stretch
	for _, w := range ways {
		nearest := slices.Clone(w.path)
		slices.Reverse(nearest)
		if partner != "" {
			nearest = slices.Insert(nearest, 0, partner)
		}
		out = append(out, o.moded(w, nearest, missing)...)
	}
	return merged(out)
}

func (o *tree) moded(w stretch, nearest []string, missing string) []stretch {
	if len(nearest) == 0 {
		w.mode = missing
		return []stretch{w}
	}
	var out []stretch
	for _, e := range split(o.modes[nearest[0]], w.from, w.to) {
		part := w
		part.from, part.to = e.from, e.to
		if e.above == "" {
			out = append(out, o.moded(part, nearest[1:], missing)...)
			continue
		}
		part.mode, part.modeOf = e.above, nearest[0]
		out = append(out, part)
	}
	return out
}

// merged joins neighbours that say the same.
func merged(list []stretch) []stretch {
	var out []stretch
	for _, s := range list {
		if n := len(out); n > 0 && out[n-1].to+1 == s.from && slices.Equal(out[n-1].path, s.path) && out[n-1].mode == s.mode && out[n-1].modeOf == s.modeOf {
			out[n-1].to = s.to
			continue
		}
		out = append(out, s)
	}
	return out
}

// level of the node at a place of a path: as its row says, else by depth.
func (o *tree) level(path []string, at int) string {
	if l := o.levels[path[at]]; l != "" {
		return l
	}
	return Levels[min(at, 2)]
}

// nearest is the lowest node of a level on a path; empty where there is none.
func (o *tree) nearest(path []string, level string) string {
	for i, node := range slices.Backward(path) {
		if o.level(path, i) == level {
			return node
		}
	}
	return ""
}

// territoryPaths are the territories, of the sheet and of locations, each with the way down to it from the top.
func territoryPaths(territories *Sheet, locations []Location) map[string][]string {
	up := map[string]string{}
	for i := range territories.Rows {
		up[territories.text["territory"][i]] = territories.text["parent"][i]
	}
	for _, l := range locations {
		if _, ok := up[l.Territory]; !ok && l.Territory != "" {
			up[l.Territory] = ""
		}
	}
	out := map[string][]string{}
	for name := range up {
		path := []string{name}
		for at := up[name]; at != "" && len(path) < deepest; at = up[at] {
			path = append(path, at)
		}
		slices.Reverse(path)
		out[name] = path
	}
	return out
}

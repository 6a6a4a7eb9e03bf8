package reference

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sellthrough"
)

func zone(cell string) error {
	if _, err := time.LoadLocation(cell); err != nil {
		return errors.New("not a known zone; use an IANA name such as Europe/London")
	}
	return nil
}

func whole(cell string) (int32, error) {
	n, err := strconv.ParseInt(cell, 10, 32)
	if err != nil || n < 0 {
		return 0, errors.New("must be a whole number, 0 or more")
	}
	return int32(n), nil
}

func clock(cell string) error {
	if _, err := time.Parse("15:04", cell); err != nil {
		return errors.New("not a time of day; write it as 09:30")
	}
	return nil
}

// weekdays is like 1-6 or 1,3,5: Monday is 1.
func weekdays(cell string) error {
	for part := range strings.SplitSeq(cell, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		if len(from) != 1 || len(to) != 1 || from < "1" || to > "7" || to < from {
			return errors.New("must be days of the week such as 1-6 or 1,3,5, where 1 is Monday")
		}
	}
	return nil
}

func currency(cell string) error {
	if len(cell) != 3 || strings.Trim(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return errors.New("not a currency of ISO 4217; write three capitals, like EUR")
	}
	return nil
}

// period is the days of 2026, 2026-H1, 2026-Q1 or 2026-03.
func period(cell string) (from, to sellthrough.Day, err error) {
	bad := errors.New("not a period; write it as 2026, 2026-H1, 2026-Q1 or 2026-03")
	year, part, parted := strings.Cut(cell, "-")
	y, err := strconv.Atoi(year)
	if err != nil || len(year) != 4 {
		return 0, 0, bad
	}
	first, months := 1, 12
	if parted {
		n, err := strconv.Atoi(strings.TrimLeft(part, "HQ"))
		if err != nil || len(part) != 2 {
			return 0, 0, bad
		}
		switch part[0] {
		case 'H':
			months = 6
		case 'Q':
			months = 3
		default:
			months = 1
		}
		if first = (n-1)*months + 1; n < 1 || first > 12 {
			return 0, 0, bad
		}
	}
	at := time.Date(y, time.Month(first), 1, 0, 0, 0, 0, time.UTC)
	return sellthrough.DayOf(at), sellthrough.DayOf(at.AddDate(0, months, -1)), nil
}

// checkSheets finds what no single row of the sheets shows: keys twice at one time, codes that do not exist, an
// organisation that is no tree.
func checkSheets(dir string, t Tables) []error {
	var faults []error
	sheets := map[string]*Sheet{}
	for i := range t.Sheets {
		s := &t.Sheets[i]
		sheets[s.Kind.Name] = s
		faults = append(faults, s.twice(dir)...)
	}
	products, locations := map[string]bool{}, map[string]bool{}
	for _, p := range t.Products {
		products[p.Code] = true
	}
	for _, l := range t.Locations {
		locations[l.Code] = true
	}
	known := map[string]map[string]bool{"location": locations, "item": products}
	for column, of := range map[string]string{"node": "organisation", "partner": "partners", "territory": "territories", "unit": "business_units"} {
		if s := sheets[of]; s != nil && s.Rows > 0 {
			known[column] = map[string]bool{}
			for _, v := range s.text[column] {
				known[column][v] = true
			}
		}
	}
	files := map[string]string{"location": "locations.csv", "item": "products.csv", "node": "organisation.csv", "partner": "partners.csv", "territory": "territories.csv", "unit": "business_units.csv"}
	for i := range t.Sheets {
		faults = append(faults, t.Sheets[i].names(dir, known, files)...)
	}
	faults = append(faults, checkIncentives(dir, t, sheets)...)
	if s := sheets["organisation"]; s != nil {
		faults = append(faults, s.tree(dir)...)
	}
	if s := sheets["territories"]; s != nil {
		faults = append(faults, s.parents(dir, "territory")...)
	}
	if s := sheets["modes"]; s != nil {
		for i, of := range s.text["of"] {
			if known["node"] != nil && known["partner"] != nil && !known["node"][of] && !known["partner"][of] {
				faults = append(faults, s.fault(dir, i, "%s is neither a node of organisation.csv nor a partner of partners.csv", of))
			}
		}
	}
	return faults
}

// names finds cells that name what does not exist. What has no file of its own may be named freely; locations and items
// have to exist.
func (s *Sheet) names(dir string, known map[string]map[string]bool, files map[string]string) []error {
	var faults []error
	for column, exists := range known {
		if s.Kind.File == files[column] || exists == nil {
			continue
		}
		for i, cell := range s.text[column] {
			if cell != "" && !exists[cell] {
				faults = append(faults, s.fault(dir, i, "%s %s is not in %s", column, cell, files[column]))
			}
		}
	}
	return faults
}

func (s *Sheet) fault(dir string, i int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: "+format, append([]any{filepath.Join(dir, s.Kind.File), s.line[i]}, args...)...)
}

// twice finds rows with one key at one time.
func (s *Sheet) twice(dir string) []error {
	var faults []error
	seen := map[string][]int{}
	if len(s.Kind.Key) == 0 {
		return nil
	}
	for i := range s.Rows {
		k := s.key(i)
		from, to := s.span(i)
		for _, j := range seen[k] {
			if f, u := s.span(j); from <= u && f <= to {
				faults = append(faults, s.fault(dir, i, "%s stands on row %d already for some of the same days; give them dates that do not overlap", strings.Join(strings.FieldsFunc(k, func(r rune) bool { return r == 0 }), " "), s.line[j]))
				break
			}
		}
		seen[k] = append(seen[k], i)
	}
	return faults
}

// parents finds rows whose parent does not exist, and circles, in a sheet without dates.
func (s *Sheet) parents(dir, column string) []error {
	var faults []error
	up := map[string]string{}
	for i, name := range s.text[column] {
		up[name] = s.text["parent"][i]
	}
	for i, name := range s.text[column] {
		if p := up[name]; p != "" {
			if _, ok := up[p]; !ok {
				faults = append(faults, s.fault(dir, i, "parent %s of %s is not a %s of this file", p, name, column))
			}
		}
		at, steps := up[name], 0
		for ; at != "" && at != name && steps < len(up); steps++ {
			at = up[at]
		}
		if at == name {
			faults = append(faults, s.fault(dir, i, "%s stands under itself", name))
		}
	}
	return faults
}

// tree finds nodes whose parent does not exist, circles, and nodes or partners under two nodes at once.
func (s *Sheet) tree(dir string) []error {
	var faults []error
	node, parent, partner := s.text["node"], s.text["parent"], s.text["partner"]
	known := map[string]bool{}
	for i := range s.Rows {
		known[node[i]] = true
	}
	under, above := map[string][]int{}, map[string][]int{}
	for i := range s.Rows {
		if p := parent[i]; p != "" && !known[p] {
			faults = append(faults, s.fault(dir, i, "parent %s of node %s is not a node of this file", p, node[i]))
		}
		if c := s.circle(i); c != "" {
			faults = append(faults, s.fault(dir, i, "node %s stands under itself: %s", node[i], c))
		}
		from, to := s.span(i)
		if parent[i] != "" {
			for _, j := range above[node[i]] {
				if f, u := s.span(j); from <= u && f <= to && parent[i] != parent[j] {
					faults = append(faults, s.fault(dir, i, "node %s stands under %s and %s at once", node[i], parent[j], parent[i]))
				}
			}
			above[node[i]] = append(above[node[i]], i)
		}
		if partner[i] == "" {
			continue
		}
		for _, j := range under[partner[i]] {
			if f, u := s.span(j); from <= u && f <= to && node[i] != node[j] {
				faults = append(faults, s.fault(dir, i, "partner %s stands under %s and %s at once", partner[i], node[j], node[i]))
			}
		}
		under[partner[i]] = append(under[partner[i]], i)
	}
	return faults
}

// circle is the way from row i's node up to itself, at one time; empty where there is none.
func (s *Sheet) circle(i int) string {
	node, parent := s.text["node"], s.text["parent"]
	from, to := s.span(i)
	way, seen := []string{node[i]}, map[string]bool{}
	for at := parent[i]; at != "" && !seen[at]; {
		way = append(way, at)
		if at == node[i] {
			return strings.Join(way, " under ")
		}
		seen[at] = true
		next := ""
		for j := range s.Rows {
			if f, u := s.span(j); node[j] == at && parent[j] != "" && from <= u && f <= to {
				next = parent[j]
				break
			}
		}
		at = next
	}
	return ""
}

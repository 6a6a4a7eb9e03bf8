package reference

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
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
	if s := sheets["ranging"]; s != nil {
		for i := range s.Rows {
			if l := s.text["location"][i]; !locations[l] {
				faults = append(faults, s.fault(dir, i, "location %s is not in locations.csv", l))
			}
			if p := s.text["item"][i]; !products[p] {
				faults = append(faults, s.fault(dir, i, "item %s is not in products.csv", p))
			}
		}
	}
	if s := sheets["organisation"]; s != nil {
		faults = append(faults, s.tree(dir)...)
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
	for i := range s.Rows {
		k := s.key(i)
		from, to := s.span(i)
		for _, j := range seen[k] {
			if f, u := s.span(j); from <= u && f <= to {
				faults = append(faults, s.fault(dir, i, "%s stands on row %d already for some of the same days; give them dates that do not overlap", k, s.line[j]))
				break
			}
		}
		seen[k] = append(seen[k], i)
	}
	return faults
}

// tree finds nodes whose parent does not exist, circles, and partners under two nodes at once.
func (s *Sheet) tree(dir string) []error {
	var faults []error
	node, parent, partner := s.text["node"], s.text["parent"], s.text["partner"]
	known := map[string]bool{}
	for i := range s.Rows {
		known[node[i]] = true
	}
	under := map[string][]int{}
	for i := range s.Rows {
		if p := parent[i]; p != "" && !known[p] {
			faults = append(faults, s.fault(dir, i, "parent %s of node %s is not a node of this file", p, node[i]))
		}
		if c := s.circle(i); c != "" {
			faults = append(faults, s.fault(dir, i, "node %s stands under itself: %s", node[i], c))
		}
		if partner[i] == "" {
			continue
		}
		from, to := s.span(i)
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

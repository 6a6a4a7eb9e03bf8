package numbers

import (
	"fmt"
	"regexp"
	"strings"

	"sellthrough"
)

// source is a view or table that a SQL reads.
var source = regexp.MustCompile(`\b(FROM|JOIN)(\s+)(v_\w+|sales_daily|stock_daily|flow_daily|published|stock_reports|submissions)\b`)

// order puts every file behind those whose views it reads.
func order(list []Number) ([]Number, error) {
	byView, byName := map[string]*Number{}, map[string]*Number{}
	for i := range list {
		if other := byName[list[i].Name]; other != nil {
			return nil, fault(list[i].file, 1, fmt.Sprintf("%s has the same name", other.file))
		}
		byName[list[i].Name] = &list[i]
		if v := list[i].View; v != "" {
			if other := byView[v]; other != nil {
				return nil, fault(list[i].file, 1, fmt.Sprintf("the view %s is that of %s", v, other.file))
			}
			byView[v] = &list[i]
		}
	}
	var out []Number
	state := map[*Number]int{} // 1: on the way, 2: done
	var visit func(n *Number) error
	visit = func(n *Number) error {
		switch state[n] {
		case 1:
			return fault(n.file, 1, "the view reads itself")
		case 2:
			return nil
		}
		state[n] = 1
		for _, m := range source.FindAllStringSubmatch(n.SQL, -1) {
			need := byView[m[3]]
			if need == nil {
				continue
			}
			if n.Kept != nil && need.Kept != nil {
				return fault(n.file, 1, fmt.Sprintf("kept: what is kept is made of the ledger's sums, and %s is kept itself", need.View))
			}
			if err := visit(need); err != nil {
				return err
			}
		}
		if n.Of != "" {
			owner := byName[n.Of]
			switch {
			case owner == nil && !strings.HasPrefix(n.Of, "v_"):
				return fault(n.file, 1, fmt.Sprintf("of: there is no %s.sql", n.Of))
			case owner == nil:
				n.View = n.Of // a view of the ledger's own
			case owner.Of != "":
				return fault(n.file, 1, fmt.Sprintf("of: %s has no view of its own; name %s", n.Of, owner.Of))
			default:
				if err := visit(owner); err != nil {
					return err
				}
				n.View, n.Takes = owner.View, owner.Takes
			}
		}
		state[n] = 2
		out = append(out, *n)
		return nil
	}
	for i := range list {
		if err := visit(&list[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Views are the views of all files, in the order in which they can be made, reading those and the tables of a database.
// {zone} stands in them for the zone of the vendor's business days.
func Views(database, zone string) ([]sellthrough.View, error) {
	list, err := all()
	if err != nil {
		return nil, err
	}
	var out []sellthrough.View
	for i := range list {
		if n := &list[i]; n.SQL != "" {
			sql := strings.ReplaceAll(source.ReplaceAllString(n.SQL, "${1}${2}"+database+".${3}"), "{zone}", "'"+zone+"'")
			out = append(out, sellthrough.View{Name: n.View, Select: sql, Kept: n.Kept})
		}
	}
	return out, nil
}

package sheet

import (
	"fmt"
	"io"
	"strings"

	"sellthrough"
)

// Tab is one table of a workbook.
type Tab struct {
	Name   string
	Hidden bool
}

// Pick finds the table with the report: the one of that name, or, where name is empty, the only one that has the header.
// Where no table has all of it, but one has most of it and no other has as much, it is that one: what reads it says which
// columns are missing. Tables that are hidden have to be named. open gives a table's rows from the beginning; what is also an io.Closer is
// closed. Its error is the source's own, or a refusal of the whole body that says what to name.
func Pick(tabs []Tab, name string, l Layout, names []string, open func(int) (Source, error)) (int, error) {
	var listed, fit []string
	found, first, shown := -1, -1, 0
	best, most, second, nearly := -1, 0, 0, false
	for i, t := range tabs {
		listed = append(listed, fmt.Sprintf("%q", t.Name))
		if name != "" && strings.TrimSpace(t.Name) == strings.TrimSpace(name) {
			return i, nil
		}
	}
	if name != "" {
		return 0, sellthrough.Bad(0, "", name, fmt.Sprintf("the workbook has no sheet %q; it has %s. Mend format.sheet of the feed, or the name of the sheet", name, cut(listed)))
	}
	for i, t := range tabs {
		if t.Hidden {
			continue
		}
		if shown++; shown == 1 {
			first = i
		}
		src, err := open(i)
		if err != nil {
			return 0, err
		}
		has, want, err := Fits(src, l, names)
		if c, ok := src.(io.Closer); ok {
			if cerr := c.Close(); err == nil {
				err = cerr
			}
		}
		if err != nil {
			return 0, err
		}
		if has == want {
			found = i
			fit = append(fit, listed[i])
		}
		if has > most {
			best, most, second = i, has, most
		} else if has > second {
			second = has
		}
		nearly = 2*most > want
	}
	switch {
	case len(fit) == 1:
		return found, nil
	case len(fit) > 1:
		return 0, sellthrough.Bad(0, "", "", fmt.Sprintf("%d sheets have the columns of the feed: %s. Name one in format.sheet of the feed, or send the others by themselves", len(fit), cut(fit)))
	case shown == 1:
		return first, nil // the mapping says which columns are missing
	case nearly && most > second:
		return best, nil // likewise
	}
	return 0, sellthrough.Bad(0, "", "", fmt.Sprintf("no sheet has all columns of the feed, which are %s; the sheets are %s. Name one in format.sheet of the feed to be told what it lacks", cut(names), cut(listed)))
}

// PassedOver says which hidden tables were not looked at, or "": one of them may be meant.
func PassedOver(tabs []Tab, name string) string {
	var hidden []string
	for _, t := range tabs {
		if t.Hidden {
			hidden = append(hidden, fmt.Sprintf("%q", t.Name))
		}
	}
	if name != "" || len(hidden) == 0 {
		return ""
	}
	return fmt.Sprintf("hidden sheets were passed over: %s; name one in format.sheet of the feed where it is meant", cut(hidden))
}

func cut(s []string) string {
	if len(s) > 20 {
		s = append(s[:20:20], "…")
	}
	return strings.Join(s, ", ")
}

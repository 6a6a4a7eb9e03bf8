package mapping

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"sellthrough"
	"sellthrough/ingest/mapping/layout"
	"sellthrough/internal/config"
)

// ScopeOf reads the scope that a file's name declares. It is not ok where the feed has no pattern or the name does not
// fit it; an error is a refusal of the whole body.
func ScopeOf(feed *config.Feed, fileName string) (sellthrough.Scope, bool, error) {
	if feed.Coverage.FileName == "" || fileName == "" {
		return sellthrough.Scope{}, false, nil
	}
	re, err := regexp.Compile(feed.Coverage.FileName)
	if err != nil {
		return sellthrough.Scope{}, false, err
	}
	m := re.FindStringSubmatch(path.Base(strings.ReplaceAll(fileName, `\`, "/")))
	if m == nil {
		return sellthrough.Scope{}, false, nil
	}
	values := url.Values{}
	for i, g := range re.SubexpNames() {
		if g != "" && m[i] != "" {
			values.Add(g, m[i])
		}
	}
	return scope(values, "the file name")
}

// ScopeFrom reads the scope that a request's parameters declare: location, repeated or parted by commas; from and to,
// or day. It is not ok where there are none; an error is a refusal of the whole body.
func ScopeFrom(parameters url.Values) (sellthrough.Scope, bool, error) {
	return scope(parameters, "the request")
}

func scope(v url.Values, where string) (sellthrough.Scope, bool, error) {
	var s sellthrough.Scope
	for _, list := range v["location"] {
		for l := range strings.SplitSeq(list, ",") {
			b, reason := code([]byte(l))
			if reason != "" {
				return s, false, sellthrough.Bad(0, "", "", where+" names a location, but "+reason)
			}
			if len(b) > 0 {
				s.Locations = append(s.Locations, string(b))
			}
		}
	}
	slices.Sort(s.Locations)
	s.Locations = slices.Compact(s.Locations)
	day, from, to := v.Get("day"), v.Get("from"), v.Get("to")
	switch {
	case day != "" && from+to != "":
		return s, false, sellthrough.Bad(0, "", "", where+" has day and from or to; give day alone, or from and to")
	case (from == "") != (to == ""):
		return s, false, sellthrough.Bad(0, "", "", where+" has only one of from and to; give both, or day")
	case day != "":
		from, to = day, day
	}
	if from != "" {
		var err error
		if s.From, err = dayOf(from, where); err != nil {
			return s, false, err
		}
		if s.To, err = dayOf(to, where); err != nil {
			return s, false, err
		}
		if s.To < s.From {
			return s, false, sellthrough.Bad(0, "", "", where+" has a from after its to; swap them")
		}
	}
	s.Declared = from != "" || len(s.Locations) > 0
	return s, s.Declared, nil
}

// dayOf reads YYYY-MM-DD, also with "." or "_" or nothing between.
func dayOf(text, where string) (sellthrough.Day, error) {
	if len(text) == 8 {
		text = text[:4] + "-" + text[4:6] + "-" + text[6:]
	}
	st, err := layout.ISO([]byte(strings.NewReplacer(".", "-", "_", "-").Replace(text)))
	day := sellthrough.Day(st.Day)
	if err != nil || st.HasTime || day < sellthrough.FirstDay || day > sellthrough.LastDay {
		return 0, sellthrough.Bad(0, "", "", where+" has the day "+cut(text, 40)+", which is none; write it as YYYY-MM-DD")
	}
	return day, nil
}

package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sellthrough"
)

func (v *validator) feeds() {
	ids, spaces := map[string]int{}, map[string]*Feed{}
	for i := range v.c.Feeds {
		f, path := &v.c.Feeds[i], fmt.Sprintf("feeds[%d]", i)
		v.id(path+".id", "feed", string(f.ID), ids)
		v.partnerOf(path, f)
		var kinds []string
		for _, k := range sellthrough.FeedKinds() {
			kinds = append(kinds, string(k))
		}
		if f.Kind == "" {
			v.bad(path, "feed %s has no kind; write one of %s", f.ID, strings.Join(kinds, ", "))
			continue
		}
		if !slices.Contains(kinds, string(f.Kind)) {
			v.oneOf(path+".kind", string(f.Kind), kinds...)
			continue
		}
		v.oneOf(path+".tax", f.Tax, "included", "excluded")
		if f.Currency != "" {
			v.currency(path+".currency", f.Currency)
		}
		v.format(path+".format", f)
		v.columns(path+".columns", f)
		v.numbers(path+".numbers", f)
		v.identity(path, f)
		v.coverage(path+".coverage", f)
		v.namespace(path, f, spaces)
	}
}

func (v *validator) partnerOf(path string, f *Feed) {
	if _, ok := v.c.Partner(f.Partner); ok {
		return
	}
	var known []string
	for _, p := range v.c.Partners {
		known = append(known, string(p.ID))
	}
	switch near := Nearest(string(f.Partner), known); {
	case f.Partner == "":
		v.bad(path, "feed %s has no partner; name the id of one under partners", f.ID)
	case near != "":
		v.bad(path+".partner", "partner %q of feed %s is not under partners; did you mean %q?", f.Partner, f.ID, near)
	default:
		v.bad(path+".partner", "partner %q of feed %s is not under partners; add it there", f.Partner, f.ID)
	}
}

func (v *validator) format(path string, f *Feed) {
	v.oneOf(path+".type", f.Format.Type, Formats()...)
	if f.Format.standard() != nil && f.Kind.Flow() {
		v.bad(path+".type", "format %s carries sales or stock, but feed %s reports %s; send it as a table or JSON", f.Format.Type, f.ID, f.Kind)
	}
	v.syntax(path, f)
	switch d := f.Format.Delimiter; {
	case d == "tab" || d == "":
	case len(d) == 1 && (d[0] == '\t' || d[0] > ' ' && d[0] < 0x7f) && !strings.ContainsAny(d, "\"=+-.") && !alphanumeric(d[0]):
	default:
		v.bad(path+".delimiter", "delimiter %q can't part columns; write one character such as \",\" \";\" \"|\", or tab", d)
	}
	seen := map[string]bool{}
	for i, h := range f.Format.Header {
		if seen[h] && h != "" {
			v.bad(fmt.Sprintf("%s.header[%d]", path, i), "header names %q twice; every column needs a name of its own", h)
		}
		seen[h] = true
	}
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (v *validator) numbers(path string, f *Feed) {
	n := &f.Numbers
	v.oneOf(path+".point", n.Point, ".", ",")
	switch n.Grouping {
	case "", ",", ".", "'", "’", " ", "_":
	default:
		v.bad(path+".grouping", "grouping %q is no thousands mark; write one of \",\" \".\" \"'\" \" \" or leave it out", n.Grouping)
	}
	if n.Grouping == n.Point {
		v.bad(path+".grouping", "grouping and point of feed %s are the same mark; no number could be read", f.ID)
	}
	if f.Format.Type == "ndjson" && (n.Point != "." || n.Grouping == ".") {
		v.bad(path, "numbers of feed %s: JSON writes its numbers with the point \".\"; leave point out", f.ID)
	}
}

func (v *validator) identity(path string, f *Feed) {
	id, c, at := &f.Identity, &f.Columns, path+".identity"
	switch {
	case f.Kind == sellthrough.Stock && id.Scope != sellthrough.ByLocationDay:
		v.bad(at+".scope", "stock is told apart by location; leave identity.scope of feed %s out", f.ID)
	case f.Kind == sellthrough.Stock:
	case id.Scope == "":
		v.bad(at, "feed %s has no identity.scope; write document where document numbers are unique for the partner, location-day where they begin again every day", f.ID)
	case id.Scope == sellthrough.ByDocument:
		if !c.Document.Set() || c.Document.Optional || c.Document.Constant != "" {
			v.bad(at+".scope", "identity.scope document of feed %s needs columns.document in every line; name its column, without optional", f.ID)
		}
	case id.Scope == sellthrough.ByLocationDay:
		if !c.Location.Set() || c.Location.Optional {
			v.bad(at+".scope", "identity.scope location-day of feed %s needs columns.location in every line; name its column, without optional", f.ID)
		}
	default:
		v.oneOf(at+".scope", string(id.Scope), string(sellthrough.ByDocument), string(sellthrough.ByLocationDay))
	}
	if f.Kind == sellthrough.Stock && c.Location.Optional {
		v.bad(path+".columns.location", "location of feed %s can't be optional; stock is told apart by location", f.ID)
	}
	for i, k := range id.LineKey {
		key := fmt.Sprintf("%s.line_key[%d]", at, i)
		v.header(key, f, k)
		switch {
		case k == "":
			v.bad(key, "a column of line_key of feed %s is empty; name it", f.ID)
		case k == c.Qty.Column || k == c.Amount.Column || k == c.Amount.Price:
			v.bad(key, "line_key of feed %s has %q, a quantity or amount: a correction would be a new line; name columns that stay the same", f.ID, k)
		case slices.Contains(id.LineKey[:i], k):
			v.bad(key, "line_key of feed %s names %q twice; keep one", f.ID, k)
		}
	}
	if !idForm.MatchString(id.Namespace) {
		v.bad(at+".namespace", "namespace %q is not allowed; use up to 64 lower-case letters, digits, dots, dashes and underscores", id.Namespace)
	}
	v.count(at+".rule", id.Rule, 1, 1_000_000)

	keyed, covered := len(id.LineKey) > 0, f.Coverage.Kind != sellthrough.CoverNone
	eq := path + ".equal_rows_across_files"
	v.originals(path+".originals", f, covered)
	switch {
	case f.Originals == string(sellthrough.OriginalsAppend) && f.EqualRows != "":
		v.bad(eq, "equal_rows_across_files of feed %s is superfluous: originals: append says that every other file comes on top; take it out", f.ID)
	case f.Originals == string(sellthrough.OriginalsAppend):
	case f.EqualRows == "" && !keyed && !covered && f.Kind != sellthrough.Stock:
		v.bad(path, "feed %s has neither identity.line_key nor coverage, so an equal row in another file could be the same sale or another one; say which by equal_rows_across_files: duplicate or sale", f.ID)
	case f.EqualRows == "":
	case f.Kind == sellthrough.Stock:
		v.bad(eq, "equal_rows_across_files of feed %s is superfluous: a level told again is the same report; take it out", f.ID)
	case keyed || covered:
		v.bad(eq, "equal_rows_across_files of feed %s contradicts its line_key or coverage, which already tells lines apart; take it out", f.ID)
	default:
		v.oneOf(eq, string(f.EqualRows), string(sellthrough.EqualIsDuplicate), string(sellthrough.EqualIsSale))
	}
}

// originals checks what an original is about what is held already.
func (v *validator) originals(path string, f *Feed, covered bool) {
	onTop, refuse := string(sellthrough.OriginalsAppend), string(sellthrough.OriginalsRefuse)
	switch {
	case f.Originals == "":
	case f.Originals != "replace" && f.Originals != onTop && f.Originals != refuse:
		v.oneOf(path, f.Originals, "replace", onTop, refuse)
	case f.Kind == sellthrough.Stock && f.Originals != "replace":
		v.bad(path, "originals: %s of feed %s is for sales: a level of stock told again is the newer word, and comes on top of nothing; take it out", f.Originals, f.ID)
	case f.Originals == onTop && covered:
		v.bad(path, "originals: append of feed %s contradicts its coverage: what comes on top of others is not complete; keep one", f.ID)
	case f.Originals == refuse && f.Coverage.Kind == sellthrough.CoverPeriod:
		v.bad(path, "originals: refuse of feed %s does not go with coverage period: whether a period is held already can't be told document by document; keep one", f.ID)
	}
}

func (v *validator) coverage(path string, f *Feed) {
	k := &f.Coverage
	if k.HoldAbove < 0 || k.HoldAbove > 1 {
		v.bad(path+".hold_above", "hold_above of feed %s has to be between 0%% and 100%%; 100%% never holds", f.ID)
	}
	allowed := []string{string(sellthrough.CoverNone), string(sellthrough.CoverDocument), string(sellthrough.CoverLocationDay), string(sellthrough.CoverPeriod)}
	if f.Kind == sellthrough.Stock {
		allowed = []string{string(sellthrough.CoverNone), string(sellthrough.CoverSnapshot)}
	}
	switch {
	case !slices.Contains(allowed, string(k.Kind)) && slices.Contains([]sellthrough.CoverageKind{sellthrough.CoverDocument, sellthrough.CoverLocationDay, sellthrough.CoverPeriod, sellthrough.CoverSnapshot}, k.Kind):
		v.bad(path+".kind", "coverage %s does not go with a %s feed; write one of %s for feed %s", k.Kind, f.Kind, strings.Join(allowed, ", "), f.ID)
		return
	case !slices.Contains(allowed, string(k.Kind)):
		v.oneOf(path+".kind", string(k.Kind), allowed...)
		return
	case k.Kind == sellthrough.CoverDocument && (!f.Columns.Document.Set() || f.Identity.Scope != sellthrough.ByDocument):
		v.bad(path+".kind", "coverage document of feed %s needs columns.document and identity.scope: document", f.ID)
	case k.Kind == sellthrough.CoverLocationDay && (!f.Columns.Location.Set() || f.Columns.Location.Optional):
		v.bad(path+".kind", "coverage location-day of feed %s needs columns.location in every line; name its column", f.ID)
	}
	if k.FileName != "" {
		v.fileName(path+".file_name", f)
	}
}

func (v *validator) fileName(path string, f *Feed) {
	k := &f.Coverage
	if k.Kind == sellthrough.CoverNone || k.Kind == sellthrough.CoverDocument {
		v.bad(path, "file_name of feed %s has no use with coverage %s; take it out", f.ID, k.Kind)
		return
	}
	re, err := regexp.Compile(k.FileName)
	if err != nil {
		v.bad(path, "file_name of feed %s is not a regular expression: %v; mend it", f.ID, regexpFault(err))
		return
	}
	has := map[string]bool{}
	for _, g := range re.SubexpNames()[1:] {
		switch {
		case g == "": // a group without a name only groups
		case !slices.Contains([]string{"location", "from", "to", "day"}, g):
			v.bad(path, "file_name of feed %s has the group %q; known are location, from, to, day", f.ID, g)
		case has[g]:
			v.bad(path, "file_name of feed %s has the group %q twice; keep one", f.ID, g)
		}
		has[g] = true
	}
	dated := has["day"] || has["from"] && has["to"]
	switch {
	case has["from"] != has["to"] || has["day"] && has["from"]:
		v.bad(path, "file_name of feed %s needs the groups from and to, or day alone", f.ID)
	case !dated && !has["location"]:
		v.bad(path, "file_name of feed %s has no named group; name one, like (?P<day>[0-9]{8})", f.ID)
	case !dated && k.Kind != sellthrough.CoverSnapshot:
		v.bad(path, "file_name of feed %s says no days, which coverage %s needs; add the group day, or from and to", f.ID, k.Kind)
	}
}

// regexpFault is the fault without the words of the regexp package around it.
func regexpFault(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// namespace checks that feeds that number the same documents tell them apart in the same way.
func (v *validator) namespace(path string, f *Feed, spaces map[string]*Feed) {
	key := string(f.Partner) + " " + f.Identity.Namespace
	first, ok := spaces[key]
	if !ok {
		spaces[key] = f
		return
	}
	a, b := first.Rule(), f.Rule()
	if first.Kind != f.Kind || a.Scope != b.Scope || a.Keyed != b.Keyed || a.Version != b.Version {
		v.bad(path+".identity.namespace", "feeds %s and %s share the namespace %s but differ in kind, scope, line_key or rule; make them agree or give one its own namespace", first.ID, f.ID, f.Identity.Namespace)
	}
}

package reference

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sellthrough"
)

// Unknown is a partner's code that nothing stands for, and what is known of it beside.
type Unknown struct {
	Partner string
	Kind    string // item | location
	Code    string
	Name    string // as the partner's rows describe it; empty: they do not
	GTIN    string // as the partner's rows carry it
}

// Because says why a candidate may be meant.
type Because string

// The reasons. About of a Reason is what each names.
const (
	SameGTIN      Because = "gtin"      // the code is the product's GTIN but for zeros that were lost, or its check digit
	RowGTIN       Because = "row_gtin"  // the partner's rows carry the product's GTIN; About is it
	Elsewhere     Because = "elsewhere" // another partner, or this one at another time, says so of the same code; About is who
	SameCode      Because = "code"      // the code is the target's but for case, zeros, blanks and marks; About is the target's own
	OwnCode       Because = "own"       // it is another code of the partner but for those; About is that code
	WithoutSuffix Because = "suffix"    // likewise without the end of either; About is the other code
	NearCode      Because = "near"      // it differs in a letter or two; About is the other code
	SimilarName   Because = "name"      // the names are alike; About is the target's
)

// Reason is one of a candidate's, the weightiest first.
type Reason struct {
	Because Because `json:"because"`
	About   string  `json:"about,omitempty"`
}

// Candidate is what an unknown code may mean.
type Candidate struct {
	Target  string              `json:"target"`
	Name    string              `json:"name,omitempty"`
	Units   sellthrough.Decimal `json:"-"`     // that another cross-reference gives; 1 where none does
	Score   int                 `json:"score"` // of 100; for the order, and no probability
	Reasons []Reason            `json:"reasons"`
}

// weights of the reasons.
var weights = map[Because]int{SameGTIN: 95, RowGTIN: 95, Elsewhere: 80, SameCode: 90, OwnCode: 70, WithoutSuffix: 60, NearCode: 40, SimilarName: 30}

// most is how many candidates are given.
const most = 8

// Near finds what a code may mean, the likeliest first. It is pure, and chooses nothing.
func Near(t Tables, u Unknown) []Candidate {
	n := &nearness{u: u, plain: plain(u.Code), stem: stem(u.Code), found: map[string]*Candidate{}, name: words(u.Name)}
	if u.Kind == "location" {
		for _, l := range t.Locations {
			if l.Partner == "" || l.Partner == u.Partner {
				n.target(l.Code, l.Name, "")
			}
		}
	} else {
		for _, p := range t.Products {
			n.target(p.Code, p.Name, p.GTIN)
		}
	}
	n.references(t)
	out := make([]Candidate, 0, len(n.found))
	for _, c := range n.found {
		slices.SortStableFunc(c.Reasons, func(a, b Reason) int { return cmp.Compare(weights[b.Because], weights[a.Because]) })
		c.Score = min(99, c.Score)
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Target, b.Target))
	})
	return out[:min(len(out), most)]
}

type nearness struct {
	u           Unknown
	plain, stem string
	name        map[string]int
	found       map[string]*Candidate
	names       map[string]string // of targets
}

func (n *nearness) add(target, name string, why Because, about string, score int) *Candidate {
	c := n.found[target]
	if c == nil {
		c = &Candidate{Target: target, Name: name, Units: sellthrough.One}
		n.found[target] = c
	}
	if slices.Contains(c.Reasons, Reason{why, about}) {
		return c
	}
	c.Reasons = append(c.Reasons, Reason{why, about})
	if score > c.Score {
		c.Score, score = score, c.Score
	}
	c.Score += score / 10 // a second reason makes it likelier
	return c
}

// target compares the code with a product or location itself.
func (n *nearness) target(code, name, gtin string) {
	if n.names == nil {
		n.names = map[string]string{}
	}
	n.names[code] = name
	if gtin != "" {
		full, own := gtin14(gtin), digits(n.u.Code)
		if own != "" && (gtin14(own) == full || len(own) >= 7 && full[:13] == gtin14(own)[1:]) { // whole, or without its check digit
			n.add(code, name, SameGTIN, gtin, weights[SameGTIN])
		}
		if g := digits(n.u.GTIN); g != "" && full == gtin14(g) {
			n.add(code, name, RowGTIN, gtin, weights[RowGTIN])
		}
	}
	n.code(code, code, name, SameCode)
	if s := alike(n.name, words(name)); s >= 50 {
		n.add(code, name, SimilarName, name, weights[SimilarName]*s/60)
	}
}

// code compares the code with another one that means a target.
func (n *nearness) code(other, target, name string, same Because) {
	switch p := plain(other); {
	case n.plain == "" || p == "":
	case p == n.plain:
		n.add(target, name, same, other, weights[same])
	case len(n.stem) >= 3 && (stem(other) == n.stem || n.stem == p || stem(other) == n.plain && len(n.plain) >= 3):
		n.add(target, name, WithoutSuffix, other, weights[WithoutSuffix])
	case near(n.plain, p):
		n.add(target, name, NearCode, other, weights[NearCode])
	}
}

// references compares the code with those that are known: the same one of other partners, and the partner's own.
func (n *nearness) references(t Tables) {
	for _, x := range t.CrossReferences {
		name, known := n.names[x.Target]
		if x.Kind != n.u.Kind || !known {
			continue
		}
		switch {
		case x.Code == n.u.Code:
			if c := n.add(x.Target, name, Elsewhere, x.Partner, weights[Elsewhere]); x.Units != sellthrough.One {
				c.Units = x.Units
			}
		case x.Partner == n.u.Partner:
			n.code(x.Code, x.Target, name, OwnCode)
		}
	}
}

// digits is a code that holds nothing but digits, blanks and dashes, without the latter; else "".
func digits(s string) string {
	s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	if strings.Trim(s, "0123456789") != "" || len(s) > 14 {
		return ""
	}
	return s
}

// plain is a code in the form that is compared: one width, capitals, without leading zeros, blanks and marks, and without the
// .0 that a spreadsheet leaves.
func plain(s string) string {
	s = strings.ToUpper(norm.NFKC.String(strings.TrimSpace(s)))
	s = strings.TrimSuffix(s, ".0")
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
	if short := strings.TrimLeft(s, "0"); short != "" {
		return short
	}
	return s
}

// stem is a code without a short end of letters behind a mark, as -EU or /A; the code itself where there is none. An end of
// digits tells items apart.
func stem(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexAny(s, "-/_. #"); i > 0 && len(s)-i-1 <= 4 && !strings.ContainsAny(s[i:], "0123456789") {
		return plain(s[:i])
	}
	return plain(s)
}

// near says whether two plain codes differ by a letter or two. Codes whose digits differ are different codes: items are
// numbered through.
func near(a, b string) bool {
	numbers := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s)
	}
	limit := 0
	switch n := min(len(a), len(b)); {
	case n >= 9:
		limit = 2
	case n >= 5:
		limit = 1
	}
	return limit > 0 && numbers(a) == numbers(b) && distance([]rune(a), []rune(b), limit) <= limit
}

// distance counts the letters to insert, drop or change between a and b; above limit it is limit+1.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		last := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			d := last
			if a[i-1] != b[j-1] {
				d = 1 + min(last, row[j], row[j-1])
			}
			last, row[j] = row[j], d
		}
	}
	return row[len(b)]
}

// words are the pieces of a name by how often they stand in it: words of an alphabet, and pairs of neighbours of Chinese.
func words(name string) map[string]int {
	out := map[string]int{}
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out[string(word)]++
			word = word[:0]
		}
	}
	last := rune(0)
	for _, r := range strings.ToLower(norm.NFKC.String(name)) {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			if last != 0 {
				out[string([]rune{last, r})]++
			}
			last = r
			continue
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if len(word) > 0 && unicode.IsDigit(r) != unicode.IsDigit(word[len(word)-1]) { // 65in
				flush()
			}
			word = append(word, r)
		default:
			flush()
		}
		last = 0
	}
	flush()
	return out
}

// alike is how much of two names is the same, of 100. Names with numbers that differ are names of different things.
func alike(a, b map[string]int) int {
	common, all := 0, 0
	var mine, yours []string
	for w, n := range a {
		common += min(n, b[w])
		all += n
		if w[0] >= '0' && w[0] <= '9' {
			mine = append(mine, w)
		}
	}
	for w, n := range b {
		all += n
		if w[0] >= '0' && w[0] <= '9' {
			yours = append(yours, w)
		}
	}
	slices.Sort(mine)
	slices.Sort(yours)
	if all == 0 || len(mine) > 0 && len(yours) > 0 && !slices.Equal(mine, yours) {
		return 0
	}
	return 200 * common / all
}

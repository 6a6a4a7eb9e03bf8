// Package unmatched is the room where people say what partners' codes mean that no reference knows: the codes by what hangs on
// them, what each may mean and why, and one press to write it down.
//
// What is written is a row of crossreferences.csv in the reference folder, with who and when; transform/reference checks the
// whole folder before anything is written. Then the folder is put in force, and the page watches the lines find their
// product. Where there is no folder on this machine, nothing is written: the room says so and gives the rows to add elsewhere.
package unmatched

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/portal/answer"
	"sellthrough/transform/reference"
)

// Description is what a partner's own rows say of a code beside it.
type Description struct {
	Name string `json:"name,omitempty"`
	GTIN string `json:"gtin,omitempty"`
	File string `json:"file,omitempty"` // in which it stands
	Row  uint32 `json:"row,omitempty"`
}

// Options of the room.
type Options struct {
	Reader   answer.Reader
	Folder   string                                                                                         // of the reference data; empty: there is none on this machine
	Tables   func(ctx context.Context) (reference.Tables, error)                                            // what is known: the folder's, else those in force
	Apply    func(ctx context.Context, who string) (sellthrough.Revision, error)                            // puts the folder in force; nil: somebody else does
	Describe func(ctx context.Context, feed, body string, row uint32) (name, gtin, place string, err error) // nil: nobody can
	Known    func(sellthrough.PartnerID) bool                                                               // partners
	Currency string                                                                                         // of money
	Log      zerolog.Logger
}

type room struct{ Options }

// Roles are those who may map codes.
func Roles() []access.Role { return []access.Role{access.RoleManager, access.RoleAdmin} }

// New gives the handlers of the room, by their patterns.
func New(o Options) map[string]http.Handler {
	u := &room{o}
	guard := access.Need(Roles()...)
	over := func(h answer.Handler) http.Handler { return guard(answer.Over(o.Log, h)) }
	return map[string]http.Handler{
		"GET /api/unmatched":        over(u.list),
		"GET /api/unmatched/code":   over(u.code),
		"GET /api/unmatched/search": over(u.search),
		"GET /api/unmatched/weight": over(u.weight),
		"POST /api/unmatched/map":   over(u.enter),
		"POST /api/unmatched/take":  over(u.take),
	}
}

// Code is a code that nothing stands for, and what hangs on it.
type Code struct {
	Partner string   `json:"partner"`
	What    string   `json:"what"` // item, location; pack: how many units the unit of measure holds
	Code    string   `json:"code"`
	Lines   int64    `json:"lines"`
	Units   string   `json:"units"`
	Money   *string  `json:"money"`  // in the reporting currency; nil: nothing has a rate or an amount
	Levels  int64    `json:"levels"` // of the lines, reports of stock
	Feeds   []string `json:"feeds"`
	First   string   `json:"first"`
	Last    string   `json:"last"`
}

const codeColumns = "partner, what, code, lines, toString(units) AS u, if(isNull(money), NULL, toString(round(money, 2))) AS m, levels, feeds, toString(first_day) AS f, toString(last_day) AS l"

// shown is how many codes are listed.
const shown = 500

// list gives the codes by weight.
func (u *room) list(w http.ResponseWriter, r *http.Request) error {
	v := access.From(r.Context())
	where := "1"
	if p := r.URL.Query().Get("partner"); p != "" {
		where = "partner = " + answer.Quote(p)
	}
	order := map[string]string{"": "abs(units) DESC, lines DESC", "units": "abs(units) DESC, lines DESC", "money": "money DESC NULLS LAST, lines DESC", "lines": "lines DESC"}[r.URL.Query().Get("by")]
	if order == "" {
		return answer.Bad("by is units, money or lines")
	}
	t, err := u.Reader.Read(r.Context(), v, "SELECT "+codeColumns+" FROM v_unmatched_codes WHERE "+where+" ORDER BY "+order+fmt.Sprintf(", partner, code LIMIT %d", shown))
	if err != nil {
		return err
	}
	codes := []Code{}
	for _, row := range t.Rows {
		codes = append(codes, codeOf(row))
	}
	all, err := u.total(r.Context(), v, where)
	if err != nil {
		return err
	}
	out := struct {
		Codes    []Code  `json:"codes"`
		Total    total   `json:"total"`
		Currency string  `json:"currency"`
		Folder   bool    `json:"folder"`  // there is one on this machine
		Applies  bool    `json:"applies"` // what is written is put in force from here
		Recent   []Entry `json:"recent"`
	}{codes, all, u.Currency, u.Folder != "", u.Apply != nil, []Entry{}}
	if u.Folder != "" {
		entries, err := reference.Entries(u.Folder)
		if err != nil {
			u.Log.Warn().Err(err).Msg("crossreferences.csv can't be read")
		}
		for _, e := range slices.Backward(entries) {
			if e.Who != "" && answer.Sees(v, sellthrough.PartnerID(e.Partner)) && len(out.Recent) < 20 {
				out.Recent = append(out.Recent, entryOf(e))
			}
		}
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// total is what hangs on all codes together, and of how much: the share that is matched.
type total struct {
	Codes int64   `json:"codes"`
	Lines int64   `json:"lines"`
	Units string  `json:"units"`
	Money *string `json:"money"`
}

func (u *room) total(ctx context.Context, v access.Viewer, where string) (total, error) {
	t, err := u.Reader.Read(ctx, v, "SELECT toInt64(count()), toInt64(sum(lines)), toString(sum(units)), if(count(money) = 0, NULL, toString(round(sum(money), 2))) FROM v_unmatched_codes WHERE "+where)
	if err != nil || len(t.Rows) == 0 {
		return total{Units: "0"}, err
	}
	row := t.Rows[0]
	return total{answer.Whole(row[0]), answer.Whole(row[1]), answer.Text(row[2]), maybe(row[3])}, nil
}

// code gives what one code may mean.
func (u *room) code(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), access.From(r.Context())
	q, err := u.named(r, v)
	if err != nil {
		return err
	}
	tables, err := u.tables(ctx, v)
	if err != nil {
		return err
	}
	d := u.describe(ctx, v, q)
	out := struct {
		Description Description `json:"description"`
		Candidates  []Candidate `json:"candidates"`
	}{d, []Candidate{}}
	for _, c := range reference.Near(tables, reference.Unknown{Partner: q.Partner, Kind: q.What, Code: q.Code, Name: d.Name, GTIN: d.GTIN}) {
		out.Candidates = append(out.Candidates, candidate(tables, c))
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// Candidate is what a code may mean, as the page shows it.
type Candidate struct {
	reference.Candidate
	Units string `json:"units"` // in one of the partner's items
	Pack  string `json:"pack,omitempty"`
	Line  string `json:"line,omitempty"`
	GTIN  string `json:"gtin,omitempty"`
	City  string `json:"city,omitempty"`
}

func candidate(t reference.Tables, c reference.Candidate) Candidate {
	x := Candidate{Candidate: c, Units: c.Units.String()}
	if i := slices.IndexFunc(t.Products, func(p reference.Product) bool { return p.Code == c.Target }); i >= 0 {
		p := &t.Products[i]
		x.Line, x.GTIN = p.Line, p.GTIN
		if p.UnitsPerPack != sellthrough.One {
			x.Pack = p.UnitsPerPack.String()
		}
	}
	if i := slices.IndexFunc(t.Locations, func(l reference.Location) bool { return l.Code == c.Target }); i >= 0 {
		x.City = t.Locations[i].City
	}
	return x
}

// tables are what is known, of what a viewer may see: who sees some partners only does not learn what others call a product.
func (u *room) tables(ctx context.Context, v access.Viewer) (reference.Tables, error) {
	t, err := u.Tables(ctx)
	if err != nil {
		return t, fmt.Errorf("read the reference data: %w", err)
	}
	if v.Restricted() {
		t.CrossReferences = slices.DeleteFunc(slices.Clone(t.CrossReferences), func(c reference.CrossReference) bool { return !answer.Sees(v, sellthrough.PartnerID(c.Partner)) })
		t.Locations = slices.DeleteFunc(slices.Clone(t.Locations), func(l reference.Location) bool {
			return l.Partner != "" && !answer.Sees(v, sellthrough.PartnerID(l.Partner))
		})
	}
	return t, nil
}

// search finds products or locations by a piece of code, name or GTIN.
func (u *room) search(w http.ResponseWriter, r *http.Request) error {
	v := access.From(r.Context())
	words := strings.Fields(strings.ToLower(r.URL.Query().Get("q")))
	tables, err := u.tables(r.Context(), v)
	if err != nil {
		return err
	}
	hit := func(texts ...string) bool {
		all := strings.ToLower(strings.Join(texts, "\n"))
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) })
	}
	found := []Candidate{}
	add := func(code, name string) {
		if len(found) < 20 {
			found = append(found, candidate(tables, reference.Candidate{Target: code, Name: name, Units: sellthrough.One, Reasons: []reference.Reason{}}))
		}
	}
	if r.URL.Query().Get("what") == "location" {
		for _, l := range tables.Locations {
			if (l.Partner == "" || l.Partner == r.URL.Query().Get("partner")) && hit(l.Code, l.Name, l.City) {
				add(l.Code, l.Name)
			}
		}
	} else {
		for _, p := range tables.Products {
			if hit(p.Code, p.Name, p.GTIN, p.Line) {
				add(p.Code, p.Name)
			}
		}
	}
	answer.JSON(w, http.StatusOK, struct {
		Found []Candidate `json:"found"`
	}{found})
	return nil
}

// weight says what still hangs on a code, so that the page can watch its lines go.
func (u *room) weight(w http.ResponseWriter, r *http.Request) error {
	v := access.From(r.Context())
	q, err := u.named(r, v)
	if err != nil {
		return err
	}
	t, err := u.Reader.Read(r.Context(), v, "SELECT toInt64(sum(lines)) FROM v_unmatched_codes WHERE "+q.where())
	if err != nil {
		return err
	}
	all, err := u.total(r.Context(), v, "1")
	if err != nil {
		return err
	}
	out := struct {
		Lines int64 `json:"lines"`
		Total total `json:"total"`
	}{0, all}
	if len(t.Rows) > 0 {
		out.Lines = answer.Whole(t.Rows[0][0])
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// sees says whether a partner is one that the viewer may see.
func (u *room) sees(v access.Viewer, partner string) error {
	if id := sellthrough.PartnerID(partner); u.Known(id) && answer.Sees(v, id) {
		return nil
	}
	return answer.Missing("there is no partner %.64q", partner)
}

// request names a code.
type request struct{ Partner, What, Code string }

func (q request) where() string {
	return fmt.Sprintf("partner = %s AND what = %s AND code = %s", answer.Quote(q.Partner), answer.Quote(q.What), answer.Quote(q.Code))
}

func (u *room) named(r *http.Request, v access.Viewer) (request, error) {
	q := request{r.URL.Query().Get("partner"), r.URL.Query().Get("what"), r.URL.Query().Get("code")}
	if q.What != "item" && q.What != "location" || q.Code == "" {
		return q, answer.Bad("what is item or location, and code the partner's")
	}
	return q, u.sees(v, q.Partner)
}

// Package unmatched is the room where people say what partners' codes mean that no reference knows: the codes by what hangs on
// them, what each may mean and why, and one press to write it down.
//
// What is written is a row of crossreferences.csv in the reference folder, with who and when; transform/reference checks the
// whole folder before anything is written. Then the folder is put in force, and the page watches the lines find their
// product. Where there is no folder on this machine, nothing is written: the room says so and gives the rows to add elsewhere.
package unmatched

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/internal/access"
	"sellthrough/portal/answer"
	"sellthrough/sinks/clickhouse"
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
	return total{whole(row[0]), whole(row[1]), text(row[2]), maybe(row[3])}, nil
}

// code gives what one code may mean.
func (u *room) code(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), access.From(r.Context())
	q, err := named(r, v)
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

// describe finds what the newest row with the code says beside it. A body that can't be read says nothing.
func (u *room) describe(ctx context.Context, v access.Viewer, q request) Description {
	if u.Describe == nil {
		return Description{}
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	column, flag := "item", "bitTest(flags, 2)"
	if q.What == "location" {
		column, flag = "location", "bitTest(flags, 3)"
	}
	where := fmt.Sprintf("partner = %s AND %s = %s AND %s AND sign > 0 AND NOT bitTest(flags, 4)", answer.Quote(q.Partner), column, answer.Quote(q.Code), flag)
	var ledgers []string
	for _, k := range sellthrough.FeedKinds() {
		ledgers = append(ledgers, "SELECT revision, row FROM "+clickhouse.LedgerOf(k)+" WHERE "+where)
	}
	t, err := u.Reader.Read(ctx, v, `SELECT s.feed, s.body, s.file, m.row FROM (SELECT revision, row FROM (`+strings.Join(ledgers, " UNION ALL ")+`) ORDER BY revision DESC LIMIT 1) AS m
		INNER JOIN submissions AS s ON s.revision = m.revision LIMIT 1`)
	if err != nil || len(t.Rows) == 0 {
		if err != nil {
			u.Log.Warn().Err(err).Msg("a row with an unmatched code is not found")
		}
		return Description{}
	}
	row := t.Rows[0]
	d := Description{File: text(row[2]), Row: uint32(whole(row[3]))}
	name, gtin, place, err := u.Describe(ctx, text(row[0]), text(row[1]), d.Row)
	if err != nil {
		u.Log.Debug().Err(err).Msg("a body with an unmatched code is not at hand")
		return d
	}
	if d.Name = name; q.What == "location" {
		d.Name, gtin = place, ""
	}
	d.GTIN = gtin
	return d
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
	q, err := named(r, v)
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
		out.Lines = whole(t.Rows[0][0])
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// request names a code.
type request struct{ Partner, What, Code string }

func (q request) where() string {
	return fmt.Sprintf("partner = %s AND what = %s AND code = %s", answer.Quote(q.Partner), answer.Quote(q.What), answer.Quote(q.Code))
}

func named(r *http.Request, v access.Viewer) (request, error) {
	q := request{r.URL.Query().Get("partner"), r.URL.Query().Get("what"), r.URL.Query().Get("code")}
	if q.What != "item" && q.What != "location" || q.Code == "" {
		return q, answer.Bad("what is item or location, and code the partner's")
	}
	if !answer.Sees(v, sellthrough.PartnerID(q.Partner)) {
		return q, answer.Missing("there is no partner %.64q", q.Partner)
	}
	return q, nil
}

// Entry is a cross-reference as the page sends and shows it.
type Entry struct {
	Partner string `json:"partner"`
	What    string `json:"what"`
	Code    string `json:"code"`
	Target  string `json:"target"`
	Units   string `json:"units"`
	From    string `json:"from"`
	To      string `json:"to"`
	Who     string `json:"who,omitempty"`
	When    string `json:"when,omitempty"`
}

func entryOf(e reference.Entry) Entry {
	x := Entry{Partner: e.Partner, What: e.Kind, Code: e.Code, Target: e.Target, Units: e.Units.String(), Who: e.Who, When: e.When.UTC().Format(time.RFC3339)}
	if e.From != 0 {
		x.From = e.From.String()
	}
	if e.To != 0 {
		x.To = e.To.String()
	}
	return x
}

// entry reads what the page sent.
func (e Entry) entry() (out reference.Entry, err error) {
	out.CrossReference = reference.CrossReference{Partner: e.Partner, Kind: e.What, Code: e.Code, Target: e.Target, Units: sellthrough.One}
	if e.What != "item" && e.What != "location" {
		return out, answer.Bad("what is item or location")
	}
	if e.Units != "" {
		if out.Units, err = sellthrough.ParseDecimal(e.Units); err != nil || out.Units <= 0 {
			return out, answer.Bad("units is %.40q; write a number above 0, like 6 or 0.5", e.Units)
		}
	}
	for _, d := range []struct {
		text string
		day  *sellthrough.Day
	}{{e.From, &out.From}, {e.To, &out.To}} {
		if d.text == "" {
			continue
		}
		if *d.day, err = sellthrough.ParseDay(d.text); err != nil {
			return out, answer.Bad("%s", err.Error())
		}
	}
	if e.When != "" {
		if out.When, err = time.Parse(time.RFC3339, e.When); err != nil {
			return out, answer.Bad("when is no time")
		}
	}
	out.Who = e.Who
	return out, nil
}

// enter writes down what a code means.
func (u *room) enter(w http.ResponseWriter, r *http.Request) error {
	var q Entry
	if err := answer.Read(w, r, 64<<10, &q); err != nil {
		return err
	}
	e, err := q.entry()
	if err != nil {
		return err
	}
	v := access.From(r.Context())
	if !answer.Sees(v, sellthrough.PartnerID(e.Partner)) {
		return answer.Missing("there is no partner %.64q", e.Partner)
	}
	e.Who, e.When = v.Name, time.Now().UTC().Truncate(time.Second)
	return u.write(w, r, e, "crossreference", func(ctx context.Context) error { return reference.Add(ctx, u.Folder, e) })
}

// take takes an entry out again.
func (u *room) take(w http.ResponseWriter, r *http.Request) error {
	var q Entry
	if err := answer.Read(w, r, 64<<10, &q); err != nil {
		return err
	}
	e, err := q.entry()
	if err != nil {
		return err
	}
	if !answer.Sees(access.From(r.Context()), sellthrough.PartnerID(e.Partner)) {
		return answer.Missing("there is no partner %.64q", e.Partner)
	}
	return u.write(w, r, e, "crossreference taken back", func(ctx context.Context) error { return reference.Take(ctx, u.Folder, e) })
}

// write changes the folder, says so in the audit log, and puts it in force.
func (u *room) write(w http.ResponseWriter, r *http.Request, e reference.Entry, what string, change func(context.Context) error) error {
	if u.Folder == "" {
		return &answer.Fault{Status: http.StatusConflict, Code: "folder", Text: "there is no reference folder on this machine; add the row where your reference data is kept"}
	}
	ctx := context.WithoutCancel(r.Context()) // half of it would be nobody's
	var conflict *reference.Conflict
	var faults *reference.Faults
	switch err := change(ctx); {
	case errors.As(err, &conflict):
		return &answer.Fault{Status: http.StatusConflict, Code: "conflict", Text: conflict.Error(), More: entryOf(conflict.Entry)}
	case errors.As(err, &faults):
		return &answer.Fault{Status: http.StatusUnprocessableEntity, Code: "faults", Text: faults.Error()}
	case errors.Is(err, reference.ErrFolder):
		u.Log.Error().Err(err).Msg("the reference folder can't be written")
		return &answer.Fault{Status: http.StatusConflict, Code: "folder", Text: "the reference folder can't be written by this process; add the row where your reference data is kept, or give the process the right to write there"}
	case err != nil:
		return err
	}
	access.Note(ctx, "change", fmt.Sprintf("%s %s %s of %s → %s", what, e.Kind, e.Code, e.Partner, e.Target))
	out := struct {
		Entry   Entry  `json:"entry"`
		Applied bool   `json:"applied"`
		Version uint64 `json:"version,omitempty"`
		Why     string `json:"why,omitempty"` // it is not in force yet
	}{Entry: entryOf(e)}
	if u.Apply == nil {
		out.Why = "the row is written; it counts once `sellthrough reference apply` puts the folder in force"
		answer.JSON(w, http.StatusOK, out)
		return nil
	}
	version, err := u.Apply(ctx, e.Who)
	if err != nil {
		u.Log.Error().Err(err).Msg("the reference folder is not put in force; it is tried again")
		out.Why = "the row is written, and is not in force yet: the log can't be reached just now"
	}
	out.Applied, out.Version = err == nil, uint64(version)
	answer.JSON(w, http.StatusOK, out)
	return nil
}

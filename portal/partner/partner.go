// Package partner is the room of a partner: it sends reports, sees what became of every one, puts refused rows right, and
// sees when reports are due and how good they are. Whoever looks after partners sees the same over its shoulder.
//
// It promises: a partner sees its own, and is told of anything else that it does not exist; what is asked of the ledger is
// asked as the viewer, so that ClickHouse itself holds back the rows of others; a report that is sent here goes the way of
// every other, with the same receipt. Rows that are mended go back as ingest/mend says, and never over what was said since.
package partner

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/httpfeed"
	"sellthrough/ingest/mend"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/numbers"
	"sellthrough/portal/answer"
)

// Options of the room.
type Options struct {
	Config *config.Config
	Reader answer.Reader
	Intake *ingest.Intake                                               // nil: this process takes no reports
	Books  httpfeed.Books                                               //
	Took   func(*sellthrough.Receipt)                                   // told of every submission that was taken; may be nil
	Body   func(ctx context.Context, sum string) (io.ReadCloser, error) // of the archive; nil: it is not at hand
	Uses   *httpfeed.Uses                                               // of keys; may be nil
	Say    func(text, lang string) string                               // brings a refusal's reason into a language
	Log    zerolog.Logger
}

type room struct {
	Options
	door     http.Handler
	measures map[string]numbers.Number
	secret   []byte // of this process
}

// Roles are those who may be here; a viewer only looks.
func Roles() []access.Role {
	return []access.Role{access.RolePartner, access.RoleManager, access.RoleViewer, access.RoleAdmin}
}

// New gives the handlers of the room, by their patterns.
func New(o Options) (map[string]http.Handler, error) {
	p := &room{Options: o, measures: map[string]numbers.Number{}, secret: make([]byte, 32)}
	_, _ = rand.Read(p.secret) // never fails
	for _, name := range []string{"quality_score", "timeliness", "completeness", "match_rate_units", "refusal_rate"} {
		n, err := numbers.Find(name)
		if err != nil {
			return nil, err
		}
		p.measures[name] = n
	}
	guard := access.Need(Roles()...)
	over := func(h answer.Handler) http.Handler { return guard(answer.Over(o.Log, h)) }
	out := map[string]http.Handler{
		"GET /api/partners":                                            over(p.partners),
		"GET /api/partners/{partner}":                                  over(p.about),
		"GET /api/partners/{partner}/submissions":                      over(p.submissions),
		"GET /api/partners/{partner}/submissions/{id}":                 over(p.submission),
		"GET /api/partners/{partner}/submissions/{id}/refused":         over(p.refused),
		"GET /api/partners/{partner}/submissions/{id}/acknowledgement": over(p.acknowledgement),
		"GET /api/partners/{partner}/submissions/{id}/refused/file":    over(p.download),
		"POST /api/partners/{partner}/submissions/{id}/refused/file":   over(p.upload),
		"POST /api/partners/{partner}/submissions/{id}/mend":           over(p.mend),
		"GET /api/partners/{partner}/turned":                           over(p.turned),
		"POST /api/partners/{partner}/turned/{id}/again":               over(p.again),
		"GET /api/partners/{partner}/calendar":                         over(p.calendar),
		"GET /api/partners/{partner}/quality":                          over(p.quality),
	}
	if o.Intake != nil {
		p.door = httpfeed.New(httpfeed.Options{Config: o.Config, Intake: o.Intake, Books: o.Books, Took: o.Took, Who: whoseDoor, Log: o.Log})
		out["/api/partners/{partner}/v1/"] = guard(answer.Over(o.Log, p.through))
	}
	return out, nil
}

type doorKey struct{}

// whoseDoor is the partner that through found.
func whoseDoor(r *http.Request) *config.Partner {
	p, _ := r.Context().Value(doorKey{}).(*config.Partner)
	return p
}

// through leads to the door of the feeds: the same as with a key, for whoever is logged in.
func (p *room) through(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	prefix := "/api/partners/" + string(partner.ID)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := may(r); err != nil {
			return err
		}
		if r.URL.Query().Get("dry_run") == "" {
			access.Note(r.Context(), "report", fmt.Sprintf("%s %s of %s", r.Method, strings.TrimPrefix(r.URL.Path, prefix), partner.ID))
		}
	}
	http.StripPrefix(prefix, p.door).ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), doorKey{}, partner)))
	return nil
}

// of is the partner that a request names, where the viewer may see it.
func (p *room) of(r *http.Request) (*config.Partner, error) {
	id := sellthrough.PartnerID(r.PathValue("partner"))
	if partner, ok := p.Config.Partner(id); ok && answer.Sees(access.From(r.Context()), id) {
		return partner, nil
	}
	return nil, answer.Missing("there is no partner %.64q", string(id))
}

// may says whether the viewer may send reports for the partner.
func may(r *http.Request) error {
	if !access.From(r.Context()).May(access.RolePartner, access.RoleManager) {
		return answer.Forbidden("your login may look, and not send")
	}
	return nil
}

// partners lists those that the viewer may see.
func (p *room) partners(w http.ResponseWriter, r *http.Request) error {
	type entry struct {
		ID   sellthrough.PartnerID `json:"id"`
		Name string                `json:"name"`
	}
	out := struct {
		Partners []entry `json:"partners"`
	}{[]entry{}}
	for i := range p.Config.Partners {
		if x := &p.Config.Partners[i]; answer.Sees(access.From(r.Context()), x.ID) {
			out.Partners = append(out.Partners, entry{x.ID, x.Name})
		}
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// Feed is a feed as its partner sees it.
type Feed struct {
	ID       sellthrough.FeedID       `json:"id"`
	Kind     sellthrough.FeedKind     `json:"kind"`
	Format   string                   `json:"format"`
	Coverage sellthrough.CoverageKind `json:"coverage"`
	FileName string                   `json:"file_name,omitempty"` // the pattern by which a name says its scope
	Columns  []string                 `json:"columns"`
	Mend     mend.Way                 `json:"mend"`
}

// Key is an API key as its owner recognises it.
type Key struct {
	Mark string     `json:"mark"` // six digits of its hash
	Mine bool       `json:"mine"` // the viewer came with it
	Used *time.Time `json:"used"` // over the feeds, since this process was started; nil: not
}

// about says what the partner has here.
func (p *room) about(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	v := access.From(r.Context())
	out := struct {
		ID       sellthrough.PartnerID `json:"id"`
		Name     string                `json:"name"`
		Zone     string                `json:"zone"`
		Currency string                `json:"currency"`
		Feeds    []Feed                `json:"feeds"`
		Keys     []Key                 `json:"keys"`
		Tracked  bool                  `json:"tracked"` // the uses of keys are known to this process
		Takes    bool                  `json:"takes"`   // this process takes reports
		May      bool                  `json:"may"`     // the viewer may send
		Largest  int64                 `json:"largest"` // bytes of a report
	}{
		partner.ID, partner.Name, partner.TimeZone, partner.Currency, []Feed{}, []Key{}, p.Uses != nil, p.Intake != nil, may(r) == nil, int64(p.Config.Limits.Body),
	}
	for i := range p.Config.Feeds {
		if f := &p.Config.Feeds[i]; f.Partner == partner.ID {
			x := Feed{f.ID, f.Kind, f.Format.Type, f.Coverage.Kind, f.Coverage.FileName, []string{}, mend.Of(f)}
			for _, r := range f.Reads() {
				x.Columns = append(x.Columns, r.Column)
			}
			out.Feeds = append(out.Feeds, x)
		}
	}
	for _, k := range partner.Keys {
		x := Key{Mark: access.PartnerKey{Partner: partner.ID, Hash: string(k)}.KeyMark()}
		x.Mine = x.Mark == v.Key
		if at := p.Uses.Last(k); !at.IsZero() {
			x.Used = &at
		}
		out.Keys = append(out.Keys, x)
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// day is a parameter of a request, or another day where it is left out.
func day(r *http.Request, name string, other time.Time) (string, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return other.Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", answer.Bad("%s is no day; write it as 2026-03-02", name)
	}
	return s, nil
}

// calendar lists the reports that were due, and those that will be.
func (p *room) calendar(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	now := time.Now().In(zone(partner))
	from, err := day(r, "from", now.AddDate(0, 0, -34))
	if err != nil {
		return err
	}
	to, err := day(r, "to", now.AddDate(0, 0, 38))
	if err != nil {
		return err
	}
	t, err := p.Reader.Read(r.Context(), access.From(r.Context()), fmt.Sprintf(
		"SELECT feed, toString(period_from), toString(period_to), toInt64(toUnixTimestamp(due_at)), if(isNull(known_at), toInt64(0), toInt64(toUnixTimestamp(assumeNotNull(known_at)))), state FROM v_reports_due(from = '%s', to = '%s') WHERE partner = %s ORDER BY due_at, feed LIMIT 2000",
		from, to, answer.Quote(string(partner.ID))))
	if err != nil {
		return err
	}
	type due struct {
		Feed  string     `json:"feed"`
		From  string     `json:"from"`
		To    string     `json:"to"`
		Due   time.Time  `json:"due"`
		Known *time.Time `json:"known"`
		State string     `json:"state"`
	}
	out := struct {
		Zone string `json:"zone"`
		Due  []due  `json:"due"`
	}{partner.TimeZone, []due{}}
	for _, row := range t.Rows {
		d := due{Feed: answer.Text(row[0]), From: answer.Text(row[1]), To: answer.Text(row[2]), Due: time.Unix(answer.Whole(row[3]), 0).UTC(), State: answer.Text(row[5])}
		if at := answer.Whole(row[4]); at > 0 {
			known := time.Unix(at, 0).UTC()
			d.Known = &known
		}
		out.Due = append(out.Due, d)
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

func zone(p *config.Partner) *time.Location {
	if z, err := time.LoadLocation(p.TimeZone); err == nil { // the configuration was checked
		return z
	}
	return time.UTC
}

// quality gives the partner's numbers, with what they mean.
func (p *room) quality(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	now := time.Now().In(zone(partner))
	from, err := day(r, "from", now.AddDate(0, 0, -28))
	if err != nil {
		return err
	}
	to, err := day(r, "to", now.AddDate(0, 0, -1))
	if err != nil {
		return err
	}
	type number struct {
		Name    string   `json:"name"`
		Title   string   `json:"title"`
		About   string   `json:"about"`
		Value   *float64 `json:"value"` // per cent
		Better  string   `json:"better"`
		Decimal int      `json:"decimals"`
	}
	out := struct {
		From    string   `json:"from"`
		To      string   `json:"to"`
		Numbers []number `json:"numbers"`
	}{from, to, []number{}}
	lang := answer.Language(r)
	where := map[string]string{
		"match_rate_units": fmt.Sprintf(" AND business_date >= '%s' AND business_date <= '%s'", from, to),
		"refusal_rate":     fmt.Sprintf(" AND toDate32(received_at) >= '%s' AND toDate32(received_at) <= '%s'", from, to),
	}
	for _, name := range []string{"quality_score", "timeliness", "completeness", "match_rate_units", "refusal_rate"} {
		n := p.measures[name]
		view := n.View
		if len(n.Takes) > 0 {
			view += fmt.Sprintf("(from = '%s', to = '%s')", from, to)
		}
		t, err := p.Reader.Read(r.Context(), access.From(r.Context()), fmt.Sprintf("SELECT toFloat64OrNull(toString(x)) FROM (SELECT %s AS x FROM %s WHERE partner = %s%s)", n.Measure, view, answer.Quote(string(partner.ID)), where[name]))
		if err != nil {
			return err
		}
		x := number{Name: name, Title: n.Title.In(lang), About: n.Description(lang), Better: n.Better, Decimal: n.Decimals}
		if len(t.Rows) > 0 {
			x.Value = nullable(t.Rows[0][0])
		}
		out.Numbers = append(out.Numbers, x)
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// submissionForm is what a submission is called.
var submissionForm = regexp.MustCompile(`^(sub|turned)_[0-9a-v]{1,40}$`)

// nullable is a number that may be NULL.
func nullable(v any) *float64 {
	switch x := v.(type) {
	case *float64:
		return x
	case float64:
		return &x
	}
	return nil
}

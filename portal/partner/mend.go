package partner

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/mend"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/portal/answer"
)

// The limits of mending. Beyond them the whole file is mended and sent again.
const (
	inPage   = 500       // refused rows that are shown at once
	inFile   = 100_000   // in a file of them
	bodyMost = 256 << 20 // of the body that they belong to
)

// sick is a submission with refused rows, and what it takes to mend them.
type sick struct {
	Submission
	feed *config.Feed
	way  mend.Way
	why  string // it can't be mended here: a code for the page
}

// ail finds a submission whose rows are to be mended.
func (p *room) ail(r *http.Request) (sick, error) {
	partner, err := p.of(r)
	if err != nil {
		return sick{}, err
	}
	s, err := p.find(r.Context(), access.From(r.Context()), partner, r.PathValue("id"))
	if err != nil {
		return sick{}, err
	}
	out := sick{Submission: s}
	f, ok := p.Config.Feed(sellthrough.FeedID(s.Feed))
	switch {
	case !ok:
		out.why = "feed"
		return out, nil
	case s.Refused == 0:
		out.why = "none"
	case s.Bytes > bodyMost:
		out.why = "large"
	case p.Body == nil:
		out.why = "archive"
	case may(r) != nil: // a row says more than its line
		out.why = "role"
	case f.Sealed() && access.From(r.Context()).Role != access.RolePartner:
		out.why = "customers"
	}
	out.feed, out.way = f, mend.Of(f)
	if out.way == mend.None && out.why == "" {
		out.why = "format"
	}
	return out, nil
}

func (p *room) opener(ctx context.Context, s *sick) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		src, err := p.Body(ctx, s.body)
		if err != nil {
			p.Log.Warn().Err(err).Str("submission", s.ID).Msg("a body is not at hand")
			return nil, &answer.Fault{Status: http.StatusConflict, Code: "archive", Text: "the report is not in the archive of this process any more; mend the file itself and send it again as a whole"}
		}
		return src, nil
	}
}

// refusals are those of a submission's rows, in their order, as the viewer may see them.
func (p *room) refusals(ctx context.Context, v access.Viewer, id string, limit int) ([]sellthrough.Refusal, error) {
	t, err := p.Reader.Read(ctx, v, fmt.Sprintf("SELECT DISTINCT toInt64(row), column, value, reason FROM refused WHERE submission = %s ORDER BY row, column LIMIT %d", answer.Quote(id), limit))
	if err != nil {
		return nil, err
	}
	out := []sellthrough.Refusal{}
	for _, row := range t.Rows {
		out = append(out, sellthrough.Refusal{Row: uint32(answer.Whole(row[0])), Column: answer.Text(row[1]), Value: answer.Text(row[2]), Reason: answer.Text(row[3])})
	}
	return out, nil
}

// Row is a refused row, as the page shows it.
type Row struct {
	Row      uint32                `json:"row"`
	Cells    []string              `json:"cells"` // null: it is mended as a line
	Text     string                `json:"text"`
	Refusals []sellthrough.Refusal `json:"refusals"`
}

// refused gives the refused rows in the partner's own layout, where they have one.
func (p *room) refused(w http.ResponseWriter, r *http.Request) error {
	s, err := p.ail(r)
	if err != nil {
		return err
	}
	list, err := p.refusals(r.Context(), access.From(r.Context()), s.ID, inPage+1)
	if err != nil {
		return err
	}
	out := struct {
		Submission Submission            `json:"submission"`
		Way        mend.Way              `json:"way"`
		Why        string                `json:"why,omitempty"` // rows can't be mended one by one: format, large, archive, feed, none, role
		Columns    []string              `json:"columns"`
		Rows       []Row                 `json:"rows"`
		Refusals   []sellthrough.Refusal `json:"refusals"` // where rows can't be shown
		More       bool                  `json:"more"`
		Newer      *Newer                `json:"newer,omitempty"` // why nothing of it may be sent back in
	}{Submission: s.Submission, Way: s.way, Why: s.why, Columns: []string{}, Rows: []Row{}, Refusals: []sellthrough.Refusal{}}
	if out.More = len(list) > inPage; out.More {
		list = list[:inPage]
	}
	if s.why != "" {
		out.Refusals = list
		answer.JSON(w, http.StatusOK, out)
		return nil
	}
	sheet, err := mend.Read(s.feed, p.Config.Limits, p.opener(r.Context(), &s), list)
	if err != nil {
		if f, ok := errors.AsType[*answer.Fault](err); ok { // it is shown all the same
			out.Why, out.Way, out.Refusals = f.Code, mend.None, list
		} else if !errors.Is(err, mend.ErrBody) && !isProblem(err) {
			return err
		} else { // the feed reads otherwise now than it did then
			log := p.Log.Warn().Str("submission", s.ID)
			if !s.feed.Sealed() { // it may repeat a cell
				log = log.Err(err)
			}
			log.Msg("refused rows can't be shown in their layout")
			out.Why, out.Way, out.Refusals = "changed", mend.None, list
		}
		answer.JSON(w, http.StatusOK, out)
		return nil
	}
	out.Columns = append(out.Columns, sheet.Columns...)
	for _, x := range sheet.Rows {
		out.Rows = append(out.Rows, Row(x))
	}
	for _, x := range list {
		if x.Row == 0 {
			out.Refusals = append(out.Refusals, x)
		}
	}
	if s.way == mend.Whole {
		if out.Newer, err = p.newer(r.Context(), access.From(r.Context()), &s); err != nil {
			return err
		}
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

func isProblem(err error) bool {
	_, ok := errors.AsType[*mend.Problem](err)
	return ok
}

// fault makes an answer of a mistake in what was mended.
func fault(err error) error {
	if x, ok := errors.AsType[*mend.Problem](err); ok {
		return &answer.Fault{Status: http.StatusUnprocessableEntity, Code: "mend", Text: x.Text}
	}
	if errors.Is(err, mend.ErrBody) {
		return &answer.Fault{Status: http.StatusConflict, Code: "changed", Text: "the feed reads otherwise now than when this report came; send the mended file as a whole"}
	}
	return err
}

// mendable is an error where rows can't be mended one by one.
func (s *sick) mendable() error {
	if s.why == "" {
		return nil
	}
	if s.why == "role" {
		return answer.Forbidden("your login may look, and not send")
	}
	return &answer.Fault{Status: http.StatusConflict, Code: s.why, Text: "the rows of this report can't be mended one by one; mend the file itself and send it again as a whole"}
}

// download gives the refused rows as a file in the feed's own layout.
func (p *room) download(w http.ResponseWriter, r *http.Request) error {
	s, err := p.ail(r)
	if err != nil {
		return err
	}
	if err := s.mendable(); err != nil {
		return err
	}
	list, err := p.refusals(r.Context(), access.From(r.Context()), s.ID, inFile)
	if err != nil {
		return err
	}
	sheet, err := mend.Read(s.feed, p.Config.Limits, p.opener(r.Context(), &s), list)
	if err != nil {
		return fault(err)
	}
	access.Note(r.Context(), "export", "refused rows of "+s.ID)
	kind := "text/csv"
	if s.feed.Format.Type == "ndjson" {
		kind = "application/x-ndjson"
	}
	lang := answer.Language(r)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": mend.Name(s.feed, s.File)}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if err := mend.Write(w, s.feed, sheet, func(x sellthrough.Refusal) string { return p.Say(x.Reason, lang) }); err != nil {
		p.Log.Debug().Err(err).Msg("a file of refused rows was not taken to its end")
	}
	return nil
}

// toMend is a submission whose refused rows the viewer may send again.
func (p *room) toMend(r *http.Request) (s sick, err error) {
	if s, err = p.ail(r); err == nil {
		err = may(r)
	}
	if err == nil {
		err = s.mendable()
	}
	return s, err
}

// upload reads a file of mended rows back, and sends nothing yet: the page shows what was changed.
func (p *room) upload(w http.ResponseWriter, r *http.Request) error {
	s, err := p.toMend(r)
	if err != nil {
		return err
	}
	list, err := p.refusals(r.Context(), access.From(r.Context()), s.ID, inFile)
	if err != nil {
		return err
	}
	sheet, err := mend.Read(s.feed, p.Config.Limits, p.opener(r.Context(), &s), list)
	if err != nil {
		return fault(err)
	}
	changes, err := mend.ReadFile(s.feed, http.MaxBytesReader(w, r.Body, 64<<20), sheet)
	if err != nil {
		return fault(err)
	}
	if changes == nil {
		changes = []mend.Change{}
	}
	answer.JSON(w, http.StatusOK, struct {
		Changes []mend.Change `json:"changes"`
	}{changes})
	return nil
}

// mend puts changed rows into their body and sends it, or only says how it would read.
func (p *room) mend(w http.ResponseWriter, r *http.Request) error {
	s, err := p.toMend(r)
	if err != nil {
		return err
	}
	if p.Intake == nil {
		return &answer.Fault{Status: http.StatusConflict, Code: "takes", Text: "this process takes no reports; send the mended file to the address that you send reports to"}
	}
	var q struct {
		Changes []mend.Change `json:"changes"`
		DryRun  bool          `json:"dry_run"`
	}
	if err := answer.Read(w, r, 64<<20, &q); err != nil {
		return err
	}
	if len(q.Changes) > inFile {
		return answer.Bad("more than %d rows are changed; mend the file itself and send it again as a whole", inFile)
	}
	file, err := sealed.NewTemp("", "sellthrough-mend-")
	if err != nil {
		return fmt.Errorf("lay the mended report into a file: %w", err)
	}
	defer file.Close()
	mended, err := mend.Merge(s.feed, p.Config.Limits, p.opener(r.Context(), &s), q.Changes, file)
	if err != nil {
		return fault(err)
	}
	out := struct {
		Accepted int64                 `json:"accepted"`
		Refused  int64                 `json:"refused"`
		Refusals []sellthrough.Refusal `json:"refusals"` // of the changed rows
		Way      mend.Way              `json:"way"`
		Newer    *Newer                `json:"newer,omitempty"`
		Receipt  *sellthrough.Receipt  `json:"receipt,omitempty"` // once it is sent
	}{mended.Accepted, mended.Refused, append([]sellthrough.Refusal{}, mended.Refusals...), s.way, nil, nil}
	if s.way == mend.Whole {
		if out.Newer, err = p.newer(r.Context(), access.From(r.Context()), &s); err != nil {
			return err
		}
	}
	if q.DryRun {
		answer.JSON(w, http.StatusOK, out)
		return nil
	}
	if out.Newer != nil {
		return &answer.Fault{Status: http.StatusConflict, Code: "newer", Text: out.Newer.Text(), More: out.Newer}
	}
	rc, err := p.send(r, &s, file, q.Changes)
	if err != nil {
		return err
	}
	out.Receipt = rc
	answer.JSON(w, http.StatusAccepted, out)
	return nil
}

// send hands the mended report to the intake, as every other. The same changes sent again are the same submission.
func (p *room) send(r *http.Request, s *sick, file *sealed.Temp, changes []mend.Change) (*sellthrough.Receipt, error) {
	slices.SortFunc(changes, func(a, b mend.Change) int { return int(a.Row) - int(b.Row) })
	said, err := json.Marshal(changes)
	if err != nil {
		return nil, err
	}
	req := ingest.Request{
		Partner: s.feed.Partner, Feed: s.feed.ID, Key: fmt.Sprintf("mend/%s/%x", s.ID, p.mark(said)), File: s.File,
		Body: io.NewSectionReader(file, 0, file.Size()), Length: file.Size(),
		Mends: sellthrough.SubmissionID(s.ID),
	}
	if s.Scope != nil {
		req.Scope = *s.Scope
	}
	access.Note(r.Context(), "report", fmt.Sprintf("mended %s of %s", plural(len(changes), "1 row", "N rows"), s.ID))
	return p.accept(r.Context(), req)
}

// mark is what changes are known by. It is kept for good, and rows may hold an end customer: a plain hash of them would tell who
// tries. Under a key that ends with the process, the same changes may be two submissions over a restart, of the same lines.
func (p *room) mark(changes []byte) []byte {
	h := hmac.New(sha256.New, p.secret)
	_, _ = h.Write(changes) // never fails
	return h.Sum(nil)
}

// accept hands a body to the intake and words its faults.
func (p *room) accept(ctx context.Context, req ingest.Request) (*sellthrough.Receipt, error) {
	taken, err := p.Intake.Accept(ctx, req)
	if f, ok := ingest.AsFault(err); ok {
		status := http.StatusUnprocessableEntity
		if f.Kind == ingest.Unavailable || f.Kind == ingest.Busy {
			status = http.StatusServiceUnavailable
		}
		return nil, &answer.Fault{Status: status, Code: string(f.Kind), Text: f.Detail}
	}
	if err != nil {
		return nil, err
	}
	if p.Took != nil && !taken.Replayed {
		p.Took(&taken.Receipt)
	}
	return &taken.Receipt, nil
}

package partner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/portal/answer"
)

// Submission is what the books say of one.
type Submission struct {
	ID       string               `json:"id"`
	Feed     string               `json:"feed"`
	File     string               `json:"file"`
	Received time.Time            `json:"received"`
	State    string               `json:"state"` // on_the_road, held, final
	Why      string               `json:"why,omitempty"`
	Bytes    int64                `json:"bytes"`
	Rows     int64                `json:"rows"`
	Accepted int64                `json:"accepted"`
	Refused  int64                `json:"refused"`
	Counts   sellthrough.Counts   `json:"counts"`
	Attempt  uint32               `json:"attempt"`
	Mends    string               `json:"mends,omitempty"`
	MendedBy string               `json:"mended_by,omitempty"` // the newest
	Mapping  string               `json:"mapping,omitempty"`
	Number   int64                `json:"number,omitempty"` // of the mapping's version, as they came
	Answer   string               `json:"acknowledgement,omitempty"`
	Scope    *sellthrough.Scope   `json:"scope,omitempty"`
	Warnings []string             `json:"warnings,omitempty"`
	Revision sellthrough.Revision `json:"-"`
	body     string
	answer   *sellthrough.Acknowledgement
}

// newest is how many submissions are listed at once.
const newest = 20

// submissions lists the newest ones, or those before a place.
func (p *room) submissions(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	where := ""
	if f := q.Get("feed"); f != "" {
		where += " AND s.feed = " + answer.Quote(f)
	}
	switch q.Get("show") {
	case "":
	case "refused":
		where += " AND s.refused > 0"
	default:
		return answer.Bad("show is refused, or left out")
	}
	if b := q.Get("before"); b != "" {
		n, err := strconv.ParseUint(b, 10, 64)
		if err != nil {
			return answer.Bad("before is no place in the list")
		}
		where += fmt.Sprintf(" AND s.revision < %d", n)
	}
	list, err := p.read(r.Context(), access.From(r.Context()), partner, where, newest+1)
	if err != nil {
		return err
	}
	out := struct {
		Submissions []Submission `json:"submissions"`
		More        string       `json:"more,omitempty"` // the place where the list goes on
	}{Submissions: list}
	if len(list) > newest {
		out.Submissions = list[:newest]
		out.More = strconv.FormatUint(uint64(list[newest-1].Revision), 10)
	}
	answer.JSON(w, http.StatusOK, out)
	return nil
}

// longest is how long a request may wait for the books to know a submission.
const longest = 20 * time.Second

// submission tells of one. A request may wait for it, because the books come last.
func (p *room) submission(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	wait, err := time.ParseDuration(or(r.URL.Query().Get("wait"), "0s"))
	if err != nil || wait < 0 {
		return answer.Bad("wait is seconds, as in wait=15s")
	}
	until := time.Now().Add(min(wait, longest))
	for {
		s, err := p.find(r.Context(), access.From(r.Context()), partner, r.PathValue("id"))
		f, missing := errors.AsType[*answer.Fault](err)
		if err == nil {
			answer.JSON(w, http.StatusOK, s)
			return nil
		}
		if !missing || f.Status != http.StatusNotFound || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(400 * time.Millisecond):
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// acknowledgement gives the answer to an interchange in its own syntax, from the archive.
func (p *room) acknowledgement(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	s, err := p.find(r.Context(), access.From(r.Context()), partner, r.PathValue("id"))
	if err != nil {
		return err
	}
	if s.answer == nil || p.Body == nil {
		return answer.Missing("submission %.64q has no acknowledgement that is at hand here", s.ID)
	}
	src, err := p.Body(r.Context(), s.answer.Body)
	if err != nil {
		return &answer.Fault{Status: http.StatusConflict, Code: "archive", Text: "the acknowledgement can't be read from the archive just now; ask again"}
	}
	defer src.Close()
	a := ingest.Acknowledgement{Type: s.answer.Type}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": s.ID + a.Suffix()}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, src) // who asked is gone
	return nil
}

// find is one submission of a partner.
func (p *room) find(ctx context.Context, v access.Viewer, partner *config.Partner, id string) (Submission, error) {
	if !submissionForm.MatchString(id) {
		return Submission{}, answer.Missing("there is no submission %.64q of yours", id)
	}
	list, err := p.read(ctx, v, partner, " AND s.submission = "+answer.Quote(id), 1)
	if err != nil {
		return Submission{}, err
	}
	if len(list) == 0 {
		return Submission{}, answer.Missing("there is no submission %.64q of yours in the books yet", id)
	}
	return list[0], nil
}

// read asks the books, as the viewer: the newest attempt of each submission, with what every partition says of it.
func (p *room) read(ctx context.Context, v access.Viewer, partner *config.Partner, where string, limit int) ([]Submission, error) {
	t, err := p.Reader.Read(ctx, v, fmt.Sprintf(`SELECT s.submission, s.feed, s.file, toInt64(toUnixTimestamp64Milli(s.received_at)), s.bytes, s.rows, s.accepted, s.refused, s.revision, toInt64(s.attempt),
			toInt64(length(s.partitions)), s.body, s.receipt
		FROM submissions AS s WHERE s.partner = %s%s ORDER BY s.revision DESC, s.attempt DESC LIMIT 1 BY s.submission LIMIT %d`, answer.Quote(string(partner.ID)), where, limit))
	if err != nil {
		return nil, err
	}
	out := []Submission{}
	at := map[string]int{}
	parts := map[string]int64{}
	var ids []string
	for _, row := range t.Rows {
		s := Submission{
			ID: answer.Text(row[0]), Feed: answer.Text(row[1]), File: answer.Text(row[2]), Received: time.UnixMilli(answer.Whole(row[3])).UTC(), Bytes: answer.Whole(row[4]), Rows: answer.Whole(row[5]),
			Accepted: answer.Whole(row[6]), Refused: answer.Whole(row[7]), Revision: sellthrough.Revision(answer.Whole(row[8])), Attempt: uint32(answer.Whole(row[9])), State: "on_the_road", body: answer.Text(row[11]),
		}
		var rc sellthrough.Receipt
		if err := json.Unmarshal([]byte(answer.Text(row[12])), &rc); err == nil {
			s.Mends, s.Mapping, s.Warnings = string(rc.Mends), rc.Mapping, rc.Warnings
			if rc.Scope.Declared {
				s.Scope = &rc.Scope
			}
			if rc.Acknowledgement != nil {
				s.Answer, s.answer = rc.Acknowledgement.Type, rc.Acknowledgement
			}
		}
		at[s.ID], parts[s.ID] = len(out), answer.Whole(row[10])
		ids = append(ids, s.ID)
		out = append(out, s)
	}
	if len(out) == 0 {
		return out, nil
	}
	t, err = p.Reader.Read(ctx, v, fmt.Sprintf(`SELECT submission, toInt64(countIf(NOT part)), toUInt8(max(is_held)), max(reason), toInt64(sum(h)), toInt64(sum(n)), toInt64(sum(d)), toInt64(sum(c)), toInt64(sum(p)), toInt64(sum(w)), toInt64(sum(i)), toInt64(sum(u))
		FROM (
			SELECT submission, partition, attempt, max(held) AS is_held, min(partial) AS part, max(why) AS reason, sum(lines_held) AS h, sum(lines_new) AS n, sum(lines_duplicate) AS d,
				sum(lines_corrected) AS c, sum(lines_superseded) AS p, sum(lines_withdrawn) AS w, sum(lines_implied) AS i, sum(lines_unmatched) AS u
			FROM outcomes WHERE submission IN (%s) GROUP BY submission, partition, attempt ORDER BY attempt DESC LIMIT 1 BY submission, partition
		) GROUP BY submission`, answer.Quotes(ids)))
	if err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		s := &out[at[answer.Text(row[0])]]
		s.Counts = sellthrough.Counts{
			Held: answer.Whole(row[4]), New: answer.Whole(row[5]), Duplicate: answer.Whole(row[6]), Corrected: answer.Whole(row[7]), Superseded: answer.Whole(row[8]), Withdrawn: answer.Whole(row[9]),
			Implied: answer.Whole(row[10]), Unmatched: answer.Whole(row[11]),
		}
		switch {
		case answer.Whole(row[1]) < parts[s.ID]:
		case answer.Whole(row[2]) > 0:
			s.State, s.Why = "held", answer.Text(row[3])
		default:
			s.State = "final"
		}
	}
	return out, p.link(ctx, v, partner, out, at)
}

// link says by which later submissions rows were mended, and the numbers of mappings.
func (p *room) link(ctx context.Context, v access.Viewer, partner *config.Partner, list []Submission, at map[string]int) error {
	var ids []string
	oldest := list[0].Revision
	var versions []string
	for _, s := range list {
		if s.Refused > 0 {
			ids = append(ids, s.ID)
		}
		oldest = min(oldest, s.Revision)
		if s.Mapping != "" {
			versions = append(versions, s.Mapping)
		}
	}
	if len(ids) > 0 {
		t, err := p.Reader.Read(ctx, v, fmt.Sprintf("SELECT JSONExtractString(s.receipt, 'mends') AS mends, argMax(s.submission, s.revision) FROM submissions AS s WHERE s.partner = %s AND s.revision > %d AND position(s.receipt, '\"mends\"') > 0 AND mends IN (%s) GROUP BY mends",
			answer.Quote(string(partner.ID)), uint64(oldest), answer.Quotes(ids)))
		if err != nil {
			return err
		}
		for _, row := range t.Rows {
			list[at[answer.Text(row[0])]].MendedBy = answer.Text(row[1])
		}
	}
	if len(versions) > 0 {
		t, err := p.Reader.Read(ctx, v, "SELECT feed, mapping, toInt64(number) FROM v_mappings WHERE partner = "+answer.Quote(string(partner.ID)))
		if err != nil {
			return err
		}
		numbers := map[[2]string]int64{}
		for _, row := range t.Rows {
			numbers[[2]string{answer.Text(row[0]), answer.Text(row[1])}] = answer.Whole(row[2])
		}
		for i := range list {
			list[i].Number = numbers[[2]string{list[i].Feed, list[i].Mapping}]
		}
	}
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return strings.ReplaceAll(many, "N", strconv.Itoa(n))
}

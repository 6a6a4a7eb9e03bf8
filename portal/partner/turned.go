package partner

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/portal/answer"
)

// Turned is a file that was refused as a whole.
type Turned struct {
	ID      string                      `json:"id"`
	At      time.Time                   `json:"at"`
	Feed    string                      `json:"feed"`
	File    string                      `json:"file"`
	Bytes   int64                       `json:"bytes"`
	Reason  string                      `json:"reason"`
	Missing []sellthrough.MissingColumn `json:"missing"`
	Settled bool                        `json:"settled"` // a later file of the feed was read
	Kept    bool                        `json:"kept"`    // it can be read again from here
	body    string
	scope   sellthrough.Scope
}

// turned lists the files that were refused as a whole.
func (p *room) turned(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err != nil {
		return err
	}
	list, err := p.away(r.Context(), access.From(r.Context()), partner, "", 20)
	if err != nil {
		return err
	}
	answer.JSON(w, http.StatusOK, struct {
		Turned []Turned `json:"turned"`
	}{list})
	return nil
}

func (p *room) away(ctx context.Context, v access.Viewer, partner *config.Partner, where string, limit int) ([]Turned, error) {
	t, err := p.Reader.Read(ctx, v, fmt.Sprintf(`SELECT t.id, toInt64(toUnixTimestamp64Milli(t.at)), t.feed, t.file, t.bytes, t.reason, t.missing, t.reads, t.renamed, toUInt8(t.settled), t.body, t.scope
		FROM v_turned_away AS t WHERE t.partner = %s AND t.at > now() - INTERVAL 60 DAY%s ORDER BY t.at DESC LIMIT %d`, answer.Quote(string(partner.ID)), where, limit))
	if err != nil {
		return nil, err
	}
	out := []Turned{}
	for _, row := range t.Rows {
		x := Turned{
			ID: answer.Text(row[0]), At: time.UnixMilli(answer.Whole(row[1])).UTC(), Feed: answer.Text(row[2]), File: answer.Text(row[3]), Bytes: answer.Whole(row[4]), Reason: answer.Text(row[5]),
			Missing: []sellthrough.MissingColumn{}, Settled: answer.Whole(row[9]) > 0, body: answer.Text(row[10]),
		}
		missing, _ := row[6].([]string)
		reads, _ := row[7].([]string)
		renamed, _ := row[8].([][]string)
		for i := range missing {
			m := sellthrough.MissingColumn{Column: missing[i]}
			if i < len(reads) {
				m.As = reads[i]
			}
			if i < len(renamed) {
				m.Renamed = renamed[i]
			}
			x.Missing = append(x.Missing, m)
		}
		_ = json.Unmarshal([]byte(answer.Text(row[11])), &x.scope) // without one, the file's name says it again
		x.Kept = x.body != "" && p.Body != nil && p.Intake != nil
		out = append(out, x)
	}
	return out, nil
}

// again reads a file that was turned away once more, as it was sent, now that its feed may fit it.
func (p *room) again(w http.ResponseWriter, r *http.Request) error {
	partner, err := p.of(r)
	if err == nil {
		err = may(r)
	}
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	if !submissionForm.MatchString(id) {
		return answer.Missing("there is no such file of yours")
	}
	list, err := p.away(r.Context(), access.From(r.Context()), partner, " AND t.id = "+answer.Quote(id), 1)
	if err != nil {
		return err
	}
	if len(list) == 0 || !list[0].Kept {
		return answer.Missing("there is no such file of yours that could be read again from here; send it again")
	}
	t := &list[0]
	src, err := p.Body(r.Context(), t.body)
	if err != nil {
		return &answer.Fault{Status: http.StatusConflict, Code: "archive", Text: "the file is not in the archive of this process any more; send it again"}
	}
	defer src.Close()
	access.Note(r.Context(), "report", "read "+id+" again")
	rc, err := p.accept(r.Context(), ingest.Request{
		Partner: partner.ID, Feed: sellthrough.FeedID(t.Feed), File: t.File, Body: src, Length: t.Bytes, Scope: t.scope, Key: "again/" + id,
	})
	if err != nil {
		return err
	}
	answer.JSON(w, http.StatusAccepted, struct {
		Receipt *sellthrough.Receipt `json:"receipt"`
	}{rc})
	return nil
}

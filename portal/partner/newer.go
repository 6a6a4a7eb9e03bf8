package partner

import (
	"context"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/mapping"
	"sellthrough/internal/access"
	"sellthrough/portal/answer"
	"sellthrough/sinks/clickhouse"
)

// Newer is what was said after a report about what it covers. A report that is sent again with mended rows would be the newest
// word about all of it, and take that back.
type Newer struct {
	Submission string    `json:"submission,omitempty"` // empty: it is not a submission that said so
	File       string    `json:"file,omitempty"`
	Received   time.Time `json:"received"`
	About      string    `json:"about"` // a document, or a location and day
	TookBack   bool      `json:"took_back,omitempty"`
	TooMuch    bool      `json:"too_much,omitempty"` // so much that it can't be compared here
	Waits      string    `json:"waits,omitempty"`    // it is not in the ledger yet: held, or on the road
}

// Text is why nothing is sent.
func (n *Newer) Text() string {
	switch {
	case n.TooMuch:
		return "so much was reported since that it can't be compared here; mend the newest file itself and send it as a whole"
	case n.Waits == "held":
		return fmt.Sprintf("a newer report (%s) of the feed is held; let it through or send another one first, because this one would be the newer word then", n.Submission)
	case n.Waits != "":
		return fmt.Sprintf("a newer report (%s) of the feed is on the road; try again in a moment", n.Submission)
	case n.TookBack:
		return "this report was taken back; send a new one"
	}
	return fmt.Sprintf("a newer report (%s) says more about %s; sent again with mended rows, this one would take that back. Mend the newest report, or send the newest file as a whole", n.Submission, n.About)
}

// compared is how many newer rows are looked at.
const compared = 200_000

// newer looks for what was said after a submission about what it covers, in the ledger.
func (p *room) newer(ctx context.Context, v access.Viewer, s *sick) (*Newer, error) {
	cover := s.feed.Coverage.Kind
	if cover == sellthrough.CoverNone {
		return nil, nil // it takes nothing back
	}
	if n, err := p.waiting(ctx, v, s); n != nil || err != nil {
		return n, err
	}
	at := "toInt64(0)"
	if s.feed.Kind == sellthrough.Stock {
		at = "toInt64(max(at))"
	}
	t, err := p.Reader.Read(ctx, v, fmt.Sprintf(`SELECT document, location, toInt64(toInt32(day)) AS d, max(revision) AS r, %s AS a, toUInt8(max(cause = 'undone')) AS u FROM %s
		WHERE partner = %s AND namespace = %s AND revision > %d GROUP BY document, location, d LIMIT %d`,
		at, clickhouse.LedgerOf(s.feed.Kind), answer.Quote(string(s.feed.Partner)), answer.Quote(s.feed.Identity.Namespace), uint64(s.Revision), compared+1))
	if err != nil || len(t.Rows) == 0 {
		return nil, err
	}
	if len(t.Rows) > compared {
		return &Newer{TooMuch: true, Received: time.Now().UTC()}, nil
	}
	c := newCovered(s)
	src, err := p.opener(ctx, s)()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	w := &ingest.Walk{Line: func(l *mapping.Cells) error { c.add(l); return ctx.Err() }}
	if _, err := w.Through(s.feed, p.Config.Limits, src); err != nil {
		if _, refused := sellthrough.AsRefusal(err); !refused {
			return nil, err
		}
	}
	var found *Newer
	var revision uint64
	for _, row := range t.Rows {
		document, location, day := answer.Text(row[0]), answer.Text(row[1]), sellthrough.Day(answer.Whole(row[2]))
		if r := uint64(answer.Whole(row[3])); r > revision && c.holds(document, location, day, answer.Whole(row[4])) {
			revision = r
			found = &Newer{About: about(cover, document, location, day), TookBack: answer.Whole(row[5]) > 0, Received: time.Now().UTC()}
		}
	}
	if found == nil || found.TookBack {
		return found, nil
	}
	t, err = p.Reader.Read(ctx, v, fmt.Sprintf("SELECT s.submission, s.file, toInt64(toUnixTimestamp64Milli(s.received_at)) FROM submissions AS s WHERE s.revision = %d LIMIT 1", revision))
	if err == nil && len(t.Rows) > 0 {
		found.Submission, found.File, found.Received = answer.Text(t.Rows[0][0]), answer.Text(t.Rows[0][1]), time.UnixMilli(answer.Whole(t.Rows[0][2])).UTC()
	}
	return found, err
}

// waiting looks for a newer report of the same lines that the ledger does not have yet. What it covers is not known before it is
// applied; and once it is, it would be the older word. One that is not in the books yet is not seen: of two reports that are sent
// at the same moment the later one wins, as ever.
func (p *room) waiting(ctx context.Context, v access.Viewer, s *sick) (*Newer, error) {
	var feeds []sellthrough.FeedID
	for i := range p.Config.Feeds {
		if f := &p.Config.Feeds[i]; f.Partner == s.feed.Partner && f.Kind == s.feed.Kind && f.Identity.Namespace == s.feed.Identity.Namespace {
			feeds = append(feeds, f.ID)
		}
	}
	t, err := p.Reader.Read(ctx, v, fmt.Sprintf(`SELECT s.submission, s.file, toInt64(toUnixTimestamp64Milli(s.received_at)), s.state FROM v_submissions AS s
		WHERE s.partner = %s AND s.feed IN (%s) AND s.revision > %d AND s.state != 'final' ORDER BY s.revision DESC LIMIT 1`, answer.Quote(string(s.feed.Partner)), answer.Quotes(feeds), uint64(s.Revision)))
	if err != nil || len(t.Rows) == 0 {
		return nil, err
	}
	row := t.Rows[0]
	return &Newer{Submission: answer.Text(row[0]), File: answer.Text(row[1]), Received: time.UnixMilli(answer.Whole(row[2])).UTC(), Waits: answer.Text(row[3])}, nil
}

func about(k sellthrough.CoverageKind, document, location string, day sellthrough.Day) string {
	if k == sellthrough.CoverDocument {
		return "document " + document
	}
	return location + " on " + day.String()
}

// covered is what a report is complete for: what it declares, else what its lines name.
type covered struct {
	kind      sellthrough.CoverageKind
	scope     sellthrough.Scope
	documents map[uint64]struct{}
	places    map[uint64]struct{} // location and day
	locations map[string]int64    // the newest instant of each
	from, to  sellthrough.Day
}

func newCovered(s *sick) *covered {
	c := &covered{kind: s.feed.Coverage.Kind, documents: map[uint64]struct{}{}, places: map[uint64]struct{}{}, locations: map[string]int64{}}
	if s.Scope != nil {
		c.scope = *s.Scope
	}
	return c
}

func placeOf(location string, day sellthrough.Day) uint64 {
	return xxh3.HashString(fmt.Sprintf("%d %s", day, location))
}

func (c *covered) add(l *mapping.Cells) {
	switch c.kind {
	case sellthrough.CoverDocument:
		c.documents[xxh3.Hash(l.Document)] = struct{}{}
	case sellthrough.CoverLocationDay:
		c.places[placeOf(string(l.Location), l.Day)] = struct{}{}
	case sellthrough.CoverSnapshot:
		if at, ok := c.locations[string(l.Location)]; !ok || l.At > at {
			c.locations[string(l.Location)] = l.At
		}
	}
	if c.from == 0 || l.Day < c.from {
		c.from = l.Day
	}
	c.to = max(c.to, l.Day)
}

// holds says whether a newer row is about what the report covers.
func (c *covered) holds(document, location string, day sellthrough.Day, at int64) bool {
	named := len(c.scope.Locations) == 0
	for _, l := range c.scope.Locations {
		named = named || l == location
	}
	switch c.kind {
	case sellthrough.CoverDocument:
		_, ok := c.documents[xxh3.HashString(document)]
		return ok
	case sellthrough.CoverLocationDay:
		if c.scope.Declared {
			return named && day >= c.scope.From && day <= c.scope.To
		}
		_, ok := c.places[placeOf(location, day)]
		return ok
	case sellthrough.CoverPeriod:
		from, to := c.from, c.to
		if c.scope.Declared {
			from, to = c.scope.From, c.scope.To
		}
		return named && day >= from && day <= to
	case sellthrough.CoverSnapshot:
		newest, ok := c.locations[location]
		return ok && at <= newest
	}
	return false
}

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"sellthrough"
	"sellthrough/demo/reports"
	"sellthrough/demo/world"
	"sellthrough/ingest/httpfeed"
)

// sender posts files. Those of one feed go one after the other, because the later word counts; feeds go side by side.
type sender struct {
	ctx    context.Context // of the play, for the workers
	group  *errgroup.Group
	url    string
	http   *http.Client
	slots  chan struct{}
	queues map[*reports.Feed]chan job
}

// job is a file, or a question for the newest submissions that is answered when all before it is sent.
type job struct {
	file  *reports.File
	taken chan<- []sellthrough.SubmissionID
}

func newSender(ctx context.Context, group *errgroup.Group, url string) *sender {
	return &sender{
		ctx: ctx, group: group, url: url, slots: make(chan struct{}, inFlight), queues: map[*reports.Feed]chan job{},
		http: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}},
	}
}

// put queues a file behind those of its feed.
func (s *sender) put(ctx context.Context, f *reports.File) error {
	q := s.queues[f.Feed]
	if q == nil {
		q = make(chan job, 64)
		s.queues[f.Feed] = q
		s.group.Go(func() error { return s.work(q) })
	}
	select {
	case q <- job{file: f}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close lets the workers end when their queues are empty.
func (s *sender) close() {
	for _, q := range s.queues {
		close(q)
	}
}

// settle waits until the books tell of all that was put. It asks for one submission after the other, and seldom: the
// books have better to do.
func (s *sender) settle(ctx context.Context) error {
	for f, q := range s.queues {
		taken := make(chan []sellthrough.SubmissionID, 1)
		select {
		case q <- job{taken: taken}:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case open := <-taken:
			if err := s.await(ctx, f, open); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// await waits until the books tell of submissions of a feed.
func (s *sender) await(ctx context.Context, f *reports.Feed, open []sellthrough.SubmissionID) error {
	for len(open) > 0 {
		done, err := s.booked(ctx, world.Partners[f.Partner].ID, open[len(open)-1])
		if err != nil {
			return err
		}
		if done {
			open = open[:len(open)-1]
			continue
		}
		t := time.NewTimer(2 * time.Second)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
	return nil
}

// work sends the files of one feed.
func (s *sender) work(q <-chan job) error {
	defer s.http.CloseIdleConnections()
	var last []sellthrough.SubmissionID // the newest; what is older is in the books before them
	for j := range q {
		if j.taken != nil {
			j.taken <- slices.Clone(last)
			continue
		}
		select {
		case s.slots <- struct{}{}:
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
		id, err := s.send(s.ctx, world.Partners[j.file.Feed.Partner].ID, j.file)
		<-s.slots
		if err != nil {
			return err
		}
		if last = append(last, id); len(last) > atEnd {
			last = last[1:]
		}
	}
	return nil
}

// atEnd is how many of a feed's files are asked for at the end: a file by the store goes to one partition, so that the last
// one alone does not tell of those before it.
const atEnd = 32

// send posts a file until it is taken.
func (s *sender) send(ctx context.Context, partner string, f *reports.File) (sellthrough.SubmissionID, error) {
	body, encoding := f.Body()
	q := url.Values{"file": {f.Name}}
	maps.Copy(q, f.Query)
	var rc sellthrough.Receipt
	err := s.ask(ctx, partner, func() (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/feeds/"+f.Feed.ID+"?"+q.Encode(), bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		r.Header.Set("Idempotency-Key", f.Key)
		if encoding != "" {
			r.Header.Set("Content-Encoding", encoding)
		}
		return r, nil
	}, &rc)
	if err != nil {
		return "", fmt.Errorf("demo: send %s to %s: %w", f.Name, f.Feed.ID, err)
	}
	return rc.Submission, nil
}

// booked says whether the outcome of a submission is known.
func (s *sender) booked(ctx context.Context, partner string, id sellthrough.SubmissionID) (bool, error) {
	var st httpfeed.Status
	err := s.ask(ctx, partner, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/submissions/"+url.PathEscape(string(id)), nil)
	}, &st)
	return st.State == httpfeed.Final || st.State == httpfeed.Held, err
}

// ask makes a request until it is answered.
func (s *sender) ask(ctx context.Context, partner string, request func() (*http.Request, error), answer any) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		r, err := request()
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+Key(partner))
		r.Header.Set("Accept", "application/json")
		wait, err := s.once(r, answer)
		if wait < 0 || ctx.Err() != nil {
			return err
		}
		t := time.NewTimer(max(wait, pause))
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// once makes a request. The wait is negative where the answer is known.
func (s *sender) once(r *http.Request, answer any) (wait time.Duration, err error) {
	a, err := s.http.Do(r)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 16<<20))
	if err != nil {
		return 0, err
	}
	switch {
	case a.StatusCode < 300:
		return -1, json.Unmarshal(text, answer)
	case a.StatusCode == http.StatusRequestTimeout, a.StatusCode == http.StatusTooManyRequests, a.StatusCode >= 500:
		seconds, _ := strconv.Atoi(a.Header.Get("Retry-After")) // none: our own pause
		return time.Duration(seconds) * time.Second, nil
	}
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
		problem.Detail = a.Status
	}
	return -1, fmt.Errorf("the door refuses it: %s", problem.Detail)
}

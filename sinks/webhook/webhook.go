// Package webhook sends alerts to a URL: as plain JSON for programs, or in the forms of Slack, DingTalk, WeCom and Feishu.
//
// It promises: one request a call, to the host that is configured and to no other; a body of bounded size, in the form that
// the service's documentation states; the name of the message in every form that has a place for it. An error says whether
// the receiver asked for a pause, or can't read the message at all. It leaves trying again to the caller.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sellthrough/alerts"
)

// Format is the form of a body.
type Format string

// The formats.
const (
	JSON     Format = "json"
	Slack    Format = "slack"
	DingTalk Format = "dingtalk"
	WeCom    Format = "wecom"
	Feishu   Format = "feishu"
)

// service is what a format's service allows and answers.
type service struct {
	perMinute int // messages, a little less than where it locks a sender out
	items     int
	bytes     int // of the text
	whole     bool
	body      func(c *Channel, m alerts.Message, at time.Time) (any, error)
	sign      func(c *Channel, u url.URL, at time.Time) url.URL
	refused   func(body []byte) error // of a 2xx answer
}

var services = map[Format]service{
	JSON:     {perMinute: 600, items: 200, whole: true, body: plain},
	Slack:    {perMinute: 50, items: 10, bytes: 12_000, body: slack},
	DingTalk: {perMinute: 18, items: 10, bytes: 16_000, body: dingTalk, sign: signDingTalk, refused: errcode},
	WeCom:    {perMinute: 18, items: 10, bytes: 4_000, body: weCom, refused: errcode},
	Feishu:   {perMinute: 90, items: 10, bytes: 16_000, body: feishu, refused: feishuCode},
}

// Formats lists the names of all formats.
func Formats() []string {
	return []string{string(JSON), string(Slack), string(DingTalk), string(WeCom), string(Feishu)}
}

// Options of a channel.
type Options struct {
	Name      string
	URL       string
	Format    Format
	Secret    string // json: of the signature; dingtalk and feishu: of the robot, where it asks for one
	Language  string // en, zh or both; of chats
	PerMinute int    // fewer than the service allows; 0: as many as it does
	Wants     func(*alerts.Incident) bool
	Titles    map[string]alerts.Text // of the rules
	Client    *http.Client           // nil: one that follows no redirect
}

// Channel is one URL.
type Channel struct {
	o  Options
	s  service
	to *url.URL
}

// timeout bounds a try, connect to last byte.
const timeout = 5 * time.Second

// New makes a channel. It dials nothing.
func New(o Options) (*Channel, error) {
	s, ok := services[o.Format]
	u, err := url.Parse(o.URL)
	switch {
	case !ok:
		return nil, fmt.Errorf("webhook %s: format %q is not known; write one of %s", o.Name, o.Format, strings.Join(Formats(), ", "))
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("webhook %s: the URL has to be an address with https or http", o.Name) // it may hold a key: it is not printed
	}
	if o.PerMinute > 0 {
		s.perMinute = min(s.perMinute, o.PerMinute)
	}
	if o.Client == nil {
		o.Client = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConns: 2, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10},
		}
	}
	return &Channel{o: o, s: s, to: u}, nil
}

// Name is the name of the configuration.
func (c *Channel) Name() string { return c.o.Name }

// Limits are those of the service.
func (c *Channel) Limits() alerts.Limits {
	return alerts.Limits{PerMinute: c.s.perMinute, Items: c.s.items, Whole: c.s.whole, Timeout: timeout}
}

// Wants says whether an incident is for this channel.
func (c *Channel) Wants(i *alerts.Incident) bool { return c.o.Wants == nil || c.o.Wants(i) }

// Send posts a message once.
func (c *Channel) Send(ctx context.Context, m alerts.Message) error {
	at := time.Now()
	v, err := c.s.body(c, m, at)
	if err != nil {
		return alerts.Unreadable{Err: err}
	}
	body, err := encode(v)
	if err != nil {
		return alerts.Unreadable{Err: err}
	}
	to := *c.to
	if c.s.sign != nil {
		to = c.s.sign(c, to, at)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return c.failed(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "sellthrough")
	req.Header.Set("Idempotency-Key", m.ID)
	if c.o.Format == JSON && c.o.Secret != "" {
		req.Header.Set("Sellthrough-Signature", Signature(c.o.Secret, body, at))
	}
	resp, err := c.o.Client.Do(req)
	if err != nil {
		return c.failed(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return c.failed(err)
	}
	return c.judge(resp, text, at)
}

// encode is JSON without escapes for HTML, which chats would show.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// failed is an error without the URL, which may hold a key.
func (c *Channel) failed(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return fmt.Errorf("post to %s: %w", c.to.Host, err)
}

// judge reads the answer.
func (c *Channel) judge(resp *http.Response, text []byte, at time.Time) error {
	brief := strings.TrimSpace(string(text[:min(len(text), 300)]))
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		if c.s.refused != nil {
			return c.s.refused(text)
		}
		return nil
	case code >= 300 && code < 400:
		return fmt.Errorf("%s redirects, which is not followed: configure the address that it redirects to", c.to.Host)
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return alerts.Delay{After: retryAfter(resp.Header.Get("Retry-After"), at), Err: fmt.Errorf("%s answers %s: %s", c.to.Host, resp.Status, brief)}
	case slices.Contains([]int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType}, code):
		return alerts.Unreadable{Err: fmt.Errorf("%s can't read the message: %s: %s", c.to.Host, resp.Status, brief)}
	default:
		return fmt.Errorf("%s answers %s: %s", c.to.Host, resp.Status, brief)
	}
}

// retryAfter reads seconds or a date.
func retryAfter(header string, at time.Time) time.Duration {
	if n, err := strconv.Atoi(header); err == nil {
		return time.Duration(max(n, 0)) * time.Second
	}
	if t, err := http.ParseTime(header); err == nil {
		return max(t.Sub(at), 0)
	}
	return 0
}

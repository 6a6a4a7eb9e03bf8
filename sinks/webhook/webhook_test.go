package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"sellthrough/alerts"
)

// receiver is a service that keeps what it was sent.
type receiver struct {
	*httptest.Server
	requests []*http.Request
	bodies   [][]byte
	answer   func(w http.ResponseWriter)
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter)) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.requests, r.bodies = append(r.requests, req), append(r.bodies, body)
		r.answer(w)
	}))
	t.Cleanup(r.Close)
	return r
}

func says(code int, text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code); fmt.Fprint(w, text) }
}

// message tells of n stock-outs, of which the first ten are spelled out.
func message(n int) alerts.Message {
	m := alerts.Message{ID: "0123456789abcdef", Channel: "c", Currency: "CNY", Board: "https://board.example/", Opened: &alerts.Part{Count: n, Money: 1_234_560_000}}
	for i := range min(n, 10) {
		money := alerts.Amount(100_000_000)
		m.Opened.Items = append(m.Opened.Items, alerts.Item{
			Incident: fmt.Sprint("i", i), Rule: "stock_out", Severity: "critical", Partner: "p", Location: "L", Product: "P", Money: &money,
			Text:     alerts.Text{En: fmt.Sprintf("P%d is <out> of *stock* @all", i), Zh: fmt.Sprintf("P%d 缺货", i)},
			Evidence: json.RawMessage(`{"on_hand":0}`),
		})
	}
	return m
}

func channel(t *testing.T, o Options) *Channel {
	t.Helper()
	o.Name = "c"
	o.Titles = map[string]alerts.Text{"stock_out": {En: "Stock-out", Zh: "缺货"}}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAPlainBodyIsNamedAndSigned(t *testing.T) {
	r := newReceiver(t, says(204, ""))
	c := channel(t, Options{URL: r.URL + "/hook", Format: JSON, Secret: "s3cret"})
	if err := c.Send(t.Context(), message(2)); err != nil {
		t.Fatal(err)
	}
	req, body := r.requests[0], r.bodies[0]
	if req.Header.Get("Idempotency-Key") != "0123456789abcdef" {
		t.Error("the message has no name")
	}
	ts, sum, _ := strings.Cut(strings.TrimPrefix(req.Header.Get("Sellthrough-Signature"), "t="), ",v1=")
	h := hmac.New(sha256.New, []byte("s3cret"))
	h.Write([]byte(ts + "." + string(body)))
	if hex.EncodeToString(h.Sum(nil)) != sum {
		t.Error("the signature is not that of the body")
	}
	var got alerts.Message
	if err := json.Unmarshal(body, &got); err != nil || got.Opened.Count != 2 || got.Opened.Items[1].Money.String() != "100" || string(got.Opened.Items[0].Evidence) != `{"on_hand":0}` {
		t.Errorf("%s: %v", body, err)
	}
}

func TestDingTalkIsSignedInTheAddress(t *testing.T) {
	r := newReceiver(t, says(200, `{"errcode":0,"errmsg":"ok"}`))
	c := channel(t, Options{URL: r.URL + "/robot/send?access_token=abc", Format: DingTalk, Secret: "SEC1", Language: "zh"})
	if err := c.Send(t.Context(), message(300)); err != nil {
		t.Fatal(err)
	}
	q := r.requests[0].URL.Query()
	ms, err := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	if err != nil || time.Since(time.UnixMilli(ms)).Abs() > time.Minute || q.Get("access_token") != "abc" {
		t.Errorf("parameters %v", q)
	}
	h := hmac.New(sha256.New, []byte("SEC1"))
	h.Write([]byte(q.Get("timestamp") + "\nSEC1"))
	if q.Get("sign") != base64.StdEncoding.EncodeToString(h.Sum(nil)) {
		t.Error("the sign is not that of the secret")
	}
	var got struct {
		Type     string `json:"msgtype"`
		Markdown struct{ Title, Text string }
	}
	if err := json.Unmarshal(r.bodies[0], &got); err != nil || got.Type != "markdown" {
		t.Fatal(err, string(r.bodies[0]))
	}
	for _, want := range []string{"新增 300", "1235 CNY", "**缺货** P0 缺货", "另有 290 条", "[打开看板](https://board.example/)", "#01234567"} {
		if !strings.Contains(got.Markdown.Text, want) {
			t.Errorf("the text lacks %q:\n%s", want, got.Markdown.Text)
		}
	}
}

func TestFeishuIsSignedInTheBody(t *testing.T) {
	r := newReceiver(t, says(200, `{"code":0,"msg":"success","data":{}}`))
	c := channel(t, Options{URL: r.URL, Format: Feishu, Secret: "FS", Language: "both"})
	if err := c.Send(t.Context(), message(1)); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Timestamp, Sign string
		Type            string `json:"msg_type"`
		Card            struct {
			Elements []struct{ Text struct{ Tag, Content string } }
		}
	}
	if err := json.Unmarshal(r.bodies[0], &got); err != nil || got.Type != "interactive" || len(got.Card.Elements) != 1 || got.Card.Elements[0].Text.Tag != "lark_md" {
		t.Fatal(err, string(r.bodies[0]))
	}
	want := base64.StdEncoding.EncodeToString(hmac.New(sha256.New, []byte(got.Timestamp+"\nFS")).Sum(nil))
	if got.Sign != want {
		t.Errorf("sign %s, want %s", got.Sign, want)
	}
	if text := got.Card.Elements[0].Text.Content; !strings.Contains(text, "新增 1 / 1 new") || strings.ContainsAny(text, "<>@") {
		t.Errorf("the text is in one language, or has markup of a partner's: %s", text)
	}
}

func TestSlackAndWeComStayWithinTheirLimits(t *testing.T) {
	m := message(300)
	for i := range m.Opened.Items {
		m.Opened.Items[i].Text.En = strings.Repeat("a long name ✓ ", 100)
	}
	slack := newReceiver(t, says(200, "ok"))
	if err := channel(t, Options{URL: slack.URL, Format: Slack}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var s struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	if err := json.Unmarshal(slack.bodies[0], &s); err != nil || len(s.Blocks) < 2 || len(s.Blocks) > 50 || s.Text != "Channel alerts: 300 new" {
		t.Fatal(err, string(slack.bodies[0]))
	}
	for _, b := range s.Blocks {
		if b.Type != "section" || b.Text.Type != "mrkdwn" || len(b.Text.Text) > 3000 || b.Text.Text == "" {
			t.Errorf("a block of %d characters, %s %s", len(b.Text.Text), b.Type, b.Text.Type)
		}
	}
	wecom := newReceiver(t, says(200, `{"errcode":0,"errmsg":"ok"}`))
	if err := channel(t, Options{URL: wecom.URL, Format: WeCom}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var w struct {
		Type     string `json:"msgtype"`
		Markdown struct{ Content string }
	}
	if err := json.Unmarshal(wecom.bodies[0], &w); err != nil || w.Type != "markdown" || len(w.Markdown.Content) > 4096 || !strings.Contains(w.Markdown.Content, "300 new") || !strings.HasSuffix(w.Markdown.Content, "#01234567") {
		t.Errorf("%d bytes, %v: %s", len(w.Markdown.Content), err, w.Markdown.Content)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		name       string
		format     Format
		answer     func(http.ResponseWriter)
		after      time.Duration
		unreadable bool
	}{
		{"429 with a pause", JSON, func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		}, 7 * time.Second, false},
		{"503", JSON, says(503, ""), 0, false},
		{"400", JSON, says(400, "no"), 0, true},
		{"413", Slack, says(413, "no"), 0, true},
		{"401", JSON, says(401, "no"), 0, false},
		{"DingTalk, too often", DingTalk, says(200, `{"errcode":130101,"errmsg":"send too fast"}`), time.Minute, false},
		{"DingTalk, sign", DingTalk, says(200, `{"errcode":310000,"errmsg":"sign not match"}`), 0, false},
		{"WeCom, too often", WeCom, says(200, `{"errcode":45009,"errmsg":"freq"}`), time.Minute, false},
		{"Feishu, too often", Feishu, says(200, `{"code":11232,"msg":"frequency limited"}`), time.Minute, false},
		{"Feishu, a page of a proxy", Feishu, says(200, `<html>`), 0, false},
	} {
		r := newReceiver(t, c.answer)
		err := channel(t, Options{URL: r.URL + "/?key=hidden", Format: c.format}).Send(t.Context(), message(1))
		var d alerts.Delay
		var u alerts.Unreadable
		errors.As(err, &d)
		if err == nil || d.After != c.after || errors.As(err, &u) != c.unreadable || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v, pause %s", c.name, err, d.After)
		}
	}
}

func TestARedirectIsNotFollowedAndAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	other := newReceiver(t, says(200, ""))
	r := newReceiver(t, func(w http.ResponseWriter) {
		w.Header().Set("Location", other.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	if err := channel(t, Options{URL: r.URL, Format: JSON}).Send(t.Context(), message(1)); err == nil || len(other.requests) != 0 {
		t.Errorf("followed: %v", err)
	}
	endless := newReceiver(t, func(w http.ResponseWriter) {
		for range 1000 {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
	if err := channel(t, Options{URL: endless.URL, Format: JSON}).Send(t.Context(), message(1)); err != nil {
		t.Error(err)
	}
}

func TestAConnectionErrorDoesNotShowTheAddress(t *testing.T) {
	r := newReceiver(t, says(200, ""))
	r.Close()
	if err := channel(t, Options{URL: r.URL + "/hook?key=hidden", Format: WeCom}).Send(t.Context(), message(1)); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Error(err)
	}
}

package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sellthrough/alerts"
)

// Signature is the header that proves a plain JSON body: "t=SECONDS,v1=HEX", the HMAC-SHA256 of SECONDS, a dot and the body
// under the channel's secret.
func Signature(secret string, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(t + "."))
	h.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(h.Sum(nil))
}

// plain is the message itself.
func plain(_ *Channel, m alerts.Message, _ time.Time) (any, error) { return m, nil }

// slack is an incoming webhook: mrkdwn in section blocks of at most 3000 characters, and a text for notifications.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func slack(c *Channel, m alerts.Message, _ time.Time) (any, error) {
	type text struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	type block struct {
		Type string `json:"type"`
		Text text   `json:"text"`
	}
	title, lines := c.words(m, slackMarks)
	blocks := []block{{"section", text{"mrkdwn", "*" + slackMarks.plain(title) + "*"}}}
	var now string
	for _, l := range lines {
		if len(now)+len(l)+1 > 2900 {
			blocks = append(blocks, block{"section", text{"mrkdwn", now}})
			now = ""
		}
		now += cut(l, 2800) + "\n"
	}
	if now != "" {
		blocks = append(blocks, block{"section", text{"mrkdwn", now}})
	}
	return map[string]any{"text": title, "blocks": blocks}, nil
}

// dingTalk is a custom robot's markdown message.
// https://open.dingtalk.com/document/robots/custom-robot-access
func dingTalk(c *Channel, m alerts.Message, _ time.Time) (any, error) {
	title, lines := c.words(m, markdown)
	return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": title, "text": "### " + markdown.plain(title) + "\n\n" + join(lines, "\n\n")}}, nil
}

// signDingTalk adds the parameters timestamp and sign: the robot's secret signs the milliseconds, a line feed and itself.
func signDingTalk(c *Channel, u url.URL, at time.Time) url.URL {
	if c.o.Secret == "" {
		return u
	}
	t := strconv.FormatInt(at.UnixMilli(), 10)
	h := hmac.New(sha256.New, []byte(c.o.Secret))
	h.Write([]byte(t + "\n" + c.o.Secret))
	q := u.Query()
	q.Set("timestamp", t)
	q.Set("sign", base64.StdEncoding.EncodeToString(h.Sum(nil)))
	u.RawQuery = q.Encode()
	return u
}

// weCom is a group robot's markdown message, at most 4096 bytes.
// https://developer.work.weixin.qq.com/document/path/91770
func weCom(c *Channel, m alerts.Message, _ time.Time) (any, error) {
	title, lines := c.words(m, markdown)
	return map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": "### " + markdown.plain(title) + "\n" + join(lines, "\n")}}, nil
}

// feishu is a custom bot's card. The signature is keyed by the seconds, a line feed and the secret, and signs nothing.
// https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
func feishu(c *Channel, m alerts.Message, at time.Time) (any, error) {
	title, lines := c.words(m, markdown)
	body := map[string]any{"msg_type": "interactive", "card": map[string]any{
		"config": map[string]any{"wide_screen_mode": true},
		"header": map[string]any{"title": map[string]string{"tag": "plain_text", "content": title}},
		"elements": []any{
			map[string]any{"tag": "div", "text": map[string]string{"tag": "lark_md", "content": join(lines, "\n")}},
		},
	}}
	if c.o.Secret != "" {
		t := strconv.FormatInt(at.Unix(), 10)
		h := hmac.New(sha256.New, []byte(t+"\n"+c.o.Secret))
		body["timestamp"], body["sign"] = t, base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	return body, nil
}

// lockout is how long a service that was asked too often is left alone.
const lockout = time.Minute

// errcode is the answer of DingTalk and WeCom.
func errcode(body []byte) error {
	var a struct {
		Code *int   `json:"errcode"`
		Msg  string `json:"errmsg"`
	}
	if err := json.Unmarshal(body, &a); err != nil || a.Code == nil {
		return fmt.Errorf("the answer has no errcode: %s", cut(string(body), 200))
	}
	return coded(*a.Code, a.Msg, 130101, 130103, 45009, 45033)
}

// feishuCode is the answer of Feishu.
func feishuCode(body []byte) error {
	var a struct {
		Code *int   `json:"code"`
		Old  *int   `json:"StatusCode"`
		Msg  string `json:"msg"`
	}
	if err := json.Unmarshal(body, &a); err != nil || a.Code == nil && a.Old == nil {
		return fmt.Errorf("the answer has no code: %s", cut(string(body), 200))
	}
	if a.Code == nil {
		a.Code = a.Old
	}
	return coded(*a.Code, a.Msg, 9499, 11232)
}

func coded(code int, msg string, tooOften ...int) error {
	if code == 0 {
		return nil
	}
	err := fmt.Errorf("code %d: %s", code, cut(msg, 200))
	if slices.Contains(tooOften, code) {
		return alerts.Delay{After: lockout, Err: err}
	}
	return err
}

package webhook

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"sellthrough/alerts"
)

// marks is how a service writes emphasis and links.
type marks struct {
	bold   string
	escape *strings.Replacer
	link   func(text, url string) string
}

// plain is text that means nothing but itself.
func (k marks) plain(s string) string { return k.escape.Replace(s) }

var (
	slackMarks = marks{"*", strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;"), func(text, url string) string { return "<" + url + "|" + text + ">" }}
	// Codes and names come from partners: what would be markup or a mention is taken apart.
	markdown = marks{"**", strings.NewReplacer("*", "＊", "_", "＿", "`", "'", "[", "［", "]", "］", "<", "＜", ">", "＞", "@", "＠", "\n", " "), func(text, url string) string { return "[" + text + "](" + url + ")" }}
)

// say picks the channel's language.
func (c *Channel) say(t alerts.Text) string {
	switch c.o.Language {
	case "zh":
		return t.Zh
	case "both":
		if t.En == t.Zh {
			return t.En
		}
		return t.Zh + " / " + t.En
	}
	return t.En
}

// words are the title and the lines of a message, in as many bytes as the service takes.
func (c *Channel) words(m alerts.Message, k marks) (title string, lines []string) {
	if m.Report != nil {
		lines = strings.Split(c.say(m.Report.Brief), "\n")
		for i := range lines {
			lines[i] = k.plain(lines[i])
		}
		return c.say(m.Report.Subject), c.fit(lines, c.footer(m, k))
	}
	var counts []string
	for _, p := range []struct {
		part *alerts.Part
		what alerts.Text
		sign string
	}{
		{m.Opened, alerts.Text{En: "%d new", Zh: "新增 %d"}, "🔴"},
		{m.Raised, alerts.Text{En: "%d still open", Zh: "仍未处理 %d"}, "🟠"},
		{m.Closed, alerts.Text{En: "%d closed", Zh: "关闭 %d"}, "🟢"},
	} {
		if p.part == nil {
			continue
		}
		head := c.count(p.what, p.part.Count)
		counts = append(counts, head)
		if p.part.Money > 0 {
			head += " · " + c.say(alerts.Text{En: "at stake", Zh: "风险金额"}) + " " + money(p.part.Money, m.Currency)
		}
		lines = append(lines, p.sign+" "+k.bold+k.plain(head)+k.bold)
		for _, i := range p.part.Items {
			lines = append(lines, "- "+c.item(i, m.Currency, k))
		}
		if more := p.part.Count - len(p.part.Items); more > 0 {
			lines = append(lines, c.count(alerts.Text{En: "… and %d more", Zh: "…… 另有 %d 条"}, more))
		}
	}
	name := c.say(alerts.Text{En: "Channel alerts", Zh: "渠道预警"})
	return name + ": " + strings.Join(counts, ", "), c.fit(lines, c.footer(m, k))
}

// count is a text with a number.
func (c *Channel) count(t alerts.Text, n int) string {
	return c.say(alerts.Text{En: fmt.Sprintf(t.En, n), Zh: fmt.Sprintf(t.Zh, n)})
}

func (c *Channel) item(i alerts.Item, currency string, k marks) string {
	title := c.say(c.o.Titles[i.Rule])
	if title == "" {
		title = i.Rule
	}
	text := k.bold + k.plain(title) + k.bold + " " + k.plain(c.say(i.Text))
	if i.Why != nil && i.Why.En != "" {
		text += " → " + k.plain(c.say(*i.Why))
	} else if i.Money != nil && *i.Money > 0 {
		text += " · " + money(*i.Money, currency)
	}
	return cut(text, 900)
}

// money is without the places that nobody reads.
func money(a alerts.Amount, currency string) string {
	return strings.TrimSpace(fmt.Sprintf("%.0f %s", float64(a)/1e6, currency))
}

func (c *Channel) footer(m alerts.Message, k marks) []string {
	var out []string
	if m.Board != "" {
		out = append(out, k.link(c.say(alerts.Text{En: "Open the board", Zh: "打开看板"}), m.Board))
	}
	// The name tells a reader that two equal messages are one.
	return append(out, k.plain("#"+m.ID[:min(len(m.ID), 8)]))
}

// fit leaves out what is too long for the service, from the end, and says so.
func (c *Channel) fit(lines, footer []string) []string {
	size := 0
	for _, l := range footer {
		size += len(l) + 2
	}
	for n, l := range lines {
		if size+len(l)+2+200 > c.s.bytes {
			lines = append(lines[:n:n], "…")
			break
		}
		size += len(l) + 2
	}
	return append(lines, footer...)
}

// cut shortens text to n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func join(lines []string, sep string) string { return strings.Join(lines, sep) }

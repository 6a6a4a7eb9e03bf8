package mail

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"sellthrough/alerts"
)

// post is a mail server that takes what it is given, by RFC 5321, and refuses one receiver.
func post(t *testing.T) (address string, mails chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	mails = make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c, mails)
		}
	}()
	return l.Addr().String(), mails
}

func serve(c net.Conn, mails chan<- string) {
	defer c.Close()
	r := textproto.NewReader(bufio.NewReader(c))
	fmt.Fprint(c, "220 ready\r\n")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch {
		case verb == "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			text, err := r.ReadDotLines()
			if err != nil {
				return
			}
			mails <- strings.Join(text, "\n")
			fmt.Fprint(c, "250 taken\r\n")
		case verb == "QUIT":
			fmt.Fprint(c, "221 bye\r\n")
			return
		case verb == "RCPT" && strings.Contains(line, "nobody@"):
			fmt.Fprint(c, "550 nobody of this name\r\n")
		default:
			fmt.Fprint(c, "250 fine\r\n")
		}
	}
}

func report() alerts.Message {
	return alerts.Message{ID: "0123abcd", Report: &alerts.Report{
		Week: "2026-W12", HTML: "<h1>渠道周报</h1>", Subject: alerts.Text{En: "Channel week 2026-W12", Zh: "渠道周报 2026-W12"}, Brief: alerts.Text{En: "Net sales 1", Zh: "净销售额 1"},
	}}
}

func TestAReportIsAMailUnderItsOwnName(t *testing.T) {
	at, mails := post(t)
	c, err := New(Options{Name: "m", Server: at, TLS: "none", From: "alerts@vendor.example", To: []string{"a@vendor.example", "b@vendor.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), report()); err != nil {
		t.Fatal(err)
	}
	got := <-mails
	for _, want := range []string{"Message-ID: <0123abcd@sellthrough.", "Subject: Channel week 2026-W12", "a@vendor.example", "b@vendor.example", "text/html", "Net sales 1"} {
		if !strings.Contains(got, want) {
			t.Errorf("the mail lacks %q:\n%s", want, got)
		}
	}
}

func TestAMailThatIsNotTakenIsAnError(t *testing.T) {
	at, _ := post(t)
	c, err := New(Options{Name: "m", Server: at, TLS: "none", From: "alerts@vendor.example", To: []string{"nobody@vendor.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), report()); err == nil {
		t.Error("no error")
	}
	secure, err := New(Options{Name: "m", Server: at, From: "alerts@vendor.example", To: []string{"a@vendor.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := secure.Send(t.Context(), report()); err == nil {
		t.Error("a server without TLS was written to, although TLS is asked for")
	}
	var u alerts.Unreadable
	if err := c.Send(t.Context(), alerts.Message{ID: "x"}); !errors.As(err, &u) {
		t.Error("an alert is sent by mail:", err)
	}
}

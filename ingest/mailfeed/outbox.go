package mailfeed

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"sellthrough/ingest/door"
)

// Reply is the answer to one mail.
type Reply struct {
	To        string
	About     string // subject of the mail
	InReplyTo string // its Message-ID, without brackets
	Problem   string // with the mail as a whole
	Notices   []door.Notice
}

// Text is the reply for people.
func (r *Reply) Text() string {
	var b strings.Builder
	if r.Problem != "" {
		fmt.Fprintf(&b, "Nothing could be taken from this mail: %s.\n\n", r.Problem)
		if len(r.Notices) > 0 {
			b.Reset()
			fmt.Fprintf(&b, "Not all of this mail could be taken: %s.\n\n", r.Problem)
		}
	}
	for i := range r.Notices {
		b.WriteString(r.Notices[i].Text())
		b.WriteByte('\n')
	}
	return b.String()
}

// SMTP is an Outbox.
type SMTP struct {
	server Server
	from   string
}

// NewSMTP sends from an address through a server. It dials nothing.
func NewSMTP(s Server, from string) *SMTP { return &SMTP{s, from} }

// Send sends a reply, with the receipts attached for programs, and the acknowledgements of interchanges.
func (s *SMTP) Send(ctx context.Context, r Reply) error {
	m := gomail.NewMsg()
	if err := m.From(s.from); err != nil {
		return fmt.Errorf("sender %s: %w", s.from, err)
	}
	if err := m.To(r.To); err != nil {
		return fmt.Errorf("recipient %s: %w", r.To, err)
	}
	m.Subject("Re: " + strings.TrimPrefix(r.About, "Re: "))
	m.SetDate()
	m.SetMessageID()
	m.SetGenHeader("Auto-Submitted", "auto-replied")
	if r.InReplyTo != "" {
		m.SetGenHeader(gomail.HeaderInReplyTo, "<"+r.InReplyTo+">")
		m.SetGenHeader(gomail.HeaderReferences, "<"+r.InReplyTo+">")
	}
	m.SetBodyString(gomail.TypeTextPlain, r.Text())
	for i := range r.Notices {
		n := &r.Notices[i]
		if err := m.AttachReader(n.File+".receipt.json", bytes.NewReader(n.JSON())); err != nil {
			return err
		}
		if a := n.Acknowledgement; a != nil {
			if err := m.AttachReader(n.File+a.Suffix(), strings.NewReader(a.Text)); err != nil {
				return err
			}
		}
	}
	return s.deliver(ctx, m)
}

// Submit sends a file to a mailbox as a partner would.
func (s *SMTP) Submit(ctx context.Context, to, file string, body []byte) error {
	m := gomail.NewMsg()
	if err := m.From(s.from); err != nil {
		return fmt.Errorf("sender %s: %w", s.from, err)
	}
	if err := m.To(to); err != nil {
		return fmt.Errorf("recipient %s: %w", to, err)
	}
	m.Subject(file)
	m.SetDate()
	m.SetMessageID()
	m.SetBodyString(gomail.TypeTextPlain, "")
	if err := m.AttachReader(file, bytes.NewReader(body)); err != nil {
		return err
	}
	return s.deliver(ctx, m)
}

func (s *SMTP) deliver(ctx context.Context, m *gomail.Msg) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	if err := c.DialWithContext(ctx); err != nil {
		return err
	}
	err = c.Send(m)
	_ = c.Close() // what the server took is sent, however the two part: sent again, it would be a second reply
	return err
}

func (s *SMTP) client() (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(s.server.Address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	o := []gomail.Option{gomail.WithPort(n), gomail.WithTimeout(30 * time.Second)}
	switch s.server.Security {
	case Open:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	case StartTLS:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		o = append(o, gomail.WithSSL())
	}
	if s.server.User != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.server.User), gomail.WithPassword(s.server.Password))
	}
	c, err := gomail.NewClient(host, o...)
	if err != nil {
		return nil, fmt.Errorf("mail server %s: %w", s.server.Address, err)
	}
	return c, nil
}

// Package mail sends the weekly report by SMTP. It sends no alerts: a mailbox is no place to be woken by.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"sellthrough/alerts"
)

// Options of a channel.
type Options struct {
	Name     string
	Server   string // host:port
	TLS      string // starttls (default), tls, or none
	User     string
	Password string
	From     string
	To       []string
	Language string // en, zh or both: of the subject
}

// Channel is one list of receivers.
type Channel struct {
	o    Options
	host string
	port int
}

const timeout = 5 * time.Second

// New makes a channel. It dials nothing.
func New(o Options) (*Channel, error) {
	host, port, err := net.SplitHostPort(o.Server)
	n, e := strconv.Atoi(port)
	if err != nil || e != nil {
		return nil, fmt.Errorf("mail %s: the server has to be host:port, like mail.example.com:587", o.Name)
	}
	if len(o.To) == 0 || o.From == "" {
		return nil, fmt.Errorf("mail %s: from and to are needed", o.Name)
	}
	return &Channel{o: o, host: host, port: n}, nil
}

// Name is the name of the configuration.
func (c *Channel) Name() string { return c.o.Name }

// Limits are far below what a mail server minds.
func (c *Channel) Limits() alerts.Limits {
	return alerts.Limits{PerMinute: 10, Items: 1, Timeout: timeout}
}

// Wants no incident.
func (c *Channel) Wants(*alerts.Incident) bool { return false }

// Send sends a report once. Its Message-ID is the message's name, by which many mail servers know one that comes again.
func (c *Channel) Send(ctx context.Context, m alerts.Message) error {
	if m.Report == nil {
		return alerts.Unreadable{Err: errors.New("only reports are sent by mail")}
	}
	msg := gomail.NewMsg()
	if err := errors.Join(msg.FromFormat("sellthrough", c.o.From), msg.To(c.o.To...)); err != nil {
		return alerts.Unreadable{Err: fmt.Errorf("mail %s: %w", c.o.Name, err)}
	}
	subject, brief := m.Report.Subject.En, m.Report.Brief.En
	if c.o.Language == "zh" {
		subject, brief = m.Report.Subject.Zh, m.Report.Brief.Zh
	}
	msg.Subject(subject)
	msg.SetDateWithValue(m.At)
	msg.SetMessageIDWithValue(m.ID + "@sellthrough." + c.host)
	msg.SetBodyString(gomail.TypeTextPlain, brief)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.Report.HTML)
	opts := []gomail.Option{gomail.WithPort(c.port), gomail.WithTimeout(timeout)}
	switch c.o.TLS {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if c.o.User != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.o.User), gomail.WithPassword(c.o.Password))
	}
	client, err := gomail.NewClient(c.host, opts...)
	if err == nil {
		err = client.DialAndSendWithContext(ctx, msg)
	}
	if err != nil {
		return fmt.Errorf("mail %s: %w", c.o.Name, err)
	}
	return nil
}

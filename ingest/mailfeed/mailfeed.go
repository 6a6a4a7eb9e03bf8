// Package mailfeed is the door for partners who send their reports by mail: it looks into a mailbox by IMAP, takes the
// attachments of the senders it knows, and replies with the receipt by SMTP.
//
// It promises: a mail stays in its folder until all of its attachments are settled and the reply is sent; then it is moved
// to the folder for taken or for refused mail. A mail that is looked at again, after a crash or because the reply could not
// be sent, makes no second submission, and a reply that the mail server took is sent once while the
// process lives. Who is not listed gets no answer, and a mail that a machine sent as an answer gets
// none either.
//
// An address in From proves nothing by itself. Authserv names the mail server that checks mail on its way in: then only
// mail is taken that it found to be from the domain it says (dmarc=pass in its Authentication-Results).
package mailfeed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest/archive/sealed"
	"sellthrough/ingest/door"
)

// Security is how a connection to a mail server is protected.
type Security string

// The ways.
const (
	TLS      Security = "tls" // from the first byte; the default
	StartTLS Security = "starttls"
	Open     Security = "none" // for a server on this machine
)

// Server is a mail server.
type Server struct {
	Address  string // host:port
	Security Security
	User     string
	Password string
}

// Sender is whose mail feeds what.
type Sender struct {
	Partner   sellthrough.PartnerID
	Feed      sellthrough.FeedID
	From      []string // addresses
	Recipient string   // address that the mail was sent to, where one sender has several feeds; empty: any
}

// Outbox sends replies.
type Outbox interface {
	Send(ctx context.Context, r Reply) error
}

// Options of a door. A zero limit is the default.
type Options struct {
	Intake    door.Intake
	Mailbox   Server
	Folder    string // default INBOX
	Processed string // default Processed
	Refused   string // default Refused
	Outbox    Outbox
	Senders   []Sender
	Authserv  string        // name of the server whose Authentication-Results count; empty: From is believed
	Dir       string        // of mail that is being read
	MaxMail   int64         // bytes of a mail; default 64 MiB
	Poll      time.Duration // default 1 min
	Registry  prometheus.Registerer
	Log       zerolog.Logger
}

// Door looks into a mailbox.
type Door struct {
	o       Options
	senders map[string][]*Sender
	settled *prometheus.CounterVec
	replied map[string]string // mails whose reply is sent and that could not be moved, and where they belong
}

// New wires a door. It dials nothing.
func New(o Options) (*Door, error) {
	if o.Intake == nil || o.Outbox == nil || o.Dir == "" {
		return nil, errors.New("mailfeed: Intake, Outbox and Dir have to be given")
	}
	def := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	def(&o.Folder, "INBOX")
	def(&o.Processed, "Processed")
	def(&o.Refused, "Refused")
	if o.MaxMail <= 0 {
		o.MaxMail = 64 << 20
	}
	if o.Poll <= 0 {
		o.Poll = time.Minute
	}
	d := &Door{o: o, senders: map[string][]*Sender{}, replied: map[string]string{}, settled: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sellthrough_mailfeed_mails_total", Help: "Mails that were settled, by what became of them.",
	}, []string{"fate"})}
	for i := range o.Senders {
		for _, from := range o.Senders[i].From {
			key := strings.ToLower(from)
			d.senders[key] = append(d.senders[key], &o.Senders[i])
		}
	}
	if o.Registry != nil {
		o.Registry.MustRegister(d.settled)
	}
	return d, nil
}

// Run looks until ctx ends. A mail server that can't be reached is tried again.
func (d *Door) Run(ctx context.Context) error {
	if err := os.MkdirAll(d.o.Dir, 0o750); err != nil {
		return fmt.Errorf("mailfeed: %w", err)
	}
	d.sweep()
	tick := time.NewTicker(d.o.Poll)
	defer tick.Stop()
	for {
		if err := d.Look(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Warn().Err(err).Str("server", d.o.Mailbox.Address).Msg("mail waits; it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// dial logs in. The connection ends with ctx.
func (d *Door) dial(ctx context.Context) (*imapclient.Client, func(), error) {
	s := d.o.Mailbox
	var c *imapclient.Client
	var err error
	switch s.Security {
	case Open:
		c, err = imapclient.DialInsecure(s.Address, nil)
	case StartTLS:
		c, err = imapclient.DialStartTLS(s.Address, nil)
	default:
		c, err = imapclient.DialTLS(s.Address, nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("connect to %s: %w", s.Address, err)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	end := func() { stop(); c.Close() }
	if err := c.Login(s.User, s.Password).Wait(); err != nil {
		end()
		return nil, nil, fmt.Errorf("log in to %s as %s: %w", s.Address, s.User, err)
	}
	return c, end, nil
}

// Look goes once through the mail that waits, the oldest first. It ends at the first that can't be settled now.
func (d *Door) Look(ctx context.Context) error {
	c, end, err := d.dial(ctx)
	if err != nil {
		return err
	}
	defer end()
	for _, folder := range []string{d.o.Processed, d.o.Refused} {
		if err := c.Create(folder, nil).Wait(); err != nil { // it is there, or moving mail will tell
			d.o.Log.Debug().Err(err).Str("folder", folder).Msg("folder not made")
		}
	}
	box, err := c.Select(d.o.Folder, nil).Wait()
	if err != nil {
		return fmt.Errorf("open the folder %s: %w", d.o.Folder, err)
	}
	found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
	if err != nil {
		return fmt.Errorf("list the folder %s: %w", d.o.Folder, err)
	}
	for _, uid := range found.AllUIDs() {
		if err := d.mail(ctx, c, box.UIDValidity, uid); err != nil {
			return fmt.Errorf("mail %d: %w", uid, err)
		}
	}
	return nil
}

// mail settles one mail.
func (d *Door) mail(ctx context.Context, c *imapclient.Client, validity uint32, uid imap.UID) error {
	key := fmt.Sprintf("mail/%d/%d", validity, uid)
	fate, ok := d.replied[key]
	if !ok {
		var err error
		if fate, err = d.read(ctx, c, uid, key); err != nil {
			return err
		}
		d.replied[key] = fate
	}
	if _, err := c.Move(imap.UIDSetNum(uid), fate).Wait(); err != nil {
		return fmt.Errorf("move it to %s: %w", fate, err)
	}
	delete(d.replied, key)
	label := "processed"
	if fate == d.o.Refused {
		label = "refused"
	}
	d.settled.WithLabelValues(label).Inc()
	return nil
}

// read fetches a mail and settles it; it says in which folder the mail belongs.
func (d *Door) read(ctx context.Context, c *imapclient.Client, uid imap.UID, key string) (folder string, err error) {
	f, large, err := d.fetch(c, uid)
	if err != nil {
		return "", err
	}
	if large {
		d.o.Log.Warn().Str("mail", key).Msg("a mail above the limit is refused unread")
		return d.o.Refused, nil
	}
	defer f.Close()
	return d.settle(ctx, io.NewSectionReader(f, 0, f.Size()), key)
}

// fetch brings a mail into a file that only this process can read. One above the limit is not fetched.
func (d *Door) fetch(c *imapclient.Client, uid imap.UID) (_ *sealed.Temp, large bool, err error) {
	set := imap.UIDSetNum(uid)
	sizes, err := c.Fetch(set, &imap.FetchOptions{RFC822Size: true}).Collect()
	if err != nil {
		return nil, false, err
	}
	if len(sizes) == 0 {
		return nil, false, errors.New("it is gone")
	}
	if sizes[0].RFC822Size > d.o.MaxMail {
		return nil, true, nil
	}
	f, err := sealed.NewTemp(d.o.Dir, "mail-*.eml")
	if err != nil {
		return nil, false, err
	}
	fail := func(err error) (*sealed.Temp, bool, error) {
		_ = f.Close() // one that stays is only in the way
		return nil, false, err
	}
	cmd := c.Fetch(set, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok && body.Literal != nil {
				if _, err := io.Copy(f, io.LimitReader(body.Literal, d.o.MaxMail)); err != nil {
					_ = cmd.Close() // the first error counts
					return fail(err)
				}
			}
		}
	}
	if err := cmd.Close(); err != nil {
		return fail(err)
	}
	if err := f.Finish(); err != nil {
		return fail(err)
	}
	return f, false, nil
}

// sweep removes what a crash left of mail that was being read.
func (d *Door) sweep() {
	left, _ := filepath.Glob(filepath.Join(d.o.Dir, "mail-*.eml"))
	for _, f := range left {
		_ = os.Remove(f) // one that stays is only in the way
	}
}

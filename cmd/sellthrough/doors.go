package main

import (
	"path/filepath"
	"slices"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/callback"
	"sellthrough/ingest/door"
	"sellthrough/ingest/dropfeed"
	"sellthrough/ingest/httpfeed"
	"sellthrough/ingest/kafkafeed"
	"sellthrough/ingest/mailfeed"
	"sellthrough/ingest/sftpfeed"
	"sellthrough/internal/run"
)

// doors are the ways in beside HTTP, as far as the configuration opens them, and who is told of what they take. c may be nil.
func (a *app) doors(intake *ingest.Intake, books httpfeed.Books, c *bird) (parts []run.Part, took func(*sellthrough.Receipt), err error) {
	d := &a.cfg.Doors
	var in door.Intake = intake
	if c != nil {
		in = c.Wrap(in)
	}
	if len(d.Callbacks) > 0 {
		targets := map[sellthrough.PartnerID]callback.Target{}
		for _, c := range d.Callbacks {
			targets[c.Partner] = callback.Target{URL: c.URL, Secret: string(c.Secret)}
		}
		c, err := callback.New(callback.Options{
			Targets: targets, Books: books, Dir: filepath.Join(a.cfg.Data, "collector", "callbacks"), Registry: a.registry, Log: a.part("callback"),
		})
		if err != nil {
			return nil, nil, err
		}
		in, took = c.Wrap(in), c.Took
		parts = append(parts, run.Part{Name: "callback", Run: c.Run})
	}
	if d.Folder.Root != "" {
		o := dropfeed.Options{Intake: in, Poll: d.Folder.Poll, Registry: a.registry, Log: a.part("dropfeed")}
		for _, id := range d.Folder.Feeds {
			o.Feeds = append(o.Feeds, dropfeed.Feed{Partner: a.owner(id), ID: id, Dir: dropfeed.Dir(d.Folder.Root, id), Remove: slices.Contains(a.sealed(), id)})
		}
		p, err := dropfeed.New(o)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, run.Part{Name: "dropfeed", Run: p.Run})
	}
	if d.SFTP.Listen != "" {
		p, err := a.sftp(in)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, run.Part{Name: "sftpfeed", Run: p.Run})
	}
	if len(d.Kafka) > 0 {
		p, err := a.topics(in)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, run.Part{Name: "kafkafeed", Run: p.Run})
	}
	if d.Mail.IMAP.Address != "" {
		p, err := a.mail(in)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, run.Part{Name: "mailfeed", Run: p.Run})
	}
	return parts, took, nil
}

// part is the log of a part.
func (a *app) part(name string) zerolog.Logger { return a.log.With().Str("part", name).Logger() }

// owner is the partner of a feed, which the configuration has.
func (a *app) owner(id sellthrough.FeedID) sellthrough.PartnerID {
	f, ok := a.cfg.Feed(id)
	if !ok {
		return ""
	}
	return f.Partner
}

// sealed are the feeds that hold end customers.
func (a *app) sealed() (out []sellthrough.FeedID) {
	for i := range a.cfg.Feeds {
		if f := &a.cfg.Feeds[i]; f.Sealed() {
			out = append(out, f.ID)
		}
	}
	return out
}

func (a *app) sftp(in door.Intake) (*sftpfeed.Door, error) {
	s := &a.cfg.Doors.SFTP
	o := sftpfeed.Options{
		Intake: in, Listen: s.Listen, Dir: s.Root, HostKey: s.HostKey, MaxFile: int64(a.cfg.Limits.Body), Sessions: s.Sessions,
		Remove: a.sealed(), Registry: a.registry, Log: a.part("sftpfeed"),
	}
	for _, u := range s.Users {
		o.Users = append(o.Users, sftpfeed.User{Name: u.Name, Partner: u.Partner, Password: string(u.Password), Keys: u.Keys, Feeds: u.Feeds})
	}
	return sftpfeed.New(o)
}

func (a *app) topics(in door.Intake) (*kafkafeed.Door, error) {
	o := kafkafeed.Options{Intake: in, Registry: a.registry, Log: a.part("kafkafeed")}
	for _, k := range a.cfg.Doors.Kafka {
		s, err := a.source(k)
		if err != nil {
			return nil, err
		}
		o.Topics = append(o.Topics, kafkafeed.Topic{Partner: a.owner(k.Feed), Feed: k.Feed, Lines: k.Messages == "line", Source: s, Name: k.Topic})
	}
	return kafkafeed.New(o)
}

func (a *app) mail(in door.Intake) (*mailfeed.Door, error) {
	m := &a.cfg.Doors.Mail
	o := mailfeed.Options{
		Intake: in, Mailbox: mailServer(m.IMAP), Outbox: mailfeed.NewSMTP(mailServer(m.SMTP), m.From), Folder: m.Folder, Processed: m.Processed, Refused: m.Refused,
		Authserv: m.Authserv, Dir: filepath.Join(a.cfg.Data, "collector", "mail"), MaxMail: int64(m.MaxMail), Poll: m.Poll, Registry: a.registry, Log: a.part("mailfeed"),
	}
	for _, s := range m.Senders {
		o.Senders = append(o.Senders, mailfeed.Sender{Partner: a.owner(s.Feed), Feed: s.Feed, From: s.From, Recipient: s.Recipient})
	}
	return mailfeed.New(o)
}

package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"

	"sellthrough"
)

// Doors are the ways in beside HTTP. One whose main setting is empty is closed.
type Doors struct {
	Folder    FolderDoor  `yaml:"folder"`
	SFTP      SFTPDoor    `yaml:"sftp"`
	Kafka     []KafkaDoor `yaml:"kafka"`
	Mail      MailDoor    `yaml:"mail"`
	Callbacks []Callback  `yaml:"callbacks"`
}

// FolderDoor takes what is put into the folder of a feed, ROOT/FEED.
type FolderDoor struct {
	Root  string               `yaml:"root"`  // empty: closed
	Poll  time.Duration        `yaml:"poll"`  // between looks; a file has to be unchanged over two; default 5s
	Feeds []sellthrough.FeedID `yaml:"feeds"` // default: all
}

// SFTPDoor serves SFTP.
type SFTPDoor struct {
	Listen   string     `yaml:"listen"`   // address; empty: closed
	HostKey  string     `yaml:"host_key"` // file; default DATA/sftp/host_key, made at the first start
	Root     string     `yaml:"root"`     // of what is uploaded; default DATA/sftp/files
	Sessions int        `yaml:"sessions"` // at once; default 64
	Users    []SFTPUser `yaml:"users"`
}

// SFTPUser is who may log in.
type SFTPUser struct {
	Name     string                `yaml:"name"`
	Partner  sellthrough.PartnerID `yaml:"partner"`
	Password KeyHash               `yaml:"password"` // bcrypt hash; empty: none
	Keys     []string              `yaml:"keys"`     // as in authorized_keys
	Feeds    []sellthrough.FeedID  `yaml:"feeds"`    // default: all of the partner
}

// KafkaDoor reads a topic of a partner.
type KafkaDoor struct {
	Feed     sellthrough.FeedID `yaml:"feed"`
	Brokers  []string           `yaml:"brokers"`
	Topic    string             `yaml:"topic"`
	Group    string             `yaml:"group"`    // default sellthrough-FEED
	Messages string             `yaml:"messages"` // report (default): each is one; line: each is a line of one
	Receipts string             `yaml:"receipts"` // topic for receipts; empty: none
	TLS      bool               `yaml:"tls"`
	CA       string             `yaml:"ca"` // PEM file of the authorities to trust; empty: the system's
	User     string             `yaml:"user"`
	Password Secret             `yaml:"password"`
}

// MailDoor looks into a mailbox.
type MailDoor struct {
	IMAP      MailServer    `yaml:"imap"` // without an address: closed
	SMTP      MailServer    `yaml:"smtp"`
	From      string        `yaml:"from"`      // address of the replies
	Folder    string        `yaml:"folder"`    // default INBOX
	Processed string        `yaml:"processed"` // folder; default Processed
	Refused   string        `yaml:"refused"`   // folder; default Refused
	Authserv  string        `yaml:"authserv"`  // name of the mail server whose Authentication-Results prove a sender
	MaxMail   Size          `yaml:"max_mail"`  // default 64MiB
	Poll      time.Duration `yaml:"poll"`      // default 1m
	Senders   []MailSender  `yaml:"senders"`
}

// MailServer is where mail is read or sent.
type MailServer struct {
	Address  string `yaml:"address"`
	Security string `yaml:"security"` // tls (default), starttls, or none on this machine
	User     string `yaml:"user"`
	Password Secret `yaml:"password"`
}

// MailSender is whose mail goes to which feed.
type MailSender struct {
	Feed      sellthrough.FeedID `yaml:"feed"`
	From      []string           `yaml:"from"`      // addresses
	Recipient string             `yaml:"recipient"` // address that it is sent to, where a sender has several feeds
}

// Callback tells a partner what became of its submissions.
type Callback struct {
	Partner sellthrough.PartnerID `yaml:"partner"`
	URL     string                `yaml:"url"`
	Secret  Secret                `yaml:"secret"` // of the signature
}

func doorDefaults() Doors {
	return Doors{
		Folder: FolderDoor{Poll: 5 * time.Second}, SFTP: SFTPDoor{Sessions: 64},
		Mail: MailDoor{
			Folder: "INBOX", Processed: "Processed", Refused: "Refused", Poll: time.Minute, MaxMail: 64 << 20,
			IMAP: MailServer{Security: "tls"}, SMTP: MailServer{Security: "tls"},
		},
	}
}

// completeDoors fills in the defaults that depend on other settings.
func completeDoors(c *Config) {
	d := &c.Doors
	if d.SFTP.HostKey == "" {
		d.SFTP.HostKey = path.Join(c.Data, "sftp", "host_key")
	}
	if d.SFTP.Root == "" {
		d.SFTP.Root = path.Join(c.Data, "sftp", "files")
	}
	all := func(p sellthrough.PartnerID) (out []sellthrough.FeedID) {
		for i := range c.Feeds {
			if p == "" || c.Feeds[i].Partner == p {
				out = append(out, c.Feeds[i].ID)
			}
		}
		return out
	}
	if len(d.Folder.Feeds) == 0 {
		d.Folder.Feeds = all("")
	}
	for i := range d.SFTP.Users {
		if u := &d.SFTP.Users[i]; len(u.Feeds) == 0 && u.Partner != "" {
			u.Feeds = all(u.Partner)
		}
	}
	for i := range d.Kafka {
		k := &d.Kafka[i]
		if k.Group == "" {
			k.Group = "sellthrough-" + string(k.Feed)
		}
		if k.Messages == "" {
			k.Messages = "report"
		}
	}
}

func (v *validator) doors() {
	d := &v.c.Doors
	v.span("doors.folder.poll", d.Folder.Poll, 100*time.Millisecond, time.Hour)
	for i, f := range d.Folder.Feeds {
		v.feedNamed(fmt.Sprintf("doors.folder.feeds[%d]", i), f)
	}
	if d.SFTP.Listen != "" {
		v.sftp()
	} else if len(d.SFTP.Users) > 0 {
		v.bad("doors.sftp", "doors.sftp has users but no listen; write the address to serve, like 0.0.0.0:2022")
	}
	for i := range d.Kafka {
		v.topic(fmt.Sprintf("doors.kafka[%d]", i), &d.Kafka[i])
	}
	if d.Mail.IMAP.Address != "" {
		v.mailDoor()
	} else if len(d.Mail.Senders) > 0 {
		v.bad("doors.mail", "doors.mail has senders but no imap.address; write the mail server, like imap.example.com:993")
	}
	v.callbacks()
}

// feedNamed finds a feed that a door names.
func (v *validator) feedNamed(at string, id sellthrough.FeedID) *Feed {
	for i := range v.c.Feeds {
		if v.c.Feeds[i].ID == id {
			return &v.c.Feeds[i]
		}
	}
	v.bad(at, "there is no feed %q; add it under feeds, or mend the name", id)
	return nil
}

func (v *validator) doorPartner(at string, id sellthrough.PartnerID) bool {
	_, ok := v.c.Partner(id)
	if !ok {
		v.bad(at, "there is no partner %q; add it under partners, or mend the name", id)
	}
	return ok
}

func (v *validator) sftp() {
	s := &v.c.Doors.SFTP
	v.address("doors.sftp.listen", s.Listen)
	v.count("doors.sftp.sessions", s.Sessions, 1, 10_000)
	if len(s.Users) == 0 {
		v.bad("doors.sftp", "doors.sftp has no users; add one for each partner")
	}
	seen := map[string]bool{}
	for i := range s.Users {
		u, at := &s.Users[i], fmt.Sprintf("doors.sftp.users[%d]", i)
		if err := CheckSFTPUser(u.Name, string(u.Password), u.Keys); err != nil {
			v.bad(at, "%v", err)
		}
		if seen[u.Name] {
			v.bad(at, "SFTP user %s is given twice; give every user a name of its own", u.Name)
		}
		seen[u.Name] = true
		if !v.doorPartner(at+".partner", u.Partner) {
			continue
		}
		for k, id := range u.Feeds {
			at := fmt.Sprintf("%s.feeds[%d]", at, k)
			if f := v.feedNamed(at, id); f != nil && f.Partner != u.Partner {
				v.bad(at, "feed %s is of partner %s, not of %s; a user sees feeds of one partner", id, f.Partner, u.Partner)
			}
		}
		if len(u.Feeds) == 0 {
			v.bad(at, "SFTP user %s has no feed; partner %s has none either, so add one", u.Name, u.Partner)
		}
	}
}

// CheckSFTPUser says what is wrong with a user of the SFTP door.
func CheckSFTPUser(name, password string, keys []string) error {
	if name == "" {
		return errors.New("an SFTP user has no name; give it one")
	}
	if password == "" && len(keys) == 0 {
		return fmt.Errorf("SFTP user %s has neither a password nor a key; give the bcrypt hash of one, or a line of authorized_keys", name)
	}
	if password != "" {
		if cost, err := bcrypt.Cost([]byte(password)); err != nil || cost < bcrypt.DefaultCost || cost > 14 {
			return fmt.Errorf("the password of SFTP user %s is not a bcrypt hash of cost 10 to 14; make one with htpasswd -nBC 12 %s", name, name)
		}
	}
	for _, k := range keys {
		key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(k))
		switch {
		case err != nil || len(rest) > 0:
			return fmt.Errorf("a key of SFTP user %s is not a line of authorized_keys; copy the one line of the partner's .pub file", name)
		case len(options) > 0:
			return fmt.Errorf("a key of SFTP user %s has options before it, which are not read here; write the key alone", name)
		case key.Type() == "ssh-dss":
			return fmt.Errorf("a key of SFTP user %s is a DSA key; ask for an Ed25519 key", name)
		}
	}
	return nil
}

func (v *validator) topic(at string, k *KafkaDoor) {
	v.feedNamed(at+".feed", k.Feed)
	if len(k.Brokers) == 0 {
		v.bad(at, "the topic of feed %s has no brokers; name those of the partner", k.Feed)
	}
	for i, b := range k.Brokers {
		v.address(fmt.Sprintf("%s.brokers[%d]", at, i), b)
	}
	for name, topic := range map[string]string{"topic": k.Topic, "group": k.Group} {
		if !topicName.MatchString(topic) {
			v.bad(at+"."+name, "%s %q of feed %s is not a name in Kafka; use letters, digits, dot, dash and underscore", name, topic, k.Feed)
		}
	}
	if k.Receipts != "" && (!topicName.MatchString(k.Receipts) || k.Receipts == k.Topic) {
		v.bad(at+".receipts", "receipts %q of feed %s can't be their topic; name another one", k.Receipts, k.Feed)
	}
	v.oneOf(at+".messages", k.Messages, "report", "line")
	if (k.User == "") != (k.Password == "") {
		v.bad(at+".user", "the topic of feed %s needs user and password together; give both or neither", k.Feed)
	}
	if k.CA != "" && !k.TLS {
		v.bad(at+".ca", "the topic of feed %s has a ca without tls; set tls: true, or take it out", k.Feed)
	}
}

func (v *validator) mailDoor() {
	m := &v.c.Doors.Mail
	for _, s := range []struct {
		at string
		*MailServer
	}{{"doors.mail.imap", &m.IMAP}, {"doors.mail.smtp", &m.SMTP}} {
		v.address(s.at+".address", s.Address)
		v.oneOf(s.at+".security", s.Security, "tls", "starttls", "none")
		if host, _, err := net.SplitHostPort(s.Address); err == nil && s.Security == "none" && host != "localhost" && !net.ParseIP(host).IsLoopback() {
			v.bad(s.at+".security", "%s.security none would send passwords and reports in the open to %s; write tls or starttls", s.at, host)
		}
	}
	v.mailAddress("doors.mail.from", m.From)
	v.span("doors.mail.poll", m.Poll, time.Second, time.Hour)
	v.size("doors.mail.max_mail", m.MaxMail, 1<<10, 1<<30)
	if slices.Contains([]string{m.Processed, m.Refused}, m.Folder) || m.Processed == "" || m.Refused == "" {
		v.bad("doors.mail.folder", "mail that is settled has to leave the folder %s; name other folders under processed and refused", m.Folder)
	}
	if len(m.Senders) == 0 {
		v.bad("doors.mail", "doors.mail has no senders; list the addresses of each feed")
	}
	for i := range m.Senders {
		s, at := &m.Senders[i], fmt.Sprintf("doors.mail.senders[%d]", i)
		v.feedNamed(at+".feed", s.Feed)
		if len(s.From) == 0 {
			v.bad(at, "the sender of feed %s has no address under from; list at least one", s.Feed)
		}
		for k, a := range s.From {
			v.mailAddress(fmt.Sprintf("%s.from[%d]", at, k), a)
		}
		if s.Recipient != "" {
			v.mailAddress(at+".recipient", s.Recipient)
		}
	}
}

func (v *validator) mailAddress(at, text string) {
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
		v.bad(at, "%s %q is not an address; write it like reports@example.com", at, text)
	}
}

func (v *validator) callbacks() {
	seen := map[sellthrough.PartnerID]bool{}
	for i := range v.c.Doors.Callbacks {
		c, at := &v.c.Doors.Callbacks[i], fmt.Sprintf("doors.callbacks[%d]", i)
		v.doorPartner(at+".partner", c.Partner)
		if seen[c.Partner] {
			v.bad(at, "partner %s has two callbacks; keep one", c.Partner)
		}
		seen[c.Partner] = true
		u, err := url.Parse(c.URL)
		if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && (u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback())) {
			v.bad(at+".url", "url %q of the callback is not an https URL; write it like https://example.com/receipts", strings.ToValidUTF8(c.URL, ""))
		}
		if len(c.Secret) < 16 {
			v.bad(at+".secret", "the callback of partner %s needs a secret of at least 16 characters, so that the partner can tell who calls", c.Partner)
		}
	}
}

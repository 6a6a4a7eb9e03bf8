package config

import (
	"time"

	"sellthrough"
)

// CanaryPartner is the program's own, which sends a line through each door again and again and measures what becomes of
// it. No view shows its lines.
type CanaryPartner struct {
	Every time.Duration `yaml:"every"` // between two lines of a door; 0, the default: none are sent
	Wait  time.Duration `yaml:"wait"`  // a line that is not in the sums by then counts as lost; default 2m
	Topic string        `yaml:"topic"` // on the brokers of the first of doors.kafka; empty: none is sent that way
	Mail  CanaryMail    `yaml:"mail"`  // through doors.mail; without from: none is sent that way
}

// CanaryMail is a mail from the program to itself.
type CanaryMail struct {
	From string `yaml:"from"` // where the door's replies go; not the door's own mailbox
	To   string `yaml:"to"`   // the door's mailbox; default doors.mail.from
}

func (v *validator) canary() {
	c, d := &v.c.Canary, &v.c.Doors
	if c.Every != 0 {
		v.span("canary.every", c.Every, time.Second, time.Hour)
	}
	v.span("canary.wait", c.Wait, time.Second, time.Hour)
	if c.Topic != "" {
		if !topicName.MatchString(c.Topic) {
			v.bad("canary.topic", "canary.topic %q is not a name in Kafka; use letters, digits, dot, dash and underscore", c.Topic)
		}
		if len(d.Kafka) == 0 {
			v.bad("canary.topic", "canary.topic is set, but there is no topic under doors.kafka whose brokers could hold it; add one, or take it out")
		}
		for i := range d.Kafka {
			if d.Kafka[i].Topic == c.Topic {
				v.bad("canary.topic", "canary.topic %s is the topic of feed %s; name one that nobody else writes to", c.Topic, d.Kafka[i].Feed)
			}
		}
	}
	if m := c.Mail; m.From != "" {
		v.mailAddress("canary.mail.from", m.From)
		if d.Mail.IMAP.Address == "" {
			v.bad("canary.mail", "canary.mail is set, but doors.mail is not; open that door, or take it out")
			return
		}
		v.mailAddress("canary.mail.to", m.To)
		if m.From == m.To {
			v.bad("canary.mail.from", "canary.mail.from is the mailbox that the mail goes to; name another one, because the door answers there")
		}
	} else if m.To != "" {
		v.bad("canary.mail", "canary.mail has to but no from; write the address that the mail comes from")
	}
}

// WithCanary is the configuration as a collector has it that takes the canary's lines. hash is of the API key that the canary
// sends with, header names the columns that it sends.
func (c *Config) WithCanary(hash KeyHash, header ...string) *Config {
	out := *c
	out.Partners = append(append([]Partner(nil), c.Partners...), Partner{
		ID: sellthrough.Canary, Name: "Canary", TimeZone: "UTC", Currency: c.Reporting.Currency, Keys: []KeyHash{hash},
	})
	var f Feed
	begin(&f, 0)
	f.ID, f.Partner, f.Kind = sellthrough.CanaryFeed, sellthrough.Canary, sellthrough.Sales
	f.Columns = Columns{
		Document: Source{Column: header[0]}, Location: Source{Column: header[2]}, Item: Source{Column: header[3]}, Qty: Source{Column: header[4]},
		At: Time{Source: Source{Column: header[5]}, Zone: "UTC"}, Kind: KindSource{Source: Source{Constant: sellthrough.SellOut.String()}},
	}
	f.Identity = Identity{Scope: sellthrough.ByLocationDay, LineKey: []string{header[1]}, Namespace: string(sellthrough.Canary), Rule: 1}
	f.Currency = c.Reporting.Currency
	out.Feeds = append(append([]Feed(nil), c.Feeds...), f)
	return &out
}

package config

import (
	"strings"
	"testing"
	"time"
)

const doorBase = `
partners:
  - {id: acme, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae]}
  - {id: beta, time_zone: Europe/Berlin, currency: EUR, keys: [sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9]}
feeds:
  - {id: pos, partner: acme, kind: sales, columns: &c {document: r, location: s, item: i, qty: q, at: d}, identity: {scope: document}, equal_rows_across_files: duplicate}
  - {id: other, partner: beta, kind: sales, columns: *c, identity: {scope: document}, equal_rows_across_files: duplicate}
doors:
`

func doorsOf(text string) (*Config, error) {
	return Parse("t.yml", []byte(doorBase+text), func(name string) (string, bool) { return "0123456789abcdef", name == "SECRET" })
}

func TestDoors(t *testing.T) {
	c, err := doorsOf(`
  folder: {root: /srv/in, poll: 2s}
  sftp:
    listen: 127.0.0.1:2022
    users:
      - {name: acme, partner: acme, password: "$2a$10$7EqJtq98hPqEX7fNZaFWoOhi5l2r8pFqvYy1aDh7i6ZyDxEuIvLqS"}
  kafka:
    - {feed: pos, brokers: [localhost:9092], topic: acme.pos}
  mail:
    imap: {address: "imap.example.com:993", user: box, password: "${SECRET}"}
    smtp: {address: "localhost:25", security: none}
    from: reports@example.com
    senders: [{feed: pos, from: [till@acme.example]}]
  callbacks: [{partner: acme, url: "https://acme.example/in", secret: "${SECRET}"}]
`)
	if err != nil {
		t.Fatal(err)
	}
	d := c.Doors
	if d.Folder.Poll != 2*time.Second || len(d.Folder.Feeds) != 2 || len(d.SFTP.Users[0].Feeds) != 1 || d.Kafka[0].Group != "sellthrough-pos" ||
		d.Kafka[0].Messages != "report" || d.Mail.Folder != "INBOX" || d.SFTP.HostKey != "data/sftp/host_key" {
		t.Errorf("%+v", d)
	}
}

func TestDoorsThatCantOpenAreExplained(t *testing.T) {
	bad := func(text, want string) {
		t.Helper()
		if _, err := doorsOf(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	bad("  folder: {root: /in, feeds: [pso]}", `there is no feed "pso"`)
	bad("  folder: {rot: /in}", `did you mean "root"?`)
	bad("  sftp: {users: [{name: a, partner: acme}]}", "no listen")
	bad("  sftp: {listen: here, users: []}", "is not an address")
	bad("  sftp: {listen: ':2022', users: [{name: a, partner: acme}]}", "neither a password nor a key")
	bad("  sftp: {listen: ':2022', users: [{name: a, partner: acme, password: secret}]}", "not a bcrypt hash")
	bad("  sftp: {listen: ':2022', users: [{name: a, partner: acme, keys: [x], feeds: [other]}]}", "is of partner beta")
	bad("  sftp: {listen: ':2022', users: [{name: a, partner: nobody, keys: [x]}]}", `there is no partner "nobody"`)
	bad("  kafka: [{feed: pos, topic: 'a b', brokers: [localhost:9092]}]", "is not a name in Kafka")
	bad("  kafka: [{feed: pos, topic: a, brokers: []}]", "has no brokers")
	bad("  kafka: [{feed: pos, topic: a, brokers: [localhost:9092], messages: rows}]", `"rows" is not known`)
	bad("  kafka: [{feed: pos, topic: a, brokers: [localhost:9092], receipts: a}]", "name another one")
	bad("  mail: {senders: [{feed: pos, from: [a@b.example]}]}", "no imap.address")
	bad("  mail: {imap: {address: 'mail.example.com:143', security: none}, smtp: {address: 'localhost:25'}, from: a@b.example, senders: [{feed: pos, from: [a@b.example]}]}", "in the open")
	bad("  mail: {imap: {address: 'localhost:143'}, smtp: {address: 'localhost:25'}, from: nobody, senders: [{feed: pos, from: [x]}]}", "is not an address")
	bad("  mail: {imap: {address: 'localhost:143'}, smtp: {address: 'localhost:25'}, from: a@b.example, processed: INBOX, senders: [{feed: pos, from: [a@b.example]}]}", "has to leave the folder")
	bad("  callbacks: [{partner: acme, url: 'http://acme.example', secret: '${SECRET}'}]", "not an https URL")
	bad("  callbacks: [{partner: acme, url: 'https://acme.example', secret: ''}]", "at least 16 characters")
	bad("  callbacks: [{partner: acme, url: 'https://acme.example', secret: written-out-in-the-file}]", "written out in the file")
}

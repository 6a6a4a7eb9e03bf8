package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"sellthrough/ingest/httpfeed"
)

const doorFeeds = `
partners:
%s
feeds:
  - id: pos
    partner: acme
    kind: sales
    columns: {document: receipt, location: store, item: item, qty: qty, business_date: day}
    identity: {scope: document}
    equal_rows_across_files: duplicate
engines: {kafka: {port: %d}}
doors:
  folder: {root: %s, poll: 100ms}
  sftp: {listen: 127.0.0.1:%d, users: [{name: acme, partner: acme, keys: [%q]}]}
  kafka: [{feed: pos, brokers: [127.0.0.1:%d], topic: acme.pos}]
  mail:
    imap: {address: "%s", security: none, user: box, password: "${MAIL_PASSWORD}"}
    smtp: {address: "%s", security: none}
    from: reports@vendor.example
    poll: 1s
    senders: [{feed: pos, from: [till@acme.example]}]
  callbacks: [{partner: acme, url: "%s", secret: "${MAIL_PASSWORD}"}]
`

// TestOneFileByAllDoorsIsOneSetOfLines sends a file by HTTP, as a form, into a folder, by SFTP with OpenSSH's client, in a
// topic of the partner and by mail: its lines are new once, and duplicates five times; and the partner is called about each.
func TestOneFileByAllDoorsIsOneSetOfLines(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("MAIL_PASSWORD", "0123456789abcdef")
	key := filepath.Join(dir, "id")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	pub, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	var told atomic.Int64
	partnerSide := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var s httpfeed.Status
		if json.NewDecoder(r.Body).Decode(&s) == nil && s.State == httpfeed.Final && strings.HasPrefix(r.Header.Get("Sellthrough-Signature"), "t=") {
			told.Add(1)
		}
	}))
	defer partnerSide.Close()
	box, mailbox := imapBox(t)
	var replies atomic.Int64
	kafkaPort, sftpPort := freePort(t), freePort(t)
	folder := filepath.Join(dir, "in")
	s := start(t, fmt.Sprintf(doorFeeds, partner("acme", "Europe/Berlin", "EUR"), kafkaPort, folder, sftpPort, strings.TrimSpace(string(pub)), kafkaPort,
		mailbox, smtpSink(t, func(string, string) { replies.Add(1) }), partnerSide.URL))

	const rows = 500
	var b bytes.Buffer
	b.WriteString("receipt,store,item,qty,day\n")
	for i := range rows {
		fmt.Fprintf(&b, "r%d,s%d,item-%d,%d,2026-03-02\n", i/5, i%3, i, 1+i%4)
	}
	body := b.Bytes()

	s.push("pos", "acme", nil, body)
	s.settled(1)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "pos.csv")
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.send(t.Context(), "pos", "acme", nil, "", &form, http.Header{"Content-Type": {w.FormDataContentType()}})
	if err != nil || a.Status != http.StatusAccepted {
		t.Fatal(a, err)
	}
	file := filepath.Join(dir, "pos.csv")
	if err := os.WriteFile(file, body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pos", "pos.csv"), body, 0o644); err != nil {
		t.Fatal(err, s.log())
	}
	c := exec.Command("sftp", "-q", "-b", "-", "-P", fmt.Sprint(sftpPort), "-i", key, "-F", "none", "-o", "IdentitiesOnly=yes",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "acme@127.0.0.1")
	c.Stdin = strings.NewReader("put " + file + " /pos/pos.csv\n")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	produce(t, kafkaPort, "acme.pos", body)
	mail := "From: till@acme.example\r\nTo: reports@vendor.example\r\nSubject: sales\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/csv\r\nContent-Disposition: attachment; filename=\"pos.csv\"\r\n\r\n" + strings.ReplaceAll(string(body), "\n", "\r\n")
	if _, err := box.Append("INBOX", &literal{strings.NewReader(mail), int64(len(mail))}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	s.settled(6)
	if got := s.ask("SELECT submissions, received, refused, new, duplicate, difference FROM sellthrough.v_books"); got != fmt.Sprintf("6 %d 0 %d %d 0", 6*rows, rows, 5*rows) {
		t.Errorf("books: %s", got)
	}
	s.poll("all calls and the reply", time.Minute, func() bool { return told.Load() == 6 && replies.Load() == 1 })
	for _, name := range []string{filepath.Join(folder, "pos", "processed", "pos.csv.receipt.txt"), filepath.Join(s.dir, "data", "sftp", "files", "acme", "pos", "processed", "pos.csv")} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	s.verify()
}

type literal struct {
	*strings.Reader
	size int64
}

func (l *literal) Size() int64 { return l.size }

// imapBox serves a mailbox in memory.
func imapBox(t *testing.T) (*imapmemserver.User, string) {
	t.Helper()
	u := imapmemserver.NewUser("box", os.Getenv("MAIL_PASSWORD"))
	if err := u.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(u)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }() // until it is closed
	t.Cleanup(func() { srv.Close() })
	return u, l.Addr().String()
}

// smtpSink takes every mail and hands it on, with whom it is for.
func smtpSink(t *testing.T, use func(to, text string)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprint(c, "220 sink\r\n")
				data, to := false, ""
				var text strings.Builder
				for in := bufio.NewScanner(c); in.Scan(); {
					switch line := strings.ToUpper(in.Text()); {
					case data && line != ".":
						text.WriteString(strings.TrimPrefix(in.Text(), ".") + "\r\n")
						continue
					case data:
						data = false
						use(to, text.String())
					case strings.HasPrefix(line, "RCPT TO:"):
						to = strings.ToLower(strings.Trim(line[len("RCPT TO:"):], " <>"))
					case line == "QUIT":
						fmt.Fprint(c, "221 bye\r\n")
						return
					case line == "DATA":
						data = true
						fmt.Fprint(c, "354 go on\r\n")
						continue
					}
					fmt.Fprint(c, "250 ok\r\n")
				}
			}()
		}
	}()
	return l.Addr().String()
}

// produce makes a partner's topic and writes one message into it.
func produce(t *testing.T, port int, topic string, value []byte) {
	t.Helper()
	k, err := kgo.NewClient(kgo.SeedBrokers(fmt.Sprintf("127.0.0.1:%d", port)))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	r := kmsg.NewPtrCreateTopicsRequest()
	n := kmsg.NewCreateTopicsRequestTopic()
	n.Topic, n.NumPartitions, n.ReplicationFactor = topic, 1, 1
	r.Topics = append(r.Topics, n)
	if a, err := r.RequestWith(t.Context(), k); err != nil || a.Topics[0].ErrorCode != 0 {
		t.Fatal(err, a)
	}
	if err := k.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: value}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

package mailfeed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-message/mail"
	"github.com/rs/zerolog"
	gomail "github.com/wneessen/go-mail"

	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/ingest/promise"
)

// world is a mail server on loopback, with a mailbox by IMAP and an outbox by SMTP, and a door.
type world struct {
	in   *promise.Intake
	user *imapmemserver.User
	imap string
	smtp *outServer
	door *Door
	dir  string
	serv string
}

const us, them = "reports@vendor.example", "till@acme.example"

func start(t *testing.T, in *promise.Intake) *world {
	t.Helper()
	w := &world{in: in, dir: t.TempDir(), user: imapmemserver.NewUser("box", "secret"), smtp: listenSMTP(t)}
	if err := w.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	memory := imapmemserver.New()
	memory.AddUser(w.user)
	s := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, InsecureAuth: true,
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.imap = l.Addr().String()
	go func() { _ = s.Serve(l) }() // until it is closed
	t.Cleanup(func() { s.Close() })
	w.Restart(t)
	return w
}

func (w *world) Restart(t *testing.T) {
	t.Helper()
	var err error
	w.door, err = New(Options{
		Intake: w.in, Mailbox: Server{Address: w.imap, Security: Open, User: "box", Password: "secret"}, Dir: w.dir, Log: zerolog.Nop(), Authserv: w.serv,
		Outbox: NewSMTP(Server{Address: w.smtp.address, Security: Open}, us), MaxMail: 1 << 20,
		Senders: []Sender{{Partner: "acme", Feed: "pos", From: []string{"Till@Acme.Example"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// deliver puts a mail into the mailbox.
func (w *world) deliver(t *testing.T, text string) {
	t.Helper()
	if _, err := w.user.Append("INBOX", &literal{strings.NewReader(text), int64(len(text))}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct {
	io.Reader
	size int64
}

func (l *literal) Size() int64 { return l.size }

// compose writes a mail as a partner's program does.
func compose(t *testing.T, from string, files ...string) string {
	t.Helper()
	m := gomail.NewMsg()
	if err := m.From(from); err != nil {
		t.Fatal(err)
	}
	if err := m.To(us); err != nil {
		t.Fatal(err)
	}
	m.Subject("Verkäufe vom 2. März")
	m.SetMessageIDWithValue("m1@acme.example")
	m.SetBodyString(gomail.TypeTextPlain, "See attachment.")
	for i := 0; i < len(files); i += 2 {
		if err := m.AttachReader(files[i], strings.NewReader(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (w *world) Put(t *testing.T, name, body string) {
	t.Helper()
	w.deliver(t, compose(t, them, name, body))
}

func (w *world) Turn(t *testing.T) {
	if err := w.door.Look(t.Context()); err != nil {
		t.Log(err)
	}
}

// Notices are read from the replies.
func (w *world) Notices(t *testing.T) map[string]door.Notice {
	t.Helper()
	out := map[string]door.Notice{}
	for _, text := range w.smtp.sent() {
		r, err := mail.CreateReader(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for {
			p, err := r.NextPart()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := p.Header.(*mail.AttachmentHeader); ok {
				if name, err := h.Filename(); err != nil || !strings.HasSuffix(name, ".receipt.json") {
					continue
				}
				var n door.Notice
				if err := json.NewDecoder(p.Body).Decode(&n); err != nil {
					t.Fatal(err)
				}
				out[n.File] = n
			}
		}
	}
	return out
}

func (w *world) count(t *testing.T, folder string) uint32 {
	t.Helper()
	s, err := w.user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		t.Fatal(err)
	}
	return *s.NumMessages
}

func TestPromises(t *testing.T) {
	promise.Run(t, func(t *testing.T, in *promise.Intake) promise.Driver { return start(t, in) })
}

func TestTheReplyIsReadableAndBelongsToItsMail(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.deliver(t, compose(t, them, "a.csv", promise.Good, "b.csv", promise.Bad, "logo.p7s", "x"))
	w.Turn(t)
	sent := w.smtp.sent()
	if len(sent) != 1 {
		t.Fatal(len(sent), "replies")
	}
	m, err := netmail.ReadMessage(strings.NewReader(sent[0]))
	if err != nil {
		t.Fatal(err)
	}
	h := mail.HeaderFromMap(m.Header)
	if s, _ := h.Subject(); s != "Re: Verkäufe vom 2. März" || !strings.Contains(h.Get("In-Reply-To"), "m1@acme.example") || h.Get("Auto-Submitted") != "auto-replied" {
		t.Errorf("%+v", m.Header)
	}
	if n := w.Notices(t); len(n) != 2 || !n["a.csv"].Taken || n["b.csv"].Taken {
		t.Errorf("%+v", n)
	}
	if w.count(t, "INBOX") != 0 || w.count(t, "Refused") != 1 {
		t.Error("the mail lies in the wrong folder")
	}
}

func TestTheAcknowledgementOfAnInterchangeIsAttachedToTheReply(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.in.Acknowledge(&ingest.Acknowledgement{Type: "CONTRL", Text: "UNB+UNOA:3+US+THEM+260309:0630+7++CONTRL'\n"})
	w.deliver(t, compose(t, them, "march.edi", promise.Good))
	w.Turn(t)
	r, err := mail.CreateReader(strings.NewReader(w.smtp.sent()[0]))
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for p, err := r.NextPart(); err != io.EOF; p, err = r.NextPart() {
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := p.Header.(*mail.AttachmentHeader); ok {
			if name, _ := h.Filename(); name == "march.edi.contrl" {
				text, err := io.ReadAll(p.Body)
				if err != nil {
					t.Fatal(err)
				}
				found = string(text)
			}
		}
	}
	if !strings.HasPrefix(found, "UNB+UNOA:3+US+THEM") {
		t.Errorf("attached is %q", found)
	}
}

func TestWhoGetsNoAnswer(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	good := compose(t, them, "a.csv", promise.Good)
	w.deliver(t, compose(t, "stranger@evil.example", "a.csv", promise.Good))
	w.deliver(t, "Auto-Submitted: auto-replied\r\n"+good)
	w.deliver(t, "From: till@acme.example\r\n"+good) // two senders
	w.deliver(t, "no mail at all")
	w.deliver(t, compose(t, them, "huge.csv", strings.Repeat("x", 2<<20)))
	w.Turn(t)
	if len(w.smtp.sent()) != 0 || len(w.in.Taken()) != 0 || w.count(t, "Refused") != 5 {
		t.Errorf("%d replies, %d taken, %d refused", len(w.smtp.sent()), len(w.in.Taken()), w.count(t, "Refused"))
	}
}

func TestAMailWithoutAReportIsTold(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.deliver(t, compose(t, them))
	w.Turn(t)
	if sent := w.smtp.sent(); len(sent) != 1 || !strings.Contains(sent[0], "no attachment") {
		t.Error(sent)
	}
}

func TestASenderHasToBeProvenWhereAServerChecks(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.serv = "mx.vendor.example"
	w.Restart(t)
	good := compose(t, them, "a.csv", promise.Good)
	for _, head := range []string{
		"",
		"Authentication-Results: mx.vendor.example; spf=pass; dmarc=fail header.from=acme.example\r\n",
		"Authentication-Results: mx.evil.example; dmarc=pass\r\n",
		"Authentication-Results: mx.vendor.example; dmarc=fail\r\nAuthentication-Results: mx.vendor.example; dmarc=pass\r\n",
	} {
		w.deliver(t, head+good)
	}
	w.Turn(t)
	if len(w.in.Taken()) != 0 || w.count(t, "Refused") != 4 {
		t.Fatal("taken without proof")
	}
	w.deliver(t, "Authentication-Results: mx.vendor.example;\r\n spf=pass smtp.mailfrom=acme.example;\r\n dmarc=pass (p=reject) header.from=acme.example\r\n"+good)
	w.Turn(t)
	if len(w.in.Taken()) != 1 {
		t.Error("not taken with proof")
	}
}

func TestAReplyThatCantBeSentIsSentLater(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.smtp.refuse(1)
	w.Put(t, "a.csv", promise.Good)
	w.Turn(t)
	if w.count(t, "INBOX") != 1 {
		t.Fatal("the mail is moved without a reply")
	}
	w.Turn(t)
	if len(w.smtp.sent()) != 1 || len(w.in.Taken()) != 1 || w.count(t, "Processed") != 1 {
		t.Errorf("%d replies, %d taken", len(w.smtp.sent()), len(w.in.Taken()))
	}
}

func TestAReplyThatWasTakenIsNotSentAgain(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.smtp.rude = true // it takes mail, and ends the session otherwise than by the book
	w.Put(t, "a.csv", promise.Good)
	if err := w.door.Look(t.Context()); err != nil {
		t.Error(err)
	}
	w.door.o.Processed = "INBOX" // no server moves mail to where it is: it stays, and is looked at again
	w.Put(t, "b.csv", promise.Good)
	for range 3 {
		if err := w.door.Look(t.Context()); err == nil {
			t.Error("the mail is moved to where it is")
		}
	}
	if n := len(w.smtp.sent()); n != 2 || len(w.in.Taken()) != 2 {
		t.Errorf("%d replies to two mails, %d taken", n, len(w.in.Taken()))
	}
}

func TestNamesOfFilesAreNamesOnly(t *testing.T) {
	for in, want := range map[string]string{
		`attachment; filename="..\..\x.csv"`: "x.csv", `attachment; filename="/etc/passwd"`: "passwd",
		`attachment; filename="=?GBK?B?ztK1xC5jc3Y=?="`: "我的.csv", `attachment; filename*=UTF-8''%E6%88%91.csv`: "我.csv", `attachment; filename=".."`: "..", `inline`: "",
	} {
		h := &mail.AttachmentHeader{}
		h.Set("Content-Disposition", in)
		if got, _ := filename(&mail.Part{Header: h}); got != want {
			t.Errorf("%s: %q", in, got)
		}
	}
}

// outServer takes mail by SMTP.
type outServer struct {
	address string
	mu      sync.Mutex
	mails   []string
	no      int
	rude    bool // answers QUIT with another code than the book's
}

func listenSMTP(t *testing.T) *outServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &outServer{address: l.Addr().String()}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return s
}

func (s *outServer) serve(c net.Conn) {
	defer c.Close()
	r := bufio.NewReader(c)
	fmt.Fprint(c, "220 loopback\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.Fields(line + " .")[0]); verb {
		case "EHLO", "HELO":
			fmt.Fprint(c, "250 loopback\r\n")
		case "DATA":
			fmt.Fprint(c, "354 go on\r\n")
			var b strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				b.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			if s.no > 0 {
				s.no--
				fmt.Fprint(c, "451 later\r\n")
			} else {
				s.mails = append(s.mails, b.String())
				fmt.Fprint(c, "250 taken\r\n")
			}
			s.mu.Unlock()
		case "QUIT":
			if s.rude {
				fmt.Fprint(c, "250 ok\r\n")
				return
			}
			fmt.Fprint(c, "221 bye\r\n")
			return
		default:
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

func (s *outServer) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

func (s *outServer) refuse(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.no = n
}

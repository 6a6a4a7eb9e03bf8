package sftpfeed

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"github.com/rs/zerolog"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/ingest/promise"
	"sellthrough/internal/config"
)

// world is a door on loopback and a partner with OpenSSH's sftp.
type world struct {
	in   *promise.Intake
	dir  string
	key  string // file of the partner's private key
	pub  string
	addr *net.TCPAddr
	door *Door
	stop func()
}

const password = "open sesame"

func start(t *testing.T, in *promise.Intake) *world {
	t.Helper()
	w := &world{in: in, dir: t.TempDir()}
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	w.key = filepath.Join(w.dir, "id")
	if err := os.WriteFile(w.key, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	w.pub = strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	w.Restart(t)
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) Restart(t *testing.T) {
	t.Helper()
	if w.stop != nil {
		w.stop()
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		t.Fatal(err)
	}
	w.door, err = New(Options{
		Intake: w.in, Dir: filepath.Join(w.dir, "sftp"), HostKey: filepath.Join(w.dir, "host"), Log: zerolog.Nop(), MaxFile: 4 << 20,
		Users: []User{
			{Name: "acme", Partner: "acme", Keys: []string{w.pub}, Password: string(hash), Feeds: []sellthrough.FeedID{"pos"}},
			{Name: "beta", Partner: "beta", Password: string(hash), Feeds: []sellthrough.FeedID{"other"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.door.open(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = l.Addr().(*net.TCPAddr)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.door.serve(ctx, l) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.door.close()
	}
}

// sftp runs OpenSSH's client over commands, and gives what it said.
func (w *world) sftp(t *testing.T, commands string) (string, error) {
	t.Helper()
	return w.over(t, w.addr.Port, commands)
}

func (w *world) over(t *testing.T, port int, commands string) (string, error) {
	t.Helper()
	c := exec.Command("sftp", "-q", "-b", "-", "-P", fmt.Sprint(port), "-i", w.key, "-F", "none",
		"-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "acme@127.0.0.1")
	c.Stdin = strings.NewReader(commands)
	out, err := c.CombinedOutput()
	return string(out), err
}

func (w *world) local(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) Put(t *testing.T, name, body string) {
	t.Helper()
	if out, err := w.sftp(t, fmt.Sprintf("put %s /pos/%s\n", w.local(t, name, body), name)); err != nil {
		t.Fatal(err, out)
	}
}

func (w *world) Turn(t *testing.T) { w.door.Work(t.Context()) }

// Notices are read as the partner does: over SFTP.
func (w *world) Notices(t *testing.T) map[string]door.Notice {
	t.Helper()
	dir := t.TempDir()
	out, err := w.sftp(t, "-mget /pos/receipts/*.receipt.json "+dir+"\n")
	if err != nil {
		t.Fatal(err, out)
	}
	notices := map[string]door.Notice{}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var n door.Notice
		if err := json.Unmarshal(text, &n); err != nil {
			t.Fatal(err)
		}
		notices[n.File] = n
	}
	return notices
}

// dial logs in by password with a library, for what OpenSSH's client does not do.
func (w *world) dial(t *testing.T, user, password string) (*sftp.Client, *ssh.Client, error) {
	t.Helper()
	c, err := ssh.Dial("tcp", w.addr.String(), &ssh.ClientConfig{User: user, Auth: []ssh.AuthMethod{ssh.Password(password)}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { c.Close() })
	s, err := sftp.NewClient(c)
	return s, c, err
}

func must(t *testing.T, w *world) (*sftp.Client, *ssh.Client) {
	t.Helper()
	s, c, err := w.dial(t, "acme", password)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func TestPromises(t *testing.T) {
	promise.Run(t, func(t *testing.T, in *promise.Intake) promise.Driver { return start(t, in) })
}

func TestTheAcknowledgementOfAnInterchangeLiesAmongTheReceipts(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	w.in.Acknowledge(&ingest.Acknowledgement{Type: "999", Text: promise.Answer})
	w.Put(t, "march.edi", promise.Good)
	w.Put(t, "named.997", promise.Good) // a report, and no receipt of one
	w.Turn(t)
	to := filepath.Join(t.TempDir(), "answer")
	out, err := w.sftp(t, "ls -1 /pos/receipts\nget /pos/receipts/march.edi.999 "+to+"\n")
	if err != nil || strings.Contains(out, "receipts/named.997\n") || !strings.Contains(out, "named.997.receipt.json") {
		t.Errorf("%v\n%s", err, out)
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != promise.Answer {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := w.sftp(t, "get /pos/receipts/named.997 "+to+"\n"); err == nil {
		t.Error("a report is given out as a receipt")
	}
}

func TestWhoIsLetIn(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	for _, c := range []struct{ user, password string }{{"acme", "wrong"}, {"nobody", password}, {"", password}} {
		if _, _, err := w.dial(t, c.user, c.password); err == nil {
			t.Error(c, "is let in")
		}
	}
	if _, err := bcrypt.Cost(noPassword); err != nil {
		t.Error(err)
	}
	must(t, w)
}

func TestAPartnerSeesItsFeedsAndNothingElse(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	out, err := w.sftp(t, "ls -1 /\nls -1 /pos\nls -1 /../../../\n")
	if err != nil || strings.Contains(out, "other") || strings.Contains(out, "etc") || strings.Count(out, "pos") < 3 {
		t.Errorf("%v\n%s", err, out)
	}
	s, _ := must(t, w)
	w.Put(t, "mine.csv.part", promise.Good)
	for what, err := range map[string]error{
		"another's feed":    open(s.Create("/other/x.csv")),
		"the top":           open(s.Create("/x.csv")),
		"a way out":         open(s.Create("/pos/../../x.csv")),
		"our folder":        open(s.Create("/pos/.work/x.csv")),
		"our name":          open(s.Create("/pos/processed")),
		"receipts":          open(s.Create("/pos/receipts/x.receipt.json")),
		"a report":          open(s.Open("/pos/mine.csv.part")),
		"a link":            s.Symlink("/etc/passwd", "/pos/x.csv"),
		"a folder":          s.Mkdir("/pos/x"),
		"a receipt to burn": s.Remove("/pos/receipts/x.receipt.json"),
		"a rename out":      s.Rename("/pos/mine.csv.part", "/other/x.csv"),
	} {
		if err == nil {
			t.Error(what, "is allowed")
		}
	}
}

func open(_ *sftp.File, err error) error { return err }

func TestANameOfAnUnfinishedFileWaitsForItsRename(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	from := w.local(t, "r.csv", promise.Good)
	if out, err := w.sftp(t, "put "+from+" /pos/r.csv.part\n"); err != nil {
		t.Fatal(err, out)
	}
	w.Turn(t)
	if len(w.in.Taken()) != 0 {
		t.Fatal("taken under its first name")
	}
	if out, err := w.sftp(t, "rename /pos/r.csv.part /pos/r.csv\nls -l /pos/r.csv\n"); err != nil {
		t.Fatal(err, out)
	}
	w.Turn(t)
	if n := w.Notices(t)["r.csv"]; !n.Taken {
		t.Errorf("%+v", n)
	}
}

func TestABrokenUploadIsNotTakenAndIsResumed(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	rows := promise.Good + strings.Repeat("r9,s1,c,1,2026-03-02\n", 100_000)
	s, c := must(t, w)
	f, err := s.Create("/pos/big.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(rows[:700_000])); err != nil {
		t.Fatal(err)
	}
	c.Close() // the line goes dead
	for {     // until the server has seen it
		w.door.mu.Lock()
		n := w.door.sessions
		w.door.mu.Unlock()
		if n == 0 {
			break
		}
		<-time.After(time.Millisecond)
	}
	w.Turn(t)
	if len(w.in.Taken()) != 0 {
		t.Fatal("a broken upload was taken")
	}
	if out, err := w.sftp(t, "reput "+w.local(t, "big.csv", rows)+" /pos/big.csv\n"); err != nil {
		t.Fatal(err, out)
	}
	w.Turn(t)
	got := w.in.Taken()
	if len(got) != 1 || got[0].Bytes != int64(len(rows)) || got[0].Refused != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAFileAboveTheLimitIsToldAtOnce(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	out, err := w.sftp(t, "put "+w.local(t, "huge.csv", strings.Repeat("x", 5<<20))+" /pos/huge.csv\n")
	if err == nil {
		t.Error("taken:", out)
	}
	w.Turn(t)
	if len(w.Notices(t)) != 0 || len(w.in.Taken()) != 0 {
		t.Error("it went to the intake")
	}
}

func TestPiecesOutOfOrderMakeAPrefixAtAnyMoment(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	b := w.door.boxes["acme/pos"]
	disk := func(want string) {
		t.Helper()
		got, err := os.ReadFile(filepath.Join(b.folder.Dir, "x.csv.part"))
		if err != nil || string(got) != want {
			t.Errorf("on disk %q, want %q: %v", got, want, err)
		}
	}
	write := func(u *upload, at int64, text string) error {
		_, err := u.WriteAt([]byte(text), at)
		return err
	}
	u, err := b.write("x.csv.part", sftp.FileOpenFlags{Write: true, Creat: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = write(u, 6, "ghi") // kept in memory
	disk("")
	_ = write(u, 0, "abc")
	disk("abc")
	_ = write(u, 3, "def")
	disk("abcdefghi")
	_ = write(u, 12, "mno")
	if err := u.Close(); err == nil {
		t.Error("a file with a gap ended well")
	}
	disk("abcdefghi")
	if u, err = b.write("x.csv.part", sftp.FileOpenFlags{Write: true, Creat: true}); err != nil {
		t.Fatal(err)
	}
	if write(u, 4, "?") == nil {
		t.Error("a piece in the middle is taken")
	}
	u.Close()
	if u, err = b.write("x.csv.part", sftp.FileOpenFlags{Write: true, Creat: true}); err != nil {
		t.Fatal(err)
	}
	_ = write(u, 2, "z")
	_ = u.Close()
	if u, err = b.write("x.csv.part", sftp.FileOpenFlags{Write: true, Creat: true}); err != nil {
		t.Fatal(err)
	}
	if err := write(u, 0, "new"); err != nil {
		t.Error(err)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	disk("new") // nothing of the longer file before is left behind it
}

func TestASecondConnectionTakesTheFileOver(t *testing.T) {
	w := start(t, promise.NewIntake(t))
	s, _ := must(t, w)
	first, err := s.Create("/pos/r.csv")
	if err != nil {
		t.Fatal(err)
	}
	w.Put(t, "r.csv", promise.Good)
	if _, err := io.Copy(first, bytes.NewReader([]byte("junk"))); err == nil {
		t.Error("the first connection still writes")
	}
	first.Close()
	w.Turn(t)
	if got := w.in.Taken(); len(got) != 1 || got[0].Bytes != int64(len(promise.Good)) {
		t.Errorf("%+v", got)
	}
}

func TestUsersAreChecked(t *testing.T) {
	ok, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.DefaultCost)
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, promise.NewIntake(t))
	for _, c := range []struct {
		name, password string
		keys           []string
	}{{"", string(ok), nil}, {"a", "", nil}, {"a", "open sesame", nil}, {"a", "", []string{"ssh-ed25519 AAAA"}}, {"a", "", []string{`command="x" ` + w.pub}}} {
		if config.CheckSFTPUser(c.name, c.password, c.keys) == nil {
			t.Error(c, "passes")
		}
	}
	if err := config.CheckSFTPUser("a", string(ok), []string{w.pub}); err != nil {
		t.Error(err)
	}
}

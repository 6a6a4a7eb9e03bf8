package sftpfeed

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/ssh"
)

// handshake is how long a client may take to log in.
const handshake = 30 * time.Second

// serve accepts connections until ctx ends.
func (d *Door) serve(ctx context.Context, l net.Listener) error {
	key, err := hostKey(d.o.HostKey)
	if err != nil {
		l.Close()
		return err
	}
	c := d.config(key)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept SFTP connections: %w", err)
		case err != nil: // of one connection, or too many open files for now
			d.o.Log.Warn().Err(err).Msg("SFTP connection not accepted")
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		all.Go(func() {
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			defer conn.Close()
			if err := d.session(conn, c); err != nil {
				d.o.Log.Debug().Err(err).Stringer("from", conn.RemoteAddr()).Msg("SFTP connection ended")
			}
		})
	}
}

func (d *Door) config(key ssh.Signer) *ssh.ServerConfig {
	c := &ssh.ServerConfig{
		MaxAuthTries: 6, ServerVersion: "SSH-2.0-sellthrough",
		PasswordCallback: func(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			hash, u := noPassword, d.users[m.User()]
			if u != nil && u.Password != "" {
				hash = []byte(u.Password)
			}
			if err := bcrypt.CompareHashAndPassword(hash, password); err != nil || u == nil || u.Password == "" {
				return nil, errDenied
			}
			return nil, nil
		},
		PublicKeyCallback: func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if u := d.users[m.User()]; u != nil {
				for _, k := range u.keys {
					if bytes.Equal(k, key.Marshal()) {
						return nil, nil
					}
				}
			}
			return nil, errDenied
		},
	}
	c.AddHostKey(key)
	return c
}

var errDenied = errors.New("unknown user, or a wrong password or key")

// enter counts a session in, unless there are too many.
func (d *Door) enter(u *user) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions >= d.o.Sessions || u.count >= d.o.PerUser {
		return false
	}
	d.sessions++
	u.count++
	return true
}

func (d *Door) leave(u *user) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions--
	u.count--
}

// session serves one connection to its end.
func (d *Door) session(raw net.Conn, c *ssh.ServerConfig) error {
	if err := raw.SetDeadline(time.Now().Add(handshake)); err != nil {
		return err
	}
	slow := &patient{Conn: raw, idle: d.o.Idle}
	conn, channels, requests, err := ssh.NewServerConn(slow, c)
	if err != nil {
		d.metrics.logins.WithLabelValues("denied").Inc()
		return err
	}
	defer conn.Close()
	slow.in.Store(true)
	if err := raw.SetDeadline(time.Now().Add(d.o.Idle)); err != nil {
		return err
	}
	u := d.users[conn.User()]
	if !d.enter(u) {
		d.metrics.logins.WithLabelValues("full").Inc()
		d.o.Log.Warn().Str("user", u.Name).Msg("too many SFTP sessions")
		return errors.New("too many sessions")
	}
	defer d.leave(u)
	d.metrics.logins.WithLabelValues("let_in").Inc()
	go ssh.DiscardRequests(requests) // ends with the connection
	var all sync.WaitGroup
	defer all.Wait()
	for ch := range channels {
		if ch.ChannelType() != "session" {
			if err := ch.Reject(ssh.UnknownChannelType, "this server has SFTP only"); err != nil {
				return err
			}
			continue
		}
		channel, asks, err := ch.Accept()
		if err != nil {
			return err
		}
		all.Go(func() { d.channel(u, channel, asks) })
	}
	return nil
}

// channel answers the one request that is served here: the subsystem sftp.
func (d *Door) channel(u *user, channel ssh.Channel, asks <-chan *ssh.Request) {
	defer channel.Close()
	for ask := range asks {
		ok := ask.Type == "subsystem" && len(ask.Payload) == 8 && string(ask.Payload[4:]) == "sftp"
		if ask.WantReply {
			if err := ask.Reply(ok, nil); err != nil {
				return
			}
		}
		if !ok {
			continue
		}
		go ssh.DiscardRequests(asks) // ends with the channel
		t := &tree{user: u, boxes: d.boxes}
		server := sftp.NewRequestServer(channel, sftp.Handlers{FileGet: t, FilePut: t, FileCmd: t, FileList: t})
		err := server.Serve()
		server.Close()
		if err != nil && !errors.Is(err, io.EOF) {
			d.o.Log.Debug().Err(err).Str("user", u.Name).Msg("SFTP session broke off")
			return
		}
		_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, 0}) // the client may be gone
		return
	}
}

// patient closes a connection on which nothing comes for too long. While a client logs in, the deadline stands.
type patient struct {
	net.Conn
	idle time.Duration
	in   atomic.Bool
}

func (p *patient) Read(b []byte) (int, error) {
	if p.in.Load() {
		if err := p.SetDeadline(time.Now().Add(p.idle)); err != nil {
			return 0, err
		}
	}
	return p.Conn.Read(b)
}

// hostKey reads the server's key, or makes one for good.
func hostKey(path string) (ssh.Signer, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newHostKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("the SFTP server's key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("the SFTP server's key %s: %w; make one with ssh-keygen -t ed25519 -N '' -f FILE", path, err)
	}
	return key, nil
}

func newHostKey(path string) ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "sellthrough")
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(block)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.Write(text)
	return text, errors.Join(err, f.Sync(), f.Close())
}

package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"sync"
	"time"
)

// Session is one login that lasts. ID is the hash of what the cookie holds.
type Session struct {
	ID         string
	Name       string
	Begun      time.Time
	Seen       time.Time
	Ended      bool
	Credential string // what it was begun with
	Bound      *Bound // the rights that came with the login; nil: those of the user of this name
}

// Bound are rights as a login or the configuration gives them, before a node is looked up.
type Bound struct {
	Role    Role     `json:"role"`
	Partner string   `json:"partner,omitempty"`
	Node    string   `json:"node,omitempty"`
	Grants  []string `json:"grants,omitempty"`
}

// Entry of the audit log.
type Entry struct {
	At      time.Time
	Who     string
	Role    Role
	What    string // login, login refused, logout, export, change
	About   string // never a secret
	Address string
	OK      bool
}

// Store keeps sessions and the audit log where every process that serves the page finds them: a logout has to reach
// them all, and a restart must not log everybody out.
type Store interface {
	// BeginSession keeps a new session.
	BeginSession(ctx context.Context, s Session) error
	// SeeSession notes that a session was used.
	SeeSession(ctx context.Context, id string, at time.Time) error
	// EndSession ends a session for good.
	EndSession(ctx context.Context, id string, at time.Time) error
	// FindSession returns a session with the newest Seen, false when there is none.
	FindSession(ctx context.Context, id string) (Session, bool, error)
	// Record appends to the audit log.
	Record(ctx context.Context, e Entry) error
}

// How long what the store said is believed, and how often a use is written down. So a logout elsewhere works within
// seconds, and a page that refreshes writes a row a minute.
const (
	believed  = 10 * time.Second
	seenEvery = time.Minute
	kept      = 10_000 // sessions in memory
)

// sessions are those of the store, with a short memory.
type sessions struct {
	store          Store
	idle, absolute time.Duration
	mu             sync.Mutex
	memory         map[string]remembered
}

type remembered struct {
	Session
	asked, written time.Time
}

func newSessions(s Store, idle, absolute time.Duration) *sessions {
	return &sessions{store: s, idle: idle, absolute: absolute, memory: map[string]remembered{}}
}

// identify is the name of a session by what its cookie holds.
func identify(cookie string) string {
	sum := sha256.Sum256([]byte(cookie))
	return hex.EncodeToString(sum[:])
}

// begin makes a session and returns what its cookie holds: 256 random bits.
func (s *sessions) begin(ctx context.Context, name, credential string, bound *Bound, now time.Time) (string, error) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	cookie := base64.RawURLEncoding.EncodeToString(b)
	return cookie, s.store.BeginSession(ctx, Session{ID: identify(cookie), Name: name, Begun: now, Seen: now, Credential: credential, Bound: bound})
}

// find returns the session of a cookie while it lasts, and notes that it was used.
func (s *sessions) find(ctx context.Context, cookie string, now time.Time) (Session, bool, error) {
	id := identify(cookie)
	s.mu.Lock()
	r, ok := s.memory[id]
	s.mu.Unlock()
	if !ok || now.Sub(r.asked) >= believed || now.Before(r.asked) {
		found, there, err := s.store.FindSession(ctx, id)
		if err != nil {
			return Session{}, false, err
		}
		if !there {
			s.forget(id)
			return Session{}, false, nil
		}
		if ok && r.Seen.After(found.Seen) {
			found.Seen = r.Seen
		}
		r = remembered{Session: found, asked: now, written: r.written}
	}
	if r.Ended || now.Sub(r.Begun) >= s.absolute || now.Sub(r.Seen) >= s.idle {
		s.forget(id)
		return Session{}, false, nil
	}
	r.Seen = now
	if every := min(seenEvery, s.idle/4); now.Sub(r.written) >= every {
		if err := s.store.SeeSession(ctx, id, now); err != nil {
			return Session{}, false, err
		}
		r.written = now
	}
	return r.Session, s.remember(id, r), nil
}

// remember keeps a session in memory, unless it was ended meanwhile.
func (s *sessions) remember(id string, r remembered) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory[id].Ended {
		return false
	}
	if len(s.memory) >= kept {
		clear(s.memory) // the store knows them all
	}
	s.memory[id] = r
	return true
}

func (s *sessions) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.memory, id)
}

// end ends the session of a cookie, if there is one.
func (s *sessions) end(ctx context.Context, cookie string, now time.Time) error {
	id := identify(cookie)
	found, ok, err := s.store.FindSession(ctx, id)
	if err != nil || !ok || found.Ended {
		s.forget(id)
		return err
	}
	found.Ended = true
	s.remember(id, remembered{Session: found, asked: now})
	return s.store.EndSession(ctx, id, now)
}

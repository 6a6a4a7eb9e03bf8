package web

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// certificate is a pair of files that is read again when it changes, so that a renewed one is used without a restart.
type certificate struct {
	cert, key string
	log       zerolog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	of      [2]stamp
	looked  time.Time
}

// stamp tells whether a file is another than it was.
type stamp struct {
	size int64
	at   time.Time
}

// lookEvery is how often a handshake looks at the files.
const lookEvery = 5 * time.Second

func newCertificate(cert, key string, log zerolog.Logger) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log, now: time.Now}
	if _, err := c.load(); err != nil {
		return nil, err
	}
	c.looked = c.now()
	return c, nil
}

// load reads the files if they changed, and says whether it did. What can't be read leaves what was there: files are
// often written one after the other.
func (c *certificate) load() (bool, error) {
	var of [2]stamp
	for i, f := range []string{c.cert, c.key} {
		info, err := os.Stat(f)
		if err != nil {
			return false, fmt.Errorf("listen.tls: %w", err)
		}
		of[i] = stamp{info.Size(), info.ModTime()}
	}
	if c.current != nil && of == c.of {
		return false, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return false, fmt.Errorf("listen.tls: %s and %s: %w", c.cert, c.key, err)
	}
	c.current, c.of = &pair, of
	return true, nil
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		switch changed, err := c.load(); {
		case err != nil:
			c.log.Error().Err(err).Msg("the certificate can't be read again; the one before stays")
		case changed:
			c.log.Info().Time("until", c.current.Leaf.NotAfter).Msg("the certificate was read again")
		}
	}
	return c.current, nil
}

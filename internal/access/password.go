package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What a hash costs: memory in KiB and passes. About 50 ms, and 32 MiB that a guesser needs for each try. Source: the
// OWASP password storage cheat sheet asks for at least 19 MiB and two passes.
const (
	hashMemory = 32 << 10
	hashPasses = 3
)

// What a hash of the configuration may cost at most, so that a mistake there does not take the machine down.
const (
	maxMemory = 1 << 20
	maxPasses = 20
)

// PasswordHash is an argon2id hash in the PHC string format, $argon2id$v=19$m=…,t=…,p=…$SALT$HASH.
type PasswordHash string

// String hides the hash.
func (PasswordHash) String() string { return "***" }

// Text is the hash itself, for the configuration.
func (h PasswordHash) Text() string { return string(h) }

// HashPassword makes a hash with a salt of its own.
func HashPassword(password string) PasswordHash {
	return hashPassword(password, hashMemory, hashPasses)
}

func hashPassword(password string, memory, passes uint32) PasswordHash {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key := argon2.IDKey([]byte(password), salt, passes, memory, 1, 32)
	b64 := base64.RawStdEncoding.EncodeToString
	return PasswordHash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, passes, b64(salt), b64(key)))
}

// decoy takes the place of the hash of a name that nobody has, so that the answer takes as long.
var decoy = PasswordHash("$argon2id$v=19$m=32768,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

// matches says whether password has this hash, in a time that does not depend on the answer.
func (h PasswordHash) matches(password string) (bool, error) {
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(string(h), "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("this is not an argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errors.New("this is not a hash of argon2 1.3")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false, fmt.Errorf("parameters of the hash: %w", err)
	}
	if memory == 0 || memory > maxMemory || passes == 0 || passes > maxPasses || threads == 0 {
		return false, errors.New("the hash costs nothing, or more than this machine should give")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("salt of the hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 1024 {
		return false, errors.New("the hash has no key")
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// fingerprint names a hash in a session, so that a new password ends the sessions of the old one. It tells nothing about it.
func (h PasswordHash) fingerprint() string {
	sum := sha256.Sum256([]byte("session of " + string(h)))
	return hex.EncodeToString(sum[:8])
}

// checks lets two passwords be checked at once: more would only take the memory and the processors of everything else.
type checks chan struct{}

func (c checks) matches(ctx context.Context, h PasswordHash, password string) (bool, error) {
	select {
	case c <- struct{}{}:
		defer func() { <-c }()
		return h.matches(password)
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

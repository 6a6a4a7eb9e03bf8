package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// wrap encrypts the files of a store under a secret that lies elsewhere. Each is bound to its name. Nil wraps nothing.
type wrap struct{ aead cipher.AEAD }

func newWrap(secret string) (*wrap, error) {
	if secret == "" {
		return nil, nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "sellthrough key store", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &wrap{aead}, nil
}

type wrapped struct {
	Wrapped []byte `json:"wrapped"`
}

func (w *wrap) seal(name string, text []byte) []byte {
	if w == nil {
		return text
	}
	out, err := json.Marshal(wrapped{w.aead.Seal(nil, nil, text, []byte(name))})
	if err != nil {
		panic(err) // bytes only
	}
	return append(out, '\n')
}

// open gives the text of a file. One that was written before there was a secret lies open.
func (w *wrap) open(name string, file []byte) ([]byte, error) {
	var v wrapped
	if err := json.Unmarshal(file, &v); err != nil {
		return nil, fmt.Errorf("%s of the key store is damaged; restore it from a backup of the key store", name)
	}
	switch {
	case v.Wrapped == nil:
		return file, nil
	case w == nil:
		return nil, errors.New("the key store is wrapped with a secret; give it as customers.secret")
	}
	text, err := w.aead.Open(nil, nil, v.Wrapped, []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%s of the key store does not open with customers.secret: the secret is another one, or the file is damaged", name)
	}
	return text, nil
}

// random is a new key.
func random() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key
}

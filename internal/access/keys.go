package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sellthrough"
)

// PartnerKey is an API key of a partner, with which it may log in to the page as itself.
type PartnerKey struct {
	Partner sellthrough.PartnerID
	Hash    string // sha256:HEX, as the configuration has it
}

// keyPrefix begins the name of a viewer who came with a key. No user is named so: a colon is not allowed there.
const keyPrefix = "key:"

// fingerprint is what a session remembers of a key: a hash of its hash.
func (k PartnerKey) fingerprint() string {
	sum := sha256.Sum256([]byte("key session " + k.Hash))
	return hex.EncodeToString(sum[:12])
}

// KeyMark is a name for a key among a few, for people: six digits of its hash.
func (k PartnerKey) KeyMark() string {
	return strings.TrimPrefix(k.Hash, "sha256:")[:6]
}

// ownerOf finds a key in a time that does not tell which keys are near.
func ownerOf(keys []PartnerKey, typed string) (found PartnerKey, ok bool) {
	sum := sha256.Sum256([]byte(typed))
	hash := "sha256:" + hex.EncodeToString(sum[:])
	for _, k := range keys {
		if subtle.ConstantTimeCompare([]byte(strings.ToLower(k.Hash)), []byte(hash)) == 1 {
			found, ok = k, true
		}
	}
	return found, ok && typed != ""
}

// byKey is the viewer of a session that was begun with a key; nobody where the key is gone.
func (g *Guard) byKey(s Session) Viewer {
	partner := sellthrough.PartnerID(strings.TrimPrefix(s.Name, keyPrefix))
	for _, k := range g.o.Keys {
		if k.Partner == partner && k.fingerprint() == s.Credential {
			return Viewer{Name: s.Name, Role: RolePartner, Partners: []sellthrough.PartnerID{partner}, Key: k.KeyMark()}
		}
	}
	return Viewer{}
}

// keyLogin takes an API key. What was typed is never written down.
func (g *Guard) keyLogin(w http.ResponseWriter, r *http.Request, typed, to string) {
	from := g.address(r)
	if wait := g.brake.begin(keyPrefix+from.String(), from, g.o.Now()); wait > 0 {
		g.refuseKey(r, from, "too many tries")
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		g.page(w, r, http.StatusTooManyRequests, "slow", to)
		return
	}
	k, ok := ownerOf(g.o.Keys, strings.TrimSpace(typed))
	if !ok {
		g.refuseKey(r, from, "API key")
		g.page(w, r, http.StatusUnauthorized, "wrongKey", to)
		return
	}
	g.brake.succeed(keyPrefix+from.String(), from)
	g.enter(w, r, keyPrefix+string(k.Partner), k.fingerprint(), Bound{Role: RolePartner, Partner: string(k.Partner)}, nil, to)
}

func (g *Guard) refuseKey(r *http.Request, from netip.Addr, why string) {
	g.record(r.Context(), Entry{Who: keyPrefix, What: "login refused", About: why, Address: from.String()})
}

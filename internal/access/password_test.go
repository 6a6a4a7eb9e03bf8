package access

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestAPasswordMatchesItsHashOnly(t *testing.T) {
	h := HashPassword("拼音 and more")
	if ok, err := h.matches("拼音 and more"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	for _, wrong := range []string{"", "拼音 and mor", "拼音 and more "} {
		if ok, err := h.matches(wrong); ok || err != nil {
			t.Errorf("%q: %v, %v", wrong, ok, err)
		}
	}
	if one, other := HashPassword("x"), HashPassword("x"); one == other {
		t.Error("two hashes share a salt")
	}
	if s := fmt.Sprintf("%v %s", h, User{Password: h}.Password); strings.Contains(s, "argon2") {
		t.Errorf("a hash is printed: %s", s)
	}
}

// Source: the test vector of the reference implementation, `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`.
func TestAHashOfTheReferenceImplementationIsUnderstood(t *testing.T) {
	h := PasswordHash("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if ok, err := h.matches("password"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}

func TestBrokenHashesAreRefused(t *testing.T) {
	good := string(HashPassword("x"))
	for _, h := range []string{
		"", "x", "$2a$10$abc", strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "m=32768", "m=0", 1),
		strings.Replace(good, "m=32768", "m=9999999", 1), strings.Replace(good, "t=3", "t=99", 1), strings.Replace(good, "p=1", "p=0", 1), good[:len(good)-40], good + "!",
	} {
		if ok, err := PasswordHash(h).matches("x"); ok || err == nil {
			t.Errorf("%s: %v, %v", h, ok, err)
		}
	}
}

func TestTheBrakeForgetsAndItsMemoryIsBounded(t *testing.T) {
	b, now, from := newBrake(), time.Now(), netip.MustParseAddr("192.0.2.1")
	for range 5 {
		if w := b.begin("anna", from, now); w != 0 {
			t.Fatalf("a free guess waits %s", w)
		}
	}
	if w := b.begin("ANNA", netip.MustParseAddr("192.0.2.2"), now); w != time.Second {
		t.Errorf("the name waits %s", w)
	}
	for i := range 10 * brakeKeys {
		b.begin(fmt.Sprint("n", i), netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)), now)
		if len(b.tries) > brakeKeys {
			t.Fatalf("it keeps %d", len(b.tries))
		}
		if i == 2*brakeKeys {
			break
		}
	}
	if w := b.begin("anna", from, now); w == 0 {
		t.Error("who guesses much is forgotten for who guesses little")
	}
	if w := b.begin("anna", from, now.Add(forgotten+time.Second)); w != 0 {
		t.Errorf("after an hour it waits %s", w)
	}
}

func TestAnAddressThatGuessesManyNamesWaits(t *testing.T) {
	b, now := newBrake(), time.Now()
	waited := time.Duration(0)
	for i := range 60 {
		// Of one customer's network, each from another address.
		if waited = b.begin(fmt.Sprint("n", i), netip.MustParseAddr(fmt.Sprintf("2001:db8:0:1::%x", i+1)), now); waited > 0 {
			break
		}
	}
	if waited != time.Second {
		t.Errorf("it waits %s", waited)
	}
	if w := b.begin("other", netip.MustParseAddr("2001:db8:0:2::1"), now); w != 0 {
		t.Errorf("its neighbour waits %s", w)
	}
}

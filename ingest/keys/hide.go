package keys

import (
	"context"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Form says how an end customer is written, and so which ways of writing are one customer.
type Form string

// The forms.
const (
	Text  Form = "text"  // a name or number: case, width and runs of blanks do not matter
	Phone Form = "phone" // digits and a plus before them; 00 before them is a plus; nothing else matters
)

// Normal is a customer in the form's one way of writing, in room where it fits; empty where the cell says nobody.
func (f Form) Normal(room, cell []byte) []byte {
	if f == Phone {
		return phone(room, cell)
	}
	return text(room, cell)
}

func text(room, cell []byte) []byte {
	out, blank := room[:0], false
	for _, c := range cell {
		switch {
		case c >= utf8.RuneSelf:
			return wide(out[:0], cell)
		case c <= ' ' || c == 0x7f:
			blank = len(out) > 0
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if blank {
			out, blank = append(out, ' '), false
		}
		out = append(out, c)
	}
	return out
}

// wide is text beyond ASCII.
func wide(out, cell []byte) []byte {
	blank := false
	for _, r := range string(norm.NFKC.Bytes(cell)) {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			blank = len(out) > 0
			continue
		}
		if blank {
			out, blank = append(out, ' '), false
		}
		out = utf8.AppendRune(out, unicode.ToLower(r))
	}
	return out
}

func phone(room, cell []byte) []byte {
	for _, c := range cell {
		if c >= utf8.RuneSelf {
			cell = norm.NFKC.Bytes(cell)
			break
		}
	}
	out := append(room[:0], '+')
	plus := false
	for _, c := range cell {
		switch {
		case c >= '0' && c <= '9':
			out = append(out, c)
		case c == '+' && len(out) == 1:
			plus = true
		}
	}
	digits := out[1:]
	if !plus && len(digits) > 2 && digits[0] == '0' && digits[1] == '0' {
		plus, digits = true, digits[2:]
		out = append(out[:1], digits...)
	}
	switch {
	case len(digits) == 0:
		return out[:0]
	case plus:
		return out
	}
	return append(out[:0], digits...)
}

// known is how many customers a Hider remembers: most reports name the same ones again.
const known = 1 << 15

// Hider turns customers into tokens. It is not safe for concurrent use.
type Hider struct {
	keys   *Keys
	now    *snapshot
	form   Form
	macs   *macs
	tokens map[string][]byte // of cells as written
	room   []byte
}

// Hider gives a Hider under the keys in force; it changes to newer ones by itself. Done gives it back.
func (k *Keys) Hider(ctx context.Context, form Form) (*Hider, error) {
	now, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	h, ok := now.hiders.Get().(*Hider)
	if !ok {
		h = &Hider{keys: k}
		h.under(now)
	}
	if h.form != form {
		h.form = form
		clear(h.tokens)
	}
	return h, nil
}

func (h *Hider) under(now *snapshot) {
	h.now, h.macs, h.tokens = now, newMACs(now.ring), map[string][]byte{}
}

// Done gives the Hider back.
func (h *Hider) Done() { h.now.hiders.Put(h) }

// Hide is the token of a customer, empty where the cell names nobody.
func (h *Hider) Hide(cell []byte) []byte {
	if now := h.keys.now.Load(); now != h.now {
		h.under(now)
	}
	if t, ok := h.tokens[string(cell)]; ok {
		return t
	}
	var t []byte
	if h.room = h.form.Normal(h.room, cell); len(h.room) > 0 {
		t = h.macs.token(h.room)
	}
	if len(h.tokens) >= known {
		clear(h.tokens)
	}
	h.tokens[string(cell)] = t
	return t
}

package edi

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// Hash is that of a message's content, without its envelope.
type Hash struct {
	h   xxh3.Hasher
	buf []byte // segments are short: some are gathered
}

// Reset begins a message.
func (h *Hash) Reset() {
	h.h.Reset()
	h.buf = h.buf[:0]
}

// Add adds a segment.
func (h *Hash) Add(raw []byte) {
	if h.buf = append(append(h.buf, raw...), 0); len(h.buf) >= 4<<10 {
		h.flush()
	}
}

func (h *Hash) flush() {
	_, _ = h.h.Write(h.buf)
	h.buf = h.buf[:0]
}

// Sum is the hash.
func (h *Hash) Sum() [2]uint64 {
	h.flush()
	s := h.h.Sum128()
	return [2]uint64{s.Hi, s.Lo}
}

// Seen knows the messages of a body: by their control numbers, and by their document numbers.
type Seen struct {
	keys map[string]struct{} // of messages that began, and with their sums of those that ended
	key  []byte
}

// Control asks whether a message of this key ended before; Document the same by document number.
func (s *Seen) Control(key string) bool { _, ok := s.keys["c"+key]; return ok }

// Document asks whether a message of this key ended before.
func (s *Seen) Document(key string) bool { _, ok := s.keys["d"+key]; return ok && key != "" }

// Ended records a whole message, and says whether it was here before: under the same control numbers (again), or
// under others, but with the same document number (same). An empty document key is never the same.
func (s *Seen) Ended(control, document string, sum [2]uint64) (again, same bool) {
	if s.keys == nil {
		s.keys = map[string]struct{}{}
	}
	again = s.add('c', control, sum)
	same = document != "" && s.add('d', document, sum)
	return again, same && !again
}

func (s *Seen) add(kind byte, key string, sum [2]uint64) (known bool) {
	s.key = append(append(s.key[:0], kind), key...)
	s.keys[string(s.key)] = struct{}{}
	s.key = append(s.key, 0)
	s.key = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(s.key, sum[0]), sum[1])
	_, known = s.keys[string(s.key)]
	s.keys[string(s.key)] = struct{}{}
	return known
}

// Held keeps the segments of a message that may be a repetition, until its end tells.
type Held struct {
	bytes   []byte
	ends    []int
	numbers []uint32
	next    int
}

// Bytes is how much is kept.
func (h *Held) Bytes() int { return len(h.bytes) + 16*len(h.ends) }

// Add keeps a segment.
func (h *Held) Add(s *Segment) {
	h.bytes = append(h.bytes, s.Raw...)
	h.ends = append(h.ends, len(h.bytes))
	h.numbers = append(h.numbers, s.Number)
}

// Clear forgets all.
func (h *Held) Clear() {
	h.bytes, h.ends, h.numbers, h.next = h.bytes[:0], h.ends[:0], h.numbers[:0], 0
}

// Next gives the next segment that was kept.
func (h *Held) Next(s *Segment, d Delimiters, limit int) bool {
	if h.next == len(h.ends) {
		return false
	}
	from := 0
	if h.next > 0 {
		from = h.ends[h.next-1]
	}
	_ = s.Parse(h.bytes[from:h.ends[h.next]], d, h.numbers[h.next], limit) // it was parsed before
	h.next++
	return true
}

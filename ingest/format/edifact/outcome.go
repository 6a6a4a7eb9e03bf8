package edifact

import (
	"slices"

	"sellthrough/ingest/format/edi"
)

// Outcome is what was read of a body: its envelopes, which an acknowledgement answers, and its documents.
type Outcome struct {
	Interchanges []Interchange
	Documents    []edi.Summary
	Warnings     []string       // what is odd and changes no number
	Skipped      map[string]int // quantity codes that count for nothing in this feed, and how often they occurred
}

// Interchange is from UNB to UNZ.
type Interchange struct {
	Syntax, Version string    // UNOC, 3
	Sender          [3]string // identification, its qualifier, address for reverse routing
	Receiver        [3]string
	Date, Time      string // as written
	Reference       string
	Answer          bool // UNB 0031 asks for an acknowledgement
	Test            bool
	Marks           edi.Delimiters
	Fragment        bool   // there is no UNB: nobody can be answered
	Fault           string // code of element 0085; empty is none
	Groups          int    // UNG
	Messages        []Message
}

// Message is from UNH to UNT.
type Message struct {
	Reference                            string
	Type, Version, Release, Agency, Code string // S009: SLSRPT, D, 96A, UN, EAN004
	Row                                  uint32 // of UNH in the body
	Rows, Refused                        int
	Refusal                              bool     // it was refused as a whole
	Repeated                             bool     // it was in the body before
	Faults                               []string // codes of element 0085
	Notes                                []edi.Note
}

func (m *Message) fault(code string) {
	if slices.Contains(m.Faults, code) {
		return
	}
	m.Faults = append(m.Faults, code)
}

// Accepted says whether anything of the message counts. What was accepted stands, also where some of its rows were
// refused.
func (m *Message) Accepted() bool {
	return !m.Refusal && !m.Repeated && (m.Rows > 0 || m.Refused == 0) && (len(m.Faults) == 0 || m.Faults[0] != "13")
}

func (r *Reader) warn(text string) {
	if len(r.out.Warnings) < 100 {
		r.out.Warnings = append(r.out.Warnings, text)
	}
}

func (r *Reader) interchange() *Interchange { return &r.out.Interchanges[len(r.out.Interchanges)-1] }

package x12

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

// Interchange is from ISA to IEA.
type Interchange struct {
	SenderQualifier, Sender     string
	ReceiverQualifier, Receiver string
	Date, Time                  string // as written
	Version, Control            string
	Answer                      bool   // ISA14 asks for a TA1
	Usage                       string // T or P
	Marks                       edi.Delimiters
	Fragment                    bool   // there is no ISA: nobody can be answered
	Fault                       string // code of the interchange's fault (element I18); empty is none
	Groups                      []Group
}

// Group is from GS to GE.
type Group struct {
	ID, Sender, Receiver, Control, Version string
	Claimed                                int      // sets that GE01 counts
	Faults                                 []string // codes of element 716
	Sets                                   []Set
}

// Set is from ST to SE.
type Set struct {
	Type, Control, Guide string // Guide is ST03
	Row                  uint32 // of ST in the body
	Rows, Refused        int
	Refusal              bool     // it was refused as a whole
	Repeated             bool     // it was in the body before
	Faults               []string // codes of element 718
	Notes                []edi.Note
}

func (s *Set) fault(code string) {
	if slices.Contains(s.Faults, code) {
		return
	}
	s.Faults = append(s.Faults, code)
}

// Status is the acknowledgement code of a set: A accepted, E accepted with errors, R rejected. What was accepted stands,
// so a set of which some rows were refused is E.
func (s *Set) Status() byte {
	switch {
	case s.Refusal, s.Repeated, s.Rows == 0 && s.Refused > 0, len(s.Faults) > 0 && s.Faults[0] == "2":
		return 'R'
	case s.Refused > 0, len(s.Faults) > 0:
		return 'E'
	}
	return 'A'
}

func (r *Reader) warn(text string) {
	if len(r.out.Warnings) < 100 {
		r.out.Warnings = append(r.out.Warnings, text)
	}
}

func (r *Reader) interchange() *Interchange { return &r.out.Interchanges[len(r.out.Interchanges)-1] }

func (i *Interchange) group() *Group { return &i.Groups[len(i.Groups)-1] }

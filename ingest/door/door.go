// Package door is what the doors that take files have in common: a folder, SFTP, mail. Each hands a body to the intake
// and then tells the partner, in a file or a message, what became of it. The HTTP door answers at once and needs none of
// this.
//
// It promises that a body is settled once and for all, or not at all: either there is a notice for the partner, or an
// error after which the same body is sent again with the same key.
package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sellthrough"
	"sellthrough/ingest"
	"sellthrough/ingest/httpfeed"
)

// Intake is where bodies go; *ingest.Intake is one.
type Intake interface {
	Accept(ctx context.Context, r ingest.Request) (ingest.Taken, error)
}

// Notice is what a partner is told of one file.
type Notice struct {
	File    string               `json:"file"`
	Taken   bool                 `json:"taken"`             // false: refused as a whole, and nothing was changed
	Problem string               `json:"problem,omitempty"` // why, and what to do
	Kind    ingest.Kind          `json:"kind,omitempty"`    // of the problem
	Refusal *sellthrough.Refusal `json:"refusal,omitempty"` // of a body that can't be read
	Receipt *sellthrough.Receipt `json:"receipt,omitempty"`
	// Acknowledgement of an interchange, in the partner's own syntax.
	Acknowledgement *ingest.Acknowledgement `json:"acknowledgement,omitempty"`
}

// Deliver hands a body over and says what became of it. An error means that it is not settled: the same body is to be
// delivered again, with the same key.
func Deliver(ctx context.Context, in Intake, r ingest.Request) (Notice, error) {
	n := Notice{File: r.File}
	taken, err := in.Accept(ctx, r)
	if err != nil {
		f, ok := ingest.AsFault(err)
		if !ok || Again(f) {
			return n, err
		}
		n.Problem, n.Kind, n.Refusal, n.Acknowledgement = f.Detail, f.Kind, f.Refusal, f.Acknowledgement
		return n, nil
	}
	n.Receipt, n.Acknowledgement = &taken.Receipt, taken.Acknowledgement
	if n.Taken = taken.Accepted > 0 || taken.Refused == 0; !n.Taken {
		n.Kind = "refused"
		n.Problem = fmt.Sprintf("none of the %d rows can be read, so nothing was changed; mend them and send the report again", taken.Rows)
	}
	return n, nil
}

// Again says whether a fault passes by itself, so that the same body may be taken later.
func Again(f *ingest.Fault) bool {
	return f.Kind == ingest.Unavailable || f.Kind == ingest.Busy || f.Kind == ingest.Stalled || f.Kind == ingest.Cut || f.Retry > 0
}

// JSON is the notice for programs.
func (n *Notice) JSON() []byte {
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil { // strings, numbers and times only
		panic(err)
	}
	return append(text, '\n')
}

// Text is the notice for people.
func (n *Notice) Text() string {
	var b strings.Builder
	switch {
	case n.Taken:
		fmt.Fprintf(&b, "%s was taken.\n\n", n.File)
	default:
		fmt.Fprintf(&b, "%s was refused: %s\n\n", n.File, n.Problem)
	}
	if n.Receipt != nil {
		b.WriteString(httpfeed.Text(n.Receipt))
	}
	return b.String()
}

// Beside are the files that lie beside a settled one, by the end of their names.
func (n *Notice) Beside() map[string][]byte {
	out := map[string][]byte{".receipt.json": n.JSON(), ".receipt.txt": []byte(n.Text())}
	if a := n.Acknowledgement; a != nil {
		out[a.Suffix()] = []byte(a.Text)
	}
	return out
}

// IsBeside says by its name whether a file is one of those.
func IsBeside(name string) bool {
	for _, suffix := range []string{".receipt.json", ".receipt.txt", ".997", ".999", ".TA1", ".contrl"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// Encoding says by its name how a file is compressed, and what the name is without that.
func Encoding(name string) (encoding, plain string) {
	lower := strings.ToLower(name)
	for suffix, e := range map[string]string{".gz": "gzip", ".zst": "zstd"} {
		if strings.HasSuffix(lower, suffix) {
			return e, name[:len(name)-len(suffix)]
		}
	}
	return "", name
}

// Unfinished says by its name that a file is still being written, or is none of the partner's reports.
func Unfinished(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return true
	}
	for _, suffix := range []string{".part", ".tmp", ".temp", ".filepart", ".partial", ".crdownload", ".swp", "~"} {
		if strings.HasSuffix(lower, suffix) {
			return true
		}
	}
	return false
}

// Name checks a file's name that a partner chose.
func Name(name string) error {
	switch {
	case name == "" || len(name) > 200:
		return errors.New("a file's name has between 1 and 200 bytes")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == '\uFFFD' }):
		return errors.New("a file's name is UTF-8 without slashes and control characters")
	}
	return nil
}

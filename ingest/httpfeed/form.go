package httpfeed

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"sellthrough/ingest"
)

// form takes a body out of multipart/form-data: one file, behind the fields that say what the query may say too. The file
// is streamed, so what follows it is looked at when it has been read; a second file there refuses the first, for it would
// be lost.
func form(req *ingest.Request, q url.Values, kind, boundary string) error {
	if kind != "multipart/form-data" || boundary == "" {
		return &ingest.Fault{Kind: ingest.Encoding, Detail: "the body is " + kind + "; send the file itself as the body (curl --data-binary @FILE), or a form (curl -F file=@FILE)"}
	}
	parts := multipart.NewReader(req.Body, boundary)
	for fields := 0; ; fields++ {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return malformed("the form has no file; send it with curl -F file=@FILE")
		}
		if err != nil || fields > 20 {
			return malformed("the form can't be read; send the file itself as the body (curl --data-binary @FILE)")
		}
		if p.FileName() != "" {
			if req.File == "" {
				req.File = cut(p.FileName())
			}
			req.Body, req.Length = &onlyFile{part: p, parts: parts}, -1
			return nil
		}
		name := p.FormName()
		if !slices.Contains([]string{"location", "from", "to", "day", "file", "confirm", "dry_run"}, name) {
			return malformed(fmt.Sprintf("the field %q of the form is not known here; send what /v1/openapi.yaml lists, and the file last", name))
		}
		text, err := io.ReadAll(io.LimitReader(p, 64<<10))
		if err != nil {
			return malformed("the form can't be read; send the file itself as the body (curl --data-binary @FILE)")
		}
		q.Add(name, strings.TrimSpace(string(text)))
		if name == "file" {
			req.File = cut(q.Get("file"))
		}
	}
}

// onlyFile reads a file of a form, and fails where something follows it.
type onlyFile struct {
	part  *multipart.Part
	parts *multipart.Reader
	done  bool
}

func (f *onlyFile) Read(p []byte) (int, error) {
	if f.done {
		return 0, io.EOF
	}
	n, err := f.part.Read(p)
	if err != io.EOF {
		return n, err
	}
	next, err := f.parts.NextPart()
	switch {
	case err == io.EOF:
		f.done = true
		return n, io.EOF
	case err != nil:
		return n, err
	case next.FileName() != "":
		return n, malformed("the form has several files; send each in a request of its own")
	}
	return n, malformed(fmt.Sprintf("the field %q stands behind the file; send the file last", next.FormName()))
}

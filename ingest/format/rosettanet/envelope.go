package rosettanet

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"

	"sellthrough"
)

// Bounds of an envelope.
const (
	maxParts  = 100
	maxNested = 4
)

// parts are the XML parts of a message, one after the other.
type parts struct {
	bare  io.Reader // the message is the content itself
	stack []*multipart.Reader
	count int
}

// open looks at the beginning of a message: XML, MIME, or MIME behind the eight bytes of RNIF 1.1 that say version and
// length.
func open(src io.Reader) (*parts, error) {
	b := bufio.NewReaderSize(src, 64<<10)
	head, err := b.Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(head) == 8 && head[0] == 0 && head[1] == 1 && head[2] == 1 { // version 1.1
		length := binary.BigEndian.Uint32(head[4:])
		if _, err := b.Discard(8); err != nil {
			return nil, err
		}
		b = bufio.NewReaderSize(io.LimitReader(b, int64(length)), 64<<10)
		head, _ = b.Peek(8) // an error comes again
	}
	first := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(first) == 0 || first[0] == '<' || first[0] == 0 || first[0] >= 0x80 {
		return &parts{bare: b}, nil
	}
	limit := &io.LimitedReader{R: b, N: 256 << 10}
	h := bufio.NewReaderSize(limit, 4096)
	header, err := textproto.NewReader(h).ReadMIMEHeader()
	if err != nil {
		return nil, malformed("its header can't be read")
	}
	limit.N = 1<<63 - 1
	p := &parts{}
	return p, p.enter(header, h)
}

func malformed(why string) error {
	return sellthrough.Bad(0, "", "", "the body is no message of RosettaNet that can be read here: "+why+". Mend it and send it again")
}

// enter goes into a multipart.
func (p *parts) enter(header textproto.MIMEHeader, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil:
		return malformed("its Content-Type can't be read")
	case kind == "application/pkcs7-mime" || kind == "application/x-pkcs7-mime":
		return malformed("it is encrypted; let the gateway that takes it decrypt it")
	case xmlType(kind):
		if body, err = decoded(header, body); err != nil {
			return err
		}
		p.bare = body
		return nil
	case !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "":
		return malformed(fmt.Sprintf("its Content-Type is %s", kind))
	case len(p.stack) == maxNested:
		return malformed("its parts lie too deep in one another")
	}
	p.stack = append(p.stack, multipart.NewReader(body, params["boundary"]))
	return nil
}

func xmlType(kind string) bool {
	return kind == "application/xml" || kind == "text/xml" || strings.HasSuffix(kind, "+xml")
}

// next is the next part in XML; io.EOF after the last.
func (p *parts) next() (io.Reader, error) {
	for {
		if p.bare != nil {
			part := p.bare
			p.bare = nil
			return part, nil
		}
		if len(p.stack) == 0 {
			return nil, io.EOF
		}
		part, err := p.stack[len(p.stack)-1].NextRawPart()
		switch {
		case err == io.EOF:
			p.stack = p.stack[:len(p.stack)-1]
			continue
		case err != nil && (errors.Is(err, io.ErrUnexpectedEOF) || strings.HasPrefix(err.Error(), "multipart: ") || strings.HasPrefix(err.Error(), "malformed")):
			return nil, malformed("its parts end too early, or their headers are broken")
		case err != nil:
			return nil, err
		}
		if p.count++; p.count > maxParts {
			return nil, malformed("it has too many parts")
		}
		kind, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		switch {
		case err != nil: // an attachment
		case xmlType(kind):
			return decoded(part.Header, part)
		case strings.HasPrefix(kind, "multipart/"), strings.HasSuffix(kind, "pkcs7-mime"):
			if err := p.enter(part.Header, part); err != nil {
				return nil, err
			}
		}
	}
}

// decoded takes the transfer encoding off.
func decoded(header textproto.MIMEHeader, body io.Reader) (io.Reader, error) {
	switch e := strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))); e {
	case "", "7bit", "8bit", "binary":
		return &soft{body}, nil
	case "base64":
		return &soft{base64.NewDecoder(base64.StdEncoding, body)}, nil
	case "quoted-printable":
		return &soft{newQuoted(body)}, nil
	default:
		return nil, malformed(fmt.Sprintf("the transfer encoding %q is not known", e))
	}
}

// soft makes what is wrong with an encoded part the message's fault.
type soft struct{ r io.Reader }

func (s *soft) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	var corrupt base64.CorruptInputError
	if err == io.ErrUnexpectedEOF {
		err = malformed("it ends within a part")
	} else if errors.As(err, &corrupt) || err != nil && strings.HasPrefix(err.Error(), "quotedprintable: ") {
		err = malformed("a part is not in its transfer encoding")
	}
	return n, err
}

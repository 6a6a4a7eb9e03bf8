package mailfeed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"path"
	"path/filepath"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"sellthrough/ingest"
	"sellthrough/ingest/door"
	"sellthrough/ingest/format/encoding"
)

// maxFiles is how many attachments of a mail are taken.
const maxFiles = 50

// settle delivers a mail's attachments, replies, and says in which folder the mail belongs. An error means that it is not
// settled.
func (d *Door) settle(ctx context.Context, src io.Reader, key string) (folder string, err error) {
	r, err := mail.CreateReader(src)
	if err != nil && !message.IsUnknownCharset(err) {
		d.o.Log.Warn().Err(err).Str("mail", key).Msg("a mail that can't be read is refused")
		return d.o.Refused, nil
	}
	defer r.Close()
	log := d.o.Log.With().Str("mail", key).Logger()
	from, why := d.from(&r.Header)
	if why != "" {
		log.Warn().Str("from", from).Msg(why)
		return d.o.Refused, nil
	}
	reply := Reply{To: from, About: subject(&r.Header), InReplyTo: messageID(&r.Header)}
	sender, problem := d.sender(&r.Header, from)
	if problem == "" {
		if reply.Notices, problem, err = d.files(ctx, r, sender, key); err != nil {
			return "", err
		}
	}
	folder = d.o.Processed
	if reply.Problem = problem; problem != "" {
		folder = d.o.Refused
	}
	for _, n := range reply.Notices {
		if !n.Taken {
			folder = d.o.Refused
		}
	}
	if err := d.o.Outbox.Send(ctx, reply); err != nil {
		return "", fmt.Errorf("reply to %s: %w", from, err)
	}
	log.Info().Str("from", from).Int("files", len(reply.Notices)).Str("folder", folder).Msg("mail settled")
	return folder, nil
}

// from is who sent a mail, and why it gets no answer.
func (d *Door) from(h *mail.Header) (from, why string) {
	list, err := netmail.ParseAddressList(h.Get("From"))
	if err != nil || len(list) != 1 || h.FieldsByKey("From").Len() != 1 {
		return "", "a mail without one sender is refused"
	}
	from = strings.ToLower(list[0].Address)
	switch {
	case len(d.senders[from]) == 0:
		return from, "a mail of an unknown sender is refused"
	case strings.HasPrefix(strings.ToLower(h.Get("Auto-Submitted")), "auto-replied"):
		return from, "an automatic answer is refused, so that two machines do not talk for ever"
	case d.o.Authserv != "" && !authentic(h, d.o.Authserv):
		return from, "a mail that the mail server could not prove to be of its sender is refused"
	}
	return from, ""
}

// authentic says whether the server's own results are the topmost, and say that the domain in From is true. Results below
// may be the sender's own invention.
func authentic(h *mail.Header, server string) bool {
	fields := h.FieldsByKey("Authentication-Results")
	if !fields.Next() {
		return false
	}
	id, results, _ := strings.Cut(fields.Value(), ";")
	name, _, _ := strings.Cut(strings.TrimSpace(id), " ")
	if !strings.EqualFold(name, server) {
		return false
	}
	for r := range strings.SplitSeq(results, ";") {
		method, _, _ := strings.Cut(strings.TrimSpace(r), " ")
		if strings.EqualFold(method, "dmarc=pass") {
			return true
		}
	}
	return false
}

// sender finds the feed of a mail.
func (d *Door) sender(h *mail.Header, from string) (*Sender, string) {
	var found *Sender
	var addresses []string
	for _, field := range []string{"Delivered-To", "X-Original-To", "To", "Cc"} {
		if list, err := netmail.ParseAddressList(h.Get(field)); err == nil {
			for _, a := range list {
				addresses = append(addresses, strings.ToLower(a.Address))
			}
		}
	}
	for _, s := range d.senders[from] {
		fits := s.Recipient == ""
		for _, a := range addresses {
			fits = fits || a == strings.ToLower(s.Recipient)
		}
		if fits && found != nil {
			return nil, "the mail could be meant for two feeds; send it to the address of one"
		}
		if fits {
			found = s
		}
	}
	if found == nil {
		return nil, "the mail is not addressed to a feed of yours; send it to the address that was agreed"
	}
	return found, ""
}

// files delivers the attachments, byte for byte: what charset a part claims to be in does not matter here.
func (d *Door) files(ctx context.Context, r *mail.Reader, s *Sender, key string) (notices []door.Notice, problem string, err error) {
	for n := 0; ; {
		part, err := r.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			if len(notices) == 0 {
				return nil, "the mail has no attachment; attach the report as a file", nil
			}
			return notices, "", nil
		case err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err):
			return notices, "the mail is cut or broken behind the files listed here; send the others again", nil
		case err != nil && message.IsUnknownEncoding(err):
			return notices, "an attachment is in an encoding that is not known; send it as base64", nil
		}
		name, kind := filename(part)
		if name == "" || ignored(name, kind) {
			continue
		}
		if n++; n > maxFiles {
			return notices, fmt.Sprintf("the mail has more than %d files; send the others in another one", maxFiles), nil
		}
		notice, err := d.file(ctx, part.Body, s, name, key)
		if err != nil {
			return nil, "", fmt.Errorf("file %s: %w", name, err)
		}
		notices = append(notices, notice)
	}
}

// filename is the name that a part has as a file, and its type.
func filename(part *mail.Part) (name, kind string) {
	get := func(h *message.Header) {
		kind, _, _ = h.ContentType()
		_, params, err := h.ContentDisposition()
		if err == nil {
			name = params["filename"]
		}
		if name == "" {
			if _, params, err := h.ContentType(); err == nil {
				name = params["name"]
			}
		}
	}
	switch h := part.Header.(type) {
	case *mail.AttachmentHeader:
		get(&h.Header)
	case *mail.InlineHeader:
		get(&h.Header)
	}
	words := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		e, err := encoding.Parse(charset)
		return encoding.NewReader(in, encoding.Options{Encoding: e}), err
	}}
	if text, err := words.DecodeHeader(name); err == nil {
		name = text
	}
	name = path.Base(filepath.ToSlash(strings.ReplaceAll(name, "\\", "/")))
	if name == "." || name == "/" {
		name = ""
	}
	if name != "" && door.Name(name) != nil {
		name = "report"
	}
	return name, kind
}

// ignored says that a part is no report: a picture in a signature, a card, a proof.
func ignored(name, kind string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".p7s", ".p7m", ".asc", ".sig", ".vcf", ".ics":
		return true
	}
	return strings.HasPrefix(kind, "image/") || kind == "text/calendar" || kind == "application/pgp-signature"
}

// file delivers one attachment.
func (d *Door) file(ctx context.Context, body io.Reader, s *Sender, name, key string) (door.Notice, error) {
	text, err := io.ReadAll(io.LimitReader(body, d.o.MaxMail))
	if err != nil { // of what is wholly in a file: the encoding is broken
		return door.Notice{File: name, Kind: ingest.Malformed, Problem: "the attachment is broken; attach it again"}, nil
	}
	compression, plain := door.Encoding(name)
	n, err := door.Deliver(ctx, d.o.Intake, ingest.Request{
		Partner: s.Partner, Feed: s.Feed, File: plain, Encoding: compression, Body: bytes.NewReader(text), Length: int64(len(text)),
		Key: fmt.Sprintf("%s/%x", key, sha256.Sum256(append([]byte(name+"\x00"), text...)))[:min(255, len(key)+33)],
	})
	n.File = name
	return n, err
}

func subject(h *mail.Header) string {
	s, err := h.Subject()
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(s), " ")
}

func messageID(h *mail.Header) string {
	id, err := h.MessageID()
	if err != nil {
		return ""
	}
	return id
}

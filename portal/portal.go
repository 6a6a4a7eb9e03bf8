// Package portal is where people work on the page: a partner sends reports and puts refused rows right, whoever looks after
// partners says what their codes mean and tries their files. Each room is a package of its own, and knows nothing of the
// others; this one gives the page its rooms, and their requests one handler.
//
// The rooms stand above the road: they ask it as everybody else does. A report goes through the intake, a question through the
// readonly users of whoever asks, a cross-reference through the reference folder.
package portal

import (
	"context"
	"embed"
	"io"
	"io/fs"
	"maps"
	"net/http"

	"github.com/rs/zerolog"

	"sellthrough"
	"sellthrough/dashboards/page"
	"sellthrough/ingest"
	"sellthrough/ingest/httpfeed"
	"sellthrough/internal/access"
	"sellthrough/internal/config"
	"sellthrough/portal/answer"
	"sellthrough/portal/partner"
	"sellthrough/portal/phrases"
	"sellthrough/portal/trial"
	"sellthrough/portal/unmatched"
	"sellthrough/transform/reference"
)

//go:embed static
var static embed.FS

// Options of a portal.
type Options struct {
	Config *config.Config
	Reader answer.Reader
	Body   func(ctx context.Context, sum string) (io.ReadCloser, error) // of the archive; nil: it is not at hand

	Intake *ingest.Intake             // nil: this process takes no reports
	Books  httpfeed.Books             // what became of submissions
	Took   func(*sellthrough.Receipt) // told of every submission that was taken; may be nil
	Uses   *httpfeed.Uses             // of keys; may be nil
	Tables func(context.Context) (reference.Tables, error)
	Folder string                                                                    // of the reference data on this machine; empty: there is none
	Apply  func(context.Context, string) (sellthrough.Revision, error)               // puts the folder in force
	Tells  func(context.Context, string, string, uint32) (a, b, c string, err error) // what a row says of its item and place
	Log    zerolog.Logger
}

// Rooms are the portal's, for the page.
func Rooms() []page.Room {
	const style = "portal/portal.css"
	return []page.Room{
		{Path: "/reports", EN: "Reports", ZH: "报告", Script: "portal/reports.js", Style: style, Roles: partner.Roles(), Front: []access.Role{access.RolePartner}},
		{Path: "/unmatched", EN: "Unmatched codes", ZH: "未匹配编码", Script: "portal/unmatched.js", Style: style, Roles: unmatched.Roles()},
		{Path: "/try", EN: "Try a file", ZH: "试读文件", Script: "portal/try.js", Style: style, Roles: trial.Roles()},
	}
}

// Files are the browser's part, by their folders below /static/.
func Files() map[string]fs.FS {
	own, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // it is embedded
	}
	return map[string]fs.FS{"portal": own, "phrases": phrases.Files()}
}

// Below are the patterns of what New's handler answers.
func Below() []string {
	return []string{"/api/try", "/api/unmatched", "/api/unmatched/", "/api/partners", "/api/partners/"}
}

// New gives the handler of everything below /api/ that the rooms ask.
func New(o Options) (http.Handler, error) {
	all := trial.New(trial.Options{Config: o.Config, Reader: o.Reader, Body: o.Body, Log: o.Log})
	maps.Copy(all, unmatched.New(unmatched.Options{
		Reader: o.Reader, Folder: o.Folder, Tables: o.Tables, Apply: o.Apply, Describe: o.Tells, Currency: o.Config.Reporting.Currency, Log: o.Log,
		Known: func(p sellthrough.PartnerID) bool { _, ok := o.Config.Partner(p); return ok },
	}))
	room, err := partner.New(partner.Options{
		Config: o.Config, Reader: o.Reader, Intake: o.Intake, Books: o.Books, Took: o.Took, Body: o.Body, Uses: o.Uses, Log: o.Log,
		Say: func(text, lang string) string { return phrases.In(lang, text) },
	})
	if err != nil {
		return nil, err
	}
	maps.Copy(all, room)
	mux := http.NewServeMux()
	for pattern, h := range all {
		mux.Handle(pattern, h)
	}
	return mux, nil
}

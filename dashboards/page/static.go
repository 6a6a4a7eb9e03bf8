package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// The browser's part. ECharts is put into static/vendor by `make assets`; without it the page says so.
//
//go:embed static
var embedded embed.FS

// charts is the chart library's place in static.
const charts = "vendor/echarts.min.js"

// files serves what is embedded, packed once and told apart by its hash.
type files struct{ all map[string]asset }

type asset struct {
	kind, tag     string
	plain, packed []byte // packed is nil where packing saves nothing
}

// newFiles takes the page's own files, and those of others into folders of theirs.
func newFiles(others map[string]fs.FS) (files, error) {
	f := files{map[string]asset{}}
	own, err := fs.Sub(embedded, "static")
	if err == nil {
		err = f.add("", own)
	}
	for folder, fsys := range others {
		if err == nil {
			err = f.add(folder+"/", fsys)
		}
	}
	return f, err
}

func (f files) add(folder string, fsys fs.FS) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".md" {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		a := asset{kind: kind(name), tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, plain: text}
		if packed := pack(text); len(packed) < len(text)*9/10 {
			a.packed = packed
		}
		f.all[folder+name] = a
		return nil
	})
}

func kind(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".html", ".css", ".svg", ".json":
		return mime.TypeByExtension(path.Ext(name))
	}
	return "text/plain; charset=utf-8" // licences
}

func pack(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b) // writes to memory never fail
	_, _ = z.Write(text)
	_ = z.Close()
	return b.Bytes()
}

func hasCharts() bool {
	_, err := fs.Stat(embedded, "static/"+charts)
	return err == nil
}

// index serves the one HTML file.
func (f files) index() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, "index.html") })
}

func (f files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.serve(w, r, strings.TrimPrefix(r.URL.Path, "/static/"))
}

func (f files) serve(w http.ResponseWriter, r *http.Request, name string) {
	a, ok := f.all[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache") // asked again every time, answered by its hash
	h.Set("ETag", a.tag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.packed != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		_, _ = w.Write(a.packed) // who has gone reads no error
		return
	}
	_, _ = w.Write(a.plain)
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

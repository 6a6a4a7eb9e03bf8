package clickhouse

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// The users that every server has.
const (
	AdminUser = "sellthrough" // everything, with Options.AdminPassword
	ReadUser  = "reader"      // SELECT only, with Options.ReadPassword, under the limits below
)

// What one query of ReadUser may take. A client may ask for more or less time, up to readMaxSeconds.
const (
	readSeconds    = 60
	readMaxSeconds = 600
	readRows       = 1_000_000
)

//go:embed config.xml.tmpl
var configTemplate string

//go:embed users.xml.tmpl
var usersTemplate string

// writeConfig writes config.xml and users.xml into o.Dir, for a server whose native protocol is at nativePort, readable by this user only, and returns the former's path.
func writeConfig(o Options, nativePort int) (string, error) {
	type user struct{ Name, Hash string }
	type limits struct{ Seconds, MaxSeconds, Memory, Rows int64 }
	values := struct {
		Options
		NativePort    int
		Admin, Reader user
		Read          limits
	}{
		Options: o, NativePort: nativePort,
		Admin:  user{AdminUser, hash(o.AdminPassword)},
		Reader: user{ReadUser, hash(o.ReadPassword)},
		Read:   limits{readSeconds, readMaxSeconds, o.MemoryLimit / 2, readRows},
	}
	path := filepath.Join(o.Dir, "config.xml")
	for file, text := range map[string]string{path: configTemplate, filepath.Join(o.Dir, "users.xml"): usersTemplate} {
		t, err := template.New(filepath.Base(file)).Funcs(template.FuncMap{"xml": escape}).Parse(text)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		if err := t.Execute(&out, values); err != nil {
			return "", err
		}
		if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
			return "", fmt.Errorf("write configuration: %w", err)
		}
	}
	return path, nil
}

func hash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func escape(text string) (string, error) {
	var out strings.Builder
	err := xml.EscapeText(&out, []byte(text))
	return out.String(), err
}

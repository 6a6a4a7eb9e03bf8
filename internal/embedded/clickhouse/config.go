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
	ReadUser  = "reader"      // what Options.ReadGrants say, with Options.ReadPassword, under the limits below
)

// What one query of ReadUser or a User may take. A client may ask for more or less time, up to readMaxSeconds.
const (
	readSeconds    = 60
	readMaxSeconds = 600
	readRows       = 1_000_000
)

// User is a further readonly user, under the limits of ReadUser. Users, grants and policies are read at the server's
// start only.
type User struct {
	Name, Password string
	Grants         []string // statements
	Policies       []Policy
}

// Policy lets a user see those rows of a table for which Filter, an SQL expression, is true. Users without a policy see
// all rows of a table that they may read.
type Policy struct{ Database, Table, Filter string }

// defaultReadGrants let ReadUser read all tables, but no file, URL or other server.
var defaultReadGrants = []string{"GRANT SELECT, dictGet ON *.*"}

// Hash is the password's hash in the file.
func (u User) Hash() string { return hash(u.Password) }

// Databases are the user's policies by database and table, as the file nests them.
func (u User) Databases() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, p := range u.Policies {
		if all[p.Database] == nil {
			all[p.Database] = map[string]string{}
		}
		all[p.Database][p.Table] = p.Filter
	}
	return all
}

//go:embed config.xml.tmpl
var configTemplate string

//go:embed users.xml.tmpl
var usersTemplate string

// writeConfig writes config.xml and users.xml into o.Dir, for a server whose native protocol is at nativePort, readable by this user only, and returns the former's path.
func writeConfig(o Options, nativePort int) (string, error) {
	type limits struct{ Seconds, MaxSeconds, Memory, Rows int64 }
	values := struct {
		Options
		NativePort int
		Admin      User
		Readers    []User
		Read       limits
	}{
		Options: o, NativePort: nativePort,
		Admin:   User{Name: AdminUser, Password: o.AdminPassword},
		Readers: append([]User{{Name: ReadUser, Password: o.ReadPassword, Grants: o.ReadGrants}}, o.Users...),
		Read:    limits{readSeconds, readMaxSeconds, o.MemoryLimit / 2, readRows},
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

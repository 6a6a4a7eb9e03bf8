package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"sellthrough/internal/access"
	"sellthrough/internal/config"
)

// said runs a command with text on its standard input and returns what it prints.
func said(t *testing.T, run func() error, input string) (string, error) {
	t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	taken, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, stdout := os.Stdin, os.Stdout
	os.Stdin, os.Stdout = in, out
	defer func() { os.Stdin, os.Stdout = stdin, stdout }()
	if _, err := io.WriteString(feed, input); err != nil {
		t.Fatal(err)
	}
	_ = feed.Close()
	failed := run()
	_ = out.Close()
	text, err := io.ReadAll(taken)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), failed
}

func TestWhatPasswordPrintsIsTakenByTheConfigurationAndLetsIn(t *testing.T) {
	run := func() error { return password(t.Context(), nil) }
	hash, err := said(t, run, "correct horse\n")
	if err != nil {
		t.Fatal(err)
	}
	hash = strings.TrimSpace(hash)
	c, err := config.Parse("x", []byte("access: {users: [{name: anna, password: \""+hash+"\", role: viewer}]}"), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.New(access.Options{Users: []access.User{{Name: "anna", Password: access.PasswordHash(c.Access.Users[0].Password), Bound: access.Bound{Role: access.RoleViewer}}}}); err == nil || !strings.Contains(err.Error(), "store") {
		t.Errorf("got %v, want that only the store is missing", err)
	}
	for _, bad := range []string{"", "\n", "short\n", strings.Repeat("x", 2000) + "\n"} {
		if hash, err := said(t, run, bad); err == nil || hash != "" {
			t.Errorf("%.10q: printed %q, %v", bad, hash, err)
		}
	}
}

package clickhouse

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// door is the server's HTTP port, where logging in can be tried without harm.
type door struct {
	options Options
	client  *http.Client
}

func newDoor(o Options) door {
	return door{o, &http.Client{
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true},
		Timeout:   10 * time.Second,
	}}
}

// login is what a client says of itself, and refusal why the server won't have it.
type (
	login   struct{ user, password, database string }
	refusal struct {
		code    int
		message string
	}
)

// try logs in. It returns a refusal when the server refuses, an error when there is no server.
func (d door) try(ctx context.Context, l login) (*refusal, error) {
	at := url.URL{
		Scheme: "http", Host: net.JoinHostPort(d.options.Host, strconv.Itoa(d.options.HTTPPort)), Path: "/",
		RawQuery: url.Values{"database": {l.database}}.Encode(),
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), strings.NewReader("SELECT 1"))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(l.user, l.password)
	answer, err := d.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return nil, nil
	}
	code, err := strconv.Atoi(answer.Header.Get("X-ClickHouse-Exception-Code"))
	if err != nil {
		code = authenticationFailed
	}
	return &refusal{code, strings.TrimSpace(string(text))}, nil
}

// answers says whether both ports answer and it is our server, with our password, that does.
func (d door) answers(ctx context.Context, nativePort int) bool {
	refused, err := d.try(ctx, login{user: AdminUser, password: d.options.AdminPassword})
	if err != nil || refused != nil {
		return false
	}
	native, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(d.options.Host, strconv.Itoa(nativePort)))
	if err != nil {
		return false
	}
	native.Close()
	return true
}

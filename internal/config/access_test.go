package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const someHash = "$argon2id$v=19$m=32768,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestLoginsAreReadAndTheirHashesNeverPrinted(t *testing.T) {
	text := `
listen: {api: "0.0.0.0:8443"}
access:
  url: https://sales.example.com
  idle: 30m
  proxies: [10.0.0.5, "fd00::/8"]
  users:
    - {name: anna, password: "${HASH}", role: partner, partner: acme}
    - {name: mia, password: "` + someHash + `", role: manager, node: north, grants: [cost, rebate]}
  oidc: {issuer: "http://127.0.0.1:9999", client_id: me, client_secret: "${SECRET}", claims: {role: realm_access.roles}, roles: {boss: admin}}
`
	env := func(name string) (string, bool) {
		return map[string]string{"HASH": someHash, "SECRET": "open-sesame"}[name], true
	}
	c, err := Parse("x", []byte(text), env)
	if err != nil {
		t.Fatal(err)
	}
	a := c.Access
	if !a.Login() || a.Idle != 30*time.Minute || a.Absolute != 7*24*time.Hour || string(a.Users[0].Password) != someHash || a.Users[1].Node != "north" {
		t.Errorf("%+v", a)
	}
	if o := a.OIDC; o.Claims.Name != "email" || o.Claims.Role != "realm_access.roles" || o.Roles["boss"] != "admin" || string(o.ClientSecret) != "open-sesame" {
		t.Errorf("%+v", o)
	}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %s", *c, *c, a.Users), string(asJSON)} {
		if strings.Contains(s, "argon2id") || strings.Contains(s, "open-sesame") {
			t.Errorf("a secret is printed: %s", s)
		}
	}
}

func TestWithoutLoginOnlyLoopbackIsListenedOn(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	for _, addr := range []string{"127.0.0.1:1", "[::1]:1", "localhost:1"} {
		if _, err := Parse("x", []byte("listen: {api: \""+addr+"\"}"), none); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for _, addr := range []string{":1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.com:1"} {
		if _, err := Parse("x", []byte("listen: {api: \""+addr+"\"}"), none); err == nil || !strings.Contains(err.Error(), "sellthrough password") {
			t.Errorf("%s: got %v", addr, err)
		}
	}
}

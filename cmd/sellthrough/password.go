package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"sellthrough/internal/access"
)

// leastPassword is how many characters a password has at least.
const leastPassword = 10

// password reads a password without showing it, and prints its hash for the configuration.
func password(context.Context, []string) error {
	secret, err := readPassword()
	if err != nil {
		return err
	}
	if n := len([]rune(secret)); n < leastPassword || n > 1024 {
		return fmt.Errorf("a password of %d characters is not taken; use %d or more, like four words", n, leastPassword)
	}
	fmt.Println(access.HashPassword(secret).Text())
	fmt.Fprintln(os.Stderr, "write it, in quotes, as password of a user under access.users")
	return nil
}

func readPassword() (string, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		line, err := bufio.NewReader(io.LimitReader(os.Stdin, 8<<10)).ReadString('\n')
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			return "", errors.Join(errors.New("no password on standard input"), err)
		}
		return line, nil
	}
	ask := func(what string) (string, error) {
		fmt.Fprint(os.Stderr, what)
		text, err := term.ReadPassword(in)
		fmt.Fprintln(os.Stderr)
		return string(text), err
	}
	first, err := ask("password: ")
	if err != nil {
		return "", err
	}
	second, err := ask("again:    ")
	if err == nil && first != second {
		err = errors.New("the two are not the same")
	}
	return first, err
}

// audit prints the newest entries of the audit log.
func audit(ctx context.Context, args []string) error {
	a, _, err := load("audit", args, nil)
	if err != nil {
		return err
	}
	if err := a.find(); err != nil {
		return err
	}
	l, err := a.ledger()
	if err != nil {
		return err
	}
	defer l.Close()
	entries, err := l.Audit(ctx, 100)
	if err != nil {
		return err
	}
	for _, e := range entries {
		ok := "ok"
		if !e.OK {
			ok = "REFUSED"
		}
		fmt.Printf("%s  %-7s  %-14s  %-20q  %-8s  %-16s  %q\n", e.At.Format(time.RFC3339), ok, e.What, e.Who, e.Role, e.Address, e.About)
	}
	return nil
}

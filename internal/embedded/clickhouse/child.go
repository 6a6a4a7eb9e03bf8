package clickhouse

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// ChildCommand is the hidden subcommand under which a program calls Child with the arguments after it.
const ChildCommand = "clickhouse-child"

// drainLimit is how long an engine may take to end cleanly before it is ended by force. Anything acknowledged is in
// a part on disk by then, so force costs unfinished inserts and merges only.
const drainLimit = 20 * time.Second

// Child is the engine's process, started by Server and by nothing else. It runs the engine until standard input ends,
// which it does when the parent stops it or dies, then lets the engine end cleanly and, past a limit, by force.
// It returns the process's exit code: 0 for a clean end.
func Child(args []string) int {
	flags := flag.NewFlagSet(ChildCommand, flag.ContinueOnError)
	lib := flags.String("lib", "", "path of libchdb.so")
	binary := flags.String("binary", "", "path of a clickhouse binary, instead of -lib")
	config := flags.String("config", "", "path of the server's configuration file")
	if err := flags.Parse(args); err != nil {
		return 2
	}

	// A closed stdin and SIGTERM (which the kernel sends on Linux when the parent dies) mean the same: end.
	ended := make(chan struct{})
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM, os.Interrupt)
	go func() {
		eof := make(chan struct{})
		go func() {
			defer close(eof)
			_, _ = io.Copy(io.Discard, os.Stdin)
		}()
		select {
		case <-eof:
		case <-term:
		}
		close(ended)
		time.Sleep(drainLimit)
		fmt.Fprintf(os.Stderr, "the engine did not end within %s\n", drainLimit)
		os.Exit(1)
	}()

	var err error
	if *binary != "" {
		err = runBinary(*binary, *config, ended)
	} else {
		err = runLibrary(*lib, *config, ended)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	select {
	case <-ended:
		return 0
	default:
		fmt.Fprintln(os.Stderr, "the engine ended by itself")
		return 1
	}
}

// runBinary runs `clickhouse server` until it ends, which it is asked to when ended closes.
func runBinary(path, config string, ended <-chan struct{}) error {
	cmd := exec.Command(path, "server", "--config-file="+config)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	done, err := start(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	select {
	case err := <-done:
		return err
	case <-ended:
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	force := time.AfterFunc(drainLimit-time.Second, func() { _ = cmd.Process.Kill() })
	defer force.Stop()
	return <-done
}

package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// runOnce runs one child from start to end, with its native protocol at nativePort and HTTP at o.HTTPPort. It calls
// ready when the server answers, and returns why it ended, nil for a clean end at ctx's.
func runOnce(ctx context.Context, o Options, nativePort int, lock *os.File, ready func()) error {
	config, err := writeConfig(o, nativePort)
	if err != nil {
		return err
	}
	args := append(o.Self[1:len(o.Self):len(o.Self)], "-config="+config)
	if o.Binary != "" {
		args = append(args, "-binary="+o.Binary)
	} else {
		args = append(args, "-lib="+o.LibPath)
	}
	cmd := exec.Command(o.Self[0], args...)
	cmd.Dir = o.Dir
	output := &tail{limit: 4096}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{lock}
	cmd.WaitDelay = time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	ended, err := start(cmd)
	if err != nil {
		return fmt.Errorf("start %s: %w", o.Self[0], err)
	}

	answers, stop := context.WithCancel(ctx)
	up := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if waitUntilItAnswers(answers, o, nativePort) == nil {
			close(up)
		}
	})
	defer waiting.Wait()
	defer stop()

	for {
		select {
		case <-up:
			up = nil
			ready()
		case err := <-ended:
			return output.explain(err)
		case <-ctx.Done():
			if err := end(cmd, stdin, ended); err != nil {
				return output.explain(err)
			}
			return nil
		}
	}
}

// end asks the child to end, first by its input, then by a signal, then by force, and waits for it.
func end(cmd *exec.Cmd, stdin io.Closer, ended <-chan error) error {
	stdin.Close()
	term := time.AfterFunc(drainLimit/2, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
	defer term.Stop()
	// The child ends itself at drainLimit; this is for one that can't.
	force := time.AfterFunc(drainLimit+time.Second, func() { _ = cmd.Process.Kill() })
	defer force.Stop()
	return <-ended
}

// waitUntilItAnswers returns nil when both ports answer and it is our server, with our password, that does.
func waitUntilItAnswers(ctx context.Context, o Options, nativePort int) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	client := newDoor(o)
	for {
		if client.answers(ctx, nativePort) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// tail keeps the last bytes of a child's output, for the error when it crashes.
type tail struct {
	mu    sync.Mutex
	limit int
	text  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - t.limit; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

// explain adds to err what the child said last.
func (t *tail) explain(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		err = errors.New("it ended by itself")
	}
	if text := strings.TrimSpace(string(t.text)); text != "" {
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}

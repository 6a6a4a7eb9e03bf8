// Package child runs another program and knows when it has ended. Tests and the bench start whole systems with it.
package child

import (
	"os/exec"
	"syscall"
	"time"
)

// Process is a program that was started.
type Process struct {
	*exec.Cmd
	ended chan struct{}
	err   error
}

// Start starts c and waits for its end in the background.
func Start(c *exec.Cmd) (*Process, error) {
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &Process{Cmd: c, ended: make(chan struct{})}
	go func() {
		p.err = c.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// How says how the program ended, which is waited for.
func (p *Process) How() string {
	<-p.ended
	return p.ProcessState.String()
}

// Kill ends the program as kill -9 does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.Process.Kill()
	<-p.ended
}

// Stop ends the program as an operator does, and kills it when that takes longer than patience; it says whether the program
// ended by itself.
func (p *Process) Stop(patience time.Duration) bool {
	_ = p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return true
	case <-time.After(patience):
		p.Kill()
		return false
	}
}

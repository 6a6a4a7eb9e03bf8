//go:build unix && !linux

package clickhouse

import (
	"os/exec"
	"syscall"
)

// start starts cmd in a process group of its own, so that Ctrl-C reaches only the program, which then stops cmd in
// its own order. The channel gets what Wait returned.
func start(cmd *exec.Cmd) (<-chan error, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return done, nil
}

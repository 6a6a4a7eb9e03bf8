package clickhouse

import (
	"os/exec"
	"runtime"
	"syscall"
)

// start starts cmd in a process group of its own, so that Ctrl-C reaches only the program, which then stops cmd in
// its own order. The kernel sends cmd SIGTERM when this process dies. The channel gets what Wait returned.
func start(cmd *exec.Cmd) (<-chan error, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started, done := make(chan error), make(chan error, 1)
	go func() {
		// The signal is sent when the *thread* that started cmd ends, so the thread stays until cmd has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			done <- cmd.Wait()
		}
	}()
	return done, <-started
}

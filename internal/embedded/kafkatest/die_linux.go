package kafkatest

import "syscall"

// dieWithParent ends a broker when the test binary is killed.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

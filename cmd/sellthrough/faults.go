package main

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"sellthrough/transform"
)

// faults reads SELLTHROUGH_FAULT, "WINDOW@N": the process kills itself at the Nth pass of a window of the protocol. It is
// how the crash tests hit windows that a random moment would miss; nobody else sets it.
func faults() transform.Fault {
	window, nth, ok := strings.Cut(os.Getenv("SELLTHROUGH_FAULT"), "@")
	n, err := strconv.ParseInt(nth, 10, 64)
	if !ok || err != nil {
		return nil
	}
	var passes atomic.Int64
	return func(at string, _ int) {
		if at == window && passes.Add(1) == n {
			p, err := os.FindProcess(os.Getpid())
			if err == nil {
				_ = p.Kill()
			}
			select {}
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticks is the unit of /proc/PID/stat on every Linux that Go runs on.
const ticks = 100

// stat is the fields of /proc/PID/stat behind the command's name: stat[0] is field 3, the state.
func stat(pid int) []string {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, rest, ok := strings.Cut(string(b[strings.LastIndexByte(string(b), ')'):]), " ")
	if !ok {
		return nil
	}
	return strings.Fields(rest)
}

// cpu is the CPU time a process has used, with all its threads.
func cpu(pid int) time.Duration {
	f := stat(pid)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// childOf is the largest child of a process, in memory.
func childOf(pid int) (child int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var most int64
	for _, d := range dirs {
		p, _ := strconv.Atoi(filepath.Base(d))
		if f := stat(p); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			if m := memory(p, "VmRSS"); child == 0 || m > most {
				child, most = p, m
			}
		}
	}
	return child
}

// memory is a figure of /proc/PID/status, in bytes.
func memory(pid int, name string) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// loadAverage says how busy the machine was before.
func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	f := strings.Fields(string(b))
	if len(f) == 0 {
		return "unknown"
	}
	return f[0]
}

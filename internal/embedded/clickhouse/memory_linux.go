package clickhouse

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// machineMemory is what this machine or this container may use, in bytes, or 0 where that can't be told.
func machineMemory() int64 {
	var total int64
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		total = int64(info.Totalram) * int64(info.Unit)
	}
	if text, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && limit > 0 && (total == 0 || limit < total) {
			total = limit
		}
	}
	return total
}

//go:build !linux

package clickhouse

// machineMemory is what this machine may use, in bytes, or 0 where that can't be told.
func machineMemory() int64 { return 0 }

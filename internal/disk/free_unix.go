//go:build linux || darwin

package disk

import (
	"fmt"
	"syscall"
)

// free is what an ordinary user may still write to the volume of a folder.
func free(path string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", path, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil //nolint:unconvert // it is no int64 everywhere
}

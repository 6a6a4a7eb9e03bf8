//go:build unix

package keys

import (
	"io/fs"
	"os"
	"syscall"
)

// owned says whether a folder belongs to the user of this process: what another user writes, its owner could not read.
func owned(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(s.Uid) == os.Geteuid()
}

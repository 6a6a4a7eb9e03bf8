//go:build chaos

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The program of the chaos tests has a clock that can be set: time.Now of its own standard library adds what a file says, and a
// file of its main package reads it. The program that is shipped has neither.
func init() {
	buildWith = func(dir string) []string {
		write := func(name, text string) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				panic(err)
			}
			return path
		}
		clock := filepath.Join(runtime.GOROOT(), "src", "time", "time.go")
		source, err := os.ReadFile(clock)
		if err != nil {
			panic(err)
		}
		const now = "	sec, nsec, mono := runtimeNow()\n	if mono == 0 {\n		return Time{uint64(nsec), sec + unixToInternal, Local}\n	}\n"
		if strings.Count(string(source), now) != 1 {
			panic("time.Now of this Go is another; write the clock of the chaos tests anew")
		}
		changed := strings.Replace(string(source), now, strings.Replace(now, "\n", "\n	sec += shift.Load()\n", 1), 1)
		changed = strings.Replace(changed, "import (\n", "import (\n	\"sync/atomic\"\n", 1)
		changed += "\nvar shift atomic.Int64\n\n// Shift sets this process's clock.\nfunc Shift(seconds int64) { shift.Store(seconds) }\n"
		root, err := filepath.Abs("..")
		if err != nil {
			panic(err)
		}
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
			clock: write("time.go", changed),
			filepath.Join(root, "cmd", "sellthrough", "clock.go"): write("clock.go", `package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

func init() {
	go func() {
		for {
			text, _ := os.ReadFile(os.Getenv("SELLTHROUGH_CLOCK"))
			n, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			time.Shift(n)
			time.Sleep(200 * time.Millisecond)
		}
	}()
}
`),
		}})
		if err != nil {
			panic(err)
		}
		return []string{"build", "-overlay", write("overlay.json", string(overlay))}
	}
}

//go:build darwin || linux

package clickhouse

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

// runLibrary loads the library at path and runs it as a server until ended closes. The server ends because its one
// long statement, an insert from a pipe that nothing is ever written to, comes to the pipe's end.
func runLibrary(path, config string, ended <-chan struct{}) error {
	// The library keeps thread-local state between its calls.
	runtime.LockOSThread()
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	for _, name := range []string{"chdb_query_cmdline", "chdb_result_error"} {
		if _, err := purego.Dlsym(handle, name); err != nil {
			return fmt.Errorf("%s is not the expected library: %w", path, err)
		}
	}
	// chdb_result *chdb_query_cmdline(int argc, char **argv);
	var query func(argc int32, argv unsafe.Pointer) uintptr
	purego.RegisterLibFunc(&query, handle, "chdb_query_cmdline")
	// const char *chdb_result_error(chdb_result *result);
	var failure func(result uintptr) string
	purego.RegisterLibFunc(&failure, handle, "chdb_result_error")

	hold, release, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make pipe: %w", err)
	}
	defer hold.Close()
	go func() {
		<-ended
		release.Close()
	}()

	// startQuota in the configuration counts these three statements.
	statements := "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; " +
		fmt.Sprintf("INSERT INTO FUNCTION null('x String') FROM INFILE '/dev/fd/%d' FORMAT TSV", hold.Fd())
	argv := cmdline("clickhouse", "--config-file="+config, "--query="+statements)
	result := query(int32(len(argv)-1), unsafe.Pointer(&argv[0]))
	runtime.KeepAlive(argv)
	if result == 0 {
		return errors.New("the engine ended without a result")
	}
	if text := failure(result); text != "" {
		text, _, _ = strings.Cut(text, ", Stack trace")
		return errors.New(strings.TrimSpace(text))
	}
	return nil
}

// cmdline lays out args as C's argv, which ends with a nil.
func cmdline(args ...string) []*byte {
	argv := make([]*byte, len(args)+1)
	for i, a := range args {
		argv[i] = &append([]byte(a), 0)[0]
	}
	return argv
}

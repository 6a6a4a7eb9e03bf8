package clickhouse_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"sellthrough/internal/embedded/clickhouse"
	"sellthrough/internal/embedded/enginetest"
)

// parentCommand makes the test binary a program that runs a server in argv[2] with the library argv[3], for the tests
// that kill such a program.
const parentCommand = "clickhouse-parent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == parentCommand {
		os.Exit(parent(os.Args[2], os.Args[3]))
	}
	enginetest.Users(clickhouse.User{
		Name: "small_reader", Password: readPassword, Grants: []string{"GRANT SELECT(n) ON test_users.t"},
		Policies: []clickhouse.Policy{{Database: "test_users", Table: "t", Filter: "n < 2"}},
	})
	enginetest.Main(m)
}

// parent prints the server's addresses when it is ready and runs until it is killed.
func parent(dir, lib string) int {
	s, err := clickhouse.New(clickhouse.Options{
		LibPath: lib, Dir: dir, AdminPassword: adminPassword, ReadPassword: readPassword,
	})
	if err == nil {
		err = s.Run(context.Background(), func(a clickhouse.Address) { fmt.Println(a.TCP) })
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

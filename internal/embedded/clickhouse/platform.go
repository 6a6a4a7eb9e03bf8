package clickhouse

import "fmt"

// Version is the npm version of the library; it holds ClickHouse 26.7.2.
const Version = "26.7.3-stable.1"

// library says where a platform's library comes from.
type library struct {
	name      string // npm package
	integrity string // "sha512-" and base64, as npm writes it; "" = ask the registry, trusting it
}

func libraryFor(goos, goarch string) (library, error) {
	switch goos + "/" + goarch {
	case "linux/amd64":
		return library{
			name:      "@chdb/lib-linux-x64-gnu",
			integrity: "sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==",
		}, nil
	case "linux/arm64":
		return library{name: "@chdb/lib-linux-arm64-gnu"}, nil
	case "darwin/arm64":
		return library{name: "@chdb/lib-darwin-arm64"}, nil
	case "darwin/amd64":
		return library{name: "@chdb/lib-darwin-x64"}, nil
	}
	return library{}, fmt.Errorf("there is no embedded ClickHouse for %s/%s: run a ClickHouse elsewhere and set engines.clickhouse.address", goos, goarch)
}

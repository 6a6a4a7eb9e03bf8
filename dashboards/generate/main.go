// Command generate writes dashboards/grafana from dashboards/boards and numbers. Run it in the module's root, or by
// `go generate ./dashboards`.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sellthrough/dashboards/boards"
)

func main() {
	dir := flag.String("dir", "dashboards/grafana", "the `folder` that gets en/*.json and zh/*.json")
	flag.Parse()
	if err := write(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	for _, lang := range boards.Langs {
		files, err := boards.Files(lang)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, lang)
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(to, name), text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

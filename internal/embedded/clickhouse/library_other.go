//go:build !darwin && !linux

package clickhouse

import (
	"errors"
	"fmt"
)

func runLibrary(path, _ string, _ <-chan struct{}) error {
	return fmt.Errorf("load %s: %w", path, errors.ErrUnsupported)
}

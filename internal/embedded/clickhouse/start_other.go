//go:build !unix

package clickhouse

import (
	"errors"
	"os/exec"
)

func start(*exec.Cmd) (<-chan error, error) { return nil, errors.ErrUnsupported }

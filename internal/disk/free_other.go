//go:build !linux && !darwin

package disk

import "errors"

// free can't be told here.
func free(string) (int64, error) { return 0, errors.ErrUnsupported }

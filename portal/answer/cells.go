package answer

import (
	"fmt"
	"reflect"
)

// Text is a cell of a table as it reads.
func Text(v any) string { return fmt.Sprint(v) }

// Whole is a cell that holds a whole number, of whatever width; another cell is 0.
func Whole(v any) int64 {
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint())
	}
	return 0
}

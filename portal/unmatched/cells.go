package unmatched

import (
	"fmt"
	"reflect"
)

// codeOf reads a row of codeColumns.
func codeOf(row []any) Code {
	c := Code{Partner: text(row[0]), What: text(row[1]), Code: text(row[2]), Lines: whole(row[3]), Units: text(row[4]), Money: maybe(row[5]), Levels: whole(row[6]), First: text(row[8]), Last: text(row[9])}
	if feeds, ok := row[7].([]string); ok {
		c.Feeds = feeds
	}
	return c
}

func text(v any) string { return fmt.Sprint(v) }

// maybe is a text that may be NULL.
func maybe(v any) *string {
	if s, ok := v.(*string); ok {
		return s
	}
	if v == nil {
		return nil
	}
	s := text(v)
	return &s
}

func whole(v any) int64 {
	r := reflect.ValueOf(v)
	switch {
	case r.CanInt():
		return r.Int()
	case r.CanUint():
		return int64(r.Uint())
	}
	return 0
}

package page

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// appendCell writes a cell as JSON. A number is written with all its digits; one that a browser could not hold exactly
// is text. An instant is its milliseconds, a day its text.
func appendCell(b []byte, kind string, v any) []byte {
	v = behind(v)
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return appendFloat(b, v, 64)
	case float32:
		return appendFloat(b, float64(v), 32)
	case time.Time:
		if isDay(kind) {
			return appendText(b, v.Format(time.DateOnly))
		}
		return strconv.AppendInt(b, v.UnixMilli(), 10)
	case *big.Int:
		return appendText(b, v.String())
	case []byte:
		return appendText(b, string(v))
	case fmt.Stringer:
		if strings.Contains(kind, "Decimal") {
			return append(b, v.String()...)
		}
		return appendText(b, v.String())
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n := r.Int(); n > 1<<53 || n < -1<<53 {
			return append(strconv.AppendInt(append(b, '"'), n, 10), '"')
		}
		return strconv.AppendInt(b, r.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n := r.Uint(); n > 1<<53 {
			return append(strconv.AppendUint(append(b, '"'), n, 10), '"')
		}
		return strconv.AppendUint(b, r.Uint(), 10)
	case reflect.Slice, reflect.Array:
		b = append(b, '[')
		for i := range r.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCell(b, kind, r.Index(i).Interface())
		}
		return append(b, ']')
	}
	return appendText(b, fmt.Sprint(v))
}

// behind is what a pointer points at, nil where it points at nothing: how the driver gives what may be NULL.
func behind(v any) any {
	for r := reflect.ValueOf(v); r.Kind() == reflect.Pointer; r = reflect.ValueOf(v) {
		if r.IsNil() {
			return nil
		}
		if _, ok := v.(*big.Int); ok {
			return v
		}
		v = r.Elem().Interface()
	}
	return v
}

func appendFloat(b []byte, v float64, bits int) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, bits)
}

func appendText(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string is always written
		return append(b, "null"...)
	}
	return append(b, text...)
}

// isDay says whether a type holds days and not instants.
func isDay(kind string) bool {
	return strings.Contains(kind, "Date") && !strings.Contains(kind, "DateTime")
}

// plain is a cell as a person types it.
func plain(v any) string {
	v = behind(v)
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		if v.Equal(v.Truncate(24 * time.Hour)) {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.DateTime)
	}
	return fmt.Sprint(v)
}

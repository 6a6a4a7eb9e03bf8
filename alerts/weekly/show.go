package weekly

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"sellthrough/alerts"
)

// title is the name of a rule.
func (w *Writer) title(rule any) alerts.Text {
	name := fmt.Sprint(rule)
	if t, ok := w.o.Titles[name]; ok {
		return t
	}
	return alerts.Text{En: name, Zh: name}
}

var kinds = map[string]alerts.Text{
	"sell_in": {En: "Sell-in", Zh: "进货 (sell-in)"}, "sell_through": {En: "Sell-through", Zh: "分销 (sell-through)"}, "sell_out": {En: "Sell-out", Zh: "零售 (sell-out)"},
	"return_in": {En: "Returns from customers", Zh: "客户退货"}, "return_out": {En: "Returns to vendor", Zh: "退回厂商"},
}

func kind(name any) alerts.Text {
	if t, ok := kinds[fmt.Sprint(name)]; ok {
		return t
	}
	return alerts.Text{En: fmt.Sprint(name), Zh: fmt.Sprint(name)}
}

// amount reads a number of any of the driver's types; NULL is 0.
func amount(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case fmt.Stringer:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return 0
		}
		f, err := strconv.ParseFloat(n.String(), 64)
		if err != nil {
			return 0
		}
		return f
	}
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return 0
	case r.Kind() == reflect.Pointer:
		if r.IsNil() {
			return 0
		}
		return amount(r.Elem().Interface())
	case r.CanInt():
		return float64(r.Int())
	case r.CanUint():
		return float64(r.Uint())
	case r.CanFloat():
		return r.Float()
	}
	return 0
}

// number shows a cell: numbers without places and with marks for thousands, days as days.
func number(v any) string {
	switch t := v.(type) {
	case string:
		return t
	case time.Time:
		return t.Format(time.DateOnly)
	}
	return whole(amount(v))
}

// whole is f without places, with thin marks for thousands.
func whole(f float64) string {
	digits := strconv.FormatFloat(math.Abs(math.Round(f)), 'f', 0, 64)
	var b strings.Builder
	if math.Round(f) < 0 {
		b.WriteString("−")
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func signed(f float64) string {
	if math.Round(f) > 0 {
		return "+" + whole(f)
	}
	return whole(f)
}

// growth is now ÷ then − 1 in percent; without a then there is none.
func growth(now, then any) string {
	a, b := amount(now), amount(then)
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%+.1f %%", 100*(a/b-1))
}

package pagetest

import (
	"testing"
	"time"
)

// A check that says yes to everything would be worth nothing: beside each text that is right stands one that is not.
func TestATextAgreesWithItsValueAndNoOther(t *testing.T) {
	zone := time.FixedZone("", 8*3600)
	mapped := map[string][]string{"late": {"迟到"}, "0": {"none"}}
	ok := func(raw any, kind, right, wrong string) {
		t.Helper()
		if !Agrees(right, raw, kind, zone, mapped) {
			t.Errorf("%q is not taken for %v", right, raw)
		}
		if Agrees(wrong, raw, kind, zone, mapped) {
			t.Errorf("%q is taken for %v", wrong, raw)
		}
	}
	ok(1506.1, "Decimal(18, 6)", "1,506.10", "1,506.11")
	ok(1506.1, "Float64", "£1.51 K", "£1.52 K")
	ok(-3.0, "Int64", "-3", "3")
	ok(-1506.1, "Float64", "-£1.51 K", "£1.51 K")
	ok(0.0, "Int64", "none", "some")
	ok(12345.0, "Int64", "1.23 万", "1.24 万")
	ok(83.5, "Float64", "83.5%", "83.6%")
	ok(0.835, "Float64", "83.5%", "82.5%")
	ok(2048.0, "UInt64", "2 KiB", "3 KiB")
	ok(90.0, "Float64", "1.5 min", "1.6 min")
	ok(7200000.0, "Float64", "2 h", "3 h")
	ok("12345678901234567890", "UInt64", "12,345,678,901,234,567,890", "1")
	ok("2026-03-02", "Date32", "2026-03-02", "2026-03-03")
	ok(1772445600000.0, "DateTime('UTC')", "2026-03-02 18:00", "2026-03-02 10:00")
	ok("late", "String", "迟到", "准时")
	ok("acme", "String", "acme", "acm")
	ok([]any{"a", 2.0}, "Array(String)", "a, 2", "a")
	ok(5.0, "Int64", "5", "")
}

package page

import (
	"encoding/json"
	"testing"
	"time"

	"sellthrough/internal/access"
	"sellthrough/internal/embedded/enginetest"
	"sellthrough/sinks/clickhouse"
)

// Whatever ClickHouse has, as itself and as what may be NULL, comes to the browser and into a file as what it is.
func TestEveryTypeComesAsItself(t *testing.T) {
	s := enginetest.ClickHouse(t)
	r, err := clickhouse.NewReader(clickhouse.ReaderOptions{Address: s.TCP, Database: enginetest.Database(t), User: s.ReadUser, Password: s.ReadPassword})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	zone := time.FixedZone("", 3600)
	for _, c := range []struct{ sql, json, file string }{
		{"toDateTime('2026-03-02 14:30:00', 'UTC')", "1772461800000", "2026-03-02 15:30:00"},
		{"toDateTime64('2026-03-02 14:30:00.250', 3, 'UTC')", "1772461800250", "2026-03-02 15:30:00"},
		{"toDate('2026-03-02')", `"2026-03-02"`, "2026-03-02"},
		{"toDate32('1970-01-01')", `"1970-01-01"`, "1970-01-01"},
		{"toDecimal64('-1506.1', 6)", "-1506.1", "-1506.1"},
		{"toDecimal128('12345678901234567890.123456', 6)", "12345678901234567890.123456", "12345678901234567890.123456"},
		{"toInt8(-3)", "-3", "-3"},
		{"toUInt64(9007199254740993)", `"9007199254740993"`, "9007199254740993"},
		{"toInt128('-170141183460469231731687303715884105728')", `"-170141183460469231731687303715884105728"`, "-170141183460469231731687303715884105728"},
		{"toFloat64(0.1)", "0.1", "0.1"},
		{"toFloat64('nan')", "null", "NaN"},
		{"true", "true", "true"},
		{"'=1+1'", `"=1+1"`, "'=1+1"},
		{"toLowCardinality('中文')", `"中文"`, "中文"},
		{"CAST('b' AS Enum8('a' = 1, 'b' = 2))", `"b"`, "b"},
	} {
		for _, sql := range []string{"SELECT " + c.sql, "SELECT if(number = 0, v, NULL) FROM (SELECT " + c.sql + " AS v, number FROM numbers(2)) ORDER BY number"} {
			got, err := r.Read(t.Context(), access.Local(), sql)
			if err != nil {
				t.Errorf("%s: %v", sql, err)
				continue
			}
			if text := string(appendCell(nil, got.Types[0], got.Rows[0][0])); text != c.json || !json.Valid([]byte(text)) {
				t.Errorf("%s is %s for the browser, want %s", sql, text, c.json)
			}
			if text := cellText(got.Types[0], got.Rows[0][0], zone); text != c.file {
				t.Errorf("%s is %s in a file, want %s", sql, text, c.file)
			}
			if len(got.Rows) < 2 {
				continue
			}
			if text := string(appendCell(nil, got.Types[0], got.Rows[1][0])); text != "null" {
				t.Errorf("%s: NULL is %s for the browser", sql, text)
			}
			if text := cellText(got.Types[0], got.Rows[1][0], zone); text != "" {
				t.Errorf("%s: NULL is %q in a file", sql, text)
			}
		}
	}
	lists, err := r.Read(t.Context(), access.Local(), "SELECT ['a', 'b'] AS a, [toNullable(1), NULL] AS n")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`["a","b"]`, "[1,null]"} {
		if text := string(appendCell(nil, lists.Types[i], lists.Rows[0][i])); text != want {
			t.Errorf("%s is %s, want %s", lists.Types[i], text, want)
		}
	}
}

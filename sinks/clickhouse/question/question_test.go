package question

import (
	"strings"
	"testing"
)

func ok(t *testing.T, sql string) {
	t.Helper()
	if err := Check(sql); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

func bad(t *testing.T, sql, why string) {
	t.Helper()
	if err := Check(sql); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: got %v, want %q", sql, err, why)
	}
}

func TestQuestionsOfBoardsPass(t *testing.T) {
	ok(t, "SELECT 1")
	ok(t, "  /* 数 */ with a AS (SELECT 1) SELECT * FROM a;  ")
	ok(t, "(SELECT 1) UNION ALL (SELECT 2)")
	ok(t, "-- a line\r\nSELECT toStartOfInterval(toDateTime(d), INTERVAL 1 day) AS `天`, 'it''s, \\' file(' FROM numbers(10) WHERE a->>'x' != 3.5e-2")
	ok(t, "SELECT s.file AS file, v_submissions.`file` FROM v_submissions AS s")
	ok(t, "SELECT url, merge, remote, system FROM t WHERE x IN ('file', 'mergeTreeIndex(')")
	ok(t, "SELECT format('{}', x), arrayMap(x -> x.1, a), {d:Date}, @@x, a::Int8, c ? 1 : 2 FROM t")
	ok(t, "SELECT 1 -- file('/etc/passwd')")
	ok(t, `SELECT "the file" FROM t SETTINGS max_execution_time = 5`)
}

func TestOnlySelectIsAQuestion(t *testing.T) {
	for _, sql := range []string{
		"", "((", "INSERT INTO t VALUES (1)", "SET readonly = 0", "EXPLAIN SELECT 1", "SHOW TABLES", "KILL QUERY WHERE 1", "'SELECT'", "`select` 1",
		"DESCRIBE t", "SYSTEM RELOAD CONFIG", "USE system", "FROM t SELECT 1", "/* SELECT */ DROP TABLE t",
	} {
		bad(t, sql, "begins with SELECT")
	}
	bad(t, "SELECT 1; SELECT 2", "one question")
}

func TestFunctionsThatReachOutAreRefusedHoweverTheyAreNamed(t *testing.T) {
	for _, sql := range []string{
		"SELECT file('/etc/passwd')", "SELECT `file`('/etc/passwd')", `SELECT "file" ('/etc/passwd')`, "SELECT FILE('x')", "SELECT file/**/('x')",
		"SELECT file -- \n ('x')", "SELECT * APPLY(file) FROM t", "SELECT * APPLY file FROM t", "SELECT arrayMap(file, ['/etc/passwd'])",
		"SELECT arrayMap(1.file, ['x'])", "SELECT a.file('x')", "SELECT 1 AS file, arrayMap(file, ['x'])", "SELECT 1 as file('x')", "SELECT sleep(3)", "SELECT aiGenerate('x')", "SELECT '\\\\', file('x')", "SELECT '''', file('x')",
		"SELECT '-- ', file('x')", "SELECT '/*', file('x') /* */", "SELECT /* /* */ file('x')",
	} {
		bad(t, sql, "no question may use")
	}
	for _, sql := range []string{
		"SELECT * FROM mergeTreeIndex(d, t)", "SELECT * FROM `mergeTreeIndex` (d, t)", "SELECT * FROM url('http://x')", "SELECT * FROM merge('.*')",
		"SELECT * FROM remote('x', d.t)", "SELECT * FROM cluster('x', d.t)", "SELECT * FROM viewIfPermitted(SELECT 1 ELSE null('x Int8'))",
	} {
		bad(t, sql, "not for questions")
	}
	bad(t, "SELECT * FROM eval('SELECT 1')", "no question may use")
	bad(t, "SELECT * FROM system.tables", "tables of system")
	bad(t, "SELECT * FROM `SYSTEM` . tables", "tables of system")
	bad(t, "SELECT * FROM information_schema.tables", "tables of information_schema")
}

func TestWhatMightBeReadInTwoWaysIsRefused(t *testing.T) {
	bad(t, "SELECT $a$ ' $a$, file('x') -- '", "not allowed outside")
	bad(t, "SELECT 1 # ' \n, file('x') -- '", "not allowed outside")
	bad(t, "SELECT “file”('x')", "not allowed outside")
	bad(t, "SELECT ‘a’", "not allowed outside")
	bad(t, "SELECT\u00a01", "not allowed outside")
	bad(t, `SELECT \e`, "not allowed outside")
	bad(t, "SELECT 1\x00", "not allowed outside")
	bad(t, `SELECT "f\x69le"('x')`, "backslash")
	bad(t, `SELECT x'\', file('/etc/passwd') --'`, "touches")
	bad(t, "SELECT 1 -- \r ' \n, file('x') -- '", "control character")
	bad(t, "SELECT 1 -- \x00", "control character")
	bad(t, "SELECT '\x00'", "control character")
	bad(t, "SELECT 'a", "not closed")
	bad(t, "SELECT 'a\\", "not closed")
	bad(t, "SELECT /* ", "not closed")
	bad(t, "SELECT 1 // ' \n", "not understood")
}

func FuzzWhatPassesNamesNoForbiddenFunctionInClearText(f *testing.F) {
	f.Add("SELECT file('x')")
	f.Add("SELECT 'a' , \"b\" -- c\n /* d */")
	f.Fuzz(func(t *testing.T, sql string) {
		if Check(sql) != nil {
			return
		}
		// A text without quotes, comments and dots has nothing to hide a name in.
		if !strings.ContainsAny(sql, "'\"`.") && !strings.Contains(sql, "--") && !strings.Contains(sql, "/*") {
			before := ""
			for _, w := range strings.FieldsFunc(strings.ToLower(sql), func(r rune) bool { return r > 127 || !isWord(byte(r)) }) {
				named := before == "as"
				if before = w; functions[w] && !named {
					t.Errorf("%q passes and names %s", sql, w)
				}
			}
		}
	})
}

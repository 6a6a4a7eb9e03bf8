package sheet

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sellthrough"
)

var totalWords = map[string]string{
	"合计": Grand, "总计": Grand, "合計": Grand, "總計": Grand, "总合计": Grand, "汇总": Grand, "全部合计": Grand,
	"小计": Sub, "小計": Sub, "本页合计": Sub, "本页小计": Sub, "门店合计": Sub, "分类合计": Sub,
	"累计": Running, "累計": Running, "本页累计": Running,
	"total": Grand, "totals": Grand, "grand total": Grand, "sum": Grand, "overall total": Grand, "report total": Grand,
	"subtotal": Sub, "sub total": Sub, "sub-total": Sub, "page total": Sub, "store total": Sub, "running total": Running,
	"summe": Grand, "gesamt": Grand, "gesamtsumme": Grand, "zwischensumme": Sub, "insgesamt": Grand,
}

var footerWords = []string{
	"制表人", "制表时间", "制表日期", "打印时间", "打印日期", "打印人", "导出时间", "审核人", "审核", "复核", "备注", "说明", "製表人", "列印時間", "備註",
	"printed", "generated", "exported", "report generated", "end of report", "end of file", "created by", "prepared by", "erstellt",
}

// Totals lists the words that are known to head a total row.
func Totals() []string {
	var out []string
	for w := range totalWords {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// words are the labels of one layout.
type words struct {
	totals  map[string]string
	footers []string
	first   [256]bool // bytes that a label may begin with, as written
}

func newWords(l *Layout) *words {
	w := &words{totals: map[string]string{}, footers: slices.Clone(footerWords)}
	maps.Copy(w.totals, totalWords)
	for _, t := range l.Totals {
		if _, known := w.totals[plain(t)]; !known {
			w.totals[plain(t)] = Grand
		}
	}
	for _, f := range l.Footers {
		w.footers = append(w.footers, plain(f))
	}
	mark := func(s string) {
		if s != "" {
			w.first[s[0]] = true
			r, _ := utf8.DecodeRuneInString(s)
			w.first[string(unicode.ToUpper(r))[0]] = true
		}
	}
	for t := range w.totals {
		mark(t)
	}
	for _, f := range w.footers {
		mark(f)
	}
	mark("共")
	for _, c := range " \t\u00A0\u3000*【[(（-=＊Ａ" { // blanks, brackets and full-width letters before a word
		w.first[string(c)[0]] = true
	}
	return w
}

// plain is a cell in the form that words are compared in.
func plain(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("*[]()【】-=\uFEFF", r) })
	if strings.ContainsRune(s, ' ') && s[0] >= 0x80 { // 合 计
		s = strings.ReplaceAll(s, " ", "")
	}
	return s
}

// total asks whether a cell is the word for a total, alone or followed by a colon, bracket or figure.
func (w *words) total(cell []byte) (kind string, ok bool) {
	if len(cell) == 0 || len(cell) > 60 || !w.first[cell[0]] {
		return "", false
	}
	if cell[0] < 0x80 && (cell[0]|0x20) >= 'a' && (cell[0]|0x20) <= 'z' { // nearly all of them are codes: no allocation
		var low [60]byte
		n := 0
		for n < len(cell) && (cell[n] >= 'a' && cell[n] <= 'z' || cell[n] >= 'A' && cell[n] <= 'Z' || cell[n] == ' ' || cell[n] == '-' && n+1 < len(cell) && cell[n+1] > '9') {
			low[n] = cell[n]
			if cell[n] <= 'Z' && cell[n] >= 'A' {
				low[n] |= 0x20
			}
			n++
		}
		if n == len(cell) || cell[n] < 0x80 {
			kind, ok = w.totals[string(bytes.TrimRight(low[:n], " "))]
			return kind, ok && (n == len(cell) || bytes.IndexByte([]byte(":(=*0123456789"), cell[n]) >= 0)
		}
	}
	s := plain(string(cell))
	if kind, ok := w.totals[s]; ok {
		return kind, true
	}
	if rest, ok := strings.CutPrefix(s, "共"); ok {
		digits := strings.TrimLeft(rest, "0123456789, ")
		return Grand, digits != rest && (digits == "" || strings.ContainsRune("条行笔件项种個个筆條項", firstRune(digits)))
	}
	i := strings.IndexAny(s, ":(0123456789")
	if i <= 0 {
		return "", false
	}
	kind, ok = w.totals[strings.TrimSpace(s[:i])]
	return kind, ok
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// footer asks whether a cell begins as a remark does.
func (w *words) footer(cell []byte) bool {
	if len(cell) == 0 || !w.first[cell[0]] {
		return false
	}
	s := plain(string(cell[:min(len(cell), 200)]))
	for _, f := range w.footers {
		if rest, ok := strings.CutPrefix(s, f); ok && (rest == "" || !unicode.IsLetter(firstRune(rest)) || f[0] >= 0x80 && strings.ContainsAny(s, ":：")) {
			return true
		}
	}
	return false
}

type class uint8

const (
	data class = iota
	total
	footer
	repeated
)

// classify tells what a row below the header is. key are the columns that data fills, with the item first.
func (r *Reader) classify(fields [][]byte) (class, string, string) {
	if r.layout.KeepTotals {
		return data, "", ""
	}
	if len(fields) > 0 && r.isHeader(fields) {
		return repeated, "", ""
	}
	var key []byte
	if r.key >= 0 && r.key < len(fields) {
		key = trim(fields[r.key])
	} else if r.key < 0 { // nothing tells items apart: the first cell that is filled has to be the word
		for _, f := range fields {
			if key = trim(f); len(key) > 0 {
				break
			}
		}
	}
	if len(key) > 0 {
		if !r.words.first[key[0]] {
			return data, "", ""
		}
		if kind, ok := r.words.total(key); ok {
			return total, kind, string(key)
		}
		if filled(fields, 3) <= 2 && r.words.footer(key) {
			return footer, "", ""
		}
		return data, "", ""
	}
	first := true
	for _, f := range fields {
		f = trim(f)
		if len(f) == 0 {
			continue
		}
		if kind, ok := r.words.total(f); ok {
			return total, kind, string(f)
		}
		if first && r.words.footer(f) {
			return footer, "", ""
		}
		first = false
	}
	if r.layout.BlankTotal && !first && r.figures(fields) {
		return total, Grand, ""
	}
	return data, "", ""
}

// figures asks whether a row without a key holds nothing but numbers.
func (r *Reader) figures(fields [][]byte) bool {
	for _, f := range fields {
		if f = trim(f); len(f) > 0 && !numeric(f) {
			return false
		}
	}
	return true
}

// numeric asks whether a cell is digits with the marks of a number, in any convention.
func numeric(b []byte) bool {
	digits := 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' || c == ',' || c == '-' || c == '+' || c == ' ' || c == '\'' || c == '(' || c == ')' || c == '%':
		default:
			return false
		}
	}
	return digits > 0
}

// filled counts the cells that hold something, up to a limit.
func filled(fields [][]byte, most int) int {
	n := 0
	for _, f := range fields {
		if len(f) > 0 && len(trim(f)) > 0 {
			if n++; n == most {
				break
			}
		}
	}
	return n
}

func trim(b []byte) []byte {
	if len(b) > 0 && b[0] > ' ' && b[0] < 0x80 && b[len(b)-1] > ' ' && b[len(b)-1] < 0x80 {
		return b
	}
	return bytes.TrimFunc(b, func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' })
}

// sum is one column that is added up.
type sum struct {
	name      string
	column    int
	all, part sellthrough.Decimal // of the rows up to the last total; of those since
	bad       bool                // a cell could not be read
	badPart   bool
}

func (s *sum) add(cell []byte, number func([]byte) (sellthrough.Decimal, bool)) {
	if cell = trim(cell); len(cell) == 0 {
		return
	}
	if d, ok := number(cell); ok {
		if part, err := s.part.Add(d); err == nil {
			s.part = part
			return
		}
	}
	s.bad, s.badPart = true, true
}

// fold adds the rows since the last total to all.
func (s *sum) fold() {
	all, err := s.all.Add(s.part)
	if err != nil {
		s.bad = true
	}
	s.all = all
}

// control makes a Total of a total row.
func (r *Reader) control(fields [][]byte, row uint32, kind, label string) Total {
	t := Total{Row: row, Label: label, Kind: kind, Names: r.names}
	for i := range r.names {
		v := ""
		if i < len(fields) {
			v = string(trim(fields[i]))
		}
		t.Values = append(t.Values, v)
	}
	for i := range r.sums {
		s := &r.sums[i]
		if s.fold(); s.column >= len(fields) {
			continue
		}
		cell := trim(fields[s.column])
		if len(cell) == 0 {
			continue
		}
		says, ok := r.opt.Number(cell)
		if !ok {
			continue
		}
		c := Check{Column: s.name, Says: says, Adds: s.all, Agrees: says == s.all, Unsure: s.bad}
		switch {
		case kind == Sub:
			c.Adds, c.Agrees, c.Unsure = s.part, says == s.part, s.badPart
		case kind == Grand && !c.Agrees && r.since > 0 && says == s.part: // a grand total of one block of several
			c.Adds, c.Agrees, c.Unsure = s.part, true, s.badPart
		}
		t.Checks = append(t.Checks, c)
	}
	for i := range r.sums {
		r.sums[i].part, r.sums[i].badPart = 0, false
	}
	r.since = 0
	return t
}

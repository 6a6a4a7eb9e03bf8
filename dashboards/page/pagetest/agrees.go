package pagetest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Agrees says whether a text on the page is a fair account of a value that was answered: a number to the digits shown, in
// whatever unit, an instant, a day, a text that stands for it, or the value itself.
func Agrees(text string, raw any, kind string, zone *time.Location, mapped map[string][]string) bool {
	text = strings.TrimSpace(text)
	if texts, ok := mapped[plain(raw)]; ok && slices.Contains(texts, text) {
		return true
	}
	if slices.Contains(mapped[""], text) {
		return true
	}
	switch v := raw.(type) {
	case nil:
		return true // what is written for nothing is the board's choice
	case bool:
		return slices.Contains([]string{"true", "false", "是", "否"}, text)
	case float64:
		if strings.Contains(kind, "DateTime") || dateTime.MatchString(text) {
			return instant(text, int64(v), zone)
		}
		return number(text, v)
	case string:
		if isNumber(kind) { // with more digits than a browser holds
			f, err := strconv.ParseFloat(v, 64)
			return err == nil && number(text, f)
		}
		return text == strings.TrimSpace(v) || strings.Join(strings.Fields(text), " ") == strings.Join(strings.Fields(v), " ")
	case []any:
		var parts []string
		for _, x := range v {
			parts = append(parts, plain(x))
		}
		return text == strings.Join(parts, ", ")
	}
	return false
}

func isNumber(kind string) bool {
	return strings.Contains(kind, "Int") || strings.Contains(kind, "Float") || strings.Contains(kind, "Decimal")
}

func plain(raw any) string {
	if f, ok := raw.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(raw)
}

var dateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?$`)

func instant(text string, ms int64, zone *time.Location) bool {
	at := time.UnixMilli(ms).In(zone)
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime} {
		if at.Format(layout) == text {
			return true
		}
	}
	return strings.Contains(text, "ago") || strings.HasPrefix(text, "in ") || strings.HasSuffix(text, "前") || strings.HasSuffix(text, "后")
}

var figures = regexp.MustCompile(`(\d[\d,]*)(\.\d+)?`)

// factors are what a word behind a number multiplies it with, in the answer's own unit or in seconds.
var factors = []struct {
	word string
	by   []float64
}{
	{"万亿", []float64{1e12}},
	{"亿", []float64{1e8}},
	{"万", []float64{1e4}},
	{"Tri", []float64{1e12}},
	{"Bil", []float64{1e9}},
	{"Mil", []float64{1e6}},
	{"KiB", []float64{1 << 10}},
	{"MiB", []float64{1 << 20}},
	{"GiB", []float64{1 << 30}},
	{"TiB", []float64{1 << 40}},
	{"kB", []float64{1e3}},
	{"MB", []float64{1e6}},
	{"GB", []float64{1e9}},
	{"years", seconds(365 * 86400)},
	{"年", seconds(365 * 86400)},
	{"days", seconds(86400)},
	{"天", seconds(86400)},
	{"min", seconds(60)},
	{"分钟", seconds(60)},
	{"小时", seconds(3600)},
	{"毫秒", seconds(1e-3)},
	{"微秒", seconds(1e-6)},
	{"秒", seconds(1)},
	{"ms", seconds(1e-3)},
	{"µs", seconds(1e-6)},
	{" h", seconds(3600)},
	{" s", seconds(1)},
	{"%", []float64{1, 0.01}},
	{" K", []float64{1e3}},
	{" M", []float64{1e6}},
	{" G", []float64{1e9}},
}

// seconds are the factors of a length of time, whatever unit the answer is in.
func seconds(s float64) []float64 {
	return []float64{s, s * 1e3, s / 60, s / 3600, s / 86400, s * 1e9, s * 1e6, 1}
}

func number(text string, raw float64) bool {
	m := figures.FindStringSubmatchIndex(text)
	if m == nil {
		return false
	}
	digits := strings.ReplaceAll(text[m[0]:m[1]], ",", "")
	shown, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return false
	}
	if head := text[:m[0]]; strings.ContainsAny(head, "-−") {
		shown = -shown
	}
	half := 0.5
	if dot := strings.IndexByte(digits, '.'); dot >= 0 {
		half = 0.5 * math.Pow10(-(len(digits) - dot - 1))
	}
	by := []float64{1}
	for _, f := range factors {
		if strings.Contains(text[m[1]:], f.word) {
			by = append(slices.Clone(f.by), 1)
			break
		}
	}
	return slices.ContainsFunc(by, func(factor float64) bool {
		return math.Abs(shown*factor-raw) <= half*math.Abs(factor)*1.0001+math.Abs(raw)*1e-12
	})
}

// Package phrases brings what is said of files and rows into Chinese: why a row is refused, what is asked of a file, what
// stands in the way. Those who say it say it in English, in packages that know nothing of a page.
//
// phrases.txt is the book: a phrase a line, English and Chinese with " => " between them. {1} stands for what is the data's own,
// {1#} for a word of it with a digit, {1"} for what is quoted, {1&} for names with "and" or "or" between them, {1*} for what is a phrase itself. A sentence of several phrases is
// brought over piece by piece. The page has the same book and the same rules in phrases.js, and a test holds them to the same
// cases.
package phrases

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
)

//go:embed phrases.txt phrases.js
var files embed.FS

// Files are the book and its reader, for the page.
func Files() fs.FS { return files }

// arrow parts the two languages of a line.
const arrow = " => "

type phrase struct {
	head    string // what its sentences begin with
	form    *regexp.Regexp
	zh      string
	marks   map[int]string // of the slots
	literal int            // letters that are its own
}

var slot = regexp.MustCompile(`\{(\d)([*#"&]?)\}`)

// fills are what slots stand for, by their marks.
var fills = map[string]string{"": `(.*?)`, "*": `(.*?)`, "&": `(.*?)`, "#": `(\S*\d\S*)`, `"`: `("(?:[^"\\]|\\.)*")`}

// parse reads a line of the book.
func parse(line string) (phrase, error) {
	en, zh, ok := strings.Cut(line, arrow)
	if !ok || en == "" || zh == "" {
		return phrase{}, fmt.Errorf("%q is no phrase", line)
	}
	p := phrase{zh: zh, marks: map[int]string{}}
	var form strings.Builder
	at, n := 0, 0
	form.WriteString(`(?s)^`)
	for _, m := range slot.FindAllStringSubmatchIndex(en, -1) {
		if n == 0 {
			p.head = en[:m[0]]
		}
		n++
		form.WriteString(regexp.QuoteMeta(en[at:m[0]]) + fills[en[m[4]:m[5]]])
		if en[m[2]:m[3]] != fmt.Sprint(n) {
			return phrase{}, fmt.Errorf("%q: the slots of the English are numbered as they come", line)
		}
		p.marks[n] = en[m[4]:m[5]]
		p.literal += m[0] - at
		at = m[1]
	}
	if n == 0 {
		p.head = en
	}
	p.literal += len(en) - at
	form.WriteString(regexp.QuoteMeta(en[at:]) + `$`)
	for _, m := range slot.FindAllStringSubmatch(zh, -1) {
		if m[2] != "" || m[1] > fmt.Sprint(n) {
			return phrase{}, fmt.Errorf("%q: the Chinese has a slot %s that the English has not", line, m[0])
		}
	}
	var err error
	p.form, err = regexp.Compile(form.String())
	return p, err
}

var book = sync.OnceValue(func() []phrase {
	text, err := files.ReadFile("phrases.txt")
	if err != nil {
		panic(err) // it is embedded
	}
	list, err := read(string(text))
	if err != nil {
		panic(err) // a test reads it
	}
	return list
})

func read(text string) ([]phrase, error) {
	var list []phrase
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p, err := parse(line)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// In brings a sentence into a language: zh, or en, which it is in. What the book does not know stays as it is.
func In(lang, text string) string {
	if lang != "zh" {
		return text
	}
	out, _ := over(text)
	return out
}

// Known says whether the book has all of a sentence.
func Known(text string) bool {
	_, ok := over(text)
	return ok
}

// joints are where sentences are put together of phrases, and what stands there in Chinese.
var joints = [][2]string{{"; ", "；"}, {". ", "。"}, {": ", "："}, {", and ", "，并且"}, {", ", "，"}}

// over brings a sentence over, whole or by its pieces: those before and after a joint that the book both knows. What is
// plain stays as it is.
func over(text string) (string, bool) {
	if out, ok := whole(text); ok {
		return out, true
	}
	if plain(text) {
		return text, true
	}
	for _, j := range joints {
		for at := 0; ; {
			i := strings.Index(text[at:], j[0])
			if i < 0 {
				break
			}
			i += at
			at = i + len(j[0])
			first, ok := whole(text[:i])
			if !ok && !plain(text[:i]) {
				continue
			}
			rest, ok := over(text[at:])
			if ok {
				return first + j[1] + rest, true
			}
		}
	}
	return text, false
}

// plain asks for what is as good in Chinese: it has no letters of English, is quoted, or is how a date is written.
func plain(text string) bool {
	return !letters.MatchString(text) || quoted.MatchString(text) || layout.MatchString(text)
}

var (
	letters = regexp.MustCompile(`[A-Za-z]`)
	quoted  = regexp.MustCompile(`^"(?:[^"\\]|\\.)*"$`)
	layout  = regexp.MustCompile(`^[YMDHmsTZ:./ -]+$`)
)

// whole brings over a sentence that is one phrase: of those that fit it the one that says most of it.
func whole(text string) (string, bool) {
	var best *phrase
	var said []string
	list := book()
	for i := range list {
		p := &list[i]
		if best != nil && best.literal >= p.literal || !strings.HasPrefix(text, p.head) {
			continue
		}
		if m := p.form.FindStringSubmatch(text); m != nil {
			best, said = p, m
		}
	}
	if best == nil {
		return text, false
	}
	ok := true
	out := slot.ReplaceAllStringFunc(best.zh, func(s string) string {
		n := int(s[1] - '0')
		switch best.marks[n] {
		case "&":
			return strings.NewReplacer(" and ", " 和 ", " or ", " 或 ").Replace(said[n])
		case "*":
		default:
			return said[n]
		}
		inner, known := over(said[n])
		ok = ok && known
		return inner
	})
	return out, ok
}

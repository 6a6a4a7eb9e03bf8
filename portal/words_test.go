package portal_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every word that a room says is in words.js in both languages, and every word there is said.
func TestEveryWordOfTheRoomsIsThereInBothLanguagesAndSaid(t *testing.T) {
	text, err := os.ReadFile("static/words.js")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  "?([\w.,;| ]+?)"?: \["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\],$`).FindAllStringSubmatch(string(text), -1) {
		if words[m[1]] {
			t.Errorf("%s is there twice", m[1])
		}
		words[m[1]] = true
		if m[2] == "" || m[3] == "" {
			t.Errorf("%s is empty in a language", m[1])
		}
		if regexp.MustCompile(`\p{Han}[,;:?]|[,;:?]\p{Han}`).MatchString(m[3]) {
			t.Errorf("%s has marks of English in Chinese: %s", m[1], m[3])
		}
		for _, slot := range regexp.MustCompile(`\{\d`).FindAllString(m[3], -1) {
			if !strings.Contains(m[2], slot) {
				t.Errorf("%s says %s} in Chinese only", m[1], slot)
			}
		}
	}
	if n := strings.Count(string(text), `: ["`); n != len(words) {
		t.Errorf("%d words were understood of %d", len(words), n)
	}
	files, err := filepath.Glob("static/*.js")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	var all strings.Builder
	said := map[string]bool{}
	var beginnings []string
	for _, f := range files {
		if filepath.Base(f) == "words.js" {
			continue
		}
		js, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(js)
		for _, m := range regexp.MustCompile(`\bsay\("([^"]+)"`).FindAllStringSubmatch(string(js), -1) {
			if said[m[1]] = true; !words[m[1]] {
				t.Errorf("%s says %q, which is no word", f, m[1])
			}
		}
		for _, m := range regexp.MustCompile("\\bsay\\(`([\\w.]+)\\$\\{").FindAllStringSubmatch(string(js), -1) {
			beginnings = append(beginnings, m[1])
		}
	}
	for w := range words {
		begun := false
		for _, b := range beginnings {
			begun = begun || strings.HasPrefix(w, b)
		}
		if !said[w] && !begun && !strings.Contains(all.String(), `"`+w+`"`) {
			t.Errorf("nobody says %q", w)
		}
	}
}

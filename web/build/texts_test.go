package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const uiFolder = "../ui"

// faces are the folders that use texts; a face's keys begin with its name.
var faces = []string{"loader", "chat", "desk", "editor", "shared"}

func allTexts(t *testing.T, lang string) texts {
	t.Helper()
	all, err := readTexts(uiFolder, lang)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// forms returns a text's plural forms by name; a text without them has one, named "".
func forms(t *testing.T, key string, raw json.RawMessage) map[string]string {
	t.Helper()
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return map[string]string{"": one}
	}
	var many map[string]string
	if err := json.Unmarshal(raw, &many); err != nil {
		t.Fatalf("%s is neither a text nor plural forms: %s", key, raw)
	}
	if many["other"] == "" {
		t.Errorf("%s has no form \"other\"", key)
	}
	return many
}

var hole = regexp.MustCompile(`\{\w+\}`)

func holesOf(forms map[string]string) []string {
	found := map[string]bool{}
	for _, f := range forms {
		for _, h := range hole.FindAllString(f, -1) {
			found[h] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func TestEveryTextExistsInEveryLanguage(t *testing.T) {
	first := allTexts(t, languages[0])
	for _, lang := range languages[1:] {
		other := allTexts(t, lang)
		for key, raw := range first {
			if _, ok := other[key]; !ok {
				t.Errorf("%s is missing in %s.json", key, lang)
				continue
			}
			if a, b := holesOf(forms(t, key, raw)), holesOf(forms(t, key, other[key])); !slices.Equal(a, b) {
				t.Errorf("%s has holes %v in %s and %v in %s", key, a, languages[0], b, lang)
			}
		}
		for key := range other {
			if _, ok := first[key]; !ok {
				t.Errorf("%s is missing in %s.json", key, languages[0])
			}
		}
	}
}

// source returns the scripts of one face as one text.
func source(t *testing.T, face string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Join(uiFolder, face), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), ".ts") {
			return err
		}
		data, err := os.ReadFile(path)
		b.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A text is used by its name in quotes, t('send'), or by the beginning of its name: t(`action_${state}`) and
// known(room, 'reason', code) use a whole family.
var (
	family   = regexp.MustCompile("t\\(`(\\w+)_\\$\\{")
	families = regexp.MustCompile(`known\(room, '(\w+)'`)
	called   = regexp.MustCompile(`\bt\('(\w+)'`)
)

func TestEveryTextIsUsedAndEveryUsedTextExists(t *testing.T) {
	all := allTexts(t, languages[0])
	for _, face := range faces {
		code := source(t, face)
		var prefixes []string
		for _, m := range append(family.FindAllStringSubmatch(code, -1), families.FindAllStringSubmatch(code, -1)...) {
			prefixes = append(prefixes, m[1]+"_")
		}
		for key := range all {
			name, ok := strings.CutPrefix(key, face+".")
			if !ok {
				continue
			}
			inFamily := slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
			if !inFamily && !strings.Contains(code, "'"+name+"'") {
				t.Errorf("%s is used nowhere in web/ui/%s", key, face)
			}
		}
		for _, m := range called.FindAllStringSubmatch(code, -1) {
			if _, ok := all[face+"."+m[1]]; !ok {
				t.Errorf("web/ui/%s uses %q, which is not in %s.json", face, m[1], languages[0])
			}
		}
	}
}

func TestEveryTextBelongsToAFace(t *testing.T) {
	for key := range allTexts(t, languages[0]) {
		face, _, _ := strings.Cut(key, ".")
		if !slices.Contains(faces, face) {
			t.Errorf("%s belongs to no face", key)
		}
	}
}

// banned are words that people who read at level B1 stumble over, words of the trade, and the wrong form of address.
var banned = regexp.MustCompile(`(?i)\b(tickets?|agents?|escale(ren|ert|erd)|middels|teneinde|dienen|dient|gaarne|alsmede|betreffende|inzake|` +
	`desbetreffende|derhalve|omtrent|jegens|conform|reeds|indien|welke|je|jij|jouw|jullie|error|invalid|submit)\b`)

// longest is how many words a sentence may have; two in three Dutch readers follow it at once.
const longest = 15

func TestDutchIsPlain(t *testing.T) {
	for key, raw := range allTexts(t, "nl") {
		for _, text := range forms(t, key, raw) {
			for _, complaint := range notPlain(text) {
				t.Errorf("%s %s: %q", key, complaint, text)
			}
		}
	}
}

func TestNotPlainSeesWhatIsWrong(t *testing.T) {
	wrong := []string{
		"Uw ticket is gemaakt.",
		"Gelukt!",
		"Vul je naam in.",
		"Goedemorgen 🙂",
		"Deze zin heeft zo veel woorden dat bijna niemand aan het einde nog weet hoe hij begon.",
	}
	for _, text := range wrong {
		if len(notPlain(text)) == 0 {
			t.Errorf("%q passes as plain Dutch", text)
		}
	}
	if got := notPlain("U praat met een chatbot. De chatbot kan fouten maken."); len(got) > 0 {
		t.Errorf("plain Dutch is refused: %v", got)
	}
}

// notPlain returns what is wrong with a text, in words; nothing for plain Dutch.
func notPlain(text string) []string {
	var wrong []string
	if word := banned.FindString(text); word != "" {
		wrong = append(wrong, "says "+word)
	}
	if strings.Contains(text, "!") {
		wrong = append(wrong, "shouts")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.So, r) }) {
		wrong = append(wrong, "has an emoji")
	}
	for _, sentence := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".?…:", r) }) {
		if n := len(strings.Fields(sentence)); n > longest {
			wrong = append(wrong, "has a long sentence")
		}
	}
	return wrong
}

func TestFaceTexts(t *testing.T) {
	data, err := faceTexts(uiFolder, "loader")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]texts
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, lang := range languages {
		if len(got[lang]["label"]) == 0 || len(got[lang]["chat.send"]) != 0 {
			t.Errorf("%s: texts of the loader are %v", lang, got[lang])
		}
	}
	if _, err := faceTexts(uiFolder, "nobody"); err == nil {
		t.Error("a face without texts is no error")
	}
}

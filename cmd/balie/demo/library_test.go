package demo_test

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"balie/cmd/balie/demo"
)

// fewestArticles is how many a language must have for the demo to feel like a real help centre.
const fewestArticles = 45

// article is one file of the library as the tests need it: its front matter, the order of its keys, and its text.
type article struct {
	ID        string   `yaml:"id"`
	Lang      string   `yaml:"lang"`
	Title     string   `yaml:"title"`
	Questions []string `yaml:"questions"`
	Tags      []string `yaml:"tags"`
	Updated   string   `yaml:"updated"`
	ReviewBy  string   `yaml:"review_by"`
	Internal  bool     `yaml:"internal"`

	keys []string
	body string
}

// library reads every article, by language and then by id, and fails the test on one that cannot be read.
func library(t *testing.T) map[string]map[string]article {
	t.Helper()
	all := map[string]map[string]article{"nl": {}, "en": {}}
	files, err := fs.Glob(demo.Library, "library/*/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("list the library: %d files, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := fs.ReadFile(demo.Library, file)
		if err != nil {
			t.Fatal(err)
		}
		a, err := parse(string(raw))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		lang, id := path.Base(path.Dir(file)), strings.TrimSuffix(path.Base(file), ".md")
		if a.ID != id || a.Lang != lang {
			t.Errorf("%s calls itself %s in %s", file, a.ID, a.Lang)
		}
		all[lang][id] = a
	}
	return all
}

func parse(raw string) (article, error) {
	var a article
	rest, ok := strings.CutPrefix(raw, "---\n")
	head, body, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		return a, fmt.Errorf("no front matter")
	}
	var keys yaml.MapSlice
	if err := yaml.Unmarshal([]byte(head), &keys); err != nil {
		return a, err
	}
	for _, item := range keys {
		a.keys = append(a.keys, fmt.Sprint(item.Key))
	}
	a.body = body
	return a, yaml.UnmarshalWithOptions([]byte(head), &a, yaml.Strict())
}

// each runs check as a subtest for every article.
func each(t *testing.T, check func(t *testing.T, a article)) {
	for lang, articles := range library(t) {
		for _, id := range slices.Sorted(maps.Keys(articles)) {
			t.Run(lang+"/"+id, func(t *testing.T) { check(t, articles[id]) })
		}
	}
}

func TestFrontMatter(t *testing.T) {
	keys := []string{"id", "lang", "title", "questions", "tags", "updated", "review_by"}
	each(t, func(t *testing.T, a article) {
		want := keys
		if a.Internal {
			want = append(slices.Clone(keys), "internal")
		}
		if !slices.Equal(a.keys, want) {
			t.Errorf("keys %v, want %v", a.keys, want)
		}
		if n := len(a.Questions); n < 4 || n > 8 {
			t.Errorf("%d questions, want 4 to 8", n)
		}
		if a.Title == "" || len(a.Tags) == 0 || slices.Contains(a.Questions, "") {
			t.Error("an empty title, tag list or question")
		}
		updated, err1 := time.Parse(time.DateOnly, a.Updated)
		review, err2 := time.Parse(time.DateOnly, a.ReviewBy)
		if err1 != nil || err2 != nil || !review.After(updated) {
			t.Errorf("updated %s, review_by %s", a.Updated, a.ReviewBy)
		}
	})
}

func TestLanguagesGoTogether(t *testing.T) {
	all := library(t)
	alone := map[string][]string{"nl": {"sinterklaas", "studentenkorting"}, "en": {"english-service"}}
	for lang, other := range map[string]string{"nl": "en", "en": "nl"} {
		if n := len(all[lang]); n < fewestArticles {
			t.Errorf("%d articles in %s, want %d", n, lang, fewestArticles)
		}
		var single []string
		for id, a := range all[lang] {
			twin, ok := all[other][id]
			switch {
			case !ok:
				single = append(single, id)
			case twin.Internal != a.Internal:
				t.Errorf("%s is for insiders in one language only", id)
			}
		}
		slices.Sort(single)
		if !slices.Equal(single, alone[lang]) {
			t.Errorf("only in %s: %v, want %v", lang, single, alone[lang])
		}
	}
}

// TestFactsAgree holds a translation to its original: the same amounts, days, hours and years in both, so that a price
// changed in one language only is noticed.
func TestFactsAgree(t *testing.T) {
	all := library(t)
	for id, nl := range all["nl"] {
		en, ok := all["en"][id]
		if !ok {
			continue
		}
		if a, b := numbers(nl.body), numbers(en.body); !slices.Equal(a, b) {
			t.Errorf("%s: numbers in nl %v, in en %v", id, a, b)
		}
	}
}

var (
	phone  = regexp.MustCompile(`(\+31 |0)88 000 47 00`)
	number = regexp.MustCompile(`\d+([.,:]\d+)*`)
)

func numbers(body string) []string {
	seen := map[string]bool{}
	for _, n := range number.FindAllString(phone.ReplaceAllString(body, ""), -1) {
		seen[strings.NewReplacer(".", "", ",", "", ":", "").Replace(n)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

var link = regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)

func TestLinksResolve(t *testing.T) {
	all := library(t)
	each(t, func(t *testing.T, a article) {
		for _, m := range link.FindAllStringSubmatch(a.body, -1) {
			id, ok := strings.CutPrefix(m[2], "/help/"+a.Lang+"/")
			target, found := all[a.Lang][id]
			switch {
			case !ok || !found:
				t.Errorf("link to %q leads nowhere", m[2])
			case target.Internal && !a.Internal:
				t.Errorf("link to %q shows customers an internal article", m[2])
			case id == a.ID:
				t.Errorf("link to itself")
			}
		}
	})
}

func TestShape(t *testing.T) {
	each(t, func(t *testing.T, a article) {
		if n := len(strings.Fields(a.body)); n < 110 || n > 350 {
			t.Errorf("%d words, want 110 to 350", n)
		}
		if !strings.HasPrefix(strings.TrimSpace(a.body), "## ") || strings.Count(a.body, "\n## ") < 2 {
			t.Error("does not open with a heading, or has fewer than two: search cuts passages there")
		}
	})
}

func TestPlainDutch(t *testing.T) {
	for id, a := range library(t)["nl"] {
		for _, fault := range hard(a.body) {
			t.Errorf("%s: %s", id, fault)
		}
	}
}

// TestPlainDutchBites shows that each rule of plain Dutch finds what it is there for.
func TestPlainDutchBites(t *testing.T) {
	long := strings.Repeat("woord ", 21) + "."
	for text, want := range map[string]string{
		"U krijgt een ticket.":           "banned word",
		"Onze agent belt u.":             "banned word",
		"Wij escaleren uw vraag.":        "banned word",
		"Dat is geregeld!":               "exclamation",
		"Dat is geregeld 🙂.":             "emoji",
		"Log in met je wachtwoord.":      "says je",
		long:                             "21 words",
		strings.Repeat("woord ", 15):     "on average",
		"Wij bellen u om 9.00 uur. Goed": "",
	} {
		got := strings.Join(hard(text), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

var (
	banned   = regexp.MustCompile(`(?i)\b(tickets?|agents?|agenten|escal\pL*)\b`)
	informal = regexp.MustCompile(`(?i)\b(je|jij|jou|jouw|jullie)\b`)
	emoji    = regexp.MustCompile(`[\x{2600}-\x{27BF}\x{1F000}-\x{1FAFF}]`)
	stop     = regexp.MustCompile(`[.?!](\s|$)`)
	marks    = regexp.MustCompile(`^\s*(#+|-|\d+\.|>( -)?)\s+`)
)

// hard says what in a Dutch text goes against level B1 as this house means it: short sentences, "u", a calm tone, no
// words from the call centre. A line is a paragraph, heading or list item, and ends its sentence.
func hard(body string) []string {
	var faults []string
	if w := banned.FindString(body); w != "" {
		faults = append(faults, "banned word "+w)
	}
	if w := informal.FindString(body); w != "" {
		faults = append(faults, "says je where u is meant: "+w)
	}
	if strings.Contains(body, "!") {
		faults = append(faults, "exclamation mark")
	}
	if emoji.MatchString(body) {
		faults = append(faults, "emoji")
	}
	words, sentences := 0, 0
	for line := range strings.Lines(link.ReplaceAllString(body, "$1")) {
		for _, s := range stop.Split(marks.ReplaceAllString(line, ""), -1) {
			n := len(strings.Fields(s))
			if n == 0 {
				continue
			}
			words, sentences = words+n, sentences+1
			if n > 20 {
				faults = append(faults, fmt.Sprintf("a sentence of %d words: %s", n, s))
			}
		}
	}
	if sentences > 0 && words > 14*sentences {
		faults = append(faults, fmt.Sprintf("%d words in %d sentences, too long on average", words, sentences))
	}
	return faults
}

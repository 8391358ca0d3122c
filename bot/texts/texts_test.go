package texts

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Both languages say the same things, with the same blanks to fill.
func TestLanguagesAgree(t *testing.T) {
	if nl, en := Keys("nl"), Keys("en"); !slices.Equal(nl, en) {
		t.Fatalf("keys differ: nl has %d, en has %d", len(nl), len(en))
	}
	for _, k := range Keys("nl") {
		a, b := Names(all["nl"][k]), Names(all["en"][k])
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: nl fills %v, en fills %v", k, a, b)
		}
	}
}

var sentenceEnd = regexp.MustCompile(`[.?:]\s`)

// Nothing the bot says is shouted, formal jargon, or longer than people read.
func TestPlainWords(t *testing.T) {
	banned := regexp.MustCompile(`(?i)\b(ticket|agent|escaleren|escalatie|je|jij|jouw|jullie|derhalve|indien|middels|betreffende)\b|!`)
	for _, k := range Keys("nl") {
		text := all["nl"][k]
		if m := banned.FindString(text); m != "" {
			t.Errorf("nl %s: %q does not belong in %q", k, m, text)
		}
		for _, s := range sentenceEnd.Split(text, -1) {
			if n := len(strings.Fields(s)); n > 15 {
				t.Errorf("nl %s: a sentence of %d words: %q", k, n, s)
			}
		}
		if strings.Contains(all["en"][k], "!") {
			t.Errorf("en %s: shouts", k)
		}
	}
}

func TestFillEscapes(t *testing.T) {
	got := Fill("Naar {a}, {b}", map[string]string{"a": "[klik](http://x) <b>*\n# kop", "b": "{a}"})
	want := `Naar \[klik\](http://x) \<b\>\* # kop, {a}`
	if got != want {
		t.Errorf("Fill = %q, want %q", got, want)
	}
}

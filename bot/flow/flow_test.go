package flow

import (
	"regexp"
	"strings"
	"testing"

	"balie/bot/texts"
)

// Every flow that Balie comes with is free of mistakes.
func TestBuiltinFlowsCheck(t *testing.T) {
	all := NewSet(Builtin()...)
	for _, f := range all.All() {
		if err := Check(f, all); err != nil {
			t.Errorf("%s:\n%v", f.Name, err)
		}
	}
}

var (
	endOfSentence = regexp.MustCompile(`[.?:]\s`)
	notPlain      = regexp.MustCompile(`(?i)\b(ticket|agent|escaleren|escalatie|je|jij|jouw|jullie|derhalve|indien|middels|betreffende)\b|!`)
)

// What flows say is plain: short sentences, "u", nothing shouted.
func TestFlowsSpeakPlainly(t *testing.T) {
	plain := func(f *Flow, said Text) {
		for _, lang := range texts.Langs {
			text := said[lang]
			if m := notPlain.FindString(text); m != "" && (lang == "nl" || m == "!") {
				t.Errorf("%s: %q does not belong in %q", f.Name, m, text)
			}
			for _, s := range endOfSentence.Split(text, -1) {
				if n := len(strings.Fields(s)); n > 18 {
					t.Errorf("%s: a sentence of %d words: %q", f.Name, n, s)
				}
			}
		}
	}
	for _, f := range Builtin() {
		plain(f, f.Title)
		plain(f, f.Wish)
		for _, s := range f.Steps {
			for _, said := range []Text{s.Ask, s.Again, s.Text, s.Card} {
				plain(f, said)
			}
			for _, b := range s.Outcome {
				plain(f, b.Text)
			}
		}
	}
}

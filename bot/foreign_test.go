package bot

import (
	"testing"

	"balie/bot/flow"
	"balie/bot/nlu"
)

func TestForeignLanguages(t *testing.T) {
	for text, want := range map[string]string{
		"Où est ma commande ?":                                "fr",
		"bonjour, je voudrais retourner un article":           "fr",
		"Wo ist mein Paket?":                                  "de",
		"Guten Tag, ich habe meine Bestellung nicht bekommen": "de",
		"ich möchte mit einem Menschen sprechen":              "de",
		"waar is mijn pakket":                                 "",
		"where is my order":                                   "",
		"Rue Neuve 88, 1000 Brussel":                          "",
		"merci":                                               "",
		"":                                                    "",
	} {
		got := ""
		if g := foreign(text); g != nil {
			got = g.lang
		}
		if got != want {
			t.Errorf("%q is taken for %q, want %q", text, got, want)
		}
	}
}

// None of the sentences the ear comes with, dialect included, is taken for another language.
func TestNoDialectIsForeign(t *testing.T) {
	examples, background := nlu.Builtin()
	for _, s := range flow.Sentences() {
		examples = append(examples, nlu.Example{Text: s.Text})
	}
	for _, e := range append(examples, background...) {
		if g := foreign(e.Text); g != nil {
			t.Errorf("%q is taken for %s", e.Text, g.lang)
		}
	}
}

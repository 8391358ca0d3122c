package nlu_test

import (
	"strings"
	"testing"

	"balie/bot/nlu"
)

// TestBadInput says what the ear makes of what no customer means to send: nothing that is not there, in the language of the page.
func TestBadInput(t *testing.T) {
	nothing := []string{"", "   ", "\n\n", "?", "!!!", "...", "🙂", "🙂🙂🙂 👍🏽", "👨‍👩‍👧", "\x00\x01\x02", "\xff\xfe\xfa", strings.Repeat("🙂", 4000), strings.Repeat("a", 4000), "asdfghjkl", "日本語のテキスト"}
	for _, text := range nothing {
		for _, lang := range []string{"nl", "en"} {
			u := builtin().Understand(text, nlu.Hints{Lang: lang, Now: saturday})
			if u.Band == nlu.Sure || u.Lang != lang && !strings.ContainsAny(text, "abcdefgh") || len(u.Slots.Map()) > 0 || nlu.AsksForPerson(text) {
				t.Errorf("%.30q on a page in %s: %s %s, language %s, slots %v", text, lang, u.Band, u.Intent, u.Lang, u.Slots.Map())
			}
		}
	}
	for text, intent := range map[string]string{
		"\u202ewaar is mijn pakket":                          "order_status", // written from right to left
		"waar\u200bis\u200bmijn\u200bpakket":                 "order_status", // spaces of no width
		"waar\x00is\x07mijn\x1bpakket":                       "order_status",
		"WAAR IS MIJN PAKKET!!!!":                            "order_status",
		"where is mijn pakket please dank je":                "order_status", // two languages
		"I want to retourneren mijn bestelling":              "return",
		"retour":                                             "return", // one word
		strings.Repeat("waar is mijn pakket ", 200):          "order_status",
		strings.Repeat("waar is mijn pakket ", 1000) + "???": "order_status", // cut at 4,000 characters
	} {
		if u := builtin().Understand(text, nlu.Hints{Lang: "nl", Now: saturday}); u.Intent != intent || u.Lang != "nl" {
			t.Errorf("%.40q: %s %s in %s, want %s", text, u.Band, u.Intent, u.Lang, intent)
		}
	}
	for text, asks := range map[string]bool{
		"mens": true, "MEDEWERKER!!!!!": true, "me\u200ddewerker": true, "human\x00please": true, "ik want een human please": true,
		"hallo, " + strings.Repeat("ik heb een vraag over mijn kast. ", 110) + "ik wil een medewerker":                          true,
		strings.Repeat("mijn kast is nog steeds niet geleverd en ik wacht al weken ", 30) + "dus ik wil een medewerker spreken": true,
		strings.Repeat("kast ", 790): false,
	} {
		if nlu.AsksForPerson(text) != asks {
			t.Errorf("%.40q asks for a person: %v", text, !asks)
		}
	}
}

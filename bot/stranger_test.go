package bot_test

import (
	"slices"
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/internal/chat"
)

// said is what the bot made of a customer's last words: its words, and its buttons in brackets.
func said(k *bottest.Talk) string {
	m := k.Last()
	if m == nil {
		return ""
	}
	out := m.Text
	for _, b := range m.Buttons {
		out += " [" + b.Label + "]"
	}
	if m.Card != nil {
		for _, r := range m.Card.Rows {
			out += " | " + r.Label + ": " + r.After
		}
	}
	return out
}

// What a stranger typed in the first hour, and was not understood.
func TestStrangersWords(t *testing.T) {
	for name, c := range map[string]struct {
		lang  string
		says  []string
		want  string
		never string
	}{
		"an order number without a clear wish":         {"nl", []string{"wat is er met mijn bestelling P10003 postcode 1015 CX"}, "onderweg naar u", "niet zeker"},
		"a yes that only begins a question":            {"nl", []string{"hoi", "ja maar wanneer precies"}, "", "Fijn."},
		"a no that only begins a question":             {"nl", []string{"hoi", "nee wacht wat kost dat"}, "", "Goed. Ik hoor"},
		"stop, where nothing is going on":              {"nl", []string{"stop"}, "Goed.", "Nieuwsbrief"},
		"laat zitten":                                  {"nl", []string{"ik wil retourneren", "laat zitten"}, "Goed, ik stop hiermee", ""},
		"a thumb":                                      {"nl", []string{"👍🏽"}, "Graag gedaan", ""},
		"a heart":                                      {"en", []string{"❤️"}, "welcome", ""},
		"an angry face is no thanks":                   {"nl", []string{"😡😡"}, "geen woorden", ""},
		"the reason asked for is no cancelling":        {"nl", []string{"ik wil bestelling P10001 annuleren, 1015 CX", "niet meer nodig"}, "Reden: Ik heb het niet meer nodig", "ik stop"},
		"old postcode and new address in one breath":   {"nl", []string{"verkeerd adres ingevuld, bestelling P10001 1015 CX moet naar Dorpsstraat 3 1234 AB Lutjebroek"}, "Dorpsstraat 3, 1234 AB Lutjebroek", ""},
		"the same in English":                          {"en", []string{"I want to change the delivery address of order P10001, 1015 CX, to Prinsengracht 263, 1016 GV Amsterdam"}, "Prinsengracht 263, 1016 GV", ""},
		"numbers in the midst of a wish":               {"nl", []string{"ik wil mijn bestelling P10061 1074 XN annuleren"}, "Waarom wilt u bestelling #P10061 annuleren", ""},
		"no order number":                              {"nl", []string{"waar is mijn bestelling", "ik heb geen bestelnummer"}, "in de e-mail met uw bestelling", "begrijp"},
		"does not know the order number":               {"nl", []string{"waar is mijn bestelling", "weet ik niet"}, "[Praat met een medewerker]", "begrijp"},
		"the same in English: no order number":         {"en", []string{"where is my order", "i don't have the order number"}, "[Talk to a person]", ""},
		"a question is answered, not taken for a wish": {"nl", []string{"Wat kost retour sturen?"}, "[Iets terugsturen]", "bestelnummer"},
	} {
		t.Run(name, func(t *testing.T) {
			k := bottest.Open(t, bottest.Options{}).Begin(c.lang)
			for _, s := range c.says {
				k.Say(s)
			}
			got := said(k)
			if !strings.Contains(got, c.want) || c.never != "" && strings.Contains(got, c.never) {
				t.Errorf("%q: got %q, want %q and never %q", c.says, got, c.want, c.never)
			}
		})
	}
}

// Two orders in one breath: the wish that waited is about the other one.
func TestWaitingWishHasItsOwnOrder(t *testing.T) {
	k := bottest.Open(t, bottest.Options{}).Begin("nl")
	k.Say("Ik wil bestelling P10061 annuleren, 1074 XN, en het bezorgadres van P10062 wijzigen")
	k.Say("per ongeluk besteld")
	for _, label := range []string{"Versturen", "Ja"} {
		if err := k.Press(label); err != nil {
			t.Fatal(err, said(k))
		}
	}
	if got := said(k); !strings.Contains(got, "#P10062") {
		t.Errorf("the second wish is about: %q", got)
	}
}

// Who proved an order has a name at the desk.
func TestIdentifiedHasName(t *testing.T) {
	k := bottest.Open(t, bottest.Options{}).Begin("nl")
	k.Say("waar is P10003, 1015 CX")
	i := slices.IndexFunc(k.Events(), func(e chat.Event) bool { _, ok := e.Body.(*chat.Identified); return ok })
	if i < 0 {
		t.Fatal("not identified")
	}
	if got := k.Events()[i].Body.(*chat.Identified).Name; got != "Jan de Vries" {
		t.Errorf("name = %q", got)
	}
}

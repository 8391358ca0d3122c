package nlu_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"balie/bot/nlu"
)

// builtin is the model the product starts with, trained once for all tests.
var builtin = sync.OnceValue(func() *nlu.Model {
	examples, background := nlu.Builtin()
	m, err := nlu.Train(examples, nlu.Options{Background: background})
	if err != nil {
		panic(err)
	}
	return m
})

func TestUnderstandsWhatCustomersSay(t *testing.T) {
	for _, c := range []struct{ text, lang, intent string }{
		{"hallo waar blijft mijn pakketje nou", "nl", "order_status"},
		{"I would like to send these trousers back", "en", "return"},
		{"kan ik een medewerker spreken over mijn order", "nl", "human"},
		{"ik wil graag mijn afleveradres van de bestelling veranderen", "nl", "change_order_address"},
		{"could you please cancel the order I placed this morning", "en", "cancel"},
		{"wat kost de verzending naar Frankrijk", "nl", "ask"},
		{"dankjewel voor je hulp", "nl", "thanks"},
	} {
		u := builtin().Understand(c.text, nlu.Hints{Now: time.Now()})
		if u.Intent != c.intent || u.Lang != c.lang || u.Band == nlu.Unknown {
			t.Errorf("%q: %s %s %s, want %s %s", c.text, u.Lang, u.Band, u.Intent, c.lang, c.intent)
		}
	}
}

func TestRefusesWhatIsNotOurs(t *testing.T) {
	for _, text := range []string{"", "   ", "🙂🙂🙂", "\x00\x01\x02", "日本語のテキスト", "which mountain in Nepal is hardest to climb",
		"schrijf een sonnet over de herfst", strings.Repeat("lorem ipsum ", 400)} {
		if u := builtin().Understand(text, nlu.Hints{}); u.Band == nlu.Sure {
			t.Errorf("%.40q: sure of %s", text, u.Intent)
		}
	}
}

package nlu_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/bot/nlu"
	"balie/internal/fault"
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

// What is refused goes to the editors with the three nearest intents.
func TestRefusedSentencesNameTheNearest(t *testing.T) {
	u := builtin().Understand("which mountain in Nepal is hardest to climb", nlu.Hints{})
	if u.Band != nlu.Unknown || u.Intent != "" {
		t.Fatalf("%s %q", u.Band, u.Intent)
	}
	if len(u.Top) != 3 || u.Top[0].Score <= 0 || !slices.IsSortedFunc(u.Top, func(a, b nlu.Scored) int { return cmp.Compare(b.Score, a.Score) }) {
		t.Errorf("%+v", u.Top)
	}
}

func TestTrainingIsDeterministicWhateverTheOrder(t *testing.T) {
	examples, background := nlu.Builtin()
	examples, background = examples[:600], background[:100]
	a, err := nlu.Train(examples, nlu.Options{Background: background, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(examples)
	b, err := nlu.Train(examples, nlu.Options{Background: background, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"waar is mijn pakket", "cancel it please", "wat is de zin van het leven"} {
		x, y := a.Understand(text, nlu.Hints{}), b.Understand(text, nlu.Hints{})
		if !reflect.DeepEqual(x, y) {
			t.Errorf("%q: %+v and %+v", text, x, y)
		}
	}
}

func TestSmallAndBrokenTrainingSets(t *testing.T) {
	if _, err := nlu.Train(nil, nlu.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("nothing to learn from: %v", err)
	}
	if _, err := nlu.Train([]nlu.Example{{Text: "  ", Intent: "a"}}, nlu.Options{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("only blanks to learn from: %v", err)
	}
	one, err := nlu.Train([]nlu.Example{{Text: "waar is mijn fiets", Intent: "bike"}}, nlu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if u := one.Understand("waar is mijn fiets", nlu.Hints{}); len(u.Top) != 1 || u.Top[0].Intent != "bike" {
		t.Errorf("one example: %+v", u)
	}
	two, err := nlu.Train([]nlu.Example{{Text: "Waar is het?", Intent: "b"}, {Text: "waar is het", Intent: "a"}, {Text: "waar is hét ", Intent: "a"},
		{Text: "stuur het terug", Intent: "b"}, {Text: "?!", Intent: "b"}}, nlu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []nlu.Conflict{{Text: "?!", Intents: []string{"b"}}, {Text: "waar is het", Intents: []string{"a", "b"}}}
	if got := two.Conflicts(); !reflect.DeepEqual(got, want) {
		t.Errorf("conflicts: %+v", got)
	}
}

func TestBuiltinSentencesDoNotConflict(t *testing.T) {
	for _, c := range builtin().Conflicts() {
		t.Errorf("%q stands under %v", c.Text, c.Intents)
	}
}

func TestLanguageOfAMessage(t *testing.T) {
	for _, c := range []struct {
		text, hint, want string
		sure             bool
	}{
		{"waar blijft mijn pakket", "en", "nl", true}, {"where is my parcel", "nl", "en", true}, {"12345", "nl", "nl", false},
		{"ok", "nl", "nl", false}, {"ok", "en", "en", false}, {"", "en", "en", false}, {"🙂", "nl", "nl", false},
		{"Ik wil de serie From Where to Eternity vinden", "en", "nl", true}, {"retour", "en", "en", false},
	} {
		u := builtin().Understand(c.text, nlu.Hints{Lang: c.hint})
		if u.Lang != c.want || u.LangSure != c.sure {
			t.Errorf("%q with hint %s: %s %v", c.text, c.hint, u.Lang, u.LangSure)
		}
	}
}

func TestUnderstandingAtOnce(t *testing.T) {
	want := builtin().Understand("waar blijft mijn bestelling 10423", nlu.Hints{Now: saturday})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := builtin().Understand(want.Text, nlu.Hints{Now: saturday}); !reflect.DeepEqual(got, want) {
					t.Errorf("%+v, want %+v", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkUnderstand(b *testing.B) {
	m := builtin()
	for b.Loop() {
		m.Understand("Hallo, mijn bestelling #W2378156 van 12 november is nog niet binnen, kan die naar Dorpsstraat 5 in Ede?", nlu.Hints{Now: saturday, Lang: "nl"})
	}
}

func BenchmarkUnderstandShort(b *testing.B) {
	m := builtin()
	for b.Loop() {
		m.Understand("waar blijft mijn bestelling", nlu.Hints{Now: saturday, Lang: "nl"})
	}
}

func BenchmarkAsksForPerson(b *testing.B) {
	for b.Loop() {
		nlu.AsksForPerson("Hallo, mijn bestelling van 12 november is nog niet binnen, kan die naar Dorpsstraat 5 in Ede?")
	}
}

func BenchmarkTrainBuiltin(b *testing.B) {
	examples, background := nlu.Builtin()
	for b.Loop() {
		if _, err := nlu.Train(examples, nlu.Options{Background: background}); err != nil {
			b.Fatal(err)
		}
	}
}

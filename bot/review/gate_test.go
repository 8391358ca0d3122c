package review_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"balie/bot"
	"balie/bot/bottest"
	"balie/bot/nlu"
	"balie/bot/review"
	"balie/internal/chat"
	"balie/internal/store/document"
	"balie/kb"
)

var model = sync.OnceValue(func() *nlu.Model {
	examples, background := nlu.Builtin()
	m, err := nlu.Train(examples, nlu.Options{Background: background})
	if err != nil {
		panic(err)
	}
	return m
})

// maker makes the house's bot over any library.
func maker(h *bottest.House) review.Maker {
	ear := bot.Listener{Model: model, Country: "NL"}
	return func(from kb.Reader) *bot.Bot {
		shelf := bot.Shelf{Library: from}
		u := &bot.Understand{By: bot.Embedded{Ear: ear, Flows: h.Flows, Library: from}, Flows: h.Flows, Shelf: shelf, Ear: ear}
		return bot.New(ear, bot.Escape{Asks: nlu.AsksForPerson}, bot.Care{}, &bot.Routines{Flows: h.Flows, Ledger: h.Ledger, Understand: u}, u, bot.Stuck{})
	}
}

func workshop(h *bottest.House, past []kb.Asked) *kb.Workshop {
	articles := document.In(h.Engine, "articles", document.Options[kb.Article]{History: true, Keys: kb.ArticleKeys})
	return &kb.Workshop{Library: h.Library, Store: articles, Voice: review.Voice(maker(h), time.Now),
		Past: func(context.Context, time.Time, int) ([]kb.Asked, error) { return past, nil }}
}

func TestTheVoiceIsTheBots(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	voice := review.Voice(maker(h), time.Now)
	for question, want := range map[string]string{
		"Wat kost verzenden?":              kb.SaidAnswer,
		"Ik wil een medewerker spreken":    kb.SaidPerson,
		"Waar is mijn pakket?":             kb.SaidFlow,
		"Goedemorgen":                      kb.SaidTalk,
		"Hoe oud is de koning van Spanje?": kb.SaidRefuse,
	} {
		said, err := voice(t.Context(), h.Library, "nl", question)
		if err != nil || said.Act != want {
			t.Errorf("%q: %+v, %v; want %s", question, said, err, want)
		}
	}
}

func TestAReplayShowsWhatAnotherLibraryChanges(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	a, err := h.Library.Article(t.Context(), "nl", "verzendkosten")
	if err != nil {
		t.Fatal(err)
	}
	a.State = kb.Archived
	without, err := h.Library.Trial(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer without.Close()
	events := talk(says("Wat kost verzenden?"), answers(2), says("Goedemorgen allemaal"))
	turns, err := review.Replay(t.Context(), events, maker(h)(h.Library), maker(h)(without))
	if err != nil || len(turns) != 2 || !turns[0].Differs() || turns[1].Differs() {
		t.Fatalf("turns %+v, %v", turns, err)
	}
	if turns[0].Before.Article != "nl/verzendkosten" {
		t.Errorf("before: %+v", turns[0].Before)
	}
	then, err := review.Replay(t.Context(), events[:3], nil, maker(h)(h.Library))
	if err != nil || len(then) != 1 || then[0].Before.Article != "nl/retour" || !then[0].Differs() {
		t.Errorf("against what was said then: %+v, %v", then, err)
	}
	c := chat.Fold(chat.Conversation{}, events...)
	if c.Head != 4 {
		t.Errorf("the replayed conversation was changed: %d", c.Head)
	}
}

// BenchmarkGate is the gate of one article with a thousand customers' questions.
func BenchmarkGate(b *testing.B) {
	h := bottest.Open(b, bottest.Options{})
	var past []kb.Asked
	examples, _ := nlu.Builtin()
	for i := range 1000 {
		past = append(past, kb.Asked{Text: fmt.Sprintf("%s en dan nog %d", examples[i*7%len(examples)].Text, i), Lang: "nl", Count: 1})
	}
	for b.Loop() {
		w := workshop(h, past) // a new one has no report to remember
		rep, err := w.Gate(b.Context(), "nl/retour", kb.Published, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(rep.Asked), "questions")
	}
}

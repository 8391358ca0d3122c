package bot_test

import (
	"testing"

	"balie/bot"
	"balie/bot/bottest"
	"balie/internal/chat"
)

// TestTheFirstQuestionIsAboutThePageAtHand asks from a help page what could be about many things.
func TestTheFirstQuestionIsAboutThePageAtHand(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	ask := func(about, text string) *chat.Message {
		t.Helper()
		events := []chat.Event{
			{Conv: "c", Seq: 1, At: bottest.Start, By: chat.Customer, Body: &chat.Opened{Lang: "nl"}},
			{Conv: "c", Seq: 2, At: bottest.Start, By: chat.Customer, Body: &chat.Message{Text: text, About: about}},
		}
		d, err := h.Bot.Decide(t.Context(), &bot.Turn{Conv: chat.Fold(chat.Conversation{}, events...), Events: events, Trigger: events[1], Now: bottest.Start})
		if err != nil {
			t.Fatal(err)
		}
		var said *chat.Message
		for _, draft := range d.Drafts {
			if m, ok := draft.Body.(*chat.Message); ok {
				said = m
			}
		}
		return said
	}
	for _, c := range []struct{ about, text, want string }{
		{"nl/garantie", "Hoe lang duurt het?", "garantie"},
		{"nl/cadeaukaart", "Hoe lang is dat geldig?", "cadeaukaart"},
		{"nl/garantie", "Wat kost de bezorging?", "verzendkosten"},   // that is what another page is about
		{"nl/garantie", "Hoe oud is de koning van Spanje?", ""},      // and this is about none
		{"nl/weg", "Wat kost verzenden?", "verzendkosten"},           // the page is gone
		{"nl/intern-fraude", "Wat kost verzenden?", "verzendkosten"}, // not for customers
	} {
		m := ask(c.about, c.text)
		got := ""
		if m != nil && m.Act == chat.ActAnswer && len(m.Sources) > 0 {
			got = m.Sources[0].Article
		}
		if got != c.want {
			t.Errorf("%q at %s: answered from %q, wanted %q (%v)", c.text, c.about, got, c.want, m)
		}
	}
	if m := ask("nl/garantie", "Ik wil een medewerker spreken"); m != nil && len(m.Sources) > 0 {
		t.Errorf("a person was asked for, and the page answers: %+v", m)
	}
}

package bot_test

import (
	"strings"
	"testing"

	"balie/bot"
	"balie/bot/bottest"
	"balie/bot/review"
	"balie/internal/chat"
)

// TestAMissTellsWhatCameNear asks what nobody can answer, and what somebody can: with the first the bot keeps the wishes that came nearest, and
// the editors' list has them.
func TestAMissTellsWhatCameNear(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	ask := func(text string) []chat.Event {
		t.Helper()
		events := []chat.Event{
			{Conv: "c", Seq: 1, At: bottest.Start, By: chat.Customer, Body: &chat.Opened{Lang: "nl"}},
			{Conv: "c", Seq: 2, At: bottest.Start, By: chat.Customer, Body: &chat.Message{Text: text}},
		}
		d, err := h.Bot.Decide(t.Context(), &bot.Turn{Conv: chat.Fold(chat.Conversation{}, events...), Events: events, Trigger: events[1], Now: bottest.Start})
		if err != nil {
			t.Fatal(err)
		}
		for _, draft := range d.Drafts {
			events = append(events, chat.Event{Conv: "c", Seq: chat.Seq(len(events) + 1), At: bottest.Start, By: draft.By, Body: draft.Body})
		}
		return events
	}
	near := func(events []chat.Event) (out []chat.Near) {
		for _, e := range events {
			if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleBot {
				out = m.Near
			}
		}
		return out
	}
	missed := ask("Hoe oud is de koning van Spanje?")
	got := near(missed)
	if len(got) == 0 || len(got) > 3 || got[0].Intent == "" || got[0].Score < got[len(got)-1].Score {
		t.Errorf("of a miss is kept %v", got)
	}
	misses := review.Misses(missed)
	if len(misses) != 1 || len(misses[0].Near) != len(got) || misses[0].Near[0].Intent != got[0].Intent || !strings.Contains(misses[0].Text, "koning") {
		t.Errorf("the editors read %+v", misses)
	}
	if got := near(ask("Wat kost verzenden?")); len(got) != 0 {
		t.Errorf("of an answer is kept %v", got)
	}
}

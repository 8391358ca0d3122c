package review_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"balie/bot/review"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

func TestMaskTakesWhatIsPersonal(t *testing.T) {
	for _, c := range []struct{ text, stays, goes string }{
		{"Waar is bestelling #P10001?", "Waar is bestelling", "10001"},
		{"mijn mail is jan.de.vries@example.nl en dat werkt niet", "werkt niet", "vries"},
		{"bel me op 06-12 34 56 78 over de kast", "over de kast", "34"},
		{"stuur het naar Keizersgracht 14, 1017 GC Amsterdam graag", "graag", "Keizersgracht"},
		{"stuur het naar Keizersgracht 14, 1017 GC Amsterdam graag", "stuur het", "1017"},
		{"mijn rekening is NL91 ABNA 0417 1643 00, wanneer krijg ik geld", "wanneer krijg ik geld", "ABNA"},
		{"Mijn naam is Fatima el Amrani en ik wil ruilen", "ik wil ruilen", "Amrani"},
		{"zie https://shop.example/order?token=abc123 voor mijn lamp", "voor mijn lamp", "token"},
		{"My name is John Smith, is delivery free?", "is delivery free?", "Smith"},
		{"Hoe lang heb ik bedenktijd na 14 dagen?", "Hoe lang heb ik bedenktijd na 14 dagen?", "[…]"},
	} {
		got := review.Mask(c.text, "nl")
		if !strings.Contains(got, c.stays) || strings.Contains(got, c.goes) {
			t.Errorf("%q becomes %q", c.text, got)
		}
	}
	if got := review.Mask(strings.Repeat("lang ", 5000), "nl"); len(got) > 2000 {
		t.Errorf("%d bytes are kept of a long text", len(got))
	}
}

// talk makes the events of a conversation out of bodies; who says what follows from the body.
func talk(bodies ...chat.Body) []chat.Event {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	out := []chat.Event{{Conv: conv, Seq: 1, At: at, By: chat.Customer, Body: &chat.Opened{Lang: "nl"}}}
	for i, b := range bodies {
		by := chat.Customer
		switch b := b.(type) {
		case *chat.Message:
			if b.Act != "" {
				by = chat.Bot
			}
		case *chat.OwnerChanged, *chat.FlowMoved:
			by = chat.Bot
		case *chat.Mark:
			by = chat.Party{Role: chat.RoleAgent, ID: "sanne"}
		}
		out = append(out, chat.Event{Conv: conv, Seq: chat.Seq(i + 2), At: at.Add(time.Duration(i) * time.Second), By: by, Body: b})
	}
	return out
}

const conv = chat.ConversationID("00000000000000000000000001")

func says(text string) *chat.Message { return &chat.Message{Text: text} }

func answers(re chat.Seq) *chat.Message {
	return &chat.Message{Text: "Zo.", Act: chat.ActAnswer, Re: re, Sources: []chat.Source{{Article: "retour", Lang: "nl"}}}
}

func TestMissesAreWhatGotNoGoodAnswer(t *testing.T) {
	no := false
	for name, c := range map[string]struct {
		bodies []chat.Body
		want   string
	}{
		"refused":                {[]chat.Body{says("verkopen jullie zand"), &chat.Message{Act: chat.ActRefusal, Missed: true, Re: 2}}, "verkopen jullie zand: refused"},
		"answered":               {[]chat.Body{says("hoe ruil ik iets"), answers(2)}, ""},
		"none of these":          {[]chat.Body{says("wat kost het zand"), &chat.Message{Act: chat.ActClarify, Re: 2}, &chat.Message{Pressed: &chat.Button{Do: "none"}}, &chat.Message{Act: chat.ActRefusal, Re: 4}}, "wat kost het zand: clarified"},
		"handed over":            {[]chat.Body{says("hoe ruil ik iets"), answers(2), &chat.HumanRequested{}}, "hoe ruil ik iets: handed"},
		"only asks for a person": {[]chat.Body{says("ik wil een medewerker spreken"), &chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonCustomer}}, ""},
		"inside a routine":       {[]chat.Body{says("waar is mijn pakket"), &chat.FlowMoved{Flow: "order_status", State: chat.FlowStarted}, &chat.Message{Act: chat.ActAsk, Re: 2}, says("dat weet ik niet meer"), &chat.HumanRequested{}}, ""},
		"marked wrong":           {[]chat.Body{says("hoe ruil ik iets"), answers(2), &chat.Mark{Seq: 3, Verdict: "wrong"}}, "hoe ruil ik iets: marked"},
		"rated down":             {[]chat.Body{says("hoe ruil ik iets"), answers(2), &chat.Rating{Resolved: &no}}, "hoe ruil ik iets: rated_down"},
		"private":                {[]chat.Body{says("verkopen jullie zand aan jan@example.nl"), &chat.Message{Act: chat.ActRefusal, Missed: true, Re: 2}}, "verkopen jullie zand aan […]: refused"},
	} {
		var got []string
		for _, m := range review.Misses(talk(c.bodies...)) {
			got = append(got, m.Text+": "+strings.Join(m.Why, " "))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestTheWorkerCountsOnce runs the worker on a real log: the miss is there, once, however often the task comes.
func TestTheWorkerCountsOnce(t *testing.T) {
	e, err := bolt.Open(t.TempDir(), bolt.Options{NoSync: true, Route: review.Wants})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	gaps := &kb.Gaps{Groups: document.In(e, "gaps", document.Options[kb.Gap]{}), Misses: document.In(e, "misses", document.Options[kb.Miss]{}), Now: time.Now}
	w := &review.Worker{Log: e, Gaps: gaps}
	id := chat.NewConversationID(time.Now())
	commit := func(by chat.Party, b chat.Body) {
		t.Helper()
		if _, err := e.Commit(t.Context(), relay.Append{Conv: id, At: chat.Any, Drafts: []chat.Draft{{By: by, Body: b}}}); err != nil {
			t.Fatal(err)
		}
	}
	commit(chat.Customer, &chat.Opened{Lang: "nl"})
	commit(chat.Customer, says("verkopen jullie zand voor de bouw"))
	commit(chat.Bot, &chat.Message{Act: chat.ActRefusal, Missed: true, Re: 2})
	tasks, _, err := e.Claim(t.Context(), review.WorkerName, 10, time.Minute)
	if err != nil || len(tasks) != 1 {
		t.Fatalf("%d tasks, %v", len(tasks), err)
	}
	crashed := *w
	crashed.Log = noCommit{e}
	if err := crashed.Work(t.Context(), tasks[0]); err == nil {
		t.Fatal("a commit that fails is no error")
	}
	if err := w.Work(t.Context(), tasks[0]); err != nil {
		t.Fatal(err)
	}
	all, err := gaps.List(t.Context(), "", "")
	if err != nil || len(all) != 1 || all[0].Count != 1 {
		t.Errorf("gaps %+v, %v", all, err)
	}
	if again, _, err := e.Claim(t.Context(), review.WorkerName, 10, time.Minute); err != nil || len(again) != 0 {
		t.Errorf("the task is not settled: %v, %v", again, err)
	}

	h := &review.History{Log: e, Lists: e, Now: time.Now}
	past, err := h.Past(t.Context(), time.Now().Add(-time.Hour), 10)
	if err != nil || len(past) != 1 || past[0].Text != "verkopen jullie zand voor de bouw" {
		t.Errorf("asked before: %+v, %v", past, err)
	}
	if past, err = h.Past(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(past) != 0 {
		t.Errorf("asked in the future: %+v, %v", past, err)
	}
}

// noCommit is a mail room that goes down before the task is settled.
type noCommit struct{ *bolt.Engine }

// Commit fails.
func (noCommit) Commit(context.Context, relay.Append) (relay.Appended, error) {
	return relay.Appended{}, context.DeadlineExceeded
}

func TestAGoodAnswerIsAnAgents(t *testing.T) {
	events := talk(says("verkopen jullie zand"), answers(2))
	agent := chat.Party{Role: chat.RoleAgent, ID: "sanne", Name: "Sanne"}
	events = append(events,
		chat.Event{Conv: conv, Seq: 4, By: agent, Body: says("Ja.")},
		chat.Event{Conv: conv, Seq: 5, By: agent, Body: says("Wij verkopen zand in zakken van tien kilo, mail zand@example.nl.")})
	got := review.GoodAnswer(events, 2, "nl")
	if got != "Wij verkopen zand in zakken van tien kilo, mail […]." {
		t.Errorf("the answer is %q", got)
	}
	if !slices.Equal([]string{review.GoodAnswer(events[:3], 2, "nl")}, []string{""}) {
		t.Error("the bot's words count as an agent's")
	}
}

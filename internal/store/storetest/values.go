package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"balie/internal/chat"
)

var valueSpecs = []spec{
	{"what was returned can be changed and kept", values},
	{"times are whole microseconds", microseconds},
	{"a clock set back does not turn the log round", clockBack},
	{"unknown kinds survive", unknownKinds},
	{"the row is the fold of the log", refold},
	{"redaction takes the words out", redaction},
}

func values(r *rig) {
	conv := r.conv()
	yes := true
	form := &chat.Form{ID: "f", Fields: []chat.Field{{Name: "postcode", Options: []chat.Option{{Value: "v"}}}}}
	drafts := []chat.Draft{
		by(chat.Bot, &chat.Message{Text: "hello", Form: form, Buttons: []chat.Button{{ID: "b", Do: "flow:x"}}}),
		by(chat.Bot, &chat.SlotSet{Name: "order", Value: json.RawMessage(`"P1"`)}),
		by(chat.Customer, &chat.Rating{Resolved: &yes}),
	}
	done := r.say(conv, drafts...)
	events, row := asJSON(r.read(conv)), asJSON(r.row(conv))
	held, kept := r.read(conv), r.row(conv)

	spoil := func(evs []chat.Event, c chat.Conversation) {
		m := evs[0].Body.(*chat.Message)
		m.Text, m.Buttons[0].Do, m.Form.Fields[0].Name, m.Form.Fields[0].Options[0].Value = "spoilt", "spoilt", "spoilt", "spoilt"
		copy(evs[1].Body.(*chat.SlotSet).Value, `"XX"`)
		*evs[2].Body.(*chat.Rating).Resolved = false
		c.Form.Fields[0].Name, c.Buttons[0].Do = "spoilt", "spoilt"
		copy(c.Slots["order"].Value, `"XX"`)
		c.Slots["new"] = chat.Slot{}
		*c.Rating.Resolved = false
	}
	spoil(done.Events, done.State)
	*form, yes = chat.Form{ID: "spoilt"}, false
	spoil(r.read(conv), r.row(conv))

	r.same("events", asJSON(r.read(conv)), events)
	r.same("row", asJSON(r.row(conv)), row)
	for range 200 {
		r.say(conv, by(chat.System, &chat.Mark{Seq: 1, Verdict: "correct"}))
	}
	r.same("events held over 200 commits", asJSON(held), events)
	r.same("row held over 200 commits", asJSON(kept), row)
	r.folds(conv)
}

func microseconds(r *rig) {
	conv := r.conv()
	r.clock.move(123456*time.Microsecond + 789*time.Nanosecond)
	e := r.say(conv, says("x")).Events[0]
	if e.At.Location() != time.UTC || e.At.Nanosecond()%1000 != 0 || e.At.Nanosecond()/1000%1000 == 0 {
		r.Errorf("the event is at %v, want whole microseconds in UTC", e.At)
	}
	r.reopen()
	if back := r.read(conv)[0]; !back.At.Equal(e.At) {
		r.Errorf("the event was at %v and is at %v", e.At, back.At)
	}
	if row := r.row(conv); !row.Created.Equal(e.At) || !row.Last.At.Equal(e.At) {
		r.Errorf("the row says %v and %v, the event %v", row.Created, row.Last.At, e.At)
	}
}

func clockBack(r *rig) {
	conv := r.conv()
	r.say(conv, says("x"))
	r.clock.move(-time.Hour)
	r.say(conv, says("y"))
	r.reopen()
	r.clock.move(-time.Hour)
	r.say(conv, says("z"))
	evs := r.read(conv)
	for i := 1; i < len(evs); i++ {
		if evs[i].At.Before(evs[i-1].At) {
			r.Errorf("event %d is at %v, the one before it at %v", i+1, evs[i].At, evs[i-1].At)
		}
	}
	if t := r.one(); t.Seq != 3 {
		r.Errorf("the task of a conversation from later times: %+v", t)
	}
}

func unknownKinds(r *rig) {
	conv := r.conv()
	raw := `{"z":1,"a":[1,2.50,"\u00e9"],"nested":{"b":null}}`
	r.say(conv, says("x"), by(chat.System, &chat.Unknown{Name: "from_the_future", Raw: json.RawMessage(raw)}))
	r.crash()
	e := r.read(conv)[1]
	u, ok := e.Body.(*chat.Unknown)
	if !ok || u.Name != "from_the_future" {
		r.Fatalf("came back as %+v", e)
	}
	var got, want any
	if err := json.Unmarshal(u.Raw, &got); err != nil {
		r.Fatalf("its body: %v", err)
	}
	if err := json.Unmarshal([]byte(raw), &want); err != nil {
		r.Fatalf("the test's own body: %v", err)
	}
	r.same("its body", got, want)
	if row := r.row(conv); row.Head != 2 || row.Last.Seq != 1 {
		r.Errorf("it changed the state: %+v", row)
	}
}

// life is a long conversation with something of everything.
func life() []chat.Draft {
	no := false
	agent := chat.Party{Role: chat.RoleAgent, ID: "7", Name: "Sanne"}
	soon := time.Date(2026, 12, 1, 9, 30, 0, 123456789, time.FixedZone("", 3600))
	return []chat.Draft{
		by(chat.System, &chat.Opened{Site: "demo", Lang: "nl", Page: "https://shop/"}),
		keyed("k1", "Waar is \x00 mijn \xff pakket? "+strings.Repeat("é", 200)),
		by(chat.Bot, &chat.FlowMoved{Flow: "order_status", State: chat.FlowStarted, Step: "ask"}),
		by(chat.Bot, &chat.SlotSet{Name: "order", Flow: "order_status", Value: json.RawMessage(`{ "id" : "P1" }`)}),
		by(chat.Bot, &chat.SlotSet{Name: "lang", Value: json.RawMessage(`"nl"`)}),
		by(chat.Bot, &chat.SlotSet{Name: "odd", Value: json.RawMessage("\"\xff\\u0000\"")}),
		by(chat.Bot, &chat.Message{Text: "Welk nummer?", Act: chat.ActAsk, Form: &chat.Form{ID: "f", Fields: []chat.Field{{Name: "n"}}}}),
		{By: chat.Customer, Body: &chat.Message{Text: "", Submit: &chat.Submission{Form: "f", Values: map[string]string{"n": "14"}}}},
		by(chat.Bot, &chat.ActionMoved{ID: "a1", Name: "change_address", State: chat.ActionProposed, Params: json.RawMessage(`{"x":1}`), Hash: "h", Expires: soon}),
		by(chat.System, &chat.ActionMoved{ID: "a1", Name: "change_address", State: chat.ActionDone, Receipt: "R1", UndoUntil: soon}),
		by(chat.Bot, &chat.FlowMoved{Flow: "order_status", State: chat.FlowDone}),
		by(chat.Bot, &chat.Message{Text: "Kijk hier", Act: chat.ActAnswer, Sources: []chat.Source{{Article: "retour", Title: "Retour"}}}),
		by(chat.Customer, &chat.Rating{Resolved: &no, Comment: "nee"}),
		by(chat.System, &chat.Identified{Level: chat.LevelSignedIn, ID: "c/9", Name: "Jan"}),
		by(chat.Bot, &chat.CodeMoved{State: chat.CodeAsked, Email: "jan@example.com"}),
		by(chat.System, &chat.CodeMoved{State: chat.CodeSent, From: 15}),
		by(chat.Customer, &chat.HumanRequested{}),
		by(chat.System, &chat.OwnerChanged{To: chat.RoleAgent, Agent: "7", Name: "Sanne", Reason: chat.ReasonAssigned}),
		by(agent, &chat.Note{Text: "let op"}),
		by(agent, &chat.Message{Text: "Goedemiddag"}),
		by(chat.System, &chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonAgentGone}),
		by(agent, &chat.Closed{Code: "solved", Note: "done"}),
		says("toch nog iets"),
	}
}

func refold(r *rig) {
	conv, other := r.conv(), r.conv()
	for i, d := range life() {
		done := r.say(conv, d)
		r.same(fmt.Sprintf("the state returned with event %d", i+1), done.State, r.row(conv))
		r.folds(conv)
	}
	r.say(other, life()...)
	r.folds(other)
	r.crash()
	r.folds(conv)
	r.folds(other)
}

func redaction(r *rig) {
	conv := r.conv()
	const secret = "Kerkstraat 12"
	drafts := []chat.Draft{
		keyed("k", "ik woon "+secret),
		by(chat.Bot, &chat.Message{Text: "Klopt dit?", Card: &chat.Card{Action: "a", Title: "Adres", Rows: []chat.Row{{Label: "Straat", Before: "x", After: secret}}}}),
		by(chat.Bot, &chat.Message{Text: "ja", Form: &chat.Form{ID: "f", Fields: []chat.Field{{Name: "straat", Value: secret}}}}),
		{By: chat.Customer, Body: &chat.Message{Text: secret, Submit: &chat.Submission{Form: "x", Values: map[string]string{"straat": secret}}}},
		by(chat.System, &chat.Note{Text: secret}),
		by(chat.Customer, &chat.Rating{Score: 2, Comment: secret}),
	}
	r.say(conv, drafts...)
	r.say(conv, says("openbaar"), by(chat.System, &chat.Redacted{Seqs: []chat.Seq{1, 2, 3, 4, 5, 6, 99, 0}}))
	r.say(conv, says(secret), by(chat.System, &chat.Redacted{Seqs: []chat.Seq{9}}))
	for range 2 {
		all := asJSON(r.read(conv)) + asJSON(r.row(conv))
		if strings.Contains(all, secret) {
			r.Errorf("the words are still there: %s", all)
		}
		if !strings.Contains(all, "openbaar") {
			r.Errorf("a word that nobody redacted is gone: %s", all)
		}
		r.folds(conv)
		if again := r.say(conv, drafts[0]); again.New != 0 || again.Events[0].Seq != 1 {
			r.Errorf("a retry of a redacted message became %+v", again)
		}
		r.crash()
	}
	if n := len(r.read(conv)); n != 10 {
		r.Errorf("%d events, want 10: redaction keeps positions", n)
	}
}

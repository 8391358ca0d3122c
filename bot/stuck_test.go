package bot

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"

	"balie/bot/nlu"
	"balie/internal/chat"
)

// dialogue is a scripted conversation from the gold set: where a person should be offered, and where one should be fetched.
type dialogue struct {
	ID    string `json:"id"`
	Lang  string `json:"lang"`
	Turns []struct {
		From    string `json:"from"`
		Text    string `json:"text"`
		Kind    string `json:"kind"`
		Article string `json:"article"`
		Slot    string `json:"slot"`
	} `json:"turns"`
	Offer    *int `json:"offer_at"`
	HandOver *int `json:"handover_at"`
}

// played says after which of the customer's turns the stuck policy offered a person and fetched one; -1 is never.
func (d dialogue) played(t *testing.T) (offered, fetched int) {
	t.Helper()
	offered, fetched = -1, -1
	var c chat.Conversation
	var events []chat.Event
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	add := func(by chat.Party, b chat.Body) chat.Event {
		e := chat.Event{Conv: "c", Seq: c.Head + 1, At: now.Add(time.Duration(c.Head) * time.Second), By: by, Body: b}
		events, c = append(events, e), chat.Fold(c, e)
		return e
	}
	add(chat.System, &chat.Opened{Lang: d.Lang})
	slot := ""
	for i, turn := range d.Turns {
		if turn.From != "customer" {
			continue
		}
		trigger := add(chat.Customer, &chat.Message{Text: turn.Text})
		tn := &Turn{Conv: c, Events: events, Trigger: trigger, Now: trigger.At}
		tn.listen(nil)
		dec := reply(tn, chat.ActTell, "…")
		m := dec.message()
		if i+1 < len(d.Turns) && d.Turns[i+1].From == "bot" {
			next := d.Turns[i+1]
			m.Text = next.Text
			switch next.Kind {
			case "answer":
				m.Act = chat.ActAnswer
				if next.Article != "" {
					m.Sources = []chat.Source{{Article: next.Article}}
				}
			case "clarify":
				m.Act = chat.ActClarify
			case "refusal":
				m.Act, m.Missed = chat.ActRefusal, true
			case "action_failed":
				m.Act = chat.ActFailed
			case "ask_slot":
				if m.Act = chat.ActAsk; next.Slot == slot {
					m.Act = chat.ActReask
				}
			}
			slot = next.Slot
		}
		got, err := Stuck{}.Review(t.Context(), tn, dec)
		if err != nil {
			t.Fatal(err)
		}
		careful, _ := careFor(turn.Text)
		if (careful != "" || nlu.AsksForPerson(turn.Text)) && fetched < 0 { // escape and care come before stuck in the list
			fetched = i
			if offered < 0 {
				offered = i
			}
		}
		if got.escalates() != nil && fetched < 0 {
			fetched = i
		}
		if said := got.message(); said != nil && len(said.Buttons) > 0 && offered < 0 || got.escalates() != nil && offered < 0 {
			offered = i
		}
		for _, draft := range got.Drafts {
			if _, over := draft.Body.(*chat.OwnerChanged); !over {
				add(draft.By, draft.Body)
			}
		}
	}
	return offered, fetched
}

// TestStuckDialogues holds the policy to the gold set: a person is offered where one should be, at most a turn late, and hardly ever where
// nobody is stuck.
func TestStuckDialogues(t *testing.T) {
	f, err := os.Open("nlu/testdata/gold/dialogues.jsonl")
	if err != nil {
		t.Skipf("skipped: no gold set (%v)", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	should, did, exact, early, fine, wrongly := 0, 0, 0, 0, 0, 0
	for lines.Scan() {
		var d dialogue
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		offered, fetched := d.played(t)
		if d.Offer == nil {
			fine++
			if offered >= 0 {
				wrongly++
				t.Logf("%s: offered at %d, and nobody was stuck", d.ID, offered)
			}
			continue
		}
		should++
		switch {
		case offered < 0:
			t.Logf("%s: not offered, should at %d", d.ID, *d.Offer)
		case offered > *d.Offer+2:
			t.Logf("%s: offered at %d, should at %d", d.ID, offered, *d.Offer)
		default:
			did++
			if offered == *d.Offer {
				exact++
			} else if offered < *d.Offer {
				early++
			}
		}
		if d.HandOver != nil && (fetched < 0 || fetched != *d.HandOver) {
			t.Logf("%s: fetched at %d, should at %d", d.ID, fetched, *d.HandOver)
		}
	}
	t.Logf("offered %d of %d that should be (%d at the very turn, %d earlier); wrongly %d of %d", did, should, exact, early, wrongly, fine)
	if did*100 < should*90 {
		t.Errorf("offered in %d of %d, want nine in ten", did, should)
	}
	if wrongly*100 > fine*5 {
		t.Errorf("offered wrongly in %d of %d, want at most one in twenty", wrongly, fine)
	}
}

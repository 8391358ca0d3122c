package handoff_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
)

// orders plays the order system.
type orders struct{ err error }

func (o orders) Profile(context.Context, string) (profile, orders any, err error) {
	return map[string]string{"city": "Utrecht"}, []string{"#P10001"}, o.err
}

// TestPacketTellsEverything computes the packet of a conversation in which nearly everything happened.
func TestPacketTellsEverything(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	earlier := h.visitor()
	who := &chat.Identified{Level: chat.LevelOrder, ID: "jan_1001", Name: "Jan", Email: "jan@demo.test", How: "order #P10001 + postcode"}
	h.append(earlier, chat.Draft{By: chat.System, Body: who})
	h.append(earlier, customer(&chat.Closed{Code: "solved"}))
	conv := h.visitor() // 1 opened, 2 "ik wil mijn geld terug"
	resolved := false
	until := h.clock().Add(time.Hour)
	h.append(conv,
		bot(&chat.Message{Text: "Zo werkt het.", Sources: []chat.Source{{Article: "retour", Title: "Retourneren"}}, Act: chat.ActAnswer}), // 3
		customer(&chat.Rating{Resolved: &resolved}),                                                                         // 4
		customer(&chat.Message{Text: "dat helpt niet"}),                                                                     // 5
		bot(&chat.Sign{Name: "did_not_help", Points: 1, From: 5}),                                                           // 6
		bot(&chat.FlowMoved{Flow: "return", State: chat.FlowStarted}),                                                       // 7
		chat.Draft{By: chat.System, Body: who},                                                                              // 8
		bot(&chat.SlotSet{Name: "order", Value: json.RawMessage(`"#P10001"`), From: 5, Verified: true}),                     // 9
		bot(&chat.SlotSet{Name: "reason", Value: json.RawMessage(`"te groot"`)}),                                            // 10
		bot(&chat.SlotSet{Name: "reason", Value: json.RawMessage(`null`)}),                                                  // 11
		bot(&chat.Message{Text: "Vul in.", Form: &chat.Form{ID: "f-1", Title: "Adres"}}),                                    // 12
		customer(&chat.Message{Submit: &chat.Submission{Form: "f-1"}, Text: "Postcode: 1017 GC"}),                           // 13
		bot(&chat.ActionMoved{ID: "a-1", Name: "return", State: chat.ActionProposed, Expires: until}),                       // 14
		bot(&chat.ActionMoved{ID: "a-1", Name: "return", State: chat.ActionFailed, Reason: "too_late"}),                     // 15
		bot(&chat.ActionMoved{ID: "a-2", Name: "cancel", State: chat.ActionUnknown}),                                        // 16
		bot(&chat.ActionMoved{ID: "a-3", Name: "change_address", State: chat.ActionDone, Receipt: "R-7", UndoUntil: until}), // 17
		bot(&chat.ActionMoved{ID: "a-4", Name: "exchange", State: chat.ActionProposed, Expires: until}),                     // 18
		bot(&chat.ActionMoved{ID: "a-5", Name: "return", State: chat.ActionProposed, Expires: h.clock().Add(-time.Hour)}),   // 19
		bot(&chat.Message{Text: "Nog iets.", Form: &chat.Form{ID: "f-2", Title: "Rekening"}}),                               // 20
		bot(&chat.Message{Text: "Morgen belt een collega u.", Act: chat.ActPromise}),                                        // 21
		bot(&chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonStuck, Note: "drie keer geprobeerd"}),                 // 22
	)
	h.wait(42 * time.Second)
	h.claim(sanne, conv) // ends the flow; what was pending when people took over is still told
	h.append(conv, chat.Draft{By: chat.Party{Role: chat.RoleAgent, ID: "joris", Name: "Joris"}, Body: &chat.Note{Text: "let op"}})
	p, err := h.desk.Packet(t.Context(), h.state(conv), h.events(conv), orders{})
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
		}
	}
	same("reason", p.Reason, chat.ReasonStuck)
	same("wants", p.Wants, "ik wil mijn geld terug / dat helpt niet")
	same("language", p.Language, "nl")
	same("identity", p.Identity, handoff.Identity{Level: chat.LevelOrder, How: who.How, ID: "jan_1001"})
	same("signs", p.Signs, []handoff.SignSeen{{Name: "did_not_help", Points: 1, Seq: 5}})
	same("facts", p.Facts, []handoff.Fact{{Name: "order", Value: json.RawMessage(`"#P10001"`), Seq: 5, Verified: true}})
	same("tried", p.Tried, []handoff.Tried{
		{Kind: "action", Action: "a-1", Name: "return", State: chat.ActionFailed, Seq: 15, Result: "too_late"},
		{Kind: "action", Action: "a-2", Name: "cancel", State: chat.ActionUnknown, Seq: 16},
		{Kind: "action", Action: "a-3", Name: "change_address", State: chat.ActionDone, Seq: 17, Result: "R-7"},
		{Kind: "action", Action: "a-4", Name: "exchange", State: chat.ActionProposed, Seq: 18},
		{Kind: "action", Action: "a-5", Name: "return", State: chat.ActionProposed, Seq: 19},
		{Kind: "article", Article: "retour", Title: "Retourneren", Seq: 3, Result: "not_helped"}})
	same("pending", p.Pending, []handoff.Pending{{Kind: "form", ID: "f-2", Name: "Rekening", Seq: 20},
		{Kind: "unknown", ID: "a-2", Name: "cancel", Seq: 16}, {Kind: "action", ID: "a-4", Name: "exchange", Seq: 18}})
	same("promises", p.Promises, []handoff.Promise{{Text: "change_address: R-7 (undo until " + until.Format(time.RFC3339) + ")", Seq: 17}, {Text: "Morgen belt een collega u.", Seq: 21}})
	same("notes", p.Notes, []handoff.Promise{{Text: "drie keer geprobeerd", Seq: 22, By: "Chatbot"}, {Text: "let op", Seq: 24, By: "Joris"}})
	same("page", p.Page, "https://shop.example/")
	same("waited", p.WaitedS, 42)
	if len(p.Customer.Earlier) != 1 || p.Customer.Earlier[0].ID != earlier || p.Customer.Earlier[0].Code != "solved" || p.Customer.Profile == nil || p.Customer.Orders == nil || p.Customer.Name != "Jan" {
		t.Errorf("customer: %+v", p.Customer)
	}
	p, err = h.desk.Packet(t.Context(), h.state(conv), h.events(conv), orders{errors.New("down")})
	if err != nil || p.Customer.Problem == "" || p.Customer.Profile != nil {
		t.Errorf("without the order system: %+v %v", p.Customer, err)
	}
}

// TestPacketOfNothing makes lists, not nulls, where there is nothing to tell.
func TestPacketOfNothing(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	conv := h.visitor()
	p, err := h.desk.Packet(t.Context(), h.state(conv), h.events(conv), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"signs", "facts", "tried", "pending", "promises", "notes"} {
		if _, list := m[name].([]any); !list {
			t.Errorf("%s is %v", name, m[name])
		}
	}
	if p.Identity.Level != chat.LevelAnonymous || p.Wants != "ik wil mijn geld terug" {
		t.Errorf("%s, %q", p.Identity.Level, p.Wants)
	}
}

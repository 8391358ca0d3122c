package action_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	"balie/internal/connector/demo"
)

var troubles = []demo.Trouble{demo.Slow, demo.Fail, demo.LoseRequest, demo.LoseAnswer, demo.Late, demo.Twice, demo.Foreign}

// trouble makes one call in five go wrong, in every way there is.
func trouble(rnd *rand.Rand) func(string) demo.Trouble {
	var mu sync.Mutex
	return func(string) demo.Trouble {
		mu.Lock()
		defer mu.Unlock()
		if rnd.IntN(5) > 0 {
			return demo.None
		}
		return troubles[rnd.IntN(len(troubles))]
	}
}

// TestFaultRun is 150 acts (1,000 with BALIE_SOAK=1) under every trouble of the order system, with the process killed before or
// after a commit at random and started again from disk: executed twice 0, lost 0, unknown without an owner 0.
func TestFaultRun(t *testing.T) {
	n := 150
	if os.Getenv("BALIE_SOAK") == "1" {
		n = 1000
	}
	rnd := rand.New(rand.NewPCG(6, uint64(n)))
	r := newRigOn(t, bigShop(n, 1))
	r.set.Timeout = 5 * time.Millisecond
	r.open1()
	var convs []chat.ConversationID
	kills := 0
	for i := range n {
		conv := r.begin(fmt.Sprintf("cust_%d", i), chat.LevelOrder)
		convs = append(convs, conv)
		w := giveBack(i, 1)
		if i%2 == 0 {
			w = action.Write{Kind: action.ChangeOrderAddress, Order: action.OrderID(fmt.Sprintf("#%d-0", i)), Address: dam}
		}
		r.pick = nil
		r.agree(conv, w)
		r.pick = trouble(rnd)
		if rnd.IntN(4) == 0 {
			kills++
			r.die.left, r.die.late = 1+rnd.IntN(3), rnd.IntN(2) == 0
		}
		r.rest(time.Duration(rnd.IntN(20)) * time.Second)
		if r.die.dead() {
			r.reopen()
		}
	}
	r.rest(time.Hour)
	states := map[chat.ActionState]int{}
	for _, conv := range convs {
		states[r.conv(conv).Actions[0].State]++
	}
	for _, wrong := range actiontest.Check(r.house(convs...)) {
		t.Error(wrong)
	}
	t.Logf("%d acts, %d kills planned: %v", n, kills, states)
	if states[chat.ActionDone] < n*8/10 {
		t.Errorf("only %d of %d acts came through", states[chat.ActionDone], n)
	}
}

// open1 opens the house again with changed settings.
func (r *rig) open1() {
	r.Helper()
	if err := r.engine.Close(); err != nil {
		r.Fatal(err)
	}
	r.open()
}

// villain writes whatever it likes into a conversation: everything that a bot under a spell, a forged frame or a confused flow could
// bring about, and some honest behaviour in between.
type villain struct {
	*rig
	rnd  *rand.Rand
	conv chat.ConversationID
	ids  []chat.ActionMoved
}

func (v *villain) one(s ...string) string { return s[v.rnd.IntN(len(s))] }

func (v *villain) write() action.Write {
	w := action.Write{Kind: action.WriteKind(v.one("change_order_address", "return_items", "change_contact", "change_customer_address", "withdraw", "cancel_order", "nonsense"))}
	w.Order = action.OrderID(v.one("#W1", "#W2", "#W5", "#W6", "#W7", "", "#W999"))
	switch w.Kind {
	case action.ChangeOrderAddress, action.ChangeCustomerAddress:
		w.Address = &action.Address{Line1: v.one("Dam 9", "Rokin 5", strings.Repeat("x", 300)), City: "Amsterdam", Postcode: "1012 JS", Country: "NL"}
	case action.ReturnItems:
		w.Items, w.Method = []action.ItemID{action.ItemID(v.one("s-red", "m-blue"))}, action.MethodID(v.one("card_1", "card_2", "gift_1"))
	case action.ChangeContact:
		w.Contact = &action.Contact{Email: v.one("thief@example.org", "not an address")}
	case action.CancelOrder:
		w.Reason = v.one("no longer needed", "because")
	}
	if w.Kind == action.ChangeCustomerAddress || w.Kind == action.ChangeContact {
		w.Order = ""
	}
	return w
}

// forged is a proposal that never went through the ledger.
func (v *villain) forged() chat.ActionMoved {
	w := v.write()
	w.Key, w.Customer = fmt.Sprintf("a-%016d", v.rnd.IntN(1e15)), action.CustomerID(v.one("ann_1", "bob_2"))
	p := chat.ActionMoved{ID: w.Key, Name: "x", State: chat.ActionProposed, Params: raw(w), Hash: w.Fingerprint(), Needs: chat.Level(v.one("", "order", "root")), Expires: v.now().Add(10 * time.Minute)}
	if v.rnd.IntN(5) == 0 {
		p.Hash = "0000"
	}
	if v.rnd.IntN(5) == 0 && len(v.ids) > 0 {
		p.UndoOf = v.ids[v.rnd.IntN(len(v.ids))].ID
	}
	return p
}

func (v *villain) step() {
	switch v.rnd.IntN(12) {
	case 0:
		v.say(v.conv, chat.Draft{By: chat.System, Body: &chat.Identified{ID: v.one("ann_1", "bob_2"), Level: chat.Level(v.one("order", "code", "signed_in"))}})
		return
	case 1, 2:
		if p, err := v.ledger.Propose(v.rig.conv(v.conv), "x", v.write(), ""); err == nil {
			v.ids = append(v.ids, p)
			v.say(v.conv, card(p)...)
		}
		return
	case 3, 4:
		p := v.forged()
		v.ids = append(v.ids, p)
		v.say(v.conv, card(p)...)
		return
	case 5:
		v.pass(time.Duration(v.rnd.IntN(400)) * time.Second)
		return
	case 6:
		v.say(v.conv, chat.Draft{By: chat.Customer, Body: &chat.HumanRequested{}})
		return
	}
	if len(v.ids) == 0 {
		return
	}
	p := v.ids[v.rnd.IntN(len(v.ids))]
	switch v.rnd.IntN(6) {
	case 0:
		v.say(v.conv, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: "confirm:" + p.ID}}, confirmed(p))
	case 1:
		v.say(v.conv, press(v.one("b-"+p.ID, "b-nothing"), v.one("confirm:", "undo:", "change:")+p.ID), confirmed(p))
	case 2:
		d := confirmed(p)
		d.By = []chat.Party{chat.Bot, chat.System, {Role: chat.RoleAgent, ID: "p-1"}, {Role: chat.RoleSystem, ID: "undo-link"}}[v.rnd.IntN(4)]
		v.say(v.conv, d)
	case 3:
		state := chat.ActionState(v.one("executing", "done", "undone", "unknown", "proposed", "failed"))
		v.say(v.conv, chat.Draft{By: chat.Bot, Body: &chat.ActionMoved{ID: p.ID, State: state, Params: p.Params, Hash: p.Hash, Expires: v.now().Add(time.Hour)}})
	default:
		v.say(v.conv, press("b-"+p.ID, "confirm:"+p.ID), confirmed(p))
	}
}

// TestNoVillainMovesTheOrderSystem lets villains play and holds what came of it against the promises.
func TestNoVillainMovesTheOrderSystem(t *testing.T) {
	plays := 40
	if os.Getenv("BALIE_SOAK") == "1" {
		plays = 1000
	}
	executed := 0
	for i := range plays {
		rnd := rand.New(rand.NewPCG(99, uint64(i)))
		r := newRig(t)
		r.limit(action.Limit{PerAct: 4000, PerCustomer: 6000})
		var convs []chat.ConversationID
		for range 3 {
			v := &villain{rig: r, rnd: rnd, conv: r.begin(action2("ann_1", "bob_2", rnd), chat.LevelOrder)}
			convs = append(convs, v.conv)
			for range 25 {
				r.pick = trouble(rnd)
				v.step()
				if rnd.IntN(3) == 0 {
					r.run()
				}
			}
		}
		r.pick = nil
		r.rest(2 * time.Hour)
		h := r.house(convs...)
		h.Customers = nil // villains know everything; leaks are another test's
		for _, wrong := range actiontest.Check(h) {
			t.Errorf("play %d: %s", i, wrong)
		}
		executed += len(h.Done)
	}
	if executed < plays/4 {
		t.Errorf("only %d acts were carried out: the villains never even press honestly", executed)
	}
	t.Logf("%d plays, %d acts carried out", plays, executed)
}

func action2(a, b string, rnd *rand.Rand) string {
	if rnd.IntN(2) == 0 {
		return a
	}
	return b
}

// careless is a worker with a bug planted in it.
type careless struct {
	*rig
	anyConfirmation bool // takes the bot's word for the press
	blind           bool // after a lost answer it sends again, under a new key
	silent          bool // after a lost answer it leaves it at that
	forAnyone       bool // sends what the parameters say, whoever it is for
}

func (c careless) Work(conv chat.ConversationID, id string) {
	var p *chat.ActionMoved
	pressed, confirmed := false, false
	for _, e := range c.events(conv) {
		switch b := e.Body.(type) {
		case *chat.ActionMoved:
			if b.ID == id && b.State == chat.ActionProposed {
				p = b
			}
			confirmed = confirmed || b.ID == id && b.State == chat.ActionConfirmed
		case *chat.Message:
			pressed = pressed || b.Pressed != nil && b.Pressed.Do == "confirm:"+id
		}
	}
	var w action.Write
	if p == nil || !confirmed || !pressed && !c.anyConfirmation || json.Unmarshal(p.Params, &w) != nil {
		return
	}
	if !c.forAnyone && string(w.Customer) != c.conv(conv).Customer.ID {
		return
	}
	system := demo.Faults{System: c.journal, Pick: c.pick}
	end := chat.ActionDone
	if _, err := system.Do(c.ctx, w); err != nil && c.blind {
		w.Key += "-again"
		system.Do(c.ctx, w)
	} else if err != nil && c.silent {
		end = chat.ActionUnknown
	}
	c.say(conv, chat.Draft{By: chat.System, Body: &chat.ActionMoved{ID: id, State: end}})
}

// TestCheckerBites plants bugs and wants each of them found.
func TestCheckerBites(t *testing.T) {
	tests := []struct {
		name string
		bug  careless
		play func(r *rig, conv chat.ConversationID) string
		want string
	}{
		{"none", careless{}, func(r *rig, conv chat.ConversationID) string { return r.agree(conv, moveOrder()) }, ""},
		{"takes words for a press", careless{anyConfirmation: true}, func(r *rig, conv chat.ConversationID) string {
			p := r.propose(conv, moveOrder())
			r.say(conv, card(p)...)
			r.say(conv, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: "ja graag"}}, confirmed(p))
			return p.ID
		}, "without a press"},
		{"sends again blind", careless{blind: true}, func(r *rig, conv chat.ConversationID) string {
			id := r.agree(conv, moveOrder())
			r.pick = once("Do", demo.LoseAnswer)
			return id
		}, "never proposed"},
		{"leaves it unknown", careless{silent: true}, func(r *rig, conv chat.ConversationID) string {
			id := r.agree(conv, moveOrder())
			r.pick = once("Do", demo.LoseAnswer)
			return id
		}, "no person was asked"},
		{"acts for anyone", careless{forAnyone: true}, func(r *rig, conv chat.ConversationID) string {
			p := r.propose(conv, moveOrder())
			w := action.Write{Key: p.ID, Kind: action.ChangeOrderAddress, Customer: "bob_2", Order: "#W5", Address: dam}
			p.Params, p.Hash = raw(w), w.Fingerprint()
			r.say(conv, card(p)...)
			r.say(conv, press("b-"+p.ID, "confirm:"+p.ID), confirmed(p))
			return p.ID
		}, "for bob_2"},
		{"does not look at the level", careless{}, func(r *rig, conv chat.ConversationID) string {
			p := r.propose(conv, moveOrder())
			w := action.Write{Key: p.ID, Kind: action.ChangeContact, Customer: "ann_1", Contact: &action.Contact{Email: "thief@example.org"}}
			p.Params, p.Hash = raw(w), w.Fingerprint()
			r.say(conv, card(p)...)
			r.say(conv, press("b-"+p.ID, "confirm:"+p.ID), confirmed(p))
			return p.ID
		}, "too low"},
		{"does not count", careless{}, func(r *rig, conv chat.ConversationID) string {
			id := r.agree(conv, action.Write{Kind: action.ReturnItems, Order: "#W2", Items: []action.ItemID{"s-red"}, Method: "card_1"})
			r.limit(action.Limit{PerAct: 100})
			return id
		}, "above the limit"},
		{"tells about somebody else", careless{}, func(r *rig, conv chat.ConversationID) string {
			id := r.agree(conv, moveOrder())
			r.say(conv, chat.Draft{By: chat.Bot, Body: &chat.Message{Text: "Bob woont op Brink 2."}})
			return id
		}, "of customer bob_2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			conv := r.begin("ann_1", chat.LevelOrder)
			id := tt.play(r, conv)
			tt.bug.rig = r
			tt.bug.Work(conv, id)
			r.pass(time.Hour)
			found := strings.Join(actiontest.Check(r.house(conv)), "\n")
			if tt.want == "" && found != "" || !strings.Contains(found, tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
}

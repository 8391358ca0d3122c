package action_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// together runs f n times at once.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// TestSixtyFourHandsDoItOnce lets 64 workers, most of which believe to hold the task and do not, carry out the same act at once, which was
// pressed and confirmed 64 times.
func TestSixtyFourHandsDoItOnce(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	p := r.propose(conv, moveOrder())
	r.say(conv, card(p)...)
	together(64, func(int) {
		if _, err := r.engine.Commit(r.ctx, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{press("b-"+p.ID, "confirm:"+p.ID), confirmed(p)}}); err != nil {
			t.Error(err)
		}
	})
	w := r.ledger.Worker()
	together(64, func(int) {
		for range 5 {
			w.Work(r.ctx, relay.Task{Worker: w.Name(), Conv: conv, Name: p.ID, Lease: "mine"}) // none of them holds it: each error is expected
		}
	})
	r.rest(time.Hour)
	r.wantState(conv, p.ID, chat.ActionDone, "")
	r.wantTimes(p.ID, 1)
}

// TestLimitsHoldInACrowd: 64 acts of one customer at once, of which ten fit.
func TestLimitsHoldInACrowd(t *testing.T) {
	r := newRigOn(t, bigShop(1, 64))
	r.limit(action.Limit{PerCustomer: 10_000})
	convs, ids := make([]chat.ConversationID, 64), make([]string, 64)
	for i := range convs {
		convs[i] = r.begin("cust_0", chat.LevelOrder)
		ids[i] = r.agree(convs[i], giveBack(0, i+1))
	}
	w := r.ledger.Worker()
	tasks, _, err := r.engine.Claim(r.ctx, w.Name(), 64, time.Minute)
	if err != nil || len(tasks) != 64 {
		t.Fatalf("claimed %d tasks: %v", len(tasks), err)
	}
	together(64, func(i int) { r.work(w, tasks[i]) })
	r.rest(time.Hour)
	done := 0
	for i := range convs {
		switch a := r.state(convs[i], ids[i]); {
		case a.State == chat.ActionDone:
			done++
		case a.State != chat.ActionFailed || a.Reason != string(action.OverLimit):
			t.Errorf("act is %s (%s)", a.State, a.Reason)
		}
	}
	if done != 10 || len(r.journal.Executed()) != 10 {
		t.Errorf("%d done, %d in the order system, want 10", done, len(r.journal.Executed()))
	}
	r.pass(31 * 24 * time.Hour)
}

func TestWhatWasNotDoneDoesNotCount(t *testing.T) {
	r := newRigOn(t, bigShop(1, 9))
	r.limit(action.Limit{PerCustomer: 2000, PerAct: 1000})
	conv := r.begin("cust_0", chat.LevelOrder)
	for n := 1; n <= 3; n++ { // the order system is down: counted, then taken off
		r.pick = always("fail", "Do")
		id := r.agree(conv, giveBack(0, n))
		r.rest(time.Hour)
		r.wantState(conv, id, chat.ActionFailed, action.NotReached)
	}
	r.pick = nil
	first, second := r.agree(conv, giveBack(0, 4)), r.agree(conv, giveBack(0, 5))
	r.rest(time.Hour)
	r.wantState(conv, first, chat.ActionDone, "")
	r.wantState(conv, second, chat.ActionDone, "")
	if _, err := r.ledger.Propose(r.conv(conv), "", giveBack(0, 6), ""); err == nil {
		t.Error("a third return fits")
	}
	u, err := r.ledger.ProposeUndo(r.conv(conv), first)
	if err != nil {
		t.Fatal(err)
	}
	r.undo(conv, first, u)
	r.wantState(conv, first, chat.ActionUndone, "")
	third := r.agree(conv, giveBack(0, 6)) // what was taken back counts no more
	r.rest(time.Hour)
	r.wantState(conv, third, chat.ActionDone, "")
	r.pass(31 * 24 * time.Hour)
	conv = r.begin("cust_0", chat.LevelOrder)
	if _, err := r.ledger.Propose(r.conv(conv), "", action.Write{Kind: action.CancelOrder, Order: "#0-0", Reason: "no longer needed"}, ""); err != nil {
		t.Errorf("after 31 days: %v", err)
	}
}

// undo presses the undo button of an act.
func (r *rig) undo(conv chat.ConversationID, orig string, u chat.ActionMoved) {
	r.Helper()
	r.say(conv, chat.Draft{By: chat.Bot, Body: &chat.Message{Text: "Klaar", Buttons: []chat.Button{{ID: "u-" + orig, Do: "undo:" + orig}}}})
	r.say(conv, press("u-"+orig, "undo:"+orig))
	r.say(conv, chat.Draft{By: chat.Bot, Body: &u}, confirmed(u))
	r.rest(time.Minute)
}

func TestUndoRefuses(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	id := r.agree(conv, moveOrder())
	r.run()
	u, err := r.ledger.ProposeUndo(r.conv(conv), id)
	if err != nil {
		t.Fatal(err)
	}
	// no press
	r.say(conv, chat.Draft{By: chat.Bot, Body: &u}, confirmed(u))
	r.run()
	r.wantState(conv, u.ID, chat.ActionFailed, action.NoPress)
	// another write than the ledger noted
	w := action.Write{Kind: action.ChangeOrderAddress, Customer: "ann_1", Order: "#W1", Address: &action.Address{Line1: "Elders 1", City: "Assen", Postcode: "9401 HS", Country: "NL"}}
	u, _ = r.ledger.ProposeUndo(r.conv(conv), id)
	w.Key = u.ID
	u.Params, u.Hash = raw(w), w.Fingerprint()
	r.undo(conv, id, u)
	r.wantState(conv, u.ID, chat.ActionFailed, action.NotUndoable)
	// one press, one act: the press above has been used
	u, _ = r.ledger.ProposeUndo(r.conv(conv), id)
	r.say(conv, chat.Draft{By: chat.Bot, Body: &u}, confirmed(u))
	r.run()
	r.wantState(conv, u.ID, chat.ActionFailed, action.NoPress)
	// changed again since
	other := moveOrder()
	other.Address = &action.Address{Line1: "Rokin 5", City: "Amsterdam", Postcode: "1012 KK", Country: "NL"}
	later := r.agree(conv, other)
	r.run()
	u, _ = r.ledger.ProposeUndo(r.conv(conv), id)
	r.undo(conv, id, u)
	r.wantState(conv, u.ID, chat.ActionFailed, action.ChangedSince)
	// too late
	r.pass(30 * 24 * time.Hour)
	if _, err := r.ledger.ProposeUndo(r.conv(conv), later); action.ReasonOf(err) != action.TooLate {
		t.Errorf("after 30 days: %v", err)
	}
	if o, _ := r.shop.Order(r.ctx, "#W1"); o.Address.Line1 != "Rokin 5" {
		t.Errorf("address is %v", o.Address)
	}
}

func TestAgentsActWithinTheirLimits(t *testing.T) {
	r := newRigOn(t, bigShop(2, 9))
	r.limit(action.Limit{PerPerson: 3000})
	sanne := chat.Party{Role: chat.RoleAgent, ID: "p-sanne", Name: "Sanne"}
	conv := r.begin("cust_0", chat.LevelOrder)
	if _, _, err := r.ledger.Act(r.ctx, sanne, conv, "", giveBack(0, 1), ""); err == nil {
		t.Error("an agent acts in a conversation that is not hers")
	}
	r.say(conv, chat.Draft{By: sanne, Body: &chat.OwnerChanged{To: chat.RoleAgent, Agent: sanne.ID, Name: sanne.Name, Reason: chat.ReasonAssigned}})
	if _, _, err := r.ledger.Act(r.ctx, chat.Bot, conv, "", giveBack(0, 1), ""); err == nil {
		t.Error("the bot acts as an agent")
	}
	var ids []string
	for n := 1; n <= 3; n++ {
		p, seq, err := r.ledger.Act(r.ctx, sanne, conv, "return", giveBack(0, n), "belde erover")
		if err != nil || seq == 0 {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
		r.rest(time.Minute)
		r.wantState(conv, p.ID, chat.ActionDone, "")
	}
	if _, _, err := r.ledger.Act(r.ctx, sanne, conv, "return", giveBack(0, 4), ""); err == nil {
		t.Error("beyond the day's limit")
	}
	if _, err := r.ledger.Undo(r.ctx, sanne, conv, ids[0]); err != nil {
		t.Fatal(err)
	}
	r.rest(time.Minute)
	r.wantState(conv, ids[0], chat.ActionUndone, "")
	if _, err := r.ledger.Undo(r.ctx, sanne, conv, "a-0000000000000000"); err == nil {
		t.Error("undid what is not there")
	}
	r.pass(24 * time.Hour)
	if _, _, err := r.ledger.Act(r.ctx, sanne, conv, "return", giveBack(0, 5), ""); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// TestOddChangesAreShown: what looks like an account in wrong hands is in the log for the colleague, and stops nothing.
func TestOddChangesAreShown(t *testing.T) {
	r := newRigOn(t, bigShop(4, 0))
	signs := func(conv chat.ConversationID) (out []string) {
		for _, s := range r.conv(conv).Signs {
			out = append(out, s.Name)
		}
		return out
	}
	var last chat.ConversationID
	for i := range 3 {
		last = r.begin(fmt.Sprintf("cust_%d", i), chat.LevelOrder)
		to := *dam
		to.Line1 = []string{"Dam 9", "dam 9", "DAM-9"}[i]
		id := r.agree(last, action.Write{Kind: action.ChangeCustomerAddress, Address: &to})
		r.run()
		r.wantState(last, id, chat.ActionDone, "")
		if want := i == 2; slices.Contains(signs(last), "shared_address") != want {
			t.Errorf("after %d customers: signs %v", i+1, signs(last))
		}
	}
	for i := range 3 {
		r.agree(last, action.Write{Kind: action.ChangeCustomerAddress, Address: &action.Address{Line1: fmt.Sprintf("Rokin %d", i), City: "Amsterdam", Postcode: "1012 KK", Country: "NL"}})
		r.run()
		if want := i == 2; slices.Contains(signs(last), "many_changes") != want {
			t.Errorf("after %d changes: signs %v", i+2, signs(last))
		}
	}
}

func TestASecondPersonApproves(t *testing.T) {
	r := newRigOn(t, bigShop(1, 9))
	lim := action.DefaultLimits()
	lim.Roles[chat.RoleAgent] = map[action.WriteKind]action.Limit{"*": {PerAct: 500}}
	lim.Roles["second"] = map[action.WriteKind]action.Limit{"*": {PerPerson: 1000}}
	r.putLimits(lim)
	sanne, joost := chat.Party{Role: chat.RoleAgent, ID: "p-sanne"}, chat.Party{Role: chat.RoleAgent, ID: "p-joost"}
	conv := r.begin("cust_0", chat.LevelOrder)
	r.say(conv, chat.Draft{By: sanne, Body: &chat.OwnerChanged{To: chat.RoleAgent, Agent: sanne.ID, Reason: chat.ReasonAssigned}})
	if _, _, err := r.ledger.Act(r.ctx, sanne, conv, "", giveBack(0, 1), ""); !fault.Is(err, fault.Forbidden) {
		t.Fatalf("above the limit, alone: %v", err)
	}
	if _, err := r.ledger.Ask(r.ctx, sanne, conv, "", action.Write{Kind: action.ChangeOrderAddress, Order: "#0-0", Address: dam}, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("asked for what needs no asking: %v", err)
	}
	ask := func(n int) string {
		t.Helper()
		p, err := r.ledger.Ask(r.ctx, sanne, conv, "", giveBack(0, n), "klant heeft gelijk")
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	id := ask(1)
	if _, err := r.ledger.Approve(r.ctx, sanne, conv, id, ""); !fault.Is(err, fault.Forbidden) {
		t.Errorf("approved by who asked: %v", err)
	}
	r.rest(time.Hour)
	if _, err := r.ledger.Approve(r.ctx, joost, conv, id, "akkoord"); err != nil {
		t.Fatal(err)
	}
	r.rest(time.Minute)
	r.wantState(conv, id, chat.ActionDone, "")
	if _, err := r.ledger.Approve(r.ctx, joost, conv, id, ""); !fault.Is(err, fault.Gone) {
		t.Errorf("approved twice: %v", err)
	}
	own := ask(2) // around Approve: the worker finds it in the log
	r.say(conv, chat.Draft{By: sanne, Body: &chat.ActionMoved{ID: own, State: chat.ActionConfirmed}})
	r.rest(time.Minute)
	r.wantState(conv, own, chat.ActionFailed, action.NoPress)
	over := ask(3)
	if _, err := r.ledger.Approve(r.ctx, joost, conv, over, ""); err != nil {
		t.Fatal(err)
	}
	r.rest(time.Minute)
	r.wantState(conv, over, chat.ActionFailed, action.OverLimit) // two people have a limit as well
	no := ask(5)
	if _, err := r.ledger.Decline(r.ctx, joost, conv, no, "te duur"); err != nil {
		t.Fatal(err)
	}
	r.wantState(conv, no, chat.ActionFailed, action.Declined)
	if _, err := r.ledger.Approve(r.ctx, joost, conv, no, ""); !fault.Is(err, fault.Gone) {
		t.Errorf("approved after a no: %v", err)
	}
	if _, err := r.ledger.Decline(r.ctx, joost, conv, id, ""); !fault.Is(err, fault.Gone) {
		t.Errorf("declined what is done: %v", err)
	}
	if p, second, err := r.ledger.Look(r.ctx, sanne, conv, "", giveBack(0, 6)); err != nil || !second || slices.ContainsFunc(r.conv(conv).Actions, func(a chat.Action) bool { return a.ID == p.ID }) {
		t.Errorf("looked at: second %t, %v", second, err)
	}
	late := ask(4)
	r.rest(25 * time.Hour)
	r.wantState(conv, late, chat.ActionExpired, action.TooLate)
	for _, wrong := range actiontest.Check(r.house(conv)) {
		t.Error(wrong)
	}
}

func (r *rig) putLimits(lim action.Limits) {
	r.Helper()
	_, rev, err := limitsOf(r).Get(r.ctx, "limits")
	if err != nil && !fault.Is(err, fault.NotFound) {
		r.Fatal(err)
	}
	if _, err := limitsOf(r).Put(r.ctx, "limits", lim, rev); err != nil {
		r.Fatal(err)
	}
}

package action_test

import (
	"slices"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/fault"
)

func TestAnActFromProposalToReceiptToUndo(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	id := r.agree(conv, moveOrder())
	r.run()
	a := r.state(conv, id)
	if a.State != chat.ActionDone || len(a.Receipt) != len("R-7K3M-2QXD") || !a.UndoUntil.After(r.now()) {
		t.Fatalf("act is %+v", a)
	}
	if got := r.phases(conv, id); got != "proposed confirmed executing done " {
		t.Errorf("phases: %s", got)
	}
	if o, _ := r.shop.Order(r.ctx, "#W1"); o.Address != *dam {
		t.Errorf("address is %v", o.Address)
	}

	r.say(conv, chat.Draft{By: chat.Bot, Body: &chat.Message{Text: "Klaar", Buttons: []chat.Button{{ID: "b-u", Do: "undo:" + id}}}})
	r.say(conv, press("b-u", "undo:"+id))
	u, err := r.ledger.ProposeUndo(r.conv(conv), id)
	if err != nil {
		t.Fatal(err)
	}
	r.say(conv, chat.Draft{By: chat.Bot, Body: &u}, confirmed(u))
	r.run()
	r.wantState(conv, u.ID, chat.ActionDone, "")
	r.wantState(conv, id, chat.ActionUndone, "")
	if o, _ := r.shop.Order(r.ctx, "#W1"); o.Address.Line1 != "Dam 1" {
		t.Errorf("address is %v", o.Address)
	}
	r.wantTimes(id, 1)
	r.wantTimes(u.ID, 1)
	if _, err := r.ledger.ProposeUndo(r.conv(conv), id); action.ReasonOf(err) != action.NotUndoable {
		t.Errorf("undone twice: %v", err)
	}
	if next := r.run(); !next.IsZero() {
		t.Errorf("a task is left, due %v", next)
	}
}

func TestProposeRefuses(t *testing.T) {
	tests := []struct {
		name     string
		customer string
		level    chat.Level
		params   any
		needs    chat.Level
		kind     fault.Kind
		want     action.Reason
	}{
		{"nobody", "", chat.LevelAnonymous, moveOrder(), chat.LevelAnonymous, fault.Unauthorized, ""},
		{"level below the flow's", "ann_1", chat.LevelOrder, moveOrder(), chat.LevelSignedIn, fault.Unauthorized, ""},
		{"level below the house's floor", "ann_1", chat.LevelOrder, action.Write{Kind: action.ChangeContact, Contact: &action.Contact{Email: "x@example.com"}}, chat.LevelAnonymous, fault.Unauthorized, ""},
		{"in another's name", "ann_1", chat.LevelSignedIn, action.Write{Kind: action.ChangeOrderAddress, Customer: "bob_2", Order: "#W5", Address: dam}, "", fault.Forbidden, action.ForeignCustomer},
		{"another's order", "ann_1", chat.LevelSignedIn, action.Write{Kind: action.ChangeOrderAddress, Order: "#W5", Address: dam}, "", fault.Forbidden, action.ForeignCustomer},
		{"not pending", "ann_1", chat.LevelOrder, action.Write{Kind: action.ChangeOrderAddress, Order: "#W3", Address: dam}, "", fault.Forbidden, action.NotPending},
		{"malformed", "ann_1", chat.LevelOrder, action.Write{Kind: action.ChangeOrderAddress, Order: "#W1"}, "", fault.Invalid, action.BadRequest},
		{"fields nobody knows", "ann_1", chat.LevelOrder, map[string]any{"kind": "withdraw", "order": "#W2", "force": true}, "", fault.Invalid, action.BadRequest},
		{"not a write at all", "ann_1", chat.LevelOrder, []int{1}, "", fault.Invalid, action.BadRequest},
		{"beyond the limit", "ann_1", chat.LevelOrder, action.Write{Kind: action.ReturnItems, Order: "#W2", Items: []action.ItemID{"s-red"}, Method: "card_1"}, "", fault.Forbidden, ""},
	}
	r := newRig(t)
	r.limit(action.Limit{PerAct: 2000})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conv := r.begin(tt.customer, tt.level)
			_, err := r.ledger.Propose(r.conv(conv), "a_name", tt.params, tt.needs)
			if action.ReasonOf(err) != tt.want || !fault.Is(err, tt.kind) {
				t.Errorf("got %v, want %s %s", err, tt.kind, string(tt.want))
			}
		})
	}
}

// TestConfirmationIsVerifiedFromTheLog plays bots that are wrong, or worse: none of them moves the order system.
func TestConfirmationIsVerifiedFromTheLog(t *testing.T) {
	type scene struct {
		*rig
		conv chat.ConversationID
		p    chat.ActionMoved
	}
	button := func(s scene) chat.Draft { return press("b-"+s.p.ID, "confirm:"+s.p.ID) }
	tests := []struct {
		name  string
		play  func(s scene)
		state chat.ActionState
		want  action.Reason
	}{
		{"yes in words", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: "ja, versturen, confirm:" + s.p.ID}}, confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a press of a button that was never shown", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, press("b-other", "confirm:"+s.p.ID), confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a press of another button", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, press("b-"+s.p.ID, "change:"+s.p.ID), confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a button without the card", func(s scene) {
			d := card(s.p)
			d[1].Body.(*chat.Message).Card = nil
			s.say(s.conv, d...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"the card of another act", func(s scene) {
			d := card(s.p)
			d[1].Body.(*chat.Message).Card.Action = "a-0000000000000000"
			s.say(s.conv, d...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a press before the card", func(s scene) {
			s.say(s.conv, button(s))
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a press that the bot wrote itself", func(s scene) {
			s.say(s.conv, card(s.p)...)
			d := button(s)
			d.By = chat.Bot
			s.say(s.conv, d, confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"a card that the customer wrote", func(s scene) {
			d := card(s.p)
			d[1].By = chat.Customer
			s.say(s.conv, d...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.NoPress},
		{"confirmed and nothing else", func(s scene) { s.say(s.conv, confirmed(s.p)) }, chat.ActionFailed, action.NotProposed},
		{"proposed by the customer", func(s scene) {
			d := card(s.p)
			d[0].By = chat.Customer
			s.say(s.conv, d...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.NotProposed},
		{"other parameters than the hash", func(s scene) {
			w := moveOrder()
			w.Key, w.Customer, w.Address = s.p.ID, "ann_1", &action.Address{Line1: "Elders 1", City: "Assen", Postcode: "9401 HS", Country: "NL"}
			s.p.Params = raw(w)
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.HashMismatch},
		{"another hash in the confirmation", func(s scene) {
			s.say(s.conv, card(s.p)...)
			d := confirmed(s.p)
			d.Body.(*chat.ActionMoved).Hash = "0000"
			s.say(s.conv, button(s), d)
		}, chat.ActionFailed, action.HashMismatch},
		{"other parameters in the confirmation", func(s scene) {
			s.say(s.conv, card(s.p)...)
			d := confirmed(s.p)
			w := moveOrder()
			w.Key, w.Customer, w.Order = s.p.ID, "ann_1", "#W7"
			d.Body.(*chat.ActionMoved).Params = raw(w)
			s.say(s.conv, button(s), d)
		}, chat.ActionFailed, action.HashMismatch},
		{"too late", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.pass(10*time.Minute + time.Second)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionExpired, action.TooLate},
		{"in time, but the bot was slow", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.pass(10*time.Minute - time.Second)
			s.say(s.conv, button(s))
			s.pass(5 * time.Second)
			s.run()
			s.say(s.conv, confirmed(s.p))
		}, chat.ActionDone, ""},
		{"somebody else by now", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, chat.Draft{By: chat.System, Body: &chat.Identified{ID: "bob_2", Level: chat.LevelSignedIn}})
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.WrongCustomer},
		{"somebody else when the button was pressed", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, chat.Draft{By: chat.System, Body: &chat.Identified{ID: "bob_2", Level: chat.LevelSignedIn}}, button(s))
			s.say(s.conv, chat.Draft{By: chat.System, Body: &chat.Identified{ID: "ann_1", Level: chat.LevelSignedIn}}, confirmed(s.p))
		}, chat.ActionFailed, action.WrongCustomer},
		{"another's order, past the proposal's checks", func(s scene) {
			w := moveOrder()
			w.Key, w.Customer, w.Order = s.p.ID, "ann_1", "#W5"
			s.p.Params, s.p.Hash = raw(w), w.Fingerprint()
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.ForeignCustomer},
		{"below the floor, whatever the proposal says it needs", func(s scene) {
			w := action.Write{Key: s.p.ID, Kind: action.ChangeContact, Customer: "ann_1", Contact: &action.Contact{Email: "thief@example.com"}}
			s.p.Params, s.p.Hash, s.p.Needs = raw(w), w.Fingerprint(), chat.LevelAnonymous
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.LevelTooLow},
		{"below what the proposal needs", func(s scene) {
			s.p.Needs = chat.LevelSignedIn
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, button(s), confirmed(s.p))
		}, chat.ActionFailed, action.LevelTooLow},
		{"an agent confirms what the bot proposed", func(s scene) {
			s.say(s.conv, card(s.p)...)
			d := confirmed(s.p)
			d.By = chat.Party{Role: chat.RoleAgent, ID: "p-1"}
			s.say(s.conv, d)
		}, chat.ActionFailed, action.NoPress},
		{"the system confirms", func(s scene) {
			s.say(s.conv, card(s.p)...)
			d := confirmed(s.p)
			d.By = chat.Party{Role: chat.RoleSystem, ID: "undo-link"}
			s.say(s.conv, d)
		}, chat.ActionFailed, action.NoPress},
		{"the honest way", func(s scene) {
			s.say(s.conv, card(s.p)...)
			s.say(s.conv, button(s))
			s.say(s.conv, confirmed(s.p))
		}, chat.ActionDone, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			s := scene{rig: r, conv: r.begin("ann_1", chat.LevelOrder)}
			s.p = r.propose(s.conv, moveOrder())
			tt.play(s)
			r.rest(time.Hour)
			r.wantState(s.conv, s.p.ID, tt.state, tt.want)
			times := 0
			if tt.state == chat.ActionDone {
				times = 1
			}
			r.wantTimes(s.p.ID, times)
			if len(r.journal.Executed()) != times {
				t.Errorf("the order system did %v", r.journal.Executed())
			}
		})
	}
}

func TestNobodyConfirms(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	p := r.propose(conv, moveOrder())
	r.say(conv, card(p)...)
	r.rest(time.Hour)
	r.wantState(conv, p.ID, chat.ActionExpired, action.TooLate)
	r.say(conv, press("b-"+p.ID, "confirm:"+p.ID), confirmed(p))
	r.rest(time.Hour)
	r.wantState(conv, p.ID, chat.ActionExpired, action.TooLate)
	r.wantTimes(p.ID, 0)
}

func TestConfirmingAgainDoesNothing(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	id := r.agree(conv, moveOrder())
	r.run()
	for range 3 {
		r.say(conv, press("b-"+id, "confirm:"+id), confirmed(chat.ActionMoved{ID: id, Name: "a_name"}))
		r.say(conv, chat.Draft{By: chat.Bot, Body: &chat.ActionMoved{ID: id, State: chat.ActionFailed}})
		r.rest(time.Hour)
	}
	r.wantState(conv, id, chat.ActionDone, "")
	r.wantTimes(id, 1)
}

// once and always say what goes wrong with calls of the order system.
func once(op string, tr demo.Trouble) func(string) demo.Trouble {
	n := 0
	return func(o string) demo.Trouble {
		if o == op && n == 0 {
			n++
			return tr
		}
		return demo.None
	}
}

func always(tr demo.Trouble, ops ...string) func(string) demo.Trouble {
	return func(o string) demo.Trouble {
		if slices.Contains(ops, o) {
			return tr
		}
		return demo.None
	}
}

func TestFaultsOfTheOrderSystem(t *testing.T) {
	tests := []struct {
		name   string
		pick   func(string) demo.Trouble
		phases string
		why    action.Reason
		times  int
		queue  bool
	}{
		{"answer lost", once("Do", demo.LoseAnswer), "executing done ", "", 1, false},
		{"answer late", once("Do", demo.Late), "executing done ", "", 1, false},
		{"slow", once("Do", demo.Slow), "executing done ", "", 1, false},
		{"delivered twice", once("Do", demo.Twice), "executing done ", "", 1, false},
		{"refused once", once("Do", demo.Fail), "executing done ", "", 1, false},
		{"request lost", once("Do", demo.LoseRequest), "executing unknown done ", "", 1, false},
		{"about another", once("Do", demo.Foreign), "executing done ", "", 1, false},
		{"down before anything was sent", always(demo.Fail, "Customer"), "failed ", action.NotReached, 0, false},
		{"down for writes", always(demo.Fail, "Do"), "executing failed ", action.NotReached, 0, false},
		{"never arrives", always(demo.LoseRequest, "Do"), "executing unknown failed ", action.NeverHappened, 0, false},
		{"mute after the act", always(demo.LoseAnswer, "Do", "Outcome"), "executing unknown ", action.NoAnswer, 1, true},
		{"about another, always", always(demo.Foreign, "Do", "Outcome"), "executing unknown ", action.StrangeReply, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			conv := r.begin("ann_1", chat.LevelOrder)
			id := r.agree(conv, moveOrder())
			r.pick = tt.pick
			r.rest(15 * time.Minute)
			if got := r.phases(conv, id); got != "proposed confirmed "+tt.phases {
				t.Errorf("phases: %s", got)
			}
			a := r.state(conv, id)
			if a.State != chat.ActionDone && a.Reason != string(tt.why) {
				t.Errorf("reason is %s, want %s", a.Reason, string(tt.why))
			}
			r.wantTimes(id, tt.times)
			c := r.conv(conv)
			if queue := c.Owner.Role == chat.RoleQueue && c.Owner.Reason == chat.ReasonActionUnknown && c.Priority == 1; queue != tt.queue {
				t.Errorf("owner is %+v", c.Owner)
			}
			r.pick = nil
			r.rest(8 * 24 * time.Hour)
			if a := r.state(conv, id); !a.State.Over() {
				t.Errorf("still %s when the order system answers again", a.State)
			}
			r.wantTimes(id, tt.times)
		})
	}
}

// TestCrashAfterEveryPhase kills the process at every commit of the ledger, before and after it reaches the disk, under every
// trouble, and starts it again from disk.
func TestCrashAfterEveryPhase(t *testing.T) {
	for _, trouble := range []demo.Trouble{demo.None, demo.LoseAnswer, demo.LoseRequest, demo.Fail, demo.Twice, demo.Foreign} {
		for n := 1; n <= 3; n++ {
			for _, late := range []bool{false, true} {
				r := newRig(t)
				conv := r.begin("ann_1", chat.LevelOrder)
				id := r.agree(conv, moveOrder())
				first := true
				r.pick = func(op string) demo.Trouble {
					if op == "Do" && first {
						first = false
						return trouble
					}
					return demo.None
				}
				r.die.left, r.die.late = n, late
				r.rest(15 * time.Minute)
				r.reopen()
				r.rest(time.Hour)
				if a := r.state(conv, id); a.State != chat.ActionDone {
					t.Errorf("%s, killed at commit %d (late %v): %s, act is %s %s", trouble, n, late, r.phases(conv, id), a.State, a.Reason)
				}
				r.wantTimes(id, 1)
			}
		}
	}
}

func TestOrderSystemForgetsNothingWhenPeopleAsk(t *testing.T) {
	r := newRig(t)
	conv := r.begin("ann_1", chat.LevelOrder)
	id := r.agree(conv, moveOrder())
	r.pick = func(op string) demo.Trouble {
		if op == "Do" {
			return demo.LoseRequest
		}
		return demo.None
	}
	r.run()
	r.wantState(conv, id, chat.ActionUnknown, action.NoAnswer)
	r.say(conv, chat.Draft{By: chat.Customer, Body: &chat.HumanRequested{}})
	r.pick = nil
	r.rest(time.Hour)
	r.wantState(conv, id, chat.ActionFailed, action.NeverHappened) // a person might have done it by hand: it was not sent again
	r.wantTimes(id, 0)
}

func (r *rig) limit(l action.Limit) {
	r.Helper()
	lim := action.DefaultLimits()
	lim.Roles = map[chat.Role]map[action.WriteKind]action.Limit{chat.RoleBot: {"*": l}, chat.RoleAgent: {"*": l}}
	r.putLimits(lim)
}

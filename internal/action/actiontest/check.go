package actiontest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"balie/internal/action"
	"balie/internal/chat"
)

// House is what there is to compare after a run.
type House struct {
	Logs      map[chat.ConversationID][]chat.Event // whole, from position 1
	Done      []Executed                           // from a Journal
	Customers []action.Customer                    // as they were before the run: whose data must not turn up elsewhere
	Orders    map[action.OrderID]action.CustomerID // whose order it is
	Limits    action.Limits
	Now       time.Time
}

// Check returns every way in which a run broke the promises of the ledger; none means that it kept them:
//
//   - no write without a press of the customer on a button of the card of exactly that act, in time, or an agent's own hand
//   - no write for another customer, or on another's order
//   - none below the identity level, none above a limit, none twice
//   - what the log calls done was done, and what it calls failed was not
//   - every proposal ends; an act of which nobody knows the outcome has been given to a person
//   - no personal data of another customer in any event that the house wrote
//   - asking for a person gives the conversation to people
func Check(h House) []string {
	c := &checker{House: h, acts: map[string]*act{}, of: map[chat.ConversationID][]*act{}}
	for conv, events := range h.Logs {
		c.log(conv, events)
	}
	for _, d := range h.Done {
		c.executed(d)
	}
	for _, a := range c.acts {
		c.ended(a)
	}
	c.sums()
	slices.Sort(c.wrong)
	return c.wrong
}

type checker struct {
	House
	acts  map[string]*act
	of    map[chat.ConversationID][]*act
	wrong []string
}

// act is what the logs say of an act, phase by phase.
type act struct {
	id       string
	conv     chat.ConversationID
	proposal *chat.ActionMoved
	at       chat.Seq // of the proposal
	by       chat.Party
	press    *press // the best there is
	agent    bool   // confirmed by the agent who proposed it, or by a second one who was asked for
	second   bool   // the latter
	link     bool   // taken back by the link of a notice
	last     chat.ActionState
	lastAt   time.Time
	person   bool // people were asked after it became unknown, or had the conversation
	done     bool // by the journal
	undone   bool
}

type press struct {
	at    time.Time
	who   chat.Identified
	level bool
}

func (c *checker) say(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// log reads one conversation.
func (c *checker) log(conv chat.ConversationID, events []chat.Event) {
	state := chat.Conversation{}
	var said strings.Builder // the customer's own words
	known := map[string]bool{}
	for i, e := range events {
		before := state
		state = chat.Fold(state, e)
		known[before.Customer.ID], known[state.Customer.ID] = true, true
		if e.By.Role == chat.RoleCustomer {
			said.WriteString(wordsOf(e) + "\n")
		}
		switch b := e.Body.(type) {
		case *chat.HumanRequested:
			if state.Owner.Role != chat.RoleQueue && state.Owner.Role != chat.RoleAgent {
				c.say("%s at %d: asked for a person, and the owner is %s", conv, e.Seq, state.Owner.Role)
			}
		case *chat.Message:
			c.pressed(conv, events[:i], e, b, before.Customer)
		case *chat.ActionMoved:
			c.moved(conv, e, b, events[:i], before.Customer)
		}
		for _, a := range c.of[conv] {
			if a.last == chat.ActionUnknown && (state.Owner.Role == chat.RoleQueue || state.Owner.Role == chat.RoleAgent) {
				a.person = true
			}
		}
	}
	c.leaks(conv, events, known, said.String())
}

func wordsOf(e chat.Event) string {
	b, err := json.Marshal(e.Body)
	if err != nil {
		return ""
	}
	return string(b)
}

// moved notes a phase. Only the first proposal counts, and only what those may say who may say it.
func (c *checker) moved(conv chat.ConversationID, e chat.Event, b *chat.ActionMoved, earlier []chat.Event, who chat.Identified) {
	a := c.acts[b.ID]
	if b.State == chat.ActionProposed {
		if a == nil && e.By.Role != chat.RoleCustomer {
			a = &act{id: b.ID, conv: conv, proposal: b, at: e.Seq, by: e.By, last: b.State, lastAt: e.At}
			c.acts[b.ID], c.of[conv] = a, append(c.of[conv], a)
			if b.UndoOf != "" {
				c.pressedBefore(a, conv, earlier)
			}
		}
		return
	}
	if a == nil || a.conv != conv {
		return
	}
	if b.State == chat.ActionConfirmed && a.last == chat.ActionProposed {
		agents := e.By.Role == chat.RoleAgent && a.by.Role == chat.RoleAgent && e.By.ID != ""
		a.second = agents && e.By.ID != a.by.ID && a.proposal.Reason == string(action.OverLimit)
		a.agent = agents && e.By.ID == a.by.ID && a.proposal.Reason == "" || a.second
		a.link = e.By.Role == chat.RoleSystem && e.By.ID != "" && b.UndoOf != "" && e.By == a.by
		if a.agent && a.press == nil {
			a.press = &press{e.At, who, who.Level.AtLeast(chat.LevelOrder)}
		}
	}
	if e.By.Role == chat.RoleSystem && b.State != chat.ActionConfirmed {
		a.last, a.lastAt = b.State, e.At
		a.undone = a.undone || b.State == chat.ActionUndone
	}
}

// pressedBefore looks for the press on the undo button of the act that a takes back.
func (c *checker) pressedBefore(a *act, conv chat.ConversationID, earlier []chat.Event) {
	state := chat.Conversation{}
	for i, e := range earlier {
		before := state.Customer
		state = chat.Fold(state, e)
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleCustomer && m.Pressed != nil && m.Pressed.Do == "undo:"+a.proposal.UndoOf && hasButton(earlier[:i], *m.Pressed, "") {
			a.press = &press{e.At, before, before.Level.AtLeast(a.proposal.Needs)}
		}
	}
}

// pressed notes a press on the card of an act.
func (c *checker) pressed(conv chat.ConversationID, earlier []chat.Event, e chat.Event, m *chat.Message, who chat.Identified) {
	if m.Pressed == nil || e.By.Role != chat.RoleCustomer {
		return
	}
	id, ok := strings.CutPrefix(m.Pressed.Do, "confirm:")
	a := c.acts[id]
	if !ok || a == nil || a.conv != conv || !hasButton(earlier, *m.Pressed, id) {
		return
	}
	var w action.Write
	if json.Unmarshal(a.proposal.Params, &w) != nil || e.At.After(a.proposal.Expires) {
		return
	}
	p := &press{e.At, who, who.Level.AtLeast(a.proposal.Needs) && who.Level.AtLeast(c.floor(w.Kind))}
	if a.press == nil || p.level && p.who.ID == string(w.Customer) {
		a.press = p
	}
}

// floor is the house's own least level for a kind.
func (c *checker) floor(k action.WriteKind) chat.Level {
	if l, ok := c.Limits.Needs[k]; ok {
		return l
	}
	return c.Limits.Needs["*"]
}

// hasButton tells whether the bot really showed a button, on the card of an act if one is named.
func hasButton(earlier []chat.Event, b chat.Button, card string) bool {
	for _, e := range earlier {
		m, ok := e.Body.(*chat.Message)
		if !ok || e.By.Role != chat.RoleBot || card != "" && (m.Card == nil || m.Card.Action != card) {
			continue
		}
		for _, shown := range m.Buttons {
			if shown.ID == b.ID && shown.Do == b.Do {
				return true
			}
		}
	}
	return false
}

// executed holds a write of the order system against the log.
func (c *checker) executed(d Executed) {
	w := d.Write
	if d.Times != 1 {
		c.say("%s was carried out %d times", w.Key, d.Times)
	}
	if owner, known := c.Orders[w.Order]; w.Order != "" && known && owner != w.Customer {
		c.say("%s is on order %s of %s, for %s", w.Key, w.Order, owner, w.Customer)
	}
	a := c.acts[w.Key]
	if a == nil {
		c.say("%s was carried out and never proposed", w.Key)
		return
	}
	a.done = true
	var proposed action.Write
	if err := json.Unmarshal(a.proposal.Params, &proposed); err != nil || proposed.Fingerprint() != w.Fingerprint() {
		c.say("%s is not what was proposed", w.Key)
	}
	switch {
	case a.link:
	case a.press == nil:
		c.say("%s was carried out without a press", w.Key)
	case a.press.who.ID != string(w.Customer):
		c.say("%s was pressed by %q, for %s", w.Key, a.press.who.ID, w.Customer)
	case !a.press.level:
		c.say("%s was pressed at level %s, which is too low", w.Key, a.press.who.Level)
	}
}

// ended holds the end of an act against the order system.
func (c *checker) ended(a *act) {
	switch {
	case a.last == chat.ActionUnknown:
		if !a.person && c.Now.Sub(a.lastAt) > 15*time.Minute {
			c.say("%s is unknown, and no person was asked", a.id)
		}
	case !a.last.Over():
		if c.Now.Sub(a.proposal.Expires) > 15*time.Minute {
			c.say("%s never ended: it is %s", a.id, a.last)
		}
	case (a.last == chat.ActionDone || a.last == chat.ActionUndone) && !a.done:
		c.say("%s is %s in the log and was never carried out", a.id, a.last)
	case (a.last == chat.ActionFailed || a.last == chat.ActionExpired) && a.done:
		c.say("%s is %s in the log and was carried out", a.id, a.last)
	}
}

// sums adds up what was done and not taken back.
func (c *checker) sums() {
	per := map[action.CustomerID]action.Money{}
	for _, d := range c.Done {
		a := c.acts[d.Write.Key]
		if a == nil || a.undone {
			continue
		}
		role := chat.RoleBot
		if a.agent {
			role = chat.RoleAgent
		}
		if a.second {
			role = "second"
		}
		lim, ok := c.Limits.Roles[role][d.Write.Kind]
		if !ok {
			lim, ok = c.Limits.Roles[role]["*"]
		}
		amount := max(d.Result.Amount, -d.Result.Amount)
		if !ok || lim.PerAct > 0 && amount > lim.PerAct {
			c.say("%s of %s is above the limit of one act", d.Write.Key, amount)
		}
		per[d.Write.Customer] += amount
		if amount > 0 && lim.PerCustomer > 0 && per[d.Write.Customer] > lim.PerCustomer {
			c.say("%s brings customer %s to %s, above the limit", d.Write.Key, d.Write.Customer, per[d.Write.Customer])
		}
	}
}

// leaks looks for data of customers whom this conversation is not about, in what the house wrote. What the customer typed
// themselves is no secret to them.
func (c *checker) leaks(conv chat.ConversationID, events []chat.Event, known map[string]bool, said string) {
	own, house := said, make([]string, len(events))
	for i, e := range events {
		if e.By.Role != chat.RoleCustomer {
			house[i] = wordsOf(e)
		}
	}
	for _, p := range c.Customers {
		if known[string(p.ID)] {
			own += wordsOfCustomer(p)
		}
	}
	for _, p := range c.Customers {
		if known[string(p.ID)] {
			continue
		}
		for _, secret := range []string{p.Email, p.Phone, p.Address.Line1} {
			if len(secret) < 5 || strings.Contains(own, secret) {
				continue
			}
			if i := slices.IndexFunc(house, func(words string) bool { return strings.Contains(words, secret) }); i >= 0 {
				c.say("%s at %d holds %q of customer %s", conv, events[i].Seq, secret, p.ID)
			}
		}
	}
}

func wordsOfCustomer(p action.Customer) string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(b)
}

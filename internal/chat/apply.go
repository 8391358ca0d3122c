package chat

import (
	"encoding/json"
	"slices"
)

// maxButtons is how many buttons stay pressable; older ones fall away, the newest message's always count.
const maxButtons = 24

// maxSigns, maxShown and maxActions bound the folded row; the log keeps everything.
const (
	maxSigns   = 40
	maxShown   = 40
	maxActions = 60
)

// Apply sets where the conversation began.
func (b *Opened) Apply(c *Conversation, e *Event) {
	c.Site, c.Lang, c.Page = b.Site, b.Lang, b.Page
}

// Apply keeps the last word, and what may be answered to it.
func (b *Message) Apply(c *Conversation, e *Event) {
	c.Last = Last{Seq: e.Seq, Role: e.By.Role, Text: shorten(b.Text, 120), At: e.At}
	switch e.By.Role {
	case RoleCustomer:
		b.applyCustomer(c, e)
	case RoleAgent:
		c.Answered = e.Seq
	case RoleBot:
		b.applyBot(c, e)
	}
}

func (b *Message) applyCustomer(c *Conversation, e *Event) {
	c.Heard = e.Seq
	if b.Submit != nil && c.Form != nil && c.Form.ID == b.Submit.Form {
		c.Form = nil
	}
	if c.Owner.Role == RoleNobody { // spoken again after the end: reopened, by this very word
		c.Owner = Owner{Role: RoleBot, Reason: ReasonReturned, Since: e.Seq, At: e.At}
		c.Handled = e.Seq - 1 // what was said to people, or left when it ended, is not for the bot to take up again
		c.Closed, c.Code = Conversation{}.Closed, ""
	}
}

func (b *Message) applyBot(c *Conversation, e *Event) {
	c.Answered = e.Seq
	c.Handled = max(c.Handled, b.Re)
	if b.Intent != "" {
		c.Intent = b.Intent
	}
	if b.Missed {
		c.Misses++
	}
	if b.Act == ActOffer {
		c.Offered = e.Seq
	}
	if b.Act == ActAnswer || b.Act == ActTell {
		c.Misses = 0
	}
	for _, s := range b.Sources {
		c.Shown = append(c.Shown, Shown{Article: s.Article, Seq: e.Seq})
	}
	c.Shown = lastN(c.Shown, maxShown)
	if b.Form != nil {
		c.Form = b.Form.clone()
	}
	c.Buttons = lastN(append(c.Buttons, b.Buttons...), maxButtons)
}

// Apply changes nothing: notes are for reading.
func (b *Note) Apply(*Conversation, *Event) {}

// Apply gives the next word away.
func (b *OwnerChanged) Apply(c *Conversation, e *Event) {
	was := c.Owner.Role
	c.Handled = e.Seq - 1 // what was said before is not for the bot to take up again
	c.Owner = Owner{Role: b.To, Agent: b.Agent, Name: b.Name, Reason: b.Reason, Since: e.Seq, At: e.At}
	switch b.To {
	case RoleQueue:
		c.toQueue(e)
		if b.Reason != ReasonAgentGone && b.Reason != ReasonTransferred && b.Reason != ReasonTimeout {
			c.Escalated = b.Reason
		}
		c.Priority = max(c.Priority, b.Priority)
		if b.Team != "" {
			c.Team = b.Team
		}
	case RoleAgent:
		if c.WaitingSince.IsZero() {
			c.WaitingSince = e.At
		}
		if !slices.Contains(c.Agents, b.Agent) {
			c.Agents = append(c.Agents, b.Agent)
		}
		c.stopFlow()
	case RoleBot:
		c.leavePeople()
	case RoleNobody:
		c.leavePeople()
		if was != RoleNobody {
			c.Closed = e.At
		}
		c.stopFlow()
	}
}

// Apply makes the queue the owner, whatever bot, flow or prompt would say; an agent who has the conversation keeps it.
func (b *HumanRequested) Apply(c *Conversation, e *Event) {
	if c.Owner.Role == RoleAgent || c.Owner.Role == RoleQueue {
		return
	}
	c.Owner = Owner{Role: RoleQueue, Reason: ReasonCustomer, Since: e.Seq, At: e.At}
	c.Escalated = ReasonCustomer
	c.Closed, c.Code = Conversation{}.Closed, ""
	c.toQueue(e)
}

// toQueue keeps an old place in the queue and gives a new one otherwise.
func (c *Conversation) toQueue(e *Event) {
	if c.WaitingSince.IsZero() {
		c.WaitingSince = e.At
	}
}

// leavePeople forgets the place in the queue and what led there: what comes next starts clean.
func (c *Conversation) leavePeople() {
	c.WaitingSince, c.Priority, c.Team = Conversation{}.WaitingSince, 0, ""
	c.Signs, c.Misses, c.Offered = nil, 0, 0
}

// stopFlow ends what the bot was in the middle of: a person has the word now, or nobody.
func (c *Conversation) stopFlow() {
	c.Flow, c.Form, c.Later = nil, nil, nil
}

// Apply keeps the surest identity: a later, weaker proof of the same customer takes nothing away, another customer replaces it.
func (b *Identified) Apply(c *Conversation, e *Event) {
	if b.ID == c.Customer.ID && !b.Level.AtLeast(c.Customer.Level) {
		return
	}
	c.Customer = *b
}

// Apply sets the language.
func (b *LanguageSet) Apply(c *Conversation, e *Event) { c.Lang = b.Lang }

// Apply sets, replaces or (null) unsets a slot.
func (b *SlotSet) Apply(c *Conversation, e *Event) {
	if len(b.Value) == 0 || string(b.Value) == "null" {
		delete(c.Slots, b.Name)
		return
	}
	if c.Slots == nil {
		c.Slots = map[string]Slot{}
	}
	from := b.From
	if from == 0 {
		from = e.Seq
	}
	c.Slots[b.Name] = Slot{Value: append(json.RawMessage(nil), b.Value...), Flow: b.Flow, From: from, Verified: b.Verified}
}

// Apply moves the running flow. Slots that belong to a flow go with it when it ends; the conversation's own stay.
func (b *FlowMoved) Apply(c *Conversation, e *Event) {
	switch b.State {
	case FlowQueued:
		if !slices.Contains(c.Later, b.Flow) && len(c.Later) < 5 {
			c.Later = append(c.Later, b.Flow)
		}
	case FlowStarted:
		c.Flow = &Flow{Name: b.Flow, Step: b.Step, Since: e.Seq, Wait: b.Wait}
		c.Later = slices.DeleteFunc(c.Later, func(f string) bool { return f == b.Flow })
		c.Intent = b.Flow
	case FlowAt:
		if c.Flow != nil && c.Flow.Name == b.Flow {
			c.Flow.Step, c.Flow.Tries, c.Flow.Wait = b.Step, b.Tries, b.Wait
		}
	case FlowDone, FlowCancelled, FlowFailed:
		c.Later = slices.DeleteFunc(c.Later, func(f string) bool { return f == b.Flow })
		if c.Flow != nil && c.Flow.Name == b.Flow {
			c.Flow, c.Form = nil, nil
		}
		for name, s := range c.Slots {
			if s.Flow == b.Flow {
				delete(c.Slots, name)
			}
		}
	}
}

// Apply changes nothing: who the customer is changes by Identified alone.
func (b *CodeMoved) Apply(*Conversation, *Event) {}

// Apply moves an act on; see internal/action for which moves are lawful.
func (b *ActionMoved) Apply(c *Conversation, e *Event) {
	a := c.Action(b.ID)
	if a == nil {
		c.Actions = lastN(append(c.Actions, Action{ID: b.ID, Name: b.Name, Seq: e.Seq, Hash: b.Hash, Expires: b.Expires, UndoOf: b.UndoOf}), maxActions)
		a = &c.Actions[len(c.Actions)-1]
	}
	a.State, a.Reason, a.At = b.State, b.Reason, e.At
	if b.Receipt != "" {
		a.Receipt = b.Receipt
	}
	if !b.UndoUntil.IsZero() || b.State == ActionUndone {
		a.UndoUntil = b.UndoUntil
	}
}

// Apply keeps the sign until people take over or the bot starts afresh.
func (b *Sign) Apply(c *Conversation, e *Event) { c.Signs = lastN(append(c.Signs, *b), maxSigns) }

// Apply changes nothing: marks are read from the log.
func (b *Mark) Apply(*Conversation, *Event) {}

// Apply keeps the rating, and what it says of the last article shown.
func (b *Rating) Apply(c *Conversation, e *Event) {
	c.Rating = &Rating{Score: b.Score, Effort: b.Effort} // the comment is read from the log
	if b.Resolved != nil {
		resolved := *b.Resolved
		c.Rating.Resolved = &resolved
	}
	if b.Resolved != nil && len(c.Shown) > 0 {
		result := "not_helped"
		if *b.Resolved {
			result = "helped"
		}
		c.Shown[len(c.Shown)-1].Result = result
	}
}

// Apply keeps how far the customer has read; it never goes back.
func (b *Seen) Apply(c *Conversation, e *Event) {
	if e.By.Role == RoleCustomer && b.Seq > c.SeenBy.Seq && b.Seq <= c.Head {
		c.SeenBy = *b
	}
}

// Apply ends the conversation: nobody has the next word.
func (b *Closed) Apply(c *Conversation, e *Event) {
	c.Owner = Owner{Role: RoleNobody, Reason: ReasonResolved, Since: e.Seq, At: e.At}
	c.Closed, c.Code = e.At, b.Code
	c.leavePeople()
	c.stopFlow()
	c.Buttons = nil
}

// Apply takes the words out of the row too; the engine blanks the events themselves: see Blank. The open form loses what was
// filled in for the customer, whichever event showed it: the row does not say which, and a form without its values still works.
func (b *Redacted) Apply(c *Conversation, e *Event) {
	if slices.Contains(b.Seqs, c.Last.Seq) {
		c.Last.Text = ""
	}
	if c.Form != nil {
		c.Form = blankForm(c.Form)
	}
}

// Blank returns e without its words, as it lies in the log after a redaction. Position, time and party stay. Folding the
// blanked log up to the redaction gives the same state, so only words that do not fold are blanked: what was said, shown on a
// card, filled in or noted. Slots, identities and acts come back as they are; they have their own ways to be erased.
func Blank(e Event) Event {
	switch b := e.Body.(type) {
	case *Message:
		n := *b
		n.Text, n.Submit, n.Card = "", blankSubmission(b.Submit), blankCard(b.Card)
		if b.Form != nil {
			n.Form = blankForm(b.Form)
		}
		e.Body = &n
	case *Note:
		e.Body = &Note{}
	case *CodeMoved:
		n := *b
		n.Email = ""
		e.Body = &n
	case *Rating:
		n := *b
		n.Comment = ""
		e.Body = &n
	case *OwnerChanged:
		n := *b
		n.Note = ""
		e.Body = &n
	case *Closed:
		e.Body = &Closed{Code: b.Code}
	}
	return e
}

func blankForm(f *Form) *Form {
	n := f.clone()
	for i := range n.Fields {
		n.Fields[i].Value, n.Fields[i].Error = "", ""
	}
	return n
}

func blankCard(c *Card) *Card {
	if c == nil {
		return nil
	}
	n := &Card{Action: c.Action, Title: c.Title, Rows: make([]Row, len(c.Rows))}
	for i, r := range c.Rows {
		n.Rows[i] = Row{Label: r.Label}
	}
	return n
}

func blankSubmission(s *Submission) *Submission {
	if s == nil {
		return nil
	}
	return &Submission{Form: s.Form, Values: map[string]string{}}
}

func lastN[T any](s []T, n int) []T {
	if len(s) > n {
		return slices.Clone(s[len(s)-n:])
	}
	return s
}

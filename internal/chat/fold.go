package chat

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Conversation is the present state of a conversation: the fold of its events up to Head. It is a value; Fold makes a new one.
type Conversation struct {
	ID      ConversationID `json:"id"`
	Site    string         `json:"site,omitempty"`
	Lang    string         `json:"lang,omitempty"`
	Page    string         `json:"page,omitempty"`
	Head    Seq            `json:"head"`
	Created time.Time      `json:"created,omitzero"`
	Updated time.Time      `json:"updated,omitzero"`

	Owner        Owner     `json:"owner"`
	WaitingSince time.Time `json:"waiting,omitzero"` // the place in the queue; kept while an agent has it, so that it can go back
	Priority     int       `json:"priority,omitempty"`
	Escalated    Reason    `json:"escalated,omitempty"` // why it last went to people
	Team         string    `json:"team,omitempty"`

	Customer Identified `json:"customer,omitzero"`
	Last     Last       `json:"last,omitzero"`
	Heard    Seq        `json:"heard,omitempty"`    // the customer's last word
	Answered Seq        `json:"answered,omitempty"` // the last word of bot or agent to the customer
	Handled  Seq        `json:"handled,omitempty"`  // the last event the bot has dealt with; see Trigger
	SeenBy   Seen       `json:"seen,omitzero"`      // how far the customer has read
	Intent   string     `json:"intent,omitempty"`   // the last wish the bot understood: the topic

	Flow    *Flow           `json:"flow,omitempty"`
	Later   []string        `json:"later,omitempty"` // flows asked for while another ran
	Slots   map[string]Slot `json:"slots,omitempty"`
	Form    *Form           `json:"form,omitempty"`    // open: shown and not yet sent
	Buttons []Button        `json:"buttons,omitempty"` // that may still be pressed
	Actions []Action        `json:"actions,omitempty"`

	Signs   []Sign    `json:"signs,omitempty"` // since a person was last asked for or offered in earnest
	Shown   []Shown   `json:"shown,omitempty"`
	Misses  int       `json:"misses,omitempty"`
	Offered Seq       `json:"offered,omitempty"` // where the bot last offered a person
	Rating  *Rating   `json:"rating,omitempty"`
	Closed  time.Time `json:"closed,omitzero"`
	Code    string    `json:"code,omitempty"`
	Agents  []string  `json:"agents,omitempty"` // who have had it
}

// Owner is who has the next word. Since is the event that made it so; for an agent it doubles as the number of the lease.
type Owner struct {
	Role   Role      `json:"role"`
	Agent  string    `json:"agent,omitempty"`
	Name   string    `json:"name,omitempty"`
	Reason Reason    `json:"reason,omitempty"`
	Since  Seq       `json:"since,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Last is the last thing said, for lists; at most 120 characters of it.
type Last struct {
	Seq  Seq       `json:"seq"`
	Role Role      `json:"role"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// Flow is the self-service flow that is running.
type Flow struct {
	Name  string `json:"name"`
	Step  string `json:"step,omitempty"`
	Tries int    `json:"tries,omitempty"`
	Wait  string `json:"wait,omitempty"`
	Since Seq    `json:"since"`
}

// Slot is a fact with where it came from.
type Slot struct {
	Value    json.RawMessage `json:"value"`
	Flow     string          `json:"flow,omitempty"`
	From     Seq             `json:"from,omitempty"`
	Verified bool            `json:"verified,omitempty"`
}

// Action is an act as far as it has come. Seq is the proposal's, where its parameters are.
type Action struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	State     ActionState `json:"state"`
	Seq       Seq         `json:"seq"`
	At        time.Time   `json:"at,omitzero"` // of the last phase
	Hash      string      `json:"hash,omitempty"`
	Expires   time.Time   `json:"expires,omitzero"`
	Receipt   string      `json:"receipt,omitempty"`
	UndoUntil time.Time   `json:"undo_until,omitzero"`
	UndoOf    string      `json:"undo_of,omitempty"`
	Reason    string      `json:"reason,omitempty"`
}

// Shown is an article that was quoted, and how the customer took it: "", "helped", "not_helped".
type Shown struct {
	Article string `json:"article"`
	Seq     Seq    `json:"seq"`
	Result  string `json:"result,omitempty"`
}

// Fold applies events to c, in order, and returns the new state; c is left as it was. An event that is not the next one
// (its Seq is not Head+1) is a mistake of the caller and is skipped: folding twice is folding once.
func Fold(c Conversation, events ...Event) Conversation {
	n := c.shallow()
	for i := range events {
		e := &events[i]
		if e.Seq != n.Head+1 {
			continue
		}
		if n.Head == 0 {
			n.ID, n.Created = e.Conv, e.At
			n.Owner = Owner{Role: RoleBot, Since: e.Seq, At: e.At}
		}
		n.Head, n.Updated = e.Seq, e.At
		e.Body.Apply(&n, e)
	}
	return n
}

// Clone returns a copy that shares nothing with c: whoever keeps one may give the other away.
func (c Conversation) Clone() Conversation {
	n := c.shallow()
	for name, s := range n.Slots {
		s.Value = slices.Clone(s.Value)
		n.Slots[name] = s
	}
	n.Form = c.Form.clone()
	if c.Rating != nil {
		r := *c.Rating
		if r.Resolved != nil {
			resolved := *r.Resolved
			r.Resolved = &resolved
		}
		n.Rating = &r
	}
	return n
}

func (f *Form) clone() *Form {
	if f == nil {
		return nil
	}
	n := *f
	n.Fields = slices.Clone(f.Fields)
	for i := range n.Fields {
		n.Fields[i].Options = slices.Clone(n.Fields[i].Options)
	}
	return &n
}

// shallow copies everything that an Apply may change in place.
func (c Conversation) shallow() Conversation {
	c.Slots = maps.Clone(c.Slots)
	c.Later = slices.Clone(c.Later)
	c.Buttons = slices.Clone(c.Buttons)
	c.Actions = slices.Clone(c.Actions)
	c.Signs = slices.Clone(c.Signs)
	c.Shown = slices.Clone(c.Shown)
	c.Agents = slices.Clone(c.Agents)
	if c.Flow != nil {
		f := *c.Flow
		c.Flow = &f
	}
	return c
}

// Trigger reports whether the bot must deal with e, if it has the next word: the customer said, pressed or sent something, an act
// came to its end, a one-time code did not help or did, or people gave the conversation back. The bot deals with triggers after Handled, one by one.
func Trigger(e Event) bool {
	switch b := e.Body.(type) {
	case *Message:
		return e.By.Role == RoleCustomer
	case *ActionMoved:
		return b.State == ActionUnknown || b.State.Over()
	case *CodeMoved:
		return e.By.Role == RoleSystem && b.State != CodeSent
	case *OwnerChanged:
		return b.To == RoleBot
	}
	return false
}

// Action returns the act with this id, or nil.
func (c *Conversation) Action(id string) *Action {
	for i := range c.Actions {
		if c.Actions[i].ID == id {
			return &c.Actions[i]
		}
	}
	return nil
}

// Button returns the button with this id that may still be pressed, or nil.
func (c *Conversation) Button(id string) *Button {
	for i := range c.Buttons {
		if c.Buttons[i].ID == id {
			return &c.Buttons[i]
		}
	}
	return nil
}

// Lease is the proof of an agent's claim: it changes with every change of owner, so a stale one is recognised.
func (c *Conversation) Lease() string {
	if c.Owner.Role != RoleAgent {
		return ""
	}
	return "l" + c.Owner.Since.String()
}

func (s Seq) String() string {
	b, _ := json.Marshal(uint64(s))
	return string(b)
}

// Slot returns the value of a slot as v; false if it is not set or does not fit.
func (c *Conversation) Slot(name string, v any) bool {
	s, ok := c.Slots[name]
	return ok && json.Unmarshal(s.Value, v) == nil
}

func shorten(s string, n int) string {
	if len(s) <= n && tidy(s) {
		return s
	}
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// tidy reports that s is plain and has one space between words, as most of what is said: nothing in it needs to change.
func tidy(s string) bool {
	space := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || s == ""
}

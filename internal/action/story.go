package action

import (
	"context"
	"encoding/json"
	"fmt"

	"balie/internal/chat"
)

// story is what the log says of one act, told only by those who may tell it: bot and agents propose, customers and agents
// confirm, and everything after that is the ledger's own (chat.System). A move out of order, or by somebody else, is not
// part of the story, whatever the folded row says.
type story struct {
	id        string
	state     chat.ActionState // "" when it was never proposed
	proposal  chat.ActionMoved
	proposed  chat.Event
	confirmed chat.Event
	executing chat.Event
	unknown   chat.Event
	end       chat.ActionMoved // the last phase, when it is over
	ended     chat.Event
	image     image // kept with executing
	write     Write
	badWrite  error      // the parameters cannot be read, or are not those of the hash
	person    bool       // people were asked to find out
	evidence  []evidence // presses and the messages whose buttons they could be
	rivals    []rival    // other acts that were proposed to take something back
}

// evidence is a message that shows or presses a button about this act, with who the customer was by then.
type evidence struct {
	event    chat.Event
	message  *chat.Message
	customer chat.Identified
}

type rival struct {
	undoes string
	seq    chat.Seq
}

// image is what the ledger notes just before it sends a write: what is needed to take it back, and whom to tell.
type image struct {
	Undo   *Write    `json:"undo,omitempty"`   // takes it back; its Key is empty
	Notify string    `json:"notify,omitempty"` // e-mail address that was on record before
	Amount Money     `json:"amount_cents,omitempty"`
	Limits uint64    `json:"limits,omitempty"` // version of the limits it was judged by
	Role   chat.Role `json:"role,omitempty"`
	Lang   string    `json:"lang,omitempty"`
	Kind   WriteKind `json:"kind,omitempty"`
}

// person is the key under which people are asked to find out what became of an act.
func personKey(id string) chat.Key { return chat.Key("act:" + id + ":person") }

// read tells the stories of the acts in want, in one pass over the log, and returns the state that it folds to.
func (l *Ledger) read(ctx context.Context, conv chat.ConversationID, want ...string) (chat.Conversation, map[string]*story, error) {
	stories := map[string]*story{}
	for _, id := range want {
		stories[id] = &story{id: id}
	}
	var c chat.Conversation
	for {
		evs, err := l.log.Read(ctx, conv, c.Head, 200)
		if err != nil {
			return c, nil, fmt.Errorf("read %s: %w", conv, err)
		}
		for _, e := range evs {
			before := c.Customer
			c = chat.Fold(c, e)
			for _, s := range stories {
				s.tell(e, before)
			}
		}
		if len(evs) < 200 {
			return c, stories, nil
		}
	}
}

// tell adds an event; customer is who the customer was just before it.
func (s *story) tell(e chat.Event, customer chat.Identified) {
	if e.Key == personKey(s.id) && e.By.Role == chat.RoleSystem {
		s.person = true
	}
	switch b := e.Body.(type) {
	case *chat.Message:
		s.evidence = append(s.evidence, evidence{e, b, customer})
	case *chat.ActionMoved:
		if b.ID == s.id {
			s.move(e, b)
		} else if b.State == chat.ActionProposed && b.UndoOf != "" {
			s.rivals = append(s.rivals, rival{b.UndoOf, e.Seq})
		}
	}
}

func (s *story) move(e chat.Event, b *chat.ActionMoved) {
	ours := e.By.Role == chat.RoleSystem
	switch b.State {
	case chat.ActionProposed:
		if s.state == "" && e.By.Role != chat.RoleCustomer {
			s.state, s.proposal, s.proposed = b.State, *b, e
			s.write, s.badWrite = proposedWrite(*b)
		}
	case chat.ActionConfirmed:
		if s.state == chat.ActionProposed {
			s.state, s.confirmed = b.State, e
		}
	case chat.ActionExecuting:
		if ours && s.state == chat.ActionConfirmed {
			s.state, s.executing = b.State, e
			if json.Unmarshal(b.Result, &s.image) != nil {
				s.image = image{}
			}
		}
	case chat.ActionUnknown:
		if ours && s.state == chat.ActionExecuting {
			s.state, s.unknown = b.State, e
		}
	case chat.ActionUndone:
		if ours && s.state == chat.ActionDone {
			s.finish(e, b)
		}
	default: // done, failed, expired
		if ours && b.State.Over() && !s.state.Over() {
			s.finish(e, b)
		}
	}
}

func (s *story) finish(e chat.Event, b *chat.ActionMoved) {
	s.state, s.end, s.ended = b.State, *b, e
}

// proposedWrite is the write that a proposal binds, or why it binds none.
func proposedWrite(p chat.ActionMoved) (Write, error) {
	w, err := readWrite(p.Params)
	switch {
	case err != nil:
		return w, BadRequest
	case w.Key != p.ID, w.Fingerprint() != p.Hash:
		return w, HashMismatch
	}
	return w, w.Check()
}

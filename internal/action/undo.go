package action

import (
	"context"
	"reflect"

	"balie/internal/chat"
	"balie/internal/fault"
)

// ProposeUndo makes the proposal that takes back an act of this conversation: the write that the ledger noted just before the act was
// carried out. The press on its "undo:ID" button confirms it, so proposal and confirmation may be appended together. An act
// that cannot be taken back, or no longer, is a refusal.
func (l *Ledger) ProposeUndo(c chat.Conversation, id string) (chat.ActionMoved, error) {
	ctx, cancel := context.WithTimeout(context.Background(), l.set.Timeout)
	defer cancel()
	c, stories, err := l.read(ctx, c.ID, id)
	if err != nil {
		return chat.ActionMoved{}, err
	}
	return l.proposeUndo(c, stories[id])
}

func (l *Ledger) proposeUndo(c chat.Conversation, s *story) (chat.ActionMoved, error) {
	if why := s.canUndo(c); why != "" {
		return chat.ActionMoved{}, errUndo(why)
	}
	if l.now().After(s.end.UndoUntil) {
		return chat.ActionMoved{}, errUndo(TooLate)
	}
	w := *s.image.Undo
	w.Key = newID()
	p, err := l.bind(s.proposal.Name, w, s.proposal.Needs)
	p.UndoOf = s.id
	return p, err
}

func errUndo(why Reason) error {
	return Refuse(fault.Forbidden, why, "This can't be undone any more.")
}

// canUndo tells why an act cannot be taken back; "" if it can. Time plays no part.
func (s *story) canUndo(c chat.Conversation) Reason {
	switch {
	case s.state != chat.ActionDone || s.image.Undo == nil || s.end.UndoUntil.IsZero():
		return NotUndoable
	case string(s.write.Customer) != c.Customer.ID:
		return WrongCustomer
	}
	for _, a := range c.Actions { // one at a time
		if a.UndoOf == s.id && (a.State == chat.ActionConfirmed || a.State == chat.ActionExecuting || a.State == chat.ActionUnknown || a.State == chat.ActionDone) {
			return NotUndoable
		}
	}
	return ""
}

// undoable checks, just before it is sent, that j takes back exactly what the ledger noted, that it was asked in time, and that what
// the act wrote is still there: a later change must not be lost with it.
func (j *job) undoable(ctx context.Context, now Customer, order Order) error {
	_, stories, err := j.l.read(ctx, j.t.Conv, j.s.proposal.UndoOf)
	if err != nil {
		return err
	}
	s := stories[j.s.proposal.UndoOf]
	switch {
	case s.state != chat.ActionDone || s.image.Undo == nil || s.image.Undo.Fingerprint() != j.s.write.Fingerprint():
		return errUndo(NotUndoable)
	case j.s.confirmed.At.After(s.end.UndoUntil.Add(j.l.set.Grace)):
		return errUndo(TooLate)
	case !stillThere(s.write, now, order):
		return errUndo(ChangedSince)
	}
	return nil
}

// stillThere tells whether the order system still has what w wrote. For requests the order system itself says whether there is
// one to take back.
func stillThere(w Write, c Customer, o Order) bool {
	switch w.Kind {
	case ChangeCustomerAddress:
		return reflect.DeepEqual(*w.Address, c.Address)
	case ChangeOrderAddress:
		return reflect.DeepEqual(*w.Address, o.Address)
	case ChangeContact:
		return *w.Contact == Contact{Email: c.Email, Phone: c.Phone}
	}
	return true
}

// doneUndo ends the act that takes another back, and that other one, in one commit.
func (j *job) doneUndo(ctx context.Context, end chat.ActionMoved, orig string) error {
	_, stories, err := j.l.read(ctx, j.t.Conv, orig)
	if err != nil {
		return err
	}
	s := stories[orig]
	if err := j.l.release(ctx, s); err != nil {
		return err
	}
	if s.state != chat.ActionDone {
		return j.end(ctx, end)
	}
	undone := &chat.ActionMoved{ID: orig, Name: s.proposal.Name, State: chat.ActionUndone, Receipt: s.end.Receipt}
	return j.end(ctx, end, chat.Draft{By: chat.System, Key: phaseKey(orig, "undone"), Body: undone})
}

// Undo takes back an act for somebody who needs no card: an agent. It returns the position of the confirmation; the outcome
// follows in the log.
func (l *Ledger) Undo(ctx context.Context, by chat.Party, conv chat.ConversationID, id string) (chat.Seq, error) {
	if by.Role != chat.RoleAgent || by.ID == "" {
		return 0, fault.New(fault.Forbidden, "Only a colleague may do this.")
	}
	return l.undo(ctx, by, conv, id, "")
}

func (l *Ledger) undo(ctx context.Context, by chat.Party, conv chat.ConversationID, id, why string) (chat.Seq, error) {
	for range 20 {
		c, stories, err := l.read(ctx, conv, id)
		if err != nil {
			return 0, err
		}
		if stories[id].state == "" {
			return 0, fault.New(fault.NotFound, "There is no such act in this conversation.")
		}
		p, err := l.proposeUndo(c, stories[id])
		if err != nil {
			return 0, err
		}
		seq, err := l.appendConfirmed(ctx, by, c, p, why)
		if !fault.Is(err, fault.Conflict) {
			return seq, err
		}
	}
	return 0, errBusy()
}

func errBusy() error {
	return fault.New(fault.Unavailable, "The conversation keeps changing. Please try again.")
}

package action

import (
	"context"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Act carries out an act for an agent who has the conversation, within the agent's limits; why is kept as a note for colleagues. It
// returns the proposal and the position of its confirmation.
func (l *Ledger) Act(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any, why string) (chat.ActionMoved, chat.Seq, error) {
	var out chat.ActionMoved
	var seq chat.Seq
	err := l.atDesk(ctx, by, conv, func(c chat.Conversation) error {
		p, err := l.propose(ctx, c, by, name, params, chat.LevelOrder)
		if err != nil {
			return err
		}
		out = p
		seq, err = l.appendConfirmed(ctx, by, c, p, why)
		return err
	})
	return out, seq, err
}

// atDesk lets an agent do something in a conversation that the agent has, again if somebody spoke in between.
func (l *Ledger) atDesk(ctx context.Context, by chat.Party, conv chat.ConversationID, do func(c chat.Conversation) error) error {
	if by.Role != chat.RoleAgent || by.ID == "" {
		return fault.New(fault.Forbidden, "Only a colleague may do this.")
	}
	for range 20 {
		c, err := l.log.Conversation(ctx, conv)
		if err != nil {
			return err
		}
		if c.Owner.Role != chat.RoleAgent || c.Owner.Agent != by.ID {
			return fault.New(fault.Conflict, "This conversation is not yours. Take it first.")
		}
		if err := do(c); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return errBusy()
}

// Ask proposes, for an agent who has the conversation, an act that is above the agent's own limit, for a second person to Approve within
// a day; why is kept as a note. It returns the proposal. An act within the limit needs no second person and is refused as fault.Invalid.
func (l *Ledger) Ask(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any, why string) (chat.ActionMoved, error) {
	var out chat.ActionMoved
	err := l.atDesk(ctx, by, conv, func(c chat.Conversation) error {
		if _, err := l.propose(ctx, c, by, name, params, chat.LevelOrder); err == nil {
			return fault.New(fault.Invalid, "You may do this yourself.")
		} else if whyNot(err) != OverLimit {
			return err
		}
		p, err := l.propose(ctx, c, secondOf(by), name, params, chat.LevelOrder)
		if err != nil {
			return err
		}
		p.Reason, p.Expires = string(OverLimit), l.now().UTC().Add(askFor).Truncate(time.Microsecond)
		out = p
		_, err = l.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Drafts: withNote(by, why, &p)})
		return err
	})
	return out, err
}

// askFor is how long a second person has.
const askFor = 24 * time.Hour

// Approve lets an act go ahead that a colleague asked for: by a second person, who need not have the conversation and is never the
// one who asked. Whether that person is of a rank to approve is for the caller to know. It returns the position of the confirmation.
func (l *Ledger) Approve(ctx context.Context, by chat.Party, conv chat.ConversationID, id, why string) (chat.Seq, error) {
	return l.decide(ctx, by, conv, id, func(s *story) ([]chat.Draft, error) {
		switch {
		case l.now().After(s.proposal.Expires):
			return nil, errDecided
		case s.proposed.By.ID == by.ID:
			return nil, fault.New(fault.Forbidden, "Somebody else must approve what you asked for.")
		}
		return withNote(by, why, &chat.ActionMoved{ID: id, Name: s.proposal.Name, State: chat.ActionConfirmed, Hash: s.proposal.Hash}), nil
	})
}

var errDecided = fault.New(fault.Gone, "This has been decided already, or its time is over.")

// decide ends the wait of an act that a colleague asked for, one way or the other: with what verdict makes of it, appended at the
// position it was judged at. It returns the position of the first event.
func (l *Ledger) decide(ctx context.Context, by chat.Party, conv chat.ConversationID, id string, verdict func(*story) ([]chat.Draft, error)) (chat.Seq, error) {
	if by.Role != chat.RoleAgent || by.ID == "" {
		return 0, fault.New(fault.Forbidden, "Only a colleague may do this.")
	}
	for range 20 {
		c, stories, err := l.read(ctx, conv, id)
		if err != nil {
			return 0, err
		}
		s := stories[id]
		switch {
		case s.state == "" || !s.asked():
			return 0, fault.New(fault.NotFound, "Nobody asked for a second look at this.")
		case s.state != chat.ActionProposed:
			return 0, errDecided
		}
		drafts, err := verdict(s)
		if err != nil {
			return 0, err
		}
		done, err := l.log.Commit(ctx, relay.Append{Conv: conv, At: c.Head, Drafts: drafts})
		if err == nil {
			return done.Events[0].Seq, nil
		} else if !fault.Is(err, fault.Conflict) {
			return 0, err
		}
	}
	return 0, errBusy()
}

// roleSecond is under which limits an act falls that two people agree on.
const roleSecond chat.Role = "second"

func secondOf(by chat.Party) chat.Party { return chat.Party{Role: roleSecond, ID: by.ID} }

// asked tells whether the act waits, or waited, for a second person.
func (s *story) asked() bool {
	return s.proposed.By.Role == chat.RoleAgent && s.proposal.Reason == string(OverLimit)
}

// authority is under whose limits the act falls: the bot's for what customers and links confirm, an agent's, or those of two people.
func (s *story) authority() chat.Party {
	if s.confirmed.By.Role == chat.RoleAgent && s.asked() {
		return secondOf(s.confirmed.By)
	}
	return s.confirmed.By
}

// appendConfirmed adds a proposal and its confirmation by the same party, at the position that was read.
func (l *Ledger) appendConfirmed(ctx context.Context, by chat.Party, c chat.Conversation, p chat.ActionMoved, why string) (chat.Seq, error) {
	confirmed := &chat.ActionMoved{ID: p.ID, Name: p.Name, State: chat.ActionConfirmed, Hash: p.Hash, UndoOf: p.UndoOf}
	done, err := l.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Drafts: withNote(by, why, &p, confirmed)})
	if err != nil {
		return 0, err
	}
	return done.Events[1].Seq, nil
}

// withNote makes drafts of somebody's phases, and of why.
func withNote(by chat.Party, why string, phases ...*chat.ActionMoved) (out []chat.Draft) {
	for _, b := range phases {
		out = append(out, chat.Draft{By: by, Body: b})
	}
	if why != "" {
		out = append(out, chat.Draft{By: by, Body: &chat.Note{Text: clean(why)}})
	}
	return out
}

package action

import (
	"context"
	"errors"

	"balie/internal/chat"
)

// Look tells an agent who has the conversation what Act would do, and does nothing: the proposal that it would bind, and whether a second
// person must agree first. What would be refused is refused here already, with the same reason.
func (l *Ledger) Look(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any) (p chat.ActionMoved, second bool, err error) {
	err = l.atDesk(ctx, by, conv, func(c chat.Conversation) error {
		second = false
		p, err = l.propose(ctx, c, by, name, params, chat.LevelOrder)
		if WhyNot(err) == OverLimit {
			second = true
			p, err = l.propose(ctx, c, secondOf(by), name, params, chat.LevelOrder)
		}
		return err
	})
	return p, second, err
}

// Decline ends an act that a colleague asked for: a second person says no, or the one who asked takes it back. Whether that person is of
// a rank to say no is for the caller to know. why is kept as a note, and the customer learns only that it did not happen.
func (l *Ledger) Decline(ctx context.Context, by chat.Party, conv chat.ConversationID, id, why string) (chat.Seq, error) {
	return l.decide(ctx, by, conv, id, func(s *story) ([]chat.Draft, error) {
		end := chat.Draft{By: chat.System, Key: phaseKey(id, "end"), Body: &chat.ActionMoved{ID: id, Name: s.proposal.Name, State: chat.ActionFailed, Reason: string(Declined)}}
		return append([]chat.Draft{end}, withNote(by, why)...), nil
	})
}

// WhyNot is why an act was refused, the ledger's own reasons included: OverLimit, and LevelTooLow where being surer of the customer
// would help. "" is any other error.
func WhyNot(err error) Reason {
	if why := whyNot(err); why != "" {
		return why
	}
	if errors.Is(err, errTooUnsure) {
		return LevelTooLow
	}
	return ""
}

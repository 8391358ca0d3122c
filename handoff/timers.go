package handoff

import (
	"context"
	"slices"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// offered reports whether somebody else gave the conversation to the agent who has it.
func offered(c chat.Conversation) bool {
	return c.Owner.Role == chat.RoleAgent && c.Owner.Reason == chat.ReasonTransferred
}

// openedKey names the event that tells that the agent looked at what a colleague gave them.
func openedKey(c chat.Conversation) chat.Key {
	return chat.Key("opened:" + c.Owner.Agent + ":" + c.Owner.Since.String())
}

// Opened notes that p looks at a conversation that a colleague gave them. Anything else it leaves as it is, and a second look too.
func (d *Desk) Opened(ctx context.Context, p Person, c chat.Conversation) error {
	if !offered(c) || c.Owner.Agent != p.ID {
		return nil
	}
	key := openedKey(c)
	if _, known, err := d.log.Keyed(ctx, c.ID, key); err != nil || known {
		return err
	}
	_, err := d.log.Commit(ctx, relay.Append{Conv: c.ID, At: chat.Any, Drafts: []chat.Draft{{By: party(p), Key: key, Body: &chat.Seen{Seq: c.Head}}}})
	return err
}

// checkOffer gives a conversation to the queue, at its old place, when the colleague who was given it has neither opened nor answered it.
func (d *Desk) checkOffer(ctx context.Context, t relay.Task, c chat.Conversation) error {
	if !offered(c) || c.Answered > c.Owner.Since {
		return d.settle(ctx, t, time.Time{})
	}
	if _, opened, err := d.log.Keyed(ctx, c.ID, openedKey(c)); err != nil {
		return err
	} else if opened {
		return d.settle(ctx, t, time.Time{})
	}
	_, err := d.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Settle: []relay.Settle{{Task: t}},
		Drafts: []chat.Draft{{By: chat.System, Body: &chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonTimeout, Team: c.Team}}}})
	return err
}

// WantsClose says when to look whether anybody still speaks in a conversation: once when it begins or begins again; looking leaves the
// next look. idle is Settings.Idle.
func WantsClose(c *chat.Conversation, added []chat.Event, idle time.Duration) []relay.Leave {
	if idle <= 0 || c.Owner.Role == chat.RoleNobody {
		return nil
	}
	for _, e := range added {
		_, begins := e.Body.(*chat.Opened)
		_, asks := e.Body.(*chat.HumanRequested)
		if begins || e.Seq == c.Owner.Since && (asks || c.Owner.Reason == chat.ReasonReturned) {
			return []relay.Leave{{Worker: relay.WorkerHandoff, Name: timerIdle, Due: e.At.Add(idle)}}
		}
	}
	return nil
}

// sleepOnIt is how many times as long a conversation stays open while the customer is in the middle of a routine: people come back to it the
// next day, and must not begin again.
const sleepOnIt = 7

// checkIdle closes a conversation in which nobody says more. A customer who waits for a person, for an answer or for an act that is under
// way waits for us, so that is never closed.
func (d *Desk) checkIdle(ctx context.Context, t relay.Task, c chat.Conversation) error {
	idle := d.Settings().Idle
	if c.Owner.Role == chat.RoleNobody || idle <= 0 {
		return d.settle(ctx, t, time.Time{})
	}
	now := d.now()
	patience := idle
	if c.Flow != nil || c.Form != nil {
		patience = sleepOnIt * idle
	}
	until := lastWord(c).Add(patience)
	if c.Owner.Role == chat.RoleQueue || Unanswered(c) || underWay(c, now) {
		until = later(until, now.Add(idle))
	}
	if now.Before(until) {
		return d.settle(ctx, t, until)
	}
	_, err := d.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Settle: []relay.Settle{{Task: t}},
		Drafts: []chat.Draft{{By: chat.System, Body: &chat.Closed{Code: CodeIdle}}}})
	if fault.Is(err, fault.Conflict) { // somebody speaks after all: the task stays, and looks again
		return d.settle(ctx, t, now.Add(idle))
	}
	return err
}

// CodeIdle is the wrap-up code of a conversation in which nobody said more.
const CodeIdle = "idle"

func lastWord(c chat.Conversation) time.Time { return later(c.Last.At, c.Created) }

func underWay(c chat.Conversation, now time.Time) bool {
	return slices.ContainsFunc(c.Actions, func(a chat.Action) bool {
		return !a.State.Over() && (a.State != chat.ActionProposed || now.Before(a.Expires))
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

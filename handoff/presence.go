package handoff

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// heartbeat is when an agent's presence was last written. mu is held while it is, so that a sign of life does not bring back a state
// that was changed in between.
type heartbeat struct {
	mu   sync.Mutex
	last time.Time
}

// here notes that p is at work: who takes a conversation is not offline, or it would go straight back.
func (d *Desk) here(ctx context.Context, p Person) error {
	pr, _, err := d.presence.Get(ctx, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if pr.State == Offline {
		return d.Beat(ctx, p, Away)
	}
	return d.Beat(ctx, p, "")
}

// SetState says whether p takes work, and counts as a sign of life. Who goes offline gives the conversations they have back to the
// queue: the desk looks at them now.
func (d *Desk) SetState(ctx context.Context, p Person, s State) error {
	if s != Available && s != Away && s != Offline {
		return fault.New(fault.Invalid, "A state is available, away or offline.")
	}
	if err := d.Beat(ctx, p, s); err != nil || s != Offline {
		return err
	}
	var held []chat.ConversationID
	err := d.lists.List(ctx, chat.AgentList(p.ID), "", false, func(_ string, c chat.Conversation) bool {
		held = append(held, c.ID)
		return len(held) < maxQueue
	})
	for _, conv := range held {
		_, left := d.log.Commit(ctx, relay.Append{Conv: conv, At: chat.Any, Leave: []relay.Leave{{Worker: relay.WorkerHandoff, Name: timerLease}}})
		err = errors.Join(err, left)
	}
	return err
}

// Beat notes a sign of life; state "" keeps the state there is. Unless the state changes it is written at most six times in a lease.
func (d *Desk) Beat(ctx context.Context, p Person, state State) error {
	d.mu.Lock()
	b := d.beats[p.ID]
	if b == nil {
		b = &heartbeat{}
		d.beats[p.ID] = b
	}
	d.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	now := d.now()
	if since := now.Sub(b.last); state == "" && since >= 0 && since < d.settings.lease()/6 {
		return nil
	}
	pr, _, err := d.presence.Get(ctx, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("read presence of %s: %w", p.ID, err)
	}
	if state == "" {
		state = pr.State
	}
	if state == "" {
		state = Away
	}
	if err := d.presence.Set(ctx, p.ID, Presence{Agent: p.ID, Name: p.Name, State: state, Seen: now}); err != nil {
		return fmt.Errorf("write presence of %s: %w", p.ID, err)
	}
	b.last = now
	return nil
}

// Present returns the presence of everybody who has ever been there, by name.
func (d *Desk) Present(ctx context.Context) ([]Presence, error) {
	var all []Presence
	err := d.presence.List(ctx, "", "", func(_ string, _ uint64, p Presence) error {
		p.State = p.Now(d.now(), d.settings.lease())
		all = append(all, p)
		return nil
	})
	return all, err
}

// Staffed reports whether anybody takes work now.
func (d *Desk) Staffed(ctx context.Context) (bool, error) {
	all, err := d.Present(ctx)
	for _, p := range all {
		if p.State == Available {
			return true, err
		}
	}
	return false, err
}

// present returns an agent by id, if they are there.
func (d *Desk) present(ctx context.Context, agent string) (Person, error) {
	to, _, err := d.people.Get(ctx, agent)
	if err != nil {
		return to, err
	}
	pr, _, err := d.presence.Get(ctx, agent)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return to, err
	}
	if !to.May(RoleAgent, RoleSupervisor) || pr.Now(d.now(), d.settings.lease()) != Available {
		return to, fault.Newf(fault.Conflict, "%s is not available now.", to.Name)
	}
	return to, nil
}

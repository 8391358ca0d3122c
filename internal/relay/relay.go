// Package relay is the mail room: it carries every event from whoever wrote it to whoever must know. An append is made
// durable by the store together with the tasks it causes; workers do the tasks; followers of the conversation are woken
// and read on from where they were.
//
// See DESIGN.md for why a wake-up carries nothing, and why catching up and living on are the same loop.
package relay

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"balie/internal/chat"
)

// Signal is something of the moment: typing, a streamed piece of text, a place in the queue. It is sent at most once and never
// stored.
type Signal struct {
	Conv chat.ConversationID
	Kind string     // typing, delta, queue
	From chat.Party // of typing
	Turn string     // of a delta
	Text string     // of a delta
	To   chat.Role  // "" = both sides; else only that side hears it

	Position int           // of queue: 1 is next
	WaitLow  time.Duration // of queue: the range of the wait
	WaitHigh time.Duration
}

// Relay joins a store, its workers and its followers.
type Relay struct {
	store Store
	tasks Tasks
	log   *slog.Logger
	bus   Bus // to other nodes; nil: there are none

	mu     sync.Mutex
	follow map[chat.ConversationID][]*Follower
	desks  map[*Watcher]struct{}
}

// New makes a mail room over an engine. It does no work until something is appended or Run is called.
func New(store Store, tasks Tasks, log *slog.Logger) *Relay {
	return &Relay{store: store, tasks: tasks, log: log, follow: map[chat.ConversationID][]*Follower{}, desks: map[*Watcher]struct{}{}}
}

// Append adds drafts to a conversation; see chat.Log. When it returns, they are durable, the tasks they cause are left and whoever follows
// has been woken. The drafts' bodies belong to the log from then on: followers read them.
func (r *Relay) Append(ctx context.Context, conv chat.ConversationID, at chat.Seq, drafts ...chat.Draft) ([]chat.Event, error) {
	done, err := r.Commit(ctx, Append{Conv: conv, At: at, Drafts: drafts})
	return done.Events, err
}

// Commit is Append with tasks settled and left in the same transaction.
func (r *Relay) Commit(ctx context.Context, a Append) (Appended, error) {
	done, err := r.store.Commit(ctx, a)
	if err != nil {
		return Appended{}, err
	}
	if done.New > 0 {
		r.wake(a.Conv, done)
		if r.bus != nil {
			r.bus.Hint(a.Conv, done.State.Head)
		}
	}
	return done, nil
}

// Read returns events after a position; see chat.Log.
func (r *Relay) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	return r.store.Read(ctx, conv, after, max)
}

// Conversation returns the folded state; see chat.Log.
func (r *Relay) Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error) {
	return r.store.Conversation(ctx, conv)
}

// Keyed returns the event that was stored under a key; false if there is none.
func (r *Relay) Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error) {
	return r.store.Keyed(ctx, conv, key)
}

// wake tells followers of the conversation, and the desks, that there is something new.
func (r *Relay) wake(conv chat.ConversationID, done Appended) {
	fresh := done.fresh()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.follow[conv] {
		f.wake(fresh)
	}
	for w := range r.desks {
		w.note(conv)
	}
}

// fresh returns the events that were added now, in order. Repeats of earlier ones, or of one another, may stand between them.
func (d Appended) fresh() []chat.Event {
	if d.New == len(d.Events) {
		return d.Events
	}
	out := make([]chat.Event, 0, d.New)
	next := d.State.Head - chat.Seq(d.New) + 1
	for _, e := range d.Events {
		if e.Seq == next {
			out, next = append(out, e), next+1
		}
	}
	return out
}

// Hint makes whoever follows the conversation, on every node, look again, though nothing was appended.
func (r *Relay) Hint(conv chat.ConversationID) {
	if r.bus != nil {
		r.bus.Hint(conv, 0)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.follow[conv] {
		f.wake(nil)
	}
	for w := range r.desks {
		w.note(conv)
	}
}

// Signal sends s to whoever follows its conversation now, on every node.
func (r *Relay) Signal(s Signal) {
	r.Deliver(s)
	if r.bus != nil {
		r.bus.Signal(s)
	}
}

package handoff

import (
	"context"
	"slices"
	"sync"
	"time"

	"balie/internal/chat"
)

// View is what an agent sees first.
type View struct {
	Waiting []chat.Conversation // most urgent first, then longest waiting
	Mine    []chat.Conversation // the customer spoke last first, then as they came
	Bot     []chat.Conversation // latest first
	Closed  []chat.Conversation // latest first
}

// maxList bounds the lists an agent sees at once.
const maxList = 50

// maxQueue bounds the queue as shown; a longer one is a matter for the supervisor, not for scrolling.
const maxQueue = 500

// Queue returns the conversations as p sees them.
func (d *Desk) Queue(ctx context.Context, p Person) (View, error) {
	var v View
	lists := []struct {
		into     *[]chat.Conversation
		prefix   string
		backward bool
		max      int
	}{
		{&v.Waiting, "queue/", false, maxQueue}, {&v.Mine, chat.AgentList(p.ID), false, maxQueue},
		{&v.Bot, "bot/", true, maxList}, {&v.Closed, "closed/", true, maxList},
	}
	for _, l := range lists {
		err := d.lists.List(ctx, l.prefix, "", l.backward, func(_ string, c chat.Conversation) bool {
			*l.into = append(*l.into, c)
			return len(*l.into) < l.max
		})
		if err != nil {
			return v, err
		}
	}
	slices.SortStableFunc(v.Mine, func(a, b chat.Conversation) int {
		return boolOrder(Unanswered(a), Unanswered(b))
	})
	return v, nil
}

// Unanswered reports whether the customer spoke last.
func Unanswered(c chat.Conversation) bool { return c.Heard > c.Answered }

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Place returns the conversation's place in the queue, 1 being next, and how many wait; 0 if it does not wait.
func (d *Desk) Place(ctx context.Context, conv chat.ConversationID) (place, of int, err error) {
	err = d.lists.List(ctx, "queue/", "", false, func(_ string, c chat.Conversation) bool {
		of++
		if c.ID == conv {
			place = of
		}
		return of < maxQueue
	})
	return place, of, err
}

// Urgency says how a waiting customer stands against the time the company promises: ok, warn from 80 % on, late. Only the hours in which
// the desk is open count.
func (d *Desk) Urgency(c chat.Conversation) string {
	from, promise := d.promise(c)
	if from.IsZero() || promise <= 0 {
		return "ok"
	}
	switch w := d.Settings().Hours.Between(from, d.now()); {
	case w >= promise:
		return "late"
	case w >= promise*8/10:
		return "warn"
	}
	return "ok"
}

// promise is since when a customer waits for a person, and how long that may take; zero where nobody waits for one.
func (d *Desk) promise(c chat.Conversation) (from time.Time, within time.Duration) {
	set := d.Settings()
	first := time.Duration(set.SLA) * time.Second
	switch {
	case c.Owner.Role == chat.RoleQueue:
		return c.WaitingSince, first
	case c.Owner.Role != chat.RoleAgent:
		return time.Time{}, 0
	case c.Answered < c.Owner.Since && len(c.Agents) <= 1: // taken, and not a word yet
		return c.WaitingSince, first
	case Unanswered(c) && c.Last.Role == chat.RoleCustomer:
		return c.Last.At, set.Reply
	}
	return time.Time{}, 0
}

// waits remembers how long the last customers waited, to tell the next ones. It forgets with the process: a guess from yesterday
// is worse than none.
type waits struct {
	mu   sync.Mutex
	last []time.Duration
}

const maxWaits = 20

func (w *waits) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = append(w.last, d)
	if len(w.last) > maxWaits {
		w.last = w.last[1:]
	}
}

// guess returns the range in which the middle half of the last waits lay; false while fewer than five are known.
func (w *waits) guess() (low, high time.Duration, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.last) < 5 {
		return 0, 0, false
	}
	s := slices.Sorted(slices.Values(w.last))
	return s[len(s)/4].Round(time.Minute), max(s[len(s)*3/4].Round(time.Minute), time.Minute), true
}

// Wait returns the range within which customers have lately been helped; false if too few are known to say.
func (d *Desk) Wait() (low, high time.Duration, ok bool) { return d.waits.guess() }

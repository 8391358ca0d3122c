package relay

import (
	"context"
	"time"

	"balie/internal/chat"
)

// Bus carries what happened on this node to the others. Everything it carries may be lost, doubled or late: the log is the truth, and Sweep
// makes certain what a hint makes quick. Its methods never block. A house of one node has none.
type Bus interface {
	// Hint says that the conversation is at head now.
	Hint(conv chat.ConversationID, head chat.Seq)
	// Signal passes on something of the moment.
	Signal(Signal)
}

// Join makes r tell the other nodes over b. It is called before anything is appended.
func (r *Relay) Join(b Bus) { r.bus = b }

// Heard takes a hint of another node: who follows the conversation here, and is behind head, reads on.
func (r *Relay) Heard(conv chat.ConversationID, head chat.Seq) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.catchUp(conv, head)
	for w := range r.desks {
		w.note(conv)
	}
}

// catchUp wakes the followers that are behind; the caller holds mu.
func (r *Relay) catchUp(conv chat.ConversationID, head chat.Seq) {
	for _, f := range r.follow[conv] {
		if f.behind(head) {
			f.wake(nil)
		}
	}
}

// behind reports whether the log goes on after all that f has or is about to tell.
func (f *Follower) behind(head chat.Seq) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pos+chat.Seq(len(f.fresh)) < head
}

// Deliver sends a signal of another node to whoever follows its conversation here.
func (r *Relay) Deliver(s Signal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.follow[s.Conv] {
		f.signal(s)
	}
}

// Heads is what a sweep asks of an engine that many nodes share.
type Heads interface {
	// Heads says where those of the conversations are that exist.
	Heads(ctx context.Context, ids []chat.ConversationID) (map[chat.ConversationID]chat.Seq, error)
	// Open says where the conversations are that people wait in or work on, in full or as many as a desk could show.
	Open(ctx context.Context) (map[chat.ConversationID]chat.Seq, error)
}

// Sweep compares what is followed here with the store, again and again until ctx ends: whatever hint was lost, its reader waits no longer than
// every. It costs one query a round for all followed conversations, and one more where a desk is open.
func (r *Relay) Sweep(ctx context.Context, h Heads, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	var open map[chat.ConversationID]chat.Seq
	quiet := false // an outage is told once
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		err := r.sweepFollowed(ctx, h)
		if err == nil {
			open, err = r.sweepDesks(ctx, h, open)
		}
		if err != nil && !quiet && ctx.Err() == nil {
			r.log.Warn("cannot sweep for what other nodes wrote; trying on", "err", err)
		}
		quiet = err != nil
	}
}

func (r *Relay) sweepFollowed(ctx context.Context, h Heads) error {
	r.mu.Lock()
	ids := make([]chat.ConversationID, 0, len(r.follow))
	for id := range r.follow {
		ids = append(ids, id)
	}
	r.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	heads, err := h.Heads(ctx, ids)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, head := range heads {
		r.catchUp(id, head)
	}
	return nil
}

// sweepDesks tells the desks what moved since open was read, and returns how things are now. The first time it tells of everything.
func (r *Relay) sweepDesks(ctx context.Context, h Heads, open map[chat.ConversationID]chat.Seq) (map[chat.ConversationID]chat.Seq, error) {
	r.mu.Lock()
	none := len(r.desks) == 0
	r.mu.Unlock()
	if none {
		return nil, nil
	}
	now, err := h.Open(ctx)
	if err != nil {
		return open, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	note := func(id chat.ConversationID) {
		for w := range r.desks {
			w.note(id)
		}
	}
	for id, head := range now {
		if was, ok := open[id]; !ok || was != head {
			note(id)
		}
	}
	for id := range open {
		if _, ok := now[id]; !ok {
			note(id)
		}
	}
	return now, nil
}

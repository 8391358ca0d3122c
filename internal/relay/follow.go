package relay

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"balie/internal/chat"
)

// Sink is the receiving end of a follower: a socket, a long poll, a test. Both methods are called by one goroutine at a time. An error
// ends the following; the sink is told nothing more. A sink that also has a method Ended(error) gets a call of it when the
// following ends by itself, because the log cannot be read or the sink panicked: it should hang up, so that its reader comes back.
type Sink interface {
	// Events gets what was appended after the position it started from, in order, each exactly once.
	Events([]chat.Event) error
	// Signal gets what is of the moment; some may be lost.
	Signal(Signal) error
}

// chunk bounds how many events are read, and queued in memory, at once.
const chunk = 100

// Follower reads one conversation on for one sink: catching up, living on and replaying are the same loop. It has no goroutine of
// its own while there is nothing to tell, and no buffer but the log: a slow sink holds up nobody else.
type Follower struct {
	relay *Relay
	conv  chat.ConversationID
	sink  Sink

	mu      sync.Mutex
	pos     chat.Seq
	running bool
	dirty   bool         // there is more than fresh: read the log
	fresh   []chat.Event // just appended, contiguous after pos: need not be read again
	signals []Signal
	closed  bool
}

// Follow tells sink everything that is in the conversation after pos, and then everything that comes, until Close or an error of the sink.
// The conversation need not exist yet; a position beyond its end hears nothing until the log has passed it.
func (r *Relay) Follow(conv chat.ConversationID, pos chat.Seq, sink Sink) *Follower {
	f := &Follower{relay: r, conv: conv, sink: sink, pos: pos}
	r.mu.Lock()
	r.follow[conv] = append(r.follow[conv], f)
	r.mu.Unlock()
	f.wake(nil)
	return f
}

// Close ends the following. Sink may still be in a call, but gets no further one.
func (f *Follower) Close() {
	f.mu.Lock()
	f.closed, f.fresh, f.signals = true, nil, nil
	f.mu.Unlock()
	r := f.relay
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := slices.DeleteFunc(r.follow[f.conv], func(x *Follower) bool { return x == f })
	if len(rest) == 0 {
		delete(r.follow, f.conv)
	} else {
		r.follow[f.conv] = rest
	}
}

// wake starts the loop unless it runs. fresh saves it from reading what the waker has in hand; nil means "look".
func (f *Follower) wake(fresh []chat.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	next := f.pos + chat.Seq(len(f.fresh)) + 1
	if !f.dirty && len(fresh) > 0 && fresh[0].Seq == next && len(f.fresh) < chunk {
		f.fresh = append(f.fresh, fresh...)
	} else if len(fresh) == 0 || fresh[len(fresh)-1].Seq >= next {
		f.dirty = true
	}
	f.start()
}

func (f *Follower) signal(s Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.signals) >= chunk {
		return
	}
	f.signals = append(f.signals, s)
	f.start()
}

func (f *Follower) start() {
	if !f.running {
		f.running = true
		go f.run()
	}
}

// run tells the sink what there is, and leaves when there is nothing more.
func (f *Follower) run() {
	for {
		f.mu.Lock()
		signals, events, look := f.signals, f.fresh, f.dirty
		f.signals, f.fresh = nil, nil
		pos := f.pos
		if f.closed || (len(signals) == 0 && len(events) == 0 && !look) {
			f.running = false
			f.mu.Unlock()
			return
		}
		if len(events) > 0 && events[0].Seq != pos+1 { // the last round read further than its waker had told: look, once more
			events, look = nil, true
		}
		if len(events) == 0 {
			f.dirty = false
		}
		f.mu.Unlock()
		if !f.tell(pos, signals, events, look) {
			f.Close()
		}
	}
}

// tell gives the sink one round. It reports false when the following has ended.
func (f *Follower) tell(pos chat.Seq, signals []Signal, events []chat.Event, look bool) (on bool) {
	defer func() {
		if p := recover(); p != nil {
			f.ended(pos, fmt.Errorf("sink panicked: %v\n%s", p, debug.Stack()))
			on = false
		}
	}()
	for _, s := range signals {
		if f.isClosed() || f.sink.Signal(s) != nil {
			return false
		}
	}
	if len(events) == 0 && look {
		var err error
		if events, err = f.relay.store.Read(context.Background(), f.conv, pos, chunk); err != nil {
			f.ended(pos, fmt.Errorf("read on: %w", err))
			return false
		}
	}
	if len(events) == 0 {
		return true
	}
	if f.isClosed() || f.sink.Events(events) != nil {
		return false
	}
	f.mu.Lock()
	f.pos = events[len(events)-1].Seq
	if len(events) == chunk {
		f.dirty = true
	}
	f.mu.Unlock()
	return true
}

func (f *Follower) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// ended says why the following ends by itself, to the operator and to a sink that wants to know.
func (f *Follower) ended(pos chat.Seq, err error) {
	f.relay.log.Error("following ended", "conv", f.conv, "seq", pos, "err", err)
	if s, ok := f.sink.(interface{ Ended(error) }); ok && !f.isClosed() {
		s.Ended(err)
	}
}

// Watcher hears which conversations had something new, for pages that show many. It carries ids, each once however often it happened, and
// never blocks the writer.
type Watcher struct {
	relay *Relay
	mu    sync.Mutex
	dirty map[chat.ConversationID]struct{}
	ready chan struct{}
}

// Watch begins to collect the ids of conversations that change.
func (r *Relay) Watch() *Watcher {
	w := &Watcher{relay: r, dirty: map[chat.ConversationID]struct{}{}, ready: make(chan struct{}, 1)}
	r.mu.Lock()
	r.desks[w] = struct{}{}
	r.mu.Unlock()
	return w
}

// Ready gets a token when there is something to Take.
func (w *Watcher) Ready() <-chan struct{} { return w.ready }

// Take returns what changed since the last Take, in no order.
func (w *Watcher) Take() []chat.ConversationID {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]chat.ConversationID, 0, len(w.dirty))
	for id := range w.dirty {
		out = append(out, id)
	}
	clear(w.dirty)
	return out
}

// Close ends it.
func (w *Watcher) Close() {
	w.relay.mu.Lock()
	defer w.relay.mu.Unlock()
	delete(w.relay.desks, w)
}

func (w *Watcher) note(id chat.ConversationID) {
	w.mu.Lock()
	w.dirty[id] = struct{}{}
	w.mu.Unlock()
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

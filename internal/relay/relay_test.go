package relay_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

// deadline is how long anything may take before a test calls it missing.
const deadline = 30 * time.Second

var quiet = slog.New(slog.DiscardHandler)

func routeBot(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	if added[len(added)-1].By.Role == chat.RoleCustomer {
		return []relay.Leave{{Worker: relay.WorkerBot}}
	}
	return nil
}

// office is a mail room on a real engine.
func office(t *testing.T) (*relay.Relay, *bolt.Engine) {
	t.Helper()
	e, err := bolt.Open(t.TempDir(), bolt.Options{Route: routeBot})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return relay.New(e, e, quiet), e
}

func conv(n int) chat.ConversationID { return chat.ConversationID(fmt.Sprintf("0%025d", n)) }

func says(text string) chat.Draft {
	return chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}}
}

func say(t *testing.T, r *relay.Relay, id chat.ConversationID, text string) chat.Event {
	t.Helper()
	evs, err := r.Append(t.Context(), id, chat.Any, says(text))
	if err != nil {
		t.Error(err)
		return chat.Event{}
	}
	return evs[0]
}

// ear is a sink that checks what it hears: each event once, in order, one call at a time.
type ear struct {
	t       *testing.T
	mu      sync.Mutex
	pos     chat.Seq
	signals []string
	ended   error
	calls   chan struct{} // gets a token with every call
	busy    sync.Mutex
	block   chan struct{} // when not nil, every call waits for it
	waits   chan struct{} // and says here that it does
	fail    error
}

func newEar(t *testing.T, pos chat.Seq) *ear {
	return &ear{t: t, pos: pos, calls: make(chan struct{}, 1), waits: make(chan struct{}, 1)}
}

func (e *ear) enter() func() {
	if !e.busy.TryLock() {
		e.t.Error("a sink was called by two at once")
		return func() {}
	}
	if e.block != nil {
		select {
		case e.waits <- struct{}{}:
		default:
		}
		<-e.block
	}
	return func() {
		e.busy.Unlock()
		select {
		case e.calls <- struct{}{}:
		default:
		}
	}
}

func (e *ear) Events(evs []chat.Event) error {
	defer e.enter()()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range evs {
		if ev.Seq != e.pos+1 {
			e.t.Errorf("heard event %d after %d", ev.Seq, e.pos)
		}
		e.pos = ev.Seq
	}
	return e.fail
}

func (e *ear) Signal(s relay.Signal) error {
	defer e.enter()()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.signals = append(e.signals, s.Text)
	return nil
}

func (e *ear) Ended(err error) {
	e.mu.Lock()
	e.ended = err
	e.mu.Unlock()
	select {
	case e.calls <- struct{}{}:
	default:
	}
}

// until waits until what it has heard satisfies ok.
func (e *ear) until(what string, ok func() bool) {
	e.t.Helper()
	late := time.After(deadline)
	for {
		e.mu.Lock()
		done := ok()
		pos := e.pos
		e.mu.Unlock()
		if done {
			return
		}
		select {
		case <-e.calls:
		case <-late:
			e.t.Fatalf("not %s; heard up to %d", what, pos)
		}
	}
}

func (e *ear) heard(n chat.Seq) {
	e.t.Helper()
	e.until(fmt.Sprintf("heard event %d", n), func() bool { return e.pos >= n })
}

func TestFollowersHearEachEventOnceInOrder(t *testing.T) {
	r, _ := office(t)
	for i := range 250 {
		say(t, r, conv(1), fmt.Sprint(i))
	}
	const followers, writers, each = 8, 16, 20
	var ears []*ear
	for i := range followers {
		pos := chat.Seq(i * 31)
		e := newEar(t, pos)
		ears = append(ears, e)
		defer r.Follow(conv(1), pos, e).Close()
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if i%5 == 0 {
					r.Hint(conv(1))
				}
				say(t, r, conv(1), fmt.Sprint(w, i))
			}
		})
	}
	wg.Wait()
	for _, e := range ears {
		e.heard(250 + writers*each)
	}
}

// TestWakersOutOfOrder: of two who write at the same time, the second may wake first. The follower then reads both, and must not hear the
// first again when its waker comes.
func TestWakersOutOfOrder(t *testing.T) {
	_, engine := office(t)
	late := &lateStore{Store: engine, hold: map[string]chan struct{}{"one": make(chan struct{})}, done: make(chan struct{}, 2)}
	r := relay.New(late, engine, quiet)
	e := newEar(t, 0)
	e.block = make(chan struct{})
	f := r.Follow(conv(1), 0, e)
	defer f.Close()
	first := make(chan struct{})
	go func() { defer close(first); say(t, r, conv(1), "one") }()
	<-late.done               // it is durable, but its writer has not come back to wake anybody
	say(t, r, conv(1), "two") // wakes: the follower reads 1 and 2 and is held in the sink
	<-e.waits
	close(late.hold["one"]) // now the first writer wakes, with event 1 in hand
	<-first
	close(e.block)
	e.heard(2)
	say(t, r, conv(1), "three")
	e.heard(3)
}

// lateStore holds a writer between its commit and its return.
type lateStore struct {
	relay.Store
	hold map[string]chan struct{}
	done chan struct{}
}

func (s *lateStore) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	done, err := s.Store.Commit(ctx, a)
	if len(a.Drafts) > 0 {
		if ch := s.hold[a.Drafts[0].Body.(*chat.Message).Text]; ch != nil {
			s.done <- struct{}{}
			<-ch
		}
	}
	return done, err
}

// TestMixedRepeats: fresh events before and between repeats reach followers too.
func TestMixedRepeats(t *testing.T) {
	r, _ := office(t)
	k := func(key chat.Key) chat.Draft { d := says(string(key)); d.Key = key; return d }
	e := newEar(t, 0)
	defer r.Follow(conv(1), 0, e).Close()
	for i, drafts := range [][]chat.Draft{{k("a"), k("b")}, {k("c"), k("a")}, {k("b"), k("d"), k("d"), k("a"), k("e")}, {k("a")}} {
		if _, err := r.Append(t.Context(), conv(1), chat.Any, drafts...); err != nil {
			t.Fatal(err)
		}
		e.heard([]chat.Seq{2, 3, 5, 5}[i])
	}
}

// TestRandomCuts is the customer's line: cut and taken up again a thousand times while others write. Nothing is missed, nothing comes twice.
func TestRandomCuts(t *testing.T) {
	r, _ := office(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				say(t, r, conv(1), fmt.Sprint(w, i))
			}
		})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var pos chat.Seq
	for range 1000 {
		e := newEar(t, pos) // it fails the test if the first event is not pos+1
		f := r.Follow(conv(1), pos, e)
		want := pos + chat.Seq(rng.IntN(4))
		e.heard(want)
		f.Close()
		e.mu.Lock()
		pos = e.pos
		e.mu.Unlock()
	}
	stop()
	wg.Wait()
	end := say(t, r, conv(1), "end")
	e := newEar(t, pos)
	defer r.Follow(conv(1), pos, e).Close()
	e.heard(end.Seq)
}

func TestASlowSinkHoldsUpNobody(t *testing.T) {
	r, _ := office(t)
	slow, quick := newEar(t, 0), newEar(t, 0)
	slow.block = make(chan struct{})
	defer r.Follow(conv(1), 0, slow).Close()
	defer r.Follow(conv(1), 0, quick).Close()
	for i := range 500 {
		say(t, r, conv(1), fmt.Sprint(i))
		r.Signal(relay.Signal{Conv: conv(1), Kind: "delta", Text: fmt.Sprintf("%04d", i)})
	}
	quick.heard(500)
	close(slow.block)
	slow.heard(500)
	for _, e := range []*ear{slow, quick} {
		e.mu.Lock()
		last := ""
		for _, s := range e.signals {
			if s <= last {
				t.Errorf("signal %s came after %s", s, last)
			}
			last = s
		}
		if len(e.signals) == 0 {
			t.Error("no signal at all")
		}
		e.mu.Unlock()
	}
	slow.mu.Lock()
	defer slow.mu.Unlock()
	if len(slow.signals) > 200 {
		t.Errorf("%d signals were kept for a slow sink", len(slow.signals))
	}
}

func TestFollowingEnds(t *testing.T) {
	r, engine := office(t)
	say(t, r, conv(1), "one")
	failing := newEar(t, 0)
	failing.fail = errors.New("the line is cut")
	r.Follow(conv(1), 0, failing)
	failing.heard(1)
	closed := newEar(t, 1)
	r.Follow(conv(1), 1, closed).Close()
	panicking := &angry{newEar(t, 0)}
	r.Follow(conv(1), 0, panicking)
	panicking.until("told of its end", func() bool { return panicking.ended != nil })
	live := newEar(t, 1)
	defer r.Follow(conv(1), 1, live).Close()
	say(t, r, conv(1), "two")
	live.heard(2)
	for _, e := range []*ear{failing, closed} {
		e.mu.Lock()
		if e.pos != 1 || e.ended != nil {
			t.Errorf("after its end a sink heard of event %d (%v)", e.pos, e.ended)
		}
		e.mu.Unlock()
	}
	broken := relay.New(unreadable{engine}, engine, quiet)
	lost := newEar(t, 0)
	broken.Follow(conv(1), 0, lost)
	lost.until("told that the log cannot be read", func() bool { return lost.ended != nil })
}

type angry struct{ *ear }

func (angry) Events([]chat.Event) error { panic("a bug in a sink") }

type unreadable struct{ relay.Store }

func (unreadable) Read(context.Context, chat.ConversationID, chat.Seq, int) ([]chat.Event, error) {
	return nil, fault.New(fault.Unavailable, "no")
}

func TestWatchersHearOfEachConversation(t *testing.T) {
	r, _ := office(t)
	w := r.Watch()
	for range 3 {
		for n := range 5 {
			say(t, r, conv(n), "x")
		}
	}
	select {
	case <-w.Ready():
	case <-time.After(deadline):
		t.Fatal("no token")
	}
	if ids := w.Take(); len(ids) != 5 {
		t.Errorf("took %v, want five, each once", ids)
	}
	if ids := w.Take(); len(ids) != 0 {
		t.Errorf("took %v again", ids)
	}
	w.Close()
	say(t, r, conv(9), "x")
	if ids := w.Take(); len(ids) != 0 {
		t.Errorf("closed, and yet heard of %v", ids)
	}
}

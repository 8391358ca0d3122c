// Package storetest is the specification of an engine: what internal/relay and internal/store/document say in words about
// conversations, tasks, lists and documents, said again as tests. Every engine runs all of it:
//
//	func TestSpecification(t *testing.T) { storetest.Run(t, engine) }
//
// An engine's own tests plant bugs in it and ask Failures whether the specification would have noticed.
package storetest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/document"
)

// T is what a case needs of a *testing.T, so that a case can also be run to see it fail.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// Store is an engine under test: both shapes, and its end.
type Store interface {
	relay.Store
	relay.Tasks
	relay.Lists
	document.Engine
	Close() error
}

// Options are what the specification asks to be able to set.
type Options struct {
	Route relay.Route
	Now   func() time.Time // every time the engine writes or compares comes from here
}

// Engine says how to handle an engine under test. Data names where its data lie: at first an empty folder of the test's own.
type Engine struct {
	// Open opens the data, which it makes if there are none yet. The case closes what it opened, or crashes it.
	Open func(t T, data string, opt Options) Store
	// Crash returns the name of the data as a crash at this very moment leaves them. The store that is open on the old name is
	// closed only when the test is over.
	Crash func(t T, data string) string
	// Restore gives closed data a new life, as after a backup was put back.
	Restore func(t T, data string)
}

// spec is one rule of the specification.
type spec struct {
	name string
	run  func(r *rig)
}

func specs() []spec {
	var all []spec
	for _, part := range [][]spec{logSpecs, valueSpecs, taskSpecs, listSpecs, docSpecs, feedSpecs} {
		all = append(all, part...)
	}
	return all
}

// Run holds an engine to the specification.
func Run(t *testing.T, e Engine) {
	for _, s := range specs() {
		t.Run(s.name, func(t *testing.T) { s.run(newRig(t, e)) })
	}
}

// Failures runs the named rule on an engine and returns what it finds wrong; nothing means that the engine keeps to it. An unknown name is
// a failure of t.
func Failures(t *testing.T, name string, e Engine) []string {
	t.Helper()
	for _, s := range specs() {
		if s.name != name {
			continue
		}
		rec := &recorder{t: t}
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer rec.cleanup()
			s.run(newRig(rec, e))
		}()
		<-done
		return rec.found
	}
	t.Fatalf("there is no rule %q", name)
	return nil
}

// recorder is a T that takes failures down.
type recorder struct {
	t     *testing.T
	mu    sync.Mutex
	found []string
	last  []func()
}

// Helper is for T.
func (r *recorder) Helper() {}

// Errorf takes a failure down.
func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

// Fatalf takes a failure down and ends the case.
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// Cleanup is called when the case is over, the latest first.
func (r *recorder) Cleanup(f func()) { r.last = append(r.last, f) }

// TempDir is the surrounding test's.
func (r *recorder) TempDir() string { return r.t.TempDir() }

func (r *recorder) cleanup() {
	for i := len(r.last) - 1; i >= 0; i-- {
		r.last[i]()
	}
}

// rig is one engine on one set of data, with a clock that only the case moves.
type rig struct {
	T
	Store
	engine Engine
	data   string
	route  relay.Route
	clock  *clock
	ctx    context.Context
	ids    int
}

func newRig(t T, e Engine) *rig {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	r := &rig{T: t, engine: e, data: t.TempDir(), ctx: ctx, clock: &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	r.route = askBot
	r.open()
	t.Cleanup(func() { cancel(); r.Store.Close() })
	return r
}

// askBot leaves a task for the bot whenever a customer spoke.
func askBot(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	for _, e := range added {
		if e.By.Role == chat.RoleCustomer {
			return []relay.Leave{{Worker: relay.WorkerBot}}
		}
	}
	return nil
}

func (r *rig) open() {
	r.Store = r.engine.Open(r.T, r.data, Options{
		Route: func(c *chat.Conversation, added []chat.Event) []relay.Leave { return r.route(c, added) },
		Now:   r.clock.Now,
	})
}

// reopen closes the store in order and opens it again.
func (r *rig) reopen() {
	r.Helper()
	if err := r.Store.Close(); err != nil {
		r.Fatalf("close: %v", err)
	}
	r.open()
}

// crash leaves the store as it is and goes on with what a crash would have left.
func (r *rig) crash() {
	r.Helper()
	old := r.Store
	r.Cleanup(func() { old.Close() })
	r.data = r.engine.Crash(r.T, r.data)
	r.open()
}

// conv gives an id nobody has yet; ids of one case sort in the order in which they were given.
func (r *rig) conv() chat.ConversationID {
	r.ids++
	return chat.ConversationID(fmt.Sprintf("0%025d", r.ids))
}

// clock is a time that moves a microsecond at every look, so that no two events share one, and else when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now tells the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Microsecond)
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

package relay

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Worker does tasks. Work looks at the task's conversation, decides, and commits with the task settled; when it returns without
// having settled it, the task comes back: at once after a Conflict (somebody spoke first: look again), after a growing pause after any
// other error or a panic, after the lease when there was no error. Work is called by several goroutines, never two at once for the same task.
type Worker interface {
	Name() string
	Work(ctx context.Context, t Task) error
}

// Settings of a worker's loop. Zero values mean the defaults.
type Settings struct {
	Parallel int           // tasks at once; default 8
	Lease    time.Duration // default one minute: longer than the longest honest turn
	Poll     time.Duration // how often to look without being woken; default 5 s
}

// retries are the pauses after failing; the last one repeats.
var retries = []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second}

// Run does the worker's tasks until ctx ends, then waits for those in hand.
func (r *Relay) Run(ctx context.Context, w Worker, s Settings) error {
	s = s.defaults()
	woken := r.tasks.Woken(w.Name())
	slots := make(chan struct{}, s.Parallel)
	freed := make(chan struct{}, 1)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		next := time.Now().Add(s.Poll)
		if free := s.Parallel - len(slots); free > 0 {
			tasks, due, err := r.tasks.Claim(ctx, w.Name(), free, s.Lease)
			if err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
				r.log.Error("claim tasks", "worker", w.Name(), "err", err)
			}
			if !due.IsZero() && due.Before(next) {
				next = due
			}
			for _, t := range tasks {
				slots <- struct{}{}
				wg.Go(func() {
					r.do(ctx, w, t)
					<-slots
					poke(freed)
				})
			}
		}
		if err := pause(ctx, next, woken, freed, len(slots) == s.Parallel); err != nil {
			return nil
		}
	}
}

func (s Settings) defaults() Settings {
	if s.Parallel <= 0 {
		s.Parallel = 8
	}
	if s.Lease <= 0 {
		s.Lease = time.Minute
	}
	if s.Poll <= 0 {
		s.Poll = 5 * time.Second
	}
	return s
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// pause waits until there may be something to claim. When every hand is full only a freed one helps.
func pause(ctx context.Context, next time.Time, woken, freed <-chan struct{}, full bool) error {
	if full {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
			return nil
		}
	}
	timer := time.NewTimer(max(time.Until(next), time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-woken:
	case <-freed:
	case <-timer.C:
	}
	return nil
}

// do works on one task until it is settled, has to wait, or the process ends.
func (r *Relay) do(ctx context.Context, w Worker, t Task) {
	for again := 0; ; again++ {
		err := attempt(ctx, w, t)
		switch {
		case err == nil:
			return
		case errors.Is(err, ErrLease):
			return // it is somebody else's now
		case fault.Is(err, fault.Conflict) && again < 20 && ctx.Err() == nil:
			continue
		case ctx.Err() != nil:
			return // the lease runs out, or the process ends, and the task comes back
		}
		r.log.Error("task failed", "worker", w.Name(), "conv", t.Conv, "seq", t.Seq, "tries", t.Tries, "err", err)
		later := time.Now().Add(retries[min(max(t.Tries-1, 0), len(retries)-1)])
		_, err = r.Commit(ctx, Append{Conv: t.Conv, At: chat.Any, Settle: []Settle{{Task: t, Later: later, Failed: true}}})
		if err != nil && !errors.Is(err, ErrLease) {
			r.log.Error("task cannot be put off", "worker", w.Name(), "conv", t.Conv, "err", err)
		}
		return
	}
}

// attempt turns a panic of a worker into an error: one bad conversation must not take the house down.
func attempt(ctx context.Context, w Worker, t Task) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("worker %s panicked: %v\n%s", w.Name(), p, debug.Stack())
		}
	}()
	return w.Work(ctx, t)
}

// Settle ends a claim without saying anything: done, or (later not zero) to come back.
func (r *Relay) Settle(ctx context.Context, t Task, later time.Time) error {
	_, err := r.Commit(ctx, Append{Conv: t.Conv, At: chat.Any, Settle: []Settle{{Task: t, Later: later}}})
	return err
}

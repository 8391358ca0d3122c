package openai

import (
	"sync"
	"time"
)

// outcome is what one request says about the health of the server.
type outcome int

const (
	neutral outcome = iota // the caller left; nothing was learned
	good
	bad
)

// maxWait bounds a server's Retry-After: no header may silence the model for a day.
const maxWait = 2 * time.Minute

// breaker keeps a sick server from costing every customer its full time limit. Closed, it lets everything in; after
// some failures in a row it is open and refuses; once the cooldown is over it is half-open: one request tries, and its
// outcome closes the breaker or starts the cooldown again.
type breaker struct {
	failures int
	cooldown time.Duration
	now      func() time.Time

	mu    sync.Mutex
	row   int // failures in a row
	open  bool
	until time.Time
	trial bool // the one request of the half-open state is under way
}

func newBreaker(failures int, cooldown time.Duration, now func() time.Time) *breaker {
	if now == nil {
		now = time.Now
	}
	return &breaker{failures: failures, cooldown: cooldown, now: now}
}

// enter returns nil if a request may be sent; then leave must be called once. Otherwise errOpen.
func (b *breaker) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return nil
	}
	if b.trial || b.now().Before(b.until) {
		return errOpen
	}
	b.trial = true
	return nil
}

// leave records how the request went. A wait above zero is the server's own word on when to come back: it opens the
// breaker at once.
func (b *breaker) leave(o outcome, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	tried := b.trial
	b.trial = false
	switch o {
	case good:
		b.row, b.open = 0, false
	case bad:
		b.row++
		if tried || wait > 0 || b.row >= b.failures {
			b.open = true
			b.until = b.now().Add(max(b.cooldown, min(wait, maxWait)))
		}
	}
}

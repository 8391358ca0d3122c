package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"balie/internal/fault"
)

// op is one all-or-nothing change on its way to the disk. check may refuse it, against the transaction, before anything of
// it is written; write writes it; after runs when it is durable, before it is acknowledged.
type op struct {
	check func(tx *bbolt.Tx) error
	write func(tx *bbolt.Tx) error
	after func()
	next  chan turn
}

// turn is what a waiting change is told: that it is over, or that it leads the next commit.
type turn struct {
	lead bool
	err  error
}

// batchMax bounds how many changes share a commit, so that one commit stays within some tens of milliseconds.
const batchMax = 2048

// committer groups commits without a goroutine or a timer of its own. Whoever comes while nobody commits leads: it commits its own change
// with all that wait, at once, so an idle store waits for nobody and a lone sender pays for no hand-over. Changes that arrive during
// the fsync wait and share the next one, which the first of them leads.
type committer struct {
	mu     sync.Mutex
	queue  []*op
	busy   bool
	closed bool
	idle   chan struct{} // closed when closed and no longer busy
}

// do brings a change to the disk and returns when it is durable or refused.
func (e *Engine) do(o *op) error {
	c := &e.ops
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return errDown
	}
	o.next = make(chan turn, 1)
	c.queue = append(c.queue, o)
	lead := !c.busy
	c.busy = true
	c.mu.Unlock()
	if !lead {
		t := <-o.next
		if !t.lead {
			return t.err
		}
	}
	e.lead()
	return (<-o.next).err
}

// lead commits what waits, the leader's own change first, and hands on.
func (e *Engine) lead() {
	c := &e.ops
	c.mu.Lock()
	n := min(len(c.queue), batchMax)
	batch := c.queue[:n:n]
	c.queue = slices.Clone(c.queue[n:])
	c.mu.Unlock()
	if !e.commit(batch) {
		c.end()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		c.queue[0].next <- turn{lead: true}
		return
	}
	c.busy = false
	if c.closed {
		close(c.idle)
	}
}

// end refuses what waits and what will come: the disk has failed.
func (c *committer) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.queue {
		o.next <- turn{err: errDown}
	}
	c.queue = nil
	c.shut()
}

// shut lets nothing more in; the caller holds mu.
func (c *committer) shut() {
	if c.closed {
		return
	}
	c.closed = true
	c.idle = make(chan struct{})
	if !c.busy {
		close(c.idle)
	}
}

// close lets nothing more in and waits for what is under way.
func (c *committer) close() {
	c.mu.Lock()
	c.shut()
	c.mu.Unlock()
	<-c.idle
}

// commit carries out a batch in one transaction. It returns false when the engine is dead: an error of the disk leaves the outcome
// unknown, so nobody in the batch, and nobody after, is acknowledged.
func (e *Engine) commit(batch []*op) bool {
	refused := make([]error, len(batch))
	err := e.update(func(tx *bbolt.Tx) error {
		for i, o := range batch {
			if o.check != nil {
				if refused[i] = o.check(tx); refused[i] != nil {
					continue
				}
			}
			if err := o.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		e.fail(fmt.Errorf("commit: %w", err))
		for _, o := range batch {
			o.next <- turn{err: errDown}
		}
		return false
	}
	for i, o := range batch {
		if refused[i] == nil && o.after != nil {
			o.after()
		}
		o.next <- turn{err: refused[i]}
	}
	return true
}

// update is db.Update with a panic of bbolt, on pages that cannot be, turned into an error.
func (e *Engine) update(f func(*bbolt.Tx) error) (err error) {
	defer guard(&err)()
	return e.db.Update(f)
}

// view is db.View, likewise, and refuses politely when the file is closed.
func (e *Engine) view(f func(*bbolt.Tx) error) (err error) {
	defer guard(&err)()
	if err = e.db.View(f); errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return errDown
	}
	return err
}

// guard turns a panic over damaged pages into errDamaged, a read behind the end of a cut file included. Its result must be deferred.
func guard(err *error) func() {
	was := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(was)
		if r := recover(); r != nil {
			*err = fmt.Errorf("%w (%v)", errDamaged, r)
		}
	}
}

// errDamaged says that the file cannot be what was written to it.
var errDamaged = fault.New(fault.Internal, "The data file is damaged. Stop balie and restore a backup: balie restore FILE.")

// fail tells whoever listens to Failed. It is called once: the first error ends the committer.
func (e *Engine) fail(err error) { e.failed <- err }

package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"

	bbolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"balie/internal/fault"
)

// op is one all-or-nothing change on its way to the disk. check may refuse it, against the transaction, before anything of
// it is written; write writes it; after runs when it is durable, still on the committer's goroutine, in order.
type op struct {
	check func(tx *bbolt.Tx) error
	write func(tx *bbolt.Tx) error
	after func()
	done  chan error
}

// batchMax bounds how many changes share a commit, so that one commit stays within some tens of milliseconds.
const batchMax = 2048

// do sends a change to the committer and waits until it is durable or refused.
func (e *Engine) do(o *op) error {
	o.done = make(chan error, 1)
	select {
	case e.ops <- o:
	case <-e.dead:
		return errDown
	case <-e.quit:
		return errDown
	}
	select {
	case err := <-o.done:
		return err
	case <-e.done: // the committer has left; it may just have answered
		select {
		case err := <-o.done:
			return err
		default:
			return errDown
		}
	}
}

// commitLoop is the group committer: take what is queued, commit it, acknowledge, again. Changes that arrive during an fsync share
// the next one; there is no delay timer, so an idle store waits for nobody.
func (e *Engine) commitLoop() {
	defer close(e.done)
	batch := make([]*op, 0, batchMax)
	for {
		batch = batch[:0]
		select {
		case o := <-e.ops:
			batch = append(batch, o)
		case <-e.quit:
			e.drain(&batch)
			if len(batch) > 0 {
				e.commit(batch)
			}
			return
		}
		e.drain(&batch)
		if !e.commit(batch) {
			return
		}
	}
}

func (e *Engine) drain(batch *[]*op) {
	for len(*batch) < batchMax {
		select {
		case o := <-e.ops:
			*batch = append(*batch, o)
		default:
			return
		}
	}
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
			o.done <- errDown
		}
		return false
	}
	for i, o := range batch {
		if refused[i] == nil && o.after != nil {
			o.after()
		}
		o.done <- refused[i]
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

func (e *Engine) fail(err error) {
	e.down.Do(func() {
		e.failed <- err
		close(e.dead)
	})
}

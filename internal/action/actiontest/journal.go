// Package actiontest holds what a test needs to say that acts on an order system were right: a Journal of what the order system
// really did, and Check, which compares it with the logs. It shares no code with the ledger, so that a mistake there is not
// repeated here.
package actiontest

import (
	"context"
	"slices"
	"sync"

	"balie/internal/action"
)

// Executed is a write that the order system carried out.
type Executed struct {
	Write  action.Write
	Result action.Result
	Times  int
}

// Journal is an order system that keeps a record of what it did. Put it under whatever makes trouble, so that it sees what
// arrived and not what was answered. A write that is answered from the record of an earlier one is not carried out again.
type Journal struct {
	mu     sync.Mutex
	system action.System
	done   []Executed
}

// NewJournal makes a journal of system's acts.
func NewJournal(system action.System) *Journal { return &Journal{system: system} }

// Reopen goes on with another system over the same data, after a restart.
func (j *Journal) Reopen(system action.System) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.system = system
}

func (j *Journal) now() action.System {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.system
}

// Do is action.Writer's.
func (j *Journal) Do(ctx context.Context, w action.Write) (action.Result, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_, before, err := j.system.Outcome(ctx, w.Key)
	if err != nil {
		return action.Result{}, err
	}
	r, err := j.system.Do(ctx, w)
	if err == nil && !before {
		j.done = append(j.done, Executed{w, r, 1})
	}
	return r, err
}

// Executed returns what was done, each key once, in order.
func (j *Journal) Executed() []Executed {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []Executed
	for _, d := range j.done {
		i := slices.IndexFunc(out, func(e Executed) bool { return e.Write.Key == d.Write.Key })
		if i < 0 {
			out = append(out, d)
		} else {
			out[i].Times++
		}
	}
	return out
}

// Times is how often the write with this key was carried out.
func (j *Journal) Times(key string) int {
	for _, e := range j.Executed() {
		if e.Write.Key == key {
			return e.Times
		}
	}
	return 0
}

// Outcome is action.Writer's.
func (j *Journal) Outcome(ctx context.Context, key string) (action.Result, bool, error) {
	return j.now().Outcome(ctx, key)
}

// Preview is action.Previewer's, where the system is one; an empty Result where it is not.
func (j *Journal) Preview(ctx context.Context, w action.Write) (action.Result, error) {
	if p, ok := j.now().(action.Previewer); ok {
		return p.Preview(ctx, w)
	}
	return action.Result{}, nil
}

// Customer is action.Reader's.
func (j *Journal) Customer(ctx context.Context, id action.CustomerID) (action.Customer, error) {
	return j.now().Customer(ctx, id)
}

// CustomerByEmail is action.Reader's.
func (j *Journal) CustomerByEmail(ctx context.Context, email string) (action.Customer, error) {
	return j.now().CustomerByEmail(ctx, email)
}

// Order is action.Reader's.
func (j *Journal) Order(ctx context.Context, id action.OrderID) (action.Order, error) {
	return j.now().Order(ctx, id)
}

// CustomerOrders is action.Reader's.
func (j *Journal) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	return j.now().CustomerOrders(ctx, id)
}

// Product is action.Reader's.
func (j *Journal) Product(ctx context.Context, id action.ProductID) (action.Product, error) {
	return j.now().Product(ctx, id)
}

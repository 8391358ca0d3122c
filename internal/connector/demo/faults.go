package demo

import (
	"context"
	"errors"
	"time"

	"balie/internal/action"
)

// Trouble is one way in which an order system misbehaves.
type Trouble string

// The troubles. Those that lose something end in action.ErrUnknownOutcome for a write; for a read they are Fail.
const (
	None        Trouble = ""
	Slow        Trouble = "slow"         // waits before it does anything; out of time means it did nothing
	Fail        Trouble = "fail"         // refuses the connection: nothing was done, and that is certain
	LoseRequest Trouble = "lose_request" // the request never arrives, and nobody can tell
	LoseAnswer  Trouble = "lose_answer"  // does it, then loses the answer
	Late        Trouble = "late"         // does it, then waits with the answer
	Twice       Trouble = "twice"        // the network delivers the request twice; the second answer arrives
	Foreign     Trouble = "foreign"      // does it, and answers about another customer
)

// Faults is an order system that can be told to misbehave, for tests and rehearsals.
type Faults struct {
	System action.System
	// Pick says what goes wrong with the next call; op is the method's name. Nil means nothing ever does.
	Pick func(op string) Trouble
	// Delay is how long Slow and Late wait; a caller that stops waiting is released at once.
	Delay time.Duration
}

// errRefused is what a closed port looks like.
var errRefused = errors.New("connection refused (told to fail)")

// before does what a trouble does before the call; with an error there is no call.
func (f Faults) before(ctx context.Context, t Trouble) error {
	switch t {
	case Fail:
		return unavailable(errRefused)
	case Slow:
		if err := wait(ctx, f.Delay); err != nil {
			return unavailable(err)
		}
	}
	return nil
}

func (f Faults) pick(op string) Trouble {
	if f.Pick == nil {
		return None
	}
	return f.Pick(op)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// read calls a read under the next trouble; spoil turns its answer into one about somebody else.
func read[T any](ctx context.Context, f Faults, op string, call func() (T, error), spoil func(*T)) (T, error) {
	t := f.pick(op)
	var none T
	if t == LoseRequest {
		t = Fail
	}
	if err := f.before(ctx, t); err != nil {
		return none, err
	}
	v, err := call()
	switch {
	case t == LoseAnswer:
		return none, unavailable(errRefused)
	case t == Late:
		if wait(ctx, f.Delay) != nil {
			return none, unavailable(ctx.Err())
		}
	case t == Twice:
		v, err = call()
	case t == Foreign && err == nil:
		spoil(&v)
	}
	return v, err
}

// Do is action.Writer's, under trouble.
func (f Faults) Do(ctx context.Context, w action.Write) (action.Result, error) {
	t := f.pick("Do")
	if err := f.before(ctx, t); err != nil {
		return action.Result{}, err
	}
	if t == LoseRequest {
		return action.Result{}, action.UnknownOutcome(errors.New("request lost (told to)"))
	}
	r, err := f.System.Do(ctx, w)
	switch {
	case t == LoseAnswer:
		return action.Result{}, action.UnknownOutcome(errors.New("answer lost (told to)"))
	case t == Late:
		if waited := wait(ctx, f.Delay); waited != nil {
			return action.Result{}, action.UnknownOutcome(waited)
		}
	case t == Twice:
		return f.System.Do(ctx, w)
	case t == Foreign && err == nil:
		r.Customer = foreign
	}
	return r, err
}

// foreign is whom a Foreign answer is about.
const foreign = "somebody_else_0000"

// Outcome is action.Writer's, under trouble; a lost question is one that may be asked again.
func (f Faults) Outcome(ctx context.Context, key string) (action.Result, bool, error) {
	type answer struct {
		r     action.Result
		found bool
	}
	a, err := read(ctx, f, "Outcome", func() (answer, error) {
		r, found, err := f.System.Outcome(ctx, key)
		return answer{r, found}, err
	}, func(a *answer) { a.r.Key, a.r.Customer = foreign, foreign })
	return a.r, a.found, err
}

// Customer is action.Reader's, under trouble.
func (f Faults) Customer(ctx context.Context, id action.CustomerID) (action.Customer, error) {
	return read(ctx, f, "Customer", func() (action.Customer, error) { return f.System.Customer(ctx, id) }, spoilCustomer)
}

// CustomerByEmail is action.Reader's, under trouble.
func (f Faults) CustomerByEmail(ctx context.Context, email string) (action.Customer, error) {
	return read(ctx, f, "CustomerByEmail", func() (action.Customer, error) { return f.System.CustomerByEmail(ctx, email) }, spoilCustomer)
}

// Order is action.Reader's, under trouble.
func (f Faults) Order(ctx context.Context, id action.OrderID) (action.Order, error) {
	return read(ctx, f, "Order", func() (action.Order, error) { return f.System.Order(ctx, id) },
		func(o *action.Order) { o.ID, o.Customer = "#W0000000", foreign })
}

// CustomerOrders is action.Reader's, under trouble.
func (f Faults) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	return read(ctx, f, "CustomerOrders", func() ([]action.Order, error) { return f.System.CustomerOrders(ctx, id) },
		func(os *[]action.Order) { *os = append(*os, action.Order{ID: "#W0000000", Customer: foreign}) })
}

// Product is action.Reader's, under trouble.
func (f Faults) Product(ctx context.Context, id action.ProductID) (action.Product, error) {
	return read(ctx, f, "Product", func() (action.Product, error) { return f.System.Product(ctx, id) },
		func(p *action.Product) { p.ID = "another" })
}

func spoilCustomer(c *action.Customer) { c.ID, c.Email = foreign, "somebody.else@example.com" }

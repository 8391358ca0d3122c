package action

import (
	"context"
	"fmt"
	"strings"
)

// Guard reads and writes through any order system and lets no answer through that is about something else than was
// asked (ErrWrongReply). A wrong answer to a write is an unknown outcome as well: something may have been done.
type Guard struct{ System System }

// Customer is Reader.Customer, checked.
func (g Guard) Customer(ctx context.Context, id CustomerID) (Customer, error) {
	c, err := g.System.Customer(ctx, id)
	if err == nil {
		err = same("customer", string(c.ID), string(id))
	}
	return orNone(c, err)
}

// CustomerByEmail is Reader.CustomerByEmail, checked.
func (g Guard) CustomerByEmail(ctx context.Context, email string) (Customer, error) {
	c, err := g.System.CustomerByEmail(ctx, email)
	if err == nil && !strings.EqualFold(c.Email, email) {
		err = WrongReply(fmt.Errorf("asked for an e-mail address, got another one's customer %q", c.ID))
	}
	return orNone(c, err)
}

// Order is Reader.Order, checked.
func (g Guard) Order(ctx context.Context, id OrderID) (Order, error) {
	o, err := g.System.Order(ctx, id)
	if err == nil {
		err = same("order", string(o.ID), string(id))
	}
	return orNone(o, err)
}

// CustomerOrders is Reader.CustomerOrders, checked: one order of somebody else spoils the whole answer.
func (g Guard) CustomerOrders(ctx context.Context, id CustomerID) ([]Order, error) {
	orders, err := g.System.CustomerOrders(ctx, id)
	for i := 0; err == nil && i < len(orders); i++ {
		err = same("customer of order "+string(orders[i].ID), string(orders[i].Customer), string(id))
	}
	return orNone(orders, err)
}

// Product is Reader.Product, checked.
func (g Guard) Product(ctx context.Context, id ProductID) (Product, error) {
	p, err := g.System.Product(ctx, id)
	if err == nil {
		err = same("product", string(p.ID), string(id))
	}
	return orNone(p, err)
}

// Do is Writer.Do, checked.
func (g Guard) Do(ctx context.Context, w Write) (Result, error) {
	r, err := g.System.Do(ctx, w)
	if err == nil {
		if err = CheckResult(w, r); err != nil {
			err = UnknownOutcome(err)
		}
	}
	return orNone(r, err)
}

// Outcome is Writer.Outcome; only the key can be checked here. Who holds the write itself asks CheckResult too.
func (g Guard) Outcome(ctx context.Context, key string) (Result, bool, error) {
	r, found, err := g.System.Outcome(ctx, key)
	if err == nil && found {
		err = same("key", r.Key, key)
	}
	if err != nil {
		return Result{}, false, err
	}
	return r, found, nil
}

// Preview is Previewer.Preview where the order system offers it. Where it does not, the answer is an empty Result and no
// error: nothing is known to stand in the way.
func (g Guard) Preview(ctx context.Context, w Write) (Result, error) {
	p, ok := g.System.(Previewer)
	if !ok {
		return Result{}, nil
	}
	r, err := p.Preview(ctx, w)
	if err == nil && r != (Result{}) { // empty: what p guards cannot tell either
		err = CheckResult(w, r)
	}
	return orNone(r, err)
}

// CheckResult tells whether r answers w; ErrWrongReply if it is about another key, act, customer or order.
func CheckResult(w Write, r Result) error {
	for _, f := range []struct{ what, got, asked string }{
		{"key", r.Key, w.Key}, {"act", string(r.Kind), string(w.Kind)},
		{"customer", string(r.Customer), string(w.Customer)}, {"order", string(r.Order), string(w.Order)},
	} {
		if err := same(f.what, f.got, f.asked); err != nil {
			return err
		}
	}
	return nil
}

func same(what, got, asked string) error {
	if got == asked {
		return nil
	}
	return WrongReply(fmt.Errorf("asked for %s %q, got %q", what, asked, got[:min(len(got), MaxID)]))
}

// orNone keeps a value that came with an error from being used by mistake.
func orNone[T any](v T, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return v, nil
}

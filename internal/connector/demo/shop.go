// Package demo is a whole order system inside Balie: it reads customers, orders and products from a JSON file and keeps
// what is done to them. It is what `balie serve --demo` acts on, what tests look at afterwards, and, through Handler, the
// reference server of the HTTP contract in docs/order-system.yaml.
//
// How a write happens at most once. Everything a write changes belongs to one customer, so each customer with changes is
// one document: their profile, their changed orders, and the outcome of the last write. One conditional put of that
// document is the write and its outcome; there is nothing to repair after a crash before or after it. The outcome is
// copied to a document of its own, by key, before the next write of that customer takes its place. A pointer from the key
// to the customer is put first; without an outcome in either place the write never happened.
package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// Docs is a collection of documents with revisions, as internal/store/document serves it. Get of what is not there is
// fault.NotFound; Put with revision 0 creates, and is fault.Conflict when the revision is not the one stored.
type Docs[T any] interface {
	Get(ctx context.Context, id string) (v T, rev uint64, err error)
	Put(ctx context.Context, id string, v T, rev uint64) (newRev uint64, err error)
}

// Record is a document of the demo shop; exactly one field is set.
type Record struct {
	Loaded  time.Time         `json:"loaded,omitzero"`   // id "loaded": when the order file was first read
	Account *Account          `json:"account,omitempty"` // id "account/" + customer
	Write   *WriteRecord      `json:"write,omitempty"`   // id "write/" + key
	Email   action.CustomerID `json:"email,omitempty"`   // id "email/" + address: who may have it; their account decides
}

// Account is a customer who has changed something, with the orders that changed.
type Account struct {
	Customer action.Customer                 `json:"customer"`
	Orders   map[action.OrderID]action.Order `json:"orders,omitempty"`
	Last     WriteRecord                     `json:"last"`
	Count    int                             `json:"count"` // writes so far; numbers the references
}

// WriteRecord is a write by its key: whose, what was asked, and the result once it has happened.
type WriteRecord struct {
	Customer    action.CustomerID `json:"customer"`
	Fingerprint string            `json:"fingerprint"`
	Result      *action.Result    `json:"result,omitempty"`
}

// attempts bounds how often a write looks again after another node was first.
const attempts = 32

// Shop is the demo order system. It keeps nothing in memory but the order file, so several nodes may share one store.
type Shop struct {
	source Source
	docs   Docs[Record]
	now    func() time.Time

	loading sync.Mutex
	loaded  *catalogue

	writing sync.Mutex // one write at a time on a node; revisions settle it between nodes
}

// New makes a shop over an order file and a collection for its changes. It does no work: the file is read at first use.
func New(source Source, docs Docs[Record], now func() time.Time) *Shop {
	return &Shop{source: source, docs: docs, now: now}
}

// Load reads the order file now instead of at first use, so that a mistake in it is told at start.
func (s *Shop) Load(ctx context.Context) error {
	_, err := s.catalogue(ctx)
	return err
}

func (s *Shop) catalogue(ctx context.Context) (*catalogue, error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.loaded != nil {
		return s.loaded, nil
	}
	b, err := s.source()
	if err != nil {
		return nil, unavailable(err)
	}
	first, err := s.firstLoad(ctx)
	if err != nil {
		return nil, err
	}
	if s.loaded, err = parse(b, first); err != nil {
		return nil, unavailable(err)
	}
	return s.loaded, nil
}

// firstLoad is the moment the shop was first opened on this store: after a restart the demo's orders must not be young again.
func (s *Shop) firstLoad(ctx context.Context) (time.Time, error) {
	for range attempts {
		r, rev, err := get(ctx, s.docs, "loaded")
		if err != nil || rev > 0 {
			return r.Loaded, err
		}
		r.Loaded = s.now().UTC().Truncate(time.Second)
		if _, err = s.docs.Put(ctx, "loaded", r, 0); err == nil {
			return r.Loaded, nil
		} else if !fault.Is(err, fault.Conflict) {
			return time.Time{}, unavailable(fmt.Errorf("put first load: %w", err))
		}
	}
	return time.Time{}, unavailable(errors.New("put first load: always somebody else first"))
}

// get is Docs.Get where not there is revision 0.
func get(ctx context.Context, docs Docs[Record], id string) (Record, uint64, error) {
	r, rev, err := docs.Get(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return Record{}, 0, nil
	}
	if err != nil {
		return Record{}, 0, unavailable(fmt.Errorf("get %s: %w", id, err))
	}
	return r, rev, nil
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "The order system can't be reached at the moment.", err)
}

// account reads a customer with all changes; the order map holds only changed orders. Revision 0 means no changes yet.
func (s *Shop) account(ctx context.Context, cat *catalogue, id action.CustomerID) (Account, uint64, error) {
	base, ok := cat.customers[id]
	if !ok {
		return Account{}, 0, action.Refuse(fault.NotFound, action.UnknownCustomer, "We don't know this customer.")
	}
	r, rev, err := get(ctx, s.docs, "account/"+string(id))
	if err != nil {
		return Account{}, 0, err
	}
	if r.Account != nil {
		return *r.Account, rev, nil
	}
	return Account{Customer: base.Clone()}, rev, nil
}

// order is an order of the account as it is now.
func (a Account) order(cat *catalogue, id action.OrderID) action.Order {
	if o, changed := a.Orders[id]; changed {
		return o.Clone()
	}
	return cat.orders[id].Clone()
}

// Customer is action.Reader's.
func (s *Shop) Customer(ctx context.Context, id action.CustomerID) (action.Customer, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Customer{}, err
	}
	a, _, err := s.account(ctx, cat, id)
	return a.Customer, err
}

// CustomerByEmail is action.Reader's.
func (s *Shop) CustomerByEmail(ctx context.Context, email string) (action.Customer, error) {
	none := action.Refuse(fault.NotFound, action.UnknownCustomer, "We don't know this e-mail address.")
	if email = emailKey(email); email == "" || len(email) > action.MaxText {
		return action.Customer{}, none
	}
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Customer{}, err
	}
	r, _, err := get(ctx, s.docs, "email/"+email)
	if err != nil {
		return action.Customer{}, err
	}
	for _, id := range []action.CustomerID{r.Email, cat.emails[email]} {
		if _, known := cat.customers[id]; !known {
			continue
		}
		a, _, err := s.account(ctx, cat, id)
		if err != nil || emailKey(a.Customer.Email) == email {
			return a.Customer, err
		}
	}
	return action.Customer{}, none
}

// Order is action.Reader's.
func (s *Shop) Order(ctx context.Context, id action.OrderID) (action.Order, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Order{}, err
	}
	base, ok := cat.orders[id]
	if !ok {
		return action.Order{}, action.Refuse(fault.NotFound, action.UnknownOrder, "We can't find this order.")
	}
	a, _, err := s.account(ctx, cat, base.Customer)
	if err != nil {
		return action.Order{}, err
	}
	return a.order(cat, id), nil
}

// CustomerOrders is action.Reader's.
func (s *Shop) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	a, _, err := s.account(ctx, cat, id)
	if err != nil {
		return nil, err
	}
	orders := make([]action.Order, 0, len(cat.ordersOf[id]))
	for _, o := range cat.ordersOf[id] {
		orders = append(orders, a.order(cat, o))
	}
	newestFirst(orders)
	return orders, nil
}

// Product is action.Reader's.
func (s *Shop) Product(ctx context.Context, id action.ProductID) (action.Product, error) {
	cat, err := s.catalogue(ctx)
	if err != nil {
		return action.Product{}, err
	}
	p, ok := cat.products[id]
	if !ok {
		return action.Product{}, fault.New(fault.NotFound, "We can't find this product.")
	}
	return p.Clone(), nil
}

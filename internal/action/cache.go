package action

import (
	"context"
	"sync"
	"time"

	"balie/internal/fault"
)

// CachedReader remembers an order system's answers for a few seconds, because one turn of a conversation asks the same
// thing several times. What it remembers belongs to one customer and is never given to another; a write by that
// customer forgets it. Errors are not remembered. A change made elsewhere shows after the time to live at the latest.
type CachedReader struct {
	from Reader
	ttl  time.Duration
	max  int
	now  func() time.Time

	mu      sync.Mutex
	entries map[cacheKey]cacheEntry
	writes  uint64 // counts Forgets: an answer that was asked before one and came after it is not kept
}

type cacheKey struct {
	customer CustomerID
	what, id string
}

type cacheEntry struct {
	value any
	until time.Time
}

// NewCachedReader keeps at most max answers (at least one), each for ttl. A ttl of zero keeps nothing.
func NewCachedReader(from Reader, ttl time.Duration, max int, now func() time.Time) *CachedReader {
	return &CachedReader{from: from, ttl: ttl, max: max, now: now, entries: map[cacheKey]cacheEntry{}}
}

// For is the order system as this customer may see it: somebody else's order or profile is fault.NotFound, as if it did
// not exist.
func (c *CachedReader) For(id CustomerID) Reader { return view{c, id} }

// Forget drops what is remembered of a customer.
func (c *CachedReader) Forget(id CustomerID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	for k := range c.entries {
		if k.customer == id {
			delete(c.entries, k)
		}
	}
}

// Writer writes through w and forgets the customer's answers, whatever the outcome: an unknown one may have happened.
func (c *CachedReader) Writer(w Writer) Writer { return forgetful{w, c} }

type forgetful struct {
	Writer
	cache *CachedReader
}

func (f forgetful) Do(ctx context.Context, w Write) (Result, error) {
	defer f.cache.Forget(w.Customer)
	return f.Writer.Do(ctx, w)
}

// view is a Reader for one customer.
type view struct {
	cache    *CachedReader
	customer CustomerID
}

func (v view) Customer(ctx context.Context, id CustomerID) (Customer, error) {
	if id != v.customer {
		return Customer{}, notYours()
	}
	return remember(v, "customer", string(id), Customer.Clone, func() (Customer, error) { return v.cache.from.Customer(ctx, id) })
}

func (v view) CustomerByEmail(ctx context.Context, email string) (Customer, error) {
	return remember(v, "email", email, Customer.Clone, func() (Customer, error) {
		c, err := v.cache.from.CustomerByEmail(ctx, email)
		if err == nil && c.ID != v.customer {
			return Customer{}, notYours()
		}
		return c, err
	})
}

func (v view) Order(ctx context.Context, id OrderID) (Order, error) {
	return remember(v, "order", string(id), Order.Clone, func() (Order, error) {
		o, err := v.cache.from.Order(ctx, id)
		if err == nil && o.Customer != v.customer {
			return Order{}, notYours()
		}
		return o, err
	})
}

func (v view) CustomerOrders(ctx context.Context, id CustomerID) ([]Order, error) {
	if id != v.customer {
		return nil, notYours()
	}
	return remember(v, "orders", string(id), cloneOrders, func() ([]Order, error) { return v.cache.from.CustomerOrders(ctx, id) })
}

func (v view) Product(ctx context.Context, id ProductID) (Product, error) {
	return remember(v, "product", string(id), Product.Clone, func() (Product, error) { return v.cache.from.Product(ctx, id) })
}

// remember answers from the cache, or asks and keeps the answer. Copies go in and out, so nobody changes a kept one.
func remember[T any](v view, what, id string, clone func(T) T, ask func() (T, error)) (T, error) {
	c, key := v.cache, cacheKey{v.customer, what, id}
	c.mu.Lock()
	e, ok := c.entries[key]
	asked, now := c.writes, c.now()
	c.mu.Unlock()
	if ok && now.Before(e.until) {
		return clone(e.value.(T)), nil
	}
	value, err := ask()
	if err != nil || c.ttl <= 0 {
		return value, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writes == asked {
		c.makeRoom(key)
		c.entries[key] = cacheEntry{clone(value), now.Add(c.ttl)}
	}
	return value, nil
}

// makeRoom drops what is over time and then, if that is not enough, anything: it can be asked again.
func (c *CachedReader) makeRoom(key cacheKey) {
	if _, there := c.entries[key]; there || len(c.entries) < c.max {
		return
	}
	for k, e := range c.entries {
		if !c.now().Before(e.until) {
			delete(c.entries, k)
		}
	}
	for k := range c.entries {
		if len(c.entries) < c.max {
			return
		}
		delete(c.entries, k)
	}
}

func cloneOrders(orders []Order) []Order {
	out := make([]Order, len(orders))
	for i, o := range orders {
		out[i] = o.Clone()
	}
	return out
}

func notYours() error { return fault.New(fault.NotFound, "We can't find that under your name.") }

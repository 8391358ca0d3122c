package action_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// shelf is a Reader that counts what it is asked.
type shelf struct {
	asked int
	price action.Money
	then  func()
}

func (s *shelf) tick() {
	s.asked++
	if s.then != nil {
		s.then()
	}
}

func (s *shelf) Customer(_ context.Context, id action.CustomerID) (action.Customer, error) {
	s.tick()
	return action.Customer{ID: id, Email: string(id) + "@example.com"}, nil
}

func (s *shelf) CustomerByEmail(ctx context.Context, email string) (action.Customer, error) {
	id, _, _ := strings.Cut(email, "@")
	return s.Customer(ctx, action.CustomerID(id))
}

// Order's customer is the part of its number before the dash.
func (s *shelf) Order(_ context.Context, id action.OrderID) (action.Order, error) {
	s.tick()
	owner, _, ok := strings.Cut(string(id), "-")
	if !ok {
		return action.Order{}, fault.New(fault.NotFound, "We can't find this order.")
	}
	return action.Order{ID: id, Customer: action.CustomerID(owner), Items: []action.Item{{ID: "x", Price: s.price}}}, nil
}

func (s *shelf) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	o, err := s.Order(ctx, action.OrderID(id+"-1"))
	return []action.Order{o}, err
}

func (s *shelf) Product(_ context.Context, id action.ProductID) (action.Product, error) {
	s.tick()
	return action.Product{ID: id}, nil
}

func (s *shelf) Do(context.Context, action.Write) (action.Result, error) {
	s.price++
	return action.Result{}, action.UnknownOutcome(errors.New("answer lost"))
}

func (s *shelf) Outcome(context.Context, string) (action.Result, bool, error) {
	return action.Result{}, false, nil
}

func TestCacheRemembersForSecondsAndForgetsOnWrites(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	s := &shelf{price: 1}
	cache := action.NewCachedReader(s, 3*time.Second, 10, func() time.Time { return now })
	ann, ctx := cache.For("ann"), t.Context()
	price := func() action.Money {
		t.Helper()
		o, err := ann.Order(ctx, "ann-1")
		if err != nil {
			t.Fatal(err)
		}
		p := o.Items[0].Price
		o.Items[0].Price = -1 // the caller's own
		return p
	}
	if first, again := price(), price(); first != 1 || again != 1 || s.asked != 1 {
		t.Errorf("asked %d times", s.asked)
	}
	if _, err := cache.Writer(s).Do(ctx, action.Write{Customer: "ann"}); err == nil {
		t.Error("the writer's error is lost")
	}
	if price() != 2 {
		t.Error("a write with an unknown outcome was not forgotten")
	}
	s.price = 3
	if now = now.Add(2 * time.Second); price() != 2 {
		t.Error("forgotten too soon")
	}
	if now = now.Add(time.Second); price() != 3 {
		t.Error("remembered too long")
	}
	s.price = 4
	s.then = func() { s.then = nil; cache.Forget("ann") } // a write while the answer is on its way
	now = now.Add(time.Minute)
	price()
	if s.price = 5; price() != 5 {
		t.Error("an answer from before a write was kept after it")
	}
}

func TestCacheNeverShowsOneCustomerAnother(t *testing.T) {
	s, ctx := &shelf{}, t.Context()
	cache := action.NewCachedReader(s, time.Hour, 10, time.Now)
	ann, bob := cache.For("ann"), cache.For("bob")
	for range 2 {
		if _, err := ann.Order(ctx, "ann-1"); err != nil {
			t.Fatal(err)
		}
		if o, err := bob.Order(ctx, "ann-1"); !fault.Is(err, fault.NotFound) || o.ID != "" {
			t.Errorf("bob sees ann's order: %+v, %v", o, err)
		}
		if c, err := bob.Customer(ctx, "ann"); !fault.Is(err, fault.NotFound) || c.ID != "" {
			t.Errorf("bob sees ann: %+v, %v", c, err)
		}
		if c, err := bob.CustomerByEmail(ctx, "ann@example.com"); !fault.Is(err, fault.NotFound) || c.ID != "" {
			t.Errorf("bob finds ann: %+v, %v", c, err)
		}
		if o, err := bob.CustomerOrders(ctx, "ann"); !fault.Is(err, fault.NotFound) || len(o) != 0 {
			t.Errorf("bob sees ann's orders: %+v, %v", o, err)
		}
	}
	if _, err := ann.Order(ctx, "none"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	s, ctx := &shelf{}, t.Context()
	ann := action.NewCachedReader(s, time.Hour, 3, time.Now).For("ann")
	for range 2 {
		for i := range 50 {
			if _, err := ann.Product(ctx, action.ProductID(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.asked < 2*50-3 {
		t.Errorf("asked %d times: more than 3 answers were kept", s.asked)
	}
	s.asked = 0
	none := action.NewCachedReader(s, 0, 3, time.Now).For("ann")
	for range 2 {
		if _, err := none.Product(ctx, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if s.asked != 2 {
		t.Errorf("a cache of no seconds asked %d times", s.asked)
	}
}

func TestFingerprintIsOfTheActAndNotOfTheKey(t *testing.T) {
	w := action.Write{Key: "1", Kind: action.ReturnItems, Customer: "ann", Order: "#1", Items: []action.ItemID{"a", "b"}, Method: "m"}
	again := w
	again.Key = "2"
	if w.Fingerprint() != again.Fingerprint() {
		t.Error("the key plays a part")
	}
	seen := map[string]bool{w.Fingerprint(): true}
	for _, change := range []func(*action.Write){
		func(w *action.Write) { w.Kind = action.Withdraw }, func(w *action.Write) { w.Customer = "bob" }, func(w *action.Write) { w.Order = "#2" },
		func(w *action.Write) { w.Items = []action.ItemID{"ab"} }, func(w *action.Write) { w.Method = "" }, func(w *action.Write) { w.Reason = "m" },
		func(w *action.Write) { w.Address = &action.Address{} }, func(w *action.Write) { w.Contact = &action.Contact{} },
		func(w *action.Write) { w.Swaps = []action.Swap{{From: "a", To: "b"}} },
	} {
		other := w
		if change(&other); seen[other.Fingerprint()] {
			t.Errorf("not told apart: %+v", other)
		}
		seen[other.Fingerprint()] = true
	}
}

func TestContactsAndAddresses(t *testing.T) {
	for email, ok := range map[string]bool{"a@example.com": true, "jan.de-vries+shop@mail.example.nl": true, "": false, "a": false, "a@": false,
		"Jan <a@example.com>": false, "a@example.com, b@example.com": false, "a@example.com\r\nBcc: b@example.com": false, strings.Repeat("a", 250) + "@example.com": false} {
		if err := (action.Contact{Email: email}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", email, err)
		}
	}
	for phone, ok := range map[string]bool{"": true, "+31 6 1234 5678": true, "020-1234567": true, "(020) 123.45.67": true, "112": false, "call me": false,
		"+3161234567890123": false, "06+12345678": false, "0612345678; rm": false, strings.Repeat(" ", 40) + "123456": false} {
		if err := (action.Contact{Email: "a@example.com", Phone: phone}).Check(); (err == nil) != ok {
			t.Errorf("%q: %v", phone, err)
		}
	}
	fine := action.Address{Line1: "Keizersgracht 12-B", City: "'s-Hertogenbosch", Postcode: "1015 CX", Country: "NL"}
	if err := fine.Check(); err != nil {
		t.Error(err)
	}
	fine.Number = "12\n"
	if err := fine.Check(); action.ReasonOf(err) != action.BadAddress {
		t.Error(err)
	}
}

func TestMoneyReadsAsMoney(t *testing.T) {
	for m, want := range map[action.Money]string{0: "0.00", 5: "0.05", -5: "-0.05", 123456: "1234.56", -350: "-3.50"} {
		if m.String() != want {
			t.Errorf("%d: %s", int64(m), m)
		}
	}
}

// Whatever text a file, a customer or an order system brings: checks don't panic, and what is tidied is bounded and printable.
func FuzzTidy(f *testing.F) {
	f.Add("#W1", "a\x00b", "ü")
	f.Add("..", strings.Repeat("é", 400), "\xff\xfe")
	f.Fuzz(func(t *testing.T, id, name, option string) {
		o := action.Order{ID: action.OrderID(id), Customer: "c", Status: action.Status(name), Address: action.Address{Line1: name},
			Items: []action.Item{{ID: "i", Product: "p", Name: name, Options: map[string]string{option: name}}}, Shipments: []action.Shipment{{Tracking: []string{name}}}}
		if err := o.Tidy(); (err == nil) != action.ValidID(id) {
			t.Fatalf("id %q: %v", id, err)
		} else if err != nil {
			return
		}
		for _, s := range []string{string(o.Status), o.Address.Line1, o.Items[0].Name, o.Shipments[0].Tracking[0]} {
			if (action.Write{Kind: action.CancelOrder, Key: "k", Customer: "c", Order: "o", Reason: s}).Check() != nil && s != "" {
				t.Fatalf("not tidy: %q", s)
			}
		}
	})
}

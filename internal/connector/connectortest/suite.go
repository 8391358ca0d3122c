// Package connectortest says what an order system's connector must be. A connector is right when Run passes on it; what
// Run does not ask is the connector's own business.
package connectortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"balie/internal/action"
	"balie/internal/fault"
)

// Open gives a fresh order system that holds the fixture, gone when the test ends.
type Open func(t *testing.T, fixture []byte) action.System

// Run is the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*testing.T, action.System)
	}{
		{"reads what is there", reads}, {"reads are the caller's own", readsAreCopies}, {"hostile ids name nothing", hostileIDs},
		{"e-mail finds its customer, before and after a change", emails},
		{"a key is done once", once}, {"a key is done once under many hands", onceConcurrently},
		{"one of many writes wins", oneWins}, {"a call that is over does nothing", overIsOver},
		{"undo", undo}, {"odd ids", oddIDs},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t, []byte(Fixture))) })
	}
	t.Run("writes", func(t *testing.T) { writes(t, open) })
	t.Run("refusals", func(t *testing.T) { refusals(t, open(t, []byte(Fixture))) })
}

func order(t *testing.T, s action.System, id action.OrderID) action.Order {
	t.Helper()
	o, err := s.Order(t.Context(), id)
	if err != nil {
		t.Fatalf("order %s: %v", id, err)
	}
	return o
}

func customer(t *testing.T, s action.System, id action.CustomerID) action.Customer {
	t.Helper()
	c, err := s.Customer(t.Context(), id)
	if err != nil {
		t.Fatalf("customer %s: %v", id, err)
	}
	return c
}

func do(t *testing.T, s action.System, w action.Write) action.Result {
	t.Helper()
	r, err := s.Do(t.Context(), w)
	if err != nil {
		t.Fatalf("%s %s: %v", w.Kind, w.Order, err)
	}
	return r
}

// snapshot is everything the suite can see, to tell that nothing changed.
func snapshot(t *testing.T, s action.System) string {
	t.Helper()
	var all []any
	for _, id := range []action.CustomerID{"ann_1", "bob_2"} {
		orders, err := s.CustomerOrders(t.Context(), id)
		if err != nil {
			t.Fatalf("orders of %s: %v", id, err)
		}
		all = append(all, customer(t, s, id), orders)
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func reads(t *testing.T, s action.System) {
	ctx := t.Context()
	o := order(t, s, "#W2")
	if o.Customer != "ann_1" || o.Status != action.Delivered || len(o.Items) != 3 || o.Items[2].Price != 1000 || o.Currency != "EUR" ||
		o.Items[0].Options["colour"] != "red" || o.Shipments[0].Tracking[0] != "3SABC1" || o.Payments[0].Method != "card_1" {
		t.Errorf("order: %+v", o)
	}
	if o.DeliveredAt.IsZero() || o.ReturnUntil.Sub(o.DeliveredAt).Hours() < 29*24 || o.PlacedAt.After(o.DeliveredAt) {
		t.Errorf("days ago became %s, %s, %s", o.PlacedAt, o.DeliveredAt, o.ReturnUntil)
	}
	if c := customer(t, s, "ann_1"); c.FirstName != "Ann" || c.Address.Postcode != "1012 JS" || len(c.Methods) != 3 || *c.Methods[2].Balance != 2000 {
		t.Errorf("customer: %+v", c)
	}
	p, err := s.Product(ctx, "shirt")
	if v, ok := p.Variant("s-green"); err != nil || !ok || v.Available || v.Price != 2500 {
		t.Errorf("product: %+v, %v", p, err)
	}
	orders, err := s.CustomerOrders(ctx, "ann_1")
	var ids []string
	for _, o := range orders {
		ids = append(ids, string(o.ID))
	}
	if got := strings.Join(ids, " "); err != nil || got != "#W7 #W1 #W3 #W2 #W4 #W8" {
		t.Errorf("orders, newest first: %s, %v", got, err)
	}
	for what, err := range map[string]error{
		"order": second(s.Order(ctx, "#W0")), "customer": second(s.Customer(ctx, "nobody")), "product": second(s.Product(ctx, "none")),
		"orders": second(s.CustomerOrders(ctx, "nobody")), "e-mail": second(s.CustomerByEmail(ctx, "nobody@example.com")), "no e-mail": second(s.CustomerByEmail(ctx, "")),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s that is not there: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func readsAreCopies(t *testing.T, s action.System) {
	before := snapshot(t, s)
	o, c := order(t, s, "#W2"), customer(t, s, "ann_1")
	o.Items[0].Options["colour"], o.Items[0].Price, o.Payments[0].Amount, o.Shipments[0].Tracking[0] = "none", 0, 0, ""
	c.Methods[2].ID, *c.Methods[2].Balance = "x", 0
	if p, err := s.Product(t.Context(), "shirt"); err == nil {
		p.Variants[0].Options["colour"] = "none"
	}
	if p, err := s.Product(t.Context(), "shirt"); err != nil || p.Variants[0].Options["colour"] != "red" || snapshot(t, s) != before {
		t.Error("changing what was read changed the order system")
	}
}

func hostileIDs(t *testing.T, s action.System) {
	before := snapshot(t, s)
	for _, id := range []string{"", ".", "..", "../orders/%23W1", "%23W1", "#W1/../#W1", "#W1?x=1", "#W1#", " #W1", "#w1", "\x00", "#W1\r\nX: y", "\xff", strings.Repeat("W", 10_000)} {
		ctx := t.Context()
		for what, err := range map[string]error{"order": second(s.Order(ctx, action.OrderID(id))), "customer": second(s.Customer(ctx, action.CustomerID(id))),
			"product": second(s.Product(ctx, action.ProductID(id))), "orders": second(s.CustomerOrders(ctx, action.CustomerID(id)))} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %.30q: %v", what, id, err)
			}
		}
		if r, found, err := s.Outcome(ctx, id); found || err != nil {
			t.Errorf("outcome %.30q: %+v, %v", id, r, err)
		}
		w := action.Write{Key: id, Kind: action.CancelReturn, Customer: action.CustomerID(id), Order: action.OrderID(id)}
		if _, err := s.Do(ctx, w); err == nil || errors.Is(err, action.ErrUnknownOutcome) {
			t.Errorf("write on %.30q: %v", id, err)
		}
	}
	if snapshot(t, s) != before {
		t.Error("a hostile id changed something")
	}
}

func emails(t *testing.T, s action.System) {
	find := func(email string, want action.CustomerID) {
		t.Helper()
		c, err := s.CustomerByEmail(t.Context(), email)
		if want == "" && !fault.Is(err, fault.NotFound) || want != "" && (err != nil || c.ID != want) {
			t.Errorf("%s is %q, %v; want %q", email, c.ID, err, want)
		}
	}
	find("ann@EXAMPLE.com", "ann_1")
	do(t, s, action.Write{Key: "e1", Kind: action.ChangeContact, Customer: "ann_1", Contact: &action.Contact{Email: "ann.prins@example.com", Phone: "+31 6 1234 5678"}})
	find("ann.prins@example.com", "ann_1")
	find("ann@example.com", "")
	do(t, s, action.Write{Key: "e2", Kind: action.ChangeContact, Customer: "bob_2", Contact: &action.Contact{Email: "ann@example.com"}})
	find("ann@example.com", "bob_2")
	back := action.Write{Key: "e3", Kind: action.ChangeContact, Customer: "ann_1", Contact: &action.Contact{Email: "ANN@example.com"}}
	if _, err := s.Do(t.Context(), back); action.ReasonOf(err) != action.EmailTaken {
		t.Errorf("two customers with one address: %v", err)
	}
	if c := customer(t, s, "ann_1"); c.Email != "ann.prins@example.com" || c.Phone != "+31 6 1234 5678" {
		t.Errorf("contact: %+v", c)
	}
}

func once(t *testing.T, s action.System) {
	ctx := t.Context()
	w := action.Write{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "no longer needed"}
	if _, found, err := s.Outcome(ctx, "k1"); found || err != nil {
		t.Errorf("outcome before: %t, %v", found, err)
	}
	r := do(t, s, w)
	after := snapshot(t, s)
	do(t, s, action.Write{Key: "k2", Kind: action.ChangeCustomerAddress, Customer: "ann_1", Address: &action.Address{Line1: "Dam 1", City: "Amsterdam", Postcode: "1012 JS", Country: "NL"}})
	if again, err := s.Do(ctx, w); err != nil || !reflect.DeepEqual(again, r) {
		t.Errorf("again: %+v, %v; first %+v", again, err, r)
	}
	if got, found, err := s.Outcome(ctx, "k1"); err != nil || !found || !reflect.DeepEqual(got, r) {
		t.Errorf("outcome: %+v, %t, %v", got, found, err)
	}
	for _, other := range []action.Write{
		{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W1", Reason: "no longer needed"},
		{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "ordered by mistake"},
		{Key: "k1", Kind: action.CancelOrder, Customer: "bob_2", Order: "#W5", Reason: "no longer needed"},
	} {
		if _, err := s.Do(ctx, other); !fault.Is(err, fault.IDConflict) {
			t.Errorf("key with another content: %v", err)
		}
	}
	if got := snapshot(t, s); got != after {
		t.Errorf("something was done twice:\n%s\n%s", after, got)
	}
	bad := action.Write{Key: "k3", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W3", Reason: "no longer needed"}
	if _, err := s.Do(ctx, bad); action.ReasonOf(err) != action.NotPending {
		t.Errorf("refusal: %v", err)
	}
	if _, found, err := s.Outcome(ctx, "k3"); found || err != nil {
		t.Errorf("a refused write never happened: %t, %v", found, err)
	}
}

// together runs f n times at once and returns the errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	return errs
}

func onceConcurrently(t *testing.T, s action.System) {
	w := action.Write{Key: "k1", Kind: action.ModifyItems, Customer: "ann_1", Order: "#W1", Swaps: []action.Swap{{From: "s-red", To: "s-blue"}}, Method: "gift_1"}
	for _, err := range together(16, func(int) error { return second(s.Do(context.WithoutCancel(t.Context()), w)) }) {
		if err != nil {
			t.Errorf("the same write: %v", err)
		}
	}
	if c, o := customer(t, s, "ann_1"), order(t, s, "#W1"); *c.Methods[2].Balance != 1500 || len(o.Payments) != 2 {
		t.Errorf("done other than once: balance %s, payments %+v", *c.Methods[2].Balance, o.Payments)
	}
}

func oneWins(t *testing.T, s action.System) {
	won := 0
	for _, err := range together(16, func(i int) error {
		return second(s.Do(t.Context(), action.Write{Key: fmt.Sprint("k", i), Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "no longer needed"}))
	}) {
		switch {
		case err == nil:
			won++
		case action.ReasonOf(err) != action.AlreadyCancelled:
			t.Errorf("a loser: %v", err)
		}
	}
	if c := customer(t, s, "ann_1"); won != 1 || *c.Methods[2].Balance != 3000 {
		t.Errorf("%d won, balance %s", won, *c.Methods[2].Balance)
	}
}

func overIsOver(t *testing.T, s action.System) {
	before := snapshot(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Do(ctx, action.Write{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W1", Reason: "no longer needed"})
	if err == nil || action.ReasonOf(err) != "" || snapshot(t, s) != before {
		t.Errorf("a call that was over: %v", err)
	}
}

func undo(t *testing.T, s action.System) {
	elsewhere := &action.Address{Line1: "Coolsingel 40", City: "Rotterdam", Postcode: "3011 AD", Country: "NL"}
	for i, w := range []action.Write{
		{Kind: action.ChangeCustomerAddress, Customer: "ann_1", Address: elsewhere},
		{Kind: action.ChangeOrderAddress, Customer: "ann_1", Order: "#W1", Address: elsewhere},
		{Kind: action.ChangeContact, Customer: "ann_1", Contact: &action.Contact{Email: "new@example.com", Phone: "020 1234567"}},
		{Kind: action.ReturnItems, Customer: "ann_1", Order: "#W2", Items: []action.ItemID{"m-blue"}, Method: "card_1", Reason: "too small"},
		{Kind: action.ExchangeItems, Customer: "ann_1", Order: "#W2", Swaps: []action.Swap{{From: "m-blue", To: "m-white"}}, Method: "card_1"},
	} {
		before := snapshot(t, s)
		var o action.Order
		if w.Order != "" {
			o = order(t, s, w.Order)
		}
		back, ok := action.Inverse(w, customer(t, s, w.Customer), o)
		w.Key, back.Key = fmt.Sprint("do", i), fmt.Sprint("undo", i)
		do(t, s, w)
		if snapshot(t, s) == before {
			t.Errorf("%s changed nothing", w.Kind)
		}
		if do(t, s, back); !ok || snapshot(t, s) != before {
			t.Errorf("%s was not undone", w.Kind)
		}
	}
	for _, k := range []action.WriteKind{action.CancelOrder, action.ModifyItems, action.ModifyPayment, action.Withdraw, action.CancelReturn, action.CancelExchange} {
		if _, ok := action.Inverse(action.Write{Kind: k}, action.Customer{}, action.Order{}); ok {
			t.Errorf("%s can't be undone", k)
		}
	}
}

func oddIDs(t *testing.T, s action.System) {
	const id, cust = action.OrderID("W 9/ü?x=%23#"), action.CustomerID("cas 3/ü")
	if o := order(t, s, id); o.Customer != cust {
		t.Errorf("order: %+v", o)
	}
	r := do(t, s, action.Write{Key: "k/1?#", Kind: action.CancelOrder, Customer: cust, Order: id, Reason: "ordered by mistake"})
	got, found, err := s.Outcome(t.Context(), "k/1?#")
	if err != nil || !found || !reflect.DeepEqual(got, r) || order(t, s, id).Status != action.Cancelled {
		t.Errorf("outcome %+v, %t, %v; did %+v", got, found, err, r)
	}
}

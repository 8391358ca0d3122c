package connectortest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"balie/internal/action"
	"balie/internal/fault"
)

var elsewhere = &action.Address{Line1: "Coolsingel 40", Line2: "3-hoog", City: "Rotterdam", Postcode: "3011 AD", Country: "NL"}

// writes does each kind of act on a fresh system and looks at what came of it.
func writes(t *testing.T, open Open) {
	for _, c := range []struct {
		name   string
		write  action.Write
		amount action.Money
		method action.MethodID
		status action.Status
		check  func(o action.Order, c action.Customer) bool
	}{
		{"customer's address", action.Write{Kind: action.ChangeCustomerAddress, Address: elsewhere}, 0, "", "",
			func(_ action.Order, c action.Customer) bool { return c.Address == *elsewhere }},
		{"order's address", action.Write{Kind: action.ChangeOrderAddress, Order: "#W1", Address: elsewhere}, 0, "", action.Pending,
			func(o action.Order, c action.Customer) bool {
				return o.Address == *elsewhere && c.Address.City == "Amsterdam"
			}},
		{"contact", action.Write{Kind: action.ChangeContact, Contact: &action.Contact{Email: "a@example.org"}}, 0, "", "",
			func(_ action.Order, c action.Customer) bool { return c.Email == "a@example.org" && c.Phone == "" }},
		{"cancel, paid by card", action.Write{Kind: action.CancelOrder, Order: "#W1", Reason: "ordered by mistake"}, -3500, "card_1", action.Cancelled,
			func(o action.Order, c action.Customer) bool {
				return o.CancelReason == "ordered by mistake" && len(o.Payments) == 2 && o.Payments[1] == action.Payment{Kind: "refund", Amount: 3500, Method: "card_1"}
			}},
		{"cancel, paid by gift card", action.Write{Kind: action.CancelOrder, Order: "#W7", Reason: "no longer needed"}, -1000, "gift_1", action.Cancelled,
			func(_ action.Order, c action.Customer) bool { return *c.Methods[2].Balance == 3000 }},
		{"return of one of two", action.Write{Kind: action.ReturnItems, Order: "#W2", Items: []action.ItemID{"s-red", "m-blue"}, Method: "gift_1", Reason: "too small"}, -3500, "gift_1", action.ReturnRequested,
			func(o action.Order, c action.Customer) bool {
				return slices.Equal(o.ReturnItems, []action.ItemID{"m-blue", "s-red"}) && o.ReturnMethod == "gift_1" && o.ReturnReason == "too small" && *c.Methods[2].Balance == 2000
			}},
		{"return of both", action.Write{Kind: action.ReturnItems, Order: "#W2", Items: []action.ItemID{"s-red", "s-red"}, Method: "card_1"}, -5000, "card_1", action.ReturnRequested,
			func(o action.Order, _ action.Customer) bool { return len(o.ReturnItems) == 2 && len(o.Payments) == 1 }},
		{"withdrawal, delivered", action.Write{Kind: action.Withdraw, Order: "#W2"}, -6000, "card_1", action.ReturnRequested,
			func(o action.Order, _ action.Customer) bool {
				return o.Withdrawal != nil && len(o.Withdrawal.Items) == 3 && !o.Withdrawal.At.IsZero() && len(o.ReturnItems) == 3
			}},
		{"withdrawal, under way", action.Write{Kind: action.Withdraw, Order: "#W3", Items: []action.ItemID{"m-blue"}}, -1000, "paypal_1", action.Processed,
			func(o action.Order, _ action.Customer) bool { return o.Withdrawal != nil }},
		{"withdrawal, after the shop's own time", action.Write{Kind: action.Withdraw, Order: "#W8"}, -2500, "card_1", action.ReturnRequested,
			func(o action.Order, _ action.Customer) bool { return o.Withdrawal != nil }},
		{"exchange", action.Write{Kind: action.ExchangeItems, Order: "#W2", Swaps: []action.Swap{{From: "s-red", To: "s-blue"}, {From: "s-red", To: "s-blue"}, {From: "m-blue", To: "m-white"}}, Method: "paypal_1"}, 800, "paypal_1", action.ExchangeRequested,
			func(o action.Order, _ action.Customer) bool {
				return slices.Equal(o.ExchangeItems, []action.ItemID{"m-blue", "s-red", "s-red"}) && slices.Equal(o.ExchangeNewItems, []action.ItemID{"m-white", "s-blue", "s-blue"}) &&
					*o.ExchangeDifference == 800 && o.ExchangeMethod == "paypal_1" && o.Items[0].ID == "s-red"
			}},
		{"change of items", action.Write{Kind: action.ModifyItems, Order: "#W1", Swaps: []action.Swap{{From: "m-blue", To: "m-white"}, {From: "s-red", To: "s-blue"}}, Method: "gift_1"}, 300, "gift_1", action.PendingModified,
			func(o action.Order, c action.Customer) bool {
				return o.Items[0].ID == "s-blue" && o.Items[0].Price == 3000 && o.Items[1].ID == "m-white" && o.Items[1].Options["colour"] == "white" && *c.Methods[2].Balance == 1700
			}},
		{"change of items, money back", action.Write{Kind: action.ModifyItems, Order: "#W1", Swaps: []action.Swap{{From: "m-blue", To: "m-white"}}, Method: "card_1"}, -200, "card_1", action.PendingModified,
			func(o action.Order, _ action.Customer) bool {
				return o.Payments[1] == action.Payment{Kind: "refund", Amount: 200, Method: "card_1"}
			}},
		{"change of payment", action.Write{Kind: action.ModifyPayment, Order: "#W7", Method: "paypal_1"}, 1000, "paypal_1", action.Pending,
			func(o action.Order, c action.Customer) bool {
				return len(o.Payments) == 3 && o.Payments[1].Method == "paypal_1" && o.Payments[2] == action.Payment{Kind: "refund", Amount: 1000, Method: "gift_1"} && *c.Methods[2].Balance == 3000
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, []byte(Fixture))
			c.write.Key, c.write.Customer = "k1", "ann_1"
			r := do(t, s, c.write)
			if err := action.CheckResult(c.write, r); err != nil || r.Amount != c.amount || r.Method != c.method || r.Status != c.status || r.At.IsZero() || r.Reference == "" {
				t.Errorf("result: %+v, %v", r, err)
			}
			var o action.Order
			if c.write.Order != "" {
				if o = order(t, s, c.write.Order); o.Status != c.status {
					t.Errorf("status: %s", o.Status)
				}
			}
			if got := customer(t, s, "ann_1"); !c.check(o, got) {
				t.Errorf("afterwards: %+v\n%+v", o, got)
			}
			if same := do(t, s, c.write); !reflect.DeepEqual(same, r) {
				t.Errorf("again: %+v, first %+v", same, r)
			}
		})
	}
}

// refusals tries everything that a shop's rules forbid; nothing may change, and each says why.
func refusals(t *testing.T, s action.System) {
	// States that the fixture does not have.
	do(t, s, action.Write{Key: "p1", Kind: action.ModifyItems, Customer: "bob_2", Order: "#W5", Swaps: []action.Swap{{From: "m-blue", To: "m-white"}}, Method: "card_2"})
	do(t, s, action.Write{Key: "p2", Kind: action.ReturnItems, Customer: "bob_2", Order: "#W6", Items: []action.ItemID{"m-blue"}, Method: "card_2"})
	do(t, s, action.Write{Key: "p3", Kind: action.ModifyPayment, Customer: "ann_1", Order: "#W7", Method: "paypal_1"})
	before := snapshot(t, s)
	for i, c := range refusalCases() {
		w := c.write
		if w.Key == "" {
			w.Key = fmt.Sprint("r", i)
		}
		r, err := s.Do(t.Context(), w)
		if action.ReasonOf(err) != c.reason || !fault.Is(err, c.kind) {
			t.Errorf("%s by %s on %q: %+v, %v (%s); want %s (%s)", w.Kind, w.Customer, w.Order, r, err, fault.KindOf(err), c.reason, c.kind)
		}
		if fault.Text(err) == "" || strings.Contains(fault.Text(err), "_") {
			t.Errorf("%s: not fit for a customer: %q", w.Kind, fault.Text(err))
		}
	}
	if after := snapshot(t, s); after != before {
		t.Errorf("a refused write changed something:\n%s\n%s", before, after)
	}
}

type refusal struct {
	kind   fault.Kind
	reason action.Reason
	write  action.Write
}

func refusalCases() []refusal {
	type ids = []action.ItemID
	type swaps = []action.Swap
	ann, bob := action.CustomerID("ann_1"), action.CustomerID("bob_2")
	no, bad := fault.Forbidden, fault.Invalid
	addr := func(c action.CustomerID, o action.OrderID) action.Write {
		return action.Write{Kind: action.ChangeOrderAddress, Customer: c, Order: o, Address: elsewhere}
	}
	cancel := func(c action.CustomerID, o action.OrderID, reason string) action.Write {
		return action.Write{Kind: action.CancelOrder, Customer: c, Order: o, Reason: reason}
	}
	back := func(c action.CustomerID, o action.OrderID, m action.MethodID, items ...action.ItemID) action.Write {
		return action.Write{Kind: action.ReturnItems, Customer: c, Order: o, Items: items, Method: m}
	}
	change := func(k action.WriteKind, c action.CustomerID, o action.OrderID, m action.MethodID, pairs ...action.ItemID) action.Write {
		w := action.Write{Kind: k, Customer: c, Order: o, Method: m}
		for i := 0; i+1 < len(pairs); i += 2 {
			w.Swaps = append(w.Swaps, action.Swap{From: pairs[i], To: pairs[i+1]})
		}
		return w
	}
	pay := func(c action.CustomerID, o action.OrderID, m action.MethodID) action.Write {
		return action.Write{Kind: action.ModifyPayment, Customer: c, Order: o, Method: m}
	}
	ex, mod := action.ExchangeItems, action.ModifyItems
	return []refusal{
		{no, action.NotPending, addr(ann, "#W2")}, {no, action.NotPending, addr(ann, "#W3")}, {no, action.AlreadyCancelled, addr(ann, "#W4")},
		{no, action.AlreadyModified, addr(bob, "#W5")}, {no, action.ForeignCustomer, addr(ann, "#W5")}, {fault.NotFound, action.UnknownOrder, addr(ann, "#W0")},
		{fault.NotFound, action.UnknownCustomer, addr("nobody", "#W1")},
		{no, action.NotPending, cancel(ann, "#W2", "no longer needed")}, {no, action.NotPending, cancel(ann, "#W3", "no longer needed")},
		{no, action.AlreadyCancelled, cancel(ann, "#W4", "no longer needed")}, {no, action.AlreadyModified, cancel(bob, "#W5", "no longer needed")},
		{bad, action.ReasonNotAccepted, cancel(ann, "#W1", "found it cheaper")}, {no, action.ForeignCustomer, cancel(bob, "#W1", "no longer needed")},
		{no, action.NotDelivered, back(ann, "#W1", "card_1", "s-red")}, {no, action.NotDelivered, back(ann, "#W3", "paypal_1", "m-blue")},
		{no, action.AlreadyCancelled, back(ann, "#W4", "card_1", "m-blue")}, {no, action.AlreadyRequested, back(bob, "#W6", "card_2", "m-blue")},
		{no, action.ReturnWindowClosed, back(ann, "#W8", "card_1", "s-red")}, {no, action.MethodNotAllowed, back(ann, "#W2", "paypal_1", "s-red")},
		{bad, action.UnknownMethod, back(ann, "#W2", "card_2", "s-red")}, {bad, action.ItemNotInOrder, back(ann, "#W2", "card_1", "s-blue")},
		{bad, action.ItemNotInOrder, back(ann, "#W2", "card_1", "s-red", "s-red", "s-red")}, {no, action.ForeignCustomer, back(ann, "#W6", "card_1", "m-blue")},
		{no, action.NotDelivered, change(ex, ann, "#W1", "card_1", "s-red", "s-blue")}, {no, action.AlreadyRequested, change(ex, bob, "#W6", "card_2", "m-blue", "m-white")},
		{no, action.ReturnWindowClosed, change(ex, ann, "#W8", "card_1", "s-red", "s-blue")},
		{no, action.NotAvailable, change(ex, ann, "#W2", "card_1", "s-red", "s-green")}, {bad, action.OtherProduct, change(ex, ann, "#W2", "card_1", "s-red", "m-white")},
		{bad, action.OtherProduct, change(ex, ann, "#W2", "card_1", "s-red", "none")}, {bad, action.SameVariant, change(ex, ann, "#W2", "card_1", "s-red", "s-red")},
		{bad, action.ItemNotInOrder, change(ex, ann, "#W2", "card_1", "m-blue", "m-white", "m-blue", "m-white")},
		{no, action.InsufficientBalance, change(ex, ann, "#W2", "gift_1", "s-red", "s-gold")}, {bad, action.UnknownMethod, change(ex, ann, "#W2", "card_2", "s-red", "s-blue")},
		{no, action.ForeignCustomer, change(ex, bob, "#W2", "card_2", "s-red", "s-blue")},
		{no, action.NotPending, change(mod, ann, "#W2", "card_1", "s-red", "s-blue")}, {no, action.AlreadyModified, change(mod, bob, "#W5", "card_2", "m-white", "m-blue")},
		{no, action.NotAvailable, change(mod, ann, "#W1", "card_1", "s-red", "s-green")}, {bad, action.OtherProduct, change(mod, ann, "#W1", "card_1", "m-blue", "s-red")},
		{no, action.InsufficientBalance, change(mod, ann, "#W1", "gift_1", "s-red", "s-gold")}, {no, action.AlreadyCancelled, change(mod, ann, "#W4", "card_1", "m-blue", "m-white")},
		{bad, action.SameMethod, pay(ann, "#W1", "card_1")}, {bad, action.UnknownMethod, pay(ann, "#W1", "card_2")}, {no, action.InsufficientBalance, pay(ann, "#W1", "gift_1")},
		{no, action.NotPending, pay(ann, "#W2", "gift_1")}, {no, action.PaymentChanged, pay(ann, "#W7", "card_1")}, {no, action.ForeignCustomer, pay(ann, "#W5", "card_1")},
		{no, action.NothingRequested, action.Write{Kind: action.CancelReturn, Customer: ann, Order: "#W2"}}, {no, action.NothingRequested, action.Write{Kind: action.CancelExchange, Customer: bob, Order: "#W6"}},
		{no, action.AlreadyCancelled, action.Write{Kind: action.Withdraw, Customer: ann, Order: "#W4"}}, {no, action.ForeignCustomer, action.Write{Kind: action.Withdraw, Customer: ann, Order: "#W6"}},
		{bad, action.ItemNotInOrder, action.Write{Kind: action.Withdraw, Customer: ann, Order: "#W3", Items: ids{"s-red"}}},
		{no, action.EmailTaken, action.Write{Kind: action.ChangeContact, Customer: ann, Contact: &action.Contact{Email: "BOB@example.com"}}},
		{bad, action.BadContact, action.Write{Kind: action.ChangeContact, Customer: ann, Contact: &action.Contact{Email: "not an address"}}},
		{bad, action.BadContact, action.Write{Kind: action.ChangeContact, Customer: ann, Contact: &action.Contact{Email: "a@example.org", Phone: "call me"}}},
		{bad, action.BadAddress, action.Write{Kind: action.ChangeOrderAddress, Customer: ann, Order: "#W1", Address: &action.Address{Line1: "Dam 1", City: " ", Postcode: "1012 JS", Country: "NL"}}},
		{bad, action.BadAddress, action.Write{Kind: action.ChangeCustomerAddress, Customer: ann, Address: &action.Address{Line1: strings.Repeat("x", 201), City: "A", Postcode: "1", Country: "NL"}}},
		{bad, action.BadRequest, action.Write{Kind: "delete_customer", Customer: ann}}, {bad, action.BadRequest, back(ann, "#W2", "card_1")},
		{bad, action.BadRequest, action.Write{Kind: mod, Customer: ann, Order: "#W1", Method: "card_1", Items: ids{"s-red"}, Swaps: swaps{{From: "s-red", To: "s-blue"}}}},
		{bad, action.BadRequest, action.Write{Kind: action.ChangeCustomerAddress, Customer: ann, Order: "#W1", Address: elsewhere}},
		{bad, action.BadRequest, cancel(ann, "#W1", "no longer\x00needed")}, {bad, action.BadRequest, cancel("", "#W1", "no longer needed")},
	}
}

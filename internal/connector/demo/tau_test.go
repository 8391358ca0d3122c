package demo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"balie/internal/action"
	"balie/internal/connector/demo"
	"balie/internal/connector/tautest"
	"balie/internal/fault"
)

// The gold acts of every task, through the shop, leave exactly the database that they leave when applied by themselves.
// One of them (in task 105) costs more than is on the gift card it names, and both refuse it.
func TestTauGoldWrites(t *testing.T) {
	path, tasks := tautest.Read(t)
	customers, orders, variants := readPlain(t, path)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func() *demo.Shop { return demo.New(demo.Bytes(file), docs(t, t.TempDir()), clock) }
	loaded := everything(t, open(), customers, orders)
	for id, b := range loaded {
		if want := either(customers, orders, id); !reflect.DeepEqual(bare(t, b), want) {
			t.Errorf("%s was loaded as %s", id, b)
		}
	}
	exact, done, refused := 0, 0, 0
	for _, task := range tasks {
		shop, changed := open(), map[string]bool{}
		writes := writesOf(task, orders)
		for _, w := range writes {
			changed[string(w.Customer)], changed[string(w.Order)] = true, true
		}
		c, o := customers.copy(t, changed), orders.copy(t, changed)
		for i, a := range task.Acts {
			w, ok := writes[i]
			if !ok {
				continue
			}
			_, err := shop.Do(t.Context(), w)
			if apply(a, c, o, variants) {
				done++
			} else if refused++; action.ReasonOf(err) != action.InsufficientBalance {
				t.Errorf("task %s: %s beyond the gift card: %v", task.ID, a.Name, err)
			}
		}
		same := true
		for id, b := range everything(t, shop, c, o) {
			if changed[id] && !reflect.DeepEqual(bare(t, b), either(c, o, id)) || !changed[id] && !bytes.Equal(b, loaded[id]) {
				t.Errorf("task %s: got %s\nwant %v", task.ID, b, either(c, o, id))
				same = false
			}
		}
		if same {
			exact++
		}
	}
	t.Logf("%d tasks, %d gold writes done, %d refused, exact database in %d", len(tasks), done, refused, exact)
	if len(tasks) != 74 || exact != 74 || done != 119 || refused != 1 {
		t.Error("want 119 gold writes done and 1 refused, and the exact database in 74 of 74 tasks")
	}
}

// writesOf are a task's gold writes, by their place among its acts.
func writesOf(task tautest.Task, orders plain) map[int]action.Write {
	out := map[int]action.Write{}
	for i, a := range task.Acts {
		owner, _ := orders[string(a.Args.Order)]["customer"].(string)
		if w, ok := a.Write(action.CustomerID(owner)); ok {
			w.Key = fmt.Sprintf("task-%s-%d", task.ID, i)
			out[i] = w
		}
	}
	return out
}

// everything is the shop's whole database as JSON, by id.
func everything(t *testing.T, shop *demo.Shop, customers, orders plain) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	add := func(id string, v any, err error) {
		b, encodeErr := json.Marshal(v)
		if err != nil || encodeErr != nil {
			t.Fatalf("%s: %v, %v", id, err, encodeErr)
		}
		out[id] = b
	}
	for id := range customers {
		c, err := shop.Customer(t.Context(), action.CustomerID(id))
		add(id, c, err)
	}
	for id := range orders {
		o, err := shop.Order(t.Context(), action.OrderID(id))
		add(id, o, err)
	}
	return out
}

// Every order of the real data, asked for what its state forbids: all refused, for the right reason.
func TestTauForbiddenWrites(t *testing.T) {
	path, _ := tautest.Read(t)
	_, orders, _ := readPlain(t, path)
	shop := demo.New(demo.File(path), docs(t, t.TempDir()), clock)
	refused := map[action.Reason]int{}
	for _, id := range slices.Sorted(maps.Keys(orders))[:300] {
		o, err := shop.Order(t.Context(), action.OrderID(id))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range forbidden(o) {
			f.write.Key, f.write.Order = fmt.Sprint(id, i), o.ID
			_, err := shop.Do(t.Context(), f.write)
			if action.ReasonOf(err) != f.reason || fault.Is(err, fault.Unavailable) {
				t.Errorf("%s of %s (%s): %v; want %s", f.write.Kind, id, o.Status, err, f.reason)
			}
			refused[f.reason]++
		}
		if now, err := shop.Order(t.Context(), o.ID); err != nil || !reflect.DeepEqual(now, o) {
			t.Errorf("%s changed: %+v, %v", id, now, err)
		}
	}
	t.Logf("refused: %v", refused)
}

type ban struct {
	reason action.Reason
	write  action.Write
}

// forbidden is what the shop's policy forbids for an order in its state.
func forbidden(o action.Order) []ban {
	me, paid, item := o.Customer, o.Payments[0].Method, o.Items[0].ID
	where := &action.Address{Line1: "101 Highway", City: "New York", Region: "NY", Postcode: "10001", Country: "USA"}
	pending := func(r action.Reason) []ban {
		return []ban{
			{r, action.Write{Kind: action.ChangeOrderAddress, Customer: me, Address: where}},
			{r, action.Write{Kind: action.CancelOrder, Customer: me, Reason: "no longer needed"}},
			{r, action.Write{Kind: action.ModifyItems, Customer: me, Method: paid, Swaps: []action.Swap{{From: item, To: "1"}}}},
			{r, action.Write{Kind: action.ModifyPayment, Customer: me, Method: paid}},
		}
	}
	delivered := func(r action.Reason) []ban {
		return []ban{
			{r, action.Write{Kind: action.ReturnItems, Customer: me, Method: paid, Items: []action.ItemID{item}}},
			{r, action.Write{Kind: action.ExchangeItems, Customer: me, Method: paid, Swaps: []action.Swap{{From: item, To: "1"}}}},
		}
	}
	always := []ban{
		{action.ForeignCustomer, action.Write{Kind: action.CancelOrder, Customer: "noah_brown_6181", Reason: "no longer needed"}},
		{action.ForeignCustomer, action.Write{Kind: action.ReturnItems, Customer: "noah_brown_6181", Method: paid, Items: []action.ItemID{item}}},
	}
	if me == "noah_brown_6181" {
		always = nil
	}
	switch o.Status {
	case action.Pending:
		return slices.Concat(always, delivered(action.NotDelivered), []ban{
			{action.ReasonNotAccepted, action.Write{Kind: action.CancelOrder, Customer: me, Reason: "too expensive"}},
			{action.SameMethod, action.Write{Kind: action.ModifyPayment, Customer: me, Method: paid}},
			{action.OtherProduct, action.Write{Kind: action.ModifyItems, Customer: me, Method: paid, Swaps: []action.Swap{{From: item, To: "1"}}}},
		})
	case action.Processed:
		return slices.Concat(always, pending(action.NotPending), delivered(action.NotDelivered))
	case action.Delivered:
		return slices.Concat(always, pending(action.NotPending), []ban{
			{action.UnknownMethod, action.Write{Kind: action.ReturnItems, Customer: me, Method: "credit_card_1", Items: []action.ItemID{item}}},
			{action.ItemNotInOrder, action.Write{Kind: action.ReturnItems, Customer: me, Method: paid, Items: []action.ItemID{"1"}}},
			{action.SameVariant, action.Write{Kind: action.ExchangeItems, Customer: me, Method: paid, Swaps: []action.Swap{{From: item, To: item}}}},
		})
	}
	return slices.Concat(always, pending(action.AlreadyCancelled), delivered(action.AlreadyCancelled))
}

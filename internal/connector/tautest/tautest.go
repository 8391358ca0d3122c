// Package tautest reads the public retail tasks (shared/data/tau-retail), for the tests that hold the order system, the ledger and the
// conversations to them: what each customer wants, in words and as the acts that are right.
package tautest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"balie/internal/action"
)

// Task is what one customer wants.
type Task struct {
	ID           string `json:"id"`
	Instructions struct {
		Reason string `json:"reason_for_call"` // in words, told to whoever plays the customer
	} `json:"instructions"`
	Acts []Act `json:"actions"`
}

// Act is a call of the benchmark's own tools; some only read.
type Act struct {
	Name string `json:"name"`
	Args Args   `json:"args"`
}

// Args are the arguments of an act, as far as any takes them.
type Args struct {
	Order    action.OrderID    `json:"order_id"`
	Customer action.CustomerID `json:"user_id"`
	Reason   string            `json:"reason"`
	Items    []action.ItemID   `json:"item_ids"`
	NewItems []action.ItemID   `json:"new_item_ids"`
	Method   action.MethodID   `json:"payment_method_id"`
	Address1 string            `json:"address1"`
	Address2 string            `json:"address2"`
	City     string            `json:"city"`
	State    string            `json:"state"`
	Country  string            `json:"country"`
	Zip      string            `json:"zip"`
}

var kinds = map[string]action.WriteKind{
	"modify_user_address": action.ChangeCustomerAddress, "modify_pending_order_address": action.ChangeOrderAddress,
	"cancel_pending_order": action.CancelOrder, "return_delivered_order_items": action.ReturnItems,
	"exchange_delivered_order_items": action.ExchangeItems, "modify_pending_order_items": action.ModifyItems,
	"modify_pending_order_payment": action.ModifyPayment,
}

// Kind is what an act writes; "" if it only reads.
func (a Act) Kind() action.WriteKind { return kinds[a.Name] }

// Write turns an act on an order of owner, or on a customer, into ours, without a key; false if it is not a write.
func (a Act) Write(owner action.CustomerID) (action.Write, bool) {
	g := a.Args
	w := action.Write{Kind: a.Kind(), Customer: cmp.Or(g.Customer, owner), Order: g.Order, Reason: g.Reason, Method: g.Method}
	switch w.Kind {
	case "":
		return action.Write{}, false
	case action.ChangeCustomerAddress, action.ChangeOrderAddress:
		w.Address = &action.Address{Line1: g.Address1, Line2: g.Address2, City: g.City, Region: g.State, Postcode: g.Zip, Country: g.Country}
	case action.ReturnItems:
		w.Items = g.Items
	}
	if w.Kind == action.ChangeCustomerAddress {
		w.Order = ""
	}
	for i := range g.NewItems {
		w.Swaps = append(w.Swaps, action.Swap{From: g.Items[i], To: g.NewItems[i]})
	}
	return w, true
}

// Read returns the path of the shop's file and every task. Without the data the test is skipped, and says so.
func Read(t testing.TB) (orders string, tasks []Task) {
	t.Helper()
	dir := filepath.Join(cmp.Or(os.Getenv("BALIE_EVAL_DATA"), filepath.Join(root(t), "../shared/data")), "tau-retail")
	f, err := os.Open(filepath.Join(dir, "tasks.jsonl"))
	if err != nil {
		t.Skipf("skipped: the public retail data is not here (%v); set BALIE_EVAL_DATA", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var task Task
		if err := json.Unmarshal(lines.Bytes(), &task); err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, task)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "orders.json"), tasks
}

// root is the folder of the module that the test belongs to.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("there is no go.mod above the test")
	return ""
}

package demo_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"balie/internal/action"
	"balie/internal/connector/tautest"
)

// plain is an order file as bare JSON values, by id: the second, independent order system that gold is computed with.
type plain map[string]map[string]any

func readPlain(t *testing.T, path string) (customers, orders, variants plain) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]json.RawMessage
	var lists [3][]map[string]any
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"customers", "orders", "products"} {
		if err := json.Unmarshal(file[name], &lists[i]); err != nil {
			t.Fatal(err)
		}
	}
	customers, orders, variants = plain{}, plain{}, plain{}
	for _, c := range lists[0] {
		customers[c["id"].(string)] = c
	}
	for _, o := range lists[1] {
		o["currency"] = "USD"
		orders[o["id"].(string)] = o
	}
	for _, p := range lists[2] {
		for _, v := range p["variants"].([]any) {
			variants[v.(map[string]any)["id"].(string)] = v.(map[string]any)
		}
	}
	return customers, orders, variants
}

// apply does a gold act on the bare values, as the benchmark's own tools do it, except that each item gets its own
// variant's price and options (theirs gives every item those of the last). It returns false and changes nothing where
// they refuse: a gift card must cover the difference.
func apply(a tautest.Act, customers, orders, variants plain) bool {
	o, args := orders[string(a.Args.Order)], a.Args
	texts := func(ids []action.ItemID) (out []any) {
		for _, id := range slices.Sorted(slices.Values(ids)) {
			out = append(out, string(id))
		}
		return out
	}
	card := func(method any) map[string]any {
		for _, m := range customers[o["customer"].(string)]["payment_methods"].([]any) {
			if m := m.(map[string]any); m["id"] == method && m["kind"] == "gift_card" {
				return m
			}
		}
		return nil
	}
	pay := func(kind string, cents float64, method any) {
		o["payments"] = append(o["payments"].([]any), map[string]any{"kind": kind, "amount_cents": cents, "method": method})
		if kind == "payment" {
			cents = -cents
		}
		if m := card(method); m != nil {
			m["balance_cents"] = m["balance_cents"].(float64) + cents
		}
	}
	difference, swaps := 0.0, map[int]map[string]any{}
	for n, to := range args.NewItems {
		for i, it := range o["items"].([]any) {
			if it := it.(map[string]any); it["id"] == string(args.Items[n]) && swaps[i] == nil {
				swaps[i] = variants[string(to)]
				difference += swaps[i]["price_cents"].(float64) - it["price_cents"].(float64)
				break
			}
		}
	}
	if len(swaps) > 0 {
		if m := card(string(args.Method)); m != nil && m["balance_cents"].(float64) < difference {
			return false
		}
	}
	address := map[string]any{"line1": args.Address1, "line2": args.Address2, "city": args.City, "region": args.State, "postcode": args.Zip, "country": args.Country}
	switch a.Name {
	case "modify_user_address":
		customers[string(args.Customer)]["address"] = address
	case "modify_pending_order_address":
		o["address"] = address
	case "cancel_pending_order":
		for _, p := range o["payments"].([]any) {
			pay("refund", p.(map[string]any)["amount_cents"].(float64), p.(map[string]any)["method"])
		}
		o["status"], o["cancel_reason"] = "cancelled", args.Reason
	case "return_delivered_order_items":
		o["status"], o["return_items"], o["return_payment_method_id"] = "return requested", texts(args.Items), string(args.Method)
	case "exchange_delivered_order_items":
		o["status"], o["exchange_items"], o["exchange_new_items"] = "exchange requested", texts(args.Items), texts(args.NewItems)
		o["exchange_payment_method_id"], o["exchange_price_difference_cents"] = string(args.Method), difference
	case "modify_pending_order_items":
		o["status"] = "pending (item modified)"
		for i, v := range swaps {
			it := o["items"].([]any)[i].(map[string]any)
			it["id"], it["price_cents"], it["options"] = v["id"], v["price_cents"], v["options"]
		}
		if difference > 0 {
			pay("payment", difference, string(args.Method))
		} else {
			pay("refund", -difference, string(args.Method))
		}
	}
	return true
}

// copy is p in which the values with these ids may be changed.
func (p plain) copy(t *testing.T, ids map[string]bool) plain {
	out := maps.Clone(p)
	for id := range ids {
		if v, ok := p[id]; ok {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			out[id] = bare(t, b)
		}
	}
	return out
}

func either(customers, orders plain, id string) map[string]any {
	if c, ok := customers[id]; ok {
		return c
	}
	return orders[id]
}

// bare is JSON as the file would hold it.
func bare(t *testing.T, b []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// endpoint is where a kind of write goes: a method, and what comes after the id in the path.
type endpoint struct{ method, dir, act string }

var endpoints = map[action.WriteKind]endpoint{
	action.ChangeCustomerAddress: {"PUT", "/customers/", "/address"},
	action.ChangeContact:         {"PUT", "/customers/", "/contact"},
	action.ChangeOrderAddress:    {"PUT", "/orders/", "/address"},
	action.ModifyPayment:         {"PUT", "/orders/", "/payment"},
	action.CancelOrder:           {"POST", "/orders/", "/cancel"},
	action.ReturnItems:           {"POST", "/orders/", "/return"},
	action.Withdraw:              {"POST", "/orders/", "/withdraw"},
	action.ExchangeItems:         {"POST", "/orders/", "/exchange"},
	action.ModifyItems:           {"POST", "/orders/", "/modify"},
	action.CancelReturn:          {"POST", "/orders/", "/return/cancel"},
	action.CancelExchange:        {"POST", "/orders/", "/exchange/cancel"},
}

// bodyOf is the JSON of a write; only what the kind needs is in it.
func bodyOf(w action.Write) any {
	switch {
	case w.Address != nil:
		return w.Address
	case w.Contact != nil:
		return w.Contact
	}
	b := map[string]any{}
	if w.Reason != "" {
		b["reason"] = w.Reason
	}
	if len(w.Items) > 0 {
		b["items"] = w.Items
	}
	if len(w.Swaps) > 0 {
		b["items"] = w.Swaps
	}
	if w.Method != "" && w.Kind == action.ReturnItems {
		b["refund_to"] = w.Method
	} else if w.Method != "" {
		b["pay_with"] = w.Method
	}
	return b
}

// Do is action.Writer's.
func (c *client) Do(ctx context.Context, w action.Write) (action.Result, error) {
	if err := w.Check(); err != nil {
		return action.Result{}, err
	}
	e := endpoints[w.Kind]
	step, err := escape(cmp.Or(string(w.Order), string(w.Customer)))
	if err != nil {
		return action.Result{}, err
	}
	r, err := c.send(ctx, call{e.method, e.dir + step + e.act, bodyOf(w), w.Key, w.Customer})
	switch {
	case errors.Is(err, errNotSent):
		return action.Result{}, unavailable(err)
	case err != nil:
		return action.Result{}, action.UnknownOutcome(err)
	case refused(r.status):
		return action.Result{}, r.refusal()
	case r.status < 200 || r.status > 299:
		return action.Result{}, action.UnknownOutcome(fmt.Errorf("order system answered %d", r.status))
	}
	assumed := action.Result{Key: w.Key, Kind: w.Kind, Customer: w.Customer, Order: w.Order}
	res, err := result(r.body, assumed)
	if err != nil {
		return action.Result{}, action.UnknownOutcome(err)
	}
	return res, nil
}

// Outcome is action.Writer's.
func (c *client) Outcome(ctx context.Context, key string) (action.Result, bool, error) {
	step, err := escape(key)
	if err != nil {
		return action.Result{}, false, nil
	}
	r, err := c.get(ctx, "/writes/"+step)
	if fault.Is(err, fault.NotFound) {
		return action.Result{}, false, nil
	}
	if err != nil {
		return action.Result{}, false, err
	}
	res, err := result(r.body, action.Result{Key: key})
	if err != nil {
		return action.Result{}, false, unavailable(err)
	}
	return res, true, nil
}

// result reads the answer to a write. A system may leave out what it was told (assumed stands), and may answer with the
// changed order or customer instead of a result; what it does say is taken, and Guard compares it with what was asked.
func result(b []byte, assumed action.Result) (action.Result, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return assumed, nil
	}
	var v struct {
		Key       string           `json:"key"`
		Kind      action.WriteKind `json:"kind"`
		ID        string           `json:"id"`
		Customer  string           `json:"customer"`
		Order     string           `json:"order"`
		Reference string           `json:"reference"`
		At        time.Time        `json:"at"`
		Status    action.Status    `json:"status"`
		Amount    action.Money     `json:"amount_cents"`
		Method    action.MethodID  `json:"method"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return action.Result{}, fmt.Errorf("read result: %w", err)
	}
	for _, s := range []string{v.Key, string(v.Kind), v.ID, v.Customer, v.Order, v.Reference, string(v.Status), string(v.Method)} {
		if s != "" && !action.ValidID(s) {
			return action.Result{}, errors.New("read result: a field is too long or not printable")
		}
	}
	r := action.Result{
		Key: cmp.Or(v.Key, assumed.Key), Kind: cmp.Or(v.Kind, assumed.Kind), Customer: action.CustomerID(cmp.Or(v.Customer, string(assumed.Customer))),
		Order: action.OrderID(cmp.Or(v.Order, string(assumed.Order))), Reference: v.Reference, At: v.At, Status: v.Status, Amount: v.Amount, Method: v.Method,
	}
	if v.Key == "" && v.ID != "" { // not a result but the thing that changed
		if assumed.Order != "" {
			r.Order = action.OrderID(v.ID)
		} else if assumed.Customer != "" {
			r.Customer = action.CustomerID(v.ID)
		}
	}
	return r, nil
}

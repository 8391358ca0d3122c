package httpapi_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"balie/internal/action"
	"balie/internal/fault"
)

// Whatever an order system answers: no panic, and only what is about the question comes through.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"id":"#W1","customer":"ann_1","items":[{"id":"a","product":"b","options":{"x":"y"}}]}`)
	f.Add(200, `{"orders":[{"id":"1","customer":"ann_1"}]}`)
	f.Add(200, `{"key":"k1","kind":"cancel_order","customer":"ann_1","order":"#W1","at":"2026-11-21T12:00:00Z"}`)
	f.Add(422, `{"reason":"not_pending","detail":"\u0000"}`)
	f.Add(500, ``)
	var status int
	var body string
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
	f.Fuzz(func(t *testing.T, s int, b string) {
		if s < 200 || s > 599 {
			t.Skip()
		}
		status, body = s, b
		c, ctx := serve(t, h.ServeHTTP), t.Context()
		if o, err := c.Order(ctx, "#W1"); err == nil && (o.ID != "#W1" || !action.ValidID(string(o.Customer))) {
			t.Fatalf("order: %+v", o)
		}
		if os, err := c.CustomerOrders(ctx, "ann_1"); err == nil {
			for _, o := range os {
				if o.Customer != "ann_1" {
					t.Fatalf("orders: %+v", os)
				}
			}
		}
		r, err := c.Do(ctx, cancelW1)
		if err == nil && action.CheckResult(cancelW1, r) != nil {
			t.Fatalf("result: %+v", r)
		}
		if certain := s >= 400 && s < 500 && s != 408 && s != 499; err != nil && errors.Is(err, action.ErrUnknownOutcome) == certain {
			t.Fatalf("%d: %v", s, err)
		}
		if fault.KindOf(err) == fault.Internal {
			t.Fatalf("not a fault: %v", err)
		}
	})
}

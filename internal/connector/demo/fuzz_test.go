package demo_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"balie/internal/action"
	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
)

// Whatever is sent to whatever route: no panic, no "our mistake", and never a change to somebody else.
func FuzzHandler(f *testing.F) {
	f.Add("POST", "/orders/%23W1/cancel", `{"reason":"no longer needed"}`)
	f.Add("POST", "/orders/%23W2/exchange", `{"items":[{"from":"s-red","to":"s-blue"}],"pay_with":"card_1"}`)
	f.Add("POST", "/orders/%23W2/return", `{"items":["s-red",{"from":"x"}],"refund_to":"card_1"}`)
	f.Add("PUT", "/customers/ann_1/contact", `{"email":"a@example.org","phone":"020 1234567"}`)
	f.Add("PUT", "/customers/ann_1/address", `{"line1":null,"items":{}}`)
	f.Add("GET", "/customers?email=%00", "")
	f.Add("GET", "/writes/..%2f", "[]")
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if _, err := http.NewRequest(method, "http://shop"+path, nil); err != nil || path == "" || path[0] != '/' {
			t.Skip()
		}
		shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), memory{}, clock)
		r, err := http.NewRequestWithContext(t.Context(), method, "http://shop"+path, nil)
		if err != nil {
			t.Skip()
		}
		bobs := func() string {
			orders, err := shop.CustomerOrders(t.Context(), "bob_2")
			b, encodeErr := json.Marshal(orders)
			if err != nil || encodeErr != nil {
				t.Fatal(err, encodeErr)
			}
			return string(b)
		}
		before := bobs()
		w := ask(t, onlyAnn(demo.Handler(shop, "t")), method, r.URL.RequestURI(), "Bearer t", body)
		if w.Code >= 500 {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if bobs() != before {
			t.Fatalf("%s %s changed an order of somebody else", method, path)
		}
	})
}

// onlyAnn acts on behalf of Ann, whatever order is named.
func onlyAnn(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("On-Behalf-Of", "ann_1")
		h.ServeHTTP(w, r)
	})
}

// Whatever is in an order file: it is refused, or every record in it can be read back.
func FuzzOrderFile(f *testing.F) {
	f.Add(connectortest.Fixture)
	f.Add(`{"customers":[{"id":"a","payment_methods":[{"id":"m","balance_cents":1e3}]}],"orders":[{"id":"1","customer":"a","placed_days_ago":-9999999}]}`)
	f.Add(`{"return_days":99999999,"customers":[{"id":"a"}],"orders":[{"id":"1","customer":"a","delivered_days_ago":9223372036854775807}]}`)
	f.Fuzz(func(t *testing.T, file string) {
		shop := demo.New(demo.Bytes([]byte(file)), memory{}, clock)
		if shop.Load(t.Context()) != nil {
			return
		}
		var ids struct {
			Orders []struct{ ID action.OrderID } `json:"orders"`
		}
		if json.Unmarshal([]byte(file), &ids) != nil {
			return
		}
		for _, o := range ids.Orders {
			got, err := shop.Order(t.Context(), o.ID)
			if err != nil {
				t.Fatalf("order %q: %v", o.ID, err)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Fatalf("order %q can't be sent: %v", o.ID, err)
			}
		}
	})
}

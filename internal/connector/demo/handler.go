package demo

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"balie/internal/action"
	"balie/internal/fault"
)

// maxBody is the largest request that is read; the contract in docs/order-system.yaml names it.
const maxBody = 64 << 10

// onBehalf is the header that names the customer for whom an order is written, percent-encoded.
const onBehalf = "On-Behalf-Of"

// Handler serves an order system over the HTTP contract of docs/order-system.yaml, to whoever knows the token. An empty
// token lets nobody in: a counter of orders is never open by accident.
func Handler(sys action.System, token string) http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.method+" "+r.path, server{sys, r.serve})
	}
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			problem(w, fault.New(fault.Unauthorized, "The bearer token is missing or wrong."))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type route struct {
	method, path string
	serve        func(ctx context.Context, sys action.System, r *http.Request) (any, error)
}

// routes is the whole contract; a test compares it with the OpenAPI document.
var routes = []route{
	{"GET", "/customers", func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		return sys.CustomerByEmail(ctx, r.URL.Query().Get("email"))
	}},
	{"GET", "/customers/{id}", func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		return sys.Customer(ctx, action.CustomerID(r.PathValue("id")))
	}},
	{"GET", "/customers/{id}/orders", func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		orders, err := sys.CustomerOrders(ctx, action.CustomerID(r.PathValue("id")))
		return map[string]any{"orders": orders}, err
	}},
	{"GET", "/orders/{id}", func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		return sys.Order(ctx, action.OrderID(r.PathValue("id")))
	}},
	{"GET", "/products/{id}", func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		return sys.Product(ctx, action.ProductID(r.PathValue("id")))
	}},
	{"GET", "/writes/{key}", outcome},
	{"PUT", "/customers/{id}/address", write(action.ChangeCustomerAddress, func(b body, w *action.Write) { w.Address = &b.Address })},
	{"PUT", "/customers/{id}/contact", write(action.ChangeContact, func(b body, w *action.Write) { w.Contact = &b.Contact })},
	{"PUT", "/orders/{id}/address", write(action.ChangeOrderAddress, func(b body, w *action.Write) { w.Address = &b.Address })},
	{"PUT", "/orders/{id}/payment", write(action.ModifyPayment, func(b body, w *action.Write) { w.Method = b.PayWith })},
	{"POST", "/orders/{id}/cancel", write(action.CancelOrder, func(b body, w *action.Write) { w.Reason = b.Reason })},
	{"POST", "/orders/{id}/return", write(action.ReturnItems, func(b body, w *action.Write) {
		w.Items, w.Method, w.Reason = b.ids(), b.RefundTo, b.Reason
	})},
	{"POST", "/orders/{id}/withdraw", write(action.Withdraw, func(b body, w *action.Write) { w.Items = b.ids() })},
	{"POST", "/orders/{id}/exchange", write(action.ExchangeItems, func(b body, w *action.Write) { w.Swaps, w.Method = b.swaps(), b.PayWith })},
	{"POST", "/orders/{id}/modify", write(action.ModifyItems, func(b body, w *action.Write) { w.Swaps, w.Method = b.swaps(), b.PayWith })},
	{"POST", "/orders/{id}/return/cancel", write(action.CancelReturn, func(body, *action.Write) {})},
	{"POST", "/orders/{id}/exchange/cancel", write(action.CancelExchange, func(body, *action.Write) {})},
}

// body is any request body of the contract; each route looks at its own fields.
type body struct {
	action.Address
	action.Contact
	Reason   string          `json:"reason"`
	PayWith  action.MethodID `json:"pay_with"`
	RefundTo action.MethodID `json:"refund_to"`
	Items    []line          `json:"items"`
}

// line is an item in a body: a bare id to return, or {"from","to"} to swap.
type line struct {
	id action.ItemID
	action.Swap
}

// UnmarshalJSON takes either form.
func (l *line) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &l.id)
	}
	return json.Unmarshal(b, &l.Swap)
}

func (b body) ids() (out []action.ItemID) {
	for _, l := range b.Items {
		out = append(out, l.id)
	}
	return out
}

func (b body) swaps() (out []action.Swap) {
	for _, l := range b.Items {
		out = append(out, l.Swap)
	}
	return out
}

// write makes the route of one kind of write. The path of an order does not say whose it is; the header On-Behalf-Of
// does, and without it the order's own customer is taken.
func write(kind action.WriteKind, fill func(body, *action.Write)) func(context.Context, action.System, *http.Request) (any, error) {
	return func(ctx context.Context, sys action.System, r *http.Request) (any, error) {
		var b body
		data, err := io.ReadAll(r.Body)
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, action.Refuse(fault.TooLong, action.BadRequest, "The request is too large.")
		} else if err != nil {
			return nil, action.Refuse(fault.Invalid, action.BadRequest, "The request broke off.")
		}
		if err := json.Unmarshal(data, &b); err != nil {
			return nil, action.Refuse(fault.Invalid, action.BadRequest, "The request is not the JSON that this call takes.")
		}
		w := action.Write{Kind: kind, Key: r.Header.Get("Idempotency-Key")}
		fill(b, &w)
		if err := owner(ctx, sys, r, &w); err != nil {
			return nil, err
		}
		return sys.Do(ctx, w)
	}
}

// owner finds for whom a write is.
func owner(ctx context.Context, sys action.System, r *http.Request, w *action.Write) error {
	if strings.HasPrefix(r.URL.Path, "/customers/") {
		w.Customer = action.CustomerID(r.PathValue("id"))
		return nil
	}
	w.Order = action.OrderID(r.PathValue("id"))
	name, err := url.PathUnescape(r.Header.Get(onBehalf))
	if err != nil {
		return action.Refuse(fault.Invalid, action.BadRequest, "The header On-Behalf-Of is not percent-encoded.")
	}
	if w.Customer = action.CustomerID(name); name != "" {
		return nil
	}
	o, err := sys.Order(ctx, w.Order)
	w.Customer = o.Customer
	return err
}

func outcome(ctx context.Context, sys action.System, r *http.Request) (any, error) {
	res, found, err := sys.Outcome(ctx, r.PathValue("key"))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "This write never happened.")
	}
	return res, err
}

// server serves one route.
type server struct {
	sys   action.System
	serve func(context.Context, action.System, *http.Request) (any, error)
}

// ServeHTTP answers with JSON, or with a problem document.
func (s server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	v, err := s.serve(r.Context(), s.sys, r)
	if err != nil {
		problem(w, err)
		return
	}
	answer(w, http.StatusOK, "application/json", v)
}

// statuses maps kinds of failure to HTTP; whatever is not here is 500.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.TooLong: http.StatusRequestEntityTooLarge,
	fault.RateLimited: http.StatusTooManyRequests, fault.IDConflict: http.StatusConflict, fault.Conflict: http.StatusConflict,
	fault.NotFound: http.StatusNotFound, fault.Gone: http.StatusGone, fault.Unauthorized: http.StatusUnauthorized,
	fault.Forbidden: http.StatusForbidden, fault.Unavailable: http.StatusServiceUnavailable,
}

// problem answers with an RFC 9457 document; code is the kind, reason the shop's reason where it refuses.
func problem(w http.ResponseWriter, err error) {
	kind := fault.KindOf(err)
	status, ok := statuses[kind]
	if !ok || errors.Is(err, action.ErrUnknownOutcome) {
		status = http.StatusInternalServerError
	}
	p := map[string]any{"title": http.StatusText(status), "status": status, "detail": fault.Text(err), "code": kind}
	if reason := action.ReasonOf(err); reason != "" {
		p["reason"] = reason
	}
	answer(w, status, "application/problem+json", p)
}

func answer(w http.ResponseWriter, status int, mime string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot encode the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mime)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b) // a client that has left is nobody's failure
}

// Routes lists the calls that Handler serves, as "METHOD /path/{with}/names".
func Routes() []string {
	var out []string
	for _, r := range routes {
		out = append(out, r.method+" "+r.path)
	}
	return out
}

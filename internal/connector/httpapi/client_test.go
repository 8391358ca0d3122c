package httpapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
	"balie/internal/connector/httpapi"
	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

func client(t *testing.T, o httpapi.Options) action.Guard {
	t.Helper()
	c, err := httpapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve runs h as an order system and returns a client of it.
func serve(t *testing.T, h http.HandlerFunc) action.Guard {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return client(t, httpapi.Options{URL: s.URL, Token: "t", Timeout: 5 * time.Second, MaxAnswer: 64 << 10})
}

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, fixture []byte) action.System {
		e, err := bolt.Open(t.TempDir(), bolt.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		shop := demo.New(demo.Bytes(fixture), document.In(e, "demo", document.Options[demo.Record]{}), time.Now)
		s := httptest.NewServer(http.StripPrefix("/shop", demo.Handler(shop, "t")))
		t.Cleanup(s.Close)
		return client(t, httpapi.Options{URL: s.URL + "/shop/", Token: "t"})
	})
}

var cancelW1 = action.Write{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W1", Reason: "no longer needed"}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	var body string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
	})
	r, err := c.Do(t.Context(), action.Write{Key: "k1", Kind: action.ExchangeItems, Customer: "ann 1/ü", Order: "#W1", Swaps: []action.Swap{{From: "a", To: "b"}}, Method: "card_1"})
	if err != nil || r.Order != "#W1" || r.Customer != "ann 1/ü" || r.Key != "k1" {
		t.Fatalf("an empty answer: %+v, %v", r, err)
	}
	if got.Method != "POST" || got.RequestURI != "/orders/%23W1/exchange" || body != `{"items":[{"from":"a","to":"b"}],"pay_with":"card_1"}` {
		t.Errorf("%s %s %s", got.Method, got.RequestURI, body)
	}
	for name, want := range map[string]string{"Authorization": "Bearer t", "Idempotency-Key": "k1", "On-Behalf-Of": "ann%201%2F%C3%BC", "Content-Type": "application/json"} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: %q", name, v)
		}
	}
}

// What certainly did nothing is a plain error; what may have happened is an unknown outcome; nothing is sent twice.
func TestWhatAnAnswerMeans(t *testing.T) {
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	hangUp := func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }
	halfAnAnswer := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"key":"k1"`)
		panic(http.ErrAbortHandler)
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		kind    fault.Kind // "" for success
		reason  action.Reason
		unknown bool
	}{
		"done":                     {answer: say(200, `{"key":"k1","customer":"ann_1","reference":"R1"}`)},
		"done, no content":         {answer: say(204, ``)},
		"done, with the order":     {answer: say(200, `{"id":"#W1","customer":"ann_1","status":"cancelled"}`)},
		"refused":                  {answer: say(403, `{"reason":"not_pending"}`), kind: fault.Forbidden, reason: action.NotPending},
		"refused by an own reason": {answer: say(409, `{"reason":"on_the_lorry"}`), kind: fault.Forbidden, reason: "on_the_lorry"},
		"refused in HTML":          {answer: say(403, `<h1>no</h1>`), kind: fault.Forbidden, reason: action.Refused},
		"refused, hostile reason":  {answer: say(422, `{"reason":"<script>"}`), kind: fault.Invalid, reason: action.Refused},
		"key reused":               {answer: say(409, `{"code":"id_conflict","reason":"key_reused"}`), kind: fault.IDConflict, reason: action.KeyReused},
		"not found":                {answer: say(404, `{"reason":"unknown_order"}`), kind: fault.NotFound, reason: action.UnknownOrder},
		"token refused":            {answer: say(401, ``), kind: fault.Unavailable},
		"too busy":                 {answer: say(429, ``), kind: fault.RateLimited},
		"time-out there":           {answer: say(408, ``), kind: fault.Unavailable, unknown: true},
		"500":                      {answer: say(500, `{"reason":"not_pending"}`), kind: fault.Unavailable, unknown: true},
		"503":                      {answer: say(503, ``), kind: fault.Unavailable, unknown: true},
		"redirect": {answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, kind: fault.Unavailable, unknown: true},
		"hangs up":         {answer: hangUp, kind: fault.Unavailable, unknown: true},
		"half an answer":   {answer: halfAnAnswer, kind: fault.Unavailable, unknown: true},
		"no JSON":          {answer: say(200, `OK`), kind: fault.Unavailable, unknown: true},
		"too large":        {answer: say(200, `{"key":"`+strings.Repeat("x", 70_000)+`"}`), kind: fault.Unavailable, unknown: true},
		"unprintable":      {answer: say(200, `{"reference":"a\u0000b"}`), kind: fault.Unavailable, unknown: true},
		"another customer": {answer: say(200, `{"key":"k1","customer":"bob_2"}`), kind: fault.Unavailable, unknown: true},
		"another order":    {answer: say(200, `{"id":"#W2","customer":"ann_1"}`), kind: fault.Unavailable, unknown: true},
		"another key":      {answer: say(200, `{"key":"k2"}`), kind: fault.Unavailable, unknown: true},
		"another act":      {answer: say(200, `{"kind":"return_items"}`), kind: fault.Unavailable, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			g := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				c.answer(w, r)
			})
			r, err := g.Do(t.Context(), cancelW1)
			if fault.KindOf(err) != c.kind || action.ReasonOf(err) != c.reason || errors.Is(err, action.ErrUnknownOutcome) != c.unknown {
				t.Errorf("%+v, %v (%s)", r, err, fault.KindOf(err))
			}
			if wrong := strings.HasPrefix(name, "another"); wrong != errors.Is(err, action.ErrWrongReply) {
				t.Errorf("raised: %t, %v", !wrong, err)
			}
			if asked.Load() != 1 {
				t.Errorf("sent %d times", asked.Load())
			}
		})
	}
}

func TestNobodyThereDidNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, err = client(t, httpapi.Options{URL: "http://" + l.Addr().String()}).Do(t.Context(), cancelW1)
	if !fault.Is(err, fault.Unavailable) || errors.Is(err, action.ErrUnknownOutcome) {
		t.Error(err)
	}
}

// A kept connection that breaks under a write must not make net/http send it again.
func TestABrokenKeptConnectionIsNotARetry(t *testing.T) {
	var writes atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "GET" {
			io.Copy(io.Discard, r.Body)
			writes.Add(1)
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, `{"id":"ann_1"}`)
	})
	if _, err := c.Customer(t.Context(), "ann_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), cancelW1); !errors.Is(err, action.ErrUnknownOutcome) || writes.Load() != 1 {
		t.Errorf("sent %d times: %v", writes.Load(), err)
	}
}

func TestATimeOutAfterSendingIsUnknown(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(arrived)
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := c.Do(ctx, cancelW1); !errors.Is(err, action.ErrUnknownOutcome) {
		t.Error(err)
	}
}

// Reads: answers about somebody else, or that cannot be believed, never come through.
func TestReadsAreNotBelievedBlindly(t *testing.T) {
	answer := ""
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer) })
	ctx := t.Context()
	order := func() error { _, err := c.Order(ctx, "#W1"); return err }
	orders := func() error { _, err := c.CustomerOrders(ctx, "ann_1"); return err }
	email := func() error { _, err := c.CustomerByEmail(ctx, "ann@example.com"); return err }
	for name, x := range map[string]struct {
		answer string
		ask    func() error
		wrong  bool
		kind   fault.Kind
	}{
		"fine":                        {answer: `{"id":"#W1","customer":"ann_1","unknown":[1]}`, ask: order},
		"another order":               {`{"id":"#W2","customer":"ann_1"}`, order, true, fault.Unavailable},
		"no order":                    {`{}`, order, false, fault.Unavailable},
		"a list":                      {`[]`, order, false, fault.Unavailable},
		"price that is no whole":      {`{"id":"#W1","customer":"a","items":[{"id":"x","product":"p","price_cents":1.5}]}`, order, false, fault.Unavailable},
		"too many items":              {`{"id":"#W1","customer":"a","items":[` + strings.Repeat(`{"id":"x","product":"p"},`, 600) + `{"id":"x","product":"p"}]}`, order, false, fault.Unavailable},
		"very deep":                   {strings.Repeat(`{"a":`, 9_000), order, false, fault.Unavailable},
		"empty":                       {``, order, false, fault.Unavailable},
		"orders of another among own": {`{"orders":[{"id":"1","customer":"ann_1"},{"id":"2","customer":"bob_2"}]}`, orders, true, fault.Unavailable},
		"bare list of orders":         {answer: `[{"id":"1","customer":"ann_1"}]`, ask: orders},
		"orders that are no list":     {`{"orders":{}}`, orders, false, fault.Unavailable},
		"another e-mail address":      {`{"id":"bob_2","email":"bob@example.com"}`, email, true, fault.Unavailable},
		"a list of one customer":      {answer: `{"customers":[{"id":"ann_1","email":"Ann@example.com"}]}`, ask: email},
		"a list of none":              {`[]`, email, false, fault.NotFound},
		"a list of two":               {`[{"id":"ann_1"},{"id":"bob_2"}]`, email, true, fault.Unavailable},
	} {
		answer = x.answer
		if err := x.ask(); fault.KindOf(err) != x.kind || errors.Is(err, action.ErrWrongReply) != x.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
	answer = `{"id":"#W1","customer":"ann_1","status":"pending\u0007` + strings.Repeat("x", 1000) + `","items":[{"id":"x","product":"p","name":"a\nb"}]}`
	if o, err := c.Order(ctx, "#W1"); err != nil || len(o.Status) > action.MaxText || strings.Contains(string(o.Status), "\a") || o.Items[0].Name != "a b" {
		t.Errorf("texts are not tidied: %+v, %v", o, err)
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for _, o := range []httpapi.Options{{}, {URL: "orders.example.com"}, {URL: "ftp://x"}, {URL: "http://"}, {URL: "http://x?y=z"}, {URL: "http://x", Token: "a\nb"}} {
		if _, err := httpapi.New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

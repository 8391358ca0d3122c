package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
	"balie/internal/fault"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// docs opens a real store in dir.
func docs(t *testing.T, dir string) *document.Collection[demo.Record] {
	t.Helper()
	e, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return document.In(e, "demo", document.Options[demo.Record]{})
}

func TestConnector(t *testing.T) {
	connectortest.Run(t, func(t *testing.T, fixture []byte) action.System {
		return demo.New(demo.Bytes(fixture), docs(t, t.TempDir()), clock)
	})
}

// failing is a store of which the nth put fails, before or after it reached the disk.
type failing struct {
	demo.Docs[demo.Record]
	left  int
	after bool
}

var errDisk = errors.New("disk is full")

func (f *failing) Put(ctx context.Context, id string, r demo.Record, rev uint64) (uint64, error) {
	if f.left--; f.left != 0 {
		return f.Docs.Put(ctx, id, r, rev)
	}
	if f.after {
		if _, err := f.Docs.Put(ctx, id, r, rev); err != nil {
			return 0, err
		}
	}
	return 0, errDisk
}

// A crash at any put, before or after it is on disk: started again, the write happened once or not at all, Outcome knows
// which, and sending it again brings it to once.
func TestACrashAtEveryPut(t *testing.T) {
	for _, after := range []bool{false, true} {
		for nth := 1; nth <= 5; nth++ {
			t.Run(fmt.Sprintf("put %d, on disk %t", nth, after), func(t *testing.T) { crash(t, nth, after) })
		}
	}
}

func crash(t *testing.T, nth int, after bool) {
	ctx, store := t.Context(), docs(t, t.TempDir())
	shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), store, clock)
	former := action.Write{Key: "k0", Kind: action.ModifyItems, Customer: "ann_1", Order: "#W1", Method: "gift_1", Swaps: []action.Swap{{From: "s-red", To: "s-blue"}}}
	first, err := shop.Do(ctx, former)
	if err != nil {
		t.Fatal(err)
	}
	w := action.Write{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "no longer needed"}
	_, failed := demo.New(demo.Bytes([]byte(connectortest.Fixture)), &failing{store, nth, after}, clock).Do(ctx, w)

	again := demo.New(demo.Bytes([]byte(connectortest.Fixture)), store, clock)
	o, err := again.Order(ctx, "#W7")
	if err != nil {
		t.Fatal(err)
	}
	r, found, err := again.Outcome(ctx, "k1")
	if done := o.Status == action.Cancelled; err != nil || found != done {
		t.Errorf("outcome says %t, %v; the order is %s", found, err, o.Status)
	}
	if failed != nil && found && !errors.Is(failed, action.ErrUnknownOutcome) {
		t.Errorf("it happened, and the caller was told %v", failed)
	}
	if failed == nil && !found {
		t.Error("the caller was told it happened")
	}
	retried, err := again.Do(ctx, w)
	if err != nil || found && retried != r {
		t.Errorf("again: %+v, %v; outcome was %+v", retried, err, r)
	}
	c, err := again.Customer(ctx, "ann_1")
	if err != nil || *c.Methods[2].Balance != 2000-500+1000 {
		t.Errorf("balance %s, %v", *c.Methods[2].Balance, err)
	}
	if got, found, err := again.Outcome(ctx, "k0"); err != nil || !found || got != first {
		t.Errorf("the write before: %+v, %t, %v", got, found, err)
	}
}

func TestDaysAgoCountFromTheFirstLoad(t *testing.T) {
	store, now := docs(t, t.TempDir()), noon
	open := func() action.Order {
		o, err := demo.New(demo.Bytes([]byte(connectortest.Fixture)), store, func() time.Time { return now }).Order(t.Context(), "#W2")
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	first := open()
	if want := noon.AddDate(0, 0, -7); !first.DeliveredAt.Equal(want) || !first.ReturnUntil.Equal(want.AddDate(0, 0, 30)) {
		t.Errorf("delivered %s, returns until %s", first.DeliveredAt, first.ReturnUntil)
	}
	now = noon.AddDate(0, 1, 0)
	if later := open(); !later.DeliveredAt.Equal(first.DeliveredAt) {
		t.Errorf("a month later delivered %s", later.DeliveredAt)
	}
}

func TestTwoNodesOnOneStore(t *testing.T) {
	store := docs(t, t.TempDir())
	a := demo.New(demo.Bytes([]byte(connectortest.Fixture)), store, clock)
	b := demo.New(demo.Bytes([]byte(connectortest.Fixture)), store, clock)
	done := make(chan error)
	for i := range 10 {
		shop := []*demo.Shop{a, b}[i%2]
		go func() {
			_, err := shop.Do(t.Context(), action.Write{Key: fmt.Sprint("k", i), Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "no longer needed"})
			done <- err
		}()
	}
	won := 0
	for range 10 {
		if err := <-done; err == nil {
			won++
		} else if action.ReasonOf(err) != action.AlreadyCancelled {
			t.Error(err)
		}
	}
	if c, err := b.Customer(t.Context(), "ann_1"); err != nil || won != 1 || *c.Methods[2].Balance != 3000 {
		t.Errorf("%d won, balance %s, %v", won, *c.Methods[2].Balance, err)
	}
}

func TestPreviewTellsAndKeepsNothing(t *testing.T) {
	shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), docs(t, t.TempDir()), clock)
	w := action.Write{Key: "k1", Kind: action.ReturnItems, Customer: "ann_1", Order: "#W2", Items: []action.ItemID{"s-red"}, Method: "card_1"}
	told, err := action.Guard{System: shop}.Preview(t.Context(), w)
	if err != nil || told.Amount != -2500 || told.Status != action.ReturnRequested {
		t.Errorf("preview: %+v, %v", told, err)
	}
	if o, err := shop.Order(t.Context(), "#W2"); err != nil || o.Status != action.Delivered {
		t.Errorf("after a preview: %s, %v", o.Status, err)
	}
	w.Order, w.Items = "#W1", []action.ItemID{"m-blue"}
	if _, err := shop.Preview(t.Context(), w); action.ReasonOf(err) != action.NotDelivered {
		t.Errorf("preview of what is refused: %v", err)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	const ann = `{"id":"a","email":"a@x.nl"}`
	for name, file := range map[string]string{
		"nothing": ``, "no JSON": `{"customers":`, "a list": `[]`, "customer twice": `{"customers":[` + ann + `,{"id":"a"}]}`,
		"shared e-mail": `{"customers":[` + ann + `,{"id":"b","email":"A@x.nl"}]}`, "customer without id": `{"customers":[{}]}`,
		"order of nobody": `{"orders":[{"id":"1","customer":"a"}]}`, "order twice": `{"customers":[` + ann + `],"orders":[{"id":"1","customer":"a"},{"id":"1","customer":"a"}]}`,
		"price that is no number": `{"customers":[` + ann + `],"orders":[{"id":"1","customer":"a","items":[{"id":"x","product":"p","price_cents":1.5}]}]}`,
		"days that are none":      `{"customers":[` + ann + `],"orders":[{"id":"1","customer":"a","placed_days_ago":99999999}]}`,
		"price beyond belief":     `{"products":[{"id":"p","variants":[{"id":"x","price_cents":9223372036854775807}]}]}`,
		"product twice":           `{"products":[{"id":"p"},{"id":"p"}]}`, "item without id": `{"customers":[` + ann + `],"orders":[{"id":"1","customer":"a","items":[{}]}]}`,
	} {
		err := demo.New(demo.Bytes([]byte(file)), docs(t, t.TempDir()), clock).Load(t.Context())
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := demo.New(demo.File("no such file"), docs(t, t.TempDir()), clock).Load(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("no file: %v", err)
	}
}

func TestHandlerKeepsStrangersOut(t *testing.T) {
	shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), docs(t, t.TempDir()), clock)
	for _, c := range []struct {
		token, header string
		want          int
	}{
		{"s3cret", "Bearer s3cret", http.StatusOK}, {"s3cret", "Bearer s3cre", http.StatusUnauthorized}, {"s3cret", "s3cret", http.StatusUnauthorized},
		{"s3cret", "", http.StatusUnauthorized}, {"", "Bearer ", http.StatusUnauthorized}, {"", "", http.StatusUnauthorized},
	} {
		if got := ask(t, demo.Handler(shop, c.token), "GET", "/orders/%23W1", c.header, "").Code; got != c.want {
			t.Errorf("token %q, header %q: %d", c.token, c.header, got)
		}
	}
}

// memory is a store for fuzzing only, where a file for each of a million tries would be too much.
type memory map[string]demo.Record

func (m memory) Get(_ context.Context, id string) (demo.Record, uint64, error) {
	r, ok := m[id]
	if !ok {
		return r, 0, fault.New(fault.NotFound, "There is no such document.")
	}
	return r, 1, nil
}

func (m memory) Put(_ context.Context, id string, r demo.Record, _ uint64) (uint64, error) {
	m[id] = r
	return 1, nil
}

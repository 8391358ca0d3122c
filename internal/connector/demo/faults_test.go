package demo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
	"balie/internal/fault"
)

// watched tells when a write has been done.
type watched struct {
	action.System
	done func()
}

func (w watched) Do(ctx context.Context, x action.Write) (action.Result, error) {
	defer w.done()
	return w.System.Do(ctx, x)
}

// Whatever goes wrong: behind a Guard the caller is told the truth or that it is unknown, Outcome settles it, and nothing
// is done twice.
func TestTroubles(t *testing.T) {
	for _, c := range []struct {
		trouble       demo.Trouble
		done, unknown bool
	}{
		{demo.None, true, false}, {demo.Slow, false, false}, {demo.Fail, false, false}, {demo.LoseRequest, false, true},
		{demo.LoseAnswer, true, true}, {demo.Late, true, true}, {demo.Twice, true, false}, {demo.Foreign, true, true},
	} {
		t.Run(string(c.trouble), func(t *testing.T) {
			shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), docs(t, t.TempDir()), clock)
			if err := shop.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Slow and late are outlasted by a caller that stops waiting: at once, or when the shop has done it.
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			faults := demo.Faults{System: watched{shop, func() {
				if c.trouble == demo.Late {
					cancel()
				}
			}}, Pick: func(op string) demo.Trouble {
				if op == "Do" {
					return c.trouble
				}
				return demo.None
			}, Delay: time.Hour}
			if c.trouble == demo.Slow {
				cancel()
			}
			w := action.Write{Key: "k1", Kind: action.CancelOrder, Customer: "ann_1", Order: "#W7", Reason: "no longer needed"}
			_, err := action.Guard{System: faults}.Do(ctx, w)
			if errors.Is(err, action.ErrUnknownOutcome) != c.unknown || (err == nil) != (c.done && !c.unknown) {
				t.Errorf("told %v", err)
			}
			if _, found, err := faults.Outcome(t.Context(), "k1"); err != nil || found != c.done {
				t.Errorf("outcome: %t, %v", found, err)
			}
			want := action.Money(2000)
			if c.done {
				want = 3000
			}
			if cust, err := shop.Customer(t.Context(), "ann_1"); err != nil || *cust.Methods[2].Balance != want {
				t.Errorf("balance %s, %v", *cust.Methods[2].Balance, err)
			}
		})
	}
}

func TestTroublesOfReads(t *testing.T) {
	shop := demo.New(demo.Bytes([]byte(connectortest.Fixture)), docs(t, t.TempDir()), clock)
	trouble := demo.None
	g := action.Guard{System: demo.Faults{System: shop, Pick: func(string) demo.Trouble { return trouble }, Delay: time.Microsecond}}
	ctx := t.Context()
	reads := map[string]func() error{
		"order":    func() error { _, err := g.Order(ctx, "#W1"); return err },
		"orders":   func() error { _, err := g.CustomerOrders(ctx, "ann_1"); return err },
		"customer": func() error { _, err := g.Customer(ctx, "ann_1"); return err },
		"e-mail":   func() error { _, err := g.CustomerByEmail(ctx, "ann@example.com"); return err },
		"product":  func() error { _, err := g.Product(ctx, "shirt"); return err },
	}
	for _, c := range []struct {
		trouble     demo.Trouble
		fails, lies bool
	}{
		{demo.None, false, false}, {demo.Slow, false, false}, {demo.Late, false, false}, {demo.Twice, false, false},
		{demo.Fail, true, false}, {demo.LoseAnswer, true, false}, {demo.LoseRequest, true, false}, {demo.Foreign, true, true},
	} {
		trouble = c.trouble
		for what, read := range reads {
			err := read()
			if fault.Is(err, fault.Unavailable) != c.fails || errors.Is(err, action.ErrWrongReply) != c.lies {
				t.Errorf("%s of %s: %v", c.trouble, what, err)
			}
		}
	}
}

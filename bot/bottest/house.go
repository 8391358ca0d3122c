// Package bottest is a whole house for tests of the bot: the real store, mail room, ledger, library, ear and demo order system, on a clock
// that the test moves, worked by hand so that nothing depends on timing. Tests import it, and balie flow replay.
package bottest

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/cmd/balie/demo"
	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	connector "balie/internal/connector/demo"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/kb"
)

// TB is what a house asks of whoever opens it: a test, or a command that plays transcripts.
type TB interface {
	Helper()
	Context() context.Context
	TempDir() string
	Cleanup(func())
	Logf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Options change a House. The zero value is the demo shop with its library.
type Options struct {
	Orders     []byte           // an order file instead of the demo's
	NoLibrary  bool             // nothing to quote: quicker to open
	Understand bot.Understander // instead of the embedded one
	Phraser    bot.Phraser
	Flows      *flow.Set                         // instead of the delivered ones
	Country    string                            // of the shop; "NL" if empty
	Plant      func(action.System) action.System // a mistake between the house and its order system

	library *kb.Library
}

// House is everything a conversation needs.
type House struct {
	t       TB
	Log     *relay.Relay
	Engine  *bolt.Engine
	Shop    *connector.Shop
	Journal *actiontest.Journal // what the order system really did
	Ledger  *action.Ledger
	Flows   *flow.Engine
	Bot     *bot.Bot
	Worker  *bot.Worker
	Library *kb.Library
	Trouble func(op string) connector.Trouble // what goes wrong with the order system; nil: nothing

	opt  Options
	mu   sync.Mutex
	now  time.Time
	mail []action.Mail
}

// Broken lists the promises of the ledger that were broken in these conversations, which must be all that acted: see actiontest.Check.
func (h *House) Broken(talks ...*Talk) []string {
	h.t.Helper()
	orders := h.opt.Orders
	if orders == nil {
		orders = demo.Orders
	}
	var f struct {
		Customers []action.Customer
		Orders    []action.Order
	}
	if err := json.Unmarshal(orders, &f); err != nil {
		h.t.Fatal(err)
	}
	all := actiontest.House{Logs: map[chat.ConversationID][]chat.Event{}, Done: h.Journal.Executed(), Customers: f.Customers,
		Orders: map[action.OrderID]action.CustomerID{}, Limits: action.DefaultLimits(), Now: h.Now()}
	for _, o := range f.Orders {
		all.Orders[o.ID] = o.Customer
	}
	for _, k := range talks {
		all.Logs[k.ID] = k.Events()
	}
	return actiontest.Check(all)
}

// Open opens a house in a folder of its own; the test closes it.
func Open(t TB, opt Options) *House {
	t.Helper()
	h := &House{t: t, now: Start, opt: opt, Library: opt.library}
	route := func(c *chat.Conversation, added []chat.Event) []relay.Leave {
		return append(bot.Wants(c, added), action.Wants(c, added)...)
	}
	engine, err := bolt.Open(t.TempDir(), bolt.Options{Route: route, Now: h.Now, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	h.Engine = engine
	h.Log = relay.New(engine, engine, slog.New(slog.DiscardHandler))
	h.openShop(opt)
	if !opt.NoLibrary {
		h.openLibrary()
	}
	h.hire(opt)
	return h
}

// Close closes the house before its test ends.
func (h *House) Close() error { return h.Engine.Close() }

// Again opens a fresh house that shares the library of this one, which takes long to open.
func (h *House) Again(t TB) *House {
	t.Helper()
	opt := h.opt
	opt.NoLibrary, opt.library = true, h.Library
	return Open(t, opt)
}

// AgainWith opens a fresh house that shares the library of this one, and hears with another understander.
func (h *House) AgainWith(t TB, u bot.Understander) *House {
	t.Helper()
	opt := h.opt
	opt.NoLibrary, opt.library, opt.Understand = true, h.Library, u
	return Open(t, opt)
}

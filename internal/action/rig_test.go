package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	"balie/internal/connector/connectortest"
	"balie/internal/connector/demo"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// rig is a house with a real store, the demo order system and a ledger, on a clock that the test moves.
type rig struct {
	*testing.T
	ctx     context.Context
	dir     string
	engine  *bolt.Engine
	shop    *demo.Shop
	journal *actiontest.Journal
	ledger  *action.Ledger
	pick    func(op string) demo.Trouble
	die     *crash
	mails   *mailbox
	set     action.Settings
	file    []byte // the order file

	mu sync.Mutex
	at time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, []byte(connectortest.Fixture))
}

func newRigOn(t *testing.T, file []byte) *rig {
	t.Helper()
	r := &rig{T: t, ctx: t.Context(), dir: t.TempDir(), at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), mails: &mailbox{}, file: file}
	r.set = action.Settings{Timeout: 30 * time.Second, Log: slog.New(slog.DiscardHandler)}
	r.journal = actiontest.NewJournal(nil)
	r.open()
	t.Cleanup(func() { r.engine.Close() })
	return r
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at = r.at.Add(d)
}

// open starts the house from what is on disk.
func (r *rig) open() {
	r.Helper()
	var err error
	r.engine, err = bolt.Open(r.dir, bolt.Options{NoSync: true, Now: r.now, Route: action.Wants})
	if err != nil {
		r.Fatal(err)
	}
	r.shop = demo.New(demo.Bytes(r.file), document.In(r.engine, "demo", document.Options[demo.Record]{}), r.now)
	r.journal.Reopen(r.shop)
	r.die = &crash{Engine: r.engine}
	system := hasty{r: r, Faults: demo.Faults{System: r.journal, Delay: time.Minute, Pick: func(op string) demo.Trouble {
		if r.pick == nil {
			return demo.None
		}
		return r.pick(op)
	}}}
	r.ledger = action.New(r.die, previewing{system, r.shop}, action.Shelves{
		Limits: document.In(r.engine, "limits", document.Options[action.Limits]{History: true}),
		Spent:  document.In(r.engine, "spent", document.Options[action.Spent]{}),
		Links:  document.In(r.engine, "undo_links", document.Options[action.UndoLink]{}),
		Codes:  document.In(r.engine, "codes", document.Options[action.Code]{}),
	}, r.set, r.now)
	r.ledger.Mail(r.mails, "https://chat.example")
}

// previewing keeps the shop's foresight, which Faults does not pass on.
type previewing struct {
	action.System
	shop *demo.Shop
}

// hasty has little patience with an order system that is in trouble, and all the time in the world for one that is not: a slow machine
// is no trouble.
type hasty struct {
	demo.Faults
	r *rig
}

const haste = 30 * time.Millisecond

// Do gives up after a while when there is trouble about.
func (h hasty) Do(ctx context.Context, w action.Write) (action.Result, error) {
	ctx, cancel := h.patience(ctx)
	defer cancel()
	return h.Faults.Do(ctx, w)
}

// Outcome gives up after a while when there is trouble about.
func (h hasty) Outcome(ctx context.Context, key string) (action.Result, bool, error) {
	ctx, cancel := h.patience(ctx)
	defer cancel()
	return h.Faults.Outcome(ctx, key)
}

// Customer gives up after a while when there is trouble about.
func (h hasty) Customer(ctx context.Context, id action.CustomerID) (action.Customer, error) {
	ctx, cancel := h.patience(ctx)
	defer cancel()
	return h.Faults.Customer(ctx, id)
}

// Order gives up after a while when there is trouble about.
func (h hasty) Order(ctx context.Context, id action.OrderID) (action.Order, error) {
	ctx, cancel := h.patience(ctx)
	defer cancel()
	return h.Faults.Order(ctx, id)
}

// CustomerOrders gives up after a while when there is trouble about.
func (h hasty) CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error) {
	ctx, cancel := h.patience(ctx)
	defer cancel()
	return h.Faults.CustomerOrders(ctx, id)
}

func (h hasty) patience(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.r.pick == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, haste)
}

func (p previewing) Preview(ctx context.Context, w action.Write) (action.Result, error) {
	return p.shop.Preview(ctx, w)
}

// reopen is what happens after the process was killed.
func (r *rig) reopen() {
	r.Helper()
	if err := r.engine.Close(); err != nil {
		r.Fatal(err)
	}
	r.pass(10 * time.Second)
	r.open()
}

// crash is a log that stops answering after a number of commits, before or after the last of them reached the disk.
type crash struct {
	*bolt.Engine
	mu    sync.Mutex
	left  int // 0: never
	late  bool
	death bool
}

var errDead = errors.New("the process was killed")

func (c *crash) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	c.mu.Lock()
	if c.death {
		c.mu.Unlock()
		return relay.Appended{}, errDead
	}
	dying := false
	if c.left > 0 && len(a.Drafts) > 0 {
		c.left--
		dying = c.left == 0
	}
	if dying {
		c.death = true
	}
	late := c.late
	c.mu.Unlock()
	if dying && !late {
		return relay.Appended{}, errDead
	}
	done, err := c.Engine.Commit(ctx, a)
	if dying {
		return relay.Appended{}, errDead
	}
	return done, err
}

func (c *crash) dead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.death
}

func (r *rig) commit(a relay.Append) relay.Appended {
	r.Helper()
	done, err := r.engine.Commit(r.ctx, a)
	if err != nil {
		r.Fatalf("commit: %v", err)
	}
	return done
}

func (r *rig) say(conv chat.ConversationID, drafts ...chat.Draft) relay.Appended {
	r.Helper()
	return r.commit(relay.Append{Conv: conv, At: chat.Any, Drafts: drafts})
}

func (r *rig) conv(id chat.ConversationID) chat.Conversation {
	r.Helper()
	c, err := r.engine.Conversation(r.ctx, id)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

// begin opens a conversation of a customer at a level.
func (r *rig) begin(customer string, level chat.Level) chat.ConversationID {
	r.Helper()
	id := chat.NewConversationID(r.now())
	r.say(id, chat.Draft{By: chat.System, Body: &chat.Opened{Site: "demo", Lang: "nl"}},
		chat.Draft{By: chat.System, Body: &chat.Identified{ID: customer, Level: level}})
	return id
}

var dam = &action.Address{Line1: "Dam 9", City: "Amsterdam", Postcode: "1012 JS", Country: "NL"}

func moveOrder() action.Write {
	return action.Write{Kind: action.ChangeOrderAddress, Order: "#W1", Address: dam}
}

func (r *rig) propose(conv chat.ConversationID, w action.Write) chat.ActionMoved {
	r.Helper()
	p, err := r.ledger.Propose(r.conv(conv), "a_name", w, chat.LevelOrder)
	if err != nil {
		r.Fatalf("propose: %v", err)
	}
	return p
}

// card is the bot's commit: the proposal and the card that shows it.
func card(p chat.ActionMoved) []chat.Draft {
	return []chat.Draft{
		{By: chat.Bot, Body: &p},
		{By: chat.Bot, Body: &chat.Message{Text: "Klopt dit?", Card: &chat.Card{Action: p.ID, Title: "Wijzigen"},
			Buttons: []chat.Button{{ID: "b-" + p.ID, Label: "Versturen", Do: "confirm:" + p.ID}}}},
	}
}

func press(id, do string) chat.Draft {
	return chat.Draft{By: chat.Customer, Body: &chat.Message{Text: "Versturen", Pressed: &chat.Button{ID: id, Label: "Versturen", Do: do}}}
}

func confirmed(p chat.ActionMoved) chat.Draft {
	return chat.Draft{By: chat.Customer, Body: &chat.ActionMoved{ID: p.ID, Name: p.Name, State: chat.ActionConfirmed}}
}

// agree goes the honest way from a write to its confirmation.
func (r *rig) agree(conv chat.ConversationID, w action.Write) string {
	r.Helper()
	p := r.propose(conv, w)
	r.say(conv, card(p)...)
	r.say(conv, press("b-"+p.ID, "confirm:"+p.ID))
	r.say(conv, confirmed(p))
	return p.ID
}

// run does what the mail room does, on the test's clock: every task that is due, until none is. It returns when the next one is.
func (r *rig) run() time.Time {
	r.Helper()
	w := r.ledger.Worker()
	for range 1000 {
		tasks, next, err := r.engine.Claim(r.ctx, w.Name(), 8, time.Minute)
		if err != nil {
			r.Fatal(err)
		}
		if len(tasks) == 0 {
			return next
		}
		for _, t := range tasks {
			if !r.work(w, t) {
				return next
			}
		}
	}
	r.Fatal("the worker never rests")
	return time.Time{}
}

func (r *rig) work(w relay.Worker, t relay.Task) bool {
	r.Helper()
	for range 20 {
		err := w.Work(r.ctx, t)
		switch {
		case err == nil:
			return true
		case errors.Is(err, errDead):
			return false
		case fault.Is(err, fault.Conflict) && !errors.Is(err, relay.ErrLease):
			continue
		case errors.Is(err, relay.ErrLease):
			return true
		}
		r.commit(relay.Append{Conv: t.Conv, At: chat.Any, Settle: []relay.Settle{{Task: t, Later: r.now().Add(time.Second), Failed: true}}})
		return true
	}
	r.Fatalf("task %s never gets past a conflict", t.Name)
	return false
}

// rest lets time pass until nothing is left to do, at most d.
func (r *rig) rest(d time.Duration) {
	r.Helper()
	end := r.now().Add(d)
	for range 10_000 {
		next := r.run()
		if next.IsZero() || next.After(end) || r.die.dead() {
			return
		}
		if wait := next.Sub(r.now()); wait > 0 {
			r.pass(wait)
		}
	}
	r.Fatal("there is always something to do")
}

func (r *rig) state(conv chat.ConversationID, id string) chat.Action {
	r.Helper()
	c := r.conv(conv)
	a := c.Action(id)
	if a == nil {
		r.Fatalf("no act %s", id)
	}
	return *a
}

func (r *rig) wantState(conv chat.ConversationID, id string, want chat.ActionState, why action.Reason) {
	r.Helper()
	a := r.state(conv, id)
	if a.State != want || (want != chat.ActionDone && a.Reason != string(why)) {
		r.Errorf("act is %s (%s), want %s (%s)", a.State, a.Reason, want, string(why))
	}
}

func (r *rig) wantTimes(id string, want int) {
	r.Helper()
	if n := r.journal.Times(id); n != want {
		r.Errorf("the order system did %s %d times, want %d", id, n, want)
	}
}

func (r *rig) events(conv chat.ConversationID) []chat.Event {
	r.Helper()
	evs, err := r.engine.Read(r.ctx, conv, 0, 10_000)
	if err != nil {
		r.Fatal(err)
	}
	return evs
}

// phases are the states that the log tells of an act, in order.
func (r *rig) phases(conv chat.ConversationID, id string) string {
	out := ""
	for _, e := range r.events(conv) {
		if b, ok := e.Body.(*chat.ActionMoved); ok && b.ID == id {
			out += string(b.State) + " "
		}
	}
	return out
}

// bigShop is an order file of many customers, each with one pending order and some delivered ones of one item at 10.00.
func bigShop(customers, delivered int) []byte {
	type obj = map[string]any
	address := obj{"line1": "Dam 1", "city": "Amsterdam", "postcode": "1012 JS", "country": "NL"}
	f := obj{"currency": "EUR", "return_days": 30, "products": []obj{{"id": "mug", "name": "Mug", "variants": []obj{
		{"id": "m-blue", "options": obj{"colour": "blue"}, "available": true, "price_cents": 1000},
		{"id": "m-white", "options": obj{"colour": "white"}, "available": true, "price_cents": 1000}}}}}
	var cs, os []obj
	for c := range customers {
		id := fmt.Sprintf("cust_%d", c)
		cs = append(cs, obj{"id": id, "first_name": "C", "last_name": "D", "email": fmt.Sprintf("c%d@example.com", c), "address": address,
			"payment_methods": []obj{{"id": fmt.Sprintf("card_%d", c), "kind": "credit_card"}}})
		for n := range delivered + 1 {
			status := "delivered"
			if n == 0 {
				status = "pending"
			}
			os = append(os, obj{"id": fmt.Sprintf("#%d-%d", c, n), "customer": id, "status": status, "address": address, "delivered_days_ago": 3,
				"items":    []obj{{"id": "m-blue", "product": "mug", "name": "Mug", "price_cents": 1000, "options": obj{"colour": "blue"}}},
				"payments": []obj{{"kind": "payment", "amount_cents": 1000, "method": fmt.Sprintf("card_%d", c)}}})
		}
	}
	f["customers"], f["orders"] = cs, os
	return raw(f)
}

func giveBack(c, n int) action.Write {
	return action.Write{Kind: action.ReturnItems, Order: action.OrderID(fmt.Sprintf("#%d-%d", c, n)), Items: []action.ItemID{"m-blue"}, Method: action.MethodID(fmt.Sprintf("card_%d", c))}
}

type mailbox struct {
	mu   sync.Mutex
	sent []action.Mail
	fail error
}

func (m *mailbox) Send(_ context.Context, mail action.Mail) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.sent = append(m.sent, mail)
	return nil
}

func (m *mailbox) last() action.Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.sent) == 0 {
		return action.Mail{}
	}
	return m.sent[len(m.sent)-1]
}

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return b
}

func limitsOf(r *rig) *document.Collection[action.Limits] {
	return document.In(r.engine, "limits", document.Options[action.Limits]{History: true})
}

// house is everything that there is to check after a run.
func (r *rig) house(convs ...chat.ConversationID) actiontest.House {
	r.Helper()
	h := actiontest.House{Logs: map[chat.ConversationID][]chat.Event{}, Done: r.journal.Executed(), Limits: action.DefaultLimits(), Now: r.now(),
		Orders: map[action.OrderID]action.CustomerID{}}
	if l, _, err := limitsOf(r).Get(r.ctx, "limits"); err == nil {
		h.Limits = l
	}
	for _, c := range convs {
		h.Logs[c] = r.events(c)
	}
	var f struct {
		Customers []action.Customer
		Orders    []action.Order
	}
	if err := json.Unmarshal(r.file, &f); err != nil {
		r.Fatal(err)
	}
	h.Customers = f.Customers
	for _, o := range f.Orders {
		h.Orders[o.ID] = o.Customer
	}
	return h
}

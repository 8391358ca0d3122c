// Package bottest is a whole house for tests of the bot: the real store, mail room, ledger, library, ear and demo order system, on a clock
// that the test moves, worked by hand so that nothing depends on timing. Tests import it, and balie flow replay.
package bottest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/nlu"
	"balie/cmd/balie/demo"
	"balie/internal/action"
	"balie/internal/action/actiontest"
	"balie/internal/chat"
	connector "balie/internal/connector/demo"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
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

// Send keeps what would be mailed.
func (h *House) Send(_ context.Context, m action.Mail) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.mail = append(h.mail, m)
	return nil
}

// Mail is everything that was mailed, oldest first.
func (h *House) Mail() []action.Mail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.mail)
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// Code is the one-time code that was last mailed; "" if none was.
func (h *House) Code() string {
	for _, m := range slices.Backward(h.Mail()) {
		if code := sixDigits.FindString(m.Subject); code != "" {
			return code
		}
	}
	return ""
}

// Start is when a house opens: a Saturday at noon.
var Start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

var model = sync.OnceValues(func() (*nlu.Model, error) {
	examples, background := nlu.Builtin()
	for _, s := range flow.Sentences() {
		examples = append(examples, nlu.Example{Text: s.Text, Intent: s.Flow, Lang: s.Lang})
	}
	return nlu.Train(examples, nlu.Options{Background: background})
})

var delivered = sync.OnceValue(func() *flow.Set { return flow.NewSet(flow.Builtin()...) })

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

func (h *House) openShop(opt Options) {
	orders := opt.Orders
	if orders == nil {
		orders = demo.Orders
	}
	h.Shop = connector.New(connector.Bytes(orders), document.In(h.Engine, "demo", document.Options[connector.Record]{}), h.Now)
	h.Journal = actiontest.NewJournal(h.Shop)
	var below action.System = h.Journal
	if opt.Plant != nil {
		below = opt.Plant(below)
	}
	system := previewing{connector.Faults{System: below, Pick: h.pick}, h.Shop}
	h.Ledger = action.New(h.Log, system, action.Shelves{
		Limits: document.In(h.Engine, "limits", document.Options[action.Limits]{History: true}),
		Spent:  document.In(h.Engine, "spent", document.Options[action.Spent]{}),
		Links:  document.In(h.Engine, "undo_links", document.Options[action.UndoLink]{}),
		Codes:  document.In(h.Engine, "codes", document.Options[action.Code]{}),
	}, action.Settings{Log: slog.New(slog.DiscardHandler)}, h.Now)
	h.Ledger.Mail(h, "")
}

func (h *House) pick(op string) connector.Trouble {
	if h.Trouble == nil {
		return connector.None
	}
	return h.Trouble(op)
}

// previewing keeps the shop's foresight, which Faults does not pass on.
type previewing struct {
	connector.Faults
	shop *connector.Shop
}

// Preview is the shop's.
func (p previewing) Preview(ctx context.Context, w action.Write) (action.Result, error) {
	return p.shop.Preview(ctx, w)
}

func (h *House) openLibrary() {
	articles := document.In(h.Engine, "articles", document.Options[kb.Article]{History: true})
	lib, err := kb.Open(h.t.TempDir(), articles, kb.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { lib.Close() })
	if _, err := lib.ImportFS(h.t.Context(), demo.Library, kb.ImportOptions{}); err != nil {
		h.t.Fatal(err)
	}
	if err := lib.Sync(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.Library = lib
}

func (h *House) hire(opt Options) {
	m, err := model()
	if err != nil {
		h.t.Fatal(err)
	}
	country := opt.Country
	if country == "" {
		country = "NL"
	}
	ear := bot.Listener{Model: func() *nlu.Model { return m }, Country: country}
	set := opt.Flows
	if set == nil {
		set = delivered()
	}
	var shelf bot.Shelf
	var library bot.Library
	if h.Library != nil {
		library = h.Library
		shelf.Library = library
	}
	system := connector.Faults{System: h.Shop, Pick: h.pick}
	h.Flows = flow.New(func() *flow.Set { return set }, system, h.Ledger, shelf, flow.Options{})
	embedded := bot.Embedded{Ear: ear, Flows: h.Flows, Library: library}
	understand := &bot.Understand{By: embedded, Flows: h.Flows, Shelf: shelf, Ear: ear}
	if opt.Understand != nil {
		understand.By, understand.Else = opt.Understand, embedded
	}
	h.Bot = bot.New(ear, bot.Escape{Asks: nlu.AsksForPerson}, bot.Care{},
		&bot.Routines{Flows: h.Flows, Ledger: h.Ledger, Understand: understand}, understand, bot.Stuck{})
	h.Worker = &bot.Worker{Bot: h.Bot, Log: h.Log, Now: h.Now, Phraser: opt.Phraser}
}

// Now is the house's clock.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass moves the clock, and lets the house do what became due.
func (h *House) Pass(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	h.Work()
}

// Work does every task that is due, until none is.
func (h *House) Work() {
	h.t.Helper()
	workers := []relay.Worker{h.Worker, h.Ledger.Worker()}
	for range 200 {
		idle := true
		for _, w := range workers {
			tasks, _, err := h.Engine.Claim(h.t.Context(), w.Name(), 8, time.Minute)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, task := range tasks {
				idle = false
				h.do(w, task)
			}
		}
		if idle {
			return
		}
	}
	h.t.Fatal("the house never rests")
}

func (h *House) do(w relay.Worker, task relay.Task) {
	for range 20 {
		err := w.Work(h.t.Context(), task)
		switch {
		case err == nil, errors.Is(err, relay.ErrLease):
			return
		case fault.Is(err, fault.Conflict):
			continue
		}
		h.t.Logf("%s: %v", w.Name(), err)
		later := h.Now().Add(time.Second)
		h.Log.Commit(h.t.Context(), relay.Append{Conv: task.Conv, At: chat.Any, Settle: []relay.Settle{{Task: task, Later: later, Failed: true}}})
		return
	}
	h.t.Fatalf("%s never gets past a conflict", w.Name())
}

// Talk is one conversation, from the customer's side.
type Talk struct {
	h    *House
	ID   chat.ConversationID
	seen chat.Seq
}

// Begin opens a conversation on a page in a language.
func (h *House) Begin(lang string) *Talk {
	h.t.Helper()
	talk := &Talk{h: h, ID: chat.NewConversationID(h.Now())}
	talk.append(chat.Draft{By: chat.System, Body: &chat.Opened{Site: "demo", Lang: lang}})
	return talk
}

func (k *Talk) append(drafts ...chat.Draft) {
	k.h.t.Helper()
	if _, err := k.h.Log.Append(k.h.t.Context(), k.ID, chat.Any, drafts...); err != nil {
		k.h.t.Fatal(err)
	}
	k.h.Pass(time.Second)
}

// Tell lets the bot say something that it would not.
func (k *Talk) Tell(text string) {
	k.append(chat.Draft{By: chat.Bot, Body: &chat.Message{Text: text}})
}

// SignIn is what the website's token says.
func (k *Talk) SignIn(customer string) {
	k.append(chat.Draft{By: chat.System, Body: &chat.Identified{Level: chat.LevelSignedIn, ID: customer, How: "jwt"}})
}

// Say sends words and lets the house work.
func (k *Talk) Say(text string) {
	k.h.t.Helper()
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}})
}

// Press presses the newest button with this label, as the customer's door does it: by its id.
func (k *Talk) Press(label string) error {
	c := k.Conversation()
	for i := len(c.Buttons) - 1; i >= 0; i-- {
		if b := c.Buttons[i]; b.Label == label {
			k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: b.Label, Pressed: &b}})
			return nil
		}
	}
	return fmt.Errorf("there is no button %q", label)
}

// PressButton presses this very button.
func (k *Talk) PressButton(b chat.Button) {
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Text: b.Label, Pressed: &b}})
}

// Submit sends the open form.
func (k *Talk) Submit(values map[string]string) error {
	c := k.Conversation()
	if c.Form == nil {
		return errors.New("no form is open")
	}
	k.append(chat.Draft{By: chat.Customer, Body: &chat.Message{Submit: &chat.Submission{Form: c.Form.ID, Values: values}}})
	return nil
}

// Conversation is the folded state.
func (k *Talk) Conversation() chat.Conversation {
	c, err := k.h.Log.Conversation(k.h.t.Context(), k.ID)
	if err != nil {
		k.h.t.Fatal(err)
	}
	return c
}

// Events are all events so far.
func (k *Talk) Events() []chat.Event {
	evs, err := k.h.Log.Read(k.h.t.Context(), k.ID, 0, 10_000)
	if err != nil {
		k.h.t.Fatal(err)
	}
	return evs
}

// New returns what was added since New was last called.
func (k *Talk) New() []chat.Event {
	var out []chat.Event
	for _, e := range k.Events() {
		if e.Seq > k.seen {
			out, k.seen = append(out, e), e.Seq
		}
	}
	return out
}

// Last is the bot's last message; nil if it has said nothing yet.
func (k *Talk) Last() *chat.Message {
	evs := k.Events()
	for i := len(evs) - 1; i >= 0; i-- {
		if m, ok := evs[i].Body.(*chat.Message); ok && evs[i].By.Role == chat.RoleBot {
			return m
		}
	}
	return nil
}

// Do changes the world: "wait 26h", "orders up|down|fail|lose" (down: nothing answers; fail: a write is refused a connection; lose: a write
// happens and its answer is lost), "mail" (show what was mailed last, codes left out), "code" and "code wrong" (type the one last mailed, or
// another), "sign in CUSTOMER", "order #P10001" and "customer ID" (show how the order system has it now).
func (k *Talk) Do(command string) ([]string, error) {
	verb, rest, _ := strings.Cut(command, " ")
	switch verb {
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return nil, fmt.Errorf("wait: %w", err)
		}
		k.h.Pass(d)
		return nil, nil
	case "orders":
		return nil, k.h.setTrouble(rest)
	case "mail":
		all := k.h.Mail()
		if len(all) == 0 {
			return []string{"mail: none"}, nil
		}
		m := all[len(all)-1]
		return []string{"mail to " + m.To + ": " + sixDigits.ReplaceAllString(m.Subject, "000000")}, nil
	case "code":
		code := k.h.Code()
		if rest == "wrong" {
			code = strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
		}
		k.Say(code)
		return nil, nil
	case "sign":
		k.SignIn(strings.TrimPrefix(rest, "in "))
		k.New()
		return nil, nil
	case "order":
		o, err := k.h.Shop.Order(k.h.t.Context(), action.OrderID(rest))
		if err != nil {
			return nil, err
		}
		line := fmt.Sprintf("order %s: %s, to %s, %s %s", o.ID, o.Status, o.Address.Line1, o.Address.Postcode, o.Address.City)
		if len(o.ReturnItems) > 0 {
			line += fmt.Sprintf(", returns %v", o.ReturnItems)
		}
		return []string{line}, nil
	case "customer":
		c, err := k.h.Shop.Customer(k.h.t.Context(), action.CustomerID(rest))
		if err != nil {
			return nil, err
		}
		return []string{fmt.Sprintf("customer %s: %s, %s %s, %s", c.ID, c.Address.Line1, c.Address.Postcode, c.Address.City, c.Email)}, nil
	}
	return nil, fmt.Errorf("%q is nothing that can be done to the world", command)
}

func (h *House) setTrouble(what string) error {
	kinds := map[string]func(op string) connector.Trouble{
		"up":   nil,
		"down": func(string) connector.Trouble { return connector.Fail },
		"fail": func(op string) connector.Trouble {
			if op == "Do" {
				return connector.Fail
			}
			return connector.None
		},
		"lose": func(op string) connector.Trouble {
			if op == "Do" {
				return connector.LoseAnswer
			}
			return connector.None
		},
	}
	f, ok := kinds[what]
	if !ok {
		return fmt.Errorf("orders cannot be %q", what)
	}
	h.Trouble = f
	return nil
}

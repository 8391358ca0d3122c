package bottest

import (
	"context"
	"log/slog"
	"sync"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/nlu"
	"balie/cmd/balie/demo"
	"balie/internal/action"
	"balie/internal/action/actiontest"
	connector "balie/internal/connector/demo"
	"balie/internal/store/document"
	"balie/kb"
)

var model = sync.OnceValues(func() (*nlu.Model, error) {
	examples, background := nlu.Builtin()
	for _, s := range flow.Sentences() {
		examples = append(examples, nlu.Example{Text: s.Text, Intent: s.Flow, Lang: s.Lang})
	}
	return nlu.Train(examples, nlu.Options{Background: background})
})

var delivered = sync.OnceValue(func() *flow.Set { return flow.NewSet(flow.Builtin()...) })

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

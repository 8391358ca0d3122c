package main

import (
	"context"
	"log/slog"
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/review"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/kb"
	"balie/web"
)

// openEditors makes the workshop in which editors hold their drafts against the bot and against what customers asked, and the worker
// that finds the questions without a good answer.
func openEditors(h *house, zone *time.Location, country string) (*web.Editors, hand) {
	past := &review.History{Log: h.relay, Lists: h.data.engine, Now: time.Now}
	gaps := &kb.Gaps{Groups: h.data.gaps, Misses: h.data.misses, Now: time.Now}
	looking := voiceOf(h.ear, flow.NewSet(flow.Builtin()...), nowhere{}, nowhere{}, zone, country)
	shop := &kb.Workshop{Library: h.data.library, Store: h.data.articles, Voice: review.Voice(looking, time.Now), Past: past.Past, Gaps: gaps, Log: h.log}
	intents := teachable()
	lessons := &kb.Lessons{Store: h.data.taught, Now: time.Now, Intents: func() []string { return namesOf(intents) }}
	return &web.Editors{Workshop: shop, Gaps: gaps, Works: h.data.works, Votes: h.data.votes, Pictures: h.data.pictures, Mask: review.Mask,
		Proposals: h.data.proposed, Lessons: lessons, Intents: intents,
		Used: func(ctx context.Context) (map[string][3]int, error) { return usedLately(ctx, past) },
		Answer: func(ctx context.Context, conv string, seq uint64, lang string) (string, error) {
			events, err := h.relay.Read(ctx, chat.ConversationID(conv), chat.Seq(seq), 500)
			return review.GoodAnswer(events, chat.Seq(seq), lang), err
		},
	}, hand{&review.Worker{Log: h.relay, Gaps: gaps}, relay.Settings{Parallel: 1}}
}

// teachable are the wishes that editors can give examples of: every routine, a question for the library, and to speak with a person.
func teachable() []web.Intent {
	out := []web.Intent{{ID: "ask"}, {ID: "human"}}
	for _, f := range flow.Builtin() {
		out = append(out, web.Intent{ID: f.Name, Label: map[string]string{"nl": f.Title.In("nl", nil), "en": f.Title.In("en", nil)}})
	}
	return out
}

func namesOf(intents []web.Intent) (out []string) {
	for _, i := range intents {
		out = append(out, i.ID)
	}
	return out
}

// lately is how far back the editors' figures look, in days.
const lately = 30

func usedLately(ctx context.Context, past *review.History) (map[string][3]int, error) {
	seen, err := past.Look(ctx, time.Now().AddDate(0, 0, -lately))
	if err != nil {
		return nil, err
	}
	out := make(map[string][3]int, len(seen.Used))
	for key, u := range seen.Used {
		out[key] = [3]int{u.Shown, u.Helped, u.NotHelped}
	}
	return out, nil
}

// voiceOf returns what makes the bot that customers talk to, over any library: its policies, in the order in which they are asked.
func voiceOf(ear *ear, set *flow.Set, orders flow.Orders, ledger flow.Ledger, zone *time.Location, country string) review.Maker {
	listener := bot.Listener{Model: ear.model, Zone: zone, Country: country}
	return func(from kb.Reader) *bot.Bot {
		shelf := bot.Shelf{Library: from}
		flows := flow.New(func() *flow.Set { return set }, orders, ledger, shelf, flow.Options{Location: zone})
		understand := &bot.Understand{By: bot.Embedded{Ear: listener, Flows: flows, Library: from}, Flows: flows, Shelf: shelf, Ear: listener}
		return bot.New(listener,
			bot.Escape{Asks: ear.asksForPerson},
			bot.Care{},
			&bot.Routines{Flows: flows, Ledger: ledger, Understand: understand},
			understand,
			bot.Stuck{})
	}
}

// nowhere is an order system and a ledger for looking back: what was asked is asked of the bot again, and no shop is troubled with it.
type nowhere struct{}

var errNowhere = fault.New(fault.Unavailable, "There is no order system here.")

// Customer is not to be had.
func (nowhere) Customer(context.Context, action.CustomerID) (action.Customer, error) {
	return action.Customer{}, errNowhere
}

// Order is not to be had.
func (nowhere) Order(context.Context, action.OrderID) (action.Order, error) {
	return action.Order{}, errNowhere
}

// CustomerOrders are not to be had.
func (nowhere) CustomerOrders(context.Context, action.CustomerID) ([]action.Order, error) {
	return nil, errNowhere
}

// Product is not to be had.
func (nowhere) Product(context.Context, action.ProductID) (action.Product, error) {
	return action.Product{}, errNowhere
}

// Propose is refused.
func (nowhere) Propose(chat.Conversation, string, any, chat.Level) (chat.ActionMoved, error) {
	return chat.ActionMoved{}, errNowhere
}

// ProposeUndo is refused.
func (nowhere) ProposeUndo(chat.Conversation, string) (chat.ActionMoved, error) {
	return chat.ActionMoved{}, errNowhere
}

// keepEditing publishes what is planned until ctx ends; what goes wrong is logged and tried again.
func keepEditing(ctx context.Context, shop *kb.Workshop, log *slog.Logger) {
	if err := shop.Run(ctx); err != nil && ctx.Err() == nil {
		log.Error("the editors' workshop stopped", "err", err)
	}
}

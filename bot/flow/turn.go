package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// emit adds an event and folds it into the working copy.
func (r *run) emit(by chat.Party, body chat.Body) {
	r.before = append(r.before, chat.Draft{By: by, Body: body})
	r.c = chat.Fold(r.c, chat.Event{Conv: r.c.ID, Seq: r.c.Head + 1, At: r.in.Now, By: by, Body: body})
}

func (r *run) say(text string) {
	if text = strings.TrimSpace(text); text != "" {
		r.said = append(r.said, text)
	}
}

func (r *run) sayKey(key string, pairs ...string) { r.say(texts.Say(r.c.Lang, key, pairs...)) }

// button adds a button with a text of the house.
func (r *run) button(key, do, style string) { r.buttonText(texts.Say(r.c.Lang, key), do, style) }

func (r *run) buttonText(label, do, style string) {
	if len(r.buttons) < 8 {
		id := "b-" + r.in.Seq.String() + "-" + strconv.Itoa(len(r.buttons)+1)
		r.buttons = append(r.buttons, chat.Button{ID: id, Label: trimmed(label, 80), Do: do, Style: style})
	}
}

// set keeps a slot, if it is not that already.
func (r *run) set(s *Slot, v any, verified bool) {
	value, err := json.Marshal(v)
	if err != nil {
		return // only types of this package come here; they all marshal
	}
	if old, ok := r.c.Slots[s.Name]; ok && string(old.Value) == string(value) && old.Verified == verified && old.From >= r.in.WishAt {
		return
	}
	if s.Type == TypeItems { // what was chosen in their place belonged to the former ones
		for _, other := range r.flow.Slots {
			if other.Type == TypeSwaps {
				r.unset(other)
			}
		}
	}
	owner := r.flow.Name
	if s.Keep {
		owner = ""
	}
	r.emit(chat.Bot, &chat.SlotSet{Name: s.Name, Value: value, Flow: owner, From: r.in.Seq, Verified: verified})
}

func (r *run) unset(s *Slot) {
	if _, ok := r.c.Slots[s.Name]; ok {
		r.emit(chat.Bot, &chat.SlotSet{Name: s.Name, Value: json.RawMessage("null"), From: r.in.Seq})
	}
}

func (r *run) isSet(s *Slot) bool { _, ok := r.c.Slots[s.Name]; return ok }

// wait stops here until the customer, or the ledger, has spoken.
func (r *run) wait(s *Step, wait string, tries int) {
	f := r.c.Flow
	if f != nil && f.Step == s.ID && f.Wait == wait && f.Tries == tries {
		return
	}
	r.emit(chat.Bot, &chat.FlowMoved{Flow: r.flow.Name, State: chat.FlowAt, Step: s.ID, Wait: wait, Tries: tries})
}

// load reads the customer, and the order in the order slot if it is theirs, once a turn. Of anybody else's it keeps nothing.
func (r *run) load() error {
	if !known(r.c) {
		return nil
	}
	if r.cust == nil {
		cust, err := r.e.orders.Customer(r.ctx, action.CustomerID(r.c.Customer.ID))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("read customer: %w", err)
		}
		if err == nil {
			r.cust = &cust
		}
	}
	s := r.flow.first(TypeOrder)
	var id string
	if s == nil || !r.c.Slot(s.Name, &id) || r.order != nil && string(r.order.ID) == id {
		return nil
	}
	r.order = nil
	o, err := r.e.orders.Order(r.ctx, action.OrderID(id))
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return fmt.Errorf("read order: %w", err)
	case string(o.Customer) == r.c.Customer.ID:
		r.order = &o
	}
	return nil
}

// orders returns the customer's own, newest first.
func (r *run) orders() ([]action.Order, error) {
	if !known(r.c) || r.all != nil {
		return r.all, nil
	}
	all, err := r.e.orders.CustomerOrders(r.ctx, action.CustomerID(r.c.Customer.ID))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read customer's orders: %w", err)
	}
	r.all = slices.DeleteFunc(all, func(o action.Order) bool { return string(o.Customer) != r.c.Customer.ID })
	return r.all, nil
}

// trouble tells the customer honestly that the order system does not answer, and keeps the flow where it is.
func (r *run) trouble(s *Step, err error) error {
	switch {
	case errors.Is(err, action.ErrWrongReply):
		r.escalate(chat.ReasonActionFailed, 2, "The order system answered about something else.", texts.Say(r.c.Lang, "act.failed.person"))
		return nil
	case fault.Is(err, fault.Unavailable):
		slog.Warn("order system unavailable in flow", "conv", r.c.ID, "flow", r.flow.Name, "err", err)
		r.said, r.buttons, r.form, r.card = nil, nil, nil, nil
		r.sayKey("orders.down")
		r.button("again", "again", "primary")
		r.button("person", "human", "")
		r.speech = chat.ActFailed
		r.wait(s, "again", 0)
		return nil
	}
	return err
}

// quote tells what an article says. An article that is not there is left out: the flow's own words stand.
func (r *run) quote(article, section string) {
	if r.e.articles == nil {
		return
	}
	text, source, err := r.e.articles.Excerpt(r.ctx, r.c.Lang, article, section)
	if err != nil {
		slog.Warn("quote article in flow", "conv", r.c.ID, "article", article, "err", err)
		return
	}
	r.say(text)
	r.sources = append(r.sources, source)
}

// finish makes the turn's message.
func (r *run) finish(err error) (Outcome, error) {
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Used: true, Before: r.before, After: r.after}
	if len(r.said) == 0 && r.card == nil && r.form == nil {
		return out, nil
	}
	if r.speech == "" {
		r.speech = chat.ActTell
	}
	out.Say = &chat.Message{Text: strings.Join(r.said, "\n\n"), Lang: r.c.Lang, Sources: r.sources, Buttons: r.buttons, Form: r.form, Card: r.card,
		Act: r.speech, Missed: r.missed, Intent: r.intent()}
	return out, nil
}

func (r *run) intent() string {
	if r.flow == nil {
		return ""
	}
	return r.flow.Name
}

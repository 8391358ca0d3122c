package flow

import (
	"errors"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// propose brings a typed write to the ledger and shows its card. Everything on the card comes from validated values.
func (r *run) propose(s *Step) error {
	if err := r.load(); err != nil {
		return err
	}
	w := r.write(s)
	if r.e.ledger == nil || r.cust == nil {
		r.escalate(chat.ReasonPolicy, 0, "Wants: "+string(w.Kind)+" "+string(w.Order), texts.Say(r.c.Lang, "act.limit"))
		return nil
	}
	if key, value := r.asItIs(w); key != "" {
		r.sayKey(key, "value", value)
		r.end(chat.FlowDone, "same")
		return nil
	}
	moved, err := r.e.ledger.Propose(r.c, string(w.Kind), w, s.Level)
	if err != nil {
		return r.refused(s, err)
	}
	r.emit(chat.Bot, &moved)
	r.say(s.Text.In(r.c.Lang, r.vars()))
	r.addCard(s, w, moved.ID)
	r.wait(s, "confirm:"+moved.ID, 0)
	return nil
}

// asItIs is what to say when a write would change nothing: "" when it does.
func (r *run) asItIs(w action.Write) (key, value string) {
	switch {
	case w.Address != nil && strings.Join(words(oneLine(complete(*w.Address, action.Address{}))), "") == strings.Join(words(oneLine(r.oldAddress())), ""):
		return "same.address", oneLine(r.oldAddress())
	case w.Contact != nil && strings.EqualFold(w.Contact.Email, r.cust.Email) && w.Contact.Phone == r.cust.Phone:
		return "same.contact", ""
	}
	return "", ""
}

// addCard puts the card under the turn's message, with the only buttons that can confirm or change it.
func (r *run) addCard(s *Step, w action.Write, id string) {
	r.card = r.cardOf(s, w, id)
	r.button("send", "confirm:"+id, "primary")
	r.button("change", "change:"+id, "")
	r.speech = chat.ActAsk
}

// showCard shows an open proposal once more: a press counts only on the card itself.
func (r *run) showCard(s *Step, id string) error {
	if err := r.load(); err != nil {
		return r.trouble(s, err)
	}
	if r.cust == nil || s.Kind != Propose {
		return nil
	}
	r.addCard(s, r.write(s), id)
	return nil
}

// write fills in the act from the flow's slots.
func (r *run) write(s *Step) action.Write {
	w := action.Write{Kind: s.Write, Customer: action.CustomerID(r.c.Customer.ID)}
	var contact action.Contact
	if r.cust != nil {
		contact = action.Contact{Email: r.cust.Email, Phone: r.cust.Phone}
	}
	for field, slot := range s.With {
		switch field {
		case "order":
			r.c.Slot(slot, &w.Order)
		case "address":
			var a action.Address
			if r.c.Slot(slot, &a) {
				w.Address = &a
			}
		case "items":
			r.c.Slot(slot, &w.Items)
		case "swaps":
			r.c.Slot(slot, &w.Swaps)
		case "method":
			r.c.Slot(slot, &w.Method)
		case "reason":
			r.c.Slot(slot, &w.Reason)
		case "email":
			r.c.Slot(slot, &contact.Email)
		case "phone":
			r.c.Slot(slot, &contact.Phone)
		}
	}
	if s.Write == action.ChangeContact {
		w.Contact = &contact
	}
	return w
}

// refused tells why the order system, or the house, does not do it.
func (r *run) refused(s *Step, err error) error {
	reason := action.ReasonOf(err)
	switch {
	case reason == "" && fault.Is(err, fault.Forbidden):
		r.escalate(chat.ReasonPolicy, 0, "Above the chatbot's limit: "+string(s.Write), texts.Say(r.c.Lang, "act.limit"))
		return nil
	case reason == "" && fault.Is(err, fault.Unauthorized):
		r.escalate(chat.ReasonPolicy, 0, "The customer has to prove who they are for: "+string(s.Write), texts.Say(r.c.Lang, "identify.level"))
		return nil
	case reason == "" || errors.Is(err, action.ErrUnknownOutcome):
		return err
	}
	i := r.flow.step(s.ID)
	return r.tellRefusal(r.flow.Steps[r.following(i)], reason)
}

// tellRefusal says what is known of a refusal, and ends the flow or goes where its branch leads.
func (r *run) tellRefusal(result *Step, reason action.Reason) error {
	branch := result.Outcome[string(reason)]
	text := r.reasonText(reason)
	if text == "" {
		text = texts.Say(r.c.Lang, "act.failed")
	}
	if branch == nil {
		branch = &Branch{}
		if f := result.Outcome["failed"]; f != nil && r.reasonText(reason) == "" {
			branch = f
		}
	}
	if branch.Text != nil {
		text = branch.Text.In(r.c.Lang, r.vars())
	}
	r.say(text)
	if branch.Article != "" {
		r.quote(branch.Article, "")
	}
	if branch.Next != "" {
		return r.advance(r.flow.step(branch.Next))
	}
	r.button("person", "human", "")
	r.end(chat.FlowFailed, string(reason))
	return nil
}

// result tells what became of the act.
func (r *run) result(i int) error {
	s, a := r.flow.Steps[i], r.act
	if err := r.load(); err != nil {
		r.order, r.cust = nil, nil // what happened can be told without them
	}
	switch a.State {
	case chat.ActionDone:
		return r.done(s, a)
	case chat.ActionUnknown:
		r.sayKey("act.unknown") // the ledger finds out, or fetches a person; either way the flow hears of it
		r.button("person", "human", "")
		r.speech = chat.ActPromise
		return nil
	case chat.ActionExpired:
		r.sayKey("press.expired.gone")
		r.end(chat.FlowFailed, "expired")
		return nil
	}
	r.speech = chat.ActFailed
	if reason := action.Reason(a.Reason); r.reasonText(reason) != "" || s.Outcome[a.Reason] != nil || s.Outcome["failed"] != nil {
		return r.tellRefusal(s, reason)
	}
	r.escalate(chat.ReasonActionFailed, 1, "Failed: "+a.Name+" "+a.ID+" "+a.Reason, texts.Say(r.c.Lang, "act.failed.person"))
	return nil
}

func (r *run) done(s *Step, a *chat.Action) error {
	branch := s.Outcome["done"]
	text := branch.Text.In(r.c.Lang, r.vars())
	r.say(text)
	if a.UndoUntil.After(r.in.Now) {
		r.sayKey("act.undo_until", "until", moment(r.c.Lang, a.UndoUntil, r.in.Now, r.e.opt.Location))
		r.button("undo", "undo:"+a.ID, "")
	}
	if branch.Next != "" {
		return r.advance(r.flow.step(branch.Next))
	}
	r.end(chat.FlowDone, "")
	return nil
}

// cardOf draws the card: what is now, and what will be.
func (r *run) cardOf(s *Step, w action.Write, id string) *chat.Card {
	lang := r.c.Lang
	c := &chat.Card{Action: id, Title: s.Card.In(lang, r.vars())}
	row := func(key, before, after string) {
		if after != "" {
			c.Rows = append(c.Rows, chat.Row{Label: texts.Say(lang, key), Before: before, After: after})
		}
	}
	row("card.order", "", string(w.Order))
	switch w.Kind {
	case action.ChangeOrderAddress:
		row("card.delivery", oneLine(r.oldAddress()), oneLine(*w.Address))
	case action.ChangeCustomerAddress:
		row("card.address", oneLine(r.oldAddress()), oneLine(*w.Address))
	case action.ChangeContact:
		if w.Contact.Email != r.cust.Email {
			row("card.email", r.cust.Email, w.Contact.Email)
		}
		if w.Contact.Phone != r.cust.Phone {
			row("card.phone", r.cust.Phone, w.Contact.Phone)
		}
	case action.ReturnItems, action.Withdraw, action.CancelOrder:
		r.refundRows(w, row)
	case action.ExchangeItems, action.ModifyItems:
		r.swapRows(w, row)
	case action.ModifyPayment:
		r.payRows(w, row)
	}
	return c
}

func (r *run) refundRows(w action.Write, row func(key, before, after string)) {
	if r.order == nil {
		return
	}
	ids := w.Items
	if len(ids) == 0 {
		ids = idsAt(r.order.Items, others(nil, len(r.order.Items)))
	}
	row("card.items", "", strings.Join(r.namesOf(ids), ", "))
	row("card.amount", "", money(r.c.Lang, r.order.Currency, r.worth(ids)))
	method := w.Method
	if method == "" {
		method = paidWith(*r.order)
	}
	if m, ok := r.cust.Method(method); ok {
		row("card.refund", "", methodLabel(r.c.Lang, m))
	}
	if w.Reason != "" {
		row("card.reason", "", r.reasonLabel(w.Reason))
	}
}

func (r *run) reasonLabel(value string) string {
	for _, s := range r.flow.Slots {
		for _, o := range s.Options {
			if o.Value == value {
				return o.Label.In(r.c.Lang, nil)
			}
		}
	}
	return value
}

func (r *run) worth(ids []action.ItemID) action.Money {
	var sum action.Money
	used := make([]bool, len(r.order.Items))
	for _, id := range ids {
		for i, it := range r.order.Items {
			if it.ID == id && !used[i] {
				used[i], sum = true, sum+it.Price
				break
			}
		}
	}
	return sum
}

func (r *run) swapRows(w action.Write, row func(key, before, after string)) {
	if r.order == nil {
		return
	}
	for _, s := range w.Swaps {
		if it, v, ok := r.swapped(s); ok {
			row("card.swap", it.Name+optionsIn(it.Options), it.Name+optionsIn(v.Options))
		}
	}
	difference := r.difference(w.Swaps)
	switch {
	case difference > 0:
		row("card.amount", "", texts.Say(r.c.Lang, "card.more", "amount", money(r.c.Lang, r.order.Currency, difference)))
	case difference < 0:
		row("card.amount", "", texts.Say(r.c.Lang, "card.less", "amount", money(r.c.Lang, r.order.Currency, -difference)))
	default:
		row("card.amount", "", texts.Say(r.c.Lang, "card.equal"))
	}
	if m, ok := r.cust.Method(w.Method); ok {
		row("card.pay", "", methodLabel(r.c.Lang, m))
	}
}

// payRows shows how an order was to be paid, and how it will be.
func (r *run) payRows(w action.Write, row func(key, before, after string)) {
	before := ""
	if r.order != nil {
		if m, ok := r.cust.Method(paidWith(*r.order)); ok {
			before = methodLabel(r.c.Lang, m)
		}
	}
	if m, ok := r.cust.Method(w.Method); ok {
		row("card.payment", before, methodLabel(r.c.Lang, m))
	}
}

// swapped finds both sides of a swap; false when either cannot be seen now.
func (r *run) swapped(s action.Swap) (action.Item, action.Variant, bool) {
	at := slices.IndexFunc(r.order.Items, func(it action.Item) bool { return it.ID == s.From })
	if at < 0 {
		return action.Item{}, action.Variant{}, false
	}
	it := r.order.Items[at]
	p, err := r.e.orders.Product(r.ctx, it.Product)
	if err != nil {
		return it, action.Variant{}, false
	}
	v, ok := p.Variant(s.To)
	return it, v, ok
}

// difference is what the customer pays more for the swaps.
func (r *run) difference(swaps []action.Swap) action.Money {
	var sum action.Money
	for _, s := range swaps {
		if it, v, ok := r.swapped(s); ok {
			sum += v.Price - it.Price
		}
	}
	return sum
}

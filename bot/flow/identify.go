package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// slotTries counts wrong combinations over the whole conversation, so that a new flow is not a new chance to guess.
const slotTries = "identify_tries"

// absorb fills slots from the words that began the flow, as far as those can be only one thing.
func (r *run) absorb() {
	taken := map[Type]bool{}
	for _, s := range r.flow.Slots {
		if taken[s.Type] {
			continue
		}
		v, ok := r.heardFirst(s)
		if words := r.in.Given[s.Name]; !ok && words != "" {
			v, ok = r.read(s, words)
		}
		if ok {
			taken[s.Type] = true
			if s.Type == TypeOrder && !r.sameOrder(s, v) {
				r.forgetOrder()
			}
			r.set(s, v, false)
		}
	}
}

func (r *run) sameOrder(s *Slot, v any) bool {
	var old string
	return r.c.Slot(s.Name, &old) && old == v
}

func (r *run) heardFirst(s *Slot) (any, bool) {
	switch s.Type {
	case TypeOrder:
		id := r.orderOfWish(s)
		return id, id != ""
	case TypePostcode:
		whole := withStreet(r.in.Facts.Addresses) // a postcode of its own, not that of the address to go to
		own := slices.DeleteFunc(postcodeNL.FindAllString(strings.ToUpper(r.in.Text), 5), func(m string) bool {
			return slices.ContainsFunc(whole, func(a action.Address) bool { return samePostcode(a.Postcode, m) })
		})
		if len(own) > 0 {
			var order string
			if sl := r.flow.first(TypeOrder); sl != nil {
				r.c.Slot(sl.Name, &order)
			}
			code, err := r.fitting(order, own)
			return code, err == nil // the order system's silence is met again where the proof is asked for
		}
		if len(whole) > 0 {
			return nil, false
		}
		if m := postcodeWord.FindStringSubmatch(r.in.Text); m != nil {
			return m[1], true
		}
	case TypeAddress:
		if whole := withStreet(r.in.Facts.Addresses); len(whole) == 1 {
			return whole[0], true
		}
	case TypeEmail, TypePhone:
		v, ok := simple(s, r.in)
		return v, ok
	case TypeDate:
		v, ok := r.dayToCome(s)
		return v, ok
	}
	return nil, false
}

// withStreet leaves out what is only a postcode or a town: that proves something, or says nothing yet.
func withStreet(list []action.Address) []action.Address {
	return slices.DeleteFunc(slices.Clone(list), func(a action.Address) bool { return a.Line1 == "" })
}

// orderOfWish is the order that a wish is about. A wish that waited for another, told in one breath with two numbers, is about the number
// that the other did not take.
func (r *run) orderOfWish(s *Slot) string {
	id := findOrderFact(r.in)
	var last string
	if o := r.in.Facts.Orders; len(o) == 2 && r.in.WishAt != r.in.Seq && r.c.Slot(s.Name, &last) && strings.EqualFold(strings.Trim(last, "#"), strings.Trim(o[0], "#")) {
		return o[1]
	}
	return id
}

// findOrderFact is the order number that the ear found, or what looks surely like one.
func findOrderFact(in Input) string {
	if len(in.Facts.Orders) > 0 {
		return in.Facts.Orders[0]
	}
	for _, m := range orderForm.FindAllString(in.Text, 5) {
		if strings.HasPrefix(m, "#") || hasLetter(m) && len(m) > 5 {
			return strings.ToUpper(m)
		}
	}
	return ""
}

// candidates are the order numbers that a customer may have meant: "w2378156", "#W2378156" and "2378156" are one.
func (e *Engine) candidates(said string) []string {
	s := strings.ToUpper(strings.Trim(said, "# "))
	out := []string{"#" + s, s}
	if isNumber(s) {
		for _, p := range e.opt.Prefixes {
			out = append(out, p+s)
		}
	}
	return out
}

// hearIdentity takes an order number and a postcode from an answer to the question for them.
func (r *run) hearIdentity() (bool, error) {
	order, postcode := r.flow.first(TypeOrder), r.flow.first(TypePostcode)
	if used, err := r.hearAddress(order, postcode); used || err != nil {
		return used, err
	}
	var known string
	had := r.c.Slot(order.Name, &known)
	id := findOrderFact(r.in)
	if id == "" || isNumber(id) {
		if found := findOrder(r.in.Text); found != "" {
			id = found
		}
	}
	code, err := r.fitting(cmp.Or(id, known), findPostcodes(r.in.Text, id))
	if err != nil {
		return false, err
	}
	if had && code == "" && isNumber(strings.Trim(id, "#")) && len(id) <= 5 { // a bare "19122" after the order number is the postcode
		id, code = "", id
	}
	if had && id != "" && isNumber(id) && samePostcode(id, code) {
		id = ""
	}
	if id != "" && id != known {
		r.set(order, id, false)
	}
	if code != "" {
		r.set(postcode, code, false)
	}
	return id != "" || code != "", nil
}

// fitting is the first of the postcodes that were said, or the second of two, "van 1015 CX naar 1017 AB", where that one fits the order. Of
// three and more the rest are guesses.
func (r *run) fitting(order string, list []string) (string, error) {
	switch {
	case len(list) == 0:
		return "", nil
	case len(list) == 2 && order != "":
		o, err := r.prove(order, list[1])
		if err != nil {
			return "", err
		}
		if o != nil {
			return list[1], nil
		}
	}
	return list[0], nil
}

// hearAddress deals with a whole address where a postcode was asked for: it may be the old one, which proves something, or the new
// one, which does not and is kept for later.
func (r *run) hearAddress(order, postcode *Slot) (bool, error) {
	sl := r.flow.first(TypeAddress)
	if sl == nil || r.isSet(sl) || len(r.in.Facts.Addresses) == 0 || r.in.Facts.Addresses[0].Line1 == "" {
		return false, nil
	}
	a := r.in.Facts.Addresses[0]
	var said string
	if r.c.Slot(order.Name, &said) && a.Postcode != "" {
		o, err := r.prove(said, a.Postcode)
		if o != nil || err != nil {
			if err == nil {
				r.set(postcode, a.Postcode, false)
			}
			return err == nil, err
		}
	}
	r.set(sl, a, false)
	return true, nil
}

// identify makes sure enough who the customer is. Whether an order exists is told to nobody who does not know its postcode.
func (r *run) identify(i int, s *Step) (int, bool, error) {
	if r.c.Customer.ID != "" && r.c.Customer.Level.AtLeast(s.Level) {
		return r.following(i), false, nil
	}
	if s.Level == chat.LevelCode {
		return r.identifyByCode(s)
	}
	if !chat.LevelOrder.AtLeast(s.Level) {
		if to, ok := r.otherwise(s); ok {
			return to, false, nil
		}
		r.escalate(chat.ReasonPolicy, 0, "The customer has to prove who they are for: "+r.flow.Name, texts.Say(r.c.Lang, "identify.level"))
		return 0, true, nil
	}
	var said, postcode string
	hasOrder := r.c.Slot(r.flow.first(TypeOrder).Name, &said)
	hasCode := r.c.Slot(r.flow.first(TypePostcode).Name, &postcode)
	if !hasOrder || !hasCode {
		r.askIdentity(s, 0)
		return 0, true, nil
	}
	o, err := r.prove(said, postcode)
	if err != nil {
		return 0, false, err
	}
	if o == nil {
		return 0, true, r.wrongIdentity(s)
	}
	cust, err := r.e.orders.Customer(r.ctx, o.Customer)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return 0, false, fmt.Errorf("read customer: %w", err)
	}
	name := strings.TrimSpace(cust.FirstName + " " + cust.LastName)
	r.emit(chat.Bot, &chat.Identified{Level: chat.LevelOrder, ID: string(o.Customer), Name: name, How: "order " + string(o.ID) + " + postcode"})
	r.set(r.flow.first(TypeOrder), string(o.ID), true)
	r.set(r.flow.first(TypePostcode), postcode, true)
	return r.following(i), false, nil
}

// prove returns the order if the postcode is its own, or its customer's; else nil, in the same way whether it exists or not.
func (r *run) prove(said, postcode string) (*action.Order, error) {
	for _, id := range r.e.candidates(said) {
		if !action.ValidID(id) {
			continue
		}
		o, err := r.e.orders.Order(r.ctx, action.OrderID(id))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read order: %w", err)
		}
		if samePostcode(o.Address.Postcode, postcode) {
			return &o, nil
		}
		cust, err := r.e.orders.Customer(r.ctx, o.Customer)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, fmt.Errorf("read customer: %w", err)
		}
		if err == nil && samePostcode(cust.Address.Postcode, postcode) {
			return &o, nil
		}
	}
	return nil, nil
}

func (r *run) wrongIdentity(s *Step) error {
	var tries int
	r.c.Slot(slotTries, &tries)
	tries++
	r.set(&Slot{Name: slotTries, Keep: true}, tries, false)
	if tries >= maxIdentify {
		r.escalate(chat.ReasonPolicy, 0, "The customer could not prove who they are: wrong order number and postcode, several times.", texts.Say(r.c.Lang, "identify.stop"))
		return nil
	}
	if tries == 1 {
		r.sayKey("identify.wrong")
	} else {
		r.sayKey("identify.wrong.again")
		r.button("person", "human", "")
	}
	r.speech = chat.ActReask
	r.wait(s, "identify", tries)
	return nil
}

func (r *run) askIdentity(s *Step, tries int) {
	if s.Level == chat.LevelCode {
		r.askCode(s, tries)
		return
	}
	var order, postcode string
	hasOrder := r.c.Slot(r.flow.first(TypeOrder).Name, &order)
	hasCode := r.c.Slot(r.flow.first(TypePostcode).Name, &postcode)
	switch {
	case hasOrder && hasCode: // they did not fit
		r.sayKey("identify.wrong.again")
	case hasOrder:
		r.sayKey("identify.postcode", "order", order)
	case hasCode:
		r.sayKey("identify.order")
	case s.Ask != nil:
		r.say(s.Ask.In(r.c.Lang, r.vars()))
	default:
		r.say(texts.Say(r.c.Lang, "identify.both") + " " + texts.Say(r.c.Lang, "identify.why"))
	}
	r.speech = chat.ActAsk
	r.wait(s, "identify", tries)
}

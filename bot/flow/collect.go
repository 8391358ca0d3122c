package flow

import (
	"slices"
	"strings"
	"time"

	"balie/internal/action"
)

// collect knows a slot, or asks for it. What was said since the wish arose counts: nobody has to say a thing twice.
func (r *run) collect(i int, s *Step) (next int, stop bool, err error) {
	sl := r.flow.Slot(s.Slot)
	if err := r.load(); err != nil {
		return 0, false, err
	}
	if sl.Type == TypeOrder && known(r.c) {
		return r.collectOrder(i, s, sl)
	}
	if r.isSet(sl) && r.settled(sl) {
		return r.following(i), false, nil
	}
	if v, ok := r.obvious(sl); ok {
		r.set(sl, v, false)
		return r.following(i), false, nil
	}
	if to, ok := r.otherwise(s); ok && r.nothing(sl) {
		return to, false, nil
	}
	return 0, true, r.ask(s, sl, 0)
}

// settled reports whether a slot that is set can be used as it is; an address may have been heard only in part.
func (r *run) settled(sl *Slot) bool {
	if sl.Type != TypeAddress {
		return true
	}
	var a action.Address
	if !r.c.Slot(sl.Name, &a) {
		return false
	}
	whole := complete(a, r.oldAddress())
	if len(addressErrors(whole)) > 0 {
		return false
	}
	if whole != a {
		r.set(sl, whole, false)
	}
	return true
}

// obvious is a value that need not be asked for: said before, or the only one there is.
func (r *run) obvious(sl *Slot) (any, bool) {
	for _, text := range slices.Backward(r.in.Wish) {
		if sl.Type == TypeItems || sl.Type == TypeChoice || sl.Type == TypeMethod || sl.Type == TypeSwaps {
			if v, ok := r.read(sl, text); ok {
				return v, true
			}
		}
	}
	switch sl.Type {
	case TypeText:
		if sl.Wish > 0 && len(r.in.Wish) > 0 && len(words(r.in.Wish[0])) >= sl.Wish {
			in := r.in
			in.Text = strings.TrimRight(r.in.Wish[0], "? ")
			v, ok := simple(sl, in)
			return v, ok
		}
	case TypeItems:
		if r.order != nil && len(r.order.Items) == 1 {
			return idsAt(r.order.Items, []int{0}), true
		}
	case TypeMethod:
		m := r.methods(sl)
		if len(m) == 1 {
			return string(m[0].ID), true
		}
		if id, ok := r.nothingToPay(); ok && slices.ContainsFunc(m, func(m action.PaymentMethod) bool { return m.ID == id }) {
			return string(id), true
		}
	}
	return nil, false
}

// nothingToPay reports that an exchange costs nothing, so that the way to pay is no question.
func (r *run) nothingToPay() (action.MethodID, bool) {
	var swaps []action.Swap
	sl := r.flow.first(TypeSwaps)
	if sl == nil || r.order == nil || !r.c.Slot(sl.Name, &swaps) {
		return "", false
	}
	return paidWith(*r.order), r.difference(swaps) == 0
}

// nothing reports that there is nothing to choose from.
func (r *run) nothing(sl *Slot) bool {
	switch sl.Type {
	case TypeItems:
		return r.order == nil || len(r.order.Items) == 0
	case TypeMethod:
		return len(r.methods(sl)) == 0
	case TypeSwaps:
		fields, err := r.swapFields(sl)
		return err == nil && fields == nil
	}
	return false
}

// takeAnswer reads the answer to the question of a collect step.
func (r *run) takeAnswer(i int, s *Step) (bool, error) {
	if err := r.load(); err != nil {
		return true, r.trouble(s, err)
	}
	sl := r.flow.Slot(s.Slot)
	v, ok := r.read(sl, r.in.Text)
	if day := r.hearDay(sl); day != "" && !ok {
		r.sayKey("day.noted", "day", day)
		return true, r.advance(i)
	}
	if !ok {
		if a, part := v.(action.Address); part { // heard in part: the form asks for the rest
			r.set(sl, a, false)
			return true, r.askAddress(s, sl, "address.incomplete", a)
		}
		if len(words(r.in.Text)) <= 6 && r.several(sl) {
			return true, r.failed(s)
		}
		if s.Optional && r.in.No {
			r.set(sl, "", false)
			return true, r.advance(r.following(i))
		}
		return false, nil
	}
	if sl.Type == TypeOrder {
		r.forgetOrder()
	}
	r.set(sl, v, false)
	return true, r.advance(i)
}

// several reports that the answer names more than one thing that was asked for, and so is an answer and no other wish: "my card", of two.
func (r *run) several(sl *Slot) bool {
	switch sl.Type {
	case TypeMethod:
		return len(r.namedMethods(sl, r.in.Text)) > 1
	case TypeItems:
		if r.order == nil {
			return false
		}
		found, _ := mentions(r.in.Text, r.order.Items)
		return len(found) > 1
	}
	return false
}

// hearDay keeps a day to come that is said beside a choice, or in its place: "maandagochtend" is both. It returns the day in words, "" for none.
func (r *run) hearDay(asked *Slot) string {
	sl := r.flow.first(TypeDate)
	if sl == nil || asked.Type != TypeChoice {
		return ""
	}
	v, ok := r.dayToCome(sl)
	if !ok {
		return ""
	}
	r.set(sl, v, false)
	text, _ := r.slotText(sl)
	return text
}

// dayToCome is the day that the customer speaks of, unless it is over: "de bestelling van 3 november" makes no appointment.
func (r *run) dayToCome(sl *Slot) (string, bool) {
	v, ok := simple(sl, r.in)
	return v, ok && v >= r.in.Now.In(r.e.opt.Location).Format(time.DateOnly)
}

// takeButton reads a button of a collect step. Its value came from here, but is looked at like any other.
func (r *run) takeButton(i int, s *Step, value string) (bool, error) {
	if err := r.load(); err != nil {
		return true, r.trouble(s, err)
	}
	sl := r.flow.Slot(s.Slot)
	switch {
	case value == "" && s.Optional:
		r.set(sl, "", false)
		return true, r.advance(r.following(i))
	case sl.Type == TypeAddress && value == "new":
		return true, r.askAddress(s, sl, "", action.Address{Country: r.oldAddress().Country})
	case sl.Type == TypeAddress:
		known, err := r.knownAddresses()
		if err != nil {
			return true, r.trouble(s, err)
		}
		for _, k := range known {
			if k.key == value {
				r.set(sl, k.address, true)
				return true, r.advance(i)
			}
		}
		return false, nil
	case sl.Type == TypeItems && value == "*" && r.order != nil:
		r.set(sl, idsAt(r.order.Items, others(nil, len(r.order.Items))), false)
		return true, r.advance(i)
	case sl.Type == TypeMethod:
		if !slices.ContainsFunc(r.methods(sl), func(m action.PaymentMethod) bool { return string(m.ID) == value }) {
			return false, nil
		}
	case sl.Type == TypeChoice:
		if !slices.ContainsFunc(sl.Options, func(o Option) bool { return o.Value == value }) {
			return false, nil
		}
	case sl.Type == TypeOrder:
		r.forgetOrder()
	default:
		return false, nil
	}
	r.set(sl, value, false)
	return true, r.advance(i)
}

// read makes a value of what was said; false when there is none in it. For an address heard in part it returns the part and false.
func (r *run) read(sl *Slot, text string) (any, bool) {
	in := r.in
	in.Text = text
	if text != r.in.Text {
		in.Facts = Facts{}
	}
	switch sl.Type {
	case TypeOrder:
		id := findOrderFact(in)
		if id == "" {
			id = findOrder(text)
		}
		if id == "" {
			return r.orderByContent(text)
		}
		return id, true
	case TypePostcode:
		p := findPostcode(text, "")
		return p, p != ""
	case TypeAddress:
		return r.readAddress(in)
	case TypeItems:
		if r.order == nil {
			return nil, false
		}
		found, sure := mentions(text, r.order.Items)
		return idsAt(r.order.Items, found), sure
	case TypeMethod:
		return r.readMethod(sl, text)
	case TypeChoice:
		if r.hearsOrder(in) {
			text += " " + orderWord
		}
		o, ok := pick(sl.Options, text)
		return o.Value, ok
	case TypeSwaps:
		return r.readSwaps(sl, text)
	}
	return simple(sl, in)
}

// orderWord is what an option matches that an order number chooses: who names the order wants what is asked about.
const orderWord = "ordernumber"

// hearsOrder keeps an order number that is said where something else was asked, if none is known.
func (r *run) hearsOrder(in Input) bool {
	sl := r.flow.first(TypeOrder)
	id := findOrderFact(in)
	if sl == nil || id == "" {
		return false
	}
	if !r.isSet(sl) {
		r.set(sl, id, false)
	}
	return true
}

// simple reads the types that need to know nothing else.
func simple(sl *Slot, in Input) (string, bool) {
	first := func(list []string) (string, bool) {
		if len(list) == 0 {
			return "", false
		}
		return list[0], true
	}
	switch sl.Type {
	case TypeEmail:
		return first(in.Facts.Emails)
	case TypePhone:
		return first(in.Facts.Phones)
	case TypeDate:
		return first(in.Facts.Dates)
	case TypeText:
		limit := sl.Max
		if limit <= 0 {
			limit = 500
		}
		text := trimmed(strings.Map(printable, in.Text), limit)
		return text, len(words(text)) > 0 && !strings.HasSuffix(text, "?") && !onlyNumbers(in)
	}
	return "", false
}

// onlyNumbers: an order number with nothing but a postcode beside it tells no story; it is another order.
func onlyNumbers(in Input) bool {
	id := findOrderFact(in)
	if id == "" {
		return false
	}
	rest := strings.ReplaceAll(strings.ToUpper(in.Text), strings.Trim(id, "#"), " ")
	rest = postcodeNL.ReplaceAllString(rest, " ")
	return !slices.ContainsFunc(words(rest), func(w string) bool { return len(w) > 2 && !isNumber(w) })
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

func idsAt(items []action.Item, at []int) []action.ItemID {
	var out []action.ItemID
	for _, i := range at {
		if i >= 0 && i < len(items) {
			out = append(out, items[i].ID)
		}
	}
	return out
}

package flow

import (
	"regexp"
	"slices"
	"strings"

	"balie/internal/action"
	"balie/internal/chat"
)

// collectOrder settles which of the customer's orders it is: the one they named, the only one that fits, or the one that has
// what they speak of.
func (r *run) collectOrder(i int, s *Step, sl *Slot) (int, bool, error) {
	orders, err := r.orders()
	if err != nil {
		return 0, false, err
	}
	var said string
	if r.c.Slot(sl.Name, &said) {
		at := slices.IndexFunc(orders, func(o action.Order) bool { return contains(r.e.candidates(said), string(o.ID)) })
		switch {
		case at < 0:
			r.unset(sl)
			r.sayKey("order.not_yours", "order", said)
		case r.c.Slots[sl.Name].From >= r.in.WishAt && r.in.WishAt > 0, fits(orders[at], s.Where) && !r.speaksOfAnother(orders, at, s.Where):
			r.set(sl, string(orders[at].ID), true)
			r.order = &orders[at]
			return r.following(i), false, nil
		}
	}
	able := slices.DeleteFunc(slices.Clone(orders), func(o action.Order) bool { return !fits(o, s.Where) })
	if o, ok := r.speaksOf(able); ok {
		able = []action.Order{o}
	}
	switch len(able) {
	case 0:
		if to, ok := r.otherwise(s); ok {
			return to, false, nil
		}
		r.sayKey("order.none")
		r.button("person", "human", "")
		r.end(chat.FlowFailed, "no order fits")
		return 0, true, nil
	case 1:
		r.set(sl, string(able[0].ID), true)
		r.order = &able[0]
		return r.following(i), false, nil
	}
	return 0, true, r.ask(s, sl, 0)
}

func fits(o action.Order, where string) bool {
	switch where {
	case "pending":
		return o.Status == action.Pending
	case "delivered":
		return o.Status == action.Delivered
	}
	return true
}

// speaksOf finds the one order that has the articles the customer speaks of.
func (r *run) speaksOf(orders []action.Order) (action.Order, bool) {
	var hit []action.Order
	for _, o := range orders {
		if r.speaksOfIn(o) {
			hit = append(hit, o)
		}
	}
	if len(hit) != 1 {
		return action.Order{}, false
	}
	return hit[0], true
}

func (r *run) speaksOfIn(o action.Order) bool {
	return slices.ContainsFunc(r.in.Wish, func(text string) bool {
		found, _ := named(fold(text), o.Items)
		return len(found) > 0
	})
}

// speaksOfAnother reports that the customer speaks of articles that are not in the order of before, but in another.
func (r *run) speaksOfAnother(orders []action.Order, at int, where string) bool {
	if r.speaksOfIn(orders[at]) {
		return false
	}
	for i, o := range orders {
		if i != at && fits(o, where) && r.speaksOfIn(o) {
			return true
		}
	}
	return false
}

// orderByContent finds the order that has what the text names ("die met de lamp").
func (r *run) orderByContent(text string) (any, bool) {
	orders, err := r.orders()
	if err != nil {
		return nil, false
	}
	var hit []string
	for _, o := range orders {
		if found, _ := named(fold(text), o.Items); len(found) > 0 {
			hit = append(hit, string(o.ID))
		}
	}
	if len(hit) != 1 {
		return nil, false
	}
	return hit[0], true
}

var (
	giftWords  = regexp.MustCompile(`\b(?:gift ?cards?|cadeau\w*|(?:store|shop) ?credit|tegoed\w*|voucher)\b`)
	wherePaid  = regexp.MustCompile(`\b(?:original\w*|oorspronkelijk\w*|zelfde|same|waarmee|(?:how|what|where|with) i paid|i paid (?:with|from|by)|mee (?:heb )?betaald|betaald heb)\b`)
	cardWords  = regexp.MustCompile(`\b(?:(?:my |mijn )?(?:card|bank ?card|kaart|pas|bankpas|pinpas)|credit ?cards?|creditcard|visa|mastercard|amex)\b`)
	toAccount  = regexp.MustCompile(`\b(?:rekening|bankrekening|bank|account|bank account)\b`)
	namedKinds = map[action.MethodKind]*regexp.Regexp{action.GiftCard: giftWords, action.CreditCard: cardWords}
)

// readMethod finds the way to pay that a text means: one that it names, or the one the order was paid with. Where money goes back, "my card"
// and "my account" are what it came from: the card that follows says which that is.
func (r *run) readMethod(sl *Slot, text string) (any, bool) {
	if hit := r.namedMethods(sl, text); len(hit) == 1 {
		return hit[0], true
	}
	return nil, false
}

// namedMethods are the ways to pay that a text may mean.
func (r *run) namedMethods(sl *Slot, text string) []string {
	folded := fold(text)
	rest := giftWords.ReplaceAllString(folded, " ") // a gift card is no card
	var hit, paid, brand []string
	for _, m := range r.methods(sl) {
		id, in := string(m.ID), rest
		if m.Kind == action.GiftCard {
			in = folded
		}
		if r.order != nil && m.ID == paidWith(*r.order) {
			paid = []string{id}
		}
		if names(m, in) {
			hit = append(hit, id)
		}
		if m.Brand != "" && strings.Contains(rest, fold(m.Brand)) || m.LastFour != "" && strings.Contains(rest, m.LastFour) {
			brand = append(brand, id)
		}
	}
	switch {
	case len(brand) > 0:
		return brand
	case len(hit) == 0 && (wherePaid.MatchString(rest) || sl.Methods == "refund" && (cardWords.MatchString(rest) || toAccount.MatchString(rest))):
		return paid
	}
	return hit
}

// names reports that a text names the kind of a way to pay.
func names(m action.PaymentMethod, text string) bool {
	if form := namedKinds[m.Kind]; form != nil {
		return form.MatchString(text)
	}
	kind := strings.ReplaceAll(string(m.Kind), "_", " ")
	return strings.Contains(text, kind) || strings.Contains(strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(kind, " ", ""))
}

// methods are the ways to pay that a slot may take: for a refund where it was paid from, and gift cards; "other" is every one that the
// order is not paid with.
func (r *run) methods(sl *Slot) []action.PaymentMethod {
	if r.cust == nil {
		return nil
	}
	if sl.Methods != "refund" && sl.Methods != "other" || r.order == nil {
		return r.cust.Methods
	}
	from := paidWith(*r.order)
	if sl.Methods == "other" {
		return slices.DeleteFunc(slices.Clone(r.cust.Methods), func(m action.PaymentMethod) bool { return m.ID == from })
	}
	return slices.DeleteFunc(slices.Clone(r.cust.Methods), func(m action.PaymentMethod) bool { return m.ID != from && m.Kind != action.GiftCard })
}

func paidWith(o action.Order) action.MethodID {
	for _, p := range o.Payments {
		if p.Kind == "payment" {
			return p.Method
		}
	}
	return ""
}

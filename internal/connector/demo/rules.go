package demo

import (
	"cmp"
	"slices"
	"time"

	"balie/internal/action"
	"balie/internal/fault"
)

// act is a write being applied to one customer's account: the rules of the demo shop. They are those of the public
// tau2-bench retail domain, with two differences that its policy text asks for and its program forgets: every changed item
// gets its own variant's price, and an article is never exchanged for itself.
type act struct {
	cat     *catalogue
	account *Account
	order   action.Order // the write's order, if it has one; kept by do when the rule agrees
	write   action.Write
	now     time.Time
}

// do applies the write to the account, or refuses and says why. The result still lacks its reference.
func (a *act) do() (action.Result, error) {
	w := a.write
	r := action.Result{Key: w.Key, Kind: w.Kind, Customer: w.Customer, Order: w.Order, At: a.now}
	if w.Order != "" {
		base, ok := a.cat.orders[w.Order]
		if !ok {
			return r, action.Refuse(fault.NotFound, action.UnknownOrder, "We can't find this order.")
		}
		if base.Customer != w.Customer {
			return r, action.Refuse(fault.Forbidden, action.ForeignCustomer, "This order is not yours.")
		}
		a.order = a.account.order(a.cat, w.Order)
	}
	if err := rules[w.Kind](a, &r); err != nil {
		return r, err
	}
	if w.Order != "" {
		if a.account.Orders == nil {
			a.account.Orders = map[action.OrderID]action.Order{}
		}
		a.account.Orders[w.Order] = a.order
		r.Status = a.order.Status
	}
	return r, nil
}

// rules is what the shop does for each kind of write; a rule changes the account and the order, or refuses.
var rules = map[action.WriteKind]func(*act, *action.Result) error{
	action.ChangeCustomerAddress: (*act).customerAddress,
	action.ChangeOrderAddress:    (*act).orderAddress,
	action.ChangeContact:         (*act).contact,
	action.CancelOrder:           (*act).cancel,
	action.ReturnItems:           (*act).returnItems,
	action.Withdraw:              (*act).withdraw,
	action.ExchangeItems:         (*act).exchange,
	action.ModifyItems:           (*act).modifyItems,
	action.ModifyPayment:         (*act).modifyPayment,
	action.CancelReturn:          (*act).cancelReturn,
	action.CancelExchange:        (*act).cancelExchange,
}

func (a *act) customerAddress(*action.Result) error {
	a.account.Customer.Address = *a.write.Address
	return nil
}

func (a *act) orderAddress(*action.Result) error {
	if err := a.needPending(); err != nil {
		return err
	}
	a.order.Address = *a.write.Address
	return nil
}

// contact replaces e-mail and phone. That nobody else has the address is checked by Shop, which can see other accounts.
func (a *act) contact(*action.Result) error {
	a.account.Customer.Email, a.account.Customer.Phone = a.write.Contact.Email, a.write.Contact.Phone
	return nil
}

func (a *act) cancel(r *action.Result) error {
	if err := a.needPending(); err != nil {
		return err
	}
	if a.write.Reason != "no longer needed" && a.write.Reason != "ordered by mistake" {
		return action.Refuse(fault.Invalid, action.ReasonNotAccepted, "This is not a reason for which an order can be cancelled.")
	}
	for _, p := range a.paid() {
		a.move(p.Method, -p.Amount)
		r.Amount, r.Method = r.Amount-p.Amount, cmp.Or(r.Method, p.Method)
	}
	a.order.Status, a.order.CancelReason = action.Cancelled, a.write.Reason
	return nil
}

func (a *act) returnItems(r *action.Result) error {
	if err := a.needDelivered(); err != nil {
		return err
	}
	m, err := a.method(a.write.Method)
	if err != nil {
		return err
	}
	if m.Kind != action.GiftCard && m.ID != a.paidWith() {
		return action.Refuse(fault.Forbidden, action.MethodNotAllowed, "A refund goes to where the order was paid from, or to a gift card.")
	}
	at, err := a.find(a.write.Items)
	if err != nil {
		return err
	}
	for _, i := range at {
		r.Amount -= a.order.Items[i].Price
	}
	r.Method = m.ID
	a.order.Status, a.order.ReturnReason = action.ReturnRequested, a.write.Reason
	a.order.ReturnItems, a.order.ReturnMethod = slices.Sorted(slices.Values(a.write.Items)), m.ID
	return nil
}

// withdraw records the customer's statement and judges nothing: too early, too late or half used is for the shop to find,
// not for a counter to refuse. A delivered order also becomes a return, so that the parcel is expected.
func (a *act) withdraw(r *action.Result) error {
	switch {
	case a.order.Status == action.Cancelled:
		return action.Refuse(fault.Forbidden, action.AlreadyCancelled, "This order is cancelled already.")
	case a.order.Withdrawal != nil:
		return action.Refuse(fault.Forbidden, action.AlreadyRequested, "You have withdrawn from this order already.")
	}
	items := slices.Clone(a.write.Items)
	if len(items) == 0 {
		for _, it := range a.order.Items {
			items = append(items, it.ID)
		}
	}
	at, err := a.find(items)
	if err != nil {
		return err
	}
	for _, i := range at {
		r.Amount -= a.order.Items[i].Price
	}
	r.Method = a.paidWith()
	slices.Sort(items)
	a.order.Withdrawal = &action.Withdrawal{At: a.now, Items: items}
	if a.order.Status == action.Delivered {
		a.order.Status, a.order.ReturnItems, a.order.ReturnMethod = action.ReturnRequested, items, r.Method
	}
	return nil
}

func (a *act) exchange(r *action.Result) error {
	if err := a.needDelivered(); err != nil {
		return err
	}
	_, _, difference, err := a.swap()
	if err != nil {
		return err
	}
	a.order.Status, a.order.ExchangeMethod, a.order.ExchangeDifference = action.ExchangeRequested, a.write.Method, &difference
	for _, s := range a.write.Swaps {
		a.order.ExchangeItems = append(a.order.ExchangeItems, s.From)
		a.order.ExchangeNewItems = append(a.order.ExchangeNewItems, s.To)
	}
	slices.Sort(a.order.ExchangeItems)
	slices.Sort(a.order.ExchangeNewItems)
	r.Amount, r.Method = difference, a.write.Method
	return nil
}

func (a *act) modifyItems(r *action.Result) error {
	if err := a.needPending(); err != nil {
		return err
	}
	at, variants, difference, err := a.swap()
	if err != nil {
		return err
	}
	for n, i := range at {
		v := variants[n]
		a.order.Items[i].ID, a.order.Items[i].Price, a.order.Items[i].Options = v.ID, v.Price, v.Options
	}
	a.move(a.write.Method, difference)
	a.order.Status = action.PendingModified
	r.Amount, r.Method = difference, a.write.Method
	return nil
}

func (a *act) modifyPayment(r *action.Result) error {
	if err := a.needPending(); err != nil {
		return err
	}
	m, err := a.method(a.write.Method)
	if err != nil {
		return err
	}
	if len(a.order.Payments) != 1 || a.order.Payments[0].Kind != "payment" {
		return action.Refuse(fault.Forbidden, action.PaymentChanged, "The way to pay for this order can't be changed any more.")
	}
	first := a.order.Payments[0]
	if first.Method == m.ID {
		return action.Refuse(fault.Invalid, action.SameMethod, "The order is paid that way already.")
	}
	if err := covers(m, first.Amount); err != nil {
		return err
	}
	a.move(m.ID, first.Amount)
	a.move(first.Method, -first.Amount)
	r.Amount, r.Method = first.Amount, m.ID
	return nil
}

func (a *act) cancelReturn(*action.Result) error {
	if a.order.Status != action.ReturnRequested {
		return action.Refuse(fault.Forbidden, action.NothingRequested, "There is no return to take back.")
	}
	o := &a.order
	o.Status, o.ReturnItems, o.ReturnMethod, o.ReturnReason, o.Withdrawal = action.Delivered, nil, "", "", nil
	return nil
}

func (a *act) cancelExchange(*action.Result) error {
	if a.order.Status != action.ExchangeRequested {
		return action.Refuse(fault.Forbidden, action.NothingRequested, "There is no exchange to take back.")
	}
	o := &a.order
	o.Status, o.ExchangeItems, o.ExchangeNewItems, o.ExchangeMethod, o.ExchangeDifference = action.Delivered, nil, nil, "", nil
	return nil
}

func (a *act) needPending() error {
	switch a.order.Status {
	case action.Pending:
		return nil
	case action.PendingModified:
		return action.Refuse(fault.Forbidden, action.AlreadyModified, "This order was changed before and can't be changed again.")
	case action.Cancelled:
		return action.Refuse(fault.Forbidden, action.AlreadyCancelled, "This order is cancelled.")
	}
	return action.Refuse(fault.Forbidden, action.NotPending, "This order is on its way already and can't be changed.")
}

func (a *act) needDelivered() error {
	switch a.order.Status {
	case action.Delivered:
		if !a.order.ReturnUntil.IsZero() && a.now.After(a.order.ReturnUntil) {
			return action.Refuse(fault.Forbidden, action.ReturnWindowClosed, "The time to return this order is over.")
		}
		return nil
	case action.ReturnRequested, action.ExchangeRequested:
		return action.Refuse(fault.Forbidden, action.AlreadyRequested, "A return or exchange was asked for this order already.")
	case action.Cancelled:
		return action.Refuse(fault.Forbidden, action.AlreadyCancelled, "This order is cancelled.")
	}
	return action.Refuse(fault.Forbidden, action.NotDelivered, "This order has not been delivered yet.")
}

// find gives each wanted item a place of its own in the order, so that an article bought once can't be returned twice.
func (a *act) find(wanted []action.ItemID) ([]int, error) {
	var at []int
	used := make([]bool, len(a.order.Items))
	for _, id := range wanted {
		found := -1
		for i, it := range a.order.Items {
			if it.ID == id && !used[i] {
				found = i
				break
			}
		}
		if found < 0 {
			return nil, action.Refuse(fault.Invalid, action.ItemNotInOrder, "One of the items is not in this order.")
		}
		used[found], at = true, append(at, found)
	}
	return at, nil
}

// swap checks the write's swaps: each item is in the order, each new one an available other variant of the same product,
// and the method can bear the difference, which is what the customer pays more.
func (a *act) swap() (at []int, variants []action.Variant, difference action.Money, err error) {
	var from []action.ItemID
	for _, s := range a.write.Swaps {
		from = append(from, s.From)
	}
	if at, err = a.find(from); err != nil {
		return nil, nil, 0, err
	}
	for n, s := range a.write.Swaps {
		item := a.order.Items[at[n]]
		v, ok := a.cat.products[item.Product].Variant(s.To)
		switch {
		case s.From == s.To:
			err = action.Refuse(fault.Invalid, action.SameVariant, "The new item is the same as the old one.")
		case !ok:
			err = action.Refuse(fault.Invalid, action.OtherProduct, "An item can only be changed for another kind of the same product.")
		case !v.Available:
			err = action.Refuse(fault.Forbidden, action.NotAvailable, "The new item is not available.")
		}
		if err != nil {
			return nil, nil, 0, err
		}
		variants, difference = append(variants, v), difference+v.Price-item.Price
	}
	m, err := a.method(a.write.Method)
	if err != nil {
		return nil, nil, 0, err
	}
	return at, variants, difference, covers(m, difference)
}

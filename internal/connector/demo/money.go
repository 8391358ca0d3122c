package demo

import (
	"slices"

	"balie/internal/action"
	"balie/internal/fault"
)

func (a *act) method(id action.MethodID) (action.PaymentMethod, error) {
	m, ok := a.account.Customer.Method(id)
	if !ok {
		return m, action.Refuse(fault.Invalid, action.UnknownMethod, "We don't know this way to pay.")
	}
	return m, nil
}

// paid is what was paid by each method and has not come back, in the order in which the methods were used.
func (a *act) paid() []action.Payment {
	var net []action.Payment
	for _, p := range a.order.Payments {
		amount := p.Amount
		if p.Kind == "refund" {
			amount = -amount
		}
		i := slices.IndexFunc(net, func(n action.Payment) bool { return n.Method == p.Method })
		if i < 0 {
			net = append(net, action.Payment{Method: p.Method})
			i = len(net) - 1
		}
		net[i].Amount += amount
	}
	return slices.DeleteFunc(net, func(n action.Payment) bool { return n.Amount <= 0 })
}

func (a *act) paidWith() action.MethodID {
	if len(a.order.Payments) == 0 {
		return ""
	}
	return a.order.Payments[0].Method
}

// covers tells whether a gift card has enough on it; any other method always has.
func covers(m action.PaymentMethod, amount action.Money) error {
	if m.Kind == action.GiftCard && (m.Balance == nil || *m.Balance < amount) {
		return action.Refuse(fault.Forbidden, action.InsufficientBalance, "There is not enough on the gift card.")
	}
	return nil
}

// move notes a payment (or, below or at zero, a refund) on the order; a gift card's balance follows at once.
func (a *act) move(id action.MethodID, amount action.Money) {
	p := action.Payment{Kind: "payment", Amount: amount, Method: id}
	if amount <= 0 {
		p.Kind, p.Amount = "refund", -amount
	}
	a.order.Payments = append(a.order.Payments, p)
	methods := a.account.Customer.Methods
	i := slices.IndexFunc(methods, func(m action.PaymentMethod) bool { return m.ID == id })
	if i >= 0 && methods[i].Kind == action.GiftCard {
		left := -amount
		if methods[i].Balance != nil {
			left += *methods[i].Balance
		}
		methods[i].Balance = &left
	}
}

package action

import (
	"fmt"
	"strings"
	"unicode"
)

// Tidy makes a customer that came from outside safe to keep and show: ids must be ids and sizes within bounds, else it is
// an error; control characters and broken UTF-8 in other texts become spaces, and overlong texts are cut.
func (c *Customer) Tidy() error {
	if !ValidID(string(c.ID)) || len(c.Methods) > MaxItems {
		return fmt.Errorf("customer %.40q: not a valid id, or too large", c.ID)
	}
	for _, s := range []*string{&c.FirstName, &c.LastName, &c.Email, &c.Phone} {
		*s = clean(*s)
	}
	c.Address.tidy()
	for i := range c.Methods {
		m := &c.Methods[i]
		if !ValidID(string(m.ID)) {
			return fmt.Errorf("customer %s: way to pay %d has no valid id", c.ID, i)
		}
		if m.Balance != nil && !m.Balance.sane() {
			return fmt.Errorf("customer %s: balance of way to pay %s is beyond belief", c.ID, m.ID)
		}
		m.Kind, m.Brand, m.LastFour = MethodKind(clean(string(m.Kind))), clean(m.Brand), clean(m.LastFour)
	}
	return nil
}

// Tidy is Customer.Tidy for an order.
func (o *Order) Tidy() error {
	if !ValidID(string(o.ID)) || !ValidID(string(o.Customer)) {
		return fmt.Errorf("order %.40q of %.40q: not valid ids", o.ID, o.Customer)
	}
	for _, n := range []int{len(o.Items), len(o.Shipments), len(o.Payments), len(o.ReturnItems), len(o.ExchangeItems), len(o.ExchangeNewItems)} {
		if n > MaxItems {
			return fmt.Errorf("order %s: more than %d lines", o.ID, MaxItems)
		}
	}
	o.Status, o.Currency = Status(clean(string(o.Status))), clean(o.Currency)
	o.CancelReason, o.ReturnReason = clean(o.CancelReason), clean(o.ReturnReason)
	o.Address.tidy()
	for i := range o.Items {
		it := &o.Items[i]
		if !ValidID(string(it.ID)) || !ValidID(string(it.Product)) || len(it.Options) > MaxItems {
			return fmt.Errorf("order %s: item %d has no valid ids", o.ID, i)
		}
		if !it.Price.sane() {
			return fmt.Errorf("order %s: price of item %d is beyond belief", o.ID, i)
		}
		it.Name, it.Options = clean(it.Name), cleanMap(it.Options)
	}
	for i := range o.Payments {
		if !o.Payments[i].Amount.sane() {
			return fmt.Errorf("order %s: payment %d is beyond belief", o.ID, i)
		}
		o.Payments[i].Kind = clean(o.Payments[i].Kind)
	}
	return o.tidyShipments()
}

func (o *Order) tidyShipments() error {
	for i := range o.Shipments {
		s := &o.Shipments[i]
		if len(s.Tracking) > MaxItems || len(s.Items) > MaxItems {
			return fmt.Errorf("order %s: parcel %d is too large", o.ID, i)
		}
		s.Carrier = clean(s.Carrier)
		for j := range s.Tracking {
			s.Tracking[j] = clean(s.Tracking[j])
		}
	}
	return nil
}

// Tidy is Customer.Tidy for a product.
func (p *Product) Tidy() error {
	if !ValidID(string(p.ID)) || len(p.Variants) > MaxItems {
		return fmt.Errorf("product %.40q: not a valid id, or too large", p.ID)
	}
	p.Name = clean(p.Name)
	for i := range p.Variants {
		v := &p.Variants[i]
		if !ValidID(string(v.ID)) || len(v.Options) > MaxItems {
			return fmt.Errorf("product %s: variant %d has no valid id", p.ID, i)
		}
		if !v.Price.sane() {
			return fmt.Errorf("product %s: price of variant %d is beyond belief", p.ID, i)
		}
		v.Options = cleanMap(v.Options)
	}
	return nil
}

// sane tells whether m is an amount that a shop can mean; beyond it sums might wrap around.
func (m Money) sane() bool { return m >= -MaxMoney && m <= MaxMoney }

func (a *Address) tidy() {
	for _, s := range []*string{&a.Line1, &a.Line2, &a.City, &a.Region, &a.Postcode, &a.Country, &a.Street, &a.Number, &a.Addition} {
		*s = clean(*s)
	}
}

func cleanMap(m map[string]string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[clean(k)] = clean(v)
	}
	return out
}

func clean(s string) string {
	if validText(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if len(s) > MaxText {
		s = strings.ToValidUTF8(s[:MaxText], "")
	}
	return s
}

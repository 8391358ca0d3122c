// Package action is the ledger: what Balie does to a company's orders, once, with proof and within limits.
//
// This half of it holds the nouns of an order system (customer, order, item, product, address, money) and the two
// small interfaces through which the house reads and writes them. The nouns' JSON form is the layout that an order file
// and the HTTP contract in docs/order-system.yaml share. A connector is right when connectortest says so.
package action

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Ids are the order system's own and opaque to us; each noun has its own type so that they cannot be mixed up.
type (
	CustomerID string
	OrderID    string
	ItemID     string // one article in one colour and size; an order's item and a product's variant share it
	ProductID  string
	MethodID   string // a way to pay that a customer has on file
)

// Money is an amount in hundredths of the shop's currency. Whole numbers, because a refund must not be nearly right.
type Money int64

// String is the amount with two decimals and no currency sign, for logs and operators; the faces format their own.
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// Address is where a parcel goes. Line1, City, Postcode and Country are always there; the others may be empty. Where a
// house number is known on its own, as in the Netherlands, the last three spell Line1 out.
type Address struct {
	Line1    string `json:"line1"`
	Line2    string `json:"line2"`
	City     string `json:"city"`
	Region   string `json:"region"`
	Postcode string `json:"postcode"`
	Country  string `json:"country"`
	Street   string `json:"street,omitempty"`
	Number   string `json:"number,omitempty"`
	Addition string `json:"addition,omitempty"`
}

// Contact is how a customer is reached. A change replaces both: an empty Phone takes the number away.
type Contact struct {
	Email string `json:"email"`
	Phone string `json:"phone"`
}

// Customer is a person as the order system knows them.
type Customer struct {
	ID        CustomerID      `json:"id"`
	FirstName string          `json:"first_name"`
	LastName  string          `json:"last_name"`
	Email     string          `json:"email"`
	Phone     string          `json:"phone,omitempty"`
	Address   Address         `json:"address"`
	Methods   []PaymentMethod `json:"payment_methods"`
}

// MethodKind tells how money moves; a gift card is the only one with a balance.
type MethodKind string

// The ways to pay that have rules of their own; an order system may have others.
const (
	GiftCard   MethodKind = "gift_card"
	CreditCard MethodKind = "credit_card"
	PayPal     MethodKind = "paypal"
)

// PaymentMethod is a way to pay on file. Of a card only the last digits are ever known here.
type PaymentMethod struct {
	ID       MethodID   `json:"id"`
	Kind     MethodKind `json:"kind"`
	Brand    string     `json:"brand,omitempty"`
	LastFour string     `json:"last_four,omitempty"`
	Balance  *Money     `json:"balance_cents,omitempty"`
}

// Status says how far an order is.
type Status string

// The statuses that rules speak of; an order system may have others, which then allow nothing.
const (
	Pending           Status = "pending"
	PendingModified   Status = "pending (item modified)" // items were changed once; nothing more can be changed
	Processed         Status = "processed"
	Delivered         Status = "delivered"
	Cancelled         Status = "cancelled"
	ReturnRequested   Status = "return requested"
	ExchangeRequested Status = "exchange requested"
)

// Order is one purchase. The fields after Payments are empty until the act that they record.
type Order struct {
	ID        OrderID    `json:"id"`
	Customer  CustomerID `json:"customer"`
	Status    Status     `json:"status"`
	Currency  string     `json:"currency,omitempty"`
	Address   Address    `json:"address"`
	Items     []Item     `json:"items"`
	Shipments []Shipment `json:"shipments"`
	Payments  []Payment  `json:"payments"`

	PlacedAt    time.Time `json:"placed_at,omitzero"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
	ReturnUntil time.Time `json:"return_until,omitzero"` // the last moment the shop takes a return; zero means it names none

	CancelReason       string      `json:"cancel_reason,omitempty"`
	ReturnItems        []ItemID    `json:"return_items,omitempty"`
	ReturnMethod       MethodID    `json:"return_payment_method_id,omitempty"`
	ReturnReason       string      `json:"return_reason,omitempty"`
	ExchangeItems      []ItemID    `json:"exchange_items,omitempty"`
	ExchangeNewItems   []ItemID    `json:"exchange_new_items,omitempty"`
	ExchangeMethod     MethodID    `json:"exchange_payment_method_id,omitempty"`
	ExchangeDifference *Money      `json:"exchange_price_difference_cents,omitempty"`
	Withdrawal         *Withdrawal `json:"withdrawal,omitempty"`
}

// Item is one article in an order. The same article bought twice is two items with one id.
type Item struct {
	ID      ItemID            `json:"id"`
	Product ProductID         `json:"product"`
	Name    string            `json:"name"`
	Price   Money             `json:"price_cents"`
	Options map[string]string `json:"options"`
}

// Shipment is a parcel: which items are in it and under what numbers the carrier knows it.
type Shipment struct {
	Carrier  string   `json:"carrier,omitempty"`
	Tracking []string `json:"tracking"`
	Items    []ItemID `json:"items"`
}

// Payment is money that moved: Kind is "payment" or "refund".
type Payment struct {
	Kind   string   `json:"kind"`
	Amount Money    `json:"amount_cents"`
	Method MethodID `json:"method"`
}

// Withdrawal is the customer's statement that they withdraw from the purchase: a right, so the moment is what counts.
type Withdrawal struct {
	At    time.Time `json:"at"`
	Items []ItemID  `json:"items"`
}

// Product is a kind of article with its variants.
type Product struct {
	ID       ProductID `json:"id"`
	Name     string    `json:"name"`
	Variants []Variant `json:"variants"`
}

// Variant is a product in one colour and size.
type Variant struct {
	ID        ItemID            `json:"id"`
	Options   map[string]string `json:"options"`
	Available bool              `json:"available"`
	Price     Money             `json:"price_cents"`
}

// Reader asks an order system. What does not exist is fault.NotFound; what cannot be asked now is fault.Unavailable.
// Returned values are the caller's to keep and change. A Reader does not know who is asking: whoever calls it on behalf
// of a customer compares Order.Customer, or reads through CachedReader.For, which does.
type Reader interface {
	Customer(ctx context.Context, id CustomerID) (Customer, error)
	// CustomerByEmail ignores case. Two customers never share an address.
	CustomerByEmail(ctx context.Context, email string) (Customer, error)
	Order(ctx context.Context, id OrderID) (Order, error)
	// CustomerOrders returns the newest first as far as dates are known; a customer without orders is an empty list,
	// not an error.
	CustomerOrders(ctx context.Context, id CustomerID) ([]Order, error)
	Product(ctx context.Context, id ProductID) (Product, error)
}

// Writer acts on an order system.
type Writer interface {
	// Do carries out w at most once. The same Key with the same content returns the first Result and does nothing; with
	// other content it is fault.IDConflict. A rule of the shop that forbids it is an error with a Reason (see ReasonOf)
	// and changes nothing. When it may or may not have happened, the error is ErrUnknownOutcome: ask Outcome, never guess.
	Do(ctx context.Context, w Write) (Result, error)
	// Outcome tells what became of the write with this key; false means it never happened, which is not an error.
	Outcome(ctx context.Context, key string) (Result, bool, error)
}

// System is an order system: all that a connector is.
type System interface {
	Reader
	Writer
}

// Previewer is what an order system may offer besides: what Do would answer, without doing it, so that a card never
// promises what will be refused. Do may still refuse later; things change.
type Previewer interface {
	Preview(ctx context.Context, w Write) (Result, error)
}

// Method finds one of the customer's ways to pay.
func (c Customer) Method(id MethodID) (PaymentMethod, bool) {
	i := slices.IndexFunc(c.Methods, func(m PaymentMethod) bool { return m.ID == id })
	if i < 0 {
		return PaymentMethod{}, false
	}
	return c.Methods[i], true
}

// Variant finds a variant of the product.
func (p Product) Variant(id ItemID) (Variant, bool) {
	i := slices.IndexFunc(p.Variants, func(v Variant) bool { return v.ID == id })
	if i < 0 {
		return Variant{}, false
	}
	return p.Variants[i], true
}

// Clone copies everything, so that changing the copy changes nothing else.
func (c Customer) Clone() Customer {
	c.Methods = slices.Clone(c.Methods)
	for i := range c.Methods {
		c.Methods[i].Balance = copyOf(c.Methods[i].Balance)
	}
	return c
}

// Clone copies everything, so that changing the copy changes nothing else.
func (o Order) Clone() Order {
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		o.Items[i].Options = maps.Clone(o.Items[i].Options)
	}
	o.Shipments = slices.Clone(o.Shipments)
	for i := range o.Shipments {
		o.Shipments[i].Tracking = slices.Clone(o.Shipments[i].Tracking)
		o.Shipments[i].Items = slices.Clone(o.Shipments[i].Items)
	}
	o.Payments = slices.Clone(o.Payments)
	o.ReturnItems = slices.Clone(o.ReturnItems)
	o.ExchangeItems = slices.Clone(o.ExchangeItems)
	o.ExchangeNewItems = slices.Clone(o.ExchangeNewItems)
	o.ExchangeDifference = copyOf(o.ExchangeDifference)
	if o.Withdrawal = copyOf(o.Withdrawal); o.Withdrawal != nil {
		o.Withdrawal.Items = slices.Clone(o.Withdrawal.Items)
	}
	return o
}

// Clone copies everything, so that changing the copy changes nothing else.
func (p Product) Clone() Product {
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		p.Variants[i].Options = maps.Clone(p.Variants[i].Options)
	}
	return p
}

func copyOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

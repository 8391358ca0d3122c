package action

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"balie/internal/fault"
)

// WriteKind names an act on the order system. The strings are stored and travel; they never change meaning.
type WriteKind string

// The acts. The last two undo: they take back a request that the shop has not handled yet.
const (
	ChangeCustomerAddress WriteKind = "change_customer_address"
	ChangeOrderAddress    WriteKind = "change_order_address"
	ChangeContact         WriteKind = "change_contact"
	CancelOrder           WriteKind = "cancel_order"
	ReturnItems           WriteKind = "return_items"
	Withdraw              WriteKind = "withdraw" // the legal right; recorded, never judged
	ExchangeItems         WriteKind = "exchange_items"
	ModifyItems           WriteKind = "modify_items"
	ModifyPayment         WriteKind = "modify_payment"
	CancelReturn          WriteKind = "cancel_return"
	CancelExchange        WriteKind = "cancel_exchange"
)

// Swap replaces one item by another variant of the same product.
type Swap struct {
	From ItemID `json:"from"`
	To   ItemID `json:"to"`
}

// Write is one act, completely described: what is on the card is what is sent. Kind says which of the fields are set;
// Check refuses a Write with one too few or too many.
type Write struct {
	Key      string     `json:"key"` // minted by the ledger, once for each act; the order system does it once for each key
	Kind     WriteKind  `json:"kind"`
	Customer CustomerID `json:"customer"` // on whose behalf; an order of somebody else is refused
	Order    OrderID    `json:"order,omitempty"`
	Address  *Address   `json:"address,omitempty"`
	Contact  *Contact   `json:"contact,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Items    []ItemID   `json:"items,omitempty"` // for Withdraw, none means all
	Swaps    []Swap     `json:"swaps,omitempty"`
	Method   MethodID   `json:"method,omitempty"` // pays, or gets the refund
}

// Result is the order system's answer to a Write that was carried out, and the ground for a receipt.
type Result struct {
	Key       string     `json:"key"`
	Kind      WriteKind  `json:"kind"`
	Customer  CustomerID `json:"customer"`
	Order     OrderID    `json:"order,omitempty"`
	Reference string     `json:"reference,omitempty"` // the order system's own number for it
	At        time.Time  `json:"at,omitzero"`
	Status    Status     `json:"status,omitempty"`       // of the order, afterwards
	Amount    Money      `json:"amount_cents,omitempty"` // what the customer pays; below zero, what they get back
	Method    MethodID   `json:"method,omitempty"`       // where Amount is taken from or goes to
}

// Sizes beyond which nothing is believed, whoever sends it.
const (
	MaxID    = 200   // bytes of any id or key
	MaxText  = 500   // bytes of any other text
	MaxItems = 500   // items in an order, variants of a product, swaps in a write
	MaxList  = 1_000 // orders of a customer

	MaxMoney Money = 1_000_000_000_000 // ten thousand million; sums of as many as are allowed still fit
)

type need int

const (
	no need = iota
	must
	may
)

type shape struct{ order, address, contact, reason, items, swaps, method need }

var shapes = map[WriteKind]shape{
	ChangeCustomerAddress: {address: must},
	ChangeOrderAddress:    {order: must, address: must},
	ChangeContact:         {contact: must},
	CancelOrder:           {order: must, reason: must},
	ReturnItems:           {order: must, items: must, method: must, reason: may},
	Withdraw:              {order: must, items: may},
	ExchangeItems:         {order: must, swaps: must, method: must},
	ModifyItems:           {order: must, swaps: must, method: must},
	ModifyPayment:         {order: must, method: must},
	CancelReturn:          {order: must},
	CancelExchange:        {order: must},
}

// Check tells whether w is well formed: a known kind, exactly the fields of that kind, every text bounded and printable.
// It knows nothing of orders; whether the act is allowed is the order system's to say. The error is fault.Invalid.
func (w Write) Check() error {
	s, ok := shapes[w.Kind]
	if !ok {
		return Refuse(fault.Invalid, BadRequest, "This is not something that can be done with an order.")
	}
	given := []struct {
		need need
		has  bool
		what string
	}{
		{s.order, w.Order != "", "order number"}, {s.address, w.Address != nil, "address"},
		{s.contact, w.Contact != nil, "contact"}, {s.reason, w.Reason != "", "reason"},
		{s.items, len(w.Items) > 0, "items"}, {s.swaps, len(w.Swaps) > 0, "items to swap"},
		{s.method, w.Method != "", "way to pay"},
	}
	for _, g := range given {
		if g.need == must && !g.has {
			return Refuse(fault.Invalid, BadRequest, "The "+g.what+" is missing.")
		}
		if g.need == no && g.has {
			return Refuse(fault.Invalid, BadRequest, "The "+g.what+" does not belong here.")
		}
	}
	return w.checkValues()
}

func (w Write) checkValues() error {
	ids := []string{w.Key, string(w.Customer)}
	if w.Order != "" {
		ids = append(ids, string(w.Order))
	}
	if w.Method != "" {
		ids = append(ids, string(w.Method))
	}
	if len(w.Items) > MaxItems || len(w.Swaps) > MaxItems {
		return Refuse(fault.TooLong, BadRequest, "That is too many items at once.")
	}
	for _, i := range w.Items {
		ids = append(ids, string(i))
	}
	for _, s := range w.Swaps {
		ids = append(ids, string(s.From), string(s.To))
	}
	for _, id := range ids {
		if !ValidID(id) {
			return Refuse(fault.Invalid, BadRequest, "One of the numbers is not a valid number.")
		}
	}
	if !validText(w.Reason) {
		return Refuse(fault.Invalid, BadRequest, "The reason is too long or holds signs that cannot be used.")
	}
	if w.Address != nil {
		if err := w.Address.Check(); err != nil {
			return err
		}
	}
	if w.Contact != nil {
		return w.Contact.Check()
	}
	return nil
}

// Check tells whether an address can be sent: the needed lines are there and every line is bounded, printable and no markup: somebody's
// label printer or parcel page may not be as careful as ours.
func (a Address) Check() error {
	for _, line := range []string{a.Line1, a.City, a.Postcode, a.Country} {
		if strings.TrimSpace(line) == "" {
			return Refuse(fault.Invalid, BadAddress, "The address needs a street, postcode, city and country.")
		}
	}
	for _, line := range []string{a.Line1, a.Line2, a.City, a.Region, a.Postcode, a.Country, a.Street, a.Number, a.Addition} {
		if !validText(line) || len(line) > MaxID || strings.ContainsAny(line, "<>") {
			return Refuse(fault.Invalid, BadAddress, "The address is too long or holds signs that cannot be used.")
		}
	}
	return nil
}

// Check tells whether a contact can be used: one plain e-mail address, and a phone number or nothing.
func (c Contact) Check() error {
	a, err := mail.ParseAddress(c.Email)
	if err != nil || a.Address != c.Email || len(c.Email) > 254 || !validText(c.Email) {
		return Refuse(fault.Invalid, BadContact, "This is not a valid e-mail address.")
	}
	digits := 0
	for i, r := range c.Phone {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -()./", r):
		default:
			digits = -MaxText
		}
	}
	if c.Phone != "" && (digits < 5 || digits > 15 || len(c.Phone) > 30) {
		return Refuse(fault.Invalid, BadContact, "This is not a valid phone number.")
	}
	return nil
}

// ValidID tells whether s can be an id or a key: not empty, bounded, printable, and no step in a path.
func ValidID(s string) bool {
	return s != "" && len(s) <= MaxID && s != "." && s != ".." && validText(s)
}

func validText(s string) bool {
	return len(s) <= MaxText && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// Fingerprint is equal for two writes exactly when they ask for the same act; the Key plays no part.
func (w Write) Fingerprint() string {
	w.Key = ""
	b, err := json.Marshal(w)
	if err != nil { // strings, slices and pointers to strings always marshal
		panic(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Inverse is the write that takes w back, given the customer and the order as they were just before it, or false when
// nothing can: a cancelled order stays cancelled, and items and payment of a pending order change only once. The order
// system may still refuse it, for instance because the parcel has left. The caller mints the Key.
func Inverse(w Write, c Customer, o Order) (Write, bool) {
	u := Write{Customer: w.Customer, Order: w.Order}
	switch w.Kind {
	case ChangeCustomerAddress:
		u.Kind, u.Address = ChangeCustomerAddress, &c.Address
	case ChangeOrderAddress:
		u.Kind, u.Address = ChangeOrderAddress, &o.Address
	case ChangeContact:
		u.Kind, u.Contact = ChangeContact, &Contact{Email: c.Email, Phone: c.Phone}
	case ReturnItems:
		u.Kind = CancelReturn
	case ExchangeItems:
		u.Kind = CancelExchange
	default:
		return Write{}, false
	}
	return u, true
}

package action

import (
	"errors"

	"balie/internal/fault"
)

// ErrUnknownOutcome marks an error after which nobody can say whether the write happened: it was sent, and no believable
// answer came. Nothing may be sent again; Writer.Outcome, or a person, finds out.
var ErrUnknownOutcome = errors.New("outcome of the write is unknown")

// ErrWrongReply marks an answer that was about something else than the question: another customer, another order. It is
// never shown or used, and whoever sees it raises it to people, because a system that mixes up customers is in danger.
var ErrWrongReply = errors.New("the order system answered about something else")

// UnknownOutcome marks cause as ErrUnknownOutcome, with a text for the customer that promises nothing.
func UnknownOutcome(cause error) error {
	return fault.Wrap(fault.Unavailable, "We can't see yet whether this was done. Please don't send it again.",
		errors.Join(ErrUnknownOutcome, cause))
}

// WrongReply marks cause as ErrWrongReply.
func WrongReply(cause error) error {
	return fault.Wrap(fault.Unavailable, "We can't look this up at the moment.", errors.Join(ErrWrongReply, cause))
}

// Reason is why an order system refuses an act: a short code, so that the bot can explain it with the right article in
// the customer's language. An order system may use others than these.
type Reason string

// The reasons that the house has words for.
const (
	NotPending          Reason = "not_pending"
	AlreadyModified     Reason = "already_modified"
	AlreadyCancelled    Reason = "already_cancelled"
	NotDelivered        Reason = "not_delivered"
	AlreadyRequested    Reason = "already_requested" // a return or an exchange is under way already
	NothingRequested    Reason = "nothing_requested" // there is no return or exchange to take back
	ReturnWindowClosed  Reason = "return_window_closed"
	NotAvailable        Reason = "not_available"
	SameVariant         Reason = "same_variant"
	OtherProduct        Reason = "other_product"
	ItemNotInOrder      Reason = "item_not_in_order"
	UnknownMethod       Reason = "unknown_method"
	SameMethod          Reason = "same_method"
	MethodNotAllowed    Reason = "method_not_allowed" // a refund goes to where it was paid from, or to a gift card
	InsufficientBalance Reason = "insufficient_balance"
	PaymentChanged      Reason = "payment_changed" // the way to pay can be changed once
	ReasonNotAccepted   Reason = "reason_not_accepted"
	ForeignCustomer     Reason = "foreign_customer"
	EmailTaken          Reason = "email_taken"
	UnknownOrder        Reason = "unknown_order"
	UnknownCustomer     Reason = "unknown_customer"
	BadAddress          Reason = "bad_address"
	BadContact          Reason = "bad_contact"
	BadRequest          Reason = "bad_request"
	KeyReused           Reason = "key_reused"
	Refused             Reason = "refused" // it said no, and not why
)

// Error is the code itself: a Reason is the cause inside a refusal.
func (r Reason) Error() string { return "order system refuses: " + string(r) }

// Refuse makes a refusal: nothing was changed, and asking again will not help.
func Refuse(k fault.Kind, r Reason, text string) error { return fault.Wrap(k, text, r) }

// ReasonOf returns why err is a refusal, or "" for any other error.
func ReasonOf(err error) Reason {
	var r Reason
	errors.As(err, &r)
	return r
}

package flow

import (
	"context"
	"time"

	"balie/internal/action"
	"balie/internal/chat"
)

// Facts are what the ear found in a text, in the order in which it was said.
type Facts struct {
	Orders    []string
	Emails    []string
	Phones    []string // E.164
	Dates     []string // 2026-11-23
	Addresses []action.Address
	Reason    string
}

// Input is what sets a flow in motion: something the customer said, pressed or sent, or the end of an act.
type Input struct {
	Seq    chat.Seq // the event it comes from
	Now    time.Time
	Text   string // what was said; "" for a press or a form
	Verb   string // of a press: what its button does, as Do says it
	Arg    string
	Submit *chat.Submission
	Facts  Facts
	Intent string // what the ear takes the customer to want; Sure when it is certain of that
	Sure   bool
	Yes    bool // the text is a yes, or a no
	No     bool
	Act    *chat.ActionMoved // an act that came to its end
	Code   *chat.CodeMoved   // the ledger's verdict on a one-time code
	Wish   []string          // what the customer said since they first had this wish, oldest first
	WishAt chat.Seq          // where that began
	Given  map[string]string // words for slots that an understander points out; read like any others
}

// Outcome is what a turn of a flow comes to. When Used is false the input was not for the flow: nothing else counts.
type Outcome struct {
	Used   bool
	Before []chat.Draft  // events before the message
	Say    *chat.Message // nil: nothing needs saying, because an act is on its way
	After  []chat.Draft  // events after it
}

// Orders is what flows read of the order system. A flow compares whose an order is before it says a word about it.
type Orders interface {
	Customer(ctx context.Context, id action.CustomerID) (action.Customer, error)
	Order(ctx context.Context, id action.OrderID) (action.Order, error)
	CustomerOrders(ctx context.Context, id action.CustomerID) ([]action.Order, error)
	Product(ctx context.Context, id action.ProductID) (action.Product, error)
}

// Ledger is where flows bring their proposals. Propose checks identity, limits and the shop's rules for a write (an action.Write without
// a key), and returns the proposal as the event to append together with the card; it appends nothing itself. An error with an
// action.Reason is a refusal that the customer can be told; fault.Forbidden without one means a limit of authority: a person decides.
// ProposeUndo does the same for taking back the act with that id.
type Ledger interface {
	Propose(c chat.Conversation, name string, params any, needs chat.Level) (chat.ActionMoved, error)
	ProposeUndo(c chat.Conversation, id string) (chat.ActionMoved, error)
}

// Articles gives the beginning of an article, or of the part under a heading, short enough for a chat.
type Articles interface {
	Excerpt(ctx context.Context, lang, article, section string) (text string, source chat.Source, err error)
}

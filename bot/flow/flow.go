// Package flow is the routines: self-service flows written as YAML, in the words that Rasa uses for them (flow, step, collect, slot,
// action, link). It parses and checks them, and runs them over a conversation.
//
// Running is pure: where a flow is lives in the folded conversation (chat.Flow, chat.Slot) and a turn's result is a list of
// events to append. A flow asks, looks up, proposes and tells; it never acts. What it proposes is a typed write, shown on a
// card, and only a press on that card confirms it; see Ledger.
package flow

import (
	"cmp"
	"slices"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// Text is a sentence of a flow, by language. Both languages of the house are there: Check sees to it.
type Text map[string]string

// In returns the text in a language, filled in.
func (t Text) In(lang string, vars map[string]string) string {
	return texts.Fill(t[texts.Lang(lang)], vars)
}

// Flow is one routine. Title names it to customers ("U was bezig met: …"), Wish is the label of a button that starts it.
type Flow struct {
	Name     string
	File     string
	Title    Text
	Wish     Text
	Needs    chat.Level // what its proposals need, unless a step says otherwise
	Slots    []*Slot
	Steps    []*Step
	Examples map[string][]string // sentences for the ear, by language
	Articles []string            // that tell of the same: under an answer from one of them the flow is offered
}

// Slot is something a flow must know. Type says how it is asked for and read; see types.
type Slot struct {
	Name    string
	Line    int
	Type    Type
	Keep    bool     // belongs to the conversation: it stays when the flow ends
	Options []Option // of a choice
	Methods string   // of a method: "refund" leaves only where money may go back to, "other" what the order is not paid with, "pay" all
	Max     int      // of a text: runes that are kept
	Wish    int      // of a text: the wish itself will do when it has this many words; 0 always asks
}

// Option is one answer to a choice. Value is what is sent to the order system; Match are words that mean it.
type Option struct {
	Value string
	Label Text
	Match []string
}

// Type is a slot's type.
type Type string

// The types of slots.
const (
	TypeOrder    Type = "order"
	TypePostcode Type = "postcode"
	TypeEmail    Type = "email"
	TypePhone    Type = "phone"
	TypeDate     Type = "date"
	TypeAddress  Type = "address"
	TypeItems    Type = "items"  // of the order: one or more
	TypeSwaps    Type = "swaps"  // other variants for the items
	TypeMethod   Type = "method" // a way to pay that the customer has on file
	TypeChoice   Type = "choice"
	TypeText     Type = "text"
)

var types = []Type{TypeOrder, TypePostcode, TypeEmail, TypePhone, TypeDate, TypeAddress, TypeItems, TypeSwaps, TypeMethod, TypeChoice, TypeText}

// Kind is a step's kind: what it does.
type Kind string

// The kinds of steps.
const (
	Identify Kind = "identify" // be sure enough who the customer is
	Collect  Kind = "collect"  // know a slot
	Lookup   Kind = "lookup"   // ask the order system
	If       Kind = "if"       // go on, or elsewhere
	Say      Kind = "say"      // tell something
	Quote    Kind = "quote"    // tell what an article says
	Propose  Kind = "propose"  // show a card, and wait for the press
	Result   Kind = "result"   // wait for what became of it, and tell
	Escalate Kind = "escalate" // a person takes over
	Link     Kind = "link"     // go on as another flow
	End      Kind = "end"
)

// Step is one step of a flow. Which fields count depends on Kind; Parse refuses the others.
type Step struct {
	ID   string
	Line int
	Kind Kind
	Next string // where to go on; "" is the next step

	Level    chat.Level         // identify
	Slot     string             // collect
	Where    string             // collect of an order: pending, delivered or ""
	Ask      Text               // collect, identify
	Again    Text               // collect: when the answer did not fit
	Form     bool               // collect: show a form at once
	Optional bool               // collect: "no" leaves it empty
	What     string             // lookup: order, customer
	Cond     *Cond              // if
	Else     string             // if, lookup, identify, collect: where to go when it does not hold, or there is nothing
	Text     Text               // say, propose, escalate
	Article  string             // quote
	Section  string             // quote: the heading, "" for the beginning
	Write    action.WriteKind   // propose
	With     map[string]string  // propose: field of the write → slot
	Change   string             // propose: the step that "change" goes back to
	Card     Text               // propose: the card's title
	Outcome  map[string]*Branch // result: done, failed, or a refusal's reason
	Reason   chat.Reason        // escalate
	Priority int                // escalate
	Note     string             // escalate: for the colleague
	Flow     string             // link
}

// Branch is what to tell after an act.
type Branch struct {
	Text    Text
	Article string // explains a refusal
	Next    string // step to go on with; "" ends the flow
}

// Slot returns the slot with that name, or nil.
func (f *Flow) Slot(name string) *Slot {
	i := slices.IndexFunc(f.Slots, func(s *Slot) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return f.Slots[i]
}

func (f *Flow) first(t Type) *Slot {
	i := slices.IndexFunc(f.Slots, func(s *Slot) bool { return s.Type == t })
	if i < 0 {
		return nil
	}
	return f.Slots[i]
}

// AboutOrder reports whether the flow is about one order.
func (f *Flow) AboutOrder() bool { return f.first(TypeOrder) != nil }

// step returns the place of a step, or -1.
func (f *Flow) step(id string) int {
	return slices.IndexFunc(f.Steps, func(s *Step) bool { return s.ID == id })
}

// Set is all flows of a house, by name.
type Set struct{ flows map[string]*Flow }

// NewSet gathers flows. Of two with one name the later counts.
func NewSet(flows ...*Flow) *Set {
	s := &Set{flows: map[string]*Flow{}}
	for _, f := range flows {
		s.flows[f.Name] = f
	}
	return s
}

// Get returns a flow, or nil.
func (s *Set) Get(name string) *Flow { return s.flows[name] }

// About returns the flow that does what an article tells of, or nil.
func (s *Set) About(article string) *Flow {
	for _, f := range s.All() {
		if slices.Contains(f.Articles, article) {
			return f
		}
	}
	return nil
}

// All returns the flows in order of name.
func (s *Set) All() []*Flow {
	out := make([]*Flow, 0, len(s.flows))
	for _, f := range s.flows {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *Flow) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

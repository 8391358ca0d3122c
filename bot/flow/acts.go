package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// Act is what the flows can propose, as a form for somebody who needs no conversation for it: an agent. Flows that propose the same kind
// of write are one act, and what only some of them ask may be left out.
type Act struct {
	Name   action.WriteKind `json:"name"`
	Label  Text             `json:"label"`
	Fields []ActField       `json:"fields"`

	flow  *Flow
	steps []*Step // that propose it
}

// ActField is one value of an act. Options are those of a choice; what may be chosen of a customer's own, Choices says.
type ActField struct {
	Name     string      `json:"name"`
	Type     Type        `json:"type"`
	Label    Text        `json:"label"`
	Required bool        `json:"required"`
	Options  []ActOption `json:"options,omitempty"`

	slot *Slot
}

// ActOption is one answer to a choice.
type ActOption struct {
	Value string `json:"value"`
	Label Text   `json:"label"`
}

// fieldOrder is how people fill an act in.
var fieldOrder = []string{"order", "items", "swaps", "address", "email", "phone", "reason", "method"}

// Acts returns what the flows can propose, in order of name.
func (e *Engine) Acts() []Act {
	found := map[action.WriteKind]*Act{}
	for _, f := range e.flows().All() {
		for _, s := range f.Steps {
			if s.Kind == Propose {
				gather(found, f, s)
			}
		}
	}
	out := make([]Act, 0, len(found))
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		a := found[kind]
		slices.SortFunc(a.Fields, func(x, y ActField) int { return slices.Index(fieldOrder, x.Name) - slices.Index(fieldOrder, y.Name) })
		out = append(out, *a)
	}
	return out
}

// gather adds a step to the act of its kind. The first flow of a kind has its slots.
func gather(found map[action.WriteKind]*Act, f *Flow, s *Step) {
	a, again := found[s.Write]
	if !again {
		a = &Act{Name: s.Write, Label: s.Card, flow: f}
		found[s.Write] = a
	} else if a.flow != f {
		return
	} else {
		a.Label = f.Wish
	}
	a.steps = append(a.steps, s)
	for i := range a.Fields {
		if _, here := s.With[a.Fields[i].Name]; !here {
			a.Fields[i].Required = false
		}
	}
	for name, slot := range s.With {
		if !slices.ContainsFunc(a.Fields, func(x ActField) bool { return x.Name == name }) {
			a.Fields = append(a.Fields, fieldOf(name, f.Slot(slot), !again && !f.optional(slot)))
		}
	}
}

// proposal is the step that shows the card for what was filled in: the flow's own where one has exactly these fields, else one of all.
func (a Act) proposal(values map[string]json.RawMessage) *Step {
	all := &Step{Kind: Propose, Write: a.Name, With: map[string]string{}, Card: a.Label}
	for _, s := range a.steps {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(values)), func(f string) bool { return s.With[f] == "" }) {
			return s
		}
		maps.Copy(all.With, s.With)
	}
	return all
}

// optional reports whether a flow lets a slot stay empty.
func (f *Flow) optional(slot string) bool {
	return slices.ContainsFunc(f.Steps, func(s *Step) bool { return s.Kind == Collect && s.Slot == slot && s.Optional })
}

func fieldOf(name string, sl *Slot, required bool) ActField {
	key := "card." + name
	switch {
	case name == "swaps":
		key = "card.swap"
	case name == "method" && sl.Methods == "refund":
		key = "card.refund"
	case name == "method":
		key = "card.pay"
	}
	out := ActField{Name: name, Type: sl.Type, Label: Text{}, Required: required, slot: sl}
	for _, lang := range texts.Langs {
		out.Label[lang] = texts.Say(lang, key)
	}
	for _, o := range sl.Options {
		out.Options = append(out.Options, ActOption{o.Value, o.Label})
	}
	return out
}

// errField is a form that was not filled in well.
func errField(label, what string) error {
	return action.Refuse(fault.Invalid, action.BadRequest, label+": "+what)
}

// Draw makes the write of an act out of values by field, and the card that shows it in a language: what is now and what will be. The
// customer is the conversation's, and an order must be theirs. Whether the act may be done is not for here: the ledger says.
func (e *Engine) Draw(ctx context.Context, c chat.Conversation, lang string, name action.WriteKind, values map[string]json.RawMessage) (action.Write, *chat.Card, error) {
	acts := e.Acts()
	i := slices.IndexFunc(acts, func(a Act) bool { return a.Name == name })
	if i < 0 {
		return action.Write{}, nil, action.Refuse(fault.Invalid, action.BadRequest, "There is no such act.")
	}
	a := acts[i]
	c.Lang, c.Slots = lang, map[string]chat.Slot{}
	given := map[string]json.RawMessage{}
	for field, raw := range values {
		at := slices.IndexFunc(a.Fields, func(f ActField) bool { return f.Name == field })
		if at < 0 {
			return action.Write{}, nil, action.Refuse(fault.Invalid, action.BadRequest, "This act has other fields.")
		}
		v, err := a.Fields[at].read(lang, raw)
		if err != nil {
			return action.Write{}, nil, err
		}
		if v != nil {
			given[field], c.Slots[a.Fields[at].slot.Name] = v, chat.Slot{Value: v}
		}
	}
	for _, f := range a.Fields {
		if f.Required && given[f.Name] == nil {
			return action.Write{}, nil, errField(f.Label.In(lang, nil), texts.Say(lang, "form.required"))
		}
	}
	if len(given) == 0 {
		return action.Write{}, nil, action.Refuse(fault.Invalid, action.BadRequest, texts.Say(lang, "form.required"))
	}
	return e.draw(ctx, c, a.flow, a.proposal(given))
}

func (e *Engine) draw(ctx context.Context, c chat.Conversation, f *Flow, s *Step) (action.Write, *chat.Card, error) {
	r := &run{e: e, ctx: ctx, c: c, flow: f}
	if err := r.load(); err != nil {
		return action.Write{}, nil, err
	}
	if r.cust == nil {
		return action.Write{}, nil, action.Refuse(fault.Forbidden, action.UnknownCustomer, "The order system does not know this customer.")
	}
	w := r.write(s)
	if w.Order != "" && r.order == nil {
		return w, nil, action.Refuse(fault.Forbidden, action.UnknownOrder, "This customer has no such order.")
	}
	return w, r.cardOf(s, w, ""), nil
}

// read takes a value as its type wants it, and nothing else; nil is one that was left empty.
func (f ActField) read(lang string, raw json.RawMessage) (json.RawMessage, error) {
	var v any
	switch f.Type {
	case TypeAddress:
		v = &action.Address{}
	case TypeItems:
		v = &[]action.ItemID{}
	case TypeSwaps:
		v = &[]action.Swap{}
	default:
		v = new(string)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return nil, errField(f.Label.In(lang, nil), texts.Say(lang, "form.bad"))
	}
	empty := false
	switch v := v.(type) {
	case *string:
		*v = strings.TrimSpace(*v)
		empty = *v == ""
		if !empty && len(f.Options) > 0 && !slices.ContainsFunc(f.Options, func(o ActOption) bool { return o.Value == *v }) {
			return nil, errField(f.Label.In(lang, nil), texts.Say(lang, "form.bad"))
		}
	case *[]action.ItemID:
		empty = len(*v) == 0
	case *[]action.Swap:
		empty = len(*v) == 0
	}
	if empty {
		return nil, nil
	}
	return json.Marshal(v)
}

// Choices are what an act can be about, of one customer.
type Choices struct {
	Address *action.Address `json:"address,omitempty"` // as it is now
	Email   string          `json:"email,omitempty"`
	Phone   string          `json:"phone,omitempty"`
	Orders  []OrderChoice   `json:"orders"`
	Methods []Labelled      `json:"methods"`
}

// OrderChoice is an order of the customer's.
type OrderChoice struct {
	ID      action.OrderID `json:"id"`
	Label   string         `json:"label"`
	Status  action.Status  `json:"status"`
	Address action.Address `json:"address"`
	Items   []ItemChoice   `json:"items"`
}

// ItemChoice is one item of an order; Variants are there for the order that was asked about, those in stock.
type ItemChoice struct {
	ID       action.ItemID `json:"id"`
	Label    string        `json:"label"`
	Variants []Labelled    `json:"variants,omitempty"`
}

// Labelled is an id with the words for it.
type Labelled struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Bounds of Choices: no form is longer.
const (
	maxOrderChoices = 50
	maxProducts     = 50 // looked up for one order
)

// Choices returns what acts for the conversation's customer can be about. Variants are looked up of one order only; "" is none. A customer
// who is not known well enough has no choices.
func (e *Engine) Choices(ctx context.Context, c chat.Conversation, lang string, order action.OrderID) (Choices, error) {
	c.Lang = lang
	r := &run{e: e, ctx: ctx, c: c, flow: &Flow{}}
	out := Choices{Orders: []OrderChoice{}, Methods: []Labelled{}}
	if err := r.load(); err != nil || r.cust == nil {
		return out, err
	}
	out.Address, out.Email, out.Phone = &r.cust.Address, r.cust.Email, r.cust.Phone
	for _, m := range r.cust.Methods {
		out.Methods = append(out.Methods, Labelled{string(m.ID), methodLabel(lang, m)})
	}
	orders, err := r.orders()
	for _, o := range orders[:min(len(orders), maxOrderChoices)] {
		r.order = &o
		choice := OrderChoice{ID: o.ID, Label: orderLabel(lang, o), Status: o.Status, Address: o.Address, Items: []ItemChoice{}}
		for i, it := range o.Items {
			item := ItemChoice{ID: it.ID, Label: it.Name + optionsIn(it.Options)}
			if o.ID == order && i < maxProducts {
				p, err := e.orders.Product(ctx, it.Product)
				if err != nil && !fault.Is(err, fault.NotFound) {
					return out, err
				}
				item.Variants = inStockBut(p, it.ID, lang, o.Currency)
			}
			choice.Items = append(choice.Items, item)
		}
		out.Orders = append(out.Orders, choice)
	}
	return out, err
}

// inStockBut are a product's other variants that are in stock.
func inStockBut(p action.Product, not action.ItemID, lang, currency string) (out []Labelled) {
	for _, v := range p.Variants[:min(len(p.Variants), action.MaxItems)] {
		if v.Available && v.ID != not {
			out = append(out, Labelled{string(v.ID), options(v.Options) + ", " + money(lang, currency, v.Price)})
		}
	}
	return out
}

package handoff

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Packet is everything an agent must know before the first word, computed from the log: no customer tells a story twice.
type Packet struct {
	Reason   chat.Reason `json:"reason"`
	Signs    []SignSeen  `json:"signs"`
	Wants    string      `json:"wants"` // the customer's own words
	Language string      `json:"language"`
	Identity Identity    `json:"identity"`
	Facts    []Fact      `json:"facts"`
	Tried    []Tried     `json:"tried"`
	Pending  []Pending   `json:"pending"`
	Promises []Promise   `json:"promises"`
	Customer Customer    `json:"customer"`
	Page     string      `json:"page"`
	About    *About      `json:"about,omitempty"`
	Notes    []Promise   `json:"notes"` // of colleagues, hand-over notes included
	WaitedS  int         `json:"waited_s"`
}

// About is the help page that the customer had at hand when asking, by its key: "nl/retour". Title is for whoever knows the library.
type About struct {
	Article string   `json:"article"`
	Title   string   `json:"title,omitempty"`
	URL     string   `json:"url"`
	Seq     chat.Seq `json:"seq"`
}

// SignSeen is a sign that the customer was stuck, with the event that shows it.
type SignSeen struct {
	Name   string   `json:"name"`
	Points int      `json:"points"`
	Seq    chat.Seq `json:"seq"`
}

// Identity is how sure we are who it is, and why.
type Identity struct {
	Level chat.Level `json:"level"`
	How   string     `json:"how,omitempty"`
	ID    string     `json:"id,omitempty"`
}

// Fact is something the conversation brought up. Verified means: checked against the order system, not only said.
type Fact struct {
	Name     string          `json:"name"`
	Value    json.RawMessage `json:"value"`
	Seq      chat.Seq        `json:"seq"`
	Verified bool            `json:"verified"`
}

// Tried is an article that was shown or an act that was attempted, with how it ended.
type Tried struct {
	Kind    string           `json:"kind"` // article, action
	Article string           `json:"article,omitempty"`
	Title   string           `json:"title,omitempty"`
	Action  string           `json:"action,omitempty"`
	Name    string           `json:"name,omitempty"`
	State   chat.ActionState `json:"state,omitempty"`
	Seq     chat.Seq         `json:"seq"`
	Result  string           `json:"result"`
}

// Pending is a form or proposal the customer has not answered, or an act whose outcome nobody knows.
type Pending struct {
	Kind string   `json:"kind"` // form, action, unknown
	ID   string   `json:"id"`
	Name string   `json:"name,omitempty"`
	Seq  chat.Seq `json:"seq"`
}

// Promise is something that was said to the customer about what will happen.
type Promise struct {
	Text string   `json:"text"`
	Seq  chat.Seq `json:"seq"`
	By   string   `json:"by,omitempty"`
}

// Customer is who it is, as far as known. Profile and Orders are the order system's, as they are.
type Customer struct {
	ID      string    `json:"id,omitempty"`
	Name    string    `json:"name,omitempty"`
	Email   string    `json:"email,omitempty"`
	Profile any       `json:"profile,omitempty"`
	Orders  any       `json:"orders,omitempty"`
	Earlier []Earlier `json:"earlier"`
	Problem string    `json:"problem,omitempty"` // why profile or orders are missing
}

// Earlier is a former conversation of the same customer.
type Earlier struct {
	ID        chat.ConversationID `json:"id"`
	Reference string              `json:"reference"`
	At        time.Time           `json:"at"`
	Topic     string              `json:"topic"`
	Code      string              `json:"code"`
}

// Profiles looks a customer up in the order system, for agents' eyes.
type Profiles interface {
	Profile(ctx context.Context, customer string) (profile, orders any, err error)
}

// profileWait bounds how long a packet waits for the order system: an agent sees the rest at once.
const profileWait = 800 * time.Millisecond

// Packet computes the packet of a conversation from its events. profiles may be nil.
func (d *Desk) Packet(ctx context.Context, c chat.Conversation, events []chat.Event, profiles Profiles) (Packet, error) {
	p := Packet{Reason: c.Escalated, Signs: []SignSeen{}, Language: c.Lang, Page: c.Page, Facts: []Fact{}, Tried: []Tried{},
		Pending: []Pending{}, Promises: []Promise{}, Notes: []Promise{},
		Identity: Identity{Level: c.Customer.Level, How: c.Customer.How, ID: c.Customer.ID}}
	if p.Identity.Level == "" {
		p.Identity.Level = chat.LevelAnonymous
	}
	if !c.WaitingSince.IsZero() {
		p.WaitedS = int(d.now().Sub(c.WaitingSince) / time.Second)
		if c.Owner.Role == chat.RoleAgent {
			p.WaitedS = int(c.Owner.At.Sub(c.WaitingSince) / time.Second)
		}
	}
	r := reading{packet: &p, now: d.now(), titles: map[string]string{}, acts: map[string]int{}}
	for _, e := range events {
		r.read(e)
	}
	r.finish(c)
	return p, d.customer(ctx, c, &p, profiles)
}

// reading goes through a log once.
type reading struct {
	packet *Packet
	now    time.Time
	wants  []string
	titles map[string]string
	form   *Pending // shown, and not answered by now
	acts   map[string]int
}

func (r *reading) read(e chat.Event) {
	p := r.packet
	switch b := e.Body.(type) {
	case *chat.Message:
		r.message(e, b)
	case *chat.Sign:
		p.Signs = append(p.Signs, SignSeen{Name: b.Name, Points: b.Points, Seq: b.From})
	case *chat.SlotSet:
		r.slot(e, b)
	case *chat.ActionMoved:
		r.action(e, b)
	case *chat.Note:
		p.Notes = append(p.Notes, Promise{Text: b.Text, Seq: e.Seq, By: e.By.Name})
	case *chat.OwnerChanged:
		if b.Note != "" {
			p.Notes = append(p.Notes, Promise{Text: b.Note, Seq: e.Seq, By: e.By.Name})
		}
		if b.To == chat.RoleBot || b.To == chat.RoleNobody {
			p.Signs = p.Signs[:0]
		}
	case *chat.Closed:
		p.Signs, r.form = p.Signs[:0], nil
	case *chat.FlowMoved:
		if b.State == chat.FlowDone || b.State == chat.FlowCancelled || b.State == chat.FlowFailed {
			r.form = nil
		}
	}
}

func (r *reading) message(e chat.Event, b *chat.Message) {
	p := r.packet
	switch e.By.Role {
	case chat.RoleCustomer:
		if b.About != "" {
			p.About = &About{Article: b.About, URL: "/help/" + b.About, Seq: e.Seq}
		}
		if b.Submit != nil {
			if r.form != nil && r.form.ID == b.Submit.Form {
				r.form = nil
			}
		} else if b.Pressed == nil && b.Text != "" {
			r.wants = append(r.wants, b.Text)
		}
	case chat.RoleBot, chat.RoleSystem, chat.RoleAgent:
		for _, s := range b.Sources {
			r.titles[s.Article] = s.Title
		}
		if b.Form != nil {
			r.form = &Pending{Kind: "form", ID: b.Form.ID, Name: b.Form.Title, Seq: e.Seq}
		}
		if b.Act == chat.ActPromise {
			p.Promises = append(p.Promises, Promise{Text: b.Text, Seq: e.Seq})
		}
	}
}

func (r *reading) slot(e chat.Event, b *chat.SlotSet) {
	p := r.packet
	seq := b.From
	if seq == 0 {
		seq = e.Seq
	}
	i := slices.IndexFunc(p.Facts, func(f Fact) bool { return f.Name == b.Name })
	f := Fact{Name: b.Name, Value: b.Value, Seq: seq, Verified: b.Verified}
	switch unset := len(b.Value) == 0 || string(b.Value) == "null"; {
	case unset && i >= 0:
		p.Facts = slices.Delete(p.Facts, i, i+1)
	case unset:
	case i >= 0:
		p.Facts[i] = f
	default:
		p.Facts = append(p.Facts, f)
	}
}

func (r *reading) action(e chat.Event, b *chat.ActionMoved) {
	p := r.packet
	result := b.Reason
	if b.Receipt != "" {
		result = b.Receipt
		p.Promises = append(p.Promises, Promise{Text: receiptText(b), Seq: e.Seq})
	}
	t := Tried{Kind: "action", Action: b.ID, Name: b.Name, State: b.State, Seq: e.Seq, Result: result}
	if i, ok := r.acts[b.ID]; ok {
		p.Tried[i] = t
		return
	}
	r.acts[b.ID] = len(p.Tried)
	p.Tried = append(p.Tried, t)
}

func receiptText(b *chat.ActionMoved) string {
	if b.UndoUntil.IsZero() {
		return fmt.Sprintf("%s: %s", b.Name, b.Receipt)
	}
	return fmt.Sprintf("%s: %s (undo until %s)", b.Name, b.Receipt, b.UndoUntil.UTC().Format(time.RFC3339))
}

// finish adds what only the end of the log, and the folded row, can say.
func (r *reading) finish(c chat.Conversation) {
	p := r.packet
	for _, s := range c.Shown {
		p.Tried = append(p.Tried, Tried{Kind: "article", Article: s.Article, Title: r.titles[s.Article], Seq: s.Seq, Result: s.Result})
	}
	if r.form != nil {
		p.Pending = append(p.Pending, *r.form)
	}
	for _, a := range c.Actions {
		if a.State == chat.ActionProposed && !a.Expires.IsZero() && r.now.After(a.Expires) {
			continue // too late to be pressed
		}
		switch a.State {
		case chat.ActionProposed, chat.ActionConfirmed, chat.ActionExecuting:
			p.Pending = append(p.Pending, Pending{Kind: "action", ID: a.ID, Name: a.Name, Seq: a.Seq})
		case chat.ActionUnknown:
			p.Pending = append(p.Pending, Pending{Kind: "unknown", ID: a.ID, Name: a.Name, Seq: a.Seq})
		}
	}
	p.Wants = wants(r.wants)
}

// wants picks the customer's own words: the last ones that say more than "a person, please", and the ones before if they are short.
func wants(said []string) string {
	var picked []string
	length := 0
	for i := len(said) - 1; i >= 0 && length < 60 && len(picked) < 3; i-- {
		t := strings.TrimSpace(said[i])
		if len(strings.Fields(t)) < 3 && i > 0 && len(said) > 1 {
			continue
		}
		picked = append([]string{t}, picked...)
		length += len(t)
	}
	if len(picked) == 0 && len(said) > 0 {
		picked = said[len(said)-1:]
	}
	return strings.Join(picked, " / ")
}

func (d *Desk) customer(ctx context.Context, c chat.Conversation, p *Packet, profiles Profiles) error {
	p.Customer = Customer{ID: c.Customer.ID, Name: c.Customer.Name, Email: c.Customer.Email, Earlier: []Earlier{}}
	if c.Customer.ID == "" {
		return nil
	}
	err := d.lists.List(ctx, chat.CustomerList(c.Site, c.Customer.ID), "", true, func(_ string, x chat.Conversation) bool {
		if x.ID != c.ID {
			p.Customer.Earlier = append(p.Customer.Earlier, Earlier{ID: x.ID, Reference: x.ID.Reference(), At: x.Created, Topic: x.Intent, Code: x.Code})
		}
		return len(p.Customer.Earlier) < 20
	})
	if err != nil || profiles == nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	profile, orders, err := profiles.Profile(short, c.Customer.ID)
	if err != nil {
		p.Customer.Problem = fault.Text(err)
		return nil
	}
	p.Customer.Profile, p.Customer.Orders = profile, orders
	return nil
}

package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// Options say how flows speak and read.
type Options struct {
	Location *time.Location // of the dates that customers read; nil: UTC
	Prefixes []string       // what may stand before the digits of an order number that a customer leaves out
}

// Engine runs flows. It keeps nothing between turns.
type Engine struct {
	flows    func() *Set
	orders   Orders
	ledger   Ledger
	articles Articles
	opt      Options
}

// New makes an engine. flows is asked each turn, so that an editor's change counts at once. Without a ledger nothing can be proposed:
// people do it.
func New(flows func() *Set, orders Orders, ledger Ledger, articles Articles, opt Options) *Engine {
	if opt.Location == nil {
		opt.Location = time.UTC
	}
	if opt.Prefixes == nil {
		opt.Prefixes = []string{"#P", "#W"}
	}
	return &Engine{flows: flows, orders: orders, ledger: ledger, articles: articles, opt: opt}
}

// Limits of a turn and a conversation.
const (
	maxStepsATurn = 60
	maxIdentify   = 5 // wrong combinations of order and postcode before a person takes over
	maxTries      = 3 // answers that do not fit a question before a person takes over
)

// errTooFar says that a flow ran in a circle; Check would have told.
var errTooFar = errors.New("flow takes too many steps in one turn")

// run is one turn of a flow over a working copy of the conversation.
type run struct {
	e    *Engine
	ctx  context.Context
	c    chat.Conversation
	in   Input
	flow *Flow

	before, after []chat.Draft
	said          []string
	sources       []chat.Source
	buttons       []chat.Button
	form          *chat.Form
	card          *chat.Card
	speech        chat.Act
	missed        bool

	order *action.Order
	cust  *action.Customer
	all   []action.Order
	act   *chat.Action
}

// Flows returns the flows there are now.
func (e *Engine) Flows() *Set { return e.flows() }

// Start begins a flow. One that is unknown is fault.NotFound.
func (e *Engine) Start(ctx context.Context, c chat.Conversation, in Input, name string) (Outcome, error) {
	f := e.flows().Get(name)
	if f == nil {
		return Outcome{}, fault.Newf(fault.NotFound, "There is no routine %q.", name)
	}
	r := &run{e: e, ctx: ctx, c: c, in: in, flow: f}
	for _, slot := range sortedKeys(c.Slots) {
		if c.Slots[slot].Flow == name {
			r.emit(chat.Bot, &chat.SlotSet{Name: slot, Flow: name, From: in.Seq, Value: json.RawMessage("null")})
		}
	}
	r.emit(chat.Bot, &chat.FlowMoved{Flow: name, State: chat.FlowStarted, Step: f.Steps[0].ID})
	r.absorb()
	return r.finish(r.advance(0))
}

// Continue gives the open flow the customer's next word, or the end of its act.
func (e *Engine) Continue(ctx context.Context, c chat.Conversation, in Input) (Outcome, error) {
	if c.Flow == nil {
		return Outcome{}, nil
	}
	r := &run{e: e, ctx: ctx, c: c, in: in, flow: e.flows().Get(c.Flow.Name)}
	if r.flow == nil { // taken away by an editor since
		r.emit(chat.Bot, &chat.FlowMoved{Flow: c.Flow.Name, State: chat.FlowFailed, Why: "gone"})
		r.say(texts.Say(c.Lang, "cancelled"))
		return r.finish(nil)
	}
	r.forgetProof()
	i := max(r.flow.step(c.Flow.Step), 0)
	used, err := r.take(i)
	if !used && err == nil {
		return Outcome{}, nil
	}
	return r.finish(err)
}

// Again asks the open question once more. With failed, the customer's last word did not answer it: that counts, and after a few times a
// person takes over.
func (e *Engine) Again(ctx context.Context, c chat.Conversation, in Input, failed bool) (Outcome, error) {
	r := &run{e: e, ctx: ctx, c: c, in: in}
	if c.Flow != nil {
		r.flow = e.flows().Get(c.Flow.Name)
	}
	if r.flow == nil {
		return Outcome{}, nil
	}
	step := r.flow.Steps[max(r.flow.step(c.Flow.Step), 0)]
	if !failed {
		return r.finish(r.reask(step, c.Flow.Tries))
	}
	return r.finish(r.failed(step))
}

// failed asks the open question once more because it was not answered, and fetches a person after a few times.
func (r *run) failed(step *Step) error {
	tries := r.c.Flow.Tries + 1
	if tries >= maxTries {
		r.escalate(chat.ReasonStuck, 0, "Could not get past "+r.flow.Name+", step "+step.ID+".", texts.Say(r.c.Lang, "slot.stuck"))
		return nil
	}
	if tries > 1 {
		r.say(texts.Say(r.c.Lang, "slot.again.person"))
	} else if step.Again == nil {
		r.say(texts.Say(r.c.Lang, "slot.again"))
	}
	err := r.reask(step, tries)
	if tries > 1 && !slices.ContainsFunc(r.buttons, func(b chat.Button) bool { return b.Do == "human" }) {
		r.button("person", "human", "")
	}
	r.speech = chat.ActReask
	return err
}

// Cancel ends the open flow because the customer wants no more of it. An act that was confirmed goes on.
func (e *Engine) Cancel(ctx context.Context, c chat.Conversation, in Input) (Outcome, error) {
	r := &run{e: e, ctx: ctx, c: c, in: in, flow: e.flows().Get(c.Flow.Name)}
	if strings.HasPrefix(c.Flow.Wait, "action:") {
		r.say(texts.Say(c.Lang, "cancelled.busy"))
		return r.finish(nil)
	}
	r.expire("cancelled")
	r.emit(chat.Bot, &chat.FlowMoved{Flow: c.Flow.Name, State: chat.FlowCancelled, Why: "customer"})
	r.say(texts.Say(c.Lang, "cancelled"))
	r.offerLater()
	return r.finish(nil)
}

// advance runs steps from i on until one waits or the flow ends.
func (r *run) advance(i int) error {
	for range maxStepsATurn {
		if i < 0 || i >= len(r.flow.Steps) {
			r.end(chat.FlowDone, "")
			return nil
		}
		s := r.flow.Steps[i]
		next, stop, err := r.do(i, s)
		if err != nil {
			return r.trouble(s, err)
		}
		if stop {
			return nil
		}
		i = next
	}
	return fmt.Errorf("run flow %s: %w", r.flow.Name, errTooFar)
}

// after is the place behind step i.
func (r *run) following(i int) int {
	if next := r.flow.Steps[i].Next; next != "" {
		return r.flow.step(next)
	}
	return i + 1
}

// otherwise is where a step goes when it does not hold; false if it does not say.
func (r *run) otherwise(s *Step) (int, bool) {
	if s.Else == "" {
		return 0, false
	}
	return r.flow.step(s.Else), true
}

// do runs one step. stop means that the turn is over.
func (r *run) do(i int, s *Step) (next int, stop bool, err error) {
	next = r.following(i)
	switch s.Kind {
	case Identify:
		return r.identify(i, s)
	case Collect:
		return r.collect(i, s)
	case Lookup:
		return r.lookup(i, s)
	case If:
		ok, err := s.Cond.holds(r.fact)
		if err == nil && !ok {
			next, _ = r.otherwise(s)
		}
		return next, false, err
	case Say:
		if err := r.load(); err != nil {
			return 0, false, err
		}
		r.say(s.Text.In(r.c.Lang, r.vars()))
		return next, false, nil
	case Quote:
		r.quote(s.Article, s.Section)
		return next, false, nil
	case Propose:
		return next, true, r.propose(s)
	case Result: // reached without a proposal: Check forbids it
		return next, false, nil
	case Escalate:
		return 0, true, r.handOver(s)
	case Link:
		return 0, true, r.link(s.Flow)
	}
	r.end(chat.FlowDone, "")
	return 0, true, nil
}

func (r *run) handOver(s *Step) error {
	if err := r.load(); err != nil {
		slog.Warn("hand over without the order", "conv", r.c.ID, "err", err)
	}
	vars := r.vars()
	note := s.Note
	for _, name := range texts.Names(note) {
		note = strings.ReplaceAll(note, "{"+name+"}", vars[name])
	}
	r.escalate(s.Reason, s.Priority, note, s.Text.In(r.c.Lang, vars))
	return nil
}

// link ends this flow and begins another. The conversation's own slots go along.
func (r *run) link(name string) error {
	f := r.e.flows().Get(name)
	if f == nil {
		return fmt.Errorf("link from flow %s to %s: %w", r.flow.Name, name, fault.New(fault.NotFound, "There is no such routine."))
	}
	r.emit(chat.Bot, &chat.FlowMoved{Flow: r.flow.Name, State: chat.FlowDone, Why: "link"})
	r.flow = f
	r.emit(chat.Bot, &chat.FlowMoved{Flow: name, State: chat.FlowStarted, Step: f.Steps[0].ID})
	r.absorb()
	return r.advance(0)
}

// lookup asks the order system anew.
func (r *run) lookup(i int, s *Step) (int, bool, error) {
	r.order, r.cust = nil, nil
	if err := r.load(); err != nil {
		return 0, false, err
	}
	if s.What == "order" && r.order == nil || s.What == "customer" && r.cust == nil {
		if to, ok := r.otherwise(s); ok {
			return to, false, nil
		}
	}
	return r.following(i), false, nil
}

// end closes the flow, and offers what else was asked for.
func (r *run) end(state chat.FlowState, why string) {
	r.emit(chat.Bot, &chat.FlowMoved{Flow: r.flow.Name, State: state, Why: why})
	r.offerLater()
}

func (r *run) offerLater() {
	for _, name := range r.c.Later {
		if f := r.e.flows().Get(name); f != nil {
			r.sayKey("later", "title", f.Title.In(r.c.Lang, nil))
			r.button("yes", "flow:"+name, "primary")
			r.button("later.no", "drop:"+name, "")
			return
		}
	}
}

// escalate gives the word to people. The flow stays where it is, so that they see what is known; their taking over ends it.
func (r *run) escalate(reason chat.Reason, priority int, note, text string) {
	r.expire("escalated")
	r.say(text)
	r.buttons, r.form = nil, nil
	r.after = append(r.after, chat.Draft{By: chat.Bot, Body: &chat.OwnerChanged{To: chat.RoleQueue, Reason: reason, Priority: priority, Note: trimmed(note, 1000)}})
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func contains[S ~string](list []S, s S) bool { return slices.Contains(list, s) }

package bot

import (
	"context"
	"regexp"
	"slices"
	"time"

	"balie/bot/flow"
	"balie/bot/texts"
	"balie/internal/chat"
)

// Routines is the policy of the open flow: it gives the flow its slots, corrections and presses, ends it when the customer wants no more of
// it, and answers a question in between before it comes back to its own. It also tells what became of acts.
type Routines struct {
	Flows      *flow.Engine
	Ledger     flow.Ledger
	Understand *Understand
}

// asleep is how long a flow may lie before the bot asks whether to go on with it.
const asleep = 8 * time.Hour

// Name is the policy's name.
func (*Routines) Name() string { return "flow" }

// Decide takes everything that belongs to a flow, an act or a return from people.
func (p *Routines) Decide(ctx context.Context, t *Turn) (*Decision, error) {
	switch b := t.Trigger.Body.(type) {
	case *chat.ActionMoved:
		return p.act(ctx, t, b)
	case *chat.CodeMoved:
		return p.code(ctx, t, b)
	case *chat.OwnerChanged:
		key := "returned"
		if len(t.Conv.Agents) > 0 {
			key = "returned.note"
		}
		return reply(t, chat.ActTell, texts.Say(t.Conv.Lang, key)), nil
	}
	switch t.press.Verb {
	case "undo":
		return p.undo(t)
	case "flow":
		return p.begin(ctx, t)
	case "drop":
		return p.drop(ctx, t)
	}
	if t.Conv.Flow == nil {
		if slices.Contains([]string{"confirm", "change", "slot", "again", "resume", "stop"}, t.press.Verb) || submission(t) != nil {
			return p.late(t), nil
		}
		if d, err := p.offer(ctx, t); d != nil || err != nil {
			return d, err
		}
		return p.undoInWords(t), nil
	}
	return p.open(ctx, t)
}

func submission(t *Turn) *chat.Submission {
	if m, ok := t.Trigger.Body.(*chat.Message); ok {
		return m.Submit
	}
	return nil
}

// open gives the turn to the open flow.
func (p *Routines) open(ctx context.Context, t *Turn) (*Decision, error) {
	in := input(t, p.Understand.Ear, t.Conv.Flow.Name)
	if t.press.Verb == "stop" || t.press == (Press{}) && cancels(t.text) && !p.Flows.Chooses(t.Conv, t.text) {
		o, err := p.Flows.Cancel(ctx, t.Conv, in)
		return outcome(o), err
	}
	if t.press == (Press{}) && in.Submit == nil && smallTalk[t.heard.Intent] && t.heard.Band == Sure && !in.Yes && !in.No {
		if t.Trigger.At.Sub(t.lastWord()) > asleep {
			return p.resume(t), nil
		}
		return p.between(ctx, t, in, texts.Say(t.Conv.Lang, talkKey(t.heard.Intent)), nil, false)
	}
	o, err := p.Flows.Continue(ctx, t.Conv, in)
	if err != nil {
		return nil, err
	}
	if d := outcome(o); d != nil {
		return d, nil
	}
	if t.Trigger.At.Sub(t.lastWord()) > asleep {
		return p.resume(t), nil
	}
	if t.press != (Press{}) || in.Submit != nil {
		if t.press.Verb == "article" {
			return p.digress(ctx, t, in)
		}
		return p.between(ctx, t, in, texts.Say(t.Conv.Lang, "press.old"), nil, false)
	}
	return p.digress(ctx, t, in)
}

func talkKey(intent string) string {
	switch intent {
	case "greeting", "thanks":
		return intent + ".flow"
	case "goodbye":
		return "goodbye"
	}
	return "bot_check"
}

// lastWord is when the customer last spoke before the trigger.
func (t *Turn) lastWord() time.Time {
	last := t.Trigger.At
	for _, e := range t.Events {
		if _, said := e.Body.(*chat.Message); said && e.By.Role == chat.RoleCustomer && e.Seq < t.Trigger.Seq {
			last = e.At
		}
	}
	return last
}

func (p *Routines) resume(t *Turn) *Decision {
	title := t.Conv.Flow.Name
	if f := p.Flows.Flows().Get(title); f != nil {
		title = f.Title.In(t.Conv.Lang, nil)
	}
	yes, no := button(t.Conv.Lang, "resume.yes", "resume"), button(t.Conv.Lang, "resume.no", "stop")
	yes.Style = "primary"
	return reply(t, chat.ActAsk, texts.Say(t.Conv.Lang, "resume", "title", title), yes, no)
}

// late answers a press that comes after its step is over.
func (p *Routines) late(t *Turn) *Decision {
	key := "press.old"
	if a := t.Conv.Action(t.press.Arg); a != nil {
		switch a.State {
		case chat.ActionDone:
			key = "press.done"
		case chat.ActionConfirmed, chat.ActionExecuting, chat.ActionUnknown:
			key = "press.busy"
		}
	}
	return reply(t, chat.ActTell, texts.Say(t.Conv.Lang, key))
}

// undo takes an act back. The press on its button is the confirmation.
func (p *Routines) undo(t *Turn) (*Decision, error) {
	a := t.Conv.Action(t.press.Arg)
	for _, other := range t.Conv.Actions {
		if other.UndoOf == t.press.Arg && (other.State == chat.ActionConfirmed || other.State == chat.ActionExecuting) {
			return reply(t, chat.ActTell, texts.Say(t.Conv.Lang, "press.busy")), nil
		}
	}
	if a == nil || a.State != chat.ActionDone || !t.Now.Before(a.UndoUntil) || p.Ledger == nil {
		return reply(t, chat.ActTell, texts.Say(t.Conv.Lang, "undo.over"), personButton(t)), nil
	}
	moved, err := p.Ledger.ProposeUndo(t.Conv, a.ID)
	if err != nil {
		return reply(t, chat.ActFailed, texts.Say(t.Conv.Lang, "undo.over"), personButton(t)), nil
	}
	return &Decision{Drafts: []chat.Draft{
		{By: chat.Bot, Body: &moved},
		{By: chat.Customer, Body: &chat.ActionMoved{ID: moved.ID, Name: moved.Name, State: chat.ActionConfirmed, Hash: moved.Hash, UndoOf: moved.UndoOf}},
	}}, nil
}

var undoWords = regexp.MustCompile(`(?i)\b(?:undo|ongedaan|terugdraaien|draai (?:dat|dit|het) terug|revert)\b`)

// undoInWords shows the undo button again: words take nothing back. Where nothing can be undone it passes.
func (p *Routines) undoInWords(t *Turn) *Decision {
	if t.press != (Press{}) || !undoWords.MatchString(t.text) || len(t.Conv.Actions) == 0 {
		return nil
	}
	a := t.Conv.Actions[len(t.Conv.Actions)-1]
	if a.State != chat.ActionDone || a.UndoOf != "" {
		return nil
	}
	if !t.Now.Before(a.UndoUntil) {
		return reply(t, chat.ActTell, texts.Say(t.Conv.Lang, "undo.over"), personButton(t))
	}
	return reply(t, chat.ActAsk, texts.Say(t.Conv.Lang, "undo.press"), button(t.Conv.Lang, "undo", "undo:"+a.ID))
}

// code gives the ledger's verdict on a one-time code to the flow that waits for it; the worker wakes nobody for any other.
func (p *Routines) code(ctx context.Context, t *Turn, b *chat.CodeMoved) (*Decision, error) {
	if t.Conv.Flow == nil {
		return nil, nil
	}
	in := input(t, p.Understand.Ear, t.Conv.Flow.Name)
	in.Code = b
	o, err := p.Flows.Continue(ctx, t.Conv, in)
	return outcome(o), err
}

// act tells what became of an act: through the flow that waits for it, or plainly.
func (p *Routines) act(ctx context.Context, t *Turn, b *chat.ActionMoved) (*Decision, error) {
	a := t.Conv.Action(b.ID)
	if a == nil {
		return nil, nil
	}
	if t.Conv.Flow != nil && a.UndoOf == "" {
		in := input(t, p.Understand.Ear, t.Conv.Flow.Name)
		in.Act = b
		o, err := p.Flows.Continue(ctx, t.Conv, in)
		if d := outcome(o); d != nil || err != nil {
			return d, err
		}
	}
	lang := t.Conv.Lang
	switch {
	case b.State == chat.ActionUnknown:
		return reply(t, chat.ActPromise, texts.Say(lang, "act.unknown"), personButton(t)), nil // the ledger finds out, or fetches a person
	case b.State == chat.ActionUndone, a.UndoOf != "" && b.State == chat.ActionDone:
		return reply(t, chat.ActTell, texts.Say(lang, "undo.done")), nil
	case a.UndoOf != "":
		return escalate(chat.ReasonActionFailed, 0, "Undo failed: "+a.ID+" "+a.Reason, texts.Say(lang, "undo.failed")), nil
	case b.State == chat.ActionDone && a.Receipt != "":
		return reply(t, chat.ActTell, texts.Say(lang, "act.done", "receipt", a.Receipt)), nil
	case b.State == chat.ActionDone:
		return reply(t, chat.ActTell, texts.Say(lang, "act.done.plain")), nil
	case b.State == chat.ActionExpired:
		return reply(t, chat.ActTell, texts.Say(lang, "press.expired.gone")), nil
	}
	return reply(t, chat.ActFailed, texts.Say(lang, "act.failed"), personButton(t)), nil
}

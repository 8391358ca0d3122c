package bot

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"balie/bot/flow"
	"balie/bot/texts"
	"balie/internal/chat"
	"balie/kb"
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

// digress deals with words that are not for the open flow: a question is answered, another wish kept for later, and then the flow asks
// again.
func (p *Routines) digress(ctx context.Context, t *Turn, in flow.Input) (*Decision, error) {
	if lang, id, ok := strings.Cut(t.press.Arg, "/"); ok && t.press.Verb == "article" {
		d, err := p.Understand.article(ctx, t, lang, id)
		if err != nil || d == nil {
			return d, err
		}
		return p.between(ctx, t, in, "", d, false)
	}
	if in.Yes || in.No {
		return p.between(ctx, t, in, "", nil, true)
	}
	if g := foreign(t.text); g != nil {
		return g.inTheirs(t), nil
	}
	if t.Conv.Flow.Wait == "identify" && noNumber.MatchString(t.text) {
		d, err := p.withPerson(ctx, t, in, texts.Say(t.Conv.Lang, "identify.lost"))
		if d != nil && d.message() != nil {
			d.message().Act = chat.ActReask // twice or thrice of this, and a person comes
		}
		return d, err
	}
	if strings.HasPrefix(t.Conv.Flow.Wait, "code") && why.MatchString(t.text) {
		return p.between(ctx, t, in, texts.Say(t.Conv.Lang, "code.why"), nil, false)
	}
	commands, err := p.Understand.commands(ctx, t)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		switch c := c.(type) {
		case StartFlow:
			return p.another(ctx, t, in, c.Name)
		case Answer, Clarify:
			if asks(t) {
				return p.question(ctx, t, in)
			}
		case SmallTalk:
			if d := p.Understand.small(t, c.Kind); d != nil {
				return p.between(ctx, t, in, texts.Say(t.Conv.Lang, talkKey(c.Kind)), nil, false)
			}
		case FetchPerson:
			return escalate(chat.ReasonCustomer, 0, "", ""), nil
		}
	}
	switch {
	case t.Conv.Flow.Wait == "identify" && why.MatchString(t.text):
		return p.between(ctx, t, in, texts.Say(t.Conv.Lang, "identify.why"), nil, false)
	case strings.HasPrefix(t.Conv.Flow.Wait, "action:"):
		return p.between(ctx, t, in, "", nil, false)
	}
	return p.between(ctx, t, in, "", nil, true)
}

// question answers a question in between, without asking back: the flow has a question of its own open.
func (p *Routines) question(ctx context.Context, t *Turn, in flow.Input) (*Decision, error) {
	if p.Understand.Shelf.Library == nil {
		return p.unsure(ctx, t, in)
	}
	res, err := p.Understand.Shelf.find(ctx, t.text, t.Conv.Lang, 3)
	if err != nil {
		return nil, err
	}
	if res.Verdict == kb.None || len(res.Hits) == 0 || res.Hits[0].Fit < fitUnsure && t.heard.Band != Sure {
		return p.unsure(ctx, t, in)
	}
	return p.between(ctx, t, in, "", p.Understand.quote(ctx, t, res.Hits), false)
}

var why = regexp.MustCompile(`(?i)\b(?:waarom|waarvoor|why|what for)\b`)

// noNumber: the customer cannot answer the question who they are. Saying it again would not help them.
var noNumber = regexp.MustCompile(`(?i)\b(?:(?:geen|niet(?: meer)?|kwijt|vergeten).{0,20}(?:bestel|order)\s?nummer|(?:bestel|order)\s?nummer.{0,20}(?:niet|kwijt|vergeten|geen)|(?:dat |die )?weet ik (?:\w+ )?niet|geen idee|(?:no|lost|forgot|forgotten|don'?t (?:have|know)|do not (?:have|know)|can'?t find|cannot find).{0,20}order\s?(?:number|id|no)|i (?:don'?t|do not) know(?: (?:it|that))?$|no idea)`)

// unsure: a real question in between, which the library cannot answer.
func (p *Routines) unsure(ctx context.Context, t *Turn, in flow.Input) (*Decision, error) {
	d, err := p.withPerson(ctx, t, in, texts.Say(t.Conv.Lang, "unsure"))
	if d != nil && d.message() != nil {
		d.message().Missed = true
	}
	return d, err
}

// withPerson says something in between, with the way to a person under it.
func (p *Routines) withPerson(ctx context.Context, t *Turn, in flow.Input, text string) (*Decision, error) {
	d, err := p.between(ctx, t, in, text, nil, false)
	if d != nil && d.message() != nil {
		m := d.message()
		m.Buttons = append(m.Buttons, number(t, append(make([]chat.Button, len(m.Buttons)), personButton(t)))[len(m.Buttons)])
	}
	return d, err
}

// another keeps a second wish for later, and says so.
func (p *Routines) another(ctx context.Context, t *Turn, in flow.Input, name string) (*Decision, error) {
	f := p.Flows.Flows().Get(name)
	if f == nil || name == t.Conv.Flow.Name {
		return p.between(ctx, t, in, "", nil, false)
	}
	d, err := p.between(ctx, t, in, texts.Say(t.Conv.Lang, "queued", "title", f.Title.In(t.Conv.Lang, nil)), nil, false)
	if d != nil {
		d.Drafts = append([]chat.Draft{{By: chat.Bot, Body: &chat.FlowMoved{Flow: name, State: chat.FlowQueued}}}, d.Drafts...)
	}
	return d, err
}

// between says something (text, or what d says), and asks the flow's open question again in the same message.
func (p *Routines) between(ctx context.Context, t *Turn, in flow.Input, text string, d *Decision, failed bool) (*Decision, error) {
	o, err := p.Flows.Again(ctx, t.Conv, in, failed)
	if err != nil {
		return nil, err
	}
	again := outcome(o)
	if again == nil || again.message() == nil {
		if d == nil && text != "" {
			d = reply(t, chat.ActTell, text)
		}
		return d, nil
	}
	m := again.message()
	if d != nil {
		said := d.message()
		text, m.Sources, m.Act = said.Text, append(said.Sources, m.Sources...), said.Act
		again.Phrase, again.quoted = d.Phrase, d.quoted
	}
	if text != "" {
		m.Text = text + "\n\n" + m.Text
	}
	return again, nil
}

// begin starts a flow from a button. One that is open already goes on; another open one is kept for later.
func (p *Routines) begin(ctx context.Context, t *Turn) (*Decision, error) {
	name := t.press.Arg
	if p.Flows.Flows().Get(name) == nil {
		return p.late(t), nil
	}
	in := input(t, p.Understand.Ear, name)
	if f := t.Conv.Flow; f != nil {
		if f.Name == name {
			o, err := p.Flows.Again(ctx, t.Conv, in, false)
			return outcome(o), err
		}
		return p.another(ctx, t, in, name)
	}
	o, err := p.Flows.Start(ctx, t.Conv, in, name)
	return outcome(o), err
}

// drop forgets a queued wish.
func (p *Routines) drop(ctx context.Context, t *Turn) (*Decision, error) {
	d := reply(t, chat.ActTell, texts.Say(t.Conv.Lang, "no.alone"))
	if slices.Contains(t.Conv.Later, t.press.Arg) {
		d.Drafts = append([]chat.Draft{{By: chat.Bot, Body: &chat.FlowMoved{Flow: t.press.Arg, State: chat.FlowCancelled, Why: "customer"}}}, d.Drafts...)
	}
	if t.Conv.Flow != nil {
		return p.between(ctx, t, input(t, p.Understand.Ear, t.Conv.Flow.Name), "", d, false)
	}
	return d, nil
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

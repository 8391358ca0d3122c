package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"balie/bot/flow"
	"balie/bot/texts"
	"balie/internal/chat"
	"balie/kb"
)

// Command is what an Understander may ask for. None of them does anything by itself: a command can only open a flow, quote the library
// or fetch a person, and that is seen to here, whoever gave it.
type Command interface{ command() }

// The commands.
type (
	// StartFlow opens a flow; a second one in a turn is kept for later.
	StartFlow struct{ Name string }
	// SetSlot offers words of the customer as the value of a slot. Words that the customer did not say are not believed.
	SetSlot struct{ Name, Text string }
	// Answer asks the library.
	Answer struct {
		Query string
		found *kb.Result // what was found already, to search once
	}
	// Clarify asks which of at most three is meant: names of flows, or LANG/ID of articles.
	Clarify struct{ Options []string }
	// SmallTalk answers a greeting and the like; Kind is its intent.
	SmallTalk struct{ Kind string }
	// FetchPerson gives the word to people.
	FetchPerson struct{ Why string }
	// GiveUp says that nothing fits; Why is "", empty or not_helped.
	GiveUp struct{ Why string }
)

func (StartFlow) command()   {}
func (SetSlot) command()     {}
func (Answer) command()      {}
func (Clarify) command()     {}
func (SmallTalk) command()   {}
func (FetchPerson) command() {}
func (GiveUp) command()      {}

// Understander makes commands of what a customer said. It may be wrong, and it may be hostile.
type Understander interface {
	Understand(ctx context.Context, t *Turn) ([]Command, error)
}

// maxCommands bounds how many commands of a turn count.
const maxCommands = 6

// Understand is the policy that asks the Understander what the customer wants. Else is asked when By fails or knows nothing.
type Understand struct {
	By, Else Understander
	Flows    *flow.Engine
	Shelf    Shelf
	Ear      Ear
}

// Name is the policy's name.
func (*Understand) Name() string { return "understand" }

// Decide carries out the commands for a turn in which the customer said something and no flow is open.
func (u *Understand) Decide(ctx context.Context, t *Turn) (*Decision, error) {
	if lang, id, ok := strings.Cut(t.press.Arg, "/"); ok && t.press.Verb == "article" {
		return u.article(ctx, t, lang, id)
	}
	switch {
	case t.press.Verb == "none":
		t.why = "not_helped"
		return nil, nil
	case t.press.Verb == "yes" || t.press.Verb == "no":
		return u.small(t, t.press.Verb), nil
	case t.text == "" || t.press != (Press{}):
		return nil, nil
	}
	if g := foreign(t.text); g != nil {
		return g.inTheirs(t), nil
	}
	commands, err := u.commands(ctx, t)
	if err != nil {
		return nil, err
	}
	return u.carryOut(ctx, t, commands)
}

// commands asks By, and Else where By fails.
func (u *Understand) commands(ctx context.Context, t *Turn) ([]Command, error) {
	commands, err := u.By.Understand(ctx, t)
	if (err != nil || len(commands) == 0) && u.Else != nil {
		if err != nil {
			slog.Warn("understander failed; asking the embedded one", "conv", t.Conv.ID, "seq", t.Trigger.Seq, "err", err)
		}
		commands, err = u.Else.Understand(ctx, t)
	}
	if err != nil {
		return nil, fmt.Errorf("understand turn: %w", err)
	}
	return commands[:min(len(commands), maxCommands)], nil
}

// carryOut does the first command that leads to something, with what belongs to it.
func (u *Understand) carryOut(ctx context.Context, t *Turn, commands []Command) (*Decision, error) {
	for i, c := range commands {
		d, err := u.fromPage(ctx, t, c)
		if d != nil || err != nil {
			return d, err
		}
		switch c := c.(type) {
		case StartFlow:
			d, err = u.start(ctx, t, c.Name, commands[i+1:])
		case Answer:
			d, err = u.answer(ctx, t, c)
		case Clarify:
			d = u.clarify(ctx, t, c.Options)
		case SmallTalk:
			d = u.small(t, c.Kind)
		case FetchPerson:
			d = escalate(chat.ReasonCustomer, 0, "", "")
		case GiveUp:
			t.why = c.Why
			return nil, nil
		}
		if d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// start opens a flow with what was said, and keeps other wishes for later. An unknown flow leads to nothing.
func (u *Understand) start(ctx context.Context, t *Turn, name string, rest []Command) (*Decision, error) {
	if u.Flows.Flows().Get(name) == nil {
		return nil, nil
	}
	in := input(t, u.Ear, name)
	in.Given = given(t, rest)
	c := t.Conv
	var queued []chat.Draft
	for _, r := range rest {
		other, ok := r.(StartFlow)
		if ok && other.Name != name && u.Flows.Flows().Get(other.Name) != nil && len(queued) < 3 {
			body := &chat.FlowMoved{Flow: other.Name, State: chat.FlowQueued}
			queued = append(queued, chat.Draft{By: chat.Bot, Body: body})
			c = chat.Fold(c, chat.Event{Conv: c.ID, Seq: c.Head + 1, At: t.Now, By: chat.Bot, Body: body})
		}
	}
	o, err := u.Flows.Start(ctx, c, in, name)
	if err != nil {
		return nil, err
	}
	o.Before = append(queued, o.Before...)
	return outcome(o), nil
}

// given keeps the slots whose words the customer really said.
func given(t *Turn, commands []Command) map[string]string {
	out := map[string]string{}
	said := strings.ToLower(strings.Join(strings.Fields(t.text), " "))
	for _, c := range commands {
		if s, ok := c.(SetSlot); ok && s.Text != "" && strings.Contains(said, strings.ToLower(strings.Join(strings.Fields(s.Text), " "))) {
			out[s.Name] = s.Text
		}
	}
	return out
}

// answer quotes the library, asks which of a few articles is meant, or leads to nothing.
func (u *Understand) answer(ctx context.Context, t *Turn, a Answer) (*Decision, error) {
	if u.Shelf.Library == nil {
		return nil, nil
	}
	res := a.found
	if res == nil {
		query := a.Query
		if strings.TrimSpace(query) == "" {
			query = t.text
		}
		found, err := u.Shelf.find(ctx, query, t.Conv.Lang, 3)
		if err != nil {
			return nil, err
		}
		res = &found
	}
	switch {
	case len(res.Hits) == 0 || res.Verdict == kb.None:
		return nil, nil
	case res.Verdict == kb.Choose && len(res.Hits) > 1:
		var options []string
		for _, h := range res.Hits[:min(3, len(res.Hits))] {
			options = append(options, h.Lang+"/"+h.Article)
		}
		return u.clarify(ctx, t, options), nil
	}
	return u.quote(ctx, t, res.Hits), nil
}

// quote answers with the best hit; a model may word it from the first few.
func (u *Understand) quote(ctx context.Context, t *Turn, hits []kb.Hit) *Decision {
	text, source := u.Shelf.quoteHit(ctx, t.text, hits[0])
	if hits[0].Lang != t.Conv.Lang {
		text = texts.Say(t.Conv.Lang, "translated") + "\n\n" + text
	}
	d := reply(t, chat.ActAnswer, text)
	m := d.message()
	m.Sources, m.Intent = []chat.Source{source}, "ask"
	if f := u.Flows.Flows().About(source.Article); f != nil && t.Conv.Flow == nil {
		m.Buttons = number(t, []chat.Button{{Label: f.Wish.In(t.Conv.Lang, nil), Do: "flow:" + f.Name}})
	}
	d.quoted = text
	d.Phrase = &PhraseRequest{Lang: t.Conv.Lang, Question: t.text, History: history(t), Passages: passages(hits)}
	return d
}

// article quotes an article that the customer chose: the passage that fits what they asked, or its beginning.
func (u *Understand) article(ctx context.Context, t *Turn, lang, id string) (*Decision, error) {
	if u.Shelf.Library == nil {
		return nil, nil
	}
	if q := lastAsked(t); q != "" {
		res, err := u.Shelf.find(ctx, q, t.Conv.Lang, 5)
		if err != nil {
			return nil, err
		}
		for _, h := range res.Hits {
			if h.Article == id && h.Lang == lang {
				return u.quote(ctx, t, []kb.Hit{h}), nil
			}
		}
	}
	text, source, err := u.Shelf.Excerpt(ctx, lang, id, "")
	if err != nil {
		return nil, nil // taken away since: that is for the words of not being sure
	}
	d := reply(t, chat.ActAnswer, text)
	d.message().Sources = []chat.Source{source}
	return d, nil
}

// lastAsked is what the customer last typed before the trigger.
func lastAsked(t *Turn) string {
	for i := len(t.Events) - 1; i >= 0; i-- {
		e := t.Events[i]
		m, ok := e.Body.(*chat.Message)
		if ok && e.By.Role == chat.RoleCustomer && e.Seq < t.Trigger.Seq && m.Pressed == nil && m.Submit == nil {
			return m.Text
		}
	}
	return ""
}

// clarify asks which is meant. Options that do not exist fall away; without any it leads to nothing.
func (u *Understand) clarify(ctx context.Context, t *Turn, options []string) *Decision {
	var buttons []chat.Button
	for _, o := range options[:min(3, len(options))] {
		if f := u.Flows.Flows().Get(o); f != nil {
			buttons = append(buttons, chat.Button{Label: f.Wish.In(t.Conv.Lang, nil), Do: "flow:" + o})
		} else if lang, id, ok := strings.Cut(o, "/"); ok && u.Shelf.Library != nil {
			if a, err := u.Shelf.Library.Article(ctx, lang, id); err == nil {
				buttons = append(buttons, chat.Button{Label: a.Title, Do: "article:" + o})
			}
		}
	}
	if len(buttons) == 0 {
		return nil
	}
	key := "which"
	if len(buttons) == 1 {
		key = "which.flow"
	}
	buttons = append(buttons, button(t.Conv.Lang, "none_of_these", "none"))
	return reply(t, chat.ActClarify, texts.Say(t.Conv.Lang, key), buttons...)
}

// small answers small talk.
func (u *Understand) small(t *Turn, kind string) *Decision {
	key := kind
	switch kind {
	case "greeting", "thanks", "goodbye":
	case "bot_check":
		return reply(t, chat.ActSmall, texts.Say(t.Conv.Lang, key), personButton(t))
	case "yes", "no":
		key += ".alone"
	default:
		return nil
	}
	return reply(t, chat.ActSmall, texts.Say(t.Conv.Lang, key))
}

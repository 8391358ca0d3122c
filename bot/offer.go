package bot

import (
	"context"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/chat"
)

// offer takes a yes or a no to what the bot offered last: the wish that waited, or the one routine it asked about. The buttons under it say
// the same.
func (p *Routines) offer(ctx context.Context, t *Turn) (*Decision, error) {
	lines := botLines(t, 1)
	if t.press != (Press{}) || t.text == "" || len(lines) == 0 {
		return nil, nil
	}
	var offered []string
	waited := false
	for _, b := range lines[0].Buttons {
		if name, ok := strings.CutPrefix(b.Do, "flow:"); ok {
			offered = append(offered, name)
		} else if strings.HasPrefix(b.Do, "drop:") {
			waited = true
		} else if strings.HasPrefix(b.Do, "article:") {
			return nil, nil
		}
	}
	if len(offered) != 1 || !waited && lines[0].Act != chat.ActClarify {
		return nil, nil
	}
	switch {
	case saysYes.MatchString(t.text) || t.heard.Band == Sure && t.heard.Intent == "yes" && !asksOn(t.text):
		t.press = Press{Verb: "flow", Arg: offered[0]}
		return p.begin(ctx, t)
	case waited && saysNo.MatchString(t.text):
		t.press = Press{Verb: "drop", Arg: offered[0]}
		return p.drop(ctx, t)
	}
	return nil, nil
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

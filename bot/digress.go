package bot

import (
	"context"
	"regexp"
	"strings"

	"balie/bot/flow"
	"balie/bot/texts"
	"balie/internal/chat"
	"balie/kb"
)

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
	if asks(t) && thisOne.MatchString(t.text) {
		if d, err := p.aboutFlow(ctx, t); d != nil || err != nil {
			if err != nil {
				return nil, err
			}
			return p.between(ctx, t, in, "", d, false)
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

// thisOne: a question about what is going on does not name it: "wat kost dat eigenlijk?"
var thisOne = regexp.MustCompile(`(?i)\b(?:dat|dit|het|er|that|this|it)\b`)

// aboutFlow answers such a question from the articles about the open flow; nil when they do not.
func (p *Routines) aboutFlow(ctx context.Context, t *Turn) (*Decision, error) {
	f := p.Flows.Flows().Get(t.Conv.Flow.Name)
	if f == nil || p.Understand.Shelf.Library == nil || len(strings.Fields(t.text)) > maxShort {
		return nil, nil
	}
	res, err := p.Understand.Shelf.find(ctx, f.Title.In(t.Conv.Lang, nil)+" "+t.text, t.Conv.Lang, 3)
	if err != nil || res.Verdict == kb.None || len(res.Hits) == 0 || !speaksOf(res.Hits[0].Title+" "+res.Hits[0].Section+" "+res.Hits[0].Text, t.text) {
		return nil, err
	}
	return p.Understand.quote(ctx, t, res.Hits), nil
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

// fragment is the end of a sentence that the flow's question began: "van mijn account" is no wish.
var fragment = regexp.MustCompile(`(?i)^\W*(?:van|in|op|voor|uit|bij|met|aan|from|in|on|of|for|at|with)\s(?:\S+\s+){0,2}\S+$`)

// another keeps a second wish for later, and says so.
func (p *Routines) another(ctx context.Context, t *Turn, in flow.Input, name string) (*Decision, error) {
	f := p.Flows.Flows().Get(name)
	if f == nil || name == t.Conv.Flow.Name {
		return p.between(ctx, t, in, "", nil, false)
	}
	if t.press == (Press{}) && fragment.MatchString(t.text) {
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

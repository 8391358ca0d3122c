// Package bot is the voice: given a conversation, it decides what happens next. It decides, it does not do: a Decision is a list of
// events to append, and the Worker appends them. It sees no clock, store or network of its own, so any past conversation can be
// replayed through it.
//
// Policies are asked in order and the first that does not pass decides, so the surest comes first: escape, care, flow, understand, stuck.
// The name of the one that decided is kept with the event.
package bot

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"balie/bot/flow"
	"balie/bot/texts"
	"balie/internal/chat"
)

// Turn is what the bot decides upon: a conversation, and the event in it that it must deal with. Events are the latest ones, oldest
// first, Trigger among them; they need not reach back to the beginning.
type Turn struct {
	Conv    chat.Conversation
	Events  []chat.Event
	Trigger chat.Event
	Now     time.Time

	heard Heard // what the ear makes of the trigger; the zero value where nothing was said
	text  string
	press Press
	why   string // why nobody understood it: see GiveUp
}

// Decision is what is to be appended, in order. Where Phrase is set, the text of the last message of the bot may be worded by a
// model instead; Drafts are complete without it.
type Decision struct {
	Drafts []chat.Draft
	Phrase *PhraseRequest

	policy string
	quoted string // the part of the last message that Phrase may replace
}

// Policy decides on turns of one sort. A nil Decision passes the turn on. It must be free of clock, store and network of its own, and
// safe for concurrent use.
type Policy interface {
	Name() string
	Decide(ctx context.Context, t *Turn) (*Decision, error)
}

// Reviewer is a policy that also looks at what another decided, and may add to it or replace it.
type Reviewer interface {
	Review(ctx context.Context, t *Turn, d *Decision) (*Decision, error)
}

// Bot asks its policies.
type Bot struct {
	ear      Ear
	policies []Policy
}

// New makes a bot that hears with ear and asks the policies in this order.
func New(ear Ear, policies ...Policy) *Bot { return &Bot{ear: ear, policies: policies} }

// Decide says what to append in answer to the turn's trigger. There is always something: a turn that no policy takes gets the words for
// not being sure.
func (b *Bot) Decide(ctx context.Context, t *Turn) (*Decision, error) {
	t.listen(b.ear)
	var d *Decision
	for _, p := range b.policies {
		var err error
		if d, err = p.Decide(ctx, t); err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name(), err)
		}
		if d != nil {
			d.policy = p.Name()
			break
		}
	}
	if d == nil {
		d = reply(t, chat.ActRefusal, texts.Say(t.Conv.Lang, "unsure"), personButton(t))
		d.message().Missed = true
	}
	for _, p := range b.policies {
		r, ok := p.(Reviewer)
		if !ok {
			continue
		}
		was := d.policy
		next, err := r.Review(ctx, t, d)
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name(), err)
		}
		if next != d {
			next.policy = p.Name()
		} else {
			next.policy = was
		}
		d = next
	}
	b.finish(t, d)
	return d, nil
}

// finish signs the bot's messages with what they answer and who decided, and sets the language first if it changed.
func (b *Bot) finish(t *Turn, d *Decision) {
	for _, draft := range d.Drafts {
		if m, ok := draft.Body.(*chat.Message); ok && draft.By.Role == chat.RoleBot {
			m.Re, m.Policy = t.Trigger.Seq, d.policy
			if m.Lang == "" {
				m.Lang = t.Conv.Lang
			}
			if m.Missed || m.Act == chat.ActRefusal || m.Act == chat.ActClarify {
				m.Near = t.near()
			}
		}
	}
	if t.heard.switched {
		d.Drafts = append([]chat.Draft{{By: chat.Bot, Body: &chat.LanguageSet{Lang: t.Conv.Lang}}}, d.Drafts...)
	}
}

// near is what the ear thought of, for the editors' list of questions without a good answer.
func (t *Turn) near() (out []chat.Near) {
	for _, c := range t.heard.Top {
		out = append(out, chat.Near{Intent: c.Intent, Score: math.Round(c.Score*1000) / 1000})
	}
	return out
}

// listen finds out what was said, pressed or sent, and in which language. From then on Conv.Lang is the language to answer in.
func (t *Turn) listen(ear Ear) {
	before := t.Conv.Lang
	t.Conv.Lang = texts.Lang(before)
	m, ok := t.Trigger.Body.(*chat.Message)
	if !ok {
		return
	}
	t.text = strings.TrimSpace(m.Text)
	if m.Pressed != nil {
		t.press = ParsePress(m.Pressed.Do)
		t.text = m.Pressed.Label
		if t.press.Verb == "say" {
			t.text, t.press = t.press.Arg, Press{}
		}
	}
	if m.Submit != nil {
		t.text = ""
	}
	if t.text == "" || ear == nil {
		return
	}
	t.heard = ear.Hear(t.text, Hints{Lang: t.Conv.Lang, Now: t.Now})
	if m.Pressed == nil && t.heard.LangSure && t.heard.Lang != t.Conv.Lang && t.mayswitch() {
		t.heard.switched = true
		t.Conv.Lang = texts.Lang(t.heard.Lang)
	}
	t.heard.switched = t.heard.switched || before != t.Conv.Lang
}

// mayswitch: a street, a name or a "thank you" in another language is not yet another conversation, nor is French the English it looks like.
func (t *Turn) mayswitch() bool {
	if foreign(t.text) != nil {
		return false
	}
	n := len(strings.Fields(t.text))
	first := true
	for _, e := range t.Events {
		if _, said := e.Body.(*chat.Message); said && e.By.Role == chat.RoleCustomer && e.Seq < t.Trigger.Seq {
			first = false
		}
	}
	facts := len(t.heard.Facts.Addresses)+len(t.heard.Facts.Emails) > 0
	return first && !facts || n >= 4 && !facts
}

// Text is what the customer said in this turn; the label of the button they pressed; "" for anything else.
func (t *Turn) Text() string { return t.text }

// message returns the last message of the bot in the decision, or nil.
func (d *Decision) message() *chat.Message {
	for i := len(d.Drafts) - 1; i >= 0; i-- {
		if m, ok := d.Drafts[i].Body.(*chat.Message); ok && d.Drafts[i].By.Role == chat.RoleBot {
			return m
		}
	}
	return nil
}

// escalates returns the change of owner in the decision, or nil.
func (d *Decision) escalates() *chat.OwnerChanged {
	for _, draft := range d.Drafts {
		if o, ok := draft.Body.(*chat.OwnerChanged); ok {
			return o
		}
	}
	return nil
}

// reply is a decision to say one thing.
func reply(t *Turn, act chat.Act, text string, buttons ...chat.Button) *Decision {
	return &Decision{Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Message{Text: text, Act: act, Buttons: number(t, buttons)}}}}
}

// escalate is a decision to give the word to people, with words before it if text is not "".
func escalate(reason chat.Reason, priority int, note, text string) *Decision {
	d := &Decision{}
	if text != "" {
		d.Drafts = append(d.Drafts, chat.Draft{By: chat.Bot, Body: &chat.Message{Text: text, Act: chat.ActTell}})
	}
	d.Drafts = append(d.Drafts, chat.Draft{By: chat.Bot, Body: &chat.OwnerChanged{To: chat.RoleQueue, Reason: reason, Priority: priority, Note: note}})
	return d
}

// number gives buttons ids that are theirs alone in the conversation: each turn has its trigger's number.
func number(t *Turn, buttons []chat.Button) []chat.Button {
	for i := range buttons {
		buttons[i].ID = "b-" + t.Trigger.Seq.String() + "-" + strconv.Itoa(i+1)
	}
	return buttons
}

func button(lang, key, do string) chat.Button {
	return chat.Button{Label: texts.Say(lang, key), Do: do}
}

func personButton(t *Turn) chat.Button { return button(t.Conv.Lang, "person", "human") }

// outcome turns a flow's outcome into a decision; nil if the flow had no use for the turn.
func outcome(o flow.Outcome) *Decision {
	if !o.Used {
		return nil
	}
	d := &Decision{Drafts: o.Before}
	if o.Say != nil {
		d.Drafts = append(d.Drafts, chat.Draft{By: chat.Bot, Body: o.Say})
	}
	d.Drafts = append(d.Drafts, o.After...)
	return d
}

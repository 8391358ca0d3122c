// Package review looks back: it asks the bot again what customers asked before, and finds the questions that got no good answer. It
// is what the editors' workshop knows of conversations: words without personal data, and never who said them.
package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"balie/bot"
	"balie/internal/chat"
	"balie/kb"
)

// Maker makes the bot that customers talk to, over any library.
type Maker func(from kb.Reader) *bot.Bot

// Voice asks the bot one question as the first of a new conversation, and says what came of it. Nothing is kept.
func Voice(make Maker, now func() time.Time) kb.Voice {
	return func(ctx context.Context, from kb.Reader, lang, question string) (kb.Said, error) {
		at := now()
		events := []chat.Event{
			{Conv: nowhere, Seq: 1, At: at, By: chat.Customer, Body: &chat.Opened{Lang: lang}},
			{Conv: nowhere, Seq: 2, At: at, By: chat.Customer, Body: &chat.Message{Text: question}},
		}
		t := &bot.Turn{Conv: chat.Fold(chat.Conversation{}, events...), Events: events, Trigger: events[1], Now: at}
		d, err := make(from).Decide(ctx, t)
		if err != nil {
			return kb.Said{}, fmt.Errorf("ask the bot: %w", err)
		}
		return said(d.Drafts), nil
	}
}

// nowhere is the conversation of a question that nobody asks.
const nowhere = chat.ConversationID("00000000000000000000000000")

// said puts what the bot appends in an editor's words. What comes last is what the customer is left with, but a person or a routine
// counts above all.
func said(drafts []chat.Draft) kb.Said {
	out := kb.Said{Act: kb.SaidRefuse}
	for _, d := range drafts {
		switch b := d.Body.(type) {
		case *chat.Message:
			out.Text, out.Policy = b.Text, b.Policy
			heard(&out, b)
		case *chat.FlowMoved:
			if b.State == chat.FlowStarted {
				out.Act, out.Flow = kb.SaidFlow, b.Flow
			}
		case *chat.OwnerChanged:
			if b.To == chat.RoleQueue {
				out.Act = kb.SaidPerson
			}
		}
	}
	return out
}

// heard reads one message of the bot.
func heard(out *kb.Said, m *chat.Message) {
	if out.Act == kb.SaidFlow || out.Act == kb.SaidPerson {
		return
	}
	switch m.Act {
	case chat.ActAnswer:
		out.Act = kb.SaidAnswer
		if len(m.Sources) > 0 {
			s := m.Sources[0]
			out.Article, out.Title, out.Section = kb.Key(s.Lang, s.Article), s.Title, s.Section
		}
	case chat.ActClarify:
		out.Act = kb.SaidChoose
		for _, b := range m.Buttons {
			p := bot.ParsePress(b.Do)
			if p.Verb == "article" || p.Verb == "flow" {
				out.Options, out.Labels = append(out.Options, p.Arg), append(out.Labels, b.Label)
			}
		}
	case chat.ActSmall:
		out.Act = kb.SaidTalk
	case chat.ActAsk, chat.ActReask, chat.ActTell, chat.ActFailed, chat.ActPromise:
		out.Act = kb.SaidFlow
	}
}

// Turn is a customer's question in a past conversation, and what the bot says to it.
type Turn struct {
	Conv   chat.ConversationID `json:"conversation"`
	Seq    chat.Seq            `json:"seq"`
	At     time.Time           `json:"at"`
	Text   string              `json:"text"`
	Before kb.Said             `json:"before"`
	After  kb.Said             `json:"after"`
}

// Differs reports whether the customer would now be answered otherwise.
func (t Turn) Differs() bool {
	a, b := t.Before, t.After
	return a.Act != b.Act || a.Article != b.Article || a.Section != b.Section || strings.Join(a.Options, " ") != strings.Join(b.Options, " ")
}

// Replay asks the bot each question of a past conversation again, at the point where it was asked. Before is the bot as it was then, or,
// when nil, what it said then. Turns inside a routine are left out: articles have no part in them, and the order system has moved on.
func Replay(ctx context.Context, events []chat.Event, before, after *bot.Bot) ([]Turn, error) {
	var out []Turn
	c := chat.Conversation{}
	for i, e := range events {
		open := c.Flow != nil || c.Form != nil
		c = chat.Fold(c, e)
		if open || !isQuestion(&c, e) {
			continue
		}
		t := Turn{Conv: e.Conv, Seq: e.Seq, At: e.At, Text: Mask(e.Body.(*chat.Message).Text, c.Lang)}
		var err error
		if t.After, err = again(ctx, after, c, events[:i+1], e); err != nil {
			return out, err
		}
		if before == nil {
			drafts := answered(events[i+1:], e.Seq)
			if drafts == nil {
				continue // the bot never came to answer it
			}
			t.Before = said(drafts)
		} else if t.Before, err = again(ctx, before, c, events[:i+1], e); err != nil {
			return out, err
		}
		if t.Before.Act != kb.SaidFlow || t.After.Act != kb.SaidFlow {
			out = append(out, t)
		}
	}
	return out, nil
}

func again(ctx context.Context, b *bot.Bot, c chat.Conversation, events []chat.Event, e chat.Event) (kb.Said, error) {
	d, err := b.Decide(ctx, &bot.Turn{Conv: c.Clone(), Events: events, Trigger: e, Now: e.At})
	if err != nil {
		return kb.Said{}, fmt.Errorf("replay %s at %d: %w", e.Conv, e.Seq, err)
	}
	return said(d.Drafts), nil
}

// answered are the bot's events in answer to the event at seq: from its message up to the customer's next word.
func answered(events []chat.Event, seq chat.Seq) []chat.Draft {
	var out []chat.Draft
	ours := false
	for _, e := range events {
		m, isMessage := e.Body.(*chat.Message)
		if isMessage && e.By.Role == chat.RoleCustomer {
			break
		}
		if e.By.Role == chat.RoleBot {
			out = append(out, chat.Draft{By: e.By, Body: e.Body})
			ours = ours || isMessage && m.Re == seq
		}
	}
	if !ours {
		return nil
	}
	return out
}

// isQuestion reports whether an event is something a customer typed for the bot to answer. c is the state after it.
func isQuestion(c *chat.Conversation, e chat.Event) bool {
	m, ok := e.Body.(*chat.Message)
	return ok && e.By.Role == chat.RoleCustomer && m.Pressed == nil && m.Submit == nil && c.Owner.Role == chat.RoleBot &&
		len(strings.Fields(m.Text)) > 1
}

package bot

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"balie/bot/texts"
	"balie/internal/chat"
	"balie/internal/relay"
)

// Log is what the worker asks of the mail room. See relay.Relay.
type Log interface {
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Commit(ctx context.Context, a relay.Append) (relay.Appended, error)
	Signal(s relay.Signal)
}

// Worker does the bot's tasks: it reads a conversation, lets the bot decide, and appends at the position it read, with the task settled in
// the same commit.
type Worker struct {
	Bot     *Bot
	Log     Log
	Now     func() time.Time
	Phraser Phraser // nil: passages are quoted
}

// Bounds of a turn.
const (
	lookBack = 80  // events read before what is new
	lookMost = 300 // events read at all
	maxFails = 4   // claims of a task before people get it
)

// Name is the worker's name.
func (w *Worker) Name() string { return relay.WorkerBot }

// Wants says when the bot must look at a conversation: when it has the next word and something happened that it must deal with.
func Wants(c *chat.Conversation, added []chat.Event) []relay.Leave {
	if c.Owner.Role != chat.RoleBot {
		return nil
	}
	for _, e := range added {
		if mine(e) {
			return []relay.Leave{{Worker: relay.WorkerBot}}
		}
	}
	return nil
}

// mine reports whether an event asks for the bot's word. What the bot itself did to an act does not.
func mine(e chat.Event) bool {
	if _, act := e.Body.(*chat.ActionMoved); act && e.By.Role == chat.RoleBot {
		return false
	}
	return chat.Trigger(e)
}

// Work deals with every trigger that the conversation has, one commit each. A conflict means that somebody spoke first, and the mail
// room has it look again.
func (w *Worker) Work(ctx context.Context, task relay.Task) error {
	for range lookMost {
		c, err := w.Log.Conversation(ctx, task.Conv)
		if err != nil {
			return err
		}
		after := c.Handled - min(c.Handled, lookBack)
		events, err := w.Log.Read(ctx, task.Conv, after, lookMost)
		if err != nil {
			return err
		}
		if len(events) > 0 && events[len(events)-1].Seq > c.Head {
			continue // it moved between the two reads
		}
		todo := pending(&c, events)
		if len(todo) == 0 {
			_, err := w.Log.Commit(ctx, relay.Append{Conv: c.ID, At: chat.Any, Settle: []relay.Settle{{Task: task}}})
			return err
		}
		more, err := w.turn(ctx, task, c, events, todo)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// pending lists what the bot has not dealt with, oldest first, while it has the next word.
func pending(c *chat.Conversation, events []chat.Event) []chat.Event {
	if c.Owner.Role != chat.RoleBot {
		return nil
	}
	var out []chat.Event
	for _, e := range events {
		if e.Seq > c.Handled && mine(e) && !settled(c, e, events) {
			out = append(out, e)
		}
	}
	return out
}

// settled reports that an event was dealt with without words: a press that let an act go ahead, a code that the ledger
// compares, or the end of what nobody waits for.
func settled(c *chat.Conversation, e chat.Event, events []chat.Event) bool {
	switch b := e.Body.(type) {
	case *chat.CodeMoved:
		return !awaited(c, b)
	case *chat.Message:
		if b.Pressed == nil {
			return slices.ContainsFunc(events, func(o chat.Event) bool {
				m, ok := o.Body.(*chat.CodeMoved)
				return ok && o.By.Role == chat.RoleBot && m.State == chat.CodeGiven && m.From == e.Seq
			})
		}
		p := ParsePress(b.Pressed.Do)
		return slices.ContainsFunc(events, func(o chat.Event) bool {
			m, ok := o.Body.(*chat.ActionMoved)
			return ok && o.Seq > e.Seq && m.State == chat.ActionConfirmed && (p.Verb == "confirm" && m.ID == p.Arg || p.Verb == "undo" && m.UndoOf == p.Arg)
		})
	case *chat.ActionMoved:
		switch b.State {
		case chat.ActionExpired:
			return c.Flow == nil || !strings.HasSuffix(c.Flow.Wait, ":"+b.ID)
		case chat.ActionUndone:
			return slices.ContainsFunc(c.Actions, func(a chat.Action) bool { return a.UndoOf == b.ID })
		}
	}
	return false
}

// awaited reports that the open flow waits for this verdict on a code.
func awaited(c *chat.Conversation, b *chat.CodeMoved) bool {
	switch {
	case c.Flow == nil:
		return false
	case b.State == chat.CodeLimited || b.State == chat.CodeFailed:
		return c.Flow.Wait == "code" || c.Flow.Wait == "code:check"
	}
	return c.Flow.Wait == "code:check"
}

// turn deals with the first of todo and reports whether more is left.
func (w *Worker) turn(ctx context.Context, task relay.Task, c chat.Conversation, events, todo []chat.Event) (more bool, err error) {
	t := &Turn{Conv: c, Events: events, Trigger: todo[0], Now: w.Now()}
	d, err := w.decide(ctx, task, t)
	if err != nil {
		return false, err
	}
	a := relay.Append{Conv: c.ID, At: c.Head, Drafts: d.Drafts}
	more = len(todo) > 1 && d.escalates() == nil
	if !more {
		a.Settle = []relay.Settle{{Task: task}}
	}
	_, err = w.Log.Commit(ctx, a)
	return more, err
}

// decide asks the bot; when that keeps failing, people get the conversation with honest words. Silence is no answer.
func (w *Worker) decide(ctx context.Context, task relay.Task, t *Turn) (*Decision, error) {
	if task.Tries >= maxFails {
		slog.Error("the bot cannot answer; handing over", "conv", t.Conv.ID, "seq", t.Trigger.Seq, "tries", task.Tries)
		d := escalate(chat.ReasonBotUnavailable, 1, "", texts.Say(t.Conv.Lang, "unavailable"))
		d.message().Re, d.message().Lang = t.Trigger.Seq, texts.Lang(t.Conv.Lang)
		return d, nil
	}
	d, err := w.Bot.Decide(ctx, t)
	if err != nil {
		return nil, err
	}
	if d.Phrase != nil && w.Phraser != nil {
		w.phrase(ctx, t, d)
	}
	return d, nil
}

// phrase lets a model word the answer, streamed sentence by sentence. Whatever goes wrong, the quoted passage stands in the same turn.
func (w *Worker) phrase(ctx context.Context, t *Turn, d *Decision) {
	m := d.message()
	quoted := m.Text
	turn := "t-" + t.Trigger.Seq.String()
	aloud := aloud{pass: func(piece string) {
		w.Log.Signal(relay.Signal{Conv: t.Conv.ID, Kind: "delta", Turn: turn, Text: piece})
	}}
	text, err := w.Phraser.Phrase(ctx, *d.Phrase, aloud.hear)
	if err == nil {
		aloud.end()
	}
	switch {
	case err == nil && pretends(text): // the passage stands
		slog.Warn("a worded answer claims what was not done; quoting instead", "conv", t.Conv.ID, "seq", t.Trigger.Seq)
	case err == nil && strings.TrimSpace(text) != "":
		m.Text = text + strings.TrimPrefix(quoted, d.quoted)
	case errors.Is(err, ErrNoAnswer) && d.quoted == quoted:
		m.Text, m.Sources, m.Act, m.Missed = texts.Say(t.Conv.Lang, "unsure"), nil, chat.ActRefusal, true
		m.Near = t.near()
		m.Buttons = number(t, []chat.Button{personButton(t)})
	case err != nil:
		slog.Warn("phrase answer; quoting instead", "conv", t.Conv.ID, "seq", t.Trigger.Seq, "err", err)
	}
}

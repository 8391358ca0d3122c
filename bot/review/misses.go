package review

import (
	"context"
	"fmt"
	"strings"

	"balie/bot/nlu"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/kb"
)

// WorkerName is the name of the worker that finds misses.
const WorkerName = "gaps"

// Wants says when a conversation must be looked through: when something happened that shows a question without a good answer.
func Wants(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	for _, e := range added {
		if shows(e) {
			return []relay.Leave{{Worker: WorkerName}}
		}
	}
	return nil
}

func shows(e chat.Event) bool {
	switch b := e.Body.(type) {
	case *chat.Message:
		return e.By.Role == chat.RoleBot && (b.Missed || b.Act == chat.ActRefusal)
	case *chat.OwnerChanged:
		return b.To == chat.RoleQueue && e.By.Role == chat.RoleBot
	case *chat.HumanRequested:
		return b.Already == ""
	case *chat.Mark:
		return b.Verdict == "wrong"
	case *chat.Rating:
		return b.Resolved != nil && !*b.Resolved
	}
	return false
}

// Mail is what the worker asks of the mail room.
type Mail interface {
	Log
	Commit(ctx context.Context, a relay.Append) (relay.Appended, error)
}

// Worker notes the misses of conversations. A crash loses nothing, because the task stays; doing it twice counts nothing twice.
type Worker struct {
	Log  Mail
	Gaps *kb.Gaps
}

// Name is the worker's name.
func (*Worker) Name() string { return WorkerName }

// Work looks through one conversation.
func (w *Worker) Work(ctx context.Context, task relay.Task) error {
	events, err := w.Log.Read(ctx, task.Conv, 0, maxEvents)
	if err != nil {
		return err
	}
	for _, m := range Misses(events) {
		if err := w.Gaps.Note(ctx, m); err != nil {
			return fmt.Errorf("note miss: %w", err)
		}
	}
	_, err = w.Log.Commit(ctx, relay.Append{Conv: task.Conv, At: chat.Any, Settle: []relay.Settle{{Task: task}}})
	return err
}

// reader goes through a conversation and remembers which question each answer was for.
type reader struct {
	state  chat.Conversation
	asked  map[chat.Seq]*kb.Miss // by the customer's event
	given  map[chat.Seq]chat.Seq // the bot's event → the question it answers
	order  []*kb.Miss
	latest *kb.Miss // the question that is open
}

// Misses finds the questions of a conversation that got no good answer, in order. Questions inside a routine are none for the library.
func Misses(events []chat.Event) []kb.Miss {
	r := &reader{asked: map[chat.Seq]*kb.Miss{}, given: map[chat.Seq]chat.Seq{}}
	for _, e := range events {
		r.read(e)
	}
	var out []kb.Miss
	for _, m := range r.order {
		if len(m.Why) > 0 {
			m.Text = Mask(m.Text, m.Lang)
			out = append(out, *m)
		}
	}
	return out
}

func (r *reader) read(e chat.Event) {
	open := r.state.Flow != nil || r.state.Form != nil
	r.state = chat.Fold(r.state, e)
	switch b := e.Body.(type) {
	case *chat.Message:
		switch e.By.Role {
		case chat.RoleCustomer:
			if !open && isQuestion(&r.state, e) && !nlu.AsksForPerson(b.Text) {
				r.ask(e, b.Text)
			}
		case chat.RoleBot:
			r.answer(e, b)
		}
	case *chat.FlowMoved:
		if b.State == chat.FlowStarted {
			r.latest = nil // a routine takes it from here
		}
	case *chat.OwnerChanged:
		if b.To == chat.RoleQueue && e.By.Role == chat.RoleBot && (b.Reason == chat.ReasonStuck || b.Reason == chat.ReasonNoAnswer || b.Reason == chat.ReasonCustomer) {
			r.miss(r.latest, kb.WhyHanded)
			r.latest = nil
		}
	case *chat.HumanRequested:
		if b.Already == "" {
			r.miss(r.latest, kb.WhyHanded)
			r.latest = nil
		}
	case *chat.Mark:
		if b.Verdict == "wrong" {
			r.miss(r.asked[r.given[b.Seq]], kb.WhyMarked)
		}
	case *chat.Rating:
		if b.Resolved != nil && !*b.Resolved {
			r.miss(r.latest, kb.WhyRated)
		}
	}
}

func (r *reader) ask(e chat.Event, text string) {
	m := &kb.Miss{ID: string(e.Conv) + "/" + e.Seq.String(), Lang: r.state.Lang, Text: text, At: e.At, Conv: string(e.Conv), Seq: uint64(e.Seq)}
	r.asked[e.Seq], r.latest = m, m
	r.order = append(r.order, m)
}

// answer notes what the bot said: which question it was for, what was shown, and whether it was none.
func (r *reader) answer(e chat.Event, b *chat.Message) {
	q := r.asked[b.Re]
	if q == nil {
		q = r.latest // a press, say, on "none of these"
	}
	if q == nil {
		return
	}
	r.given[e.Seq] = chat.Seq(q.Seq)
	q.Lang = r.state.Lang
	if len(q.Near) == 0 {
		q.Near = nearest(b.Near)
	}
	switch {
	case b.Missed:
		r.miss(q, kb.WhyRefused)
	case b.Act == chat.ActRefusal:
		r.miss(q, kb.WhyClarified)
	case b.Act == chat.ActAnswer && len(b.Sources) > 0:
		q.Article = kb.Key(b.Sources[0].Lang, b.Sources[0].Article)
	case b.Act == chat.ActSmall:
		r.latest = nil
	}
}

func nearest(in []chat.Near) (out []kb.Near) {
	for _, n := range in {
		out = append(out, kb.Near(n))
	}
	return out
}

func (r *reader) miss(m *kb.Miss, why string) {
	if m == nil {
		return
	}
	for _, y := range m.Why {
		if y == why {
			return
		}
	}
	m.Why = append(m.Why, why)
}

// GoodAnswer returns what an agent answered after the event at seq, without personal data: what an article can be made of. "" if nobody
// answered.
func GoodAnswer(events []chat.Event, seq chat.Seq, lang string) string {
	var parts []string
	for _, e := range events {
		m, ok := e.Body.(*chat.Message)
		if ok && e.By.Role == chat.RoleAgent && e.Seq > seq && len(strings.Fields(m.Text)) > 4 && len(parts) < 6 {
			parts = append(parts, Mask(m.Text, lang))
		}
	}
	return strings.Join(parts, "\n\n")
}

package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// send gives the write to the order system. first says that it was never given before: only then does a refused connection
// prove that nothing was done.
func (j *job) send(ctx context.Context, first bool) error {
	call, cancel := context.WithTimeout(ctx, j.l.set.Timeout)
	defer cancel()
	j.l.unsent.Delete(j.s.id)
	r, err := j.l.system.Do(call, j.s.write)
	switch {
	case err == nil:
		return j.done(ctx, r)
	case errors.Is(err, ErrUnknownOutcome), errors.Is(err, ErrWrongReply):
		return j.doubtful(ctx, err)
	case ReasonOf(err) != "" && ReasonOf(err) != KeyReused:
		return j.refuse(ctx, ReasonOf(err))
	case fault.Is(err, fault.Unavailable) && first:
		if j.l.now().Sub(j.s.executing.At) < j.l.set.GiveUp {
			j.l.unsent.Store(j.s.id, true)
		}
		return j.notReached(ctx, j.s.executing.At, err)
	}
	return j.undecided(ctx, NoAnswer, err)
}

// doubtful looks once, at once: most answers that were lost can be asked for again.
func (j *job) doubtful(ctx context.Context, cause error) error {
	if r, found, err := j.outcome(ctx); err == nil && found {
		if errors.Is(cause, ErrWrongReply) {
			j.raise(cause)
		}
		return j.done(ctx, r)
	}
	return j.undecided(ctx, NoAnswer, cause)
}

// outcome asks what became of the write. An answer about something else is no answer.
func (j *job) outcome(ctx context.Context) (Result, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, j.l.set.Timeout)
	defer cancel()
	r, found, err := j.l.system.Outcome(ctx, j.s.id)
	if err != nil || !found {
		return r, false, err
	}
	w := j.s.write
	for _, f := range []struct{ what, got, asked string }{
		{"act", string(r.Kind), string(w.Kind)}, {"customer", string(r.Customer), string(w.Customer)}, {"order", string(r.Order), string(w.Order)},
	} {
		if f.got == "" { // it need not repeat what it was told
			continue
		}
		if err := same(f.what, f.got, f.asked); err != nil {
			return Result{}, false, err
		}
	}
	r.Key, r.Kind, r.Customer, r.Order = w.Key, w.Kind, w.Customer, w.Order
	return r, true, nil
}

// find learns what became of a write that may have been sent: by this process before it answered, or by one that has died since.
func (j *job) find(ctx context.Context) error {
	if _, unsent := j.l.unsent.Load(j.s.id); unsent {
		return j.send(ctx, true)
	}
	age := j.l.now().Sub(j.s.executing.At)
	r, found, err := j.outcome(ctx)
	switch {
	case err != nil:
		return j.undecided(ctx, NoAnswer, err)
	case found:
		return j.done(ctx, r)
	case age < j.l.set.Quiet: // it may still be on its way
		return j.l.settle(ctx, j.t, j.s.executing.At.Add(j.l.set.Quiet))
	case age >= j.l.set.GiveUp: // looks come at growing pauses: what was sent last has had time to arrive
		return j.refuse(ctx, NeverHappened)
	case j.c.Owner.Role == chat.RoleBot && !j.s.person:
		// The order system says that it never had it, and does each key once: the same key again cannot do it twice. Once
		// people are asked nothing is sent any more, because they may do it by hand.
		return j.send(ctx, false)
	}
	return j.undecided(ctx, NoAnswer, errors.New("order system has not had the write"))
}

// undecided says once that nobody knows, looks again later, and in the end asks a person.
func (j *job) undecided(ctx context.Context, why Reason, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(cause, ErrWrongReply) {
		if !j.s.person {
			j.raise(cause)
		}
		why = StrangeReply
	}
	now := j.l.now()
	age := now.Sub(j.s.executing.At)
	a := relay.Append{Conv: j.t.Conv, At: chat.Any}
	if j.s.state == chat.ActionExecuting {
		b := j.moved(chat.ActionUnknown)
		b.Reason = string(why)
		a.Drafts = append(a.Drafts, chat.Draft{By: chat.System, Key: phaseKey(j.s.id, "unknown"), Body: b})
	}
	if !j.s.person && (age >= j.l.set.Person || why == StrangeReply) {
		a.At = j.c.Head // who has the word decides how people are asked
		a.Drafts = append(a.Drafts, j.askPeople(why))
	}
	if age > lookFor {
		a.Settle = []relay.Settle{{Task: j.t}}
	} else {
		later := now.Add(pauseAt(age))
		if end := j.s.executing.At.Add(j.l.set.Person); !j.s.person && now.Before(end) && later.After(end) {
			later = end
		}
		a.Settle = []relay.Settle{{Task: j.t, Later: later}}
	}
	_, err := j.l.log.Commit(ctx, a)
	if fault.Is(err, fault.IDConflict) {
		return fault.New(fault.Conflict, "The act has moved on.")
	}
	return err
}

// lookFor is how long the ledger goes on looking after people were asked: what they find out may be the order system's to say.
const lookFor = 7 * 24 * time.Hour

// askPeople gives the conversation to the queue with everything known; who has it for that reason already gets a note.
func (j *job) askPeople(why Reason) chat.Draft {
	w := j.s.write
	note := fmt.Sprintf("Nobody knows whether %s (%s) was carried out: customer %s", w.Kind, j.s.id, w.Customer)
	if w.Order != "" {
		note += ", order " + string(w.Order)
	}
	note += fmt.Sprintf(". Sent at %s with idempotency key %s; the order system's last word: %s. Look it up there before doing it again.",
		j.s.executing.At.UTC().Format(time.RFC3339), j.s.id, why)
	d := chat.Draft{By: chat.System, Key: personKey(j.s.id), Body: &chat.Note{Text: note}}
	asked := j.c.Owner.Role == chat.RoleQueue && j.c.Owner.Reason == chat.ReasonActionUnknown // by the bot, which knew less
	if j.c.Owner.Role != chat.RoleAgent && !asked {
		d.Body = &chat.OwnerChanged{To: chat.RoleQueue, Team: j.c.Team, Reason: chat.ReasonActionUnknown, Priority: 1, Note: note}
	}
	return d
}

// raise tells the operator that the order system mixes things up.
func (j *job) raise(cause error) {
	j.l.slog.Error("order system answered about something else", "conv", j.t.Conv, "act", j.s.id, "err", cause)
}

// Outcome of a done act, as it lies in the log.
type finished struct {
	Result Result `json:"result"`
}

// done writes the receipt, and until when the act can be taken back.
func (j *job) done(ctx context.Context, r Result) error {
	lim, _, err := j.l.limits(ctx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(finished{r})
	if err != nil {
		return fmt.Errorf("encode result of %s: %w", j.s.id, err)
	}
	end := chat.ActionMoved{State: chat.ActionDone, Receipt: receipt(j.s.id), Result: b}
	if d := lim.undoFor(j.s.write.Kind); d > 0 && j.s.image.Undo != nil {
		end.UndoUntil = j.s.executing.At.Add(d).UTC().Truncate(time.Microsecond)
	}
	if orig := j.s.proposal.UndoOf; orig != "" {
		return j.doneUndo(ctx, end, orig)
	}
	return j.end(ctx, end)
}

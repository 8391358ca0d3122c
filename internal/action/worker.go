package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Worker carries out confirmed acts; it is the only hand that writes to the order system.
type Worker struct{ l *Ledger }

// Worker returns the ledger's worker.
func (l *Ledger) Worker() Worker { return Worker{l} }

// Name is the worker's name.
func (Worker) Name() string { return relay.WorkerAction }

// noticePrefix names the task that tells the old address of a change.
const noticePrefix = "notice:"

// Wants says when the ledger must look at a conversation: when the bot asks for a one-time code, when an act was confirmed, when a proposal will have expired, and when
// anybody but the ledger itself claims to know more of an act.
func Wants(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	due := map[string]time.Time{}
	var order []string
	for _, e := range added {
		if name := wantsCode(e); name != "" {
			order, due[name] = append(order, name), time.Time{}
			continue
		}
		b, ok := e.Body.(*chat.ActionMoved)
		if !ok || !minted(b.ID) || e.By == chat.System && b.State != chat.ActionConfirmed { // the ledger itself never confirms
			continue
		}
		if _, twice := due[b.ID]; !twice {
			order = append(order, b.ID)
		}
		due[b.ID] = time.Time{}
		if b.State == chat.ActionProposed {
			due[b.ID] = b.Expires
		}
	}
	var out []relay.Leave
	for _, id := range order {
		out = append(out, relay.Leave{Worker: relay.WorkerAction, Name: id, Due: due[id]})
	}
	return out
}

// Work takes one act as far as it will go now.
func (w Worker) Work(ctx context.Context, t relay.Task) error {
	if id, ok := strings.CutPrefix(t.Name, noticePrefix); ok {
		return w.l.notice(ctx, t, id)
	}
	if seq, ok := strings.CutPrefix(t.Name, codePrefix); ok {
		return w.l.code(ctx, t, seq)
	}
	if !minted(t.Name) {
		return w.l.settle(ctx, t, time.Time{})
	}
	c, stories, err := w.l.read(ctx, t.Conv, t.Name)
	if err != nil {
		return err
	}
	j := &job{l: w.l, t: t, c: c, s: stories[t.Name]}
	return j.step(ctx)
}

// job is one look at one act.
type job struct {
	l *Ledger
	t relay.Task
	c chat.Conversation
	s *story
}

func (j *job) step(ctx context.Context) error {
	if a := j.c.Action(j.t.Name); a != nil && a.State != j.s.state && j.s.state != "" && j.s.state != chat.ActionProposed {
		return j.correct(ctx)
	}
	switch j.s.state {
	case "":
		return j.refuse(ctx, NotProposed)
	case chat.ActionProposed:
		return j.expire(ctx)
	case chat.ActionConfirmed:
		return j.confirmed(ctx)
	case chat.ActionExecuting, chat.ActionUnknown:
		return j.find(ctx)
	}
	return j.over(ctx)
}

// correct says again how far an act has really come, after somebody claimed otherwise: the folded row believes the last one
// who spoke.
func (j *job) correct(ctx context.Context) error {
	b := chat.ActionMoved{ID: j.s.id, Name: j.s.proposal.Name, State: j.s.state}
	if j.s.state.Over() {
		b = j.s.end
	}
	_, err := j.l.log.Commit(ctx, relay.Append{Conv: j.t.Conv, At: j.c.Head, Drafts: []chat.Draft{{By: chat.System, Body: &b}}})
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "The act was corrected; look again.")
}

// expire ends a proposal that nobody confirmed in time. A press in time that the bot has not dealt with yet gets the grace.
func (j *job) expire(ctx context.Context) error {
	end := j.s.proposal.Expires.Add(j.l.set.Grace)
	if j.l.now().Before(end) {
		return j.l.settle(ctx, j.t, end)
	}
	return j.end(ctx, chat.ActionMoved{State: chat.ActionExpired, Reason: string(TooLate)})
}

// confirmed makes sure that the act may be carried out, notes what is needed to take it back, counts it, and sends it.
func (j *job) confirmed(ctx context.Context) error {
	lim, version, err := j.l.limits(ctx)
	if err != nil {
		return err
	}
	if why := j.l.verify(j.c, j.s, lim); why != "" {
		return j.refuse(ctx, why)
	}
	img, err := j.prepare(ctx, lim)
	if why := whyNot(err); why != "" {
		return j.refuse(ctx, why)
	}
	if err != nil {
		return j.notReached(ctx, j.s.confirmed.At, err)
	}
	signs, err := j.signs(ctx)
	if err != nil {
		return err
	}
	img.Limits = version
	result, err := json.Marshal(img)
	if err != nil {
		return fmt.Errorf("encode image of %s: %w", j.s.id, err)
	}
	b := j.moved(chat.ActionExecuting)
	b.Result = result
	done, err := j.l.log.Commit(ctx, relay.Append{Conv: j.t.Conv, At: j.c.Head, Drafts: append(signs, chat.Draft{By: chat.System, Key: phaseKey(j.s.id, "executing"), Body: b})})
	if err != nil {
		return err
	}
	if done.New == 0 { // another hand was quicker, and sends it
		return fault.New(fault.Conflict, "The act is being carried out.")
	}
	for _, e := range done.Events {
		j.c = chat.Fold(j.c, e)
		j.s.tell(e, j.c.Customer)
	}
	return j.send(ctx, true)
}

// prepare asks the order system what the act would change, and counts it. A refusal ends the act; any other error means that
// the order system, or the store, cannot be reached now.
func (j *job) prepare(ctx context.Context, lim Limits) (image, error) {
	ctx, cancel := context.WithTimeout(ctx, j.l.set.Timeout)
	defer cancel()
	img, err := j.look(ctx)
	if err != nil {
		return img, err
	}
	if img.Amount, err = j.l.foresee(ctx, j.s.write); err != nil {
		return img, err
	}
	return img, j.l.reserve(ctx, lim, j.s.authority(), j.s.write, img.Amount)
}

// look reads customer and order as they are just before the act, refuses what belongs to somebody else, and keeps the image.
func (j *job) look(ctx context.Context) (image, error) {
	w := j.s.write
	img := image{Kind: w.Kind, Role: j.s.authority().Role}
	customer, err := j.l.system.Customer(ctx, w.Customer)
	if err != nil {
		return img, err
	}
	var order Order
	if w.Order != "" {
		if order, err = j.l.system.Order(ctx, w.Order); err != nil {
			return img, err
		}
		if order.Customer != w.Customer {
			return img, Refuse(fault.Forbidden, ForeignCustomer, "This order is not yours.")
		}
	}
	if w.Kind == ChangeContact || w.Kind == ChangeCustomerAddress || w.Kind == ChangeOrderAddress {
		img.Notify = customer.Email
	}
	if j.s.proposal.UndoOf != "" {
		return img, j.undoable(ctx, customer, order)
	}
	if u, ok := Inverse(w, customer, order); ok {
		u.Key = j.s.id
		if u.Check() == nil { // what was on record may be something that could not be written today
			u.Key = ""
			img.Undo = &u
		}
	}
	return img, nil
}

// notReached tries again for a while, as long as nothing was sent; then the act has failed, and that is certain.
func (j *job) notReached(ctx context.Context, since time.Time, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(cause, ErrWrongReply) {
		j.raise(cause)
	}
	age := j.l.now().Sub(since)
	if age < j.l.set.GiveUp {
		return j.l.settle(ctx, j.t, j.l.now().Add(pauseAt(age)))
	}
	return j.refuse(ctx, NotReached)
}

// pauseAt is how long to wait before looking again at something that is age old: the pauses grow with it.
func pauseAt(age time.Duration) time.Duration { return min(max(age/2, time.Second), 10*time.Minute) }

func (j *job) moved(state chat.ActionState) *chat.ActionMoved {
	return &chat.ActionMoved{ID: j.s.id, Name: j.s.proposal.Name, State: state, UndoOf: j.s.proposal.UndoOf}
}

func phaseKey(id, phase string) chat.Key { return chat.Key("act:" + id + ":" + phase) }

// refuse ends an act that was not carried out.
func (j *job) refuse(ctx context.Context, why Reason) error {
	state := chat.ActionFailed
	if why == TooLate {
		state = chat.ActionExpired
	}
	return j.end(ctx, chat.ActionMoved{State: state, Reason: string(why)})
}

// end writes the last phase. Where the decision rests on what the log did not say (no press, no confirmation), the log must still not
// say it; where it rests on the order system's answer it goes in wherever the conversation is by then.
func (j *job) end(ctx context.Context, b chat.ActionMoved, more ...chat.Draft) error {
	b.ID, b.Name, b.UndoOf = j.s.id, j.s.proposal.Name, j.s.proposal.UndoOf
	at := j.c.Head
	if j.s.executing.Body != nil {
		at = chat.Any
	}
	a := relay.Append{Conv: j.t.Conv, At: at, Drafts: append(more, chat.Draft{By: chat.System, Key: phaseKey(j.s.id, "end"), Body: &b})}
	if b.State == chat.ActionDone {
		a.Settle = []relay.Settle{{Task: j.t}}
		if j.s.image.Notify != "" && j.l.mail != nil && j.s.proposal.UndoOf == "" {
			a.Leave = []relay.Leave{{Worker: relay.WorkerAction, Name: noticePrefix + j.s.id}}
		}
	}
	done, err := j.l.log.Commit(ctx, a)
	if fault.Is(err, fault.IDConflict) { // another hand has ended it meanwhile
		return fault.New(fault.Conflict, "The act has come to its end.")
	}
	if err != nil || b.State == chat.ActionDone {
		return err
	}
	for _, e := range done.Events {
		j.c = chat.Fold(j.c, e)
		j.s.tell(e, j.c.Customer)
	}
	return j.over(ctx)
}

// over clears up after an act that was not carried out, or was taken back: it no longer counts against the limits.
func (j *job) over(ctx context.Context) error {
	if j.s.state != chat.ActionDone && j.s.badWrite == nil && j.s.confirmed.Body != nil {
		if err := j.l.release(ctx, j.s); err != nil {
			return err
		}
	}
	return j.l.settle(ctx, j.t, time.Time{})
}

// settle ends this look: done, or (later not zero) to come back.
func (l *Ledger) settle(ctx context.Context, t relay.Task, later time.Time) error {
	_, err := l.log.Commit(ctx, relay.Append{Conv: t.Conv, At: chat.Any, Settle: []relay.Settle{{Task: t, Later: later}}})
	return err
}

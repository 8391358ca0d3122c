package flow

import (
	"regexp"
	"strings"

	"balie/bot/texts"
	"balie/internal/chat"
)

// take gives the flow the customer's word at step i. It reports whether the flow had use for it.
func (r *run) take(i int) (bool, error) {
	s := r.flow.Steps[i]
	what, id, _ := strings.Cut(r.c.Flow.Wait, ":")
	switch {
	case r.in.Act != nil:
		return r.takeAct(i, what, id)
	case r.in.Code != nil:
		return r.takeCode(i, s)
	case r.in.Verb != "":
		return r.takePress(i, what, id)
	case r.in.Submit != nil:
		return r.takeForm(i, s)
	}
	switch what {
	case "confirm":
		return r.takeAtCard(i, id)
	case "action":
		return false, nil
	case "code":
		return r.hearCode(i, s)
	case "again", "expired":
		if r.in.Yes || what == "again" && !(r.in.Sure && r.in.Intent != r.flow.Name && r.e.flows().Get(r.in.Intent) != nil) { // any word tries again

			return true, r.advance(i)
		}
		return false, nil
	}
	if s.Kind == Identify {
		used, err := r.hearIdentity()
		if err != nil {
			return true, r.trouble(s, err)
		}
		if used {
			return true, r.advance(i)
		}
		return false, nil
	}
	if s.Kind == Collect {
		if used, err := r.takeAnswer(i, s); used || err != nil {
			return used, err
		}
	}
	return r.correct(i)
}

// takeAct goes on after the act this flow waits for.
func (r *run) takeAct(i int, what, id string) (bool, error) {
	if r.in.Act.ID != id {
		return false, nil
	}
	switch what {
	case "action":
		r.act = r.c.Action(id)
		return true, r.result(i)
	case "confirm":
		r.sayKey("press.expired")
		r.button("yes", "again", "primary")
		r.button("no", "stop", "")
		r.speech = chat.ActAsk
		r.wait(r.flow.Steps[i], "expired", 0)
		return true, nil
	}
	return false, nil
}

func (r *run) takePress(i int, what, id string) (bool, error) {
	s := r.flow.Steps[i]
	switch r.in.Verb {
	case "again", "resume":
		if what == "action" {
			return true, r.reask(s, 0)
		}
		return true, r.advance(i)
	case "confirm", "change":
		if what == "action" && r.in.Arg == id {
			r.sayKey("press.busy")
			return true, nil
		}
		if what != "confirm" || r.in.Arg != id {
			return false, nil
		}
		if r.in.Verb == "change" {
			return true, r.change(s)
		}
		return true, r.confirm(s, id)
	case "slot":
		name, value, _ := strings.Cut(r.in.Arg, "=")
		if s.Kind != Collect || name != s.Slot || what == "action" {
			return false, nil
		}
		return r.takeButton(i, s, value)
	case "yes":
		r.in.Yes, r.in.Verb = true, ""
		return r.take(i)
	case "no":
		r.in.No, r.in.Verb = true, ""
		return r.take(i)
	}
	return false, nil
}

// confirm is the press on a card: the only thing that lets an act go ahead.
func (r *run) confirm(s *Step, id string) error {
	a := r.c.Action(id)
	if a == nil || a.State != chat.ActionProposed || !a.Expires.IsZero() && !r.in.Now.Before(a.Expires) {
		r.sayKey("press.expired")
		r.button("yes", "again", "primary")
		r.button("no", "stop", "")
		r.speech = chat.ActAsk
		r.wait(s, "expired", 0)
		return nil
	}
	r.emit(chat.Customer, &chat.ActionMoved{ID: id, Name: a.Name, State: chat.ActionConfirmed, Hash: a.Hash})
	i := r.flow.step(s.ID)
	r.wait(r.flow.Steps[r.following(i)], "action:"+id, 0)
	return nil
}

// change goes back to the step that the proposal names, with what was filled in before.
func (r *run) change(s *Step) error {
	r.expire("changed")
	to := r.flow.step(s.Change)
	step := r.flow.Steps[to]
	if step.Kind != Collect {
		return r.advance(to)
	}
	if err := r.load(); err != nil {
		return r.trouble(step, err)
	}
	sl := r.flow.Slot(step.Slot)
	err := r.ask(step, sl, 0)
	r.unset(sl)
	if err != nil {
		return r.trouble(step, err)
	}
	return nil
}

// expire ends the open proposal, so that its card cannot be pressed any more.
func (r *run) expire(why string) {
	if r.c.Flow == nil {
		return
	}
	id, ok := strings.CutPrefix(r.c.Flow.Wait, "confirm:")
	if a := r.c.Action(id); ok && a != nil && a.State == chat.ActionProposed {
		r.emit(chat.Bot, &chat.ActionMoved{ID: id, Name: a.Name, State: chat.ActionExpired, Reason: why})
	}
}

// notThis: the card is not what the customer means, whatever else they say.
var notThis = regexp.MustCompile(`(?i)^\W*(?:(?:nee|no|sorry|nope)\b[\s,.!]*)*(?:dat|dit|deze|die|that|this|it)?(?:'s| is| was)?\s*(?:(?:helemaal |niet )?(?:klopt niet|fout|verkeerd|juist niet|niet (?:goed|juist|wat ik bedoel))|(?:not (?:right|what i (?:want|meant?|asked)|correct))|wrong|incorrect)\b`)

// notSo begins a few words that want the card otherwise, in a way that nothing in it shows.
var notSo = regexp.MustCompile(`(?i)^\W*(?:nee+|no|nope)\b`)

// takeAtCard: words never confirm. They can change what is on the card.
func (r *run) takeAtCard(i int, id string) (bool, error) {
	if used, err := r.correct(i); used || err != nil {
		return used, err
	}
	switch {
	case r.in.Yes, r.restates():
		r.sayKey("press.send")
		return true, r.showCard(r.flow.Steps[i], id)
	case r.in.No, notThis.MatchString(r.in.Text), notSo.MatchString(r.in.Text) && len(words(r.in.Text)) <= 6:
		return true, r.change(r.flow.Steps[i])
	}
	return false, nil
}

// reask says the open question again.
func (r *run) reask(s *Step, tries int) error {
	if err := r.load(); err != nil {
		return r.trouble(s, err)
	}
	what, id, _ := strings.Cut(r.c.Flow.Wait, ":")
	switch what {
	case "confirm":
		r.sayKey("press.send")
		if err := r.showCard(s, id); err != nil {
			return err
		}
		r.wait(s, r.c.Flow.Wait, tries)
		return nil
	case "action":
		r.sayKey("press.busy")
		return nil
	case "expired":
		r.sayKey("press.expired")
		r.button("yes", "again", "primary")
		r.button("no", "stop", "")
		r.speech = chat.ActAsk
		return nil
	case "again":
		r.button("again", "again", "primary")
		r.button("person", "human", "")
		r.say(texts.Say(r.c.Lang, "orders.down"))
		r.speech = chat.ActAsk
		return nil
	}
	if s.Kind == Identify {
		r.askIdentity(s, tries)
		return nil
	}
	if s.Kind == Collect {
		if err := r.ask(s, r.flow.Slot(s.Slot), tries); err != nil {
			return r.trouble(s, err)
		}
	}
	return nil
}

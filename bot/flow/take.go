package flow

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
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

var numberWord = regexp.MustCompile(`(?i)^\W*(?:(?:nee|no|sorry|oeps|oh|het is|it'?s|ik bedoel|i mean|moet zijn|should be|maar)[\s,]+)*(?:op\s+|at\s+)?(?:(?:huis)?nummer|nr\.?|number)?\s*(\d{1,5})\s*[- ]?([a-z]|bis|hs|[iv]{1,3})?\W*$`)

// correct looks for a fact that replaces one the flow has already, goes back to where it was asked, and on from there.
func (r *run) correct(at int) (bool, error) {
	number := numberWord.MatchString(r.in.Text) // "nee, nummer 14" is about the address, whatever else it sounds like
	if r.in.Text == "" || !number && !r.namesMethod() && r.in.Sure && r.in.Intent != r.flow.Name && r.e.flows().Get(r.in.Intent) != nil {
		return false, nil
	}
	if err := r.load(); err != nil {
		return true, r.trouble(r.flow.Steps[at], err)
	}
	for _, s := range r.flow.Slots {
		v, ok := r.replacement(s, at)
		if !ok {
			continue
		}
		r.expire("changed")
		if s.Type == TypeOrder {
			r.forgetOrder()
		}
		r.set(s, v, false)
		return true, r.advance(r.backTo(s, at))
	}
	return false, nil
}

// namesMethod reports that a few words at a card are a way to pay or get paid back: "original payment method" is no new wish there.
func (r *run) namesMethod() bool {
	sl := r.flow.first(TypeMethod)
	if sl == nil || !r.isSet(sl) || !strings.HasPrefix(r.c.Flow.Wait, "confirm:") || len(words(r.in.Text)) > 6 || r.load() != nil {
		return false
	}
	return len(r.namedMethods(sl, r.in.Text)) > 0
}

// restates reports that a few words at a card say what is on it already: the way to pay, all the articles, the variant.
func (r *run) restates() bool {
	if r.namesMethod() {
		return true
	}
	if len(words(r.in.Text)) > 6 || r.load() != nil || r.order == nil {
		return false
	}
	for _, sl := range r.flow.Slots {
		if sl.Type != TypeItems && sl.Type != TypeSwaps || !r.isSet(sl) {
			continue
		}
		v, ok := r.read(sl, r.in.Text)
		said, err := json.Marshal(v)
		if ok && err == nil && string(said) == string(r.c.Slots[sl.Name].Value) {
			return true
		}
	}
	return false
}

// replacement returns another value for a slot that is set, if the text holds one.
func (r *run) replacement(s *Slot, at int) (any, bool) {
	if !r.isSet(s) {
		return nil, false
	}
	switch s.Type {
	case TypeAddress:
		var old action.Address
		r.c.Slot(s.Name, &old)
		if m := numberWord.FindStringSubmatch(r.in.Text); m != nil && old.Line1 != "" {
			return renumber(old, m[1], m[2]), true
		}
		if len(r.in.Facts.Addresses) > 0 {
			a := complete(r.in.Facts.Addresses[0], old)
			return a, oneLine(a) != oneLine(old)
		}
	case TypeOrder:
		var old string
		r.c.Slot(s.Name, &old)
		id := findOrderFact(r.in)
		return id, id != "" && !contains(r.e.candidates(id), old)
	case TypeEmail, TypePhone, TypeDate:
		var old string
		r.c.Slot(s.Name, &old)
		v, ok := simple(s, r.in)
		return v, ok && v != old
	case TypeItems:
		if r.order == nil {
			return nil, false
		}
		var old []action.ItemID
		r.c.Slot(s.Name, &old)
		found, sure := mentions(r.in.Text, r.order.Items)
		ids := idsAt(r.order.Items, found)
		if sure && alsoThis.MatchString(fold(r.in.Text)) {
			ids = append(old, slices.DeleteFunc(ids, func(id action.ItemID) bool { return contains(old, id) })...)
		}
		return ids, sure && !slices.Equal(ids, old) // naming what was chosen already corrects nothing
	case TypeSwaps:
		var old []action.Swap
		r.c.Slot(s.Name, &old)
		v, ok := r.readSwaps(s, r.in.Text)
		swaps, _ := v.([]action.Swap)
		return swaps, ok && strings.HasPrefix(r.c.Flow.Wait, "confirm:") && !slices.Equal(swaps, old)
	case TypeChoice, TypeMethod:
		if !strings.HasPrefix(r.c.Flow.Wait, "confirm:") {
			return nil, false
		}
		var old string
		r.c.Slot(s.Name, &old)
		v, ok := r.read(s, r.in.Text)
		return v, ok && v != old
	}
	return nil, false
}

// alsoThis adds to what was chosen before, where an article alone takes its place.
var alsoThis = regexp.MustCompile(`\b(?:ook|erbij|as well|also|too|add|plus)\b`)

// backTo is the step that asks for a slot: correcting goes on from there. A slot that no step collects is identity's.
func (r *run) backTo(s *Slot, at int) int {
	for i, step := range r.flow.Steps {
		if step.Kind == Collect && step.Slot == s.Name || step.Kind == Identify && (s.Type == TypeOrder || s.Type == TypePostcode) {
			return i
		}
	}
	return at
}

// forgetOrder drops what belonged to another order.
func (r *run) forgetOrder() {
	r.order = nil
	for _, s := range r.flow.Slots {
		if s.Type == TypeItems || s.Type == TypeSwaps || s.Type == TypeMethod {
			r.unset(s)
		}
	}
}

// renumber changes the house number of an address and leaves the street.
func renumber(a action.Address, number, addition string) action.Address {
	addition = strings.ToUpper(addition)
	if a.Street != "" {
		a.Number, a.Addition = number, addition
		a.Line1 = dutchLine(a)
		return a
	}
	fields := strings.Fields(a.Line1)
	if len(fields) > 0 && isNumber(fields[0]) {
		fields[0] = number + addition
	}
	a.Line1 = strings.Join(fields, " ")
	return a
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

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

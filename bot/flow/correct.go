package flow

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"balie/internal/action"
)

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

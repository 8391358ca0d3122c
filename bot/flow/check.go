package flow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"balie/bot/texts"
	"balie/internal/action"
	"balie/internal/chat"
)

// reasons are those a flow may hand over for.
var reasons = []chat.Reason{chat.ReasonPolicy, chat.ReasonSensitive, chat.ReasonNoAnswer, chat.ReasonStuck, chat.ReasonActionFailed}

// proposable are the writes that a flow may propose, with the fields each needs; a field with a "?" may be left out.
var proposable = map[action.WriteKind][]string{
	action.ChangeCustomerAddress: {"address"},
	action.ChangeOrderAddress:    {"order", "address"},
	action.ChangeContact:         {"email?", "phone?"},
	action.CancelOrder:           {"order", "reason"},
	action.ReturnItems:           {"order", "items", "method", "reason?"},
	action.Withdraw:              {"order", "items?"},
	action.ExchangeItems:         {"order", "swaps", "method"},
	action.ModifyItems:           {"order", "swaps", "method"},
	action.ModifyPayment:         {"order", "method"},
}

// Check looks for mistakes that Parse cannot see: unknown slots and steps, steps nobody reaches, missing translations, loops
// without a way out, an act without its confirmation or its result. The error joins Problems; nil means the flow can be run.
func Check(f *Flow, all *Set) error {
	c := checker{f: f, all: all}
	c.texts()
	c.refs()
	c.acts()
	if len(c.problems) == 0 { // only a graph without loose ends can be walked
		c.paths()
	}
	return errors.Join(c.problems...)
}

type checker struct {
	f        *Flow
	all      *Set
	problems []error
}

func (c *checker) wrong(line int, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.f.File, Line: line, Text: fmt.Sprintf(format, args...)})
}

// texts: everything said is there in every language, bounded, and fills in only what can be known.
func (c *checker) texts() {
	c.text(1, "title", c.f.Title, true)
	c.text(1, "wish", c.f.Wish, true)
	for _, s := range c.f.Slots {
		for _, o := range s.Options {
			c.text(s.Line, "option "+o.Value, o.Label, true)
		}
	}
	for _, s := range c.f.Steps {
		c.text(s.Line, "ask", s.Ask, false)
		c.text(s.Line, "again", s.Again, false)
		c.text(s.Line, "say", s.Text, s.Kind == Say)
		c.text(s.Line, "card", s.Card, s.Kind == Propose)
		for _, name := range slices.Sorted(maps.Keys(s.Outcome)) {
			c.text(s.Line, "result "+name, s.Outcome[name].Text, s.Outcome[name].Article == "")
		}
	}
}

func (c *checker) text(line int, what string, t Text, must bool) {
	if t == nil {
		if must {
			c.wrong(line, "%s is missing: write it as {nl: …, en: …}", what)
		}
		return
	}
	for _, lang := range texts.Langs {
		s := t[lang]
		if strings.TrimSpace(s) == "" {
			c.wrong(line, "%s has no text in %q: translate it", what, lang)
		}
		if len(s) > maxWords {
			c.wrong(line, "%s in %q is longer than %d bytes: shorten it, or quote an article", what, lang, maxWords)
		}
		for _, name := range texts.Names(s) {
			if !slices.Contains(variables, name) && c.f.Slot(name) == nil {
				c.wrong(line, "%s in %q: {%s} is unknown: use a slot of this flow or one of %v", what, lang, name, variables)
			}
		}
	}
	for lang := range t {
		if !slices.Contains(texts.Langs, lang) {
			c.wrong(line, "%s has a text in %q: the languages are %v", what, lang, texts.Langs)
		}
	}
}

// refs: every step, slot, fact and flow that is named exists.
func (c *checker) refs() {
	seen := map[string]bool{}
	for _, s := range c.f.Steps {
		if seen[s.ID] {
			c.wrong(s.Line, "there are two steps %q: give one another id", s.ID)
		}
		seen[s.ID] = true
	}
	for _, s := range c.f.Steps {
		targets := []string{s.Next, s.Else, s.Change}
		for _, br := range s.Outcome {
			targets = append(targets, br.Next)
		}
		for _, to := range targets {
			if to != "" && !seen[to] {
				c.wrong(s.Line, "step %s goes to %q, which does not exist: mend the name or add the step", s.ID, to)
			}
		}
		c.step(s)
	}
}

func (c *checker) step(s *Step) {
	switch s.Kind {
	case Identify:
		for _, t := range []Type{TypeOrder, TypePostcode} {
			if s.Level == chat.LevelOrder && c.f.first(t) == nil {
				c.wrong(s.Line, "identify: order needs a slot of type %s: add it under slots", t)
			}
		}
	case Collect:
		sl := c.f.Slot(s.Slot)
		if sl == nil {
			c.wrong(s.Line, "slot %q is not known: add it under slots", s.Slot)
			return
		}
		if s.Ask == nil && sl.Type != TypeOrder {
			c.wrong(s.Line, "collect %s asks nothing: add ask: {nl: …, en: …}", s.Slot)
		}
		if s.Where != "" && (sl.Type != TypeOrder || (s.Where != "pending" && s.Where != "delivered")) {
			c.wrong(s.Line, "where: %q: use pending or delivered, with a slot of type order", s.Where)
		}
	case If:
		if s.Else == "" {
			c.wrong(s.Line, "if without else: say where to go when it does not hold")
		}
		for _, name := range s.Cond.names() {
			slot, isSlot := strings.CutPrefix(name, "slot.")
			if isSlot && c.f.Slot(slot) == nil || !isSlot && !slices.Contains(facts, name) {
				c.wrong(s.Line, "the condition asks for %q: use slot.NAME of this flow, or one of %v", name, facts)
			}
		}
	case Escalate:
		if !slices.Contains(reasons, s.Reason) {
			c.wrong(s.Line, "escalate: %q is no reason: use one of %v", s.Reason, reasons)
		}
	case Link:
		if c.all.Get(s.Flow) == nil {
			c.wrong(s.Line, "link to %q, which is no flow: mend the name", s.Flow)
		}
	}
}

// acts: a proposal has its card, its fields and its result, and nothing waits for a result without a proposal.
func (c *checker) acts() {
	for i, s := range c.f.Steps {
		next := i + 1
		if s.Next != "" {
			next = c.f.step(s.Next)
		}
		switch s.Kind {
		case Propose:
			fields, ok := proposable[s.Write]
			if !ok {
				c.wrong(s.Line, "propose: %q is no act: use one of %v", s.Write, slices.Sorted(maps.Keys(proposable)))
				continue
			}
			c.fields(s, fields)
			if s.Level == "" {
				c.wrong(s.Line, "propose %s does not say who may do it: add needs: order (or code, signed_in) to the flow", s.Write)
			}
			if s.Change == "" {
				c.wrong(s.Line, "propose %s cannot be changed: add change: with the step to go back to", s.Write)
			}
			if next < 0 || next >= len(c.f.Steps) || c.f.Steps[next].Kind != Result {
				c.wrong(s.Line, "propose %s is not followed by result: the customer must hear what became of it", s.Write)
			}
		case Result:
			if s.Outcome["done"] == nil {
				c.wrong(s.Line, "result has no text for done: add it")
			}
			if i == 0 || c.f.Steps[i-1].Kind != Propose {
				c.wrong(s.Line, "action without confirmation: result stands right after propose, whose card the customer presses")
			}
		}
	}
}

func (c *checker) fields(s *Step, fields []string) {
	for _, f := range fields {
		name, optional := strings.CutSuffix(f, "?")
		if _, ok := s.With[name]; !ok && !optional {
			c.wrong(s.Line, "propose %s lacks %s: add it under with:", s.Write, name)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(s.With)) {
		if !slices.Contains(fields, field) && !slices.Contains(fields, field+"?") {
			c.wrong(s.Line, "propose %s has no field %q: use %v", s.Write, field, fields)
		}
		if c.f.Slot(s.With[field]) == nil {
			c.wrong(s.Line, "propose %s takes %s from slot %q, which is not known: add it under slots", s.Write, field, s.With[field])
		}
	}
}

// exits returns where a step can go; -1 is out of the flow. waits tells whether the customer has the word in between.
func (c *checker) exits(i int) (to []int, waits bool) {
	s := c.f.Steps[i]
	next := i + 1
	if s.Next != "" {
		next = c.f.step(s.Next)
	}
	switch s.Kind {
	case End, Escalate, Link:
		return []int{-1}, false
	case Result:
		for _, br := range s.Outcome {
			if br.Next == "" {
				to = append(to, -1)
			} else {
				to = append(to, c.f.step(br.Next))
			}
		}
		return to, true
	case Propose:
		return []int{next, c.f.step(s.Change)}, true
	}
	if s.Else != "" {
		to = append(to, c.f.step(s.Else))
	}
	return append(to, next), s.Kind == Collect || s.Kind == Identify
}

// paths: every step is reached, the flow can end from everywhere, and no circle runs without the customer having a word.
func (c *checker) paths() {
	n := len(c.f.Steps)
	reached := make([]bool, n)
	var walk func(int)
	walk = func(i int) {
		if i < 0 || i >= n || reached[i] {
			return
		}
		reached[i] = true
		to, _ := c.exits(i)
		for _, j := range to {
			walk(j)
		}
	}
	walk(0)
	out := make([]bool, n)
	for range n { // spreads backwards from the ends
		for i := range n {
			to, _ := c.exits(i)
			for _, j := range to {
				out[i] = out[i] || j == -1 || j >= 0 && j < n && out[j]
			}
		}
	}
	for i, s := range c.f.Steps {
		to, _ := c.exits(i)
		switch {
		case !reached[i]:
			c.wrong(s.Line, "step %s is never reached: point a next or else at it, or take it out", s.ID)
		case slices.Contains(to, n):
			c.wrong(s.Line, "step %s runs off the end of the flow: put end, escalate or link behind it", s.ID)
		case !out[i]:
			c.wrong(s.Line, "there is no way out of step %s: lead it to end, escalate or link", s.ID)
		case c.circles(i):
			c.wrong(s.Line, "step %s comes back to itself without asking anything: put a collect in the circle, or an exit", s.ID)
		}
	}
}

// circles reports whether step i can come back to itself without the customer having a word.
func (c *checker) circles(i int) bool {
	seen := map[int]bool{}
	var walk func(int) bool
	walk = func(j int) bool {
		if j < 0 || j >= len(c.f.Steps) || seen[j] {
			return false
		}
		to, waits := c.exits(j)
		if waits {
			return false
		}
		seen[j] = true
		return slices.Contains(to, i) || slices.ContainsFunc(to, walk)
	}
	return walk(i)
}

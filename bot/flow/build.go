package flow

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"balie/internal/action"
	"balie/internal/chat"
)

// builder turns a written flow into a Flow and gathers what is wrong with it.
type builder struct {
	file     string
	tree     *ast.File
	problems []error
}

func (b *builder) wrong(line int, format string, args ...any) {
	if len(b.problems) < 50 {
		b.problems = append(b.problems, Problem{File: b.file, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// line finds where a path of the file stands.
func (b *builder) line(yamlPath string) int {
	p, err := yaml.PathString(yamlPath)
	if err != nil {
		return 0
	}
	n, err := p.FilterFile(b.tree)
	if err != nil || n == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (b *builder) build(r rawFlow) *Flow {
	f := &Flow{Name: r.Flow, File: b.file, Title: r.Title, Wish: r.Wish, Needs: level(r.Needs), Examples: r.Examples, Articles: r.Articles}
	if !nameForm.MatchString(r.Flow) {
		b.wrong(1, "the flow needs a name: begin with for example \"flow: return\" (small letters, digits and _)")
	}
	if r.Needs != "" && f.Needs == "" {
		b.wrong(b.line("$.needs"), "%q is no identity level: use order, code or signed_in", r.Needs)
	}
	if len(r.Steps) == 0 || len(r.Steps) > maxSteps || len(r.Slots) > maxSlots {
		b.wrong(1, "a flow has 1 to %d steps and at most %d slots", maxSteps, maxSlots)
		return f
	}
	names := make([]string, 0, len(r.Slots))
	for name := range r.Slots {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f.Slots = append(f.Slots, b.slot(name, r.Slots[name]))
	}
	slices.SortStableFunc(f.Slots, func(a, c *Slot) int { return a.Line - c.Line })
	for i, s := range r.Steps {
		f.Steps = append(f.Steps, b.step(i, s, f))
	}
	return f
}

func level(s string) chat.Level {
	switch l := chat.Level(s); l {
	case chat.LevelOrder, chat.LevelCode, chat.LevelSignedIn:
		return l
	}
	return ""
}

func (b *builder) slot(name string, r rawSlot) *Slot {
	s := &Slot{Name: name, Line: b.line("$.slots." + name), Type: Type(r.Type), Keep: r.Keep, Methods: r.Methods, Max: r.Max, Wish: r.Wish}
	if !nameForm.MatchString(name) {
		b.wrong(s.Line, "slot %q: a name has small letters, digits and _", name)
	}
	if !slices.Contains(types, s.Type) {
		b.wrong(s.Line, "slot %s: %q is no type: use one of %v", name, r.Type, types)
	}
	for _, o := range r.Options {
		s.Options = append(s.Options, Option(o))
	}
	if (s.Type == TypeChoice) != (len(s.Options) > 0) || len(s.Options) > 8 {
		b.wrong(s.Line, "slot %s: a choice has 1 to 8 options, other types have none", name)
	}
	return s
}

func (b *builder) step(i int, r rawStep, f *Flow) *Step {
	line := b.line(fmt.Sprintf("$.steps[%d]", i))
	s := &Step{ID: r.ID, Line: line, Next: r.Next, Ask: r.Ask, Again: r.Again, Form: r.Form, Optional: r.Optional, Where: r.Where, Else: r.Else,
		Text: r.Say, Section: r.Section, With: r.With, Change: r.Change, Card: r.Card, Priority: min(max(r.Priority, 0), 9), Note: r.Note}
	if s.ID == "" {
		s.ID = fmt.Sprintf("step%d", i+1)
	}
	if !nameForm.MatchString(s.ID) {
		b.wrong(line, "step %q: an id has small letters, digits and _", s.ID)
	}
	if b.kind(s, r); s.Kind != "" {
		b.does(s, r, f)
	}
	return s
}

// does fills in what a step of its kind does.
func (b *builder) does(s *Step, r rawStep, f *Flow) {
	line := s.Line
	switch s.Kind {
	case Identify:
		if s.Level = level(r.Identify); s.Level == "" {
			b.wrong(line, "identify: %q is no identity level: use order, code or signed_in", r.Identify)
		}
	case Collect:
		s.Slot = r.Collect
	case Lookup:
		if s.What = r.Lookup; s.What != "order" && s.What != "customer" {
			b.wrong(line, "lookup: %q cannot be looked up: use order or customer", s.What)
		}
	case If:
		c, err := parseCond(r.If)
		if err != nil {
			b.wrong(line, "if: %v", err)
			c = &Cond{}
		}
		s.Cond = c
	case Quote:
		s.Article = r.Quote
	case Propose:
		s.Write, s.Level = action.WriteKind(r.Propose), level(r.Needs)
		if s.Level == "" {
			s.Level = f.Needs
		}
	case Result:
		s.Outcome = map[string]*Branch{}
		for name, br := range r.Result {
			s.Outcome[name] = &Branch{Text: br.Say, Article: br.Article, Next: br.Next}
		}
	case Escalate:
		s.Reason = chat.Reason(r.Escalate)
	case Link:
		s.Flow = r.Link
	}
}

// kind finds out what a step is, and refuses what does not belong to it.
func (b *builder) kind(s *Step, r rawStep) {
	has := map[string]bool{"ask": r.Ask != nil, "again": r.Again != nil, "form": r.Form, "optional": r.Optional, "where": r.Where != "", "else": r.Else != "",
		"section": r.Section != "", "with": r.With != nil, "change": r.Change != "", "card": r.Card != nil, "needs": r.Needs != "",
		"priority": r.Priority != 0, "note": r.Note != "", "say": r.Say != nil}
	given := map[Kind]bool{Identify: r.Identify != "", Collect: r.Collect != "", Lookup: r.Lookup != "", If: r.If != "", Quote: r.Quote != "",
		Propose: r.Propose != "", Result: r.Result != nil, Escalate: r.Escalate != "", Link: r.Link != "", End: r.End}
	n := 0
	for k, ok := range given {
		if ok {
			s.Kind, n = k, n+1
		}
	}
	if n == 0 && r.Say != nil {
		s.Kind, n = Say, 1
		delete(has, "say")
	}
	if n != 1 {
		s.Kind = ""
		b.wrong(s.Line, "step %s does %d things: give it exactly one of identify, collect, lookup, if, say, quote, propose, result, escalate, link, end", s.ID, n)
		return
	}
	for key, there := range has {
		if there && !slices.Contains(kinds[s.Kind], key) {
			b.wrong(s.Line, "step %s: %q does not belong to %s: take it out, or make it a step of its own", s.ID, key, s.Kind)
		}
	}
}

package flow

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"balie/internal/action"
	"balie/internal/chat"
)

//go:embed flows/*.yaml
var builtin embed.FS

// Sizes beyond which a flow is refused: an editor's mistake, or somebody's attempt.
const (
	maxFile  = 64 << 10
	maxSteps = 80
	maxSlots = 30
	maxWords = 600 // bytes of one text
)

// Problem is one mistake in a flow's file: where, what, and how to mend it.
type Problem struct {
	File string
	Line int
	Text string
}

// Error is file:line: text.
func (p Problem) Error() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Text)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// rawFlow, rawSlot and rawStep are a flow as it is written.
type rawFlow struct {
	Flow     string              `yaml:"flow"`
	Title    Text                `yaml:"title"`
	Wish     Text                `yaml:"wish"`
	Needs    string              `yaml:"needs"`
	Slots    map[string]rawSlot  `yaml:"slots"`
	Steps    []rawStep           `yaml:"steps"`
	Examples map[string][]string `yaml:"examples"`
	Articles []string            `yaml:"articles"`
}

type rawSlot struct {
	Type    string      `yaml:"type"`
	Keep    bool        `yaml:"keep"`
	Methods string      `yaml:"methods"`
	Max     int         `yaml:"max"`
	Wish    int         `yaml:"wish"`
	Options []rawOption `yaml:"options"`
}

type rawOption struct {
	Value string   `yaml:"value"`
	Label Text     `yaml:"label"`
	Match []string `yaml:"match"`
}

type rawStep struct {
	ID       string               `yaml:"id"`
	Next     string               `yaml:"next"`
	Identify string               `yaml:"identify"`
	Collect  string               `yaml:"collect"`
	Lookup   string               `yaml:"lookup"`
	If       string               `yaml:"if"`
	Say      Text                 `yaml:"say"`
	Quote    string               `yaml:"quote"`
	Propose  string               `yaml:"propose"`
	Result   map[string]rawBranch `yaml:"result"`
	Escalate string               `yaml:"escalate"`
	Link     string               `yaml:"link"`
	End      bool                 `yaml:"end"`
	Where    string               `yaml:"where"`
	Ask      Text                 `yaml:"ask"`
	Again    Text                 `yaml:"again"`
	Form     bool                 `yaml:"form"`
	Optional bool                 `yaml:"optional"`
	Else     string               `yaml:"else"`
	Section  string               `yaml:"section"`
	With     map[string]string    `yaml:"with"`
	Change   string               `yaml:"change"`
	Card     Text                 `yaml:"card"`
	Needs    string               `yaml:"needs"`
	Priority int                  `yaml:"priority"`
	Note     string               `yaml:"note"`
}

type rawBranch struct {
	Say     Text   `yaml:"say"`
	Article string `yaml:"article"`
	Next    string `yaml:"next"`
}

// Builtin returns the flows Balie comes with. They are checked by a test, so a mistake in one is a broken build and panics.
func Builtin() []*Flow {
	flows, err := ParseFS(builtin, "flows")
	if err != nil {
		panic("flow: " + err.Error())
	}
	return flows
}

// ParseFS reads every .yaml file of a folder. The error joins all Problems.
func ParseFS(fsys fs.FS, dir string) ([]*Flow, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list flows: %w", err)
	}
	var flows []*Flow
	var problems []error
	for _, name := range names {
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read flow: %w", err)
		}
		f, err := Parse(name, raw)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		flows = append(flows, f)
	}
	return flows, errors.Join(problems...)
}

// Parse reads one flow. The error joins Problems, each with its line and a remedy. It never panics, whatever it is given; whether the
// flow makes sense is for Check.
func Parse(file string, raw []byte) (f *Flow, err error) {
	defer func() {
		if p := recover(); p != nil { // the YAML library has been seen to panic on broken input
			f, err = nil, Problem{File: file, Text: "this is not YAML that can be read: check indentation, quotes and brackets"}
		}
	}()
	if len(raw) > maxFile {
		return nil, Problem{File: file, Text: fmt.Sprintf("the file is larger than %d KB: split the flow and link the parts", maxFile>>10)}
	}
	tree, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, syntaxProblem(file, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, Problem{File: file, Text: "a flow's file holds exactly one YAML document"}
	}
	if line := aliasLine(tree); line > 0 {
		return nil, Problem{File: file, Line: line, Text: "anchors and aliases (& and *) are not allowed in a flow: write the text out"}
	}
	var r rawFlow
	dec := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict())
	if err := dec.Decode(&r); err != nil {
		return nil, syntaxProblem(file, err)
	}
	b := builder{file: file, tree: tree}
	f = b.build(r)
	return f, errors.Join(b.problems...)
}

var lineInError = regexp.MustCompile(`\[(\d+):\d+\]\s*([^\n]*)`)

func syntaxProblem(file string, err error) error {
	text := yaml.FormatError(err, false, false)
	p := Problem{File: file, Text: text}
	if m := lineInError.FindStringSubmatch(text); m != nil {
		fmt.Sscanf(m[1], "%d", &p.Line)
		p.Text = m[2] + ": look at the spelling, the indentation and the colons of this line"
	}
	return p
}

type aliasFinder struct{ line int }

// Visit remembers the first anchor, alias or merge key.
func (a *aliasFinder) Visit(n ast.Node) ast.Visitor {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		if a.line == 0 {
			a.line = n.GetToken().Position.Line
		}
	}
	return a
}

func aliasLine(f *ast.File) int {
	a := &aliasFinder{}
	for _, d := range f.Docs {
		ast.Walk(a, d.Body)
	}
	return a.line
}

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

// kinds says which keys, besides id and next, each kind of step may have.
var kinds = map[Kind][]string{
	Identify: {"ask", "else"},
	Collect:  {"ask", "again", "form", "optional", "where", "else"},
	Lookup:   {"else"},
	If:       {"else"},
	Say:      {},
	Quote:    {"section"},
	Propose:  {"with", "change", "card", "say", "needs"},
	Result:   {},
	Escalate: {"say", "priority", "note"},
	Link:     {},
	End:      {},
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
	b.kind(s, r)
	switch s.Kind {
	case "":
		return s
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
	return s
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

// trimmed bounds a text that goes into a message.
func trimmed(s string, n int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

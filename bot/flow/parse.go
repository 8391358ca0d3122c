package flow

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
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

// Sentence is an example of how a flow is asked for.
type Sentence struct{ Flow, Lang, Text string }

// Sentences are the examples of the flows that Balie comes with, always in the same order: the ear learns them as if they were its own, so
// that a new flow is heard without a line of Go.
func Sentences() []Sentence {
	var out []Sentence
	for _, f := range Builtin() {
		for _, lang := range sortedKeys(f.Examples) {
			for _, text := range f.Examples[lang] {
				out = append(out, Sentence{f.Name, lang, text})
			}
		}
	}
	return out
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

// trimmed bounds a text that goes into a message.
func trimmed(s string, n int) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

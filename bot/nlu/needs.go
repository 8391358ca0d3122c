package nlu

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// rule is a pattern that is only tried on a sentence that has the words it cannot do without: of eighty patterns, a sentence
// without a word for a person needs none.
type rule struct {
	*regexp.Regexp
	needs [][]string // of every list at least one must be in the sentence
}

func newRule(pattern string) rule {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		panic("nlu: " + err.Error()) // only a broken build can do this
	}
	return rule{regexp.MustCompile(pattern), needsOf(tree)}
}

// MatchString reports whether the sentence matches.
func (r rule) MatchString(s string) bool {
	for _, any := range r.needs {
		if !slices.ContainsFunc(any, func(w string) bool { return strings.Contains(s, w) }) {
			return false
		}
	}
	return r.Regexp.MatchString(s)
}

// maxNeeds is how many words one list may have before looking for them costs more than the pattern.
const maxNeeds = 24

// needsOf lists what must be in every text that the pattern matches, as far as that is easily seen; nil is always true.
func needsOf(re *syntax.Regexp) (out [][]string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 && len(re.Rune) > 1 {
			return [][]string{{string(re.Rune)}}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needsOf(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			out = append(out, needsOf(sub)...)
		}
	case syntax.OpAlternate:
		var union []string
		for _, sub := range re.Sub {
			lists := needsOf(sub)
			if len(lists) == 0 {
				return nil
			}
			union = append(union, slices.MinFunc(lists, func(a, b []string) int { return len(a) - len(b) })...)
		}
		if len(union) <= maxNeeds {
			return [][]string{union}
		}
	}
	return out
}

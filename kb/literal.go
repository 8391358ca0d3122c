package kb

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// maxLiteral is how many of the first hits are looked at for the very words of the question.
const maxLiteral = 5

// literal settles a doubtful result by the words themselves: when the question is, letter for letter but for case and marks, the title
// of exactly one of the first hits, or one of the questions its editor wrote under it, that article is the answer. Editors write
// those questions so that they are answered, whatever else the library has on the subject.
func (l *Library) literal(ctx context.Context, q Query, res Result) Result {
	asked := bare(q.Text)
	if res.Verdict != Choose || asked == "" {
		return res
	}
	found := -1
	for i, h := range res.Hits[:min(len(res.Hits), maxLiteral)] {
		a, _, err := l.store.Get(ctx, Key(h.Lang, h.Article))
		if err != nil {
			continue // gone since it was found: then it is not the answer
		}
		c, ok := a.Public()
		if !ok || !(bare(c.Title) == asked || slices.ContainsFunc(c.Questions, func(s string) bool { return bare(s) == asked })) {
			continue
		}
		if found >= 0 {
			return res
		}
		found = i
	}
	if found < 0 {
		return res
	}
	hit := res.Hits[found]
	res.Hits = slices.Insert(slices.Delete(slices.Clone(res.Hits), found, found+1), 0, hit)
	res.Verdict = Answer
	return res
}

// bare is a sentence without case and marks.
func bare(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

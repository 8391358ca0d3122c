package kb

import (
	"html"
	"slices"
	"strings"
)

// Snippet returns the part of the passage that has most of the question's words, at most n words of it, as HTML with those
// words in <mark>. It is made when it is shown, so a search pays nothing for the hits that nobody looks at.
func (h Hit) Snippet(n int) string {
	lang := languageOf(h.Lang)
	toks := tokenize(h.Text)
	if len(toks) == 0 || n <= 0 {
		return ""
	}
	found := make([]bool, len(toks))
	for i, t := range toks {
		_, found[i] = slices.BinarySearch(h.Terms, lang.stem(t.word))
		found[i] = found[i] && !lang.stop[t.word]
	}
	from := bestWindow(found, n)
	to := min(from+n, len(toks))
	var b strings.Builder
	at := toks[from].start
	if from == 0 {
		at = 0
	} else {
		b.WriteString("… ")
	}
	for i := from; i < to; i++ {
		if found[i] {
			b.WriteString(html.EscapeString(h.Text[at:toks[i].start]))
			b.WriteString("<mark>" + html.EscapeString(h.Text[toks[i].start:toks[i].end]) + "</mark>")
			at = toks[i].end
		}
	}
	if to < len(toks) {
		b.WriteString(html.EscapeString(h.Text[at:toks[to-1].end]) + " …")
	} else {
		b.WriteString(html.EscapeString(h.Text[at:]))
	}
	return b.String()
}

// bestWindow returns where the n places with the most found ones start, the first of equals.
func bestWindow(found []bool, n int) int {
	count, best, at := 0, 0, 0
	for i, f := range found {
		if f {
			count++
		}
		if i >= n && found[i-n] {
			count--
		}
		if count > best {
			best, at = count, max(0, i-n+1)
		}
	}
	return at
}

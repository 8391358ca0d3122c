package nlu

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// langModel tells languages apart by their words and letter groups, with the same features and learner as intents.
type langModel struct {
	langs   []string
	vocab   *vocabulary
	weights *packed
}

// A message decides its own language when the model is this sure of it; otherwise the hint does. One word may be a name
// or a loan ("retour", "track and trace"), so it has to be surer.
const (
	langSure     = 0.80
	langSureWord = 0.95
)

// maxLangExamples bounds what each language is learned from; a few thousand sentences add nothing to the first.
const maxLangExamples = 3000

// trainLang learns from every example that names its language. With fewer than two languages it knows none, and detect
// returns the hint.
func trainLang(examples []Example, seed uint64) *langModel {
	m := &langModel{}
	byLang := map[string][]string{}
	for _, e := range examples {
		if e.Lang != "" {
			byLang[e.Lang] = append(byLang[e.Lang], Normalize(e.Text))
		}
	}
	for l := range byLang {
		byLang[l] = spread(byLang[l], maxLangExamples)
	}
	for _, e := range builtin().words {
		byLang[e.Lang] = append(byLang[e.Lang], Normalize(e.Text))
	}
	for l := range byLang {
		m.langs = append(m.langs, l)
	}
	slices.Sort(m.langs)
	if len(m.langs) < 2 {
		return m
	}
	var texts []string
	p := problem{classes: len(m.langs)}
	for i, l := range m.langs {
		slices.Sort(byLang[l])
		for _, t := range slices.Compact(byLang[l]) {
			texts, p.y = append(texts, t), append(p.y, i)
		}
	}
	m.vocab = newVocabulary(texts, 2, nil)
	p.cols = len(m.vocab.idf)
	var g grams
	for _, t := range texts {
		p.x = append(p.x, m.vocab.vector(&g, t, nil))
	}
	m.weights = trainSoftmax(p, 10, 5, rand.New(rand.NewPCG(seed, 4)))
	return m
}

// spread keeps at most n of all, taken evenly from the first to the last: they stand by intent, and each intent has words of its own.
func spread(all []string, n int) []string {
	if len(all) <= n {
		return all
	}
	kept := make([]string, n)
	for i := range kept {
		kept[i] = all[i*len(all)/n]
	}
	return kept
}

// detect returns the language of a text, and whether the text itself shows it. When it does not, the hint stands; without
// a hint, the best guess. Words with a capital inside a sentence are passed over: they are names and titles, which speak
// whatever language they like.
func (m *langModel) detect(text, hint string) (lang string, sure bool) {
	if m.weights == nil {
		return hint, false
	}
	norm := Normalize(withoutNames(text))
	if !strings.ContainsFunc(norm, unicode.IsLetter) { // a thumb is of no language
		return hint, false
	}
	var g grams
	x := m.vocab.vector(&g, norm, nil)
	if len(x) == 0 {
		return hint, false
	}
	s := make([]float32, m.weights.classes)
	m.weights.scores(x, s)
	s = s[:m.weights.classes]
	softmax(s)
	best := 0
	for i := range s {
		if s[i] > s[best] {
			best = i
		}
	}
	need := float32(langSure)
	if len(words(norm)) < 2 {
		need = langSureWord
	}
	switch {
	case s[best] >= need:
		return m.langs[best], true
	case hint != "":
		return hint, false
	}
	return m.langs[best], false
}

// withoutNames drops the words with a capital that do not begin the text, if at least two other words remain.
func withoutNames(text string) string {
	fields := strings.Fields(text)
	kept := fields[:0:0]
	small := 0
	for i, w := range fields {
		c, _ := utf8.DecodeRuneInString(w)
		if i > 0 && unicode.IsUpper(c) && w != "I" && w != "Ik" && !strings.HasPrefix(w, "I'") {
			continue
		}
		kept = append(kept, w)
		if !unicode.IsUpper(c) {
			small++
		}
	}
	if small < 2 {
		return text
	}
	return strings.Join(kept, " ")
}

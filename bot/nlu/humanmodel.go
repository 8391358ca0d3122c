package nlu

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// askingModel tells asking for a person from everything else: a linear machine over the words, over the order of what the words stand for and of
// what the small words do, and over what each group of rules says.
type askingModel struct {
	words, tags, shapes *vocabulary
	weights             *packed
}

// The squared lengths of the four parts of a sentence's vector.
const (
	askWordShare  = 0.25
	askTagShare   = 0.25
	askShapeShare = 0.25
	askRuleShare  = 0.25
)

// askRefusing is what is left of the probability when a rule says that a person is refused: few such sentences ask for one after all.
const askRefusing = 0.4

// askOfNobody is what is left of it when no word speaks of people, of reaching them or of machines: "geef me levensadvies" has but the shape.
const askOfNobody = 0.6

// ruleFires is how many rules a sentence is expected to set off; more than that share the rules' length.
const ruleFires = 4

// ruleColumns is how many rules have a column behind those of the vocabularies.
var ruleColumns = 5 + len(asksPerson) + len(askSigns)

// verdicts are the columns of the rules that apply.
func (p personWords) verdicts() (v []uint32) {
	if !p.speaksOfPeople() {
		return nil
	}
	at := uint32(0)
	say := func(on bool) {
		if on {
			v = append(v, at)
		}
		at++
	}
	say(barePerson.MatchString(p.tagged) || asksToConnect.MatchString(p.tagged))
	say(p.refuses())
	say(matchesAny(otherPerson, p.tagged))
	role := matchesAny(otherRole, p.tagged)
	say(role)
	say(role && !wantsAnyway.MatchString(p.tagged))
	for _, re := range asksPerson {
		say(re.MatchString(p.tagged))
	}
	for _, re := range askSigns {
		say(re.MatchString(p.tagged))
	}
	return v
}

// ofTags collects the words of a tagged sentence, alone, in twos and threes, and in pairs with up to three words between,
// so that a "not" is seen before what it denies. The beginning and the end count as words.
func (g *grams) ofTags(s string) {
	g.wordHash, g.charHash = g.wordHash[:0], g.charHash[:0]
	list := slices.Concat([]string{"^"}, strings.Fields(s), []string{"$"})
	for i, w := range list {
		h := hashBytes(fnvOffset^5, []byte(w))
		g.wordHash = append(g.wordHash, h)
		for d := 1; d <= 4 && i+d < len(list); d++ {
			kind := byte('s') // somewhere after
			if d == 1 {
				kind = 'n' // next
			}
			pair := hashBytes((h^uint64(kind))*fnvPrime, []byte(list[i+d]))
			g.wordHash = append(g.wordHash, pair)
			if d == 1 && i+2 < len(list) {
				g.wordHash = append(g.wordHash, hashBytes((pair^'n')*fnvPrime, []byte(list[i+2])))
			}
		}
	}
}

func (m *askingModel) vector(g *grams, p personWords) []feature {
	x := m.words.vector(g, p.sentence, nil)
	if len(x) == 0 && p.tagged == "" {
		return nil
	}
	scaleTo(x, askWordShare)
	g.ofTags(p.tagged)
	start := len(x)
	x = m.tags.part(g.wordHash, askTagShare, x)
	for i := start; i < len(x); i++ {
		x[i].col += uint32(len(m.words.idf))
	}
	g.ofTags(shape(p.tagged))
	start = len(x)
	x = m.shapes.part(g.wordHash, askShapeShare, x)
	for i := start; i < len(x); i++ {
		x[i].col += uint32(len(m.words.idf) + len(m.tags.idf))
	}
	start = len(x)
	verdicts := p.verdicts()
	for _, v := range verdicts {
		x = append(x, feature{uint32(len(m.words.idf)+len(m.tags.idf)+len(m.shapes.idf)) + v, 1})
	}
	scaleTo(x[start:], askRuleShare*min(1, float64(len(verdicts))/ruleFires))
	return x
}

// probability is how likely the sentence asks for a person.
func (m *askingModel) probability(p personWords) float64 {
	var g grams
	x := m.vector(&g, p)
	if len(x) == 0 {
		return 0
	}
	s := make([]float32, m.weights.classes)
	m.weights.scores(x, s)
	softmax(s[:2])
	switch people := p.speaksOfPeople(); {
	case !people:
		return float64(s[1]) * askOfNobody
	case p.refuses():
		return float64(s[1]) * askRefusing
	}
	return float64(s[1])
}

type askingExample struct {
	words personWords
	asks  bool
}

// How the learner is set.
const askCost, askEpochs = 4.0, 14

func trainAsking(examples []askingExample) *askingModel {
	var texts, tagged, shapes []string
	for _, e := range examples {
		texts, tagged, shapes = append(texts, e.words.sentence), append(tagged, e.words.tagged), append(shapes, shape(e.words.tagged))
	}
	m := &askingModel{words: newVocabulary(texts, 1, nil), tags: newVocabularyOf(tagged, 2, nil, (*grams).ofTags), shapes: newVocabularyOf(shapes, 2, nil, (*grams).ofTags)}
	p := problem{classes: 2, cols: len(m.words.idf) + len(m.tags.idf) + len(m.shapes.idf) + ruleColumns}
	var g grams
	for _, e := range examples {
		p.x, p.y = append(p.x, m.vector(&g, e.words)), append(p.y, count(e.asks))
	}
	l := newLearner(p)
	l.hinge(p, p.all(), askCost, askEpochs, rand.New(rand.NewPCG(0, 5)))
	m.weights = l.pack()
	return m
}

// askingExamples are all built-in sentences, by whether they ask for a person.
func askingExamples() (out []askingExample) {
	s := builtin()
	seen := map[string]string{}
	tag := func(w string) string {
		t, ok := seen[w]
		if !ok {
			t = tagOf(w)
			seen[w] = t
		}
		return t
	}
	claimed := map[string]bool{}
	add := func(text string, asks bool) {
		if n := wordsOf(Normalize(text)); asks {
			claimed[n] = true
		} else if claimed[n] {
			return
		}
		out = append(out, askingExample{readPersonWords(Normalize(text), tag), asks})
	}
	for _, e := range s.asks {
		add(e.Text, true)
	}
	for _, e := range s.examples {
		if e.Intent == "human" {
			add(e.Text, true)
		}
	}
	for _, e := range slices.Concat(s.examples, s.background, s.mentions) {
		if e.Intent != "human" {
			add(e.Text, false)
		}
	}
	return out
}

var (
	asked    atomic.Pointer[askingModel] // learned, or loaded
	learning sync.Mutex
)

// asking learns from the built-in sentences the first time it is needed, unless Load brought what was learned.
func asking() *askingModel {
	if m := asked.Load(); m != nil {
		return m
	}
	learning.Lock()
	defer learning.Unlock()
	if asked.Load() == nil {
		asked.CompareAndSwap(nil, trainAsking(askingExamples()))
	}
	return asked.Load()
}

// askingProbability is that of the message or of the likeliest of its sentences, of a long one the first and the last.
func askingProbability(text string) float64 {
	m := asking()
	norm := Normalize(text)
	best := m.probability(readPersonWords(norm, tagOf))
	parts := strings.FieldsFunc(norm, func(r rune) bool { return strings.ContainsRune(".!?;:", r) })
	if len(parts) > 2*maxPersonParts {
		parts = append(parts[:maxPersonParts:maxPersonParts], parts[len(parts)-maxPersonParts:]...)
	}
	if last := len(parts) - 1; last >= 0 {
		parts[last] = ending(parts[last])
	}
	if len(parts) > 1 || len(parts) == 1 && len(parts[0]) < len(norm) {
		for _, p := range parts {
			best = max(best, m.probability(readPersonWords(p, tagOf)))
		}
	}
	return best
}

// ending is the last words of a part that is too long to be looked at whole: a long story asks for a person at its end.
func ending(part string) string {
	if list := strings.Fields(part); len(list) > maxPersonWords {
		return strings.Join(list[len(list)-maxPersonWords/5:], " ")
	}
	return part
}

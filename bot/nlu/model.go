// Package nlu is the ear: one sentence in; its language, what is wanted and the facts in it out, or "not mine".
//
// It is pure Go, needs no model server, and is trained at start and on every publish from the example sentences of flows
// and articles, in well under a second. It decides nothing and knows no conversation: the bot does.
// DESIGN.md says why it is built this way and what it scores.
package nlu

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/internal/fault"
)

// Example is one sentence a customer may send, and what it wants. A background example has no intent. Lang is the
// sentence's language as a two-letter code; "" keeps it out of learning to tell languages apart.
type Example struct {
	Text, Intent, Lang string
	Own                bool // of the house itself: all its n-grams count, even those that no other sentence has
}

// Options say how to train. The zero value is what the product uses.
type Options struct {
	Seed         uint64    // the same seed and examples give the same model, bit for bit
	Background   []Example // sentences that belong to no intent: they only teach what is not ours
	Quantile     float64   // share of rightly understood sentences given up to refuse strangers; 0 means 0.05
	OrderPattern string    // regular expression of an order number; "" means DefaultOrderPattern
}

// Band says how far an understanding may be trusted.
type Band string

// The bands. Sure may be acted on; Unsure deserves "did you mean …?"; Unknown is not ours.
const (
	Sure    Band = "sure"
	Unsure  Band = "unsure"
	Unknown Band = "unknown"
)

// Hints is what is known before the sentence is read.
type Hints struct {
	Lang    string    // the conversation's language so far, else the page's; decides for a message of a word or two
	Now     time.Time // what "tomorrow" counts from; in the customer's time zone
	Country string    // two-letter country of the shop, for phone numbers and addresses; "" follows the language
}

// Understanding is what the ear makes of one message.
type Understanding struct {
	Text     string   // as it came in
	Lang     string   // the language of the message, or the hinted one
	LangSure bool     // the message itself shows its language; when false Lang is only the hint or a guess
	Band     Band     // how far Intent may be trusted
	Intent   string   // the best intent, "" in band Unknown
	Top      []Scored // up to three, best first, in every band: what an editor or a "did you mean" chooses from
	Energy   float64  // how well known the sentence is; comparable within one model only
	Slots    Slots    // the facts in the message
}

// Scored is an intent with its probability among the intents and the background.
type Scored struct {
	Intent string
	Score  float64
}

// Conflict is an example that teaches nothing because the same sentence stands under another intent, or says nothing.
// The first intent in alphabetical order keeps it; the editor is told.
type Conflict struct {
	Text    string
	Intents []string
}

// Model understands sentences. It does not change after training and is safe for concurrent use.
type Model struct {
	vocab     *vocabulary
	weights   *packed
	intents   []string
	known     float64 // energy below this is Unknown
	sure      float64 // probability below this is Unsure
	lang      *langModel
	slots     *slotFinder
	conflicts []Conflict
	joined    *joined // the second opinion with sentence vectors; nil without
	person    bool    // one of the intents is PersonIntent
	scratch   sync.Pool
}

// PersonIntent is the intent that AsksForPerson decides about, in a model that has it: examples alone are not trusted
// with the request that must not be missed.
const PersonIntent = "human"

// How the learners are set; the figures behind each are in DESIGN.md.
const (
	svmCost, svmEpochs         = 2.0, 8
	softmaxCost, softmaxEpochs = 10.0, 7
	againEpochs                = 4   // without a fold, from where the whole stood
	svmShare                   = 3.0 // weight of the SVM's margins beside the regression's scores
)

// Train learns from examples. It needs at least one intent; an intent with one example counts. Blank examples are left
// out; a sentence under two intents is kept once and reported by Conflicts. The order of examples does not matter.
func Train(examples []Example, opt Options) (*Model, error) {
	m, p, _, err := prepare(examples, opt)
	if err != nil {
		return nil, err
	}
	m.finish(p, examples, opt)
	return m, nil
}

// finish learns what is left when the vectors are there.
func (m *Model) finish(p problem, examples []Example, opt Options) {
	var wg sync.WaitGroup
	wg.Go(func() { m.lang = trainLang(append(slices.Clone(examples), opt.Background...), opt.Seed) })
	defer wg.Wait()
	l := learn(p, opt.Seed)
	m.weights = l.sum(p, p.all()).pack()
	m.known, m.sure = calibrate(p, l, opt.quantile(), opt.Seed)
}

func (o Options) quantile() float64 {
	if o.Quantile <= 0 || o.Quantile >= 1 {
		return 0.05
	}
	return o.Quantile
}

// trainUncalibrated trains a model that can only say which intent is best: no bands, no language.
func trainUncalibrated(examples []Example) (*Model, error) {
	m, p, _, err := prepare(examples, Options{})
	if err != nil {
		return nil, err
	}
	m.weights, m.lang = learn(p, 0).sum(p, p.all()).pack(), &langModel{}
	return m, nil
}

// prepare turns examples into vectors, and says what is wrong with them. clean are the examples of the problem, in its order.
func prepare(examples []Example, opt Options) (m *Model, p problem, clean []sentence, err error) {
	finder, err := newSlotFinder(opt.OrderPattern)
	if err != nil {
		return nil, problem{}, nil, err
	}
	clean, conflicts := tidy(examples, opt.Background, finder)
	m = &Model{slots: finder, conflicts: conflicts}
	texts, p := m.problemOf(clean)
	if len(m.intents) == 0 {
		return nil, problem{}, nil, fault.New(fault.Invalid, "There are no example sentences to learn from.")
	}
	m.vocab = newVocabulary(texts, rareness(len(texts)), func(i int) bool { return clean[i].own })
	p.cols = len(m.vocab.idf) + meaningSize
	var g grams
	for _, t := range texts {
		p.x = append(p.x, m.features(&g, t, nil))
	}
	m.spare()
	return m, p, clean, nil
}

// spare makes room for one sentence's scores, to be used again by the next.
func (m *Model) spare() {
	m.scratch.New = func() any { return &scratch{scores: make([]float32, m.weights.classes)} }
}

// features are what the classifier reads of a normalized text: its n-grams, and behind them what its words mean.
func (m *Model) features(g *grams, text string, x []feature) []feature {
	return g.meaning(text, len(m.vocab.idf), m.vocab.vector(g, text, x))
}

// Intents returns the names of all intents the model knows, sorted. The slice is the model's own.
func (m *Model) Intents() []string { return m.intents }

// Conflicts returns the examples that were left out, and why.
func (m *Model) Conflicts() []Conflict { return m.conflicts }

// sentence is an example as it is learned from: only its words, since punctuation is no feature.
type sentence struct {
	words, text, intent string
	own                 bool
}

// tidy reduces examples to their words, sorts them and removes repeats. Background sentences come out with intent "".
func tidy(examples, background []Example, finder *slotFinder) ([]sentence, []Conflict) {
	all := make([]sentence, 0, len(examples)+len(background))
	for _, e := range examples {
		if e.Intent != "" {
			all = append(all, sentence{wordsOf(finder.reads(e.Text, e.Lang)), e.Text, e.Intent, e.Own})
		}
	}
	for _, e := range background {
		all = append(all, sentence{wordsOf(finder.reads(e.Text, e.Lang)), e.Text, "", e.Own})
	}
	slices.SortFunc(all, func(a, b sentence) int {
		return cmp.Or(strings.Compare(a.words, b.words), strings.Compare(a.intent, b.intent), strings.Compare(a.text, b.text))
	})
	var clean []sentence
	var conflicts []Conflict
	for i := 0; i < len(all); {
		first, intents := all[i], []string{all[i].intent}
		for ; i < len(all) && all[i].words == first.words; i++ {
			first.own = first.own || all[i].own
			if all[i].intent != intents[len(intents)-1] {
				intents = append(intents, all[i].intent)
			}
		}
		if len(intents) > 1 && intents[0] == "" { // an intent's claim beats the background's
			intents, first.intent = intents[1:], intents[1]
		}
		if first.words == "" && intents[0] != "" || len(intents) > 1 {
			conflicts = append(conflicts, Conflict{first.text, intents})
		}
		if first.words != "" {
			clean = append(clean, first)
		}
	}
	return clean, conflicts
}

func wordsOf(norm string) string { return strings.Join(words(norm), " ") }

// problemOf names the intents and numbers every example's.
func (m *Model) problemOf(clean []sentence) (texts []string, p problem) {
	for _, e := range clean {
		if e.intent != "" {
			m.intents = append(m.intents, e.intent)
		}
	}
	slices.Sort(m.intents)
	m.intents = slices.Clone(slices.Compact(m.intents))
	for _, e := range clean {
		y, ok := slices.BinarySearch(m.intents, e.intent)
		if !ok {
			y = -1
		}
		texts, p.y = append(texts, e.words), append(p.y, y)
	}
	p.classes = len(m.intents)
	_, m.person = slices.BinarySearch(m.intents, PersonIntent)
	return texts, p
}

// manySentences is from where an n-gram seen once is noise.
const manySentences = 8000

// rareness is how many sentences an n-gram must occur in to count: with thousands of sentences, one that occurs once is
// a typo or a name, and dropping those halves the model; with fewer, every one counts.
func rareness(sentences int) int {
	if sentences > manySentences {
		return 2
	}
	return 1
}

// scratch is what one reading of a sentence needs; pooled, so that understanding allocates almost nothing.
type scratch struct {
	g      grams
	x      []feature
	scores []float32
}

// Understand reads one message: any text, however hostile. A message without a known word is Unknown with no Top.
func (m *Model) Understand(text string, h Hints) Understanding {
	u := Understanding{Text: text, Band: Unknown, Energy: math.Inf(-1)}
	u.Lang, u.LangSure = m.lang.detect(text, h.Lang)
	h.Lang = u.Lang
	var rest string
	u.Slots, rest = m.slots.find(text, h)
	m.classify(rest, text, &u)
	if m.person {
		u.judgePerson(askingProbability(text))
	}
	return u
}

// classify fills in everything that concerns intent, from the text as the classifier reads it and, for sentence vectors,
// as it came in.
func (m *Model) classify(norm, text string, u *Understanding) {
	sc := m.scratch.Get().(*scratch)
	defer m.scratch.Put(sc)
	sc.x = m.features(&sc.g, norm, sc.x[:0])
	w, known, sure := m.weights, m.known, m.sure
	if j := m.joined; j != nil {
		if x, ok := j.join(sc.x, text); ok {
			sc.x, w, known, sure = x, j.weights, j.known, j.sure
		}
	}
	if len(sc.x) == 0 {
		return
	}
	w.scores(sc.x, sc.scores)
	s := sc.scores[:w.classes]
	u.Energy = energy(s, len(m.intents))
	softmax(s)
	u.Top = m.best(s[:len(m.intents)])
	if u.Energy < known {
		return
	}
	u.Band, u.Intent = Unsure, u.Top[0].Intent
	if u.Top[0].Score >= sure {
		u.Band = Sure
	}
}

// judgePerson puts PersonIntent first and makes it sure when asking is probable enough, and else behind the best of the
// others; with nothing else to choose, the message is as well known as it was.
func (u *Understanding) judgePerson(asking float64) {
	at := slices.IndexFunc(u.Top, func(s Scored) bool { return s.Intent == PersonIntent })
	if asking >= personSure {
		if at >= 0 {
			u.Top = slices.Delete(u.Top, at, at+1)
		}
		u.Top = slices.Insert(u.Top, 0, Scored{PersonIntent, asking})
		u.Top = u.Top[:min(len(u.Top), 3)]
		u.Band, u.Intent = Sure, PersonIntent
		return
	}
	if at != 0 {
		return
	}
	if len(u.Top) > 1 {
		u.Top[0], u.Top[1] = u.Top[1], u.Top[0]
	}
	if u.Band != Unknown {
		u.Band, u.Intent = Unsure, u.Top[0].Intent
	}
}

// best returns the three most probable intents.
func (m *Model) best(prob []float32) []Scored {
	var idx [3]int
	n := 0
	for i, p := range prob {
		k := n
		for k > 0 && p > prob[idx[k-1]] {
			k--
		}
		if k < len(idx) {
			n = min(n+1, len(idx))
			copy(idx[k+1:n], idx[k:])
			idx[k] = i
		}
	}
	top := make([]Scored, n)
	for i := range n {
		top[i] = Scored{m.intents[idx[i]], float64(prob[idx[i]])}
	}
	return top
}

// energy says how well known a sentence is: the log-sum-exp of the intents' scores, less the score of the background
// where there is one.
func energy(scores []float32, intents int) float64 {
	e := logSumExp(scores[:intents])
	if len(scores) > intents {
		e -= float64(scores[intents])
	}
	return e
}

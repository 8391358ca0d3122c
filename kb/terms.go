package kb

import (
	"context"
	"sort"
)

// A want is one word of a question, with everything that counts as having it.
type want struct {
	word string
	alts []alt
	mass float64 // the most that a passage can score for it
}

// alt is one index term that answers to a want, and how much it is worth beside the word itself.
type alt struct {
	term   string
	weight float64
	worth  float64 // weight × rarity
	list   *list
}

// query is a question made ready for one language of one view.
type query struct {
	wants     []want
	grams     []alt  // four-letter pieces of its words
	corrected string // the question with its misspelt words mended, "" when nothing was
	from      *language
	vector    []float32 // nil without vectors
}

// understand turns a question into wants: the words that carry meaning, each with its other forms. Words of asking (how,
// where, can I) count only when there is nothing else.
func (v *view) understand(ctx context.Context, lv *langView, text string, from *language) (query, error) {
	toks := tokenize(text)
	toks = toks[:min(len(toks), maxQueryWords)]
	fix := map[int]string{}
	var q query
	var err error
	for _, asking := range []bool{false, true} {
		if q, err = v.wants(ctx, lv, toks, from, asking, fix); err != nil || len(q.wants) > 0 {
			break
		}
	}
	q.corrected, q.from = correct(text, toks, fix), from
	return q, err
}

// wants collects the words that count. With asking, words of asking do.
func (v *view) wants(ctx context.Context, lv *langView, toks []token, from *language, asking bool, fix map[int]string) (query, error) {
	var q query
	seen, grams := map[string]bool{}, map[string]float64{}
	joined, err := v.join(ctx, lv, toks, from)
	if err != nil {
		return q, err
	}
	counts := func(word string) bool {
		return (len(word) > 1 || lv.words.has(word)) && !from.stop[word] && (asking || !from.ask[word]) && !seen[from.stem(word)]
	}
	for i, t := range toks {
		if !counts(t.word) || joined.part[i] {
			continue
		}
		spelt, shown, weight, err := v.repair(ctx, lv, t.word, from)
		if err != nil {
			return q, err
		}
		if fix[i] = shown; !counts(spelt) {
			continue
		}
		seen[from.stem(spelt)] = true
		w := v.want(lv, spelt, weight, from)
		w.add(joined.verb[i], 1)
		if err := v.weigh(ctx, lv, &w); err != nil {
			return q, err
		}
		q.wants = append(q.wants, w)
		pieces := fourGrams(spelt)
		for _, g := range pieces {
			grams[g] += gramWeight / float64(len(pieces))
		}
	}
	if from.code == lv.code {
		q.grams, err = v.grams(ctx, lv, grams)
	}
	return q, err
}

// repair returns the word of the library that was meant by one it does not have, what to show of the repair ("" when the
// word is left alone), and how much it is worth. A word in another language than the articles' is left alone, and so is a
// compound of known words.
func (v *view) repair(ctx context.Context, lv *langView, word string, from *language) (spelt, shown string, weight float64, err error) {
	if from.code != lv.code || lv.words.has(word) {
		return word, "", 1, nil
	}
	forms, err := v.list(ctx, lv.field, lv.stem(word))
	if err != nil || len(forms.docs) > 0 {
		return word, "", 1, err
	}
	if left, _ := lv.parts(word); left != "" {
		return word, "", 1, nil
	}
	if main, both := lv.unglue(word); main != "" {
		return main, both, 1, nil
	}
	if near, distance := lv.words.near(word); near != "" {
		return near, near, power(repairWeight, distance), nil
	}
	return word, "", 1, nil
}

// unglue parts a word that was typed on to a small one, "verkiezingenzijn", and returns the one that counts, and both.
func (lv *langView) unglue(word string) (main, both string) {
	for i := 2; i+2 <= len(word); i++ {
		l, r := word[:i], word[i:]
		switch {
		case len(l) > 3 && lv.stop[r] && lv.words.has(l):
			return l, l + " " + r
		case len(r) > 3 && lv.stop[l] && lv.words.has(r):
			return r, l + " " + r
		}
	}
	return "", ""
}

// apart are the verbs of a question that stand apart from their first part: "stuur … terug", "op te zeggen".
type apart struct {
	verb map[int]string // by place of the verb: the term of the whole
	part map[int]bool   // places of the first parts, which are no words of their own then
}

// join finds them: in Dutch the first part stands at some place behind the verb, or right before it. It counts only when
// the library has the whole.
func (v *view) join(ctx context.Context, lv *langView, toks []token, from *language) (apart, error) {
	j := apart{verb: map[int]string{}, part: map[int]bool{}}
	if !lv.part || from.code != lv.code {
		return j, nil
	}
	for p, t := range toks {
		if !separableSet[t.word] {
			continue
		}
		for i, verb := range toks {
			before := i == p+1 || i == p+2 && toks[p+1].word == "te"
			if i == p || i > p && !before || lv.stop[verb.word] || len(verb.word) < 3 {
				continue
			}
			whole := lv.stem(t.word + verb.word)
			l, err := v.list(ctx, lv.field, whole)
			if err != nil {
				return j, err
			}
			if len(l.docs) > 0 {
				j.verb[i], j.part[p] = whole, true
			}
		}
	}
	return j, nil
}

// want collects the terms that answer to a word. A question from a customer with another language meets an article by its
// tags and by pairs in the synonyms; compounds mean nothing there.
func (v *view) want(lv *langView, word string, weight float64, from *language) want {
	w := want{word: word}
	w.add(lv.stem(word), weight)
	if from.code == lv.code {
		if left, right := lv.parts(word); left != "" {
			w.add(lv.stem(left), partWeight)
			w.add(lv.stem(right), partWeight)
		}
		if lv.part && !lv.ask[word] {
			for _, c := range lv.words.compounds(word, maxCompounds, lv.known) {
				w.add(lv.stem(c), compoundWeight)
			}
		}
	}
	for _, s := range v.synonyms[from.code][from.stem(word)] {
		w.add(lv.stem(s), synonymWeight)
	}
	return w
}

// known reports whether the library has a word, or the verb that it is the first part of.
func (lv *langView) known(s string) bool { return lv.words.has(s) || lv.words.has(s+"en") }

// parts parts a compound, in a language that has them.
func (lv *langView) parts(word string) (left, right string) {
	if !lv.part || len(word) < 7 {
		return "", ""
	}
	return lv.words.split(word, lv.known)
}

func power(x float64, n int) float64 {
	out := 1.0
	for range n {
		out *= x
	}
	return out
}

func (w *want) add(term string, weight float64) {
	if term == "" {
		return
	}
	for i := range w.alts {
		if w.alts[i].term == term {
			w.alts[i].weight = max(w.alts[i].weight, weight)
			return
		}
	}
	w.alts = append(w.alts, alt{term: term, weight: weight})
}

// weigh looks up how rare each term is, and drops the ones the library does not have. Another form of a word is worth no
// more than the word, however rare it is. A want that is left with nothing keeps the mass of the rarest word there could
// be: it asks for something that is not here.
func (v *view) weigh(ctx context.Context, lv *langView, w *want) error {
	kept := w.alts[:0]
	limit := inverse(0, lv.docs)
	for i, a := range w.alts {
		l, err := v.list(ctx, lv.field, a.term)
		if err != nil {
			return err
		}
		if len(l.docs) == 0 {
			continue
		}
		rarity := inverse(len(l.docs), lv.docs)
		if i == 0 {
			limit = rarity
		}
		a.list, a.worth = l, a.weight*min(rarity, limit)
		w.mass = max(w.mass, a.worth)
		kept = append(kept, a)
	}
	if w.alts = kept; len(kept) == 0 {
		w.mass = inverse(0, lv.docs)
	}
	return nil
}

// grams looks up the four-letter pieces of a question and keeps the rarest. They find what no rule of a language does: two
// typing errors, half a compound, a name written in two ways.
func (v *view) grams(ctx context.Context, lv *langView, weights map[string]float64) ([]alt, error) {
	out := make([]alt, 0, len(weights))
	for g, weight := range weights {
		l, err := v.list(ctx, lv.grams, g)
		if err != nil {
			return nil, err
		}
		if n := len(l.docs); n > 0 {
			out = append(out, alt{term: g, weight: weight, worth: weight * inverse(n, lv.docs), list: l})
		}
	}
	sort.Slice(out, func(i, j int) bool {
		if len(out[i].list.docs) != len(out[j].list.docs) {
			return len(out[i].list.docs) < len(out[j].list.docs)
		}
		return out[i].term < out[j].term
	})
	return out[:min(len(out), maxGrams)], nil
}

// fourGrams returns the four-letter pieces of a word with its edges marked. A word of two letters or less has none.
func fourGrams(w string) []string {
	w = "_" + w + "_"
	if len(w) < 5 {
		return nil
	}
	out := make([]string, 0, len(w)-3)
	for i := 0; i+4 <= len(w); i++ {
		out = append(out, w[i:i+4])
	}
	return out
}

// correct writes the question anew with the repaired words in it.
func correct(text string, toks []token, fix map[int]string) string {
	out, at := "", 0
	for i, t := range toks {
		if to := fix[i]; to != "" {
			out += text[at:t.start] + to
			at = t.end
		}
	}
	if at == 0 {
		return ""
	}
	return out + text[at:]
}

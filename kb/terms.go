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
	q.corrected = correct(text, toks, fix)
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
	for i, t := range toks {
		if from.stop[t.word] || !asking && from.ask[t.word] || joined.part[i] || seen[from.stem(t.word)] {
			continue
		}
		seen[from.stem(t.word)] = true
		w, repaired := v.want(lv, t.word, from)
		if repaired != "" {
			fix[i] = repaired
		}
		w.add(joined.verb[i], 1)
		if err := v.weigh(ctx, lv, &w); err != nil {
			return q, err
		}
		q.wants = append(q.wants, w)
		pieces := fourGrams(t.word)
		for _, g := range pieces {
			grams[g] += gramWeight / float64(len(pieces))
		}
	}
	if from.code == lv.code {
		q.grams, err = v.grams(ctx, lv, grams)
	}
	return q, err
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

// want collects the terms that answer to a word, and the word it was repaired to, if it was. A question from a customer
// with another language meets an article by its tags and by pairs in the synonyms; its spelling and its compounds mean
// nothing there.
func (v *view) want(lv *langView, word string, from *language) (w want, repaired string) {
	w.word = word
	w.add(lv.stem(word), 1)
	base := word
	if from.code == lv.code {
		known := func(s string) bool { return lv.words.has(s) || lv.words.has(s+"en") }
		left, right := lv.parts(word, known)
		if !lv.words.has(word) && left == "" {
			if near, distance := lv.words.near(word); near != "" {
				w.add(lv.stem(near), power(repairWeight, distance))
				repaired, base = near, near
				left, right = lv.parts(base, known)
			}
		}
		if left != "" {
			w.add(lv.stem(left), partWeight)
			w.add(lv.stem(right), partWeight)
		}
		if lv.part && !lv.ask[base] {
			for _, c := range lv.words.compounds(base, maxCompounds, known) {
				w.add(lv.stem(c), compoundWeight)
			}
		}
	}
	for _, s := range v.synonyms[from.code][from.stem(base)] {
		w.add(lv.stem(s), synonymWeight)
	}
	return w, repaired
}

// parts parts a compound, in a language that has them.
func (lv *langView) parts(word string, known func(string) bool) (left, right string) {
	if !lv.part {
		return "", ""
	}
	return lv.words.split(word, known)
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
	if len(fix) == 0 {
		return ""
	}
	out, at := "", 0
	for i, t := range toks {
		if to, ok := fix[i]; ok {
			out += text[at:t.start] + to
			at = t.end
		}
	}
	return out + text[at:]
}

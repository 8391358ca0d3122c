package kb

import "context"

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
	idf    float64
}

// query is a question made ready for one language of one view.
type query struct {
	wants     []want
	corrected string // the question with its misspelt words mended, "" when nothing was
	unknown   int    // words of the question that the library has in no form
}

// understand turns a question into wants: the words that carry meaning, each with its other forms. Words of asking (how,
// where, can I) count only when there is nothing else.
func (v *view) understand(ctx context.Context, lv *langView, text string, synonyms map[string][]string) (query, error) {
	toks := tokenize(text)
	if len(toks) > maxQueryWords {
		toks = toks[:maxQueryWords]
	}
	q := query{}
	fix := map[int]string{}
	for pass := 0; pass < 2 && len(q.wants) == 0; pass++ {
		seen := map[string]bool{}
		for i, t := range toks {
			if lv.stop[t.word] || pass == 0 && lv.ask[t.word] {
				continue
			}
			w, repaired := lv.want(t.word, synonyms)
			if len(w.alts) == 0 || seen[w.alts[0].term] {
				continue
			}
			seen[w.alts[0].term] = true
			if repaired != "" {
				fix[i] = repaired
			}
			if err := v.weigh(ctx, lv, &w); err != nil {
				return q, err
			}
			if w.mass == 0 {
				q.unknown++
			}
			q.wants = append(q.wants, w)
		}
	}
	q.corrected = correct(text, toks, fix)
	return q, nil
}

// want collects the terms that answer to a word, and the word it was repaired to, if it was.
func (lv *langView) want(word string, synonyms map[string][]string) (w want, repaired string) {
	w.word = word
	w.add(lv.stem(word), 1)
	known := func(s string) bool { return lv.words.has(s) || lv.words.has(s+"en") }
	base := word
	if !lv.words.has(word) {
		left := ""
		if lv.part {
			left, _ = lv.words.split(word, known)
		}
		if left == "" {
			if near, d := lv.words.near(word); near != "" {
				weight := repairWeight
				for ; d > 1; d-- {
					weight *= repairWeight
				}
				w.add(lv.stem(near), weight)
				repaired, base = near, near
			}
		}
	}
	if lv.part {
		if left, right := lv.words.split(base, known); left != "" {
			w.add(lv.stem(left), partWeight)
			w.add(lv.stem(right), partWeight)
		}
		for _, c := range lv.words.compounds(base, maxCompounds) {
			w.add(lv.stem(c), compoundWeight)
		}
	}
	for _, s := range synonyms[lv.stem(base)] {
		w.add(s, synonymWeight)
	}
	return w, repaired
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

// weigh looks up how rare each term is, and drops the ones the library does not have. A want whose terms are all unknown
// stays, with no mass: it says that the question asks for something that is not here.
func (v *view) weigh(ctx context.Context, lv *langView, w *want) error {
	kept := w.alts[:0]
	for _, a := range w.alts {
		n, err := v.count(ctx, lv.field, a.term)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		a.idf = inverse(n, lv.docs)
		w.mass = max(w.mass, a.weight*a.idf)
		kept = append(kept, a)
	}
	w.alts = kept
	return nil
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

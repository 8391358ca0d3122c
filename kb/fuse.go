package kb

// Weights of words and meaning together, chosen on the even half of the shared questions and reported on the odd half; see DESIGN.md.
const (
	meaningWeight = 0.9   // of a likeness, beside a fit of the words
	meaningFrom   = 0.2   // a likeness up to which a passage is about something else
	meaningDebt   = 0.054 // what a passage that is about something else loses: half of the right passages gain more than that
	foreignFit    = 0.03  // what a likeness lacks to be a fit, where question and article share no words
)

// meant is how well a passage fits by its words and by its meaning. Where they are in two languages words prove little, and the meaning
// alone may do.
func meant(words, cos float32, foreign bool) float32 {
	fit := words + meaningWeight*max(0, cos-meaningFrom) - meaningDebt
	if foreign {
		fit = max(fit, cos-foreignFit)
	}
	return max(0, fit)
}

// fuse adds what the vectors say to the scores of the words in s, of which most is the most there could be, and returns the new most. A
// passage without a vector keeps what its words earn it, as if it said neither yes nor no. It does nothing where there is no vector of
// the question or too few of the passages.
func (v *view) fuse(lv *langView, question []float32, from *language, s *scratch, most float64) float64 {
	w := v.woven.Load()
	if w == nil || question == nil {
		return most
	}
	wl := w.langs[lv.code]
	if wl == nil || len(wl.mean) != len(question) {
		return most
	}
	q, size, shift := w.centre(lv, question, from)
	if size == 0 {
		return most
	}
	for doc, in := range lv.in {
		if !in {
			continue
		}
		words := s.total[doc] / float32(most)
		if r := w.rows[doc]; r >= 0 && wl.size[doc] > 0 {
			p := w.data[r]
			cos := (float32(dot(q.q, p.q))*q.scale*p.scale - shift) / (size * wl.size[doc])
			words = meant(words, cos, from.code != lv.code)
		}
		s.total[doc] = words
	}
	return 1
}

// centre takes from a question's vector what all have in common: in its own language where the library has that, else in the articles'. It
// returns what is left, its length, and what the passages' mean adds to each product with it.
func (w *woven) centre(lv *langView, question []float32, from *language) (q vector, size, shift float32) {
	mean := w.langs[lv.code].mean
	own := mean
	if o := w.langs[from.code]; o != nil && len(o.mean) == len(question) {
		own = o.mean
	}
	left := make([]float32, len(question))
	sum := float32(0)
	for i, x := range question {
		left[i] = x - own[i]
		sum += left[i] * left[i]
	}
	for i, x := range left {
		shift += x * mean[i]
	}
	return pack(left), sqrt(sum), shift
}

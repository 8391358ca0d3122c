package kb

// Weights of words and meaning together, chosen on the even half of the shared questions and reported on the odd half; see DESIGN.md.
const (
	meaningWeight = 0.5  // of a vector, beside the words
	foreignWeight = 0.9  // and where question and article share no language
	meaningNone   = 0.15 // a likeness up to which a passage means something else
	meaningAll    = 0.75 // and from which it says the same
)

// meaning is how alike a question and a passage are, 0 to 1, from what is left of their vectors' angle.
func meaning(cos float32) float32 {
	return min(1, max(0, (cos-meaningNone)/(meaningAll-meaningNone)))
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
	weight := float32(meaningWeight)
	if from.code != lv.code {
		weight = foreignWeight
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
			words = (1-weight)*words + weight*meaning(cos)
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

package kb

import (
	"math"
	"sort"
	"sync"
)

// smallLibrary is how many passages a library is taken to have at least. With fewer, whether a word is rare says more about
// the library than about the word.
const smallLibrary = 100

// inverse is BM25's inverse document frequency: what a word that n of docs passages have is worth.
func inverse(n, docs int) float64 {
	all := float64(max(docs, smallLibrary))
	return math.Log(1 + (all-float64(n)+0.5)/(float64(n)+0.5))
}

// scored is a passage by its number in the view.
type scored struct {
	doc   int
	score float64
	fit   float64 // its score as a part of the most there could be, 0 to 1
}

// scratch is the memory of one search, kept for the next. Each slice has a place for every passage.
type scratch struct {
	total   []float32 // score
	one     []float32 // score for the word at hand
	touched []int32   // passages with a score for the word at hand
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) size(n int) {
	for _, p := range []*[]float32{&s.total, &s.one} {
		if cap(*p) < n {
			*p = make([]float32, n)
		}
		*p = (*p)[:n]
		clear(*p)
	}
	s.touched = s.touched[:0]
}

// rank scores every passage that has a word of the question by BM25, one word after the other, adds what the vectors say where there
// are some, and returns the best limit, best first. Of the terms that answer to one word only the best counts: having a word twice in
// two forms is not having two words. Internal passages are left out unless they are asked for.
func (v *view) rank(lv *langView, q query, limit int, internal bool) []scored {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.size(v.size)
	mass := 0.0
	for _, w := range q.wants {
		mass += w.mass
		rankWant(w, s)
	}
	for _, g := range q.grams {
		mass += g.worth
		rankGram(g, s)
	}
	most := mass * (bm25K + 1)
	if most > 0 {
		most = v.fuse(lv, q.vector, q.from, s, most)
	}
	return v.best(s, most, limit, internal)
}

func rankWant(w want, s *scratch) {
	s.touched = s.touched[:0]
	for _, a := range w.alts {
		worth := float32(a.worth * (bm25K + 1))
		for i, doc := range a.list.docs {
			if s.one[doc] == 0 {
				s.touched = append(s.touched, doc)
			}
			s.one[doc] = max(s.one[doc], worth*a.list.shares[i])
		}
	}
	for _, doc := range s.touched {
		s.total[doc] += s.one[doc]
		s.one[doc] = 0
	}
}

func rankGram(g alt, s *scratch) {
	worth := float32(g.worth * (bm25K + 1))
	shares := g.list.shares[:len(g.list.docs)]
	for i, doc := range g.list.docs {
		s.total[doc] += worth * shares[i]
	}
}

// best picks the limit highest scores of the most there could be, the lower number first among equals so that the same question gets the same answer.
func (v *view) best(s *scratch, most float64, limit int, internal bool) []scored {
	out := make([]scored, 0, limit+1)
	floor := float32(0)
	for doc, score := range s.total {
		if score <= floor || v.hidden != nil && !internal && v.hidden[doc] {
			continue
		}
		i := sort.Search(len(out), func(i int) bool { return out[i].score < float64(score) })
		out = append(out, scored{})
		copy(out[i+1:], out[i:])
		out[i] = scored{doc: doc, score: float64(score), fit: min(1, float64(score)/most)}
		if len(out) > limit {
			out = out[:limit]
			floor = float32(out[limit-1].score)
		}
	}
	return out
}

func sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

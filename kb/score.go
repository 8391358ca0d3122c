package kb

import (
	"context"
	"math"
	"sort"
	"sync"
)

// inverse is BM25's inverse document frequency: what a word that n of docs passages have is worth.
func inverse(n, docs int) float64 {
	return math.Log(1 + (float64(docs)-float64(n)+0.5)/(float64(n)+0.5))
}

// scored is a passage by its number in the view.
type scored struct {
	doc   int
	score float64
	cover float64 // how much of the question's weight it has any of, 0 to 1
}

// scratch is the memory of one search, kept for the next.
type scratch struct {
	total, cover, one []float32
	touched           []int32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func (s *scratch) size(n int) {
	if cap(s.total) < n {
		s.total, s.cover, s.one = make([]float32, n), make([]float32, n), make([]float32, n)
	}
	s.total, s.cover, s.one = s.total[:n], s.cover[:n], s.one[:n]
	clear(s.total)
	clear(s.cover)
	clear(s.one)
	s.touched = s.touched[:0]
}

// rank scores every passage that has a word of the question by BM25, one word after the other, and returns the best
// limit, best first. Of the terms that answer to one word only the best counts: having a word twice in two forms is not
// having two words. Internal passages are left out unless they are asked for.
func (v *view) rank(ctx context.Context, lv *langView, q query, limit int, internal bool) ([]scored, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.size(v.size)
	mass := 0.0
	for _, w := range q.wants {
		mass += w.mass
	}
	for _, w := range q.wants {
		if err := v.rankWant(ctx, lv, w, s); err != nil {
			return nil, err
		}
	}
	if mass == 0 {
		return nil, nil
	}
	return v.best(s, mass, limit, internal), nil
}

func (v *view) rankWant(ctx context.Context, lv *langView, w want, s *scratch) error {
	s.touched = s.touched[:0]
	for _, a := range w.alts {
		worth := a.weight * a.idf * (bm25K + 1)
		err := v.postings(ctx, lv.field, a.term, func(doc int, freq float64, _ int) {
			if doc >= v.size {
				return
			}
			norm := bm25K * (1 - bm25B + bm25B*float64(v.length[doc])/lv.mean)
			score := float32(worth * freq / (freq + norm))
			if s.one[doc] == 0 {
				s.touched = append(s.touched, int32(doc))
			}
			s.one[doc] = max(s.one[doc], score)
		})
		if err != nil {
			return err
		}
	}
	for _, doc := range s.touched {
		s.total[doc] += s.one[doc]
		s.cover[doc] += float32(w.mass)
		s.one[doc] = 0
	}
	return nil
}

// best picks the limit highest scores, the lower number first among equals so that the same question gets the same answer.
func (v *view) best(s *scratch, mass float64, limit int, internal bool) []scored {
	out := make([]scored, 0, limit+1)
	floor := float32(0)
	for doc, score := range s.total {
		if score <= floor || v.hidden != nil && !internal && v.hidden[doc] {
			continue
		}
		i := sort.Search(len(out), func(i int) bool { return out[i].score < float64(score) })
		out = append(out, scored{})
		copy(out[i+1:], out[i:])
		out[i] = scored{doc: doc, score: float64(score), cover: float64(s.cover[doc]) / mass}
		if len(out) > limit {
			out = out[:limit]
			floor = float32(out[limit-1].score)
		}
	}
	return out
}

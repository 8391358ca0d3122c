package kb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// How the library learns vectors.
const (
	embedBatch = 32               // texts in one request, so that a lost answer costs little
	learnAgain = time.Minute      // after the endpoint failed
	learnTell  = 10 * time.Second // between two words on how far it is
	enoughKnow = 0.95             // of a language's passages; with fewer vectors the ones that have them would win by that alone
)

// woven are the vectors of a view: which passage has which.
type woven struct {
	data  []vector
	rows  []int32 // by passage; -1 for none
	langs map[string]*wovenLang
}

// wovenLang is what a language's vectors have in common, which says nothing of one: it is taken away from each before they are compared.
type wovenLang struct {
	mean []float32
	size []float32 // by passage: what is left of its vector's length
}

// VectorState says how far the library is with its vectors.
type VectorState struct {
	Model   string `json:"model"`
	Done    int    `json:"done"`              // passages that have one
	Total   int    `json:"total"`             // passages there are
	Failing bool   `json:"failing,omitempty"` // the endpoint does not give them; it is asked again
}

// progress is the vector state behind a lock.
type progress struct {
	mu    sync.Mutex
	state VectorState
}

func (p *progress) set(f func(*VectorState)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.state)
}

// VectorState returns how far the library is with its vectors, and false when it has no endpoint for them.
func (l *Library) VectorState() (VectorState, bool) {
	l.learning.mu.Lock()
	defer l.learning.mu.Unlock()
	return l.learning.state, l.table != nil
}

// textKeys returns what names the vector of each passage. Segments never change, so each is read once.
func (v *view) textKeys() ([]textKey, error) {
	out := make([]textKey, v.size)
	fresh := map[segment.Segment][]textKey{}
	for i, s := range v.segments {
		keys, ok := v.shelf.keys.of(s.Segment())
		if !ok {
			keys = make([]textKey, s.FullSize())
			for d := range keys {
				_, st, err := v.passage(v.starts[i] + d)
				if err != nil {
					return nil, err
				}
				keys[d] = keyOf(passageText(st))
			}
		}
		fresh[s.Segment()] = keys
		copy(out[min(v.starts[i], len(out)):], keys)
	}
	v.shelf.keys.keep(fresh)
	return out, nil
}

// segmentKeys remembers the keys of a shelf's segments.
type segmentKeys struct {
	mu sync.Mutex
	at map[segment.Segment][]textKey
}

func (k *segmentKeys) of(s segment.Segment) ([]textKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys, ok := k.at[s]
	return keys, ok
}

func (k *segmentKeys) keep(at map[segment.Segment][]textKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = at
}

// weave gives a view the vectors that are known of its passages, and returns the passages without one.
func (v *view) weave(t *vectorTable) (missing []int, err error) {
	if v.keys == nil {
		if v.keys, err = v.textKeys(); err != nil {
			return nil, fmt.Errorf("read texts for vectors: %w", err)
		}
	}
	w := &woven{langs: map[string]*wovenLang{}}
	var dim int
	w.rows, w.data, dim = t.find(v.keys)
	for code, lv := range v.langs {
		have, lack := 0, len(missing)
		for doc := range lv.norms {
			if lv.in[doc] {
				if w.rows[doc] < 0 {
					missing = append(missing, doc)
				} else {
					have++
				}
			}
		}
		if float64(have) >= enoughKnow*float64(have+len(missing)-lack) && have > 0 {
			w.langs[code] = w.language(lv, dim, have)
		}
	}
	v.woven.Store(w)
	return missing, nil
}

// shyMean keeps a few passages from being taken for all there is to say: with n of them the mean counts for n of n+shyMean.
const shyMean = 10

func (w *woven) language(lv *langView, dim, have int) *wovenLang {
	out := &wovenLang{mean: make([]float32, dim), size: make([]float32, len(lv.norms))}
	each := func(f func(doc int, v vector)) {
		for doc, in := range lv.in {
			if in && w.rows[doc] >= 0 {
				f(doc, w.data[w.rows[doc]])
			}
		}
	}
	each(func(_ int, v vector) {
		for i, x := range v.q {
			out.mean[i] += float32(x) * v.scale
		}
	})
	for i := range out.mean {
		out.mean[i] /= float32(have + shyMean)
	}
	square := float32(0)
	for _, x := range out.mean {
		square += x * x
	}
	each(func(doc int, v vector) {
		with, own := float32(0), float32(0)
		for i, x := range v.q {
			f := float32(x) * v.scale
			with += f * out.mean[i]
			own += f * f
		}
		out.size[doc] = float32(math.Sqrt(float64(max(1e-9, own-2*with+square))))
	})
	return out
}

// Learn asks for the vectors that passages still lack and returns when each has one. Progress, which may be nil, is told how many have. What
// was learned before an error is kept. It needs an index: see Sync.
func (l *Library) Learn(ctx context.Context, progress func(done, total int)) error {
	if l.table == nil {
		return nil
	}
	return l.using(ctx, func(v *view) error { return l.learnView(ctx, v, progress) })
}

func (l *Library) learnView(ctx context.Context, v *view, progress func(done, total int)) error {
	missing, err := v.weave(l.table)
	if err != nil {
		return err
	}
	total := v.passages()
	l.learning.set(func(s *VectorState) {
		s.Done, s.Total, s.Failing = total-len(missing), total, s.Failing && len(missing) > 0
	})
	told := time.Now()
	for at := 0; at < len(missing); at += embedBatch {
		part := missing[at:min(at+embedBatch, len(missing))]
		if err := l.learnPart(ctx, v, part); err != nil {
			_, weaving := v.weave(l.table) // with what there is
			return errors.Join(err, weaving)
		}
		done := total - len(missing) + at + len(part)
		l.learning.set(func(s *VectorState) { s.Done, s.Failing = done, false })
		if progress != nil {
			progress(done, total)
		}
		if time.Since(told) > learnTell {
			told = time.Now()
			l.opt.Log.Info("passages get their vectors", "done", done, "of", total)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if left, err := v.weave(l.table); err != nil || len(left) > 0 {
		return errors.Join(err, fmt.Errorf("%d of %d passages have no vector yet: the endpoint gave vectors of more than one size", len(left), total))
	}
	l.opt.Log.Info("all passages have their vectors", "passages", total, "new", len(missing))
	return l.table.tidy(v.keys)
}

// learnPart asks for the vectors of some passages.
func (l *Library) learnPart(ctx context.Context, v *view, docs []int) error {
	texts, keys := make([]string, len(docs)), make([]textKey, len(docs))
	for i, d := range docs {
		_, st, err := v.passage(d)
		if err != nil {
			return err
		}
		texts[i], keys[i] = passageText(st), v.keys[d]
	}
	got, err := l.opt.Vectors.Passages.Embed(ctx, texts)
	if err != nil {
		return fmt.Errorf("ask for vectors: %w", err)
	}
	if len(got) != len(texts) {
		return fmt.Errorf("%w: %d for %d texts", errVector, len(got), len(texts))
	}
	for i := range got {
		if got[i], err = unit(got[i]); err == nil && len(got[i]) != len(got[0]) {
			err = fmt.Errorf("%w: one of %d numbers among others of %d", errVector, len(got[i]), len(got[0]))
		}
		if err != nil {
			return err
		}
	}
	return l.table.add(keys, got)
}

// learn keeps every view's passages in vectors until ctx ends. A failing endpoint is asked again after a while; meanwhile words decide.
func (l *Library) learn(ctx context.Context) {
	for ctx.Err() == nil {
		l.seat.Lock()
		turn := l.turn
		l.seat.Unlock()
		again := time.Duration(math.MaxInt64)
		if err := l.Learn(ctx, nil); err != nil && ctx.Err() == nil {
			l.opt.Log.Warn("passages stay without vectors for now", "err", err)
			l.learning.set(func(s *VectorState) { s.Failing = true })
			again = l.opt.Again
		}
		pause := time.NewTimer(again)
		select {
		case <-turn:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

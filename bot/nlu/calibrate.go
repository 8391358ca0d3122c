package nlu

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// pair are the two learners. The regression knows how probable, the SVM draws the sharper line; the background counts in both,
// half as much in the SVM, where a hundred sentences of it would else weigh like a whole intent.
type pair struct{ svm, soft *learner }

// learn trains both learners on a whole problem.
func learn(p problem, seed uint64) pair {
	l := pair{newLearner(p), newLearner(p)}
	l.train(p, p.all(), svmEpochs, softmaxEpochs, seed)
	return l
}

func (l pair) train(p problem, in []int, svmRounds, softRounds int, seed uint64) {
	var wg sync.WaitGroup
	wg.Go(func() { l.svm.hinge(p, in, svmCost, svmRounds, rand.New(rand.NewPCG(seed, 1))) })
	l.soft.logistic(p, in, softmaxCost, softRounds, rand.New(rand.NewPCG(seed, 2)))
	wg.Wait()
}

// sum adds the learners up: two linear models over the same columns are one linear model, so reading a sentence costs one. So is the
// nearness to the centre of each class, which sentences with vectors count too; the centres are those of the sentences of in.
func (l pair) sum(p problem, in []int) *matrix {
	m := &matrix{l.soft.classes, l.soft.stride, slices.Clone(l.soft.w)}
	shares := make([]float32, m.classes)
	for c := range shares {
		shares[c] = svmShare
		if c == p.classes {
			shares[c] /= 2
		}
	}
	for i := 0; i < len(m.w); i += m.stride {
		for c, k := range shares {
			m.w[i+c] += k * l.svm.w[i+c]
		}
	}
	if p.vectors > 0 {
		p.addCentres(m, in)
	}
	return m
}

// judged is what a model that had not seen a sentence made of it.
type judged struct {
	energy, prob float64
	right        bool
}

// Above bigProblem sentences one fold in five is held out instead of all five in turn: by then there are enough
// held-out sentences to place a threshold, and training time matters more.
const bigProblem = 4000

// calibrate finds the two thresholds from sentences the model has not seen: known, below which the given share of the
// rightly understood sentences lies, and sure, the lowest probability above which at most one in thirty is wrong.
// With too few examples to hold any out, everything that is not background is known and half is sure.
func calibrate(p problem, l pair, quantile float64, seed uint64) (known, sure float64) {
	held := holdOut(p, l, seed)
	known = quantileOfRight(held, quantile)
	return known, sureAt(held, known)
}

// holdOut judges each in-scope sentence by a model that has not learned it: l, with a fold taken out.
func holdOut(p problem, l pair, seed uint64) []judged {
	const folds = 5
	run := folds
	if len(p.x) > bigProblem {
		run = 1
	}
	order := rand.New(rand.NewPCG(seed, 3)).Perm(len(p.x))
	// Dealing out the sentences intent by intent puts a share of every intent in every fold.
	slices.SortStableFunc(order, func(a, b int) int { return p.y[a] - p.y[b] })
	var held []judged
	for f := range run {
		var in, out []int
		for k, i := range order {
			if k%folds == f {
				out = append(out, i)
			} else {
				in = append(in, i)
			}
		}
		part := pair{l.svm.without(p, out), l.soft.without(p, out)}
		part.train(p, in, againEpochs, againEpochs, seed)
		held = append(held, judge(part.sum(p, in), p, out)...)
	}
	return held
}

func judge(w *matrix, p problem, test []int) []judged {
	var out []judged
	s := make([]float32, w.stride)
	for _, i := range test {
		if p.y[i] < 0 {
			continue
		}
		w.scores(p.x[i], s)
		j := judged{energy: energy(s[:w.classes], p.classes)}
		softmax(s[:w.classes])
		best := 0
		for c := range p.classes {
			if s[c] > s[best] {
				best = c
			}
		}
		j.prob, j.right = float64(s[best]), best == p.y[i]
		out = append(out, j)
	}
	return out
}

// quantileOfRight is the energy below which share q of the rightly understood lie; very low when there are none.
func quantileOfRight(held []judged, q float64) float64 {
	var e []float64
	for _, j := range held {
		if j.right {
			e = append(e, j.energy)
		}
	}
	if len(e) == 0 {
		return 0
	}
	slices.Sort(e)
	return e[int(q*float64(len(e)))]
}

// sureAt is the lowest probability such that, of the known sentences at or above it, 97 in 100 are right; never under
// 0.4, and 0.5 when there is nothing to go by.
func sureAt(held []judged, known float64) float64 {
	held = slices.DeleteFunc(slices.Clone(held), func(j judged) bool { return j.energy < known })
	slices.SortFunc(held, func(a, b judged) int {
		switch {
		case a.prob > b.prob:
			return -1
		case a.prob < b.prob:
			return 1
		}
		return 0
	})
	at, right := 0.5, 0
	for i, j := range held {
		if j.right {
			right++
		}
		if float64(right) >= 0.97*float64(i+1) {
			at = j.prob
		}
	}
	return max(at, 0.4)
}

package nlu

import (
	"math"
	"math/rand/v2"
)

// matrix holds one row of weights for each column of the vocabulary (and one for the bias), so that scoring a sentence
// reads a few hundred short contiguous rows. Rows are padded to a multiple of eight.
type matrix struct {
	classes, stride int
	w               []float32
}

func newMatrix(cols, classes int) *matrix {
	stride := (classes + 7) &^ 7
	return &matrix{classes: classes, stride: stride, w: make([]float32, (cols+1)*stride)}
}

func (m *matrix) row(col uint32) []float32 {
	i := int(col) * m.stride
	return m.w[i : i+m.stride : i+m.stride]
}

// scores writes x·W to dst, which has the stride's length.
func (m *matrix) scores(x []feature, dst []float32) {
	copy(dst, m.w[len(m.w)-m.stride:]) // the bias
	for _, f := range x {
		axpy(dst, m.row(f.col), f.w)
	}
}

// add adds k·delta to W for every feature of x: the gradient step of both learners.
func (m *matrix) add(x []feature, delta []float32) {
	axpy(m.w[len(m.w)-m.stride:], delta, 1)
	for _, f := range x {
		axpy(m.row(f.col), delta, f.w)
	}
}

// axpy adds k·src to dst; both have a length that is a multiple of eight.
func axpy(dst, src []float32, k float32) {
	for len(dst) >= 8 && len(src) >= 8 {
		d, s := (*[8]float32)(dst), (*[8]float32)(src)
		d[0] += k * s[0]
		d[1] += k * s[1]
		d[2] += k * s[2]
		d[3] += k * s[3]
		d[4] += k * s[4]
		d[5] += k * s[5]
		d[6] += k * s[6]
		d[7] += k * s[7]
		dst, src = dst[8:], src[8:]
	}
}

// problem is a set of sentences as vectors, each with its class. A class of -1 belongs to none of them: it only says
// what the classes are not.
type problem struct {
	x       [][]feature
	y       []int
	cols    int
	classes int
}

// allClasses is how many there are with that of the background, which comes last when there is any.
func (p problem) allClasses() int {
	for _, y := range p.y {
		if y < 0 {
			return p.classes + 1
		}
	}
	return p.classes
}

// classOf is the class of a sentence, the background's being the last.
func (p problem) classOf(i int) int {
	if p.y[i] < 0 {
		return p.classes
	}
	return p.y[i]
}

// trainSVM learns one squared-hinge linear SVM for each class against the rest, by dual coordinate descent (Hsieh et al.
// 2008), all classes in one sweep over the sentences. The bias is a feature of weight one.
func trainSVM(p problem, cost float64, epochs int, rng *rand.Rand) *matrix {
	classes := p.allClasses()
	m := newMatrix(p.cols, classes)
	alpha := make([]float32, len(p.x)*m.stride)
	margin, delta := make([]float32, m.stride), make([]float32, m.stride)
	diag := float32(1 / (2 * cost))
	q := 2 + diag // |x|² is one, and the bias adds one
	for range epochs {
		var moved float32
		for _, i := range rng.Perm(len(p.x)) {
			if len(p.x[i]) == 0 {
				continue
			}
			m.scores(p.x[i], margin)
			a := alpha[i*m.stride : (i+1)*m.stride]
			var any bool
			for c := range classes {
				y := float32(-1)
				if c == p.classOf(i) {
					y = 1
				}
				next := max(a[c]-(y*margin[c]-1+diag*a[c])/q, 0)
				delta[c] = (next - a[c]) * y
				if delta[c] != 0 {
					any = true
					moved = max(moved, delta[c], -delta[c])
				}
				a[c] = next
			}
			if any {
				m.add(p.x[i], delta)
			}
		}
		if moved < 1e-3 {
			break
		}
	}
	return m
}

// trainSoftmax learns a multinomial logistic regression by stochastic dual coordinate ascent (Shalev-Shwartz and Zhang
// 2013). Sentences of class -1 get a class of their own at the end.
func trainSoftmax(p problem, cost float64, epochs int, rng *rand.Rand) *matrix {
	classes := p.allClasses()
	m := newMatrix(p.cols, classes)
	alpha := make([]float32, len(p.x)*m.stride)
	prob, delta := make([]float32, m.stride), make([]float32, m.stride)
	for range epochs {
		for _, i := range rng.Perm(len(p.x)) {
			if len(p.x[i]) == 0 {
				continue
			}
			m.scores(p.x[i], prob)
			softmax(prob[:classes])
			dualStep(alpha[i*m.stride:(i+1)*m.stride], prob, delta, p.classOf(i), classes, float32(cost))
			m.add(p.x[i], delta)
		}
	}
	return m
}

// dualStep moves one sentence's dual variables towards (onehot − prob) and writes the change of W to delta, with the
// cost already in it.
func dualStep(alpha, prob, delta []float32, y, classes int, cost float32) {
	// The loss is smooth with constant 1/2 and |x|²+1 = 2, so this step always ascends.
	step := 2 / (2 + 2*cost)
	if step < 0.3 {
		step = 0.3
	}
	for c := range classes {
		u := -prob[c]
		if c == y {
			u++
		}
		d := step * (u - alpha[c])
		alpha[c] += d
		delta[c] = cost * d
	}
}

// softmax turns scores into probabilities in place and returns the log of the sum of their exponentials.
func softmax(s []float32) float64 {
	lse := logSumExp(s)
	for i, v := range s {
		s[i] = float32(math.Exp(float64(v) - lse))
	}
	return lse
}

// logSumExp is the log of the sum of exponentials; -Inf for nothing.
func logSumExp(s []float32) float64 {
	top := math.Inf(-1)
	for _, v := range s {
		top = max(top, float64(v))
	}
	if math.IsInf(top, -1) {
		return top
	}
	var sum float64
	for _, v := range s {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

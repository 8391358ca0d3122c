package nlu

import (
	"math"
	"math/rand/v2"
	"slices"
)

// matrix holds one row of weights for each column of the vocabulary (and one for the bias), so that scoring a sentence
// reads a few hundred short contiguous rows. Rows are padded to a multiple of eight; two classes need no padding.
type matrix struct {
	classes, stride int
	w               []float32
}

func newMatrix(cols, classes int) *matrix {
	stride := (classes + 7) &^ 7
	if classes <= 2 {
		stride = 2
	}
	return &matrix{classes: classes, stride: stride, w: make([]float32, (cols+1)*stride)}
}

func (m *matrix) row(col uint32) []float32 {
	i := int(col) * m.stride
	return m.w[i : i+m.stride : i+m.stride]
}

// scores writes x·W to dst, which has the stride's length. Eight classes at a time stay in registers.
func (m *matrix) scores(x []feature, dst []float32) {
	bias := m.w[len(m.w)-m.stride:]
	if m.stride == 2 {
		s0, s1 := bias[0], bias[1]
		for _, f := range x {
			r := (*[2]float32)(m.w[2*int(f.col):])
			s0 += f.w * r[0]
			s1 += f.w * r[1]
		}
		dst[0], dst[1] = s0, s1
		return
	}
	for b := 0; b+8 <= m.stride; b += 8 {
		s := (*[8]float32)(bias[b:])
		s0, s1, s2, s3, s4, s5, s6, s7 := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]
		for _, f := range x {
			r, k := (*[8]float32)(m.w[int(f.col)*m.stride+b:]), f.w
			s0 += k * r[0]
			s1 += k * r[1]
			s2 += k * r[2]
			s3 += k * r[3]
			s4 += k * r[4]
			s5 += k * r[5]
			s6 += k * r[6]
			s7 += k * r[7]
		}
		d := (*[8]float32)(dst[b:])
		d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7] = s0, s1, s2, s3, s4, s5, s6, s7
	}
}

// add adds k·delta to W for every feature of x, k being its weight: the gradient step of both learners.
func (m *matrix) add(x []feature, delta []float32) {
	axpy(m.w[len(m.w)-m.stride:], delta, 1)
	for _, f := range x {
		axpy(m.row(f.col), delta, f.w)
	}
}

// axpy adds k·src to dst; both have the length of a row.
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
	for i := range min(len(dst), len(src)) {
		dst[i] += k * src[i]
	}
}

// packed is a matrix that only reads: the same weights in a quarter of the room, since what is kept needs neither padding nor
// more than sixteen bits. The rounding is a thousandth of a usual score.
type packed struct {
	classes int
	unit    float32 // what one step is worth
	w       []int16
}

// pack rounds a matrix; it does not keep it.
func (m *matrix) pack() *packed {
	var top float32
	for _, v := range m.w {
		top = max(top, v, -v)
	}
	p := &packed{classes: m.classes, unit: max(top, 1e-9) / math.MaxInt16, w: make([]int16, 0, len(m.w)/m.stride*m.classes)}
	for row := range slices.Chunk(m.w, m.stride) {
		for _, v := range row[:m.classes] {
			p.w = append(p.w, int16(math.Round(float64(v/p.unit))))
		}
	}
	return p
}

// scores writes x·W to dst, which has one place for each class.
func (p *packed) scores(x []feature, dst []float32) {
	clear(dst)
	bias := len(p.w)/p.classes - 1
	p.add(dst, bias, 1)
	for _, f := range x {
		p.add(dst, int(f.col), f.w)
	}
}

func (p *packed) add(dst []float32, row int, k float32) {
	k *= p.unit
	w := p.w[row*p.classes : (row+1)*p.classes]
	for c := range min(len(dst), len(w)) {
		dst[c] += k * float32(w[c])
	}
}

// problem is a set of sentences as vectors, each with its class. A class of -1 belongs to none of them: it only says
// what the classes are not.
type problem struct {
	x       [][]feature
	y       []int
	cols    int
	classes int
	vectors int // the first column of the sentence vectors; 0 without any
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

// learner is a linear model in the making. For each sentence it keeps what that sentence has added to each class, so that a
// sentence can be taken out again.
type learner struct {
	*matrix
	alpha []float32
}

func newLearner(p problem) *learner {
	m := newMatrix(p.cols, p.allClasses())
	return &learner{m, make([]float32, len(p.x)*m.stride)}
}

func (l *learner) share(i int) []float32 { return l.alpha[i*l.stride : (i+1)*l.stride] }

// without is a copy that has forgotten some sentences. It is near what it would have become without them: both learners have one
// best answer wherever they begin, and from here a few rounds more reach it.
func (l *learner) without(p problem, out []int) *learner {
	c := &learner{&matrix{l.classes, l.stride, slices.Clone(l.w)}, slices.Clone(l.alpha)}
	delta := make([]float32, l.stride)
	for _, i := range out {
		for k, a := range c.share(i) {
			delta[k] = -a
		}
		c.add(p.x[i], delta)
		clear(c.share(i))
	}
	return c
}

// hinge goes on learning one squared-hinge linear SVM for each class against the rest, by dual coordinate descent (Hsieh et al.
// 2008), all classes in one sweep over the sentences of in. The bias is a feature of weight one.
func (l *learner) hinge(p problem, in []int, cost float64, epochs int, rng *rand.Rand) {
	margin, delta := make([]float32, l.stride), make([]float32, l.stride)
	diag := float32(1 / (2 * cost))
	q := 2 + diag // |x|² is one, and the bias adds one
	order := slices.Clone(in)
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if len(p.x[i]) == 0 {
				continue
			}
			l.scores(p.x[i], margin)
			a, own := l.share(i), p.classOf(i)
			for c := range l.classes {
				next := a[c] - (margin[c]+1+diag*a[c])/q
				if c == own {
					next = max(next+2/q, 0)
				} else {
					next = min(next, 0)
				}
				delta[c], a[c] = next-a[c], next
			}
			l.add(p.x[i], delta)
		}
	}
}

// logistic goes on learning a multinomial logistic regression from the sentences of in, by stochastic dual coordinate ascent
// (Shalev-Shwartz and Zhang 2013). Sentences of class -1 have a class of their own at the end.
func (l *learner) logistic(p problem, in []int, cost float64, epochs int, rng *rand.Rand) {
	prob, delta := make([]float32, l.stride), make([]float32, l.stride)
	// The loss is smooth with constant 1/2 and |x|²+1 = 2, so this step always ascends.
	step := float32(max(2/(2+2*cost), 0.3))
	order := slices.Clone(in)
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if len(p.x[i]) == 0 {
				continue
			}
			l.scores(p.x[i], prob)
			softmax(prob[:l.classes])
			prob[p.classOf(i)]-- // the gradient now
			for c, a := range l.share(i)[:l.classes] {
				delta[c] = -step * (float32(cost)*prob[c] + a)
			}
			axpy(l.share(i), delta, 1)
			l.add(p.x[i], delta)
		}
	}
}

// all is every sentence of the problem.
func (p problem) all() []int {
	out := make([]int, len(p.x))
	for i := range out {
		out[i] = i
	}
	return out
}

// trainSoftmax learns a regression alone.
func trainSoftmax(p problem, cost float64, epochs int, rng *rand.Rand) *packed {
	l := newLearner(p)
	l.logistic(p, p.all(), cost, epochs, rng)
	return l.pack()
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

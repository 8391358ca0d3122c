package nlu

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Embedder turns texts into vectors of one length, one for each, or fails within a budget of its own: the ear never waits
// longer than that. A server for sentence embeddings is one; the ear works without any.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// joined is a second set of weights over the words' features and a sentence vector together. Whenever a sentence's vector is
// not to be had, the first set, over words alone, answers in the same turn.
type joined struct {
	ask     Embedder
	mean    []float32 // of the examples' vectors; what all sentences share says nothing of one
	tongue  []float32 // the direction in which one language lies from the other; what language a sentence is in says nothing of its intent
	words   int       // columns of the words; the vector's stand behind
	weights *packed
	known   float64
	sure    float64
}

// vectorShare is the squared length that the vector gets of a sentence's features.
const vectorShare = 0.65

// embedBatch is how many examples are asked for at a time, so that one lost answer costs little.
const embedBatch = 64

// Join adds sentence vectors to a model: it learns from the same examples and options once more, with a vector of each from
// patient, and asks now for that of a message. It returns a new model; on an error the old one goes on as it is. The two
// differ in how long they may take.
func (m *Model) Join(ctx context.Context, examples []Example, opt Options, patient, now Embedder) (*Model, error) {
	fresh, p, clean, err := prepare(examples, opt)
	if err != nil {
		return nil, err
	}
	fresh.weights, fresh.lang, fresh.known, fresh.sure = m.weights, m.lang, m.known, m.sure
	vectors, err := embedAll(ctx, patient, clean)
	if err != nil {
		return nil, fmt.Errorf("embed the examples: %w", err)
	}
	tongue, err := tongueOf(ctx, patient)
	if err != nil {
		return nil, fmt.Errorf("embed a sample of two languages: %w", err)
	}
	j := &joined{ask: now, mean: meanOf(vectors), tongue: tongue, words: p.cols}
	if len(j.tongue) != len(j.mean) {
		return nil, fmt.Errorf("vectors of %d and of %d numbers", len(j.tongue), len(j.mean))
	}
	p.vectors = p.cols
	p.cols += len(j.mean)
	for i, v := range vectors {
		p.x[i] = j.add(slices.Clone(p.x[i]), v)
	}
	l := learn(p, opt.Seed)
	j.weights = l.sum(p, p.all()).pack()
	j.known, j.sure = calibrate(p, l, opt.quantile(), opt.Seed)
	fresh.joined = j
	return fresh, nil
}

// embedAll asks for the vectors of all examples and refuses ones that do not fit together.
func embedAll(ctx context.Context, e Embedder, clean []sentence) ([][]float32, error) {
	var out [][]float32
	for part := range slices.Chunk(clean, embedBatch) {
		texts := make([]string, len(part))
		for i, s := range part {
			texts[i] = s.text
		}
		got, err := e.Embed(ctx, texts)
		if err != nil {
			return nil, err
		}
		if len(got) != len(texts) {
			return nil, fmt.Errorf("%d vectors for %d texts", len(got), len(texts))
		}
		for _, v := range got {
			if len(v) == 0 || len(out) > 0 && len(v) != len(out[0]) {
				return nil, fmt.Errorf("a vector of %d numbers among others", len(v))
			}
			out = append(out, v)
		}
	}
	return out, nil
}

// tongueSample is how many built-in sentences of each language show where it lies.
const tongueSample = 256

// tongueOf is the direction from English to Dutch, of length one, as the embedder sees it; all zeros when it sees none.
func tongueOf(ctx context.Context, e Embedder) ([]float32, error) {
	all := map[string][]sentence{}
	for _, x := range builtin().examples {
		all[x.Lang] = append(all[x.Lang], sentence{text: x.Text})
	}
	means := map[string][]float32{}
	for _, lang := range []string{"nl", "en"} {
		var sample []sentence
		for i := range tongueSample { // from every intent, since their sentences lie together
			sample = append(sample, all[lang][i*len(all[lang])/tongueSample])
		}
		vectors, err := embedAll(ctx, e, sample)
		if err != nil {
			return nil, err
		}
		means[lang] = meanOf(vectors)
	}
	if len(means["nl"]) != len(means["en"]) {
		return nil, fmt.Errorf("vectors of %d and of %d numbers", len(means["nl"]), len(means["en"]))
	}
	tongue := means["nl"]
	for i, x := range means["en"] {
		tongue[i] -= x
	}
	k := float32(1 / length(tongue))
	for i := range tongue {
		tongue[i] *= k
	}
	return tongue, nil
}

// centreShare is the weight of the nearness to a class's centre beside the learners' scores.
const centreShare = 12

// addCentres adds to m how near a sentence's vector lies to the mean of each class's own, among the sentences of in. Where examples are few, or in
// another language than the question, a centre is steadier than a border.
func (p problem) addCentres(m *matrix, in []int) {
	width := p.cols - p.vectors
	sums := make([]float32, m.classes*width)
	for _, i := range in {
		own := sums[p.classOf(i)*width:]
		for _, f := range p.x[i] {
			if at := int(f.col) - p.vectors; at >= 0 {
				own[at] += f.w
			}
		}
	}
	for c := range m.classes {
		centre := sums[c*width : (c+1)*width]
		k := float32(centreShare / length(centre))
		for at, s := range centre {
			m.w[(p.vectors+at)*m.stride+c] += k * s
		}
	}
}

func meanOf(vectors [][]float32) []float32 {
	sum := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		scale := 1 / length(v)
		for i, x := range v {
			sum[i] += float64(x) * scale
		}
	}
	mean := make([]float32, len(sum))
	for i, s := range sum {
		mean[i] = float32(s / float64(len(vectors)))
	}
	return mean
}

func length(v []float32) float64 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(max(sum, 1e-12))
}

// join asks for the text's vector and adds it to the features of its words. ok is false, and x as it was, when there is none.
func (j *joined) join(x []feature, text string) (out []feature, ok bool) {
	got, err := j.ask.Embed(context.Background(), []string{text}) // the embedder's budget is the limit
	if err != nil || len(got) != 1 || len(got[0]) != len(j.mean) {
		return x, false
	}
	return j.add(x, got[0]), true
}

// add appends the centred vector to x, without its part along the tongue, and brings both to their shares. A vector that is the mean itself adds nothing.
func (j *joined) add(x []feature, v []float32) []feature {
	for i := range x {
		x[i].w *= float32(math.Sqrt(1 - vectorShare))
	}
	start, scale := len(x), float32(1/length(v))
	centred := make([]float32, len(v))
	var along float32
	for i, n := range v {
		centred[i] = n*scale - j.mean[i]
		along += centred[i] * j.tongue[i]
	}
	for i, d := range centred {
		if d -= along * j.tongue[i]; d != 0 {
			x = append(x, feature{uint32(j.words + i), d})
		}
	}
	scaleTo(x[start:], vectorShare)
	return x
}

package kb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// Embedder turns texts into vectors of one length, one for each, in order, or fails within a budget of its own. Texts that mean the same
// get vectors that point the same way, in whatever language they are.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

// Vectors is where a library's sentence vectors come from. They find what words do not: another way of saying it, and another language.
// Without them, and whenever they are not to be had, words alone decide.
type Vectors struct {
	Model     string   // a name for what makes them; another name means new vectors for all passages
	Passages  Embedder // asked in the background, with patience
	Questions Embedder // asked while a customer waits: it must answer at once or fail, and not make every customer wait for a dead endpoint
	Many      Embedder // asked for many questions together, as a gate has them; nil: Questions
}

// vector is a direction with its length taken out, in a quarter of the memory: each number is a 127th of the largest, times scale.
type vector struct {
	q     []int8
	scale float32
}

const maxDimension = 8192

// errVector is what is wrong with numbers that are no vector.
var errVector = errors.New("not a vector")

// unit checks what an endpoint gave and returns it with length 1.
func unit(v []float32) ([]float32, error) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if len(v) == 0 || len(v) > maxDimension || sum < 1e-20 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, fmt.Errorf("%w: %d numbers, of which the squares are %g together", errVector, len(v), sum)
	}
	out, scale := make([]float32, len(v)), float32(1/math.Sqrt(sum))
	for i, x := range v {
		out[i] = x * scale
	}
	return out, nil
}

// pack rounds a vector.
func pack(v []float32) vector {
	top := float32(0)
	for _, x := range v {
		top = max(top, x, -x)
	}
	out := vector{q: make([]int8, len(v)), scale: top / 127}
	if top == 0 {
		return out
	}
	for i, x := range v {
		out.q[i] = int8(math.Round(float64(x / top * 127)))
	}
	return out
}

// dot multiplies two rows of equal length. Four sums at once keep the processor busy.
func dot(a, b []int8) int32 {
	var s0, s1, s2, s3 int32
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += int32(x[0]) * int32(y[0])
		s1 += int32(x[1]) * int32(y[1])
		s2 += int32(x[2]) * int32(y[2])
		s3 += int32(x[3]) * int32(y[3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

// textKey names a text: the same text has the same vector.
type textKey [16]byte

// recipe is part of every key: raise it when passageText makes another text of the same passage.
const recipe = "1"

func keyOf(text string) (k textKey) {
	sum := sha256.Sum256([]byte(recipe + "\x00" + text))
	copy(k[:], sum[:])
	return k
}

// passageLetters is how much of a passage its vector is made of. A small model says more of a short text than of a long one, and in a
// third of the time; the words further down are found as words.
const passageLetters = 300

// passageText is what a passage's vector is made of: where it stands, and how it begins.
func passageText(st stored) string {
	var parts []string
	for _, s := range []string{st.Title, st.Section, st.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	text := []rune(strings.Join(parts, "\n"))
	return string(text[:min(len(text), passageLetters)])
}

// asked holds the vectors of questions that were fetched before they are asked; see withVectors.
type askedVectors struct{}

// withVectors makes searches under the context use these vectors and ask for no others. A question that is not among them is answered by
// its words.
func withVectors(ctx context.Context, of map[string][]float32) context.Context {
	return context.WithValue(ctx, askedVectors{}, of)
}

// questionVector returns the vector of a question, nil when there is none to be had.
func (l *Library) questionVector(ctx context.Context, text string) []float32 {
	if l.table == nil || strings.TrimSpace(text) == "" {
		return nil
	}
	if of, ok := ctx.Value(askedVectors{}).(map[string][]float32); ok {
		return of[text]
	}
	got, err := l.opt.Vectors.Questions.Embed(ctx, []string{text})
	if err != nil || len(got) != 1 {
		return nil
	}
	v, err := unit(got[0])
	if err != nil {
		return nil
	}
	return v
}

// questionVectors fetches those of many questions with patience, as far as they come before ctx ends.
func (l *Library) questionVectors(ctx context.Context, texts []string) map[string][]float32 {
	out := map[string][]float32{}
	if l.table == nil {
		return out
	}
	ask := l.opt.Vectors.Questions
	if l.opt.Vectors.Many != nil {
		ask = l.opt.Vectors.Many
	}
	for at := 0; at < len(texts); at += embedBatch {
		part := texts[at:min(at+embedBatch, len(texts))]
		got, err := ask.Embed(ctx, part)
		if err != nil || len(got) != len(part) {
			return out
		}
		for i, g := range got {
			if v, err := unit(g); err == nil {
				out[part[i]] = v
			}
		}
	}
	return out
}

// gateAsks is how long a gate waits for the vectors of its questions.
const gateAsks = 2 * time.Second

// knowing gives searches under the context the vectors of the questions, fetched together: one by one they would take longer than an
// editor waits. Those that do not come in time are answered by words, before and after alike.
func (l *Library) knowing(ctx context.Context, questions []Question) context.Context {
	if l.table == nil {
		return ctx
	}
	texts := make([]string, len(questions))
	for i, q := range questions {
		texts[i] = q.Text
	}
	soon, stop := context.WithTimeout(ctx, gateAsks)
	defer stop()
	return withVectors(ctx, l.questionVectors(soon, texts))
}

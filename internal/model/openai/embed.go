package openai

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	sdk "github.com/sashabaranov/go-openai"

	"balie/internal/fault"
)

// EmbedConfig says where vectors come from. A zero limit means its default.
type EmbedConfig struct {
	URL    string // base of the API, ending before /embeddings
	Key    string // bearer token; empty for servers that want none
	Model  string
	Budget time.Duration // for one call of Embed, all batches together; 50 ms
	Batch  int           // texts in one request; 64
	Cache  int           // bytes of vectors to remember; 16 MiB
	HTTP   *http.Client  // nil for one of our own, which follows no redirects
	Now    func() time.Time
}

// Bounds on what is asked and believed.
const (
	maxText      = 8000 // characters of a text; the rest is not looked at
	maxDimension = 8192
	embedBody    = 64 << 20
	embedSlots   = 8

	embedFailures = 5
	embedCooldown = 5 * time.Second // short: a trial costs one sentence its budget, no more
)

var errBudget = errors.New("it gave no vectors within the budget")

// Embedder turns texts into vectors. It is safe for concurrent use.
type Embedder struct {
	cfg     EmbedConfig
	cache   *cache
	slots   chan struct{}
	breaker *breaker
}

// NewEmbedder makes an Embedder; nothing is sent before the first text.
func NewEmbedder(cfg EmbedConfig) *Embedder {
	or(&cfg.Budget, 50*time.Millisecond)
	or(&cfg.Batch, 64)
	or(&cfg.Cache, 16<<20)
	if cfg.HTTP == nil {
		cfg.HTTP = newHTTPClient(embedSlots)
		// A small local server writes head and body apart; on a kept connection the body then waits some 40 ms for
		// our delayed acknowledgement, nearly the whole budget. A new connection without TLS costs 0.1 ms.
		cfg.HTTP.Transport.(*http.Transport).DisableKeepAlives = strings.HasPrefix(cfg.URL, "http://")
	}
	return &Embedder{
		cfg:     cfg,
		cache:   newCache(cfg.Cache),
		slots:   make(chan struct{}, embedSlots),
		breaker: newBreaker(embedFailures, embedCooldown, cfg.Now),
	}
}

// WithBudget returns an Embedder that shares the cache of e, but waits up to d and has a breaker of its own: indexing a
// library may take its time, and its failures must not deafen the ear, nor the other way round.
func (e *Embedder) WithBudget(d time.Duration) *Embedder {
	other := *e
	or(&d, e.cfg.Budget)
	other.cfg.Budget = d
	other.slots = make(chan struct{}, embedSlots)
	other.breaker = newBreaker(embedFailures, embedCooldown, e.cfg.Now)
	return &other
}

// Model names the model, so that a caller who stores vectors knows when they are another model's.
func (e *Embedder) Model() string { return e.cfg.Model }

// Embed returns one vector for each text, in order; none for none. They are all of one length, finite and not zero; they
// are shared with the cache, so do not change them. It returns all or an error of kind fault.Unavailable, within the
// budget. Vectors of batches that did arrive are remembered, so asking again makes progress.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var missing []int
	for i, t := range texts {
		if out[i] = e.cache.get(e.key(t)); out[i] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) > 0 {
		if err := e.guarded(ctx, texts, missing, out); err != nil {
			return nil, fault.Wrap(fault.Unavailable, "Sentence vectors are not available right now", err)
		}
	}
	for _, v := range out {
		if len(v) != len(out[0]) {
			return nil, fault.Wrap(fault.Unavailable, "Sentence vectors are not available right now",
				fmt.Errorf("%w: vectors of %d and %d numbers", errGarbage, len(out[0]), len(v)))
		}
	}
	return out, nil
}

// guarded fills in the missing vectors behind the breaker, the slots and the budget.
func (e *Embedder) guarded(ctx context.Context, texts []string, missing []int, out [][]float32) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	default:
		return errBusy
	}
	if err := e.breaker.enter(); err != nil {
		return err
	}
	verdict, pause := neutral, time.Duration(0)
	defer func() { e.breaker.leave(verdict, pause) }()
	limited, cancel := context.WithTimeoutCause(ctx, e.cfg.Budget, errBudget)
	defer cancel()
	for len(missing) > 0 {
		batch := missing[:min(len(missing), e.cfg.Batch)]
		missing = missing[len(batch):]
		if err := e.fetch(limited, texts, batch, out); err != nil {
			if ctx.Err() == nil {
				verdict, pause = bad, retryAfter(err)
			}
			return because(limited, err)
		}
	}
	verdict = good
	return nil
}

// fetch asks for one batch: the texts at these places.
func (e *Embedder) fetch(ctx context.Context, texts []string, places []int, out [][]float32) error {
	input := make([]string, len(places))
	for i, p := range places {
		if input[i] = cut(texts[p], maxText); input[i] == "" {
			input[i] = " " // servers refuse an empty text
		}
	}
	w := &wire{http: e.cfg.HTTP, limit: embedBody}
	resp, err := w.client(e.cfg.URL, e.cfg.Key).CreateEmbeddings(ctx, sdk.EmbeddingRequestStrings{
		Input: input, Model: sdk.EmbeddingModel(e.cfg.Model),
	})
	if err != nil {
		return err
	}
	got := make([][]float32, len(places))
	for _, d := range resp.Data {
		if d.Index < 0 || d.Index >= len(got) || got[d.Index] != nil || !sound(d.Embedding) {
			return fmt.Errorf("%w: a vector too many, or of no use", errGarbage)
		}
		got[d.Index] = d.Embedding
	}
	for i, v := range got {
		if v == nil {
			return fmt.Errorf("%w: a text without a vector", errGarbage)
		}
		out[places[i]] = v
		e.cache.put(e.key(texts[places[i]]), v)
	}
	return nil
}

// sound reports whether v can be compared with others: some numbers, all finite, not all zero.
func sound(v []float32) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return len(v) > 0 && len(v) <= maxDimension && sum > 0 && !math.IsInf(sum, 0) && !math.IsNaN(sum)
}

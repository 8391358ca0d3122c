package main

import (
	"context"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"balie/bot/nlu"
	"balie/internal/config"
	"balie/internal/model/openai"
	"balie/kb"
)

// ear is the model the bot listens with: the one learned at the start, and after every publish a newer one, which also knows how
// the articles' writers say that customers ask. It is swapped whole, so a turn hears with one or with the other, and only one is kept:
// a model is the largest thing in an idle house.
type ear struct {
	current atomic.Pointer[nlu.Model]
	ready   <-chan struct{} // closed when there is a current one
	vectors *vectors        // nil without an endpoint for them

	// What follows belongs to whoever calls follow, catchUp and join.
	plain bool            // the current one knows the routines alone
	mine  map[string]bool // of each question of the articles: whether it is the library's, and no routine's
}

// newEar starts teaching an ear what is built in. It takes longer than all else of a start, so nothing but the first turn of the bot
// waits for it.
func newEar(v *vectors) *ear {
	ready := make(chan struct{})
	e := &ear{ready: ready, vectors: v, plain: true}
	go nlu.Warm()
	go func() {
		m, err := nlu.Train(builtin())
		if err != nil {
			panic("the built-in sentences cannot be learned: " + err.Error()) // they are part of this program, and a test learns them
		}
		e.hear(m)
		close(ready)
	}()
	return e
}

// hear swaps the model, and gives back what learning took: several times the memory of knowing.
func (e *ear) hear(m *nlu.Model) {
	e.current.Store(m)
	debug.FreeOSMemory()
}

// vectors are the endpoint for sentence vectors, as the ear asks it: patiently for what it learns from, quickly for a customer's words.
type vectors struct{ patient, quick nlu.Embedder }

// prefixed writes before every text what the model wants there.
type prefixed struct {
	nlu.Embedder
	prefix string
}

// Embed embeds the texts behind the prefix.
func (p prefixed) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = p.prefix + t
	}
	return p.Embedder.Embed(ctx, out)
}

// learnBudget is how long one batch of examples may take to become vectors.
const learnBudget = 2 * time.Minute

// openVectors makes the client of the endpoint, nil when there is none.
func openVectors(cfg config.Embed) *vectors {
	if cfg.URL == "" {
		return nil
	}
	e := openai.NewEmbedder(openai.EmbedConfig{URL: cfg.URL, Key: string(cfg.Key), Model: cfg.Model, Budget: cfg.Budget, Cache: 32 << 20})
	return &vectors{prefixed{e.WithBudget(learnBudget), cfg.QueryPrefix}, prefixed{e, cfg.QueryPrefix}}
}

// model is the newest there is; before any, it waits for the first.
func (e *ear) model() *nlu.Model {
	<-e.ready
	return e.current.Load()
}

// articles is what the ear reads of the library's store.
type articles interface {
	Changes(ctx context.Context, after uint64, each func(cursor uint64, id string, rev uint64, a kb.Article, deleted bool) error) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, a kb.Article) error) error
}

// How the ear follows the library: it looks every listenEvery and learns at most maxQuestions sentences of it.
const (
	listenEvery  = 3 * time.Second
	maxQuestions = 5000
	joinAgain    = time.Minute // after vectors were not to be had
)

// follow learns anew whenever the questions of the public articles have changed, until ctx ends. Trouble is logged and tried again;
// the bot goes on with what it has.
func (e *ear) follow(ctx context.Context, store articles, log *slog.Logger) {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	var cursor, known uint64
	var joinAt time.Time // when to try for vectors again
	alone := e.vectors != nil
	for {
		next, sum, err := e.catchUp(ctx, store, cursor, known)
		if err != nil && ctx.Err() == nil {
			log.Warn("the ear cannot follow the articles", "err", err)
		} else if err == nil {
			alone = alone || e.vectors != nil && sum != known
			cursor, known = next, sum
		}
		if alone && time.Now().After(joinAt) {
			if err := e.join(ctx, store); err == nil {
				alone = false
			} else if ctx.Err() == nil {
				joinAt = time.Now().Add(joinAgain)
				log.Warn("the ear goes on without sentence vectors", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// catchUp looks once. It returns the cursor to go on from and the sum of the questions now learned.
func (e *ear) catchUp(ctx context.Context, store articles, cursor, known uint64) (uint64, uint64, error) {
	changed := false
	next, err := store.Changes(ctx, cursor, func(uint64, string, uint64, kb.Article, bool) error {
		changed = true
		return nil
	})
	if err != nil || !changed {
		return next, known, err
	}
	questions, sum, err := questionsOf(ctx, store)
	if err != nil || sum == known || len(questions) == 0 && known == 0 {
		return next, sum, err
	}
	examples, opt, err := e.lessons(questions)
	if err != nil {
		return cursor, known, err
	}
	m, err := nlu.Train(examples, opt)
	if err != nil {
		return cursor, known, err
	}
	e.plain = false
	e.hear(m)
	return next, sum, nil
}

// questionsOf reads what customers ask according to the public articles, and a sum that changes with it.
func questionsOf(ctx context.Context, store articles) (out []nlu.Example, sum uint64, err error) {
	h := fnv.New64a()
	err = store.List(ctx, "", "", func(id string, _ uint64, a kb.Article) error {
		text, ok := a.Public()
		if !ok || text.Internal {
			return nil
		}
		for _, q := range text.Questions {
			if len(out) < maxQuestions {
				out = append(out, nlu.Example{Text: q, Intent: "ask", Lang: a.Lang})
				_, _ = h.Write([]byte(id + "\x00" + q + "\x00")) // a hash takes everything
			}
		}
		return nil
	})
	return out, h.Sum64(), err
}

// lessons are the built-in sentences and the articles' questions. A question that a routine surely answers stays the routine's: an
// article about returns must not keep customers from returning.
func (e *ear) lessons(questions []nlu.Example) ([]nlu.Example, nlu.Options, error) {
	examples, opt := builtin()
	if err := e.judge(questions, examples, opt); err != nil {
		return nil, opt, err
	}
	for _, q := range questions {
		if e.mine[key(q)] {
			examples = append(examples, q)
		}
	}
	return examples, opt, nil
}

// judge finds out whose each question is, and forgets those that are asked no more. Only the model of the routines alone can tell;
// where a newer one has taken its place it is learned once more, for the new questions.
func (e *ear) judge(questions, examples []nlu.Example, opt nlu.Options) (err error) {
	mine := make(map[string]bool, len(questions))
	var routines *nlu.Model
	if e.plain {
		routines = e.model()
	}
	for _, q := range questions {
		k := key(q)
		known, judged := e.mine[k]
		if !judged {
			if routines == nil {
				if routines, err = nlu.Train(examples, opt); err != nil {
					return err
				}
			}
			u := routines.Understand(q.Text, nlu.Hints{Lang: q.Lang})
			known = u.Band != nlu.Sure || u.Intent == "ask"
		}
		mine[k] = known
	}
	e.mine = mine
	return nil
}

// key tells one question of the articles from another.
func key(q nlu.Example) string { return q.Lang + "\x00" + q.Text }

// join gives the newest model sentence vectors.
func (e *ear) join(ctx context.Context, store articles) error {
	questions, _, err := questionsOf(ctx, store)
	if err != nil {
		return err
	}
	examples, opt, err := e.lessons(questions)
	if err != nil {
		return err
	}
	m, err := e.model().Join(ctx, examples, opt, e.vectors.patient, e.vectors.quick)
	if err != nil {
		return err
	}
	e.hear(m)
	return nil
}

package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"balie/bot/nlu"
	"balie/internal/config"
	"balie/internal/model/openai"
	"balie/kb"
)

// ear is the model the bot listens with: the one learned at the start, and after every publish and every lesson of an editor's a newer
// one, which also knows how the house's own writers say that customers ask. It is swapped whole, so a turn hears with one or with the
// other, and only one is kept: a model is the largest thing in an idle house.
type ear struct {
	current atomic.Pointer[nlu.Model]
	ready   <-chan struct{}                 // closed when there is a current one
	vectors *vectors                        // nil without an endpoint for them
	person  atomic.Pointer[map[string]bool] // sentences with which a person is asked for, as editors taught

	file string // where it is kept between two starts; "" for nowhere
	log  *slog.Logger

	// What follows belongs to whoever calls follow, catchUp and join.
	knows [2]uint64       // the sum of the lessons that the current one knows
	plain bool            // it knows no article
	mine  map[string]bool // of each question of the articles: whether it is the library's, and no routine's
}

// newEar starts an ear: with what an earlier start has kept in the file, else by teaching it what is built in. That takes longer than
// all else of a start, so nothing but the first turn of the bot waits for it.
func newEar(file string, v *vectors, log *slog.Logger) *ear {
	ready := make(chan struct{})
	e := &ear{ready: ready, vectors: v, file: file, log: log, plain: true}
	go func() {
		defer close(ready)
		if e.recall() {
			return
		}
		go nlu.Warm()
		m, err := nlu.Train(builtin())
		if err != nil {
			panic("the built-in sentences cannot be learned: " + err.Error()) // they are part of this program, and a test learns them
		}
		e.hear(m)
		e.keep()
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

// How the ear follows the house: how often it looks, and when it tries again after vectors were not to be had.
const (
	listenEvery = 3 * time.Second
	joinAgain   = time.Minute
)

// follow learns anew whenever the lessons have changed, until ctx ends. Trouble is logged and tried again; the bot goes on with what
// it has.
func (e *ear) follow(ctx context.Context, s *school, log *slog.Logger) {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	var joinAt time.Time // when to try for vectors again
	alone := e.vectors != nil
	for {
		changed, err := e.catchUp(ctx, s)
		if err != nil && ctx.Err() == nil {
			log.Warn("the ear cannot follow the library", "err", err)
		}
		alone = alone || e.vectors != nil && changed
		if alone && time.Now().After(joinAt) {
			if err := e.join(ctx, s.known); err == nil {
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

// catchUp looks once, and reports whether there was anything to learn. After an error it looks at the same again.
func (e *ear) catchUp(ctx context.Context, s *school) (bool, error) {
	<-e.ready
	changed := false
	next, err := s.articles.Changes(ctx, s.cursors[0], func(uint64, string, uint64, kb.Article, bool) error {
		changed = true
		return nil
	})
	if err != nil {
		return false, err
	}
	heard, more, err := s.taught.Changed(ctx, s.cursors[1])
	if err != nil {
		return false, err
	}
	found := s.known
	if changed || more {
		if found, err = s.read(ctx); err != nil {
			return false, err
		}
	}
	changed = found.sum != e.knows
	if changed {
		if err := e.learn(found); err != nil {
			return false, err
		}
	}
	s.cursors, s.known = [2]uint64{next, heard}, found
	return changed, nil
}

// learn learns the lessons. What editors taught changes what the routines are sure of, and so whose the articles' questions are.
func (e *ear) learn(l lessons) error {
	if l.sum[1] != e.knows[1] {
		e.plain, e.mine = false, nil
	}
	examples, opt, err := e.lessons(l)
	if err != nil {
		return err
	}
	m, err := nlu.Train(examples, opt)
	if err != nil {
		return err
	}
	e.plain, e.knows = len(l.questions) == 0, l.sum
	e.hear(m)
	e.person.Store(asksOf(l.examples))
	e.keep()
	return nil
}

// lessons are the built-in sentences, those of the editors and the articles' questions. An editor's word counts: the same sentence is
// learned for nothing else. A question that a routine surely answers stays the routine's: an article about returns must not keep
// customers from returning.
func (e *ear) lessons(l lessons) ([]nlu.Example, nlu.Options, error) {
	examples, opt := builtin()
	said := make(map[string]bool, len(l.examples))
	for _, t := range l.examples {
		said[bare(t.Text)] = true
	}
	other := func(x nlu.Example) bool { return said[bare(x.Text)] }
	if len(said) > 0 {
		examples, opt.Background = slices.DeleteFunc(examples, other), slices.DeleteFunc(opt.Background, other)
	}
	examples = append(examples, l.examples...)
	if err := e.judge(l.questions, examples, opt); err != nil {
		return nil, opt, err
	}
	for _, q := range l.questions {
		if e.mine[key(q)] && !other(q) {
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

// bare is a sentence without its case, its signs and its spaces.
func bare(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// asksOf are the sentences that ask for a person according to the editors.
func asksOf(examples []nlu.Example) *map[string]bool {
	out := map[string]bool{}
	for _, t := range examples {
		if t.Intent == nlu.PersonIntent {
			out[bare(t.Text)] = true
		}
	}
	return &out
}

// asksForPerson reports whether a message asks for a person: the built-in judge says so, or an editor said it of this very sentence.
// Nothing that is taught takes a person out of reach.
func (e *ear) asksForPerson(text string) bool {
	if nlu.AsksForPerson(text) {
		return true
	}
	said := e.person.Load()
	return said != nil && len(*said) > 0 && (*said)[bare(text)]
}

// join gives the newest model sentence vectors.
func (e *ear) join(ctx context.Context, l lessons) error {
	examples, opt, err := e.lessons(l)
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

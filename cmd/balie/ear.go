package main

import (
	"context"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"balie/bot/nlu"
	"balie/kb"
)

// ear is the model the bot listens with: the one learned at the start, and after every publish a newer one, which also knows how
// the articles' writers say that customers ask. It is swapped whole, so a turn hears with one or with the other.
type ear struct {
	first func() *nlu.Model
	newer atomic.Pointer[nlu.Model]
}

// model is the newest there is; before any, it waits for the first.
func (e *ear) model() *nlu.Model {
	if m := e.newer.Load(); m != nil {
		return m
	}
	return e.first()
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
)

// follow learns anew whenever the questions of the public articles have changed, until ctx ends. Trouble is logged and tried again;
// the bot goes on with what it has.
func (e *ear) follow(ctx context.Context, store articles, log *slog.Logger) {
	tick := time.NewTicker(listenEvery)
	defer tick.Stop()
	var cursor, known uint64
	for {
		next, sum, err := e.catchUp(ctx, store, cursor, known)
		if err != nil && ctx.Err() == nil {
			log.Warn("the ear cannot follow the articles", "err", err)
		} else if err == nil {
			cursor, known = next, sum
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
	m, err := e.learn(questions)
	if err != nil {
		return cursor, known, err
	}
	e.newer.Store(m)
	debug.FreeOSMemory() // as after the first
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

// learn trains on the built-in sentences and the articles' questions. A question that a routine surely answers stays the routine's:
// an article about returns must not keep customers from returning.
func (e *ear) learn(questions []nlu.Example) (*nlu.Model, error) {
	first := e.first()
	examples, opt := builtin()
	for _, q := range questions {
		if u := first.Understand(q.Text, nlu.Hints{Lang: q.Lang}); u.Band != nlu.Sure || u.Intent == "ask" {
			examples = append(examples, q)
		}
	}
	return nlu.Train(examples, opt)
}

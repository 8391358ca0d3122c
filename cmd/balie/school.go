package main

import (
	"context"
	"hash"
	"hash/fnv"

	"balie/bot/nlu"
	"balie/kb"
)

// articles is what the ear reads of the library's store.
type articles interface {
	Changes(ctx context.Context, after uint64, each func(cursor uint64, id string, rev uint64, a kb.Article, deleted bool) error) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, a kb.Article) error) error
}

// taught is what editors gave the ear as examples.
type taught interface {
	Changed(ctx context.Context, after uint64) (cursor uint64, changed bool, err error)
	Examples(ctx context.Context) ([]kb.Taught, error)
}

// school is where the ear learns what is not built in, and how far it has followed.
type school struct {
	articles articles
	taught   taught
	cursors  [2]uint64 // in the changes of both
	known    lessons   // what was read there last; none before anything was
}

// schoolOf is where an ear learns what an open data folder's articles and editors say.
func schoolOf(d *data) *school {
	return &school{articles: d.articles, taught: &kb.Lessons{Store: d.taught}}
}

// maxQuestions is how many sentences are learned at most, of the articles and of the editors each.
const maxQuestions = 5000

// lessons are what the house itself taught: what customers ask according to its public articles, and the examples of its editors.
type lessons struct {
	questions, examples []nlu.Example
	sum                 [2]uint64 // changes with each
}

// read reads the lessons as they are now.
func (s *school) read(ctx context.Context) (out lessons, err error) {
	sums := [2]hash.Hash64{fnv.New64a(), fnv.New64a()}
	add := func(i int, to []nlu.Example, e nlu.Example) []nlu.Example {
		if len(to) >= maxQuestions {
			return to
		}
		_, _ = sums[i].Write([]byte(e.Lang + "\x00" + e.Intent + "\x00" + e.Text + "\x00")) // a hash takes everything
		out.sum[i] = sums[i].Sum64()
		return append(to, e)
	}
	err = s.articles.List(ctx, "", "", func(id string, _ uint64, a kb.Article) error {
		text, ok := a.Public()
		if !ok || text.Internal {
			return nil
		}
		for _, q := range text.Questions {
			out.questions = add(0, out.questions, nlu.Example{Text: q, Intent: "ask", Lang: a.Lang, Own: true})
		}
		return nil
	})
	if err != nil {
		return lessons{}, err
	}
	all, err := s.taught.Examples(ctx)
	for _, t := range all {
		out.examples = add(1, out.examples, nlu.Example{Text: t.Text, Intent: t.Intent, Lang: t.Lang, Own: true})
	}
	return out, err
}

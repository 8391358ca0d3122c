package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"balie/bot/nlu"
	"balie/cmd/balie/demo"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// understandCmd shows what the ear makes of texts.
type understandCmd struct {
	Text []string `arg:"" optional:"" help:"What a customer says; each argument is a text, so put quotes around a sentence. Without any, every line of standard input is one."`
	Lang string   `help:"The language of the page; the text itself is heard first." default:"nl" enum:"nl,en"`
}

// Help is the long help.
func (understandCmd) Help() string {
	return "One line a text: language, how sure, intent, facts, and the articles that fit. Articles come from the data folder; where there is none, from the demo shop." +
		example("balie understand 'Waar blijft mijn pakket?'", "balie understand --json < messages.txt")
}

// heard is what the ear makes of one text, under the names of the public surface.
type heard struct {
	Text     string         `json:"text"`
	Lang     string         `json:"lang"`
	Band     string         `json:"band"`
	Intent   string         `json:"intent"`
	Top      []scored       `json:"top"`
	Slots    map[string]any `json:"slots"`
	Articles []found        `json:"articles"`
}

type scored struct {
	Intent string  `json:"intent"`
	Score  float64 `json:"score"`
}

type found struct {
	ID    string  `json:"id"`
	Score float64 `json:"score"`
}

// maxLine bounds a line of standard input.
const maxLine = 1 << 20

func (c *understandCmd) run(ctx context.Context, e *env) error {
	ear, err := nlu.Train(builtin())
	if err != nil {
		return fmt.Errorf("train the ear: %w", err)
	}
	find, done, err := e.finder(ctx)
	if err != nil {
		return err
	}
	defer done()
	hear := func(text string) error {
		h := hear(ear, text, c.Lang)
		if h.Articles, err = find(ctx, text, h.Lang); err != nil {
			return err
		}
		return e.printHeard(h)
	}
	for _, text := range c.Text {
		if err := hear(text); err != nil {
			return err
		}
	}
	if len(c.Text) > 0 {
		return nil
	}
	lines := bufio.NewScanner(e.in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() && ctx.Err() == nil {
		if err := hear(lines.Text()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	return ctx.Err()
}

func hear(ear *nlu.Model, text, lang string) heard {
	u := ear.Understand(text, nlu.Hints{Lang: lang, Now: time.Now()})
	h := heard{Text: text, Lang: u.Lang, Band: string(u.Band), Intent: u.Intent, Top: []scored{}, Slots: u.Slots.Map(), Articles: []found{}}
	for _, t := range u.Top {
		h.Top = append(h.Top, scored{t.Intent, t.Score})
	}
	return h
}

// printHeard writes one text's line, so that it can be read while the next is still being thought about.
func (e *env) printHeard(h heard) error {
	line := fmt.Sprintf("%s  %s %s  %v  %v\n", h.Lang, h.Band, h.Intent, h.Slots, h.Articles)
	if e.json {
		b, err := json.Marshal(h)
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		line = string(b) + "\n"
	}
	_, err := fmt.Fprint(e.out, line)
	return err
}

// finder returns what looks articles up: in the data folder, through the server that holds it or directly; where there is no data,
// in the demo's own articles.
func (e *env) finder(ctx context.Context) (find func(context.Context, string, string) ([]found, error), done func(), err error) {
	if hasData(e.cfg) == nil {
		if client, err := dialControl(e.cfg.Data); err == nil {
			client.CloseIdleConnections()
			return func(ctx context.Context, text, lang string) ([]found, error) {
				res, err := ask[kb.Result](ctx, e, "kb.search", kb.Query{Text: text, Lang: lang, Limit: 3}, false)
				return articlesOf(res), err
			}, func() {}, nil
		}
		d, err := openData(e.cfg, e.log, nil)
		if err != nil {
			return nil, nil, err
		}
		return searching(d.library), func() { d.close() }, d.library.Sync(ctx)
	}
	return demoFinder(ctx)
}

func searching(l *kb.Library) func(context.Context, string, string) ([]found, error) {
	return func(ctx context.Context, text, lang string) ([]found, error) {
		res, err := l.Search(ctx, kb.Query{Text: text, Lang: lang, Limit: 3})
		return articlesOf(res), err
	}
}

func articlesOf(res kb.Result) []found {
	out := []found{}
	for _, h := range res.Hits {
		out = append(out, found{h.Article, h.Score})
	}
	return out
}

// demoFinder searches the demo's articles, in a folder of the moment.
func demoFinder(ctx context.Context) (find func(context.Context, string, string) ([]found, error), done func(), err error) {
	dir, err := os.MkdirTemp("", "balie-understand-")
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder for the demo's articles: %w", err)
	}
	cleanup := []func(){func() { os.RemoveAll(dir) }}
	done = func() {
		for i := len(cleanup) - 1; i >= 0; i-- {
			cleanup[i]()
		}
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	engine, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		return nil, nil, err
	}
	cleanup = append(cleanup, func() { engine.Close() })
	lib, err := kb.Open(dir+"/index", document.In(engine, "articles", document.Options[kb.Article]{History: true}), kb.Options{})
	if err != nil {
		return nil, nil, err
	}
	cleanup = append(cleanup, func() { lib.Close() })
	articles, err := fs.Sub(demo.Library, "library")
	if err == nil {
		_, err = lib.ImportFS(ctx, articles, kb.ImportOptions{})
	}
	return searching(lib), done, errors.Join(err, lib.Sync(ctx))
}

package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"balie/cmd/balie/bench"
	"balie/internal/chat"
	"balie/internal/config"
	"balie/internal/relay"
	"balie/kb"
)

// benchCmd measures this program on this machine.
type benchCmd struct {
	Only        []string `help:"Measure only these: store, memory, relay, answer, start, postgres." placeholder:"NAME"`
	Connections int      `help:"How many idle chats to open." default:"10000" placeholder:"N"`
	Quick       bool     `help:"Once instead of three times, and less of it: to see that it works."`
	Floor       string   `hidden:"" help:"Be the floor program of that name."`
}

// Help is the long help.
func (benchCmd) Help() string {
	return "Measures what a customer and an operator would notice, beside floors taken in the same run: the least a program could do for the same job. Each figure is the median of three. " +
		"It starts servers of its own on folders of its own (under BALIE_BENCH_DIR, if that is set) and needs as many open files as there are chats. The exit code is 1 if a goal is not met." +
		example("balie bench", "balie bench --only store,answer --json", "balie bench --quick --connections 500", "balie bench --only postgres --postgres postgres://localhost/test")
}

func (c benchCmd) run(ctx context.Context, e *env) error {
	if c.Floor != "" {
		return bench.Floor(c.Floor, e.out)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	figs, err := bench.Run(ctx, bench.Options{Only: c.Only, Connections: c.Connections, Quick: c.Quick, Self: self, Postgres: string(e.cfg.Postgres),
		Seed:     func(dir string, articles, messages int) error { return seedBench(ctx, e, dir, articles, messages) },
		Progress: func(format string, args ...any) { fmt.Fprintf(e.err, format+"\n", args...) }})
	var b strings.Builder
	bench.Print(&b, figs)
	if printErr := e.print(figs, b.String()); printErr != nil {
		return printErr
	}
	if err != nil {
		return err
	}
	for _, f := range figs {
		if f.Goal != "" && !f.OK {
			return errTold
		}
	}
	return nil
}

// seedBench fills a data folder: the demo's articles and copies of them under other names and with other words, up to so many, and
// so many messages in conversations of five.
func seedBench(ctx context.Context, e *env, dir string, articles, messages int) error {
	cfg, err := config.Load(map[string]string{"data": dir, "demo": "on", "demo_password": "bench-password"}, os.Environ(), "")
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	d, err := openData(cfg, log, nil)
	if err != nil {
		return err
	}
	if _, err := seedDemo(ctx, d, cfg, log); err != nil {
		return fmt.Errorf("seed the demo: %w", joinClose(err, d))
	}
	if err := copies(ctx, d, articles); err != nil {
		return joinClose(err, d)
	}
	if err := d.library.Sync(ctx); err != nil {
		return joinClose(err, d)
	}
	if err := speak(ctx, d.engine, messages); err != nil {
		return joinClose(err, d)
	}
	return d.close()
}

func joinClose(err error, d *data) error {
	d.close()
	return err
}

// copies adds articles until there are n: each a Dutch article of the demo about another, invented product.
func copies(ctx context.Context, d *data, n int) error {
	var sources []kb.Article
	have := 0
	for _, lang := range []string{"nl", "en"} {
		err := d.library.Articles(ctx, lang, func(a kb.Article) error {
			have++
			if lang == "nl" {
				sources = append(sources, a)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	files := map[string][]byte{}
	for i := 0; have+i < n && len(sources) > 0; i++ {
		a := sources[i%len(sources)]
		c, _ := a.Public()
		name := fmt.Sprintf("%s%s%s", syllables[i%17], syllables[(i/17)%17], syllables[(i/289)%17])
		files[fmt.Sprintf("%s-%04d.md", a.ID, i)] = fmt.Appendf(nil, "---\nid: %s-%04d\nlang: nl\ntitle: %q\n---\n%s\n\n## %s\n\nDit geldt voor de productlijn %s, nummer %d.\n", a.ID, i, c.Title+" ("+name+")", c.Body, name, name, i)
	}
	if len(files) == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "balie-seed-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, b := range files {
		if err := os.WriteFile(dir+"/"+name, b, 0o600); err != nil {
			return err
		}
	}
	rep, err := d.library.ImportFS(ctx, os.DirFS(dir), kb.ImportOptions{By: "bench"})
	if err == nil && len(rep.Errors) > 0 {
		err = fmt.Errorf("import %s: %s", rep.Errors[0].File, rep.Errors[0].Reason)
	}
	return err
}

var syllables = [...]string{"bal", "dor", "fen", "gis", "hul", "jam", "kor", "lem", "mip", "nol", "pra", "que", "rus", "sto", "tev", "wum", "zik"}

// speak writes messages in conversations of five, as an evening's chats would.
func speak(ctx context.Context, engine engine, messages int) error {
	r := relay.New(engine, engine, slog.New(slog.DiscardHandler))
	slots := make(chan struct{}, 256)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for range messages / 5 {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			drafts := []chat.Draft{{By: chat.Customer, Body: &chat.Opened{Site: "demo", Lang: "nl"}}}
			for i := range 5 {
				drafts = append(drafts, chat.Draft{By: []chat.Party{chat.Customer, chat.Bot}[i%2], Key: chat.Key(fmt.Sprint("c:", i)),
					Body: &chat.Message{Text: "Een bericht zoals klanten en de chatbot die sturen, van gewone lengte."}})
			}
			drafts = append(drafts, chat.Draft{By: chat.Customer, Body: &chat.Closed{Code: "customer"}})
			if _, err := r.Append(ctx, chat.NewConversationID(time.Now()), 0, drafts...); err != nil {
				mu.Lock()
				first = err
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return first
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"balie/bot"
	"balie/bot/flow"
	"balie/bot/review"
	"balie/internal/chat"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// replayCmd asks the bot what customers asked before.
type replayCmd struct {
	Since string `help:"How far back: days (7d) or hours (36h)." default:"7d" placeholder:"TIME"`
	KB    string `name:"kb" help:"Articles to answer from, instead of those that customers read now: a folder, .zip or .csv." placeholder:"DIR"`
	All   bool   `help:"Also show the turns that stay as they are."`
}

// Help is the long help.
func (replayCmd) Help() string {
	return "Goes through past conversations and asks the bot each question again. Without --kb it compares what the bot would say now with what it said then; with --kb, what it says from those articles with what it says from the present ones. " +
		"Turns inside a routine are left out: articles have no part in them. Personal data is taken out. Exit code 1 when a question loses its answer." +
		example("balie replay", "balie replay --since 30d --kb new-help/ --json")
}

// reviewed is what a replay found.
type reviewed struct {
	Conversations int           `json:"conversations"`
	Turns         int           `json:"turns"`
	Same          int           `json:"same"`
	Lost          int           `json:"lost"` // there was an answer, and there would be none
	Differ        []review.Turn `json:"differ"`
}

// replayQuestion is the job's request.
type replayQuestion struct {
	Since time.Time
	KB    string
	All   bool
}

func (c *replayCmd) run(ctx context.Context, e *env) error {
	back, err := longAgo(c.Since)
	if err != nil {
		return err
	}
	q := replayQuestion{Since: time.Now().Add(-back), All: c.All}
	if c.KB != "" {
		if q.KB, err = filepath.Abs(c.KB); err != nil {
			return fmt.Errorf("find %s: %w", c.KB, err)
		}
		if _, err := os.Stat(q.KB); err != nil {
			return misuse("there is no folder or file %s", c.KB)
		}
	}
	out, err := ask[reviewed](ctx, e, "replay", q, false)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	if err := e.print(out, replayText(out)); err != nil {
		return err
	}
	if out.Lost > 0 {
		return errTold
	}
	return nil
}

// longAgo reads a length of time with days in it.
func longAgo(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 && n <= 3650 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, misuse("--since is a length of time, such as 7d or 36h")
}

func replayText(out reviewed) string {
	var b strings.Builder
	for _, t := range out.Differ {
		fmt.Fprintf(&b, "%s:%d  %s\n    before  %s\n    after   %s\n", t.Conv, t.Seq, shorten(t.Text, 100), saidText(t.Before), saidText(t.After))
	}
	fmt.Fprintf(&b, "%d conversations, %d questions: %d answered as before, %d otherwise, %d lose their answer\n",
		out.Conversations, out.Turns, out.Same, out.Turns-out.Same, out.Lost)
	return b.String()
}

func saidText(s kb.Said) string {
	switch s.Act {
	case kb.SaidAnswer:
		return s.Article + ": " + shorten(s.Text, 100)
	case kb.SaidChoose:
		return "asks back: " + strings.Join(s.Options, ", ")
	case kb.SaidFlow:
		return "routine " + s.Flow
	case kb.SaidPerson:
		return "a person"
	case kb.SaidTalk:
		return "small talk"
	}
	return "does not know"
}

func replayConversations(ctx context.Context, d *data, q replayQuestion, p progress) (out reviewed, err error) {
	out.Differ = []review.Turn{}
	ear := newEar(filepath.Join(d.dir, "ear"), nil, slog.Default())
	if _, err := ear.catchUp(ctx, schoolOf(d)); err != nil {
		return out, fmt.Errorf("train the ear: %w", err)
	}
	make := voiceOf(ear, flow.NewSet(flow.Builtin()...), nowhere{}, nowhere{}, time.UTC, "NL")
	if err := d.library.Sync(ctx); err != nil {
		return out, err
	}
	var before *bot.Bot
	after := make(d.library)
	if q.KB != "" {
		other, close, err := libraryOf(ctx, q.KB, p)
		if err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, close()) }()
		before, after = after, make(other)
	}
	past := &review.History{Log: d.engine, Lists: d.engine, Now: time.Now}
	err = past.Each(ctx, q.Since, func(events []chat.Event) error {
		out.Conversations++
		p(out.Conversations, 0)
		turns, err := review.Replay(ctx, events, before, after)
		for _, t := range turns {
			out.note(t, q)
		}
		return err
	})
	return out, err
}

func (r *reviewed) note(t review.Turn, q replayQuestion) {
	if t.At.Before(q.Since) {
		return
	}
	r.Turns++
	differs := t.Differs()
	if !differs {
		r.Same++
	}
	if t.Before.Act != kb.SaidRefuse && t.After.Act == kb.SaidRefuse {
		r.Lost++
	}
	if differs || q.All {
		r.Differ = append(r.Differ, t)
	}
}

// libraryOf makes a library of files, in a folder of its own that close removes. A file that cannot be read ends it: an answer from half of
// the articles proves nothing.
func libraryOf(ctx context.Context, from string, p progress) (_ *kb.Library, close func() error, err error) {
	dir, err := os.MkdirTemp("", "balie-replay-")
	if err != nil {
		return nil, nil, fmt.Errorf("make folder: %w", err)
	}
	engine, err := bolt.Open(dir, bolt.Options{NoSync: true})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	articles := document.In(engine, "articles", document.Options[kb.Article]{History: true})
	lib, err := kb.Open(filepath.Join(dir, "index"), articles, kb.Options{})
	if err != nil {
		return nil, nil, errors.Join(err, engine.Close(), os.RemoveAll(dir))
	}
	close = func() error { return errors.Join(lib.Close(), engine.Close(), os.RemoveAll(dir)) }
	rep, err := lib.Import(ctx, from, kb.ImportOptions{By: "balie replay", Progress: p})
	if err == nil && len(rep.Errors) > 0 {
		err = misuse("%s: %s", rep.Errors[0].File, rep.Errors[0].Reason)
	}
	if err == nil {
		err = lib.Sync(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, close())
	}
	return lib, close, nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"balie/bot/bottest"
	"balie/bot/flow"
)

// flowCheckCmd looks for mistakes in flows.
type flowCheckCmd struct {
	Dir string `arg:"" optional:"" help:"A folder with flows. Without it, those that Balie comes with."`
}

// Help is the long help.
func (flowCheckCmd) Help() string {
	return "Reads every .yaml file and tells each mistake with its line and what to do: unknown slots and steps, missing translations, loops without a way out, acts without a confirmation." +
		example("balie flow check", "balie flow check flows/ --json")
}

// checked is what flow check found.
type checked struct {
	Flows    []string `json:"flows"`
	Problems []string `json:"problems"`
}

func (c *flowCheckCmd) run(_ context.Context, e *env) error {
	flows, err := c.read()
	out := checked{Flows: []string{}, Problems: problems(err)}
	all := flow.NewSet(flows...)
	for _, f := range flows {
		out.Flows = append(out.Flows, f.Name)
		out.Problems = append(out.Problems, problems(flow.Check(f, all))...)
	}
	var b strings.Builder
	for _, p := range out.Problems {
		fmt.Fprintln(&b, p)
	}
	fmt.Fprintf(&b, "%d flows, %d mistakes\n", len(out.Flows), len(out.Problems))
	if err := e.print(out, b.String()); err != nil {
		return err
	}
	if len(out.Problems) > 0 {
		return errTold
	}
	return nil
}

// read reads the flows. Its error joins problems of single files; a folder without flows is wrong use.
func (c *flowCheckCmd) read() ([]*flow.Flow, error) {
	if c.Dir == "" {
		return flow.Builtin(), nil
	}
	if found, err := filepath.Glob(filepath.Join(c.Dir, "*.yaml")); err != nil || len(found) == 0 {
		return nil, misuse("there is no .yaml file in %s", c.Dir)
	}
	return flow.ParseFS(os.DirFS(c.Dir), ".")
}

// problems takes a joined error apart.
func problems(err error) []string {
	var many interface{ Unwrap() []error }
	switch {
	case err == nil:
		return []string{}
	case errors.As(err, &many):
		out := []string{}
		for _, one := range many.Unwrap() {
			out = append(out, problems(one)...)
		}
		return out
	}
	return []string{err.Error()}
}

// flowReplayCmd plays transcripts.
type flowReplayCmd struct {
	Files  []string `arg:"" help:"Transcripts, NAME.nl.txt or NAME.en.txt." placeholder:"FILE"`
	Flows  string   `help:"A folder with flows, instead of those that Balie comes with." placeholder:"DIR"`
	Update bool     `help:"Write the transcripts as they play now."`
}

// Help is the long help.
func (flowReplayCmd) Help() string {
	return "Plays what the customer says and does in each transcript on a fresh demo shop, and compares what the bot answers with what the transcript says. Differences are shown, and the exit code is 1." +
		example("balie flow replay flows/return.nl.txt", "balie flow replay --flows flows/ --update flows/*.txt")
}

// replayed is how one transcript played.
type replayed struct {
	File    string `json:"file"`
	Same    bool   `json:"same"`
	Problem string `json:"problem,omitempty"` // why it could not be played to its end
	Line    int    `json:"line,omitempty"`    // the first that differs
	Want    string `json:"want,omitempty"`
	Got     string `json:"got,omitempty"`
}

func (c *flowReplayCmd) run(ctx context.Context, e *env) error {
	opt := bottest.Options{}
	if c.Flows != "" {
		flows, err := (&flowCheckCmd{Dir: c.Flows}).read()
		if err != nil {
			return err
		}
		opt.Flows = flow.NewSet(flows...)
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // transcripts make trouble on purpose
	var out []replayed
	err := onStage(ctx, func(t bottest.TB) error {
		bar := e.progress("replay")
		defer bar.done()
		house := bottest.Open(t, opt)
		for i, file := range c.Files {
			bar.show(i, len(c.Files))
			r, err := replay(t, house, file, c.Update)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.tell(e, out)
}

func (c *flowReplayCmd) tell(e *env, out []replayed) error {
	var b strings.Builder
	same := 0
	for _, r := range out {
		switch {
		case r.Same:
			same++
		case r.Problem != "":
			fmt.Fprintf(&b, "%s: %s\n", r.File, r.Problem)
		default:
			fmt.Fprintf(&b, "%s:%d\n  is   %s\n  now  %s\n", r.File, r.Line, r.Want, r.Got)
		}
	}
	fmt.Fprintf(&b, "%d of %d transcripts play as they are written\n", same, len(out))
	if err := e.print(out, b.String()); err != nil {
		return err
	}
	if same < len(out) && !c.Update {
		return errTold
	}
	return nil
}

// replay plays one file; each part of it that begins with a line of dashes on a fresh house.
func replay(t bottest.TB, house *bottest.House, file string, update bool) (replayed, error) {
	script, err := os.ReadFile(file)
	if err != nil {
		return replayed{}, misuse("there is no transcript %s", file)
	}
	lang := strings.TrimPrefix(filepath.Ext(strings.TrimSuffix(file, ".txt")), ".")
	if lang != "nl" && lang != "en" {
		return replayed{}, misuse("%s does not say its language: name it NAME.nl.txt or NAME.en.txt", file)
	}
	var got bytes.Buffer
	for _, part := range scenes(script) {
		played, err := flow.Replay(part, house.Again(t).Begin(lang))
		if err != nil {
			return replayed{File: file, Problem: err.Error()}, nil
		}
		got.Write(played)
	}
	r := replayed{File: file, Same: bytes.Equal(got.Bytes(), script)}
	if r.Same {
		return r, nil
	}
	r.Line, r.Want, r.Got = firstDifference(string(script), got.String())
	if update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			return r, fmt.Errorf("write transcript: %w", err)
		}
	}
	return r, nil
}

// scenes cuts a file at its "# ---" lines; each part keeps its own.
func scenes(script []byte) (parts [][]byte) {
	var part []byte
	for line := range bytes.Lines(script) {
		if bytes.HasPrefix(line, []byte("# ---")) && len(part) > 0 {
			parts, part = append(parts, part), nil
		}
		part = append(part, line...)
	}
	return append(parts, part)
}

// firstDifference finds the first line that is not the same.
func firstDifference(want, got string) (line int, a, b string) {
	is, now := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(is), len(now)) {
		a, b := "(end)", "(end)"
		if i < len(is) {
			a = is[i]
		}
		if i < len(now) {
			b = now[i]
		}
		if a != b {
			return i + 1, a, b
		}
	}
	return 0, "", ""
}

// stage is what bottest asks of whoever opens a house. What goes wrong ends the command, as it would end a test.
type stage struct {
	ctx     context.Context
	cleanup []func()
}

// gaveUp carries a fatal mistake out of the house.
type gaveUp struct{ error }

// onStage runs f with a stage, and cleans up after it.
func onStage(ctx context.Context, f func(bottest.TB) error) (err error) {
	s := &stage{ctx: ctx}
	defer func() {
		for i := len(s.cleanup) - 1; i >= 0; i-- {
			s.cleanup[i]()
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			g, ok := p.(gaveUp)
			if !ok {
				panic(p)
			}
			err = g.error
		}
	}()
	return f(s)
}

// Helper is for tests only.
func (*stage) Helper() {}

// Context is the command's.
func (s *stage) Context() context.Context { return s.ctx }

// TempDir makes a folder that goes away with the stage.
func (s *stage) TempDir() string {
	dir, err := os.MkdirTemp("", "balie-replay-")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Cleanup is done when the stage is taken down, the last first.
func (s *stage) Cleanup(f func()) { s.cleanup = append(s.cleanup, f) }

// Logf says nothing: a transcript shows what matters.
func (*stage) Logf(string, ...any) {}

// Fatal ends the command.
func (*stage) Fatal(args ...any) { panic(gaveUp{errors.New(fmt.Sprint(args...))}) }

// Fatalf ends the command.
func (*stage) Fatalf(format string, args ...any) { panic(gaveUp{fmt.Errorf(format, args...)}) }

// Command balie is the front door: the command line, the settings, and parts.go, the one list of everything pluggable.
//
// It holds no rule of the house. What it adds is how the rooms are joined, how they start and stop together, and the commands by which
// people run them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // opening hours need their time zone, also on a machine that has none
)

// The exit codes of every command.
const (
	exitDone     = 0
	exitFailed   = 1
	exitWrongUse = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	io := stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(run(ctx, os.Args[1:], os.Environ(), io))
}

// stdio is where a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// run carries out one command line and returns its exit code. Whatever goes wrong is told here, once.
func run(ctx context.Context, args, environ []string, io stdio) int {
	cmd, env, err := parse(args, environ, io)
	if err == nil && cmd != nil {
		slog.SetDefault(env.log) // for rooms that are given none
		err = cmd.run(ctx, env)
	}
	if err == nil {
		return exitDone
	}
	var use *wrongUse
	if errors.As(err, &use) {
		fmt.Fprintf(io.err, "balie: %s\n", use.text)
		return exitWrongUse
	}
	if !errors.Is(err, errTold) {
		fmt.Fprintf(io.err, "balie: %s\n", err)
	}
	return exitFailed
}

// errTold ends a command with exit code 1 when the output already says what is wrong.
var errTold = errors.New("told already")

// wrongUse is a mistake in how the command was called.
type wrongUse struct{ text string }

// Error is the text as it is shown.
func (w *wrongUse) Error() string { return w.text }

func misuse(format string, args ...any) error { return &wrongUse{fmt.Sprintf(format, args...)} }

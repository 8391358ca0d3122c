package main

import (
	"context"
	"errors"
	"fmt"

	"balie/internal/fault"
	"balie/internal/store/transfer"
)

// exportDataCmd writes everything into files.
type exportDataCmd struct {
	Dir string `arg:"" help:"Where to; an export that was broken off there goes on." placeholder:"DIR"`
}

// Help is the long help.
func (exportDataCmd) Help() string {
	return "Writes all that the store holds as JSON lines: conversations with their positions, keys and times, open tasks, documents with their history. It is of one moment only if nobody writes meanwhile, so stop the server first. " +
		"The files hold what customers wrote, and the house's secrets: keep them as you keep the data." +
		example("balie export /backup/balie", "balie export /backup/balie --postgres postgres://db.example/balie")
}

func (c *exportDataCmd) run(ctx context.Context, e *env) (err error) {
	if err := hasData(e.cfg); err != nil {
		return err
	}
	s, err := openTransfer(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	bar := e.progress("conversations")
	sum, err := transfer.Export(ctx, s, c.Dir, func(done int) { bar.show(done, 0) })
	bar.done()
	if err != nil {
		return fmt.Errorf("export to %s: %w", c.Dir, err)
	}
	return e.print(sum, c.Dir+": "+summary(sum))
}

// importDataCmd fills a store from an export.
type importDataCmd struct {
	Dir string `arg:"" help:"The export." placeholder:"DIR"`
}

// Help is the long help.
func (importDataCmd) Help() string {
	return "Puts an export into a store that is empty, or holds a part of it already because an import was broken off. Then it reads everything back and compares: the exit code is 0 only if the store holds exactly what the export holds. " +
		"This is how a house moves from its file to PostgreSQL and back; no server may run meanwhile. Customers' browsers notice that the log has a new life and read it again from the start." +
		example("balie import /backup/balie --postgres postgres://db.example/balie", "balie import /backup/balie --data /var/lib/balie")
}

func (c *importDataCmd) run(ctx context.Context, e *env) (err error) {
	s, err := openTransfer(e)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	bar := e.progress("conversations")
	sum, err := transfer.Import(ctx, s, c.Dir, bar.show)
	bar.done()
	if err != nil {
		return fmt.Errorf("import %s: %w", c.Dir, err)
	}
	return e.print(sum, "the store holds "+summary(sum))
}

func summary(s transfer.Summary) string {
	return fmt.Sprintf("%d conversations with %d events, %d open tasks, %d documents\n", s.Conversations, s.Events, s.Tasks, s.Documents)
}

// transferable is a store as a transfer needs it.
type transferable interface {
	engine
	transfer.Engine
}

// openTransfer opens the store alone: no library, nobody who works.
func openTransfer(e *env) (transferable, error) {
	s, err := openEngine(e.cfg, e.log, nil)
	if err != nil {
		return nil, err
	}
	if t, ok := s.(transferable); ok {
		return t, nil
	}
	return nil, errors.Join(fault.New(fault.Internal, "This store cannot be transferred."), s.Close())
}

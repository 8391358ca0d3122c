package web_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
)

// engine is what a house of these tests stands on.
type engine interface {
	relay.Store
	relay.Tasks
	relay.Lists
	document.Engine
	Ping(ctx context.Context) error
	Close() error
}

// openEngine opens the engine that dir stands for: the file in it, or the database whose address is noted in it.
func openEngine(t *testing.T, dir string, log *slog.Logger) engine {
	t.Helper()
	if !pgtest.Asked() {
		e, err := bolt.Open(dir, bolt.Options{Route: route})
		if err != nil {
			t.Fatalf("open engine: %v", err)
		}
		return e
	}
	e, err := postgres.Open(t.Context(), postgres.Options{URL: pgtest.At(t, dir), Route: route, Log: log})
	if err != nil {
		t.Fatalf("open engine: %v", err)
	}
	return e
}

// restore makes what dir stands for a copy of itself, as one that was put back from a backup. Nobody may have it open.
func restore(t *testing.T, dir string) {
	t.Helper()
	if !pgtest.Asked() {
		if err := bolt.NewLife(filepath.Join(dir, bolt.FileName)); err != nil {
			t.Fatal(err)
		}
		return
	}
	pgtest.Restore(t, dir)
}

// live makes an engine one node among others until stop is called, as a program does whose engine may have some.
func live(e engine, r *relay.Relay) (stop func()) {
	node, ok := e.(*postgres.Engine)
	if !ok {
		return func() {}
	}
	r.Join(node)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); node.Run(ctx, r) }()
	return func() { cancel(); <-done }
}

// TestAllOnPostgres runs all other tests of this package with houses that stand on PostgreSQL.
func TestAllOnPostgres(t *testing.T) { pgtest.Again(t, "") }

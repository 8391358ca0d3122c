package web_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// onPostgres makes every house stand on PostgreSQL instead of on a file.
var onPostgres = os.Getenv("BALIE_TEST_ENGINE") == "postgres"

// openEngine opens the engine that dir stands for: the file in it, or the database whose address is noted in it.
func openEngine(t *testing.T, dir string, log *slog.Logger) engine {
	t.Helper()
	if !onPostgres {
		e, err := bolt.Open(dir, bolt.Options{Route: route})
		if err != nil {
			t.Fatalf("open engine: %v", err)
		}
		return e
	}
	e, err := postgres.Open(t.Context(), postgres.Options{URL: database(t, dir), Route: route, Log: log})
	if err != nil {
		t.Fatalf("open engine: %v", err)
	}
	return e
}

// database is the address of the database that dir stands for, which is made at the first asking.
func database(t *testing.T, dir string) string {
	t.Helper()
	note := filepath.Join(dir, "address")
	if b, err := os.ReadFile(note); err == nil {
		return string(b)
	}
	address := pgtest.Database(t)
	write(t, note, address)
	return address
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// restore makes what dir stands for a copy of itself, as one that was put back from a backup. Nobody may have it open.
func restore(t *testing.T, dir string) {
	t.Helper()
	if !onPostgres {
		if err := bolt.NewLife(filepath.Join(dir, bolt.FileName)); err != nil {
			t.Fatal(err)
		}
		return
	}
	address, err := pgtest.Shared(t).Copy(database(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "address"), address)
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

// TestAllOnPostgres runs all other tests of this package again, in a process of its own, with houses that stand on PostgreSQL.
func TestAllOnPostgres(t *testing.T) {
	if onPostgres {
		t.Skip("this is it")
	}
	pgtest.Need(t)
	end, ok := t.Deadline()
	if !ok {
		end = time.Now().Add(20 * time.Minute)
	}
	ctx, cancel := context.WithDeadline(t.Context(), end.Add(-5*time.Second))
	defer cancel()
	again := exec.CommandContext(ctx, os.Args[0], "-test.v", "-test.count=1", "-test.run=^Test", "-test.skip=^TestAllOnPostgres$", "-test.timeout="+time.Until(end).String())
	again.Env = append(os.Environ(), "BALIE_TEST_ENGINE=postgres")
	out, err := again.CombinedOutput()
	passed := strings.Count(string(out), "\n--- PASS: ")
	if err != nil || passed == 0 {
		t.Fatalf("on PostgreSQL %d tests passed, but: %v\n%s", passed, err, troubles(string(out)))
	}
	t.Logf("%d tests passed on PostgreSQL", passed)
}

// troubles leaves out of a test's output what only says that all is well.
func troubles(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), ":"); word {
		case "--- PASS":
		default:
			if !strings.HasPrefix(line, "=== ") {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

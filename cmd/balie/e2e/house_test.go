// Package e2e drives the real program with real browsers: from the shop's page to the agent's desk and back.
package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/internal/browsertest"
	"balie/internal/store/postgres/pgtest"
)

// program is the built binary, made once by TestMain.
var program string

// built is the variable that names a program that is there already.
const built = "BALIE_TEST_PROGRAM"

// TestAllOnPostgres runs the tests of this package with programs that stand on PostgreSQL: all but those that do so by themselves, those of what a page
// looks like, and that of putting a file's copy back.
func TestAllOnPostgres(t *testing.T) {
	pgtest.Again(t, "^TestThreeNodes$|^TestMovingHouse$|^TestTwoNodesOneShop$|ScreensAreForEverybody$|^TestReceiptsOnPaper$|^TestPollsObeyAReset$")
}

// on is what tells a program which engine the data in dir is kept in, if it is not the file.
func on(t *testing.T, dir string) []string {
	t.Helper()
	if !pgtest.Asked() {
		return nil
	}
	return []string{"BALIE_POSTGRES=" + pgtest.At(t, dir)}
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "balie-e2e-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if program = os.Getenv(built); program != "" {
			return browsertest.Main(m)
		}
		program = filepath.Join(dir, "balie")
		os.Setenv(built, program) // for a process that runs these tests again
		build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "balie/cmd/balie")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "build balie:", err)
			return 1
		}
		return browsertest.Main(m)
	}())
}

const password = "e2e-password"

// house is a running program.
type house struct {
	t    *testing.T
	dir  string // of its data
	url  string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	log  bytes.Buffer
}

// start runs the program on a data folder until the test ends, and waits until it says that it is ready.
func start(t *testing.T, dir string, env ...string) *house {
	t.Helper()
	return startAt(t, "127.0.0.1:0", dir, env...)
}

// startAt is start at an address that is already known.
func startAt(t *testing.T, addr, dir string, env ...string) *house {
	t.Helper()
	h := &house{t: t, dir: dir, done: make(chan struct{})}
	h.lend()
	h.cmd = exec.Command(program, "serve", "--demo", "--addr", addr, "--data", dir)
	h.cmd.Env = slices.Concat(os.Environ(), []string{"BALIE_DEMO_PASSWORD=" + password}, on(t, dir), env)
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	h.cmd.Stderr = h.cmd.Stdout
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(h.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			h.mu.Lock()
			h.log.WriteString(lines.Text() + "\n")
			h.mu.Unlock()
			if _, at, ok := strings.Cut(lines.Text(), "Balie is ready on "); ok {
				ready <- strings.Fields(at)[0]
			}
		}
		h.cmd.Wait()
	}()
	t.Cleanup(h.stop)
	select {
	case h.url = <-ready:
	case <-h.done:
		t.Fatalf("the program ended:\n%s", h.output())
	case <-time.After(60 * time.Second):
		t.Fatalf("not ready in a minute:\n%s", h.output())
	}
	return h
}

func (h *house) output() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

// kill ends the program as a power cut would.
func (h *house) kill() {
	h.cmd.Process.Kill()
	<-h.done
}

func (h *house) stop() {
	h.cmd.Process.Signal(os.Interrupt)
	select {
	case <-h.done:
	case <-time.After(20 * time.Second):
		h.cmd.Process.Kill()
		<-h.done
	}
	h.giveBack()
	if h.t.Failed() {
		h.t.Logf("the program said:\n%s", h.output())
	}
}

// quiet looks that no page of these people complained.
func quiet(t *testing.T, tabs map[string]*browsertest.Tab) {
	t.Helper()
	for name, tab := range tabs {
		if c := tab.Console(); len(c) > 0 {
			t.Errorf("the %s's console: %q", name, c)
		}
	}
}

// ear is where the houses of all tests keep what one of them has learned: the first pays for it, and the others are no slower than the house
// of a customer that starts again. The program itself looks whether it fits.
func ear() string { return filepath.Join(filepath.Dir(program), "ear") }

func (h *house) lend() {
	raw, err := os.ReadFile(ear())
	if err != nil {
		return // nobody has learned anything yet
	}
	if err := errors.Join(os.MkdirAll(h.dir, 0o700), os.WriteFile(filepath.Join(h.dir, "ear"), raw, 0o600)); err != nil {
		h.t.Error(err)
	}
}

func (h *house) giveBack() {
	if _, err := os.Stat(ear()); err == nil {
		return
	}
	if raw, err := os.ReadFile(filepath.Join(h.dir, "ear")); err == nil {
		if err := errors.Join(os.WriteFile(h.dir+"-ear", raw, 0o600), os.Rename(h.dir+"-ear", ear())); err != nil {
			h.t.Error(err)
		}
	}
}

// get reads a JSON answer.
func (h *house) get(path string) map[string]any {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var v map[string]any
	if resp.StatusCode != http.StatusOK || json.Unmarshal(b, &v) != nil {
		h.t.Fatalf("%s: %s %s", path, resp.Status, b)
	}
	return v
}

package kb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/internal/store/bolt"
	"balie/internal/store/document"
	"balie/kb"
)

// childEnv makes this test binary the process that is killed: a folder, and what it does there.
const childEnv = "BALIE_TEST_KB_CHILD"

const killArticles = 150

// TestKilledWhilePublishingOrRebuilding kills a process of its own, without a word, while it publishes and while it builds its index anew.
// Whoever opens the folder next must find, within five seconds, what the rows say and nothing older.
func TestKilledWhilePublishingOrRebuilding(t *testing.T) {
	if at := os.Getenv(childEnv); at != "" {
		dir, work, _ := strings.Cut(at, "|")
		liveAndDie(t, dir, work)
		return
	}
	rounds := 2
	if os.Getenv("BALIE_SOAK") != "" {
		rounds = 15
	}
	for _, work := range []string{"publish", "rebuild"} {
		t.Run(work, func(t *testing.T) {
			dir := t.TempDir()
			for round := range rounds {
				killAfter(t, dir, work, 170+round*61)
				agree(t, dir)
			}
		})
	}
}

// killAfter starts the child and kills it once it has said that many times that something is done.
func killAfter(t *testing.T, dir, work string, done int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestKilledWhilePublishingOrRebuilding$")
	child.Env = append(os.Environ(), childEnv+"="+dir+"|"+work)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(out); n < done && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "done ") {
			n++
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil || n < done {
		t.Fatalf("the child did %d of %d and ended with %v before it was killed", n, done, err)
	}
}

// liveAndDie publishes newer and newer texts until it is killed.
func liveAndDie(t *testing.T, dir, work string) {
	h, end := openHouse(t, dir)
	defer end()
	go h.lib.Run(t.Context())
	if work == "rebuild" {
		go func() {
			for t.Context().Err() == nil {
				if err := h.lib.Rebuild(t.Context()); err != nil {
					fmt.Println("rebuild:", err)
				}
			}
		}()
	}
	for i := 0; i < 100_000; i++ {
		id := i % killArticles
		h.write(fmt.Sprintf("---\nid: a%d\nlang: nl\ntitle: Onderwerp%d\n---\nOver onderwerp%d staat hier tekst, versie x%dx.\n", id, id, id, time.Now().UnixNano()))
		h.lib.Poke()
		fmt.Println("done", id)
	}
}

// openHouse opens a store and a library that outlive the test in dir.
func openHouse(t *testing.T, dir string) (h *house, end func()) {
	t.Helper()
	e, err := bolt.Open(filepath.Join(dir, "data"), bolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	h = &house{t: t, dir: filepath.Join(dir, "index"), store: document.In(e, "articles", document.Options[kb.Article]{History: true})}
	h.open()
	return h, func() {
		h.close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// agree opens the folder as the next process does and compares each row with what a customer is told.
func agree(t *testing.T, dir string) {
	t.Helper()
	begin := time.Now()
	h, end := openHouse(t, dir)
	defer end()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.lib.Run(ctx) })
	defer func() { stop(); running.Wait() }()
	rows := 0
	err := h.store.List(ctx, "", "", func(_ string, _ uint64, a kb.Article) error {
		rows++
		for {
			res, err := h.lib.Search(ctx, kb.Query{Text: a.Title, Lang: "nl", Limit: 1})
			if err == nil && len(res.Hits) > 0 && res.Hits[0].Article == a.ID && strings.TrimSpace(a.Body) == res.Hits[0].Text {
				return nil
			}
			if time.Since(begin) > 5*time.Second {
				return fmt.Errorf("%s says %q, and a customer is told %+v (%v)", a.ID, a.Body, res.Hits, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	if err != nil || rows == 0 {
		t.Errorf("after %v, %d rows: %v", time.Since(begin), rows, err)
	}
	t.Logf("%d rows and the index agree %v after the start", rows, time.Since(begin).Round(time.Millisecond))
}

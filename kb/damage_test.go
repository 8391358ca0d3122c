package kb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"balie/kb"
)

// TestDamage breaks the index in the ways a disk does and opens the library again: it must come up answering.
func TestDamage(t *testing.T) {
	segments := func(t *testing.T, h *house) []string {
		files, err := filepath.Glob(filepath.Join(h.dir, "v*", "*.zap"))
		if err != nil || len(files) == 0 {
			t.Fatalf("segments: %v, %v", files, err)
		}
		return files
	}
	root := func(t *testing.T, h *house) string {
		files, err := filepath.Glob(filepath.Join(h.dir, "v*", "root.bolt"))
		if err != nil || len(files) != 1 {
			t.Fatalf("roots: %v, %v", files, err)
		}
		return files[0]
	}
	for name, damage := range map[string]func(t *testing.T, h *house){
		"truncated root": func(t *testing.T, h *house) { truncate(t, root(t, h), 2) },
		"empty root":     func(t *testing.T, h *house) { truncate(t, root(t, h), 1<<30) },
		"garbage root":   func(t *testing.T, h *house) { flip(t, root(t, h), 7) },
		"missing root":   func(t *testing.T, h *house) { remove(t, root(t, h)) },
		"missing segments": func(t *testing.T, h *house) {
			for _, f := range segments(t, h) {
				remove(t, f)
			}
		},
		"truncated segment":      func(t *testing.T, h *house) { truncate(t, segments(t, h)[0], 2) },
		"flipped bytes":          func(t *testing.T, h *house) { flip(t, segments(t, h)[0], 101) },
		"another version":        func(t *testing.T, h *house) { write(t, filepath.Join(h.dir, "current"), "v0-1\n") },
		"a name that points out": func(t *testing.T, h *house) { write(t, filepath.Join(h.dir, "current"), "v2-/../../x\n") },
		"no current":             func(t *testing.T, h *house) { remove(t, filepath.Join(h.dir, "current")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := shop(t)
			h.close()
			damage(t, h)
			h.open()
			h.sync()
			h.first("nl", "bestelling terugsturen", "retour")
			h.first("en", "gift card", "giftcard")
			left, err := filepath.Glob(filepath.Join(h.dir, "v*"))
			if err != nil || len(left) != 1 {
				t.Errorf("folders left: %v, %v", left, err)
			}
		})
	}
}

// TestDamageUnderService breaks the files of an open index: searches must not fail, and the check must build a new one.
func TestDamageUnderService(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, file string){
		"missing segment": remove,
		"flipped bytes":   func(t *testing.T, f string) { flip(t, f, 40) },
	} {
		t.Run(name, func(t *testing.T) {
			h := shop(t)
			before := current(t, h.dir)
			files, err := filepath.Glob(filepath.Join(h.dir, before, "*.zap"))
			if err != nil || len(files) == 0 {
				t.Fatalf("segments: %v, %v", files, err)
			}
			for _, f := range files {
				damage(t, f)
			}
			h.lib.Check()
			h.sync()
			h.first("nl", "bestelling terugsturen", "retour")
			if current(t, h.dir) == before {
				t.Error("the damaged index is still in use")
			}
		})
	}
}

func TestReopenDoesNotRebuild(t *testing.T) {
	h := shop(t)
	before := current(t, h.dir)
	h.close()
	h.open()
	if err := h.lib.Ready(); err != nil {
		t.Fatal(err)
	}
	h.first("nl", "bestelling terugsturen", "retour")
	h.sync()
	if after := current(t, h.dir); after != before {
		t.Errorf("index %s was replaced by %s", before, after)
	}
}

func current(t *testing.T, dir string) string {
	t.Helper()
	name, err := os.ReadFile(filepath.Join(dir, "current"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

func truncate(t *testing.T, file string, part int64) {
	t.Helper()
	info, err := os.Stat(file)
	if err == nil {
		err = os.Truncate(file, info.Size()/part)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// flip inverts every n-th byte of a file, through a copy as a restored backup would.
func flip(t *testing.T, file string, n int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(data); i += n {
		data[i] ^= 0xff
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(data, 0); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// many stores n small articles.
func (h *house) many(n int) {
	for i := range n {
		h.write(fmt.Sprintf("---\nid: a%d\nlang: nl\ntitle: Artikel %d\n---\nOver onderwerp%d en de levering ervan.\n", i, i, i))
	}
}

// TestRebuildUnderService rebuilds while questions come in: none may fail or miss the article.
func TestRebuildUnderService(t *testing.T) {
	h := shop(t)
	h.many(300)
	h.sync()
	stop, failed := make(chan struct{}), make(chan error, 1)
	asked := make(chan int, 1)
	go func() {
		n := 0
		defer func() { asked <- n; close(failed) }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			n++
			res, err := h.lib.Search(context.Background(), kb.Query{Text: "bestelling terugsturen", Lang: "nl"})
			if err == nil && (len(res.Hits) == 0 || res.Hits[0].Article != "retour") {
				err = fmt.Errorf("hits = %+v", res.Hits)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	for range 3 {
		before := current(t, h.dir)
		if err := h.lib.Rebuild(context.Background()); err != nil {
			t.Fatal(err)
		}
		if current(t, h.dir) == before {
			t.Error("nothing was rebuilt")
		}
	}
	close(stop)
	if err, ok := <-failed; ok {
		t.Fatal(err)
	}
	if n := <-asked; n == 0 {
		t.Error("nothing was asked meanwhile")
	}
}

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"
)

// needPackages skips a test where npm has not been run: make build and make test do so before.
func needPackages(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(uiFolder, "node_modules", "preact")); err != nil {
		t.Skip("web/ui/node_modules is absent: run make build first")
	}
}

func TestBuild(t *testing.T) {
	needPackages(t)
	ui, err := filepath.Abs(uiFolder)
	if err != nil {
		t.Fatal(err)
	}
	dist := t.TempDir()
	if err := os.WriteFile(filepath.Join(dist, "chat-OLD.js"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dist, ".keep"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := build(ui, dist); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dist, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for name := range entries {
		info, err := os.Stat(filepath.Join(dist, m[name].File))
		if err != nil || info.Size() != int64(m[name].Bytes) || info.Size() == 0 {
			t.Errorf("%s: manifest says %+v, file is %v, %v", name, m[name], info, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dist, "chat-OLD.js")); err == nil {
		t.Error("a bundle of an earlier build is still there")
	}
	if _, err := os.Stat(filepath.Join(dist, ".keep")); err != nil {
		t.Error("the file that keeps the folder is gone")
	}
}

// TestPages holds the pages to the content security policy: no script, style or address that it would refuse.
func TestPages(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(uiFolder, "*", "index.html"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("pages: %v, %v", pages, err)
	}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, refused := range []string{" style=", "<style", "data:", " onclick=", "<script>", "src=\"http", "href=\"http"} {
			if strings.Contains(string(data), refused) {
				t.Errorf("%s holds %q", page, refused)
			}
		}
	}
}

// TestLockFile keeps the addresses of anybody's own registry out of the repository.
func TestLockFile(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(uiFolder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Resolved  string `json:"resolved"`
			Integrity string `json:"integrity"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		if p.Resolved != "" && !strings.HasPrefix(p.Resolved, "https://registry.npmjs.org/") {
			t.Errorf("%s comes from %s", name, p.Resolved)
		}
		if name != "" && p.Integrity == "" {
			t.Errorf("%s has no checksum", name)
		}
	}
}

// TestScripts runs web/ui/tests under Node: the parts of the faces that need no browser.
func TestScripts(t *testing.T) {
	needPackages(t)
	ui, err := filepath.Abs(uiFolder)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "all.mjs")
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: ui,
		EntryPoints:   []string{"tests/all.ts"},
		Bundle:        true,
		Write:         true,
		Outfile:       out,
		Format:        api.FormatESModule,
		Platform:      api.PlatformNode,
		LogLevel:      api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		t.Fatal(result.Errors[0].Text)
	}
	if said, err := exec.CommandContext(t.Context(), "node", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}

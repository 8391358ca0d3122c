package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entries are the files a page may name. The key is the name in the manifest; the value is where it starts, under
// web/ui.
var entries = map[string]string{
	"widget.js":  "loader/widget.ts",
	"chat.js":    "chat/main.tsx",
	"chat.css":   "chat/chat.css",
	"desk.js":    "desk/main.tsx",
	"desk.css":   "desk/desk.css",
	"editor.js":  "editor/main.tsx",
	"editor.css": "editor/editor.css",
	"field.js":   "editor/field-entry.ts",
	"demo.js":    "demo/demo.ts",
	"demo.css":   "demo/demo.css",
	"page.css":   "page/page.css",
}

// pictures are copied as they are, under a fingerprinted name.
var pictures = map[string]string{
	"icon.svg":       "desk/icon.svg",
	"icon-badge.svg": "desk/icon-badge.svg",
}

// bundle makes every entry and returns the finished files by manifest name. Each entry is one file that needs no other,
// so a page is two requests and nothing arrives half.
func bundle(ui string) (map[string]file, error) {
	out := make(map[string]file, len(entries))
	for name, source := range entries {
		f, err := bundleOne(ui, name, source)
		if err != nil {
			return nil, err
		}
		out[name] = f
	}
	for name, source := range pictures {
		data, err := os.ReadFile(filepath.Join(ui, source))
		if err != nil {
			return nil, fmt.Errorf("read picture: %w", err)
		}
		ext := filepath.Ext(name)
		sum := sha256.Sum256(data)
		out[name] = file{Name: fmt.Sprintf("%s-%X%s", strings.TrimSuffix(name, ext), sum[:4], ext), Data: data}
	}
	return out, nil
}

func bundleOne(ui, name, source string) (file, error) {
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       ui,
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: source, OutputPath: stem}},
		EntryNames:          "[name]-[hash]",
		Outdir:              "../dist",
		Bundle:              true,
		Write:               false,
		MinifySyntax:        true,
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		LegalComments:       api.LegalCommentsNone,
		Charset:             api.CharsetUTF8,
		Format:              api.FormatIIFE,
		Target:              api.ES2022,
		JSX:                 api.JSXAutomatic,
		JSXImportSource:     "preact",
		Plugins:             []api.Plugin{textsPlugin(ui)},
		LogLevel:            api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		lines := api.FormatMessages(result.Errors, api.FormatMessagesOptions{Kind: api.ErrorMessage})
		return file{}, fmt.Errorf("bundle %s:\n%s", name, strings.Join(lines, ""))
	}
	if len(result.OutputFiles) != 1 {
		return file{}, fmt.Errorf("bundle %s: %d files came out, want one", name, len(result.OutputFiles))
	}
	made := result.OutputFiles[0]
	return file{Name: filepath.Base(made.Path), Data: made.Contents}, nil
}

// write replaces dist by the files, the pages and the manifest. The manifest goes last, so that a reader who finds it
// finds everything it names.
func write(ui, dist string, files map[string]file, m manifest) error {
	if err := empty(dist); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dist, f.Name), f.Data, 0o644); err != nil {
			return fmt.Errorf("write bundle: %w", err)
		}
	}
	data, err := m.json()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dist, "manifest.json"), data, 0o644); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// empty makes dist if need be and removes the files in it, so that no bundle of an earlier build is served. Files with a dot
// stay: one is in the repository, so that a program can be built before the pages are.
func empty(dist string) error {
	if err := os.MkdirAll(dist, 0o755); err != nil {
		return fmt.Errorf("make dist: %w", err)
	}
	old, err := os.ReadDir(dist)
	if err != nil {
		return fmt.Errorf("read dist: %w", err)
	}
	var failed []error
	for _, e := range old {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			failed = append(failed, os.Remove(filepath.Join(dist, e.Name())))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("empty dist: %w", err)
	}
	return nil
}

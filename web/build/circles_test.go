package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var imported = regexp.MustCompile(`(?m)^(?:import|export) (?:[^'"]*? from )?'(\.[^']*)'`)

// importsOf reads which of our own scripts each script needs, by path under web/ui.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(uiFolder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasPrefix(filepath.Ext(path), ".ts") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(path, uiFolder+string(filepath.Separator))), filepath.Ext(path))
		for _, m := range imported.FindAllStringSubmatch(string(data), -1) {
			out[name] = append(out[name], filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1])))
		}
		return nil
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("%d scripts with imports: %v", len(out), err)
	}
	return out
}

// circleFrom returns a way from a script back to one that is on it already; nil if there is none.
func circleFrom(name string, needs map[string][]string, way []string, done map[string]bool) []string {
	if i := slices.Index(way, name); i >= 0 {
		return append(slices.Clone(way[i:]), name)
	}
	if done[name] {
		return nil
	}
	done[name] = true
	for _, next := range needs[name] {
		if c := circleFrom(next, needs, append(way, name), done); c != nil {
			return c
		}
	}
	return nil
}

// TestScriptsNeedEachOtherOneWay finds scripts that import each other in a circle, types included: such two are one, or lack a third.
func TestScriptsNeedEachOtherOneWay(t *testing.T) {
	needs, done := importsOf(t), map[string]bool{}
	for name := range needs {
		if c := circleFrom(name, needs, nil, done); c != nil {
			t.Errorf("a circle: %s", strings.Join(c, " → "))
		}
	}
	if c := circleFrom("a", map[string][]string{"a": {"b"}, "b": {"c", "a"}}, nil, map[string]bool{}); len(c) != 3 {
		t.Errorf("a circle that is there is told as %v", c)
	}
}

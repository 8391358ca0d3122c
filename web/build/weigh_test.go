package main

import (
	"strings"
	"testing"
)

func TestWeigh(t *testing.T) {
	m := manifest{"a.js": {GZ: 60}, "a.css": {GZ: 50}}
	tests := []struct {
		name   string
		limits []budget
		want   string // part of the error; "" for none
	}{
		{"fits", []budget{{"a", []string{"a.js", "a.css"}, 110}}, ""},
		{"one byte over", []budget{{"a", []string{"a.js", "a.css"}, 109}}, "110 bytes"},
		{"not built", []budget{{"b", []string{"b.js"}, 10}}, "b.js was not built"},
		{"no limits", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := weigh(m, tt.limits)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want none", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestEveryBudgetNamesEntriesThatAreBuilt(t *testing.T) {
	for _, b := range budgets {
		for _, name := range b.Entries {
			if _, ok := entries[name]; !ok {
				t.Errorf("the budget of %s names %s, which is no entry", b.Face, name)
			}
		}
	}
}

func TestManifestOf(t *testing.T) {
	m := manifestOf(map[string]file{"a.js": {Name: "a-1.js", Data: []byte(strings.Repeat("a", 1000))}})
	if e := m["a.js"]; e.File != "a-1.js" || e.Bytes != 1000 || e.GZ < 20 || e.GZ > 100 {
		t.Errorf("got %+v", e)
	}
}

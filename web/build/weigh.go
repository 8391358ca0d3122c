package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// file is one finished bundle: its fingerprinted name and its bytes.
type file struct {
	Name string
	Data []byte
}

// manifest tells the server which file an entry has become. "chat.js" → {"file":"chat-4GWQ.js", …}.
type manifest map[string]entry

// entry is where an entry is found in dist and what it weighs, as stored and as sent.
type entry struct {
	File  string `json:"file"`
	Bytes int    `json:"bytes"`
	GZ    int    `json:"gz"`
}

// budget is an agreed ceiling, in gzipped bytes, on everything that one face loads at first.
type budget struct {
	Face    string
	Entries []string
	GZ      int
}

// budgets are the ceilings of the design: a shop must be able to add the chat without thinking about its weight.
var budgets = []budget{
	{"loader", []string{"widget.js"}, 4 << 10},
	{"chat", []string{"chat.js", "chat.css"}, 30 << 10},
	{"desk", []string{"desk.js", "desk.css"}, 120 << 10},
	{"editor", []string{"editor.js", "editor.css"}, 60 << 10},
	{"text field", []string{"field.js"}, 120 << 10},
}

func manifestOf(files map[string]file) manifest {
	m := make(manifest, len(files))
	for name, f := range files {
		m[name] = entry{File: f.Name, Bytes: len(f.Data), GZ: gzipped(f.Data)}
	}
	return m
}

// gzipped is the size of data as a server with gzip at its best sends it.
func gzipped(data []byte) int {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // fails only for a level that does not exist
	_, _ = w.Write(data)                                  // a bytes.Buffer does not fail
	_ = w.Close()
	return b.Len()
}

// weigh returns an error that names every face over its ceiling, or nil. An entry that is missing from m is an error too:
// a face that was not built weighs nothing, and would pass.
func weigh(m manifest, limits []budget) error {
	var over []error
	for _, b := range limits {
		total := 0
		for _, name := range b.Entries {
			e, ok := m[name]
			if !ok {
				over = append(over, fmt.Errorf("%s: %s was not built", b.Face, name))
			}
			total += e.GZ
		}
		if total > b.GZ {
			over = append(over, fmt.Errorf("%s weighs %d bytes gzipped, agreed is %d", b.Face, total, b.GZ))
		}
	}
	return errors.Join(over...)
}

func (m manifest) json() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// table is the manifest for a person at a terminal.
func (m manifest) table() string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%-10s %7d bytes %7d gz  %s\n", name, m[name].Bytes, m[name].GZ, m[name].File)
	}
	return b.String()
}

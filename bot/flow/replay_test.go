package flow_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"balie/bot/bottest"
	"balie/bot/flow"
	"balie/bot/texts"
)

var update = flag.Bool("update", false, "write transcripts anew")

// Every flow that Balie comes with plays its transcripts, in both languages, on a real house.
func TestTranscripts(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	for _, f := range flow.Builtin() {
		for _, lang := range []string{"nl", "en"} {
			file := filepath.Join("flows", f.Name+"."+lang+".txt")
			t.Run(f.Name+"."+lang, func(t *testing.T) { replayFile(t, h, file, lang) })
		}
	}
}

// A file holds several transcripts, each under a line of dashes that names it.
func replayFile(t *testing.T, h *bottest.House, file, lang string) {
	script, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: a flow comes with a transcript in each language", err)
	}
	var got bytes.Buffer
	for i, part := range split(script) {
		played, err := flow.Replay(part, h.Again(t).Begin(lang))
		if err != nil {
			t.Fatalf("%s, transcript %d: %v\n%s", file, i+1, err, played)
		}
		got.Write(played)
	}
	if bytes.Equal(got.Bytes(), script) {
		return
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s plays differently; look at it, and run with -update if it is better:\n%s", file, firstDifference(script, got.Bytes()))
}

// split cuts a file at its "# ---" lines; each part keeps its own.
func split(script []byte) [][]byte {
	var parts [][]byte
	var part bytes.Buffer
	for line := range strings.Lines(string(script)) {
		if strings.HasPrefix(line, "# ---") && part.Len() > 0 {
			parts = append(parts, bytes.Clone(part.Bytes()))
			part.Reset()
		}
		part.WriteString(line)
	}
	return append(parts, part.Bytes())
}

func firstDifference(want, got []byte) string {
	a, b := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(b), len(a))
}

// What flows quote, and what they are offered under, is in the library in both languages.
func TestFlowsQuoteWhatIsThere(t *testing.T) {
	h := bottest.Open(t, bottest.Options{})
	for _, f := range flow.Builtin() {
		articles := slices.Clone(f.Articles)
		for _, s := range f.Steps {
			if s.Article != "" {
				articles = append(articles, s.Article)
			}
			for _, b := range s.Outcome {
				if b.Article != "" {
					articles = append(articles, b.Article)
				}
			}
		}
		for _, a := range articles {
			for _, lang := range texts.Langs {
				if _, err := h.Library.Article(t.Context(), lang, a); err != nil {
					t.Errorf("%s: %s/%s: %v", f.Name, lang, a, err)
				}
			}
		}
	}
}

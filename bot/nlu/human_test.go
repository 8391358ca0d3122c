package nlu_test

import (
	"os"
	"strings"
	"testing"

	"balie/bot/nlu"
)

func lines(t testing.TB, name string) (out []string) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

func TestAsksForPerson(t *testing.T) {
	for _, list := range []struct {
		name       string
		hear, pass float64 // floors
	}{
		{"person", 0.99, 0.95}, // by the writer of the rules
		{"person-heldout", 0.955, 0.94},
	} {
		t.Run(list.name, func(t *testing.T) {
			heard, asks := 0, lines(t, "testdata/"+list.name+"-asks.txt")
			for _, text := range asks {
				heard += asked(text)
			}
			atLeast(t, "heard", float64(heard)/float64(len(asks)), list.hear)
			wrong, not := 0, lines(t, "testdata/"+list.name+"-not.txt")
			for _, text := range not {
				wrong += asked(text)
			}
			atLeast(t, "rightly passed over", 1-float64(wrong)/float64(len(not)), list.pass)
		})
	}
}

func asked(text string) int {
	if nlu.AsksForPerson(text) {
		return 1
	}
	return 0
}

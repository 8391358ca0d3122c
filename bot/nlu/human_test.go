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
	heard, asks := 0, lines(t, "testdata/person-asks.txt")
	for _, text := range asks {
		if nlu.AsksForPerson(text) {
			heard++
		} else {
			t.Logf("missed: %s", text)
		}
	}
	atLeast(t, "recall", float64(heard)/float64(len(asks)), 0.99)
	wrong, not := 0, lines(t, "testdata/person-not.txt")
	for _, text := range not {
		if nlu.AsksForPerson(text) {
			wrong++
			t.Logf("heard a request in: %s", text)
		}
	}
	atLeast(t, "right to pass", 1-float64(wrong)/float64(len(not)), 0.985)
}

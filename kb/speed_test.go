package kb_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"balie/kb"
)

// TestALargeLibraryIsRebuiltAndGatedInTime takes in 5,000 long articles, builds their index anew while customers ask, and holds a draft
// against 1,000 questions. It measures, so it runs with the other figures.
func TestALargeLibraryIsRebuiltAndGatedInTime(t *testing.T) {
	if os.Getenv("BALIE_EVAL") != "full" {
		t.Skip("run with BALIE_EVAL=full, on a quiet machine")
	}
	pages := sharedPages(t)
	s := newStudio(t)
	names := slices.Sorted(maps.Keys(pages))
	begin := time.Now()
	for i := range 5000 {
		s.put(kb.Article{ID: fmt.Sprint("p", i), Lang: "nl", State: kb.Published, Content: kb.Content{Title: fmt.Sprint("Bladzijde ", i), Body: pages[names[i%len(names)]]}})
	}
	s.sync()
	t.Logf("5,000 articles written and found after %v", time.Since(begin).Round(time.Millisecond))

	ctx, stop := context.WithCancel(t.Context())
	asked := make(chan int)
	go func() {
		n := 0
		for ctx.Err() == nil {
			if res, err := s.lib.Search(ctx, kb.Query{Text: "hoe hang ik een lamp op", Lang: "nl"}); ctx.Err() == nil && (err != nil || len(res.Hits) == 0 || res.Hits[0].Article != "lamp") {
				t.Errorf("while the index is built: %v, %v", res.Hits, err)
			}
			n++
		}
		asked <- n
	}()
	begin = time.Now()
	if err := s.lib.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	stop()
	t.Logf("rebuilt in %v, %d questions answered meanwhile", took.Round(time.Millisecond), <-asked)
	if took > time.Minute {
		t.Errorf("a rebuild of 5,000 articles took %v", took)
	}

	for i := range 1000 {
		s.past = append(s.past, kb.Asked{Text: fmt.Sprintf("hoe stel ik het lettertype van bladzijde %d in voor mijn document", i), Lang: "nl", Count: 1})
	}
	s.edit("nl/lamp", func(c *kb.Content) { c.Body += "\nVraag hulp bij een zware lamp.\n" })
	begin = time.Now()
	rep, err := s.Gate(t.Context(), "nl/lamp", kb.Published, nil)
	if err != nil || rep.From[kb.FromCustomer] != 1000 {
		t.Fatalf("%+v, %v", rep, err)
	}
	took = time.Since(begin)
	t.Logf("a gate of %d questions over 5,002 articles took %v", rep.Asked, took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("a gate of 1,000 questions took %v", took)
	}
}

package handoff_test

import (
	"testing"

	"balie/handoff"
	"balie/internal/fault"
	"balie/internal/store/document"
)

// TestWhatAnEditorRetiredStaysRetired starts a house again and again: its first replies come once, and what was made of them since stays.
func TestWhatAnEditorRetiredStaysRetired(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	docs := document.In(h.engine, "canned", document.Options[handoff.Canned]{History: true})
	first := handoff.DefaultSettings().Canned
	for range 2 {
		if err := handoff.FirstCanned(t.Context(), docs, first); err != nil {
			t.Fatal(err)
		}
	}
	c, rev, err := docs.Get(t.Context(), "hello")
	if err != nil || rev != 1 {
		t.Fatalf("after two starts: revision %d, %v", rev, err)
	}
	c.Retired = true
	if _, err := docs.Put(t.Context(), "hello", c, rev); err != nil {
		t.Fatal(err)
	}
	if err := handoff.FirstCanned(t.Context(), docs, first); err != nil {
		t.Fatal(err)
	}
	if c, _, err := docs.Get(t.Context(), "hello"); err != nil || !c.Retired {
		t.Errorf("after another start: %+v, %v", c, err)
	}
}

func TestARepliesHolesCanBeFilled(t *testing.T) {
	for _, c := range handoff.DefaultSettings().Canned {
		if err := c.Check(); err != nil {
			t.Errorf("the house's own %s: %v", c.ID, err)
		}
	}
	for _, text := range []string{"{}", "Dag {naam}", "{klant} {wachtwoord}"} {
		if err := (handoff.Canned{Title: "X", Text: map[string]string{"nl": text}}).Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"Dag {klant}", "{ dit is geen gat", "Hello {customer}, {agent}, {reference}"} {
		if err := (handoff.Canned{Title: "X", Text: map[string]string{"en": text}}).Check(); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

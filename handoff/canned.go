package handoff

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"balie/internal/fault"
)

// Canned is a prepared reply, by language. Editors keep them and agents use them; one that is retired is kept and no longer offered. By
// and Why are of the latest change.
type Canned struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Text    map[string]string `json:"text"`
	Retired bool              `json:"retired,omitempty"`
	By      string            `json:"by,omitempty"`
	Why     string            `json:"why,omitempty"`
}

// Holes are the places in a prepared reply that are filled in when an agent uses it: the customer's name, the agent's, and the
// conversation's reference. Each goes by its name in every language.
var Holes = []string{"klant", "customer", "medewerker", "agent", "referentie", "reference"}

var hole = regexp.MustCompile(`\{([^{}\n]*)\}`)

// Bounds of a prepared reply.
const (
	maxCannedTitle = 100
	maxCannedText  = 4000 // what a message may have
)

// Check refuses a prepared reply that no agent could send: without words, too long, or with a hole that nobody can fill.
func (c Canned) Check() error {
	if n := len([]rune(strings.TrimSpace(c.Title))); n == 0 || n > maxCannedTitle {
		return fault.Newf(fault.Invalid, "A reply needs a title of at most %d characters.", maxCannedTitle)
	}
	words := false
	for lang, text := range c.Text {
		if lang != "nl" && lang != "en" {
			return fault.Newf(fault.Invalid, "There is no language %q here.", lang)
		}
		if len([]rune(text)) > maxCannedText {
			return fault.Newf(fault.TooLong, "At most %d characters, please.", maxCannedText)
		}
		words = words || strings.TrimSpace(text) != ""
		for _, h := range hole.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(Holes, h[1]) {
				return fault.Newf(fault.Invalid, "Nobody can fill in {%s}. Use one of {%s}.", h[1], strings.Join(Holes, "}, {"))
			}
		}
	}
	if !words {
		return fault.New(fault.Invalid, "A reply needs a text.")
	}
	return nil
}

// CannedDocs keeps the prepared replies, with every revision of each.
type CannedDocs interface {
	Get(ctx context.Context, id string) (Canned, uint64, error)
	Put(ctx context.Context, id string, c Canned, rev uint64) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, c Canned) error) error
	History(ctx context.Context, id string, each func(rev uint64, at time.Time, c Canned) error) error
}

// FirstCanned puts the prepared replies that a house begins with where there are none of that name. What an editor has changed or
// retired since stays so.
func FirstCanned(ctx context.Context, docs CannedDocs, first []Canned) error {
	for _, c := range first {
		_, _, err := docs.Get(ctx, c.ID)
		if fault.Is(err, fault.NotFound) {
			_, err = docs.Put(ctx, c.ID, c, 0)
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("keep reply %s: %w", c.ID, err)
		}
	}
	return nil
}

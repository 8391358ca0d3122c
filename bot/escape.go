package bot

import (
	"context"

	"balie/internal/chat"
)

// Escape fetches a person for whoever asks for one, in any wording, before anything else is looked at. It says nothing itself: the
// desk tells the customer where they stand.
type Escape struct {
	Asks func(text string) bool // says whether a text asks for a person
}

// Name is the policy's name.
func (Escape) Name() string { return "escape" }

// Decide gives the word to the queue.
func (e Escape) Decide(_ context.Context, t *Turn) (*Decision, error) {
	asks := t.press.Verb == "human"
	if t.press == (Press{}) && t.text != "" {
		asks = e.Asks != nil && e.Asks(t.text) || t.heard.Band == Sure && t.heard.Intent == "human"
	}
	if !asks {
		return nil, nil
	}
	return escalate(chat.ReasonCustomer, 0, "", ""), nil
}

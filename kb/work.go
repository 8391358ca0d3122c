package kb

import "time"

// Work is text that an editor has typed and not saved. It is one person's, so two who work on the same article do not meet before one
// of them saves. Rev is the revision that it began from.
type Work struct {
	Rev     uint64    `json:"rev"`
	At      time.Time `json:"at"`
	Content Content   `json:"content"`
}

// Votes are how readers of a help page answered whether it was of use.
type Votes struct {
	Yes int `json:"yes"`
	No  int `json:"no"`
}

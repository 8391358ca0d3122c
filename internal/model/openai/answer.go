package openai

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"balie/bot"
)

// sentinel is what the rules ask the model to write when the passages do not hold the answer.
const sentinel = "NO_ANSWER"

// answer turns what the model writes into what a customer may see, piece by piece: without the thoughts some models
// write first, scrubbed, trimmed, bounded. The pieces given to delta, joined, are the text that close returns.
type answer struct {
	thought thought
	scrub   *scrubber
	limit   int
	delta   func(string)

	held  string // scrubbed, but not given yet: it may turn out to be the sentinel, or trailing space
	text  strings.Builder
	runes int
	raw   int // bytes before scrubbing
}

// maxMarkup is how many bytes the model may write for each character an answer may hold.
const maxMarkup = 16

func newAnswer(allowed map[string]bool, limit int, delta func(string)) *answer {
	if delta == nil {
		delta = func(string) {}
	}
	return &answer{scrub: newScrubber(allowed), limit: limit, delta: delta}
}

// write takes the next piece of the model's text. It reports whether any of it is meant for the customer.
func (a *answer) write(piece string) (spoke bool, err error) {
	said := a.thought.skip(piece)
	if said == "" {
		return false, nil
	}
	if a.raw += len(said); a.raw > maxMarkup*a.limit { // scrubbing this would cost more than it could give
		return false, errTooLong
	}
	return true, a.give(a.scrub.write(said), false)
}

// close returns the whole answer, bot.ErrNoAnswer if the model declined, or errEmpty.
func (a *answer) close() (string, error) {
	rest := a.scrub.write(a.thought.rest()) + a.scrub.close()
	if err := a.give(rest, true); err != nil {
		return "", err
	}
	whole := a.text.String()
	if strings.Contains(whole, sentinel) || declines(whole) {
		return "", bot.ErrNoAnswer
	}
	if whole == "" {
		return "", errEmpty
	}
	return whole, nil
}

// give passes on what is certain. Space at the end waits for what follows it, and a beginning of the sentinel for the
// rest, so that no customer sees the word flash by.
func (a *answer) give(piece string, last bool) error {
	a.held += piece
	if a.runes+utf8.RuneCountInString(a.held) > a.limit {
		return errTooLong
	}
	if a.text.Len() == 0 {
		a.held = strings.TrimLeftFunc(a.held, unicode.IsSpace)
		begun := strings.TrimLeft(a.held, "*_`\"'")
		if strings.HasPrefix(begun, sentinel) {
			return bot.ErrNoAnswer
		}
		if !last && strings.HasPrefix(sentinel, begun) {
			return nil
		}
	}
	ready := strings.TrimRightFunc(a.held, unicode.IsSpace)
	if ready == "" {
		return nil
	}
	a.held = a.held[len(ready):]
	a.runes += utf8.RuneCountInString(ready)
	a.text.WriteString(ready)
	a.delta(ready)
	return nil
}

// refusals are ways to say "I do not know" that models use in spite of the rules. Only a short answer that begins so
// declines: "Ik weet niet welke kleur u hebt, maar …" helps a customer.
var refusals = regexp.MustCompile(`(?i)^(sorry,? |helaas,? |het spijt me,? (maar )?|i'?m sorry,? (but )?|unfortunately,? )?` +
	`(dat weet ik niet|ik weet het niet|dat staat niet in de (passages|tekst|artikelen|informatie)|` +
	`(ik kan )?(het|dit|dat) (antwoord )?niet vinden|daar (heb|vind) ik (geen|niets)|` +
	`i do(n'|n’| no)t know|i'?m not sure|i can(no|'|’)t find|the passages do(n'|n’| no)t)`)

func declines(text string) bool {
	return utf8.RuneCountInString(text) <= 200 && refusals.MatchString(text)
}

const thinkOpen, thinkClose = "<think>", "</think>"

// thought drops a block of thinking at the very beginning, which open models write before their answer. A block that
// never ends is all thought: nothing of it is for the customer.
type thought struct {
	state int // 0 nothing said yet, 1 thinking, 2 speaking
	held  string
}

// skip returns the part of piece that is not thought; it may hold some back until more is known.
func (t *thought) skip(piece string) string {
	if t.state == 2 {
		return piece
	}
	t.held += piece
	if t.state == 0 {
		begun := strings.TrimLeftFunc(t.held, unicode.IsSpace)
		if strings.HasPrefix(begun, thinkOpen) {
			t.state, t.held = 1, begun[len(thinkOpen):]
		} else if !strings.HasPrefix(thinkOpen, begun) {
			return t.speak(t.held)
		}
	}
	if t.state == 1 {
		if _, said, over := strings.Cut(t.held, thinkClose); over {
			return t.speak(said)
		}
		t.held = t.held[max(0, len(t.held)-len(thinkClose)):]
	}
	return ""
}

func (t *thought) speak(said string) string {
	t.state, t.held = 2, ""
	return said
}

// rest returns what was held back in doubt, once nothing follows.
func (t *thought) rest() string {
	if t.state != 0 {
		return ""
	}
	return t.speak(t.held)
}

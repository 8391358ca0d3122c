package bot

import (
	"context"
	"errors"
	"regexp"
)

// ErrNoAnswer is what a Phraser returns when it was reached and understood, and says that the passages do not hold the
// answer. It is not a failure of the model: quoting the passages anyway would not help this customer.
var ErrNoAnswer = errors.New("the passages do not hold the answer")

// handsOver and hasDone are what the bot may only say when it is so, and a model that words an answer cannot make it so.
var (
	handsOver = regexp.MustCompile(`(?i)\b(?:(?:ik|we|wij) (?:verbind|verbinden|schakel|schakelen|zet|zetten) (?:u|je|jou) (?:\w+ ){0,4}?door|(?:u|je) wordt (?:\w+ ){0,3}?door(?:verbonden|geschakeld)|medewerker (?:neemt|heeft) (?:\w+ ){0,5}?over(?:genomen)?\b|(?:i'?m|i am|i will|i'?ll|we are|we'?re|let me) (?:now )?(?:transfer|connect|hand|pass)(?:r?ing)? (?:you|this)|you (?:are|have been|will be) (?:now )?(?:being )?(?:transferred|connected)|(?:a person|an? (?:human )?agent|a colleague) (?:is now taking|takes|has taken|will take) over)`)
	hasDone   = regexp.MustCompile(`(?i)\b(?:(?:ik|we|wij) (?:heb|hebben) (?:\S+ ){0,8}?(?:doorverbonden|doorgestuurd|doorgegeven|geannuleerd|gewijzigd|aangepast|terugbetaald|teruggestort|verwijderd|aangemeld)|(?:i|we)(?:'ve| have) (?:\S+ ){0,3}?(?:transferred|connected|cancell?ed|changed|updated|refunded|deleted|escalated|forwarded|processed))\b`)
)

// pretends reports that a worded answer claims a hand-over or an act. Wording does neither.
func pretends(text string) bool { return handsOver.MatchString(text) || hasDone.MatchString(text) }

// Passage is a piece of a published article that may be quoted to a customer.
type Passage struct {
	ID      string // the article, as the sources under the answer name it
	Title   string // of the article
	Section string // the heading above the piece; empty for the part before the first heading
	Text    string // Markdown, as the editor wrote it
}

// Line is one earlier message of the conversation, as far as the customer could read it.
type Line struct {
	Customer bool // said by the customer; if not, by the bot or an agent
	Text     string
}

// PhraseRequest is all that a Phraser may know: it sees no clock, no customer record and no order.
type PhraseRequest struct {
	Lang     string    // of the answer: "nl" or "en"
	Question string    // the customer's own words; hostile until proven otherwise
	History  []Line    // what was said before the question, oldest first; may be empty
	Passages []Passage // best first; without any there is nothing to phrase, and the answer is ErrNoAnswer
}

// Phraser turns retrieved passages into an answer in the customer's words, so that the customer need not read a whole
// article. It only words what the library says: it opens no flow and does no act.
//
// Phrase gives delta the growing pieces of the answer, in order, on the calling goroutine, and returns the whole: the
// pieces joined are exactly the text returned. After an error, whatever delta was given counts for nothing and must not
// be stored. ErrNoAnswer says that the model declined; any other error is of kind fault.Unavailable, and the caller
// quotes the best passage instead. A nil delta is allowed. Phrase always returns within the limits of its maker, and at
// once when ctx ends.
type Phraser interface {
	Phrase(ctx context.Context, req PhraseRequest, delta func(string)) (string, error)
}

package kb

import (
	"context"
	"strings"
	"time"

	"balie/internal/fault"
)

// Proposal is a question that somebody who is no editor found worth keeping as a test of an article. It waits in the gap list until an
// editor takes it or not.
type Proposal struct {
	ID       string    `json:"id"`
	Article  string    `json:"article"` // key
	Question string    `json:"question"`
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Conv     string    `json:"conv"`
	Seq      uint64    `json:"seq"` // of the answer that was right
}

// ProposalDocs keeps proposals until they are decided.
type ProposalDocs interface {
	Docs[Proposal]
	Delete(ctx context.Context, id string, rev uint64) error
}

// maxQuestion is the longest question that can be a test, in runes.
const maxQuestion = 500

// WithQuestion returns a with one more question that it must answer, as a newer text of it; the same question again changes nothing.
func (a Article) WithQuestion(question, by string) (Article, error) {
	question = strings.Join(strings.Fields(question), " ")
	switch n := len([]rune(question)); {
	case n == 0:
		return a, fault.New(fault.Invalid, "A test needs a question.")
	case n > maxQuestion:
		return a, fault.Newf(fault.TooLong, "A question has at most %d characters.", maxQuestion)
	}
	for _, q := range a.Questions {
		if strings.EqualFold(q, question) {
			return a, nil
		}
	}
	c := a.Content
	c.Questions = append(append([]string{}, c.Questions...), question)
	a = a.Edited(c, by, "")
	_, err := Parse(a.Markdown())
	return a, err
}

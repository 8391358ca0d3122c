package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"balie/internal/fault"
)

// Near is something the ear thought of when it was not sure what a customer wanted, with how likely it found it.
type Near struct {
	Intent string  `json:"intent"`
	Score  float64 `json:"score"`
}

// Taught is a sentence that an editor gave to the ear as an example of what customers want. Its ID is made of the sentence, so that
// one sentence is one example.
type Taught struct {
	ID     string    `json:"id"`
	Text   string    `json:"text"`
	Lang   string    `json:"lang"`
	Intent string    `json:"intent"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// TaughtID names a sentence: the same words in the same language have the same, whatever their case and spacing.
func TaughtID(lang, text string) string {
	sum := sha256.Sum256([]byte(lang + "\x00" + strings.ToLower(lesson(text))))
	return lang + "-" + hex.EncodeToString(sum[:12])
}

// lesson is what of a customer's words is learned: where something personal was taken out nothing is.
func lesson(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "[…]", " ")), " ")
}

// TaughtDocs keeps what was taught. Changes is the feed that the ear follows.
type TaughtDocs interface {
	Docs[Taught]
	Delete(ctx context.Context, id string, rev uint64) error
	Changes(ctx context.Context, after uint64, each func(cursor uint64, id string, rev uint64, v Taught, deleted bool) error) (uint64, error)
}

// Bounds of what is taught.
const (
	maxTaught = 5_000
	maxLesson = 300 // runes of a sentence
)

// Lessons are the sentences that editors teach the ear. Intents says which intents may be taught; the ear takes the sentences in by
// itself, from Examples, whenever Changed says so.
type Lessons struct {
	Store   TaughtDocs
	Intents func() []string
	Now     func() time.Time
}

// Teach keeps a sentence as an example of an intent. Teaching it again changes nothing; a sentence that is an example of another intent
// is a fault.Conflict, because the ear could then learn neither.
func (l *Lessons) Teach(ctx context.Context, lang, text, intent, by string) (Taught, error) {
	t := Taught{ID: TaughtID(lang, text), Text: lesson(text), Lang: lang, Intent: intent, By: by, At: l.Now().UTC()}
	switch {
	case !slices.Contains(l.Intents(), intent):
		return Taught{}, fault.New(fault.Invalid, "There is no such wish to give an example of.")
	case len(strings.Fields(t.Text)) == 0:
		return Taught{}, fault.New(fault.Invalid, "An example needs words.")
	case len([]rune(t.Text)) > maxLesson:
		return Taught{}, fault.Newf(fault.TooLong, "An example has at most %d characters.", maxLesson)
	}
	if old, _, err := l.Store.Get(ctx, t.ID); err == nil {
		return old, sameLesson(old, intent)
	} else if !fault.Is(err, fault.NotFound) {
		return Taught{}, fmt.Errorf("read example: %w", err)
	}
	if all, err := l.Examples(ctx); err != nil {
		return Taught{}, err
	} else if len(all) >= maxTaught {
		return Taught{}, fault.Newf(fault.Invalid, "There are %d examples already. Take some away first.", maxTaught)
	}
	_, err := l.Store.Put(ctx, t.ID, t, 0)
	if fault.Is(err, fault.Conflict) { // a colleague pressed at the same moment
		old, _, err := l.Store.Get(ctx, t.ID)
		if err != nil {
			return Taught{}, fmt.Errorf("read example: %w", err)
		}
		return old, sameLesson(old, intent)
	}
	if err != nil {
		return Taught{}, fmt.Errorf("keep example: %w", err)
	}
	return t, nil
}

func sameLesson(old Taught, intent string) error {
	if old.Intent == intent {
		return nil
	}
	return fault.New(fault.Conflict, "This sentence is an example of another wish. Take it away there first.")
}

// Forget takes an example away again; one that is gone already is no mistake.
func (l *Lessons) Forget(ctx context.Context, id string) error {
	_, rev, err := l.Store.Get(ctx, id)
	if err == nil {
		err = l.Store.Delete(ctx, id, rev)
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Examples returns all that was taught, in order of id.
func (l *Lessons) Examples(ctx context.Context) ([]Taught, error) {
	var out []Taught
	err := l.Store.List(ctx, "", "", func(_ string, _ uint64, t Taught) error {
		out = append(out, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list examples: %w", err)
	}
	return out, nil
}

// Changed reports whether anything was taught or forgotten after a cursor, and returns the cursor to ask from next time. 0 is before
// everything.
func (l *Lessons) Changed(ctx context.Context, after uint64) (cursor uint64, changed bool, err error) {
	cursor, err = l.Store.Changes(ctx, after, func(uint64, string, uint64, Taught, bool) error {
		changed = true
		return nil
	})
	if err != nil {
		return after, false, fmt.Errorf("follow examples: %w", err)
	}
	return cursor, changed, nil
}

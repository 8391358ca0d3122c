package bot

import (
	"context"
	"fmt"
	"strings"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/kb"
)

// maxShort is how many words a question has that may leave out what it is about: the page says it.
const maxShort = 6

// fromPage answers from the help page that the customer asked from, where c is for the library and the page speaks of what is asked. Nil:
// the page has no answer, or there is none. A wish for a routine or a person comes first, wherever it is said.
func (u *Understand) fromPage(ctx context.Context, t *Turn, c Command) (*Decision, error) {
	m, ok := t.Trigger.Body.(*chat.Message)
	if !ok || m.About == "" || u.Shelf.Library == nil {
		return nil, nil
	}
	switch c := c.(type) {
	case Answer, Clarify:
	case GiveUp:
		if c.Why != "" {
			return nil, nil
		}
	default:
		return nil, nil
	}
	hit, err := u.onPage(ctx, t, m.About)
	if hit == nil || err != nil {
		return nil, err
	}
	return u.quote(ctx, t, []kb.Hit{*hit}), nil
}

// onPage finds the passage of the page that a question is about: by the question itself or, where that is short, with the page's title.
func (u *Understand) onPage(ctx context.Context, t *Turn, about string) (*kb.Hit, error) {
	lang, id, _ := strings.Cut(about, "/")
	a, err := u.Shelf.Library.Article(ctx, lang, id)
	if fault.Is(err, fault.NotFound) || err == nil && a.Internal {
		return nil, nil // taken away since, or never meant for customers
	}
	if err != nil {
		return nil, fmt.Errorf("read the page at hand: %w", err)
	}
	of := func(query string, fits func(kb.Hit) bool) (*kb.Hit, error) {
		res, err := u.Shelf.find(ctx, query, lang, 5)
		for _, h := range res.Hits {
			if h.Lang == lang && h.Article == id && fits(h) {
				return &h, nil
			}
		}
		return nil, err
	}
	hit, err := of(t.text, func(h kb.Hit) bool { return h.Fit >= fitNear })
	if hit != nil || err != nil || len(strings.Fields(t.text)) > maxShort {
		return hit, err
	}
	return of(a.Title+" "+t.text, func(h kb.Hit) bool { return speaksOf(h.Section+" "+h.Text, t.text) })
}

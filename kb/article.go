package kb

import (
	"context"
	"fmt"

	"balie/internal/fault"
)

// Article returns the public text of an article, or fault.NotFound when there is none in that language. The article's
// own fields (title, body, …) are the public ones, also while an editor is working on a newer text.
func (l *Library) Article(ctx context.Context, lang, id string) (Article, error) {
	a, _, err := l.store.Get(ctx, Key(lang, id))
	if err != nil {
		return Article{}, err
	}
	return public(a)
}

func public(a Article) (Article, error) {
	text, ok := a.Public()
	if !ok {
		return Article{}, fault.New(fault.NotFound, "This article does not exist or is not published.")
	}
	a.Content, a.Live, a.State = text, nil, Published
	return a, nil
}

// Articles calls each for every article that has a public text in a language ("" for all), in order of their keys, with
// the public text in its own fields.
func (l *Library) Articles(ctx context.Context, lang string, each func(Article) error) error {
	prefix := ""
	if lang != "" {
		prefix = lang + "/"
	}
	err := l.store.List(ctx, "", prefix, func(_ string, _ uint64, a Article) error {
		p, err := public(a)
		if err != nil || a.ID == SynonymsID {
			return nil // a draft, or archived, or no article for a reader
		}
		return each(p)
	})
	if err != nil {
		return fmt.Errorf("list articles: %w", err)
	}
	return nil
}

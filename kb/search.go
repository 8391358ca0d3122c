package kb

import (
	"context"
	"runtime/debug"
	"sort"
	"strings"

	"balie/internal/fault"
)

// Verdict says what the hits are good for.
type Verdict string

// The verdicts.
const (
	Answer Verdict = "answer" // the first hit answers the question: quote it
	Choose Verdict = "choose" // one of the first few does: ask which
	None   Verdict = "none"   // the library has nothing on it: say so
)

// Query is a question to the library.
type Query struct {
	Text     string
	Lang     string // the customer's language; articles in it come first
	Limit    int    // articles wanted, 1 to 50; 0 means 10
	Internal bool   // also articles that only agents may read
}

// Hit is one article that fits, with the passage that fits best.
type Hit struct {
	Article    string   `json:"article"`
	Lang       string   `json:"lang"`
	Title      string   `json:"title"`
	Section    string   `json:"section,omitempty"`
	Text       string   `json:"text"` // the passage without marks
	HTML       string   `json:"html"` // the passage, safe to show
	URL        string   `json:"url"`  // its page in the help centre
	Updated    string   `json:"updated,omitempty"`
	Score      float64  `json:"score"` // comparable within one result
	Cover      float64  `json:"cover"` // how much of what the question asks for the passage has, 0 to 1; comparable between results
	Internal   bool     `json:"internal,omitempty"`
	Translated bool     `json:"translated,omitempty"` // the article is in another language than the question
	Terms      []string `json:"terms,omitempty"`      // the question's words that were looked for, for marking them
}

// Result is what the library has on a question. Hits holds one entry an article, best first; it may hold near misses even
// when the verdict is None, because an editor wants to see them.
type Result struct {
	Hits      []Hit   `json:"hits"`
	Verdict   Verdict `json:"verdict"`
	Corrected string  `json:"corrected,omitempty"` // the question as it was understood, when a word was misspelt
}

const maxText = 4000 // bytes of a question that are looked at

// Search returns the articles that fit the question, best first. A question without a word that carries meaning gets no
// hits and the verdict None. While the index is being mended it answers from the last good one; with none at all it
// returns fault.Unavailable.
func (l *Library) Search(ctx context.Context, q Query) (Result, error) {
	if len(q.Text) > maxText {
		q.Text = strings.ToValidUTF8(q.Text[:maxText], "")
	}
	if q.Limit <= 0 {
		q.Limit = 10
	}
	q.Limit = min(q.Limit, 50)
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	v, err := l.hold(ctx)
	if err != nil {
		return Result{}, err
	}
	defer v.release()
	var res Result
	err = faultless(func() (err error) { res, err = v.search(ctx, q, l.opt.URL); return err })
	if err != nil && ctx.Err() == nil {
		l.suspect(v)
		return Result{}, fault.Wrap(fault.Unavailable, "The library cannot be searched right now. Please try again.", err)
	}
	return res, err
}

// faultless runs f with the faults of reading a damaged file, and panics, turned into errors.
func faultless(f func() error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return guard(f)
}

func (v *view) search(ctx context.Context, q Query, url func(lang, id string) string) (Result, error) {
	lv := v.langs[q.Lang]
	if lv == nil {
		return Result{Verdict: None}, nil
	}
	asked, err := v.understand(ctx, lv, q.Text, nil)
	if err != nil {
		return Result{}, err
	}
	ranked, err := v.rank(ctx, lv, asked, q.Limit*4+20, q.Internal)
	if err != nil {
		return Result{}, err
	}
	hits, err := v.hits(ranked, q.Limit, url)
	if err != nil {
		return Result{}, err
	}
	for i := range hits {
		hits[i].Terms = asked.looked()
	}
	return Result{Hits: hits, Verdict: judge(hits, asked), Corrected: asked.corrected}, nil
}

// looked lists the terms that count as having a word of the question.
func (q query) looked() []string {
	var out []string
	for _, w := range q.wants {
		for _, a := range w.alts {
			out = append(out, a.term)
		}
	}
	sort.Strings(out)
	return out
}

// hits keeps the best passage of each article.
func (v *view) hits(ranked []scored, limit int, url func(lang, id string) string) ([]Hit, error) {
	seen := map[string]bool{}
	var out []Hit
	for _, r := range ranked {
		key, err := v.key(r.doc)
		if err != nil {
			return nil, err
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		_, st, err := v.passage(r.doc)
		if err != nil {
			return nil, err
		}
		lang, id, _ := strings.Cut(key, "/")
		out = append(out, Hit{
			Article: id, Lang: lang, Title: st.Title, Section: st.Section, Text: st.Text, HTML: st.HTML, URL: url(lang, id),
			Updated: st.Updated, Score: r.score, Cover: r.cover, Internal: st.Internal,
		})
		if len(out) == limit {
			break
		}
	}
	return out, nil
}

// judge tells an answer from a guess by how much of the question the best passage covers, and by how far it is ahead.
func judge(hits []Hit, q query) Verdict {
	if len(hits) == 0 || hits[0].Cover < 0.35 {
		return None
	}
	if len(hits) > 1 && hits[1].Score > 0.9*hits[0].Score {
		return Choose
	}
	return Answer
}

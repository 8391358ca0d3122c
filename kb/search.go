package kb

import (
	"context"
	"maps"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
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

	vector []float32 // nil: words alone
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
	Fit        float64  `json:"fit"`   // how well it fits of how well it could, 0 to 1; comparable between results
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
// hits and the verdict None. While there is no index yet, or the one there is turns out to be damaged, Search waits for the
// new one, which is a matter of seconds; then, or when nobody runs the library, it returns fault.Unavailable.
func (l *Library) Search(ctx context.Context, q Query) (Result, error) {
	q.Text = strings.ToValidUTF8(q.Text[:min(len(q.Text), maxText)], " ")
	if q.Limit <= 0 {
		q.Limit = 10
	}
	q.Limit = min(q.Limit, 50)
	q.vector = l.questionVector(ctx, q.Text)
	patience, stop := context.WithTimeout(ctx, l.opt.Patience)
	defer stop()
	var failed *view
	for {
		v, err := l.hold(patience, failed)
		if err != nil {
			return Result{}, err
		}
		res, err := l.searchView(ctx, v, q)
		v.release()
		if err == nil {
			return l.literal(ctx, q, res), nil
		}
		if ctx.Err() != nil {
			return res, err
		}
		l.opt.Log.Warn("a search failed on the index", "err", err)
		failed = v
		l.Check()
	}
}

// searchView searches when it is this search's turn.
func (l *Library) searchView(ctx context.Context, v *view, q Query) (res Result, err error) {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	err = faultless(func() (err error) { res, err = v.search(ctx, q, l.opt.URL); return err })
	return res, err
}

// faultless runs f with the faults of reading a damaged file, and panics, turned into errors.
func faultless(f func() error) error {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return guard(f)
}

// search asks the articles in the customer's language, and when they have nothing, those in the others.
func (v *view) search(ctx context.Context, q Query, url func(lang, id string) string) (Result, error) {
	from := languageOf(q.Lang)
	res, err := v.searchIn(ctx, v.langs[q.Lang], from, q, url)
	if err != nil || res.Verdict != None {
		return res, err
	}
	for _, code := range slices.Sorted(maps.Keys(v.langs)) {
		if code == q.Lang {
			continue
		}
		other, err := v.searchIn(ctx, v.langs[code], from, q, url)
		if err != nil {
			return res, err
		}
		if other.Verdict != None {
			return other, nil
		}
	}
	return res, nil
}

// searchIn asks the articles of one language.
func (v *view) searchIn(ctx context.Context, lv *langView, from *language, q Query, url func(lang, id string) string) (Result, error) {
	if lv == nil {
		return Result{Verdict: None}, nil
	}
	asked, err := v.understand(ctx, lv, q.Text, from)
	if err != nil {
		return Result{}, err
	}
	asked.vector = q.vector
	hits, err := v.hits(v.rank(lv, asked, q.Limit*4+20, q.Internal), q.Limit, url)
	if err != nil {
		return Result{}, err
	}
	for i := range hits {
		hits[i].Terms, hits[i].Translated = asked.looked(), lv.code != from.code
	}
	return Result{Hits: hits, Verdict: judge(hits), Corrected: asked.corrected}, nil
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
		id, st, err := v.passage(r.doc)
		if err != nil {
			return nil, err
		}
		key := articleOf(id)
		if seen[key] {
			continue
		}
		seen[key] = true
		lang, article, _ := strings.Cut(key, "/")
		out = append(out, Hit{
			Article: article, Lang: lang, Title: st.Title, Section: st.Section, Text: st.Text, HTML: st.HTML, URL: url(lang, article),
			Updated: st.Updated, Score: r.score, Fit: r.fit, Internal: st.Internal,
		})
		if len(out) == limit {
			break
		}
	}
	return out, nil
}

// judge tells an answer from a guess by how well the best passage fits the question, and by how far its article is ahead of
// the next.
func judge(hits []Hit) Verdict {
	switch {
	case len(hits) == 0 || hits[0].Fit < noneFit:
		return None
	case hits[0].Fit < answerFit, len(hits) > 1 && hits[1].Score > clearLead*hits[0].Score:
		return Choose
	}
	return Answer
}

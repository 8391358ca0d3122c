package kb

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"balie/internal/fault"
)

// Where a question of the gate comes from.
const (
	FromArticle   = "article"   // the article's own test
	FromNeighbour = "neighbour" // a test of an article that is about nearly the same
	FromCustomer  = "customer"  // a customer asked it
)

// What becomes of a question's answer.
const (
	Failed   = "failed"   // the article's own test does not find it: red
	Lost     = "lost"     // there was an answer, and there is none: red
	Changed  = "changed"  // another answer
	Improved = "improved" // there was none, and there is one
)

// Bounds of a gate.
const (
	maxNeighbours = 20
	maxPast       = 1000
	gateDays      = 30
	maxReports    = 8
)

// Question is one question of the gate. Article is the key of the article it is a test of.
type Question struct {
	Text    string `json:"text"`
	Lang    string `json:"lang"`
	From    string `json:"from"`
	Article string `json:"article,omitempty"`
	Count   int    `json:"count,omitempty"` // how many customers asked it
}

// Change is a question whose answer is not the same, or not what a test wants.
type Change struct {
	Question
	Verdict string `json:"verdict"`
	Red     bool   `json:"red,omitempty"`
	Before  Said   `json:"before"`
	After   Said   `json:"after"`
}

// Report is what the gate found: the questions whose answer changes, the worst first.
type Report struct {
	Article    string         `json:"article"`
	Rev        uint64         `json:"rev"`
	To         State          `json:"to"`
	Asked      int            `json:"asked"`
	From       map[string]int `json:"from"`     // how many from where
	Verdicts   map[string]int `json:"verdicts"` // how many of what
	Red        int            `json:"red"`
	Same       int            `json:"same"`
	Changes    []Change       `json:"changes"`
	Neighbours []string       `json:"neighbours"`
	Took       int64          `json:"took_ms"`
	At         time.Time      `json:"at"`

	of *view // what the library was then
}

// Gate holds the newest text of an article (or with to = Archived: its absence) against its own tests, those of its neighbours and
// what customers asked lately. Progress, which may be nil, is told how many questions are done. A report is remembered for as long as
// neither the article nor the library changes, so publishing after looking costs nothing.
func (w *Workshop) Gate(ctx context.Context, key string, to State, progress func(done, total int)) (*Report, error) {
	start := time.Now()
	a, rev, err := w.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	k, err := w.trial(ctx, a, rev, to)
	if err != nil {
		return nil, err
	}
	defer w.drop(k)
	if rep := w.remembered(key, rev, to, k.of); rep != nil {
		return rep, nil
	}
	questions, neighbours, err := w.questions(ctx, key, draftOf(a, to), to)
	if err != nil {
		return nil, err
	}
	rep := &Report{Article: key, Rev: rev, To: to, Neighbours: neighbours, Asked: len(questions), At: w.now(), of: k.of,
		From: map[string]int{}, Verdicts: map[string]int{}, Changes: []Change{}}
	results, err := w.hold(w.Library.knowing(ctx, questions), questions, w.Library, k, progress)
	if err != nil {
		return nil, fmt.Errorf("run the gate of %s: %w", key, err)
	}
	for _, c := range results {
		rep.note(c)
	}
	sort.SliceStable(rep.Changes, func(i, j int) bool { return rep.Changes[i].rank() < rep.Changes[j].rank() })
	rep.Took = time.Since(start).Milliseconds()
	w.remember(rep)
	return rep, nil
}

// rank puts what hurts most first: red, then what many customers ask.
func (c Change) rank() int {
	order := map[string]int{Failed: 0, Lost: 1, Changed: 2, Improved: 3}
	return order[c.Verdict]*1_000_000 - min(c.Count, 999_999)
}

func (r *Report) note(c Change) {
	r.From[c.From]++
	if c.Verdict == "" {
		r.Same++
		return
	}
	r.Verdicts[c.Verdict]++
	if c.Red {
		r.Red++
	}
	r.Changes = append(r.Changes, c)
}

func (w *Workshop) remembered(key string, rev uint64, to State, of *view) *Report {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.reports {
		if r.Article == key && r.Rev == rev && r.To == to && r.of == of && w.now().Sub(r.At) < 10*time.Minute {
			return r
		}
	}
	return nil
}

func (w *Workshop) remember(r *Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, r)
	w.reports = w.reports[max(0, len(w.reports)-maxReports):]
}

// questions collects what the gate asks: each text once a language, as the strictest of what it is.
func (w *Workshop) questions(ctx context.Context, key string, a Article, to State) (out []Question, neighbours []string, err error) {
	seen := map[string]bool{}
	add := func(q Question) {
		name := q.Lang + "\x00" + strings.ToLower(strings.Join(strings.Fields(q.Text), " "))
		if strings.TrimSpace(q.Text) != "" && !seen[name] {
			seen[name] = true
			out = append(out, q)
		}
	}
	if !a.Internal && a.ID != SynonymsID {
		wants := key
		if to == Archived {
			wants = "" // any answer will do, but there must be one
		}
		for _, q := range a.Questions {
			add(Question{Text: q, Lang: a.Lang, From: FromArticle, Article: wants})
		}
	}
	near, err := w.neighbours(ctx, key, a)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range near {
		neighbours = append(neighbours, Key(n.Lang, n.ID))
		for _, q := range n.Questions {
			add(Question{Text: q, Lang: n.Lang, From: FromNeighbour, Article: Key(n.Lang, n.ID)})
		}
	}
	if w.Past == nil {
		return out, neighbours, nil
	}
	days := w.Days
	if days <= 0 {
		days = gateDays
	}
	past, err := w.Past(ctx, w.now().AddDate(0, 0, -days), maxPast)
	if err != nil {
		return nil, nil, fmt.Errorf("collect customers' questions: %w", err)
	}
	for _, p := range past {
		add(Question{Text: p.Text, Lang: p.Lang, From: FromCustomer, Count: p.Count})
	}
	return out, neighbours, nil
}

// neighbours are the articles that the library finds for what this one is about.
func (w *Workshop) neighbours(ctx context.Context, key string, a Article) ([]Article, error) {
	var out []Article
	seen := map[string]bool{key: true}
	texts := append([]string{a.Title}, a.Questions...)
	if len(a.Tags) > 0 {
		texts = append(texts, strings.Join(a.Tags, " "))
	}
	for _, text := range texts[:min(len(texts), 20)] {
		res, err := w.Library.Search(ctx, Query{Text: text, Lang: a.Lang, Limit: 6})
		if err != nil {
			return nil, fmt.Errorf("find neighbours: %w", err)
		}
		for _, h := range res.Hits {
			k := Key(h.Lang, h.Article)
			if seen[k] || len(out) >= maxNeighbours {
				continue
			}
			seen[k] = true
			n, err := w.Library.Article(ctx, h.Lang, h.Article)
			if fault.Is(err, fault.NotFound) {
				continue // taken away between the two looks
			}
			if err != nil {
				return nil, fmt.Errorf("read neighbour %s: %w", k, err)
			}
			out = append(out, n)
		}
	}
	return out, nil
}

// hold asks every question of both libraries, on all processors.
func (w *Workshop) hold(ctx context.Context, questions []Question, before, after Reader, progress func(done, total int)) ([]Change, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	out := make([]Change, len(questions))
	todo := make(chan int)
	done := make(chan struct{}, 64)
	var wg sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range todo {
				c, err := w.compare(ctx, questions[i], before, after)
				if err != nil {
					stop(err)
				}
				out[i] = c
				done <- struct{}{}
			}
		})
	}
	go func() {
		defer close(todo)
		for i := range questions {
			select {
			case todo <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() { wg.Wait(); close(done) }()
	n := 0
	for range done {
		if n++; progress != nil {
			progress(n, len(questions))
		}
	}
	return out, context.Cause(ctx)
}

func (w *Workshop) compare(ctx context.Context, q Question, before, after Reader) (Change, error) {
	c := Change{Question: q}
	var err error
	if c.Before, err = w.Voice(ctx, before, q.Lang, q.Text); err != nil {
		return c, err
	}
	if c.After, err = w.Voice(ctx, after, q.Lang, q.Text); err != nil {
		return c, err
	}
	c.judge()
	return c, nil
}

// judge says what became of the answer. A test wants its own article; a customer wants an answer.
func (c *Change) judge() {
	was, is := c.good(c.Before), c.good(c.After)
	switch {
	case c.From == FromArticle && !is:
		c.Verdict, c.Red = Failed, true
	case was && !is:
		c.Verdict, c.Red = Lost, true
	case !was && is:
		c.Verdict = Improved
	case !c.Before.same(c.After):
		c.Verdict = Changed
	}
}

// good reports whether an answer is one. A routine or a person is a good end of any question: no article can better it.
func (c *Change) good(s Said) bool {
	switch s.Act {
	case SaidFlow, SaidPerson:
		return true
	case SaidTalk:
		return c.Article == ""
	case SaidAnswer:
		return c.Article == "" || s.Article == c.Article
	case SaidChoose:
		return c.Article == "" || slices.Contains(s.Options, c.Article) || slices.ContainsFunc(s.Options, func(o string) bool { return !strings.Contains(o, "/") })
	}
	return false
}

func (s Said) same(o Said) bool {
	return s.Act == o.Act && s.Article == o.Article && s.Section == o.Section && s.Text == o.Text && s.Flow == o.Flow && slices.Equal(s.Options, o.Options)
}

// Tested is a test of an article and how it went. Weak is a test that only the question itself lets pass, because articles are found by
// their questions too: a customer who words it otherwise may not find the text.
type Tested struct {
	Question string `json:"question"`
	OK       bool   `json:"ok"`
	Weak     bool   `json:"weak,omitempty"`
	Said     Said   `json:"said"`
}

// Tests asks an article's own questions: of what customers read now or, with draft set, of that with the newest text in it.
func (w *Workshop) Tests(ctx context.Context, key string, draft bool) ([]Tested, error) {
	a, rev, err := w.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	var from Reader = w.Library
	questions := a.Questions
	if draft {
		k, err := w.trial(ctx, a, rev, Published)
		if err != nil {
			return nil, err
		}
		defer w.drop(k)
		from, a = k, draftOf(a, Published)
	} else if c, ok := a.Public(); ok {
		questions, a.Content = c.Questions, c
	}
	a.Questions = nil
	bare, err := w.trial(ctx, a, rev, Published)
	if err != nil {
		return nil, err
	}
	defer w.drop(bare)
	out := make([]Tested, 0, len(questions))
	for _, q := range questions {
		c := Change{Question: Question{Text: q, Lang: a.Lang, From: FromArticle, Article: key}}
		if c.After, err = w.Voice(ctx, from, a.Lang, q); err != nil {
			return nil, fmt.Errorf("test %s: %w", key, err)
		}
		if c.Before, err = w.Voice(ctx, bare, a.Lang, q); err != nil {
			return nil, fmt.Errorf("test %s: %w", key, err)
		}
		out = append(out, Tested{Question: q, OK: c.good(c.After), Weak: c.good(c.After) && !c.good(c.Before), Said: c.After})
	}
	return out, nil
}

package kb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"balie/internal/fault"
)

// Reader is the part of a library that answers.
type Reader interface {
	Search(ctx context.Context, q Query) (Result, error)
	Article(ctx context.Context, lang, id string) (Article, error)
}

// What the voice does with a question.
const (
	SaidAnswer = "answer" // quotes an article
	SaidChoose = "choose" // asks which of a few is meant
	SaidRefuse = "refuse" // does not know
	SaidFlow   = "flow"   // begins a routine: articles have no part in it
	SaidPerson = "person" // fetches a person
	SaidTalk   = "talk"   // a greeting and the like
)

// Said is what the voice says to one question, as far as an editor cares.
type Said struct {
	Act     string   `json:"act"`
	Article string   `json:"article,omitempty"` // key of the article that is quoted
	Title   string   `json:"title,omitempty"`
	Section string   `json:"section,omitempty"`
	Text    string   `json:"text,omitempty"`    // what the customer reads
	Options []string `json:"options,omitempty"` // of choose: keys of articles and names of routines
	Labels  []string `json:"labels,omitempty"`  // and how they are shown
	Flow    string   `json:"flow,omitempty"`    // of flow: its name
	Policy  string   `json:"policy,omitempty"`  // who decided
}

// Voice is whoever answers customers, made to answer one question from a library. It must be the real one, or a gate proves nothing.
type Voice func(ctx context.Context, from Reader, lang, question string) (Said, error)

// Asked is something that customers asked, without their personal data. Count says how often.
type Asked struct {
	Text  string    `json:"text"`
	Lang  string    `json:"lang"`
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
}

// Past returns what customers asked since a moment, most asked first, at most max.
type Past func(ctx context.Context, since time.Time, max int) ([]Asked, error)

// Workshop is where editors work: it tries drafts, holds them against what customers ask, and publishes. It keeps nothing but a few
// trials; who is allowed to do what is for the door to say.
type Workshop struct {
	Library *Library
	Store   Store
	Voice   Voice
	Past    Past             // nil: nobody ever asked anything
	Gaps    *Gaps            // told what is published; may be nil
	Days    int              // how far back the gate looks; 0 means 30
	Now     func() time.Time // nil: the clock
	Log     *slog.Logger     // nil: slog.Default

	once    sync.Once
	trials  trials
	mu      sync.Mutex
	reports []*Report
}

func (w *Workshop) now() time.Time {
	if w.Now == nil {
		return time.Now()
	}
	return w.Now()
}

func (w *Workshop) log() *slog.Logger {
	if w.Log == nil {
		return slog.Default()
	}
	return w.Log
}

// Sum names a text: two contents with the same sum read the same to a customer.
func (c Content) Sum() string {
	h := sha256.New()
	for _, s := range []string{c.Title, c.Body} {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Edited makes of an article the one that has a newer text: what customers read stays as it is until that is published. A plan to
// publish the older text falls away with it.
func (a Article) Edited(c Content, by, why string) Article {
	if a.State == Published {
		live := a.Content
		a.Live = &live
	}
	a.Content, a.State, a.By, a.Why, a.PublishAt = c, Draft, by, why, nil
	return a
}

// Held makes of an article the one whose newest text can be saved in a state, with what customers read set aside. Only a Workshop gives
// customers a text or takes one from them, because it asks its gate first: Published is refused, and so is Archived while there is
// something to take away.
func (a Article) Held(to State) (Article, error) {
	live, public := a.Public()
	switch {
	case to == Archived && public:
		return a, fault.New(fault.Invalid, "Customers read this article. Archive it with the call for that, which first shows what they would lose.")
	case to != Draft && to != Review && to != Archived:
		return a, fault.New(fault.Invalid, "A state is draft, review or archived; publish with the call for it.")
	case public:
		a.Live = &live
	}
	return a, nil
}

// Moved makes of an article the one in another state. Archiving takes it from customers; publishing gives them the newest text.
func (a Article) Moved(to State, by, why string) Article {
	switch {
	case to == Published || to == Archived:
		a.Live = nil
	case a.State == Published:
		live := a.Content
		a.Live = &live
	}
	a.State, a.By, a.Why, a.PublishAt = to, by, why, nil
	return a
}

// PlannedIndex is the index of articles that are to be published at a moment; see ArticleKeys.
const PlannedIndex = "planned"

// ArticleKeys are the keys under which a store finds articles: "planned/…" by the moment they are to be published.
func ArticleKeys(a Article) []string {
	if a.PublishAt == nil {
		return nil
	}
	return []string{PlannedIndex + "/" + a.PublishAt.UTC().Format(time.RFC3339)}
}

// draftOf returns an article as it would be when its newest text were published, or, for to = Archived, taken away.
func draftOf(a Article, to State) Article { return a.Moved(to, a.By, a.Why) }

// trial returns a trial of the article at key as it stands in the store, moved to a state.
func (w *Workshop) trial(ctx context.Context, a Article, rev uint64, to State) (*kept, error) {
	w.once.Do(func() { w.trials.limit = 3 })
	if err := w.Library.Sync(ctx); err != nil {
		return nil, err
	}
	w.Library.seat.Lock()
	of := w.Library.current
	w.Library.seat.Unlock()
	name := fmt.Sprintf("%s@%d>%s%d", Key(a.Lang, a.ID), rev, to, len(a.Questions))
	return w.trials.take(name, of, func() (*Trial, error) { return w.Library.Trial(ctx, draftOf(a, to)) })
}

func (w *Workshop) drop(k *kept) {
	if err := w.trials.drop(k); err != nil {
		w.log().Warn("a trial does not close", "err", err)
	}
}

// TriedHit is a passage of a try-out: a hit with the words of the question marked in it.
type TriedHit struct {
	Hit
	Snippet string `json:"snippet"`
}

// Tried is what a try-out shows: what the voice would say, and the passages it had to choose from.
type Tried struct {
	Said      Said       `json:"said"`
	Verdict   Verdict    `json:"verdict"`
	Corrected string     `json:"corrected,omitempty"`
	Hits      []TriedHit `json:"hits"`
}

// Try asks a question as a customer would: of what customers read now or, with draft set, of that with the newest text of the article
// at key in it.
func (w *Workshop) Try(ctx context.Context, key string, draft bool, lang, question string) (Tried, error) {
	if strings.TrimSpace(question) == "" {
		return Tried{}, fault.New(fault.Invalid, "Type a question to try.")
	}
	if !draft {
		return w.try(ctx, w.Library, lang, question)
	}
	a, rev, err := w.Store.Get(ctx, key)
	if err != nil {
		return Tried{}, err
	}
	k, err := w.trial(ctx, a, rev, Published)
	if err != nil {
		return Tried{}, err
	}
	defer w.drop(k)
	return w.try(ctx, k, lang, question)
}

func (w *Workshop) try(ctx context.Context, from Reader, lang, question string) (out Tried, err error) {
	res, err := from.Search(ctx, Query{Text: question, Lang: lang, Limit: 5})
	if err != nil {
		return out, err
	}
	out.Verdict, out.Corrected, out.Hits = res.Verdict, res.Corrected, make([]TriedHit, 0, len(res.Hits))
	for _, h := range res.Hits {
		out.Hits = append(out.Hits, TriedHit{h, h.Snippet(40)})
	}
	out.Said, err = w.Voice(ctx, from, lang, question)
	return out, err
}

// Publication says how an article is to be published.
type Publication struct {
	By       string
	Why      string
	At       *time.Time // later; nil: now
	Override string     // why it is published although the gate is red; "" : red refuses
	Archive  bool       // take it from customers instead
}

// Refused is the error of a publication that the gate stopped.
type Refused struct{ Report *Report }

// Error is the text for the editor.
func (r *Refused) Error() string {
	return fmt.Sprintf("The gate is red: %d questions get no good answer any more. Mend the text, or say why it may be published so.", r.Report.Red)
}

// Unwrap makes it a fault.Invalid for those who do not know Refused.
func (r *Refused) Unwrap() error { return fault.New(fault.Invalid, r.Error()) }

// Publish gives customers the newest text of an article, now or later, or takes the article away. The gate is asked first; when it is
// red and no reason is given to publish all the same, nothing is changed and the error is a Refused. The reason is kept in the
// article's history. A row that is not at rev is a fault.Conflict.
func (w *Workshop) Publish(ctx context.Context, key string, rev uint64, p Publication) (Article, uint64, *Report, error) {
	a, now, err := w.Store.Get(ctx, key)
	if err != nil {
		return a, 0, nil, err
	}
	if now != rev {
		return a, now, nil, fault.New(fault.Conflict, "Somebody saved this article in the meantime. Open it again to see what changed.")
	}
	to := Published
	if p.Archive {
		to = Archived
	}
	rep, err := w.Gate(ctx, key, to, nil)
	if err != nil {
		return a, 0, nil, err
	}
	if rep.Red > 0 && strings.TrimSpace(p.Override) == "" {
		return a, 0, rep, &Refused{rep}
	}
	why := p.Why
	if rep.Red > 0 {
		why = strings.TrimSpace(fmt.Sprintf("%s [published with %d red: %s]", why, rep.Red, p.Override))
	}
	if p.At != nil && p.At.After(w.now()) && !p.Archive {
		at := p.At.UTC().Truncate(time.Second)
		a.PublishAt, a.By, a.Why = &at, p.By, why
		if a.State == Draft {
			a.State = Review
		}
	} else {
		a = a.Moved(to, p.By, why)
	}
	rev, err = w.Store.Put(ctx, key, a, rev)
	if err == nil {
		w.published(ctx, key, a)
	}
	return a, rev, rep, err
}

// published lets everybody know who waits for it. What fails here is no reason to say that publishing failed.
func (w *Workshop) published(ctx context.Context, key string, a Article) {
	w.Library.Poke()
	if w.Gaps == nil || a.State != Published {
		return
	}
	if err := w.Gaps.Published(ctx, key, a.By); err != nil {
		w.log().Warn("the gaps of a published article stay open", "article", key, "err", err)
	}
}

// Run publishes what is planned when its time has come, and keeps trials from staying, until ctx ends.
func (w *Workshop) Run(ctx context.Context) error {
	if err := w.Library.SweepTrials(); err != nil {
		w.log().Warn("left-over trials stay", "err", err)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := w.PublishPlanned(ctx); err != nil && ctx.Err() == nil {
			w.log().Error("planned articles are not published", "err", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), w.trials.end())
		case <-tick.C:
		}
	}
}

// PublishPlanned publishes the articles whose time has come and returns how many there were. Somebody who edits one at that moment
// is first: their text is another than the one that was planned.
func (w *Workshop) PublishPlanned(ctx context.Context) (n int, err error) {
	now := w.now()
	type row struct {
		id  string
		rev uint64
		a   Article
	}
	var due []row
	err = w.Store.List(ctx, PlannedIndex, "", func(id string, rev uint64, a Article) error {
		if a.PublishAt != nil && !a.PublishAt.After(now) && len(due) < 1000 {
			due = append(due, row{id, rev, a})
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("list planned articles: %w", err)
	}
	for _, r := range due {
		_, err := w.Store.Put(ctx, r.id, r.a.Moved(Published, r.a.By, r.a.Why), r.rev)
		if err != nil && !fault.Is(err, fault.Conflict) {
			return n, fmt.Errorf("publish %s: %w", r.id, err)
		}
		if err == nil {
			w.published(ctx, r.id, r.a.Moved(Published, r.a.By, r.a.Why))
			n++
		}
	}
	return n, nil
}

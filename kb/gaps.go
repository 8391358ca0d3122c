package kb

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/internal/fault"
)

// Why a question got no good answer.
const (
	WhyRefused   = "refused"    // nobody knew
	WhyClarified = "clarified"  // what was offered was not it
	WhyHanded    = "handed"     // a person had to take over
	WhyRated     = "rated_down" // the customer said it was of no use
	WhyMarked    = "marked"     // an agent marked the answer as wrong
	WhyPage      = "page"       // a reader of a help page did not find it there
)

// Miss is one question that got no good answer, without personal data. Its ID says where it was asked, so that noting it again is not a
// second miss.
type Miss struct {
	ID      string    `json:"id"`
	Gap     string    `json:"gap"`
	Lang    string    `json:"lang"`
	Text    string    `json:"text"`
	Why     []string  `json:"why"`
	At      time.Time `json:"at"`
	Conv    string    `json:"conv,omitempty"` // the conversation; "" for a help page
	Seq     uint64    `json:"seq,omitempty"`
	Article string    `json:"article,omitempty"` // key of what was shown instead
	Near    []Near    `json:"near,omitempty"`    // what the ear thought of
}

// GapState says what was decided about a gap.
type GapState string

// The states of a gap. None of them ends by itself.
const (
	GapOpen    GapState = "open"
	GapSolved  GapState = "solved"  // an article was published for it
	GapIgnored GapState = "ignored" // it is not ours to answer, and Reason says why
)

// Gap is a question that customers ask in many wordings and the library does not answer.
type Gap struct {
	ID      string    `json:"id"`
	Lang    string    `json:"lang"`
	Text    string    `json:"text"` // the first wording
	Terms   []string  `json:"terms"`
	State   GapState  `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since"`
	Decided time.Time `json:"decided,omitzero"`
	Article string    `json:"article,omitempty"` // key of the article that is written for it
}

// GapView is a gap with its questions counted. Days holds the last 30 days, oldest first. Before and After compare the time since a
// gap was solved with as long a time before.
type GapView struct {
	Gap
	Rev      uint64         `json:"rev"`
	Count    int            `json:"count"`
	Recent   int            `json:"recent"` // of the last 30 days
	Days     []int          `json:"days"`
	Why      map[string]int `json:"why"`
	Last     time.Time      `json:"last"`
	Before   int            `json:"before"`
	After    int            `json:"after"`
	Examples []Miss         `json:"examples"` // the latest
}

// Docs is a typed collection of documents with revisions.
type Docs[T any] interface {
	Get(ctx context.Context, id string) (T, uint64, error)
	Put(ctx context.Context, id string, v T, rev uint64) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, v T) error) error
}

// Bounds of the gap list.
const (
	gapSpan     = 30 // days of a trend
	maxExamples = 12
	maxMisses   = 100_000
	gapAlike    = 0.6 // of two questions' words that must be the same
	gapsStale   = 30 * time.Second
)

// Gaps keeps the questions that got no good answer, grouped by what they ask. It is safe for many goroutines and, since each question
// has an id of its own, for many nodes.
type Gaps struct {
	Groups Docs[Gap]
	Misses Docs[Miss]
	Now    func() time.Time

	mu     sync.Mutex
	known  []Gap
	loaded time.Time
}

// Note keeps a miss and puts it in its group. Noting the same question again only adds to why. A question without a word that carries
// meaning is not kept.
func (g *Gaps) Note(ctx context.Context, m Miss) error {
	terms := gapTerms(m.Lang, m.Text)
	if len(terms) == 0 || m.ID == "" {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for range 3 {
		old, rev, err := g.Misses.Get(ctx, m.ID)
		switch {
		case err == nil:
			if !old.add(m.Why) {
				return nil
			}
			m = old
		case fault.Is(err, fault.NotFound):
			if m.Gap, err = g.groupOf(ctx, m, terms); err != nil {
				return err
			}
		default:
			return fmt.Errorf("read miss: %w", err)
		}
		if _, err = g.Misses.Put(ctx, m.ID, m, rev); err == nil {
			return nil
		}
		if !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("keep miss: %w", err)
		}
	}
	return fault.New(fault.Conflict, "Somebody else keeps noting the same question.")
}

// add adds reasons and reports whether one was new.
func (m *Miss) add(why []string) (changed bool) {
	for _, y := range why {
		if !slices.Contains(m.Why, y) {
			m.Why, changed = append(m.Why, y), true
		}
	}
	return changed
}

// groupOf returns the group of a question: the one that is most alike, or a new one.
func (g *Gaps) groupOf(ctx context.Context, m Miss, terms []string) (string, error) {
	if now := g.Now(); now.Sub(g.loaded) > gapsStale {
		g.known, g.loaded = nil, now
		err := g.Groups.List(ctx, "", "", func(_ string, _ uint64, x Gap) error { g.known = append(g.known, x); return nil })
		if err != nil {
			return "", fmt.Errorf("list gaps: %w", err)
		}
	}
	best, at := 0.0, -1
	for i, x := range g.known {
		if s := alike(x.Terms, terms); x.Lang == m.Lang && s > best {
			best, at = s, i
		}
	}
	if at >= 0 && best >= gapAlike {
		return g.known[at].ID, nil
	}
	fresh := Gap{ID: rand.Text()[:12], Lang: m.Lang, Text: m.Text, Terms: terms, State: GapOpen, Since: m.At}
	if _, err := g.Groups.Put(ctx, fresh.ID, fresh, 0); err != nil {
		return "", fmt.Errorf("keep gap: %w", err)
	}
	g.known = append(g.known, fresh)
	return fresh.ID, nil
}

// gapTerms are the words of a question that count, stemmed, each once.
func gapTerms(lang, text string) []string {
	terms := languageOf(lang).terms(firstWords(text, 60))
	slices.Sort(terms)
	return slices.Compact(terms)
}

// alike compares two sorted sets of words, 0 to 1.
func alike(a, b []string) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	both := 0
	for _, t := range a {
		if _, ok := slices.BinarySearch(b, t); ok {
			both++
		}
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}

// List returns the gaps in a state ("" for all) and language ("" for all), those that were asked most in the last 30 days first.
func (g *Gaps) List(ctx context.Context, state GapState, lang string) ([]GapView, error) {
	views := map[string]*GapView{}
	err := g.Groups.List(ctx, "", "", func(_ string, rev uint64, x Gap) error {
		if (state == "" || x.State == state) && (lang == "" || x.Lang == lang) {
			views[x.ID] = &GapView{Gap: x, Rev: rev, Days: make([]int, gapSpan), Why: map[string]int{}, Examples: []Miss{}}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list gaps: %w", err)
	}
	now, n := g.Now(), 0
	err = g.Misses.List(ctx, "", "", func(_ string, _ uint64, m Miss) error {
		if v := views[m.Gap]; v != nil {
			v.count(m, now)
		}
		if n++; n > maxMisses {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("list misses: %w", err)
	}
	var out []GapView
	for _, v := range views {
		if v.Count > 0 {
			v.trim()
			out = append(out, *v)
		}
	}
	slices.SortFunc(out, func(a, b GapView) int {
		return cmp.Or(cmp.Compare(b.Recent, a.Recent), cmp.Compare(b.Count, a.Count), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// count adds a miss to a view.
func (v *GapView) count(m Miss, now time.Time) {
	v.Count++
	if m.At.After(v.Last) {
		v.Last = m.At
	}
	if ago := int(now.Sub(m.At) / (24 * time.Hour)); ago >= 0 && ago < gapSpan {
		v.Days[gapSpan-1-ago]++
		v.Recent++
	}
	for _, y := range m.Why {
		v.Why[y]++
	}
	if span := now.Sub(v.Decided); v.State == GapSolved && span > 0 {
		switch {
		case m.At.After(v.Decided):
			v.After++
		case m.At.After(v.Decided.Add(-span)):
			v.Before++
		}
	}
	v.Examples = append(v.Examples, m)
	if len(v.Examples) >= 8*maxExamples {
		v.trim()
	}
}

// trim keeps the latest examples.
func (v *GapView) trim() {
	slices.SortFunc(v.Examples, func(a, b Miss) int { return b.At.Compare(a.At) })
	v.Examples = v.Examples[:min(len(v.Examples), maxExamples)]
}

// Get returns one gap with its questions counted.
func (g *Gaps) Get(ctx context.Context, id string) (GapView, error) {
	all, err := g.List(ctx, "", "")
	if err != nil {
		return GapView{}, err
	}
	for _, v := range all {
		if v.ID == id {
			return v, nil
		}
	}
	return GapView{}, fault.New(fault.NotFound, "There is no such gap.")
}

// Decide puts a gap in a state, with the reason; article names the one that is written for it, "" leaves it as it is. Ignoring needs a
// reason: the next editor must know it.
func (g *Gaps) Decide(ctx context.Context, id string, state GapState, reason, by, article string) error {
	if state == GapIgnored && strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "Say why this gap is to be ignored.")
	}
	if state != GapOpen && state != GapSolved && state != GapIgnored {
		return fault.New(fault.Invalid, "A gap is open, solved or ignored.")
	}
	x, rev, err := g.Groups.Get(ctx, id)
	if err != nil {
		return err
	}
	if x.State != state {
		x.Decided = g.Now()
	}
	x.State, x.Reason, x.By, x.Article = state, reason, by, cmp.Or(article, x.Article)
	if _, err := g.Groups.Put(ctx, id, x, rev); err != nil {
		return fmt.Errorf("decide on gap: %w", err)
	}
	return nil
}

// Published marks the gaps for which an article was written as solved, now that customers read it.
func (g *Gaps) Published(ctx context.Context, key, by string) error {
	var ids []string
	err := g.Groups.List(ctx, "", "", func(id string, _ uint64, x Gap) error {
		if x.Article == key && x.State == GapOpen {
			ids = append(ids, id)
		}
		return nil
	})
	for _, id := range ids {
		err = errors.Join(err, g.Decide(ctx, id, GapSolved, "", by, key))
	}
	return err
}

package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/document"
)

// mutants are the real engine with one bug planted in each, and the rule that must notice it.
var mutants = []struct {
	bug, rule string
	plant     func(Store, Options) Store
}{
	{"no conflict check", "the position is a condition", func(s Store, _ Options) Store {
		return onCommit{s, func(a *relay.Append) { a.At = chat.Any }}
	}},
	{"key ignored", "a repeated key gives the first event", withoutKeys},
	{"key ignored", "a key is for one body and one party", withoutKeys},
	{"key forgotten when closed", "a repeated key gives the first event", func(s Store, _ Options) Store {
		return &amnesia{Store: s, since: map[chat.Key]bool{}}
	}},
	{"lease to the back", "an expired lease gives the old place back", func(s Store, _ Options) Store { return &toTheBack{Store: s} }},
	{"stale lease accepted", "a lease ends, and settles nothing then", func(s Store, _ Options) Store {
		return &anyLease{Store: s, last: map[chat.ConversationID]relay.Task{}}
	}},
	{"settlement forgotten", "tasks come with their events and survive a crash", func(s Store, _ Options) Store {
		return onCommit{s, func(a *relay.Append) { a.Settle = nil }}
	}},
	{"put off means done", "a task left until later comes back", func(s Store, _ Options) Store {
		return onCommit{s, func(a *relay.Append) {
			for i := range a.Settle {
				a.Settle[i].Later = time.Time{}
			}
		}}
	}},
	{"a look asked for during a claim is lost", "a task asked for while it was claimed stays", func(s Store, _ Options) Store { return loseBumps{s} }},
	{"a refused append leaves its task", "a refused append leaves nothing", func(s Store, _ Options) Store { return leavesAnyway{s} }},
	{"values shared with the engine", "what was returned can be changed and kept", func(s Store, _ Options) Store {
		return &shares{Store: s, m: map[chat.ConversationID][]chat.Event{}}
	}},
	{"redaction in the row only", "redaction takes the words out", func(s Store, _ Options) Store {
		return &shares{Store: s, m: map[chat.ConversationID][]chat.Event{}}
	}},
	{"milliseconds", "times are whole microseconds", nil},
	{"lists stop at a page", "lists have pages, both ways, and callbacks may write", func(s Store, _ Options) Store { return onePage{s} }},
	{"lists only forward", "lists have pages, both ways, and callbacks may write", func(s Store, _ Options) Store { return forward{s} }},
	{"the feed runs ahead", "the feed skips nothing under many writers", func(s Store, _ Options) Store { return &ahead{Store: s} }},
	{"strings in a language's order", "documents are listed by key and by id", func(s Store, _ Options) Store { return collated{s} }},
	{"no revision check", "a document has a revision", func(s Store, _ Options) Store { return anyRevision{s} }},
	{"puts one by one", "documents are put all or none", func(s Store, _ Options) Store { return oneByOne{s} }},
	{"a fixed epoch", "a life has a name", func(s Store, _ Options) Store { return sameEpoch{s} }},
}

// RunMutants holds the specification to its word: each bug that is planted in front of the engine makes the rule fail that is about it.
func RunMutants(t *testing.T, engine Engine) {
	for _, m := range mutants {
		t.Run(m.bug+"/"+m.rule, func(t *testing.T) {
			bad := engine
			bad.Open = func(t T, data string, opt Options) Store {
				if m.plant == nil {
					now := opt.Now
					opt.Now = func() time.Time { return now().Truncate(time.Millisecond) }
					return engine.Open(t, data, opt)
				}
				return m.plant(engine.Open(t, data, opt), opt)
			}
			if found := Failures(t, m.rule, bad); len(found) == 0 {
				t.Errorf("nothing was noticed")
			}
		})
	}
}

// onCommit changes what is asked before the engine sees it.
type onCommit struct {
	Store
	change func(*relay.Append)
}

func (m onCommit) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	a.Drafts, a.Settle = slices.Clone(a.Drafts), slices.Clone(a.Settle)
	m.change(&a)
	return m.Store.Commit(ctx, a)
}

func withoutKeys(s Store, _ Options) Store {
	return onCommit{s, func(a *relay.Append) {
		for i := range a.Drafts {
			a.Drafts[i].Key = ""
		}
	}}
}

// amnesia knows only the keys of its own lifetime.
type amnesia struct {
	Store
	since map[chat.Key]bool
}

func (m *amnesia) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	a.Drafts = slices.Clone(a.Drafts)
	for i, d := range a.Drafts {
		if m.since[d.Key] || d.Key == "" {
			continue
		}
		m.since[d.Key] = true
		if evs, err := m.Read(ctx, a.Conv, 0, 100); err == nil && slices.ContainsFunc(evs, func(e chat.Event) bool { return e.Key == d.Key }) {
			a.Drafts[i].Key = ""
		}
	}
	return m.Store.Commit(ctx, a)
}

// toTheBack gives a task whose lease ran out only when there is nothing newer.
type toTheBack struct {
	Store
	kept []relay.Task
}

func (m *toTheBack) Claim(ctx context.Context, worker string, max int, lease time.Duration) ([]relay.Task, time.Time, error) {
	tasks, next, err := m.Store.Claim(ctx, worker, 100, lease)
	m.kept = append(m.kept, tasks...)
	slices.SortStableFunc(m.kept, func(a, b relay.Task) int { return a.Tries - b.Tries })
	n := min(max, len(m.kept))
	out := slices.Clone(m.kept[:n])
	m.kept = m.kept[n:]
	return out, next, err
}

// anyLease settles for whoever asks.
type anyLease struct {
	Store
	last map[chat.ConversationID]relay.Task
}

func (m *anyLease) Claim(ctx context.Context, worker string, max int, lease time.Duration) ([]relay.Task, time.Time, error) {
	tasks, next, err := m.Store.Claim(ctx, worker, max, lease)
	for _, t := range tasks {
		m.last[t.Conv] = t
	}
	return tasks, next, err
}

func (m *anyLease) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	for i := range a.Settle {
		a.Settle[i].Task = m.last[a.Conv]
	}
	return m.Store.Commit(ctx, a)
}

// loseBumps takes a settled task away whatever was asked meanwhile.
type loseBumps struct{ Store }

func (m loseBumps) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	done, err := m.Store.Commit(ctx, a)
	if err == nil && len(a.Settle) > 0 && len(a.Leave) == 0 {
		tasks, _, _ := m.Claim(ctx, a.Settle[0].Task.Worker, 100, time.Minute)
		for _, t := range tasks {
			if _, err := m.Store.Commit(ctx, relay.Append{Conv: t.Conv, At: chat.Any, Settle: []relay.Settle{{Task: t}}}); err != nil {
				return done, err
			}
		}
	}
	return done, err
}

type leavesAnyway struct{ Store }

func (m leavesAnyway) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	done, err := m.Store.Commit(ctx, a)
	if fault.Is(err, fault.Conflict) && len(a.Leave) > 0 {
		if _, err := m.Store.Commit(ctx, relay.Append{Conv: a.Conv, At: chat.Any, Leave: a.Leave}); err != nil {
			return done, err
		}
	}
	return done, err
}

// shares gives everybody the same events, as they were first read.
type shares struct {
	Store
	mu sync.Mutex
	m  map[chat.ConversationID][]chat.Event
}

func (m *shares) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	evs, err := m.Store.Read(ctx, conv, after, max)
	if have := m.m[conv]; err == nil && after == 0 {
		m.m[conv] = append(have[:len(have):len(have)], evs[min(len(have), len(evs)):]...)
		return m.m[conv], nil
	}
	return evs, err
}

func (m *shares) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	done, err := m.Store.Commit(ctx, a)
	if err == nil {
		_, err = m.Read(ctx, a.Conv, 0, 1000)
	}
	return done, err
}

type onePage struct{ Store }

func (m onePage) List(ctx context.Context, prefix, after string, backward bool, each func(string, chat.Conversation) bool) error {
	n := 0
	return m.Store.List(ctx, prefix, after, backward, func(k string, c chat.Conversation) bool {
		n++
		return n <= 128 && each(k, c)
	})
}

type forward struct{ Store }

func (m forward) List(ctx context.Context, prefix, after string, _ bool, each func(string, chat.Conversation) bool) error {
	return m.Store.List(ctx, prefix, after, false, each)
}

// ahead believes that whatever is written when it has read was there to be read. It dawdles until something was: else only luck shows it.
type ahead struct {
	Store
	mu   sync.Mutex
	top  uint64
	more chan struct{} // closed with the next write; nil when nobody waits for one
}

func (m *ahead) PutDocs(ctx context.Context, puts ...document.Put) ([]document.Doc, error) {
	docs, err := m.Store.PutDocs(ctx, puts...)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range docs {
		m.top = max(m.top, d.Cursor)
	}
	if m.more != nil {
		close(m.more)
		m.more = nil
	}
	return docs, err
}

func (m *ahead) DocChanges(ctx context.Context, collection string, after uint64, each func(document.Doc) bool) (uint64, error) {
	next, err := m.Store.DocChanges(ctx, collection, after, each)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.top <= next {
		if m.more == nil {
			m.more = make(chan struct{})
		}
		more := m.more
		m.mu.Unlock()
		select {
		case <-more:
		case <-time.After(50 * time.Millisecond): // nobody writes any more
		}
		m.mu.Lock()
	}
	return max(next, m.top), err
}

// collated lists as a database does that was set up for people.
type collated struct{ Store }

func (m collated) ListDocs(ctx context.Context, collection, index, prefix string, each func(document.Doc) bool) error {
	var docs []document.Doc
	err := m.Store.ListDocs(ctx, collection, index, prefix, func(d document.Doc) bool { docs = append(docs, d); return true })
	if index == "" {
		slices.SortStableFunc(docs, func(a, b document.Doc) int { return strings.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID)) })
	}
	for _, d := range docs {
		if !each(d) {
			break
		}
	}
	return err
}

type anyRevision struct{ Store }

func (m anyRevision) PutDocs(ctx context.Context, puts ...document.Put) ([]document.Doc, error) {
	puts = slices.Clone(puts)
	for i := range puts {
		puts[i].Anyway = true
	}
	return m.Store.PutDocs(ctx, puts...)
}

type oneByOne struct{ Store }

func (m oneByOne) PutDocs(ctx context.Context, puts ...document.Put) (docs []document.Doc, err error) {
	for _, p := range puts {
		d, err := m.Store.PutDocs(ctx, p)
		if err != nil {
			return nil, err
		}
		docs = append(docs, d...)
	}
	return docs, nil
}

type sameEpoch struct{ Store }

func (m sameEpoch) Epoch() string { return "always" }

package review

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/kb"
)

// Log is what a look back asks of the mail room.
type Log interface {
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
}

// Bounds of a look back.
const (
	maxConversations = 20_000
	maxEvents        = 2_000 // of one conversation
	pastFresh        = 15 * time.Second
	longTalk         = 30 * 24 * time.Hour // how long before the moment a conversation may have begun and still go on
)

// History looks through past conversations. What it found is remembered for some seconds.
type History struct {
	Log   Log
	Lists relay.Lists
	Now   func() time.Time

	mu   sync.Mutex
	from time.Time
	at   time.Time
	seen *Seen
}

// Used is how often an article was shown in an answer, and how customers took it where they said so.
type Used struct {
	Shown     int `json:"shown"`
	Helped    int `json:"helped"`
	NotHelped int `json:"not_helped"`
}

// Seen is what a look back found.
type Seen struct {
	Asked []kb.Asked      // most asked first
	Used  map[string]Used // by the key of the article
}

// Past returns what customers asked the bot since a moment, most asked first; see kb.Past.
func (h *History) Past(ctx context.Context, since time.Time, max int) ([]kb.Asked, error) {
	s, err := h.Look(ctx, since)
	if err != nil {
		return nil, err
	}
	return s.Asked[:min(len(s.Asked), max)], nil
}

// Look goes through the conversations since a moment.
func (h *History) Look(ctx context.Context, since time.Time) (*Seen, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	if apart := h.from.Sub(since).Abs(); h.seen != nil && now.Sub(h.at) < pastFresh && apart < 2*pastFresh {
		return h.seen, nil
	}
	s := &Seen{Used: map[string]Used{}}
	found := map[string]*kb.Asked{}
	err := h.Each(ctx, since, func(events []chat.Event) error {
		s.read(events, since, found)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		s.Asked = append(s.Asked, *a)
	}
	slices.SortFunc(s.Asked, func(a, b kb.Asked) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), b.Last.Compare(a.Last), strings.Compare(a.Text, b.Text))
	})
	h.seen, h.from, h.at = s, since, now
	return s, nil
}

// Each calls each with the events of every conversation that may have been going on since a moment, until it returns an error.
func (h *History) Each(ctx context.Context, since time.Time, each func([]chat.Event) error) error {
	var ids []chat.ConversationID
	err := h.Lists.All(ctx, bornAfter(since.Add(-longTalk)), func(id chat.ConversationID) bool {
		ids = append(ids, id)
		return true
	})
	if err != nil {
		return err
	}
	for _, id := range ids[max(0, len(ids)-maxConversations):] {
		events, err := h.Log.Read(ctx, id, 0, maxEvents)
		if err != nil {
			return err
		}
		if len(events) == 0 || events[len(events)-1].At.Before(since) {
			continue
		}
		if err := each(events); err != nil {
			return err
		}
	}
	return nil
}

// bornAfter is an id that comes before those of all conversations born at or after a moment: ids begin with the time.
func bornAfter(t time.Time) chat.ConversationID {
	if t.Unix() <= 0 {
		return ""
	}
	return chat.NewConversationID(t)[:9]
}

// read adds a conversation's questions and the articles shown in it.
func (s *Seen) read(events []chat.Event, since time.Time, found map[string]*kb.Asked) {
	c := chat.Conversation{}
	for _, e := range events {
		open := c.Flow != nil || c.Form != nil
		c = chat.Fold(c, e)
		if e.At.Before(since) {
			continue
		}
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleBot && m.Act == chat.ActAnswer {
			for _, src := range m.Sources {
				u := s.Used[kb.Key(src.Lang, src.Article)]
				u.Shown++
				u.take(events, e.Seq)
				s.Used[kb.Key(src.Lang, src.Article)] = u
			}
		}
		if open || !isQuestion(&c, e) {
			continue
		}
		text := Mask(e.Body.(*chat.Message).Text, c.Lang)
		name := c.Lang + "\x00" + strings.ToLower(text)
		a := found[name]
		if a == nil {
			a = &kb.Asked{Text: text, Lang: c.Lang}
			found[name] = a
		}
		a.Count++
		if e.At.After(a.Last) {
			a.Last = e.At
		}
	}
}

// take counts what became of an answer: an agent's mark on it, or the customer's verdict next after it.
func (u *Used) take(events []chat.Event, seq chat.Seq) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case *chat.Mark:
			if b.Seq == seq && b.Verdict == "wrong" {
				u.NotHelped++
				return
			}
		case *chat.Rating:
			if e.Seq > seq && b.Resolved != nil {
				if *b.Resolved {
					u.Helped++
				} else {
					u.NotHelped++
				}
				return
			}
		}
	}
}

package handoff_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// house is a desk on the real engine and mail room, with a clock that a test moves by hand. Its worker works when the test says so.
type house struct {
	*testing.T
	engine *bolt.Engine
	relay  *relay.Relay
	desk   *handoff.Desk
	people *document.Collection[handoff.Person]
	seen   *document.Collection[handoff.Presence]

	mu  sync.Mutex
	now time.Time
}

var sanne = handoff.Person{ID: "sanne", Email: "s@demo.test", Name: "Sanne", Roles: []string{handoff.RoleAgent}}
var joris = handoff.Person{ID: "joris", Email: "j@demo.test", Name: "Joris", Roles: []string{handoff.RoleAgent}}

func newHouse(t *testing.T, settings handoff.Settings) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} // a Monday, ten o'clock in Amsterdam
	e, err := bolt.Open(t.TempDir(), bolt.Options{Now: h.clock, Route: func(c *chat.Conversation, added []chat.Event) []relay.Leave { return handoff.Wants(c, added) }})
	if err != nil {
		t.Fatalf("open engine: %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	h.engine, h.relay = e, relay.New(e, e, slog.New(slog.DiscardHandler))
	h.people = document.In(e, "people", document.Options[handoff.Person]{Keys: handoff.PersonKeys})
	h.seen = document.In(e, "presence", document.Options[handoff.Presence]{})
	for _, p := range []handoff.Person{sanne, joris} {
		if err := h.people.Set(t.Context(), p.ID, p); err != nil {
			t.Fatal(err)
		}
	}
	h.restart(settings)
	return h
}

// restart makes a new desk over the same data, as after the process was started again.
func (h *house) restart(settings handoff.Settings) {
	h.desk = handoff.New(h.relay, h.engine, h.people, h.seen, settings, h.clock)
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
}

// work does every task of the desk that is due now.
func (h *house) work() {
	h.Helper()
	for range 1000 {
		tasks, _, err := h.engine.Claim(h.Context(), relay.WorkerHandoff, 10, time.Minute)
		if err != nil {
			h.Fatalf("claim: %v", err)
		}
		if len(tasks) == 0 {
			return
		}
		for _, t := range tasks {
			if err := h.desk.Work(h.Context(), t); err != nil {
				h.Fatalf("work on %q: %v", t.Name, err)
			}
		}
	}
	h.Fatal("the desk's work does not end")
}

func (h *house) append(conv chat.ConversationID, drafts ...chat.Draft) {
	h.Helper()
	if _, err := h.relay.Append(h.Context(), conv, chat.Any, drafts...); err != nil {
		h.Fatalf("append: %v", err)
	}
}

// visitor is a new conversation with a word in it.
func (h *house) visitor() chat.ConversationID {
	h.Helper()
	conv := chat.NewConversationID(h.clock())
	h.append(conv, customer(&chat.Opened{Site: "demo", Lang: "nl", Page: "https://shop.example/"}), customer(&chat.Message{Text: "ik wil mijn geld terug"}))
	return conv
}

// queued is a conversation that waits for a person.
func (h *house) queued() chat.ConversationID {
	h.Helper()
	conv := h.visitor()
	h.append(conv, customer(&chat.HumanRequested{}))
	h.work()
	h.wait(time.Second)
	return conv
}

func customer(b chat.Body) chat.Draft { return chat.Draft{By: chat.Customer, Body: b} }
func bot(b chat.Body) chat.Draft      { return chat.Draft{By: chat.Bot, Body: b} }

func (h *house) state(conv chat.ConversationID) chat.Conversation {
	h.Helper()
	c, err := h.relay.Conversation(h.Context(), conv)
	if err != nil {
		h.Fatalf("conversation: %v", err)
	}
	return c
}

func (h *house) events(conv chat.ConversationID) []chat.Event {
	h.Helper()
	evs, err := h.relay.Read(context.Background(), conv, 0, 1000)
	if err != nil {
		h.Fatalf("read: %v", err)
	}
	return evs
}

// told are the desk's own words in a conversation.
func (h *house) told(conv chat.ConversationID) []string {
	h.Helper()
	var out []string
	for _, e := range h.events(conv) {
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleSystem {
			out = append(out, m.Text)
		}
	}
	return out
}

func (h *house) available(p handoff.Person) {
	h.Helper()
	if err := h.desk.SetState(h.Context(), p, handoff.Available); err != nil {
		h.Fatalf("available: %v", err)
	}
}

func (h *house) claim(p handoff.Person, conv chat.ConversationID) chat.Conversation {
	h.Helper()
	c, err := h.desk.Claim(h.Context(), p, conv)
	if err != nil {
		h.Fatalf("claim: %v", err)
	}
	return c
}

package handoff_test

import (
	"log/slog"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

func TestALeaseIsAsLongAsTheHouseSays(t *testing.T) {
	s := handoff.DefaultSettings()
	s.Lease = 2 * time.Minute
	h := newHouse(t, s)
	h.available(sanne)
	conv := h.queued()
	h.claim(sanne, conv)
	h.wait(119 * time.Second)
	h.work()
	if c := h.state(conv); c.Owner.Agent != "sanne" {
		t.Fatalf("given back before the lease was over: %+v", c.Owner)
	}
	h.wait(2 * time.Second)
	h.work()
	if c := h.state(conv); c.Owner.Role != chat.RoleQueue || c.Owner.Reason != chat.ReasonAgentGone {
		t.Errorf("after the lease: %+v", c.Owner)
	}
}

func TestWhoIsGivenAConversationOpensItInTime(t *testing.T) {
	s := handoff.DefaultSettings()
	s.Offer, s.Lease = time.Minute, time.Hour
	h := newHouse(t, s)
	h.available(sanne)
	h.available(joris)
	give := func() chat.ConversationID {
		conv := h.queued()
		h.claim(sanne, conv)
		if _, err := h.desk.Transfer(t.Context(), sanne, conv, "", "joris", "voor jou", ""); err != nil {
			t.Fatal(err)
		}
		return conv
	}
	left, opened, answered := give(), give(), give()
	for range 2 {
		if err := h.desk.Opened(t.Context(), joris, h.state(opened)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.desk.Opened(t.Context(), sanne, h.state(left)); err != nil { // a colleague's look is not theirs
		t.Fatal(err)
	}
	if _, err := h.desk.Say(t.Context(), joris, answered, "k", "Goedendag", ""); err != nil {
		t.Fatal(err)
	}
	place := h.state(left).WaitingSince
	h.wait(61 * time.Second)
	h.work()
	if c := h.state(left); c.Owner.Role != chat.RoleQueue || c.Owner.Reason != chat.ReasonTimeout || !c.WaitingSince.Equal(place) || c.Escalated != chat.ReasonCustomer {
		t.Errorf("never opened: %+v, waits since %v (was %v), because of %s", c.Owner, c.WaitingSince, place, c.Escalated)
	}
	for _, conv := range []chat.ConversationID{opened, answered} {
		if c := h.state(conv); c.Owner.Agent != "joris" {
			t.Errorf("opened, and taken away: %+v", c.Owner)
		}
	}
	looks := 0
	for _, e := range h.events(opened) {
		if _, seen := e.Body.(*chat.Seen); seen {
			looks++
		}
	}
	if looks != 1 {
		t.Errorf("%d looks are kept, wanted one", looks)
	}
}

func TestALateReplyCountsOpenHoursOnly(t *testing.T) {
	s := handoff.DefaultSettings()
	s.Reply, s.Lease = 10*time.Minute, 1000*time.Hour
	s.Hours = handoff.Hours{Zone: "Europe/Amsterdam", Week: map[string][2]string{"monday": {"09:00", "17:00"}, "tuesday": {"09:00", "17:00"}}}
	h := newHouse(t, s) // Monday, ten o'clock
	h.available(sanne)
	conv := h.queued()
	h.claim(sanne, conv)
	urgency := func(want string) {
		t.Helper()
		if got := h.desk.Urgency(h.state(conv)); got != want {
			t.Errorf("at %s: %s, wanted %s", h.clock().Format("Mon 15:04"), got, want)
		}
	}
	h.wait(6 * time.Minute) // taken, and not a word: that is the first promise
	urgency("late")
	if _, err := h.desk.Say(t.Context(), sanne, conv, "k", "Goedendag", ""); err != nil {
		t.Fatal(err)
	}
	urgency("ok")
	h.wait(6*time.Hour + 48*time.Minute) // five to five
	h.append(conv, customer(&chat.Message{Text: "Dank u, en nu?"}))
	urgency("ok")
	h.wait(12 * time.Hour)
	urgency("ok")
	h.wait(4*time.Hour + 8*time.Minute + 30*time.Second) // past nine on Tuesday
	urgency("warn")
	h.wait(3 * time.Minute)
	urgency("late")

	at := time.Date(2026, 11, 23, 15, 59, 0, 0, time.UTC) // a minute before it shuts
	if got, want := s.Hours.After(at, 4*time.Minute), time.Date(2026, 11, 24, 8, 3, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("four open minutes later: %v, wanted %v", got, want)
	}
	if got := s.Hours.Between(at, at.Add(365*24*time.Hour)); got < 60*time.Hour {
		t.Errorf("a year counts as %v", got)
	}
	if got := (handoff.Hours{}).After(at, time.Hour); !got.Equal(at.Add(time.Hour)) {
		t.Errorf("always open: %v", got)
	}
	shut := handoff.Hours{Week: map[string][2]string{"monday": {"09:00", "09:00"}}}
	if got := shut.After(at, time.Hour); !got.IsZero() {
		t.Errorf("never open: %v", got)
	}
}

func TestASilentConversationIsClosed(t *testing.T) {
	s := handoff.DefaultSettings()
	s.Idle, s.Lease = 24*time.Hour, 1000*time.Hour
	h := newHouse(t, s)
	h.reroute(t, s.Idle)
	answered, unanswered, waiting := h.visitor(), h.visitor(), h.queued()
	h.append(answered, bot(&chat.Message{Text: "Veertien dagen.", Act: chat.ActAnswer, Re: 2}))
	halfway := h.visitor()
	h.append(halfway, bot(&chat.FlowMoved{Flow: "return", State: chat.FlowStarted}), bot(&chat.Message{Text: "Welke bestelling?", Act: chat.ActAsk, Re: 2}))
	h.wait(23 * time.Hour)
	h.work()
	h.append(answered, customer(&chat.Message{Text: "Dank u"}), bot(&chat.Message{Text: "Graag gedaan.", Re: 4}))
	h.wait(2 * time.Hour)
	h.work()
	if c := h.state(answered); c.Owner.Role != chat.RoleBot {
		t.Fatalf("closed while somebody spoke two hours ago: %+v", c.Owner)
	}
	h.wait(23 * time.Hour)
	h.work()
	if c := h.state(answered); c.Owner.Role != chat.RoleNobody || c.Code != handoff.CodeIdle {
		t.Errorf("a day of silence: %+v, code %q", c.Owner, c.Code)
	}
	h.wait(100 * time.Hour)
	h.work()
	if c := h.state(halfway); c.Owner.Role != chat.RoleBot || c.Flow == nil {
		t.Errorf("in the middle of a routine, and closed after six days: %+v", c.Owner)
	}
	h.wait(100 * time.Hour)
	h.work()
	if c := h.state(halfway); c.Owner.Role != chat.RoleNobody {
		t.Errorf("a routine that nobody goes on with for nine days: %+v", c.Owner)
	}
	for name, conv := range map[string]chat.ConversationID{"without an answer": unanswered, "in the queue": waiting} {
		if c := h.state(conv); c.Owner.Role == chat.RoleNobody {
			t.Errorf("a customer %s was sent away", name)
		}
	}
	h.append(answered, customer(&chat.Message{Text: "Toch nog iets"}), bot(&chat.Message{Text: "Zegt u het maar.", Re: 7}))
	if c := h.state(answered); c.Owner.Role != chat.RoleBot {
		t.Fatalf("not reopened: %+v", c.Owner)
	}
	h.wait(25 * time.Hour)
	h.work()
	if c := h.state(answered); c.Owner.Role != chat.RoleNobody {
		t.Errorf("reopened, and silent again: %+v", c.Owner)
	}
}

// reroute opens the house again, on an engine that also leaves the look at who still speaks.
func (h *house) reroute(t *testing.T, idle time.Duration) {
	t.Helper()
	e, err := bolt.Open(t.TempDir(), bolt.Options{Now: h.clock, Route: func(c *chat.Conversation, added []chat.Event) []relay.Leave {
		return append(handoff.Wants(c, added), handoff.WantsClose(c, added, idle)...)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close engine: %v", err)
		}
	})
	h.engine, h.relay = e, relay.New(e, e, slog.New(slog.DiscardHandler))
	h.restart(h.desk.Settings())
}

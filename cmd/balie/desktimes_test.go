package main

import (
	"log/slog"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/relay"
)

// TestTheDesksTimesAreTheSettings gives every setting of the desk another value and looks whether the rooms go by it.
func TestTheDesksTimesAreTheSettings(t *testing.T) {
	cfg := settings(t, map[string]string{"desk_session": "7m", "sla_first_answer": "8m", "sla_reply": "9m", "claim_lease": "11s", "offer_timeout": "12s", "idle_close": "13h"})
	h, err := open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	s := h.desk.Settings()
	if got := []time.Duration{time.Duration(s.SLA) * time.Second, s.Reply, h.desk.Lease(), s.Offer, s.Idle}; got[0] != 8*time.Minute || got[1] != 9*time.Minute || got[2] != 11*time.Second || got[3] != 12*time.Second || got[4] != 13*time.Hour {
		t.Errorf("first answer, reply, lease, offer, idle: %v", got)
	}
	opt, err := doors(t.Context(), h)
	if err != nil || opt.DeskSession != 7*time.Minute {
		t.Errorf("a sign-in lasts %v, %v", opt.DeskSession, err)
	}

	// What is left for later when a conversation begins is left by the route.
	at := time.Now().UTC().Truncate(time.Second)
	opened := chat.Event{Conv: "c", Seq: 1, At: at, By: chat.Customer, Body: &chat.Opened{Site: "demo", Lang: "nl"}}
	c := chat.Fold(chat.Conversation{}, opened)
	var due []time.Time
	for _, l := range route(cfg.Desk.IdleClose)(&c, []chat.Event{opened}) {
		if l.Worker == relay.WorkerHandoff && !l.Due.IsZero() {
			due = append(due, l.Due)
		}
	}
	if len(due) != 1 || !due[0].Equal(at.Add(13*time.Hour)) {
		t.Errorf("looks at who still speaks at %v", due)
	}

	var canned []string
	err = h.data.canned.List(t.Context(), "", "", func(id string, _ uint64, _ handoff.Canned) error { canned = append(canned, id); return nil })
	if err != nil || len(canned) != 3 {
		t.Errorf("a new house begins with the replies %v, %v", canned, err)
	}
}

package bottest

import (
	"errors"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Start is when a house opens: a Saturday at noon.
var Start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Now is the house's clock.
func (h *House) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Pass moves the clock, and lets the house do what became due.
func (h *House) Pass(d time.Duration) {
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	h.Work()
}

// Work does every task that is due, until none is.
func (h *House) Work() {
	h.t.Helper()
	workers := []relay.Worker{h.Worker, h.Ledger.Worker()}
	for range 200 {
		idle := true
		for _, w := range workers {
			tasks, _, err := h.Engine.Claim(h.t.Context(), w.Name(), 8, time.Minute)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, task := range tasks {
				idle = false
				h.do(w, task)
			}
		}
		if idle {
			return
		}
	}
	h.t.Fatal("the house never rests")
}

func (h *House) do(w relay.Worker, task relay.Task) {
	for range 20 {
		err := w.Work(h.t.Context(), task)
		switch {
		case err == nil, errors.Is(err, relay.ErrLease):
			return
		case fault.Is(err, fault.Conflict):
			continue
		}
		h.t.Logf("%s: %v", w.Name(), err)
		later := h.Now().Add(time.Second)
		h.Log.Commit(h.t.Context(), relay.Append{Conv: task.Conv, At: chat.Any, Settle: []relay.Settle{{Task: task, Later: later, Failed: true}}})
		return
	}
	h.t.Fatalf("%s never gets past a conflict", w.Name())
}

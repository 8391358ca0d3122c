package handoff_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

func TestOneOf64ClaimsWins(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	conv := h.queued()
	var won atomic.Int32
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			p := handoff.Person{ID: fmt.Sprint("a", i), Name: fmt.Sprint("Agent ", i), Roles: []string{handoff.RoleAgent}}
			_, err := h.desk.Claim(t.Context(), p, conv)
			var held *handoff.HeldError
			switch {
			case err == nil:
				won.Add(1)
			case !fault.Is(err, fault.Conflict) || !errors.As(err, &held) || held.Holder.Name == "":
				t.Errorf("a claim too late: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d agents have it", won.Load())
	}
	n := 0
	for _, e := range h.events(conv) {
		if o, ok := e.Body.(*chat.OwnerChanged); ok && o.To == chat.RoleAgent {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was given away %d times", n)
	}
}

func TestSilentAgentGivesItBackToTheOldPlace(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	h.available(sanne)
	conv := h.queued()
	place := h.state(conv).WaitingSince
	other := h.queued() // comes later
	h.claim(sanne, conv)
	for range 4 { // signs of life keep it
		h.wait(10 * time.Second)
		if err := h.desk.Beat(t.Context(), sanne, ""); err != nil {
			t.Fatal(err)
		}
		h.work()
	}
	if c := h.state(conv); c.Owner.Role != chat.RoleAgent {
		t.Fatalf("taken from an agent who is there: %+v", c.Owner)
	}
	for gone := time.Duration(0); h.state(conv).Owner.Role == chat.RoleAgent; gone += time.Second {
		if gone > 40*time.Second {
			t.Fatal("after 40 s of silence the agent still has it")
		}
		h.wait(time.Second)
		h.work()
		if gone < 25*time.Second && h.state(conv).Owner.Role != chat.RoleAgent {
			t.Fatalf("taken after %v of silence", gone)
		}
	}
	c := h.state(conv)
	if c.Owner.Role != chat.RoleQueue || c.Owner.Reason != chat.ReasonAgentGone || !c.WaitingSince.Equal(place) || c.Escalated != chat.ReasonCustomer {
		t.Errorf("owner %+v, waiting since %v instead of %v, came for %s", c.Owner, c.WaitingSince, place, c.Escalated)
	}
	if n, of, err := h.desk.Place(t.Context(), conv); err != nil || n != 1 || of != 2 {
		t.Errorf("place %d of %d %v", n, of, err)
	}
	if n, _, _ := h.desk.Place(t.Context(), other); n != 2 {
		t.Errorf("the other has place %d", n)
	}
	if told := h.told(conv); len(told) != 2 || !strings.Contains(told[1], "verbinding met de medewerker") {
		t.Errorf("the customer was told %q", told)
	}
}

func TestGoingOfflineGivesItBackAtOnce(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	h.available(sanne)
	conv := h.queued()
	h.claim(sanne, conv)
	if err := h.desk.SetState(t.Context(), sanne, handoff.Offline); err != nil {
		t.Fatal(err)
	}
	h.work()
	if c := h.state(conv); c.Owner.Role != chat.RoleQueue {
		t.Errorf("owner: %+v", c.Owner)
	}
	h.claim(sanne, conv) // who takes a conversation is at work
	h.wait(5 * time.Second)
	h.work()
	if c := h.state(conv); c.Owner.Role != chat.RoleAgent {
		t.Errorf("taken away again: %+v", c.Owner)
	}
}

func TestRestartGivesAgentsTimeToComeBack(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	h.available(sanne)
	conv := h.queued()
	h.claim(sanne, conv)
	h.wait(10 * time.Minute) // the house was down
	h.restart(handoff.DefaultSettings())
	h.work()
	if c := h.state(conv); c.Owner.Role != chat.RoleAgent {
		t.Fatal("taken at once: nobody could give a sign of life")
	}
	h.wait(31 * time.Second)
	h.work()
	if c := h.state(conv); c.Owner.Role != chat.RoleQueue {
		t.Errorf("not taken later either: %+v", c.Owner)
	}
}

// TestArrivalIsToldOnce lets the worker die after its claim, before and after its commit, and asks for a person again.
func TestArrivalIsToldOnce(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	conv := h.visitor()
	h.append(conv, customer(&chat.HumanRequested{}))
	tasks, _, err := h.engine.Claim(t.Context(), relay.WorkerHandoff, 1, time.Second)
	if err != nil || len(tasks) != 1 {
		t.Fatalf("claim: %v %v", tasks, err)
	}
	h.wait(2 * time.Second) // died before it did anything: the task is back
	h.work()
	if err := h.desk.Work(t.Context(), tasks[0]); err == nil { // and then it was not dead after all
		t.Error("a task whose lease ran out was settled")
	}
	h.available(sanne) // the words would be others now
	h.append(conv, customer(&chat.HumanRequested{Already: chat.RoleQueue}))
	h.work()
	if told := h.told(conv); len(told) != 1 {
		t.Errorf("told %d times: %q", len(told), told)
	}
	h.claim(sanne, conv)
	if _, err := h.desk.Transfer(t.Context(), sanne, conv, "", "", "", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("transfer to nobody: %v", err)
	}
	if _, err := h.desk.Return(t.Context(), sanne, conv, "", ""); err != nil {
		t.Fatal(err)
	}
	h.append(conv, customer(&chat.HumanRequested{}))
	h.work()
	if told := h.told(conv); len(told) != 2 {
		t.Errorf("coming into the queue a second time, told %q", told)
	}
}

func TestArrivalWords(t *testing.T) {
	week := handoff.DefaultSettings()
	week.Hours = handoff.Hours{Week: map[string][2]string{"tuesday": {"09:00", "17:00"}}}
	for _, c := range []struct {
		name     string
		settings handoff.Settings
		staffed  bool
		want     string
	}{
		{"somebody is there", handoff.DefaultSettings(), true, "U bent nummer 1 in de rij"},
		{"nobody is there", handoff.DefaultSettings(), false, "Er is nu geen medewerker vrij"},
		{"closed", week, false, "Zij zijn er weer morgen vanaf 09:00 uur"},
		{"closed, and somebody is there all the same", week, true, "U bent nummer 1 in de rij"},
	} {
		h := newHouse(t, c.settings)
		if c.staffed {
			h.available(sanne)
		}
		conv := h.queued()
		told := h.told(conv)
		if len(told) != 1 || !strings.Contains(told[0], c.want) || !strings.Contains(told[0], conv.Reference()) {
			t.Errorf("%s: %q", c.name, told)
		}
	}
}

func TestTransferReturnClose(t *testing.T) {
	s := handoff.DefaultSettings()
	s.Teams = []handoff.Team{{ID: "returns", Name: "Retouren"}}
	h := newHouse(t, s)
	h.available(sanne)
	conv := h.queued()
	place := h.state(conv).WaitingSince
	lease := h.claim(sanne, conv)
	if _, err := h.desk.Transfer(t.Context(), sanne, conv, "", "joris", "", ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("transfer to somebody who is not there: %v", err)
	}
	c, err := h.desk.Transfer(t.Context(), sanne, conv, "returns", "", "voor retouren", lease.Lease())
	if err != nil || c.Owner.Role != chat.RoleQueue || c.Team != "returns" || !c.WaitingSince.Equal(place) || c.Escalated != chat.ReasonCustomer {
		t.Errorf("transfer to a team: %+v %v", c.Owner, err)
	}
	h.available(joris)
	h.claim(sanne, conv)
	if c, err = h.desk.Transfer(t.Context(), sanne, conv, "", "joris", "", ""); err != nil || c.Owner.Agent != "joris" || !c.WaitingSince.Equal(place) {
		t.Errorf("transfer to a colleague: %+v %v", c.Owner, err)
	}
	if _, err := h.desk.Say(t.Context(), sanne, conv, "k", "x", lease.Lease()); !fault.Is(err, fault.Conflict) {
		t.Errorf("writing under an old lease: %v", err)
	}
	if c, err = h.desk.Return(t.Context(), joris, conv, "klaar", ""); err != nil || c.Owner.Role != chat.RoleBot || !c.WaitingSince.IsZero() || c.Team != "" {
		t.Errorf("return: %+v %v", c, err)
	}
	h.claim(joris, conv)
	if _, err := h.desk.Close(t.Context(), joris, conv, "nope", "", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("close with a strange code: %v", err)
	}
	if c, err = h.desk.Close(t.Context(), joris, conv, "solved", "", ""); err != nil || c.Owner.Role != chat.RoleNobody || c.Code != "solved" {
		t.Errorf("close: %+v %v", c.Owner, err)
	}
	if _, err := h.desk.Claim(t.Context(), sanne, conv); !fault.Is(err, fault.Conflict) {
		t.Errorf("claim of what is over: %v", err)
	}
	h.work() // nothing is left to do for it
}

func TestUrgencyAndWait(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	conv := h.queued()
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "ok"}, {238 * time.Second, "ok"}, {2 * time.Second, "warn"}, {time.Minute, "late"}} {
		h.wait(c.after)
		if got := h.desk.Urgency(h.state(conv)); got != c.want {
			t.Errorf("after %v more: %s, wanted %s", c.after, got, c.want)
		}
	}
	h.work() // the timer of the promise is settled, not left for ever
	if _, _, ok := h.desk.Wait(); ok {
		t.Error("a guess from nothing")
	}
	h.claim(sanne, conv)
	for range 6 {
		c := h.queued()
		h.wait(2 * time.Minute)
		h.claim(sanne, c)
	}
	if low, high, ok := h.desk.Wait(); !ok || low != 2*time.Minute || high < low {
		t.Errorf("wait %v to %v, %v", low, high, ok)
	}
}

// TestBeatKeepsTheState gives signs of life while the state is changed: none brings an old state back.
func TestBeatKeepsTheState(t *testing.T) {
	h := newHouse(t, handoff.DefaultSettings())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				h.wait(6 * time.Second)
				if err := h.desk.Beat(t.Context(), sanne, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 30 {
		s := []handoff.State{handoff.Available, handoff.Away}[i%2]
		if err := h.desk.SetState(t.Context(), sanne, s); err != nil {
			t.Fatal(err)
		}
		p, _, err := h.seen.Get(t.Context(), "sanne")
		if err != nil || p.State != s {
			t.Fatalf("set to %s and is %s %v", s, p.State, err)
		}
	}
	wg.Wait()
	if p, _, _ := h.seen.Get(t.Context(), "sanne"); p.State != handoff.Away {
		t.Errorf("at the end: %s", p.State)
	}
}

package handoff

import (
	"context"
	"fmt"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// The desk's timers.
const (
	timerLease = "lease" // look whether the agent is still there
	timerSLA   = "sla"   // a waiting customer's time is nearly gone
	timerOffer = "offer" // look whether the colleague who was given it has opened it
	timerIdle  = "idle"  // look whether anybody still speaks
)

// Name is the worker's name.
func (d *Desk) Name() string { return relay.WorkerHandoff }

// Wants says when the desk must look at a conversation: when somebody comes into the queue or leaves it.
func Wants(c *chat.Conversation, added []chat.Event) []relay.Leave {
	for _, e := range added {
		switch e.Body.(type) {
		case *chat.HumanRequested, *chat.OwnerChanged, *chat.Closed:
			return []relay.Leave{{Worker: relay.WorkerHandoff}}
		}
	}
	return nil
}

// Work does one task of the desk.
func (d *Desk) Work(ctx context.Context, t relay.Task) error {
	c, err := d.log.Conversation(ctx, t.Conv)
	if err != nil {
		return err
	}
	switch t.Name {
	case timerLease:
		return d.checkLease(ctx, t, c)
	case timerOffer:
		return d.checkOffer(ctx, t, c)
	case timerIdle:
		return d.checkIdle(ctx, t, c)
	case timerSLA:
		d.log.Hint(c.ID) // the desks look again, and see how urgent it has become
		return d.settle(ctx, t, time.Time{})
	}
	return d.look(ctx, t, c)
}

func (d *Desk) settle(ctx context.Context, t relay.Task, later time.Time) error {
	_, err := d.log.Commit(ctx, relay.Append{Conv: t.Conv, At: chat.Any, Settle: []relay.Settle{{Task: t, Later: later}}})
	return err
}

// look tells a customer who has come into the queue where they stand, exactly once for each time, and all who wait their new places.
func (d *Desk) look(ctx context.Context, t relay.Task, c chat.Conversation) error {
	a := relay.Append{Conv: c.ID, At: chat.Any, Settle: []relay.Settle{{Task: t}}}
	key := chat.Key("queued:" + c.Owner.Since.String())
	_, told, err := d.log.Keyed(ctx, c.ID, key)
	if err != nil {
		return err
	}
	if c.Owner.Role == chat.RoleQueue && !told {
		text, err := d.arrival(ctx, c)
		if err != nil {
			return err
		}
		a.At = c.Head
		a.Drafts = []chat.Draft{{By: chat.System, Key: key, Body: &chat.Message{Text: text, Lang: c.Lang, Act: chat.ActPromise}}}
		if from, within := d.promise(c); within > 0 {
			if due := d.Settings().Hours.After(from, within*8/10); !due.IsZero() {
				a.Leave = []relay.Leave{{Worker: relay.WorkerHandoff, Name: timerSLA, Due: due}}
			}
		}
	}
	if _, err := d.log.Commit(ctx, a); err != nil {
		return err
	}
	return d.tellPlaces(ctx)
}

// tellPlaces signals everybody who waits their place and the wait. It is of the moment: whoever is not there hears it on return.
func (d *Desk) tellPlaces(ctx context.Context) error {
	low, high, known := d.Wait()
	place := 0
	return d.lists.List(ctx, "queue/", "", false, func(_ string, c chat.Conversation) bool {
		place++
		s := relay.Signal{Conv: c.ID, Kind: "queue", To: chat.RoleCustomer, Position: place}
		if known {
			s.WaitLow, s.WaitHigh = low, high
		}
		d.log.Signal(s)
		return place < maxQueue
	})
}

// arrival is what a customer hears on entering the queue: never a promise the desk cannot keep.
func (d *Desk) arrival(ctx context.Context, c chat.Conversation) (string, error) {
	staffed, err := d.Staffed(ctx)
	if err != nil {
		return "", err
	}
	place, _, err := d.Place(ctx, c.ID)
	if err != nil {
		return "", err
	}
	now := d.now()
	hours := d.Settings().Hours
	ref := c.ID.Reference()
	w := words(c.Lang)
	switch {
	case c.Owner.Reason == chat.ReasonAgentGone:
		return fmt.Sprintf(w.gone, ref), nil
	case !staffed && !hours.Open(now):
		return fmt.Sprintf(w.closed, w.when(hours.Next(now), now, hours.location()), ref), nil
	case !staffed, place == 0: // nobody, or so many that a number says nothing
		return fmt.Sprintf(w.nobody, ref), nil
	}
	return fmt.Sprintf(w.queued, place, ref), nil
}

// checkLease gives a conversation back to the queue, to its old place, when its agent has given no sign of life for a lease's length.
func (d *Desk) checkLease(ctx context.Context, t relay.Task, c chat.Conversation) error {
	if c.Owner.Role != chat.RoleAgent {
		return d.settle(ctx, t, time.Time{})
	}
	pr, _, err := d.presence.Get(ctx, c.Owner.Agent)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	seen := pr.Seen
	if d.started.After(seen) {
		seen = d.started // we were down ourselves: nobody could give a sign of life
	}
	if c.Owner.At.After(seen) {
		seen = c.Owner.At
	}
	if until := seen.Add(d.settings.lease()); d.now().Before(until) && pr.State != Offline {
		return d.settle(ctx, t, until)
	}
	_, err = d.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Settle: []relay.Settle{{Task: t}},
		Drafts: []chat.Draft{{By: chat.System, Body: &chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonAgentGone, Team: c.Team}}}})
	return err
}

// phrase are the desk's own words to customers, in one language.
type phrase struct {
	queued, nobody, closed, gone string
	when                         func(next, now time.Time, loc *time.Location) string
}

var phrases = map[string]phrase{
	"nl": {
		queued: "Ik zet u door naar een medewerker. U bent nummer %d in de rij. De medewerker kan dit gesprek lezen, dus u hoeft niets te herhalen. Uw referentienummer is %s.",
		nobody: "Er is nu geen medewerker vrij. U staat in de rij en houdt uw plaats. Schrijf hier gerust alvast uw bericht. De eerste medewerker die vrij is, leest het hele gesprek. Uw referentienummer is %s.",
		closed: "Onze medewerkers zijn er nu niet. Zij zijn er weer %s. Schrijf hier uw bericht, dan lezen zij het hele gesprek en antwoorden zij hier. Uw referentienummer is %s.",
		gone:   "De verbinding met de medewerker is weggevallen. U houdt uw plaats in de rij. Een collega neemt het gesprek over en kan alles lezen. Uw referentienummer is %s.",
		when:   dutchWhen,
	},
	"en": {
		queued: "I am passing you on to a member of our team. You are number %d in the queue. They can read this conversation, so you do not have to repeat anything. Your reference number is %s.",
		nobody: "Nobody of our team is free right now. You are in the queue and keep your place. Please write your message here already. The first one who is free reads the whole conversation. Your reference number is %s.",
		closed: "Our team is not here right now. They are back %s. Write your message here: they read the whole conversation and answer here. Your reference number is %s.",
		gone:   "The connection with our team member was lost. You keep your place in the queue. A colleague takes over and can read everything. Your reference number is %s.",
		when:   englishWhen,
	},
}

func words(lang string) phrase {
	if p, ok := phrases[lang]; ok {
		return p
	}
	return phrases["nl"]
}

var dutchDays = [...]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"}

func dutchWhen(next, now time.Time, loc *time.Location) string {
	switch days := daysBetween(now, next, loc); {
	case next.IsZero():
		return "op een later moment"
	case days == 0:
		return "vandaag vanaf " + next.In(loc).Format("15:04") + " uur"
	case days == 1:
		return "morgen vanaf " + next.In(loc).Format("15:04") + " uur"
	}
	return dutchDays[next.In(loc).Weekday()] + " vanaf " + next.In(loc).Format("15:04") + " uur"
}

func englishWhen(next, now time.Time, loc *time.Location) string {
	switch days := daysBetween(now, next, loc); {
	case next.IsZero():
		return "at a later moment"
	case days == 0:
		return "today from " + next.In(loc).Format("15:04")
	case days == 1:
		return "tomorrow from " + next.In(loc).Format("15:04")
	}
	return "on " + next.In(loc).Weekday().String() + " from " + next.In(loc).Format("15:04")
}

func daysBetween(a, b time.Time, loc *time.Location) int {
	day := func(t time.Time) time.Time {
		y, m, d := t.In(loc).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(day(b).Sub(day(a)) / (24 * time.Hour))
}

// When says in words of lang when the desk opens next, as customers read it; "" when it is open now.
func (d *Desk) When(lang string) string {
	now, hours := d.now(), d.Settings().Hours
	if hours.Open(now) {
		return ""
	}
	return words(lang).when(hours.Next(now), now, hours.location())
}

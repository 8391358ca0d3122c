// Package handoff is about the people: agents, teams, opening hours, the queue, who has which conversation, and the packet
// that tells an agent everything the log knows, so that no customer tells a story twice.
//
// It decides who helps; it does not know how bytes travel or what the bot says. It meets the bot in the log.
package handoff

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Roles of people who sign in.
const (
	RoleAgent      = "agent"
	RoleEditor     = "editor"
	RoleSupervisor = "supervisor"
	RoleAdmin      = "admin"
)

// Person is somebody who signs in at the desk. Password is a hash that only the door understands.
type Person struct {
	ID       string   `json:"id"`
	Email    string   `json:"email"`
	Name     string   `json:"name"` // as customers see it
	Roles    []string `json:"roles"`
	Langs    []string `json:"langs,omitempty"`
	Team     string   `json:"team,omitempty"`
	Password string   `json:"password,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
}

// May reports whether the person has one of the roles; an admin has every role.
func (p Person) May(roles ...string) bool {
	return !p.Disabled && slices.ContainsFunc(p.Roles, func(r string) bool { return r == RoleAdmin || slices.Contains(roles, r) })
}

// PersonKeys are the keys people are found under: "email/…" in lower case.
func PersonKeys(p Person) []string { return []string{"email/" + strings.ToLower(p.Email)} }

// People is the register of persons.
type People interface {
	Get(ctx context.Context, id string) (Person, uint64, error)
	Put(ctx context.Context, id string, p Person, rev uint64) (uint64, error)
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, p Person) error) error
}

// State is whether an agent takes work.
type State string

// The states. An agent who gives no sign of life for the length of a lease counts as offline, whatever the state says.
const (
	Available State = "available"
	Away      State = "away"
	Offline   State = "offline"
)

// Presence is an agent's state and last sign of life.
type Presence struct {
	Agent string    `json:"agent"`
	Name  string    `json:"name"`
	State State     `json:"state"`
	Seen  time.Time `json:"seen"`
}

// Now returns the state as it counts at a moment, where an agent may be silent for as long as a lease.
func (p Presence) Now(now time.Time, lease time.Duration) State {
	if now.Sub(p.Seen) >= lease || p.State == "" {
		return Offline
	}
	return p.State
}

// Presences keeps the latest presence of each agent, shared by all nodes.
type Presences interface {
	Get(ctx context.Context, agent string) (Presence, uint64, error)
	Set(ctx context.Context, agent string, p Presence) error
	List(ctx context.Context, index, prefix string, each func(agent string, rev uint64, p Presence) error) error
}

// Settings are what a company says about its desk.
type Settings struct {
	Hours  Hours    `json:"hours"`
	Codes  []Code   `json:"codes"`
	Canned []Canned `json:"canned"` // the replies that a house begins with; editors keep them elsewhere from then on
	Teams  []Team   `json:"teams"`
	SLA    int      `json:"sla_s"` // seconds within which a waiting customer should be answered

	Reply time.Duration `json:"-"` // within which a person answers again; 0: nobody counts
	Lease time.Duration `json:"-"` // an agent who is silent for this long has left; 0: half a minute
	Offer time.Duration `json:"-"` // a colleague who was given a conversation opens it within this; 0: however long it takes
	Idle  time.Duration `json:"-"` // a conversation in which nobody says more is closed after this; 0: never
}

// lease is how long an agent may be silent before their conversations go back to the queue.
func (s Settings) lease() time.Duration { return cmp.Or(s.Lease, 30*time.Second) }

// Code is a wrap-up code: what a conversation was about, in the end.
type Code struct {
	ID    string            `json:"id"`
	Label map[string]string `json:"label"`
}

// Team is a group of agents with a queue of its own within the queue.
type Team struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// DefaultSettings is a desk that nobody has set up yet: always open, a handful of codes.
func DefaultSettings() Settings {
	label := func(nl, en string) map[string]string { return map[string]string{"nl": nl, "en": en} }
	return Settings{
		SLA: 300,
		Codes: []Code{
			{"solved", label("Opgelost", "Solved")},
			{"informed", label("Informatie gegeven", "Information given")},
			{"passed_on", label("Doorgegeven aan een andere afdeling", "Passed on to another department")},
			{"no_reply", label("Klant reageert niet meer", "No more reply")},
			{"spam", label("Geen echte vraag", "Not a real question")},
		},
		Canned: []Canned{
			{ID: "hello", Title: "Begroeting", Text: label("Goedendag {klant}, u spreekt met {medewerker}. Ik lees uw gesprek even door.", "Hello {customer}, you are talking to {agent}. I am reading your conversation.")},
			{ID: "moment", Title: "Een moment", Text: label("Een ogenblik, ik zoek het voor u uit.", "One moment, I am looking into it for you.")},
			{ID: "bye", Title: "Afsluiting", Text: label("Kan ik nog iets voor u doen?", "Is there anything else I can do for you?")},
		},
	}
}

// Hours are the opening hours of the desk. Without any the desk is always open.
type Hours struct {
	Zone     string               `json:"zone" yaml:"timezone"`
	Week     map[string][2]string `json:"week" yaml:"hours"` // "monday" → "08:00", "21:00"
	Holidays []string             `json:"holidays" yaml:"holidays"`
}

// zones keeps the time zones that were read: every welcome asks for one.
var zones sync.Map // name → *time.Location

func (h Hours) location() *time.Location {
	name := cmp.Or(h.Zone, "Europe/Amsterdam")
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		l = time.UTC
	}
	zones.Store(name, l)
	return l
}

// on returns when the desk opens on the day that t falls on, and when it shuts: at a time on that day's clock, whatever summer time
// does to it, "24:00" being midnight; a time before the opening is on the next day.
func (h Hours) on(t time.Time) (open, shut time.Time, ok bool) {
	t = t.In(h.location())
	span, ok := h.Week[strings.ToLower(t.Weekday().String())]
	if !ok || slices.Contains(h.Holidays, t.Format("2006-01-02")) {
		return open, shut, false
	}
	at := func(clock string, days int) (time.Time, bool) {
		if clock == "24:00" {
			clock, days = "00:00", days+1
		}
		c, err := time.Parse("15:04", clock)
		return time.Date(t.Year(), t.Month(), t.Day()+days, c.Hour(), c.Minute(), 0, 0, t.Location()), err == nil
	}
	open, ok1 := at(span[0], 0)
	shut, ok2 := at(span[1], 0)
	if ok2 && shut.Before(open) {
		shut, ok2 = at(span[1], 1)
	}
	return open, shut, ok1 && ok2
}

// Open reports whether the desk is open at t.
func (h Hours) Open(t time.Time) bool {
	if len(h.Week) == 0 {
		return true
	}
	for _, day := range []time.Time{t, t.In(h.location()).AddDate(0, 0, -1)} { // last night's hours may run into today
		if open, shut, ok := h.on(day); ok && !t.Before(open) && t.Before(shut) {
			return true
		}
	}
	return false
}

// maxSpan bounds over how many days hours are counted: whoever has waited longer has waited too long.
const maxSpan = 60

// Between returns how much of the time from one moment to another the desk was open.
func (h Hours) Between(from, to time.Time) (open time.Duration) {
	if len(h.Week) == 0 || !from.Before(to) {
		return max(0, to.Sub(from))
	}
	h.spans(from, func(a, b time.Time) bool {
		if a.Before(to) {
			open += earlier(b, to).Sub(a)
		}
		return b.Before(to)
	})
	return open
}

// After returns when the desk will have been open for d since a moment; zero if that is not within two months.
func (h Hours) After(from time.Time, d time.Duration) (at time.Time) {
	if len(h.Week) == 0 {
		return from.Add(d)
	}
	h.spans(from, func(a, b time.Time) bool {
		if left := b.Sub(a); left < d {
			d -= left
			return true
		}
		at = a.Add(d)
		return false
	})
	return at
}

// spans calls each with the times in which the desk is open from a moment on, in order, until it says stop or maxSpan days are over.
func (h Hours) spans(from time.Time, each func(open, shut time.Time) (more bool)) {
	end := from
	for d := -1; d < maxSpan; d++ { // last night's hours may run into today
		open, shut, ok := h.on(from.In(h.location()).AddDate(0, 0, d))
		if open.Before(end) {
			open = end
		}
		if !ok || !open.Before(shut) {
			continue
		}
		if end = shut; !each(open, shut) {
			return
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Next returns when the desk opens after t; zero if it does not within a month.
func (h Hours) Next(t time.Time) time.Time {
	for d := range 31 {
		day := t.In(h.location()).AddDate(0, 0, d)
		if open, _, ok := h.on(day); ok && open.After(t) {
			return open
		}
	}
	return time.Time{}
}

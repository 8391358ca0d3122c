package action

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// Limits of authority: who may do what, how sure we must be of the customer for it, and up to which amounts. They are data, one
// document with its history; where there is none the house's own stand. In every table "*" stands for the kinds that are not
// named.
type Limits struct {
	Needs       map[WriteKind]chat.Level          `json:"needs"`        // the floor: a flow may ask for more, never for less
	AgentNeeds  chat.Level                        `json:"agent_needs"`  // how sure of the customer an agent must be
	UndoMinutes map[WriteKind]int                 `json:"undo_minutes"` // how long an act can be taken back, where it can be at all
	Roles       map[chat.Role]map[WriteKind]Limit `json:"roles"`        // bot (for what customers do themselves), agent, and second (two agents agree)
	By          string                            `json:"by,omitempty"` // who set them
	Why         string                            `json:"why,omitempty"`
}

// Limit bounds the acts of one kind by one role. Zero means: no bound. A role that has no limits at all may do nothing.
type Limit struct {
	PerAct      Money `json:"per_act_cents,omitempty"`
	PerCustomer Money `json:"per_customer_cents,omitempty"`        // in 30 days, all kinds together
	PerPerson   Money `json:"per_person_day_cents,omitempty"`      // of one agent, in one day, all kinds together
	Acts        int   `json:"acts_per_customer_30_days,omitempty"` // how many
}

// Spent is what was counted of one customer, of one person's day, or of one address: each act once, by its id.
type Spent struct {
	Acts []Counted `json:"acts"`
}

// Counted is one act's share.
type Counted struct {
	ID     string     `json:"id"`
	Kind   WriteKind  `json:"kind"`
	Amount Money      `json:"amount_cents,omitempty"`
	At     time.Time  `json:"at"`
	Who    CustomerID `json:"who,omitempty"` // where the count is not one customer's
}

//go:embed limits.json
var defaultLimits []byte

// DefaultLimits are the limits of a house that has set none.
func DefaultLimits() Limits {
	var l Limits
	if err := json.Unmarshal(defaultLimits, &l); err != nil { // it is part of the program
		panic(err)
	}
	return l
}

func pick[T any](m map[WriteKind]T, k WriteKind) (T, bool) {
	v, ok := m[k]
	if !ok {
		v, ok = m["*"]
	}
	return v, ok
}

// needs is the floor for a kind. Where nothing is said, only a signed-in customer will do.
func (l Limits) needs(k WriteKind) chat.Level {
	v, ok := pick(l.Needs, k)
	if !ok || !v.AtLeast(chat.LevelOrder) {
		return chat.LevelSignedIn
	}
	return v
}

func (l Limits) agentNeeds() chat.Level { return stricter(l.AgentNeeds, chat.LevelOrder) }

func (l Limits) undoFor(k WriteKind) time.Duration {
	m, _ := pick(l.UndoMinutes, k)
	return time.Duration(m) * time.Minute
}

// limits reads the limits as they are now, and their version; 0 means the house's own.
func (l *Ledger) limits(ctx context.Context) (Limits, uint64, error) {
	v, rev, err := l.shelves.Limits.Get(ctx, LimitsID)
	if fault.Is(err, fault.NotFound) {
		return DefaultLimits(), 0, nil
	}
	if err != nil {
		return Limits{}, 0, fmt.Errorf("read limits: %w", err)
	}
	return v, rev, nil
}

// account is one count that an act must fit in.
type account struct {
	id     string
	max    Money // of the sum; 0: no bound
	acts   int
	window time.Duration
}

const month = 30 * 24 * time.Hour

// accounts are the counts that w by somebody falls under, or a refusal at once.
func (lim Limits) accounts(by chat.Party, w Write, amount Money, now time.Time) ([]account, error) {
	role := by.Role
	if role != chat.RoleAgent && role != roleSecond {
		role = chat.RoleBot
	}
	m, ok := pick(lim.Roles[role], w.Kind)
	if !ok || m.PerAct > 0 && amount > m.PerAct {
		return nil, errLimit()
	}
	var out []account
	if amount == 0 && m.Acts == 0 {
		return nil, nil
	}
	if m.PerCustomer > 0 || m.Acts > 0 {
		out = append(out, account{"customer/" + string(w.Customer), m.PerCustomer, m.Acts, month})
	}
	if m.PerPerson > 0 && role != chat.RoleBot {
		out = append(out, account{"agent/" + by.ID + "/" + now.UTC().Format("2006-01-02"), m.PerPerson, 0, 48 * time.Hour})
	}
	return out, nil
}

var errOverLimit = errors.New("over the limit of authority")

// errLimit is fault.Forbidden without a Reason of the order system: it is the house that says no.
func errLimit() error {
	return fault.Wrap(fault.Forbidden, "This is more than may be done here without a second look.", errOverLimit)
}

// whyNot is ReasonOf, the ledger's own included.
func whyNot(err error) Reason {
	if errors.Is(err, errOverLimit) {
		return OverLimit
	}
	return ReasonOf(err)
}

// fits adds an act to s, if it fits; an act that is in it already fits.
func (a account) fits(s *Spent, add Counted) bool {
	s.Acts = slices.DeleteFunc(s.Acts, func(c Counted) bool { return add.At.Sub(c.At) > a.window })
	sum, n := add.Amount, 1
	for _, c := range s.Acts {
		if c.ID == add.ID {
			return true
		}
		sum += c.Amount
		if c.Kind == add.Kind {
			n++
		}
	}
	if a.max > 0 && sum > a.max && add.Amount > 0 || a.acts > 0 && n > a.acts || len(s.Acts) >= maxCounted {
		return false
	}
	s.Acts = append(s.Acts, add)
	return true
}

// maxCounted bounds one count; nobody does as much by hand in a month.
const maxCounted = 10_000

// mayCount tells whether an act would fit now, without counting it.
func (l *Ledger) mayCount(ctx context.Context, lim Limits, by chat.Party, w Write, amount Money) error {
	accounts, err := lim.accounts(by, w, amount, l.now())
	if err != nil {
		return err
	}
	for _, a := range accounts {
		s, _, err := l.spent(ctx, a.id)
		if err != nil {
			return err
		}
		if !a.fits(&s, Counted{ID: w.Key, Kind: w.Kind, Amount: amount, At: l.now()}) {
			return errLimit()
		}
	}
	return nil
}

// reserve counts an act by its id before it is sent; repeating it counts once. When it does not fit
// everywhere it must not be sent, and release takes it off the counts it did fit.
func (l *Ledger) reserve(ctx context.Context, lim Limits, by chat.Party, w Write, amount Money) error {
	accounts, err := lim.accounts(by, w, amount, l.now())
	if err != nil {
		return err
	}
	add := Counted{ID: w.Key, Kind: w.Kind, Amount: amount, At: l.now().UTC()}
	for _, a := range accounts {
		err := l.count(ctx, a.id, func(s *Spent) bool { return a.fits(s, add) })
		if err != nil {
			return err
		}
	}
	return nil
}

// release takes an act that was not carried out off every count that it may be on.
func (l *Ledger) release(ctx context.Context, s *story) error {
	ids := []string{"customer/" + string(s.write.Customer)}
	if by := s.confirmed.By; by.Role == chat.RoleAgent { // it was counted between confirming and sending: midnight may lie between
		for _, e := range []time.Time{s.confirmed.At, s.ended.At} {
			ids = append(ids, "agent/"+by.ID+"/"+e.UTC().Format("2006-01-02"))
		}
	}
	for _, id := range slices.Compact(ids) {
		if sp, _, err := l.spent(ctx, id); err != nil {
			return err
		} else if !slices.ContainsFunc(sp.Acts, func(c Counted) bool { return c.ID == s.id }) {
			continue
		}
		err := l.count(ctx, id, func(sp *Spent) bool {
			sp.Acts = slices.DeleteFunc(sp.Acts, func(c Counted) bool { return c.ID == s.id })
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) spent(ctx context.Context, id string) (Spent, uint64, error) {
	s, rev, err := l.shelves.Spent.Get(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return s, 0, fmt.Errorf("read count %s: %w", id, err)
	}
	return s, rev, nil
}

// count changes one count by a conditional put, again and again until nobody was in between. change reporting false is
// errLimit and changes nothing.
func (l *Ledger) count(ctx context.Context, id string, change func(*Spent) bool) error {
	l.counting.Lock()
	defer l.counting.Unlock()
	for range 100 {
		s, rev, err := l.spent(ctx, id)
		if err != nil {
			return err
		}
		if !change(&s) {
			return errLimit()
		}
		if _, err = l.shelves.Spent.Put(ctx, id, s, rev); err == nil {
			return nil
		} else if !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("write count %s: %w", id, err)
		}
	}
	return fault.New(fault.Unavailable, "Too much is going on at once. Please try again.")
}

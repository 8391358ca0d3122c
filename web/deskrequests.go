package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// The desk's own reasons to refuse a decision about an act.
const (
	rankTooLow action.Reason = "rank_too_low"
	ownRequest action.Reason = "own_request"
)

// asked are the acts of a conversation that wait for a second person.
func asked(c chat.Conversation, now time.Time) (out []chat.Action) {
	for _, a := range c.Actions {
		if a.State == chat.ActionProposed && a.Reason == string(action.OverLimit) && now.Before(a.Expires) {
			out = append(out, a)
		}
	}
	return out
}

// request is an act that waits for a second person, as the one who decides sees it.
type request struct {
	ID           string              `json:"id"`
	Conversation chat.ConversationID `json:"conversation"`
	Reference    string              `json:"reference"`
	Customer     string              `json:"customer"`
	Name         string              `json:"name"`
	By           who                 `json:"by"`
	At           time.Time           `json:"at"`
	Expires      time.Time           `json:"expires"`
	Why          string              `json:"why"`
	Card         *chat.Card          `json:"card"`
	May          bool                `json:"may"` // whether you may approve it
}

// maxRequests bounds how many are shown at once.
const maxRequests = 50

// deskRequests lists what waits for a second person, oldest first: all of it to who may approve, one's own to who may not.
func (s *Server) deskRequests(r *http.Request, p handoff.Person) (any, error) {
	out := []request{}
	var found []chat.Conversation
	looked := 0
	for _, prefix := range []string{"agent/", "queue/", "bot/", "closed/"} {
		err := s.lists.List(r.Context(), prefix, "", true, func(_ string, c chat.Conversation) bool {
			if len(asked(c, s.now())) > 0 {
				found = append(found, c)
			}
			looked++
			return len(found) < maxRequests && looked < maxSearch
		})
		if err != nil {
			return nil, err
		}
	}
	for _, c := range found {
		for _, a := range asked(c, s.now()) {
			q, err := s.request(r.Context(), p, c, a, r.URL.Query().Get("lang"))
			if err != nil {
				return nil, err
			}
			if p.May(handoff.RoleSupervisor) || q.By.ID == p.ID {
				out = append(out, q)
			}
		}
	}
	slices.SortFunc(out, func(a, b request) int { return a.At.Compare(b.At) })
	return map[string]any{"requests": out}, nil
}

// request reads who asked for an act, and why: the last note that they wrote before.
func (s *Server) request(ctx context.Context, p handoff.Person, c chat.Conversation, a chat.Action, lang string) (request, error) {
	q := request{ID: a.ID, Conversation: c.ID, Reference: c.ID.Reference(), Customer: c.Customer.Name, Name: a.Name, At: a.At, Expires: a.Expires}
	proposed, before, err := s.proposal(ctx, c, a)
	if err != nil {
		return q, err
	}
	q.By = who{Role: proposed.By.Role, ID: proposed.By.ID, Name: proposed.By.Name}
	for _, e := range before {
		if n, ok := e.Body.(*chat.Note); ok && e.By.ID == q.By.ID {
			q.Why = n.Text
		}
	}
	q.May = p.May(handoff.RoleSupervisor) && q.By.ID != p.ID
	if moved, ok := proposed.Body.(*chat.ActionMoved); ok && s.opt.Acts != nil {
		if q.Card, err = s.cardOf(ctx, c, lang, *moved); err != nil {
			q.Card = nil // the order system cannot be asked now; name, person and reason are there
		}
	}
	return q, nil
}

// proposal reads the event that proposed an act, and some before it.
func (s *Server) proposal(ctx context.Context, c chat.Conversation, a chat.Action) (chat.Event, []chat.Event, error) {
	const some = 20
	from := chat.Seq(0)
	if a.Seq > some {
		from = a.Seq - some
	}
	events, err := s.log.Read(ctx, c.ID, from, int(a.Seq-from))
	if err == nil && (len(events) == 0 || events[len(events)-1].Seq != a.Seq) {
		err = fault.New(fault.NotFound, "There is no such act in this conversation.")
	}
	if err != nil {
		return chat.Event{}, nil, err
	}
	return events[len(events)-1], events[:len(events)-1], nil
}

// approveAct lets an act go ahead that a colleague asked for. The conversation stays whose it is.
func (s *Server) approveAct(ctx context.Context, p handoff.Person, id chat.ConversationID, b deskBody) (any, error) {
	if !p.May(handoff.RoleSupervisor) {
		return nil, action.Refuse(fault.Forbidden, rankTooLow, "Only a supervisor may decide this.")
	}
	c, a, err := s.waiting(ctx, id, b.Approve)
	if err != nil {
		return nil, err
	}
	proposed, _, err := s.proposal(ctx, c, a)
	if err != nil {
		return nil, err
	}
	if proposed.By.ID == p.ID {
		return nil, action.Refuse(fault.Forbidden, ownRequest, "Somebody else must approve what you asked for.")
	}
	seq, err := s.opt.Ledger.Approve(ctx, partyOf(p), id, b.Approve, b.Why)
	if err != nil {
		return nil, err
	}
	if moved, ok := proposed.Body.(*chat.ActionMoved); ok && s.opt.Acts != nil {
		s.tell(ctx, chat.System, c, *moved)
	}
	return map[string]any{"seq": seq}, nil
}

// declineAct ends a request: by who may approve it, or by the one who asked.
func (s *Server) declineAct(ctx context.Context, p handoff.Person, id chat.ConversationID, b deskBody) (any, error) {
	c, a, err := s.waiting(ctx, id, b.Decline)
	if err != nil {
		return nil, err
	}
	proposed, _, err := s.proposal(ctx, c, a)
	if err != nil {
		return nil, err
	}
	if proposed.By.ID != p.ID && !p.May(handoff.RoleSupervisor) {
		return nil, action.Refuse(fault.Forbidden, rankTooLow, "Only a supervisor may decide this.")
	}
	if b.Why == "" {
		return nil, action.Refuse(fault.Invalid, "why_missing", "Say why. Your colleagues read it later.")
	}
	seq, err := s.opt.Ledger.Decline(ctx, partyOf(p), id, b.Decline, b.Why)
	return map[string]any{"seq": seq}, err
}

// waiting finds an act that waits for a second person.
func (s *Server) waiting(ctx context.Context, id chat.ConversationID, act string) (chat.Conversation, chat.Action, error) {
	c, err := s.log.Conversation(ctx, id)
	if err != nil {
		return c, chat.Action{}, err
	}
	if c.Action(act) == nil {
		return c, chat.Action{}, fault.New(fault.NotFound, "There is no such act in this conversation.")
	}
	for _, a := range asked(c, s.now()) {
		if a.ID == act {
			return c, a, nil
		}
	}
	return c, chat.Action{}, action.Refuse(fault.Gone, action.TooLate, "This has been decided already, or its time is over.")
}

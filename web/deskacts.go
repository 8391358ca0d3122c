package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"balie/bot/flow"
	"balie/handoff"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Undoer takes back an act on the company's systems, for an agent.
type Undoer interface {
	Undo(ctx context.Context, by chat.Party, conv chat.ConversationID, action string) (chat.Seq, error)
}

// Actor carries out acts for an agent who has the conversation; Look tells what would happen and whether a second person must agree.
type Actor interface {
	Look(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any) (chat.ActionMoved, bool, error)
	Act(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any, why string) (chat.ActionMoved, chat.Seq, error)
}

// Seconder is how two people agree on what is above the limit of one.
type Seconder interface {
	Ask(ctx context.Context, by chat.Party, conv chat.ConversationID, name string, params any, why string) (chat.ActionMoved, error)
	Approve(ctx context.Context, by chat.Party, conv chat.ConversationID, id, why string) (chat.Seq, error)
	Decline(ctx context.Context, by chat.Party, conv chat.ConversationID, id, why string) (chat.Seq, error)
}

// Ledger is what the desk asks of the ledger.
type Ledger interface {
	Undoer
	Actor
	Seconder
}

// Acts are what can be done for a customer, as forms: drawn from the same flows that the bot runs.
type Acts interface {
	Acts() []flow.Act
	Choices(ctx context.Context, c chat.Conversation, lang string, order action.OrderID) (flow.Choices, error)
	Draw(ctx context.Context, c chat.Conversation, lang string, name action.WriteKind, values map[string]json.RawMessage) (action.Write, *chat.Card, error)
}

// actBody is the part of a body that is about an act: one to look at or do, or one that is there already.
type actBody struct {
	Name    action.WriteKind           `json:"name"`
	Params  map[string]json.RawMessage `json:"params"`
	Why     string                     `json:"why"`
	Lang    string                     `json:"lang"`
	Confirm string                     `json:"confirm"` // of the card that was looked at
	Undo    string                     `json:"undo"`
	Approve string                     `json:"approve"`
	Decline string                     `json:"decline"`
}

func partyOf(p handoff.Person) chat.Party {
	return chat.Party{Role: chat.RoleAgent, ID: p.ID, Name: p.Name}
}

// deskActs lists what can be done, with the fields of each.
func (s *Server) deskActs(*http.Request, handoff.Person) (any, error) {
	return map[string]any{"acts": s.acts()}, nil
}

func (s *Server) acts() []flow.Act {
	if s.opt.Acts == nil || s.opt.Ledger == nil {
		return []flow.Act{}
	}
	return s.opt.Acts.Acts()
}

// deskChoices lists what can be done in one conversation: the acts, and the customer's own orders, items and ways to pay.
func (s *Server) deskChoices(r *http.Request, _ handoff.Person) (any, error) {
	id, err := convOf(r)
	if err != nil {
		return nil, err
	}
	c, err := s.log.Conversation(r.Context(), id)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"acts": s.acts(), "choices": flow.Choices{Orders: []flow.OrderChoice{}, Methods: []flow.Labelled{}}}
	if s.opt.Acts != nil {
		q := r.URL.Query()
		out["choices"], err = s.opt.Acts.Choices(r.Context(), c, q.Get("lang"), action.OrderID(q.Get("order")))
	}
	return out, err
}

// deskAction looks at an act, does it, or decides about one that is there.
func (s *Server) deskAction(r *http.Request, p handoff.Person) (any, error) {
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	if s.opt.Ledger == nil {
		return nil, fault.New(fault.Invalid, "Nothing can be done from here.")
	}
	if b.Why, err = whyOf(b.Why); err != nil {
		return nil, err
	}
	if len(b.Confirm) > maxKey {
		return nil, fault.New(fault.TooLong, "That is not the confirmation of a card.")
	}
	var v any
	switch {
	case b.Undo != "":
		v, err = s.undoAct(r.Context(), p, id, b)
	case b.Approve != "":
		v, err = s.approveAct(r.Context(), p, id, b)
	case b.Decline != "":
		v, err = s.declineAct(r.Context(), p, id, b)
	case b.Name != "" && s.opt.Acts != nil:
		v, err = s.act(r.Context(), p, id, b)
	default:
		err = fault.New(fault.Invalid, "Say what to do, or which act to undo, approve or decline.")
	}
	return v, refusedAct(err)
}

// whyOf makes a reason fit to be kept; it may be empty.
func whyOf(why string) (string, error) {
	if strings.TrimSpace(why) == "" {
		return "", nil
	}
	if len(why) > action.MaxText {
		return "", fault.New(fault.TooLong, "The reason is too long.")
	}
	return cleanText(why)
}

func (s *Server) undoAct(ctx context.Context, p handoff.Person, id chat.ConversationID, b deskBody) (any, error) {
	if _, err := s.desk.Holds(ctx, p, id, b.Lease); err != nil {
		return nil, err
	}
	seq, err := s.opt.Ledger.Undo(ctx, partyOf(p), id, b.Undo)
	return map[string]chat.Seq{"seq": seq}, err
}

// look is what an agent sees before anything is done. Confirm goes back with the press.
type look struct {
	Card    *chat.Card `json:"card"`
	Second  bool       `json:"second"` // above the agent's limit: a second person must agree
	Confirm string     `json:"confirm"`
}

// act shows the card of an act. With the card's own confirmation it does the act, or asks a second person when it is above the limit.
func (s *Server) act(ctx context.Context, p handoff.Person, id chat.ConversationID, b deskBody) (any, error) {
	c, err := s.desk.Holds(ctx, p, id, b.Lease)
	if err != nil {
		return nil, err
	}
	if err := s.unused(ctx, c.ID, b.Confirm); err != nil {
		return nil, err
	}
	w, card, err := s.opt.Acts.Draw(ctx, c, b.Lang, b.Name, b.Params)
	if err != nil {
		return nil, err
	}
	proposed, second, err := s.opt.Ledger.Look(ctx, partyOf(p), id, string(b.Name), w)
	if err != nil {
		return nil, err
	}
	seal, err := sealOf(id, proposed.Hash, card, second)
	if err != nil {
		return nil, err
	}
	if b.Confirm == "" {
		return look{card, second, seal + "-" + rand.Text()}, nil
	}
	if b.Why == "" {
		return nil, action.Refuse(fault.Invalid, "why_missing", "Say why. Your colleagues read it later.")
	}
	if given, _, _ := strings.Cut(b.Confirm, "-"); given != seal {
		return nil, action.Refuse(fault.Conflict, action.ChangedSince, "Something changed since you saw the card. Look at it again.")
	}
	if err := s.reason(ctx, p, c, b); err != nil {
		return nil, err
	}
	if second {
		asked, err := s.opt.Ledger.Ask(ctx, partyOf(p), id, string(b.Name), w, "")
		return map[string]any{"action": asked.ID, "asked": true}, err
	}
	done, seq, err := s.opt.Ledger.Act(ctx, partyOf(p), id, string(b.Name), w, "")
	if err == nil {
		s.tell(ctx, partyOf(p), c, done)
	}
	return map[string]any{"action": done.ID, "seq": seq}, err
}

// sealOf binds a confirmation to what was on the card.
func sealOf(id chat.ConversationID, hash string, card *chat.Card, second bool) (string, error) {
	b, err := json.Marshal([]any{id, hash, card, second})
	if err != nil {
		return "", fmt.Errorf("encode card: %w", err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// confirmKey is under which name a confirmation is used up.
func confirmKey(confirm string) chat.Key { return chat.Key("deskact:" + confirm) }

// unused refuses a confirmation that was sent before.
func (s *Server) unused(ctx context.Context, id chat.ConversationID, confirm string) error {
	if confirm == "" {
		return nil
	}
	_, used, err := s.log.Keyed(ctx, id, confirmKey(confirm))
	if err == nil && used {
		err = alreadySent()
	}
	return err
}

func alreadySent() error {
	return action.Refuse(fault.Conflict, "already_sent", "This was sent already. Look in the conversation what became of it.")
}

// reason writes down why, under the name of the confirmation, and so makes the confirmation good for once: whoever sends it again, or at
// the same moment, is told so and nothing more is done.
func (s *Server) reason(ctx context.Context, p handoff.Person, c chat.Conversation, b deskBody) error {
	for range 20 {
		if err := s.unused(ctx, c.ID, b.Confirm); err != nil {
			return err
		}
		done, err := s.log.Commit(ctx, relay.Append{Conv: c.ID, At: c.Head, Drafts: []chat.Draft{{By: partyOf(p), Key: confirmKey(b.Confirm), Body: &chat.Note{Text: b.Why}}}})
		if err == nil && done.New == 0 {
			return alreadySent() // between the look and the commit: a repeated key is no mistake to the log
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
		if c, err = s.desk.Holds(ctx, p, c.ID, b.Lease); err != nil {
			return err
		}
	}
	return fault.New(fault.Unavailable, "The conversation keeps changing. Please try again.")
}

// told is what the customer reads above the card of an act that a colleague does for them: on their own, or after a second look.
var told = map[chat.Role]map[string]string{
	chat.RoleAgent:  {"nl": "Dit regel ik voor u.", "en": "I am arranging this for you."},
	chat.RoleSystem: {"nl": "Dit regelen wij voor u.", "en": "We are arranging this for you."},
}

// tell shows the customer what is being done. The act is under way whether or not that works, and its receipt is shown by itself.
func (s *Server) tell(ctx context.Context, by chat.Party, c chat.Conversation, a chat.ActionMoved) {
	lang := c.Lang
	if told[by.Role][lang] == "" {
		lang = "nl"
	}
	m := &chat.Message{Text: told[by.Role][lang], Lang: lang}
	card, err := s.cardOf(ctx, c, lang, a)
	if err == nil {
		card.Action = a.ID
		m.Card = card
		_, err = s.log.Commit(ctx, relay.Append{Conv: c.ID, At: chat.Any, Drafts: []chat.Draft{{By: by, Key: chat.Key("act:" + a.ID + ":told"), Body: m}}})
	}
	if err != nil {
		s.slog.Warn("the customer was not shown what is done for them", "conv", c.ID, "act", a.ID, "err", err)
	}
}

// cardOf draws the card of an act that was proposed before.
func (s *Server) cardOf(ctx context.Context, c chat.Conversation, lang string, a chat.ActionMoved) (*chat.Card, error) {
	var w action.Write
	if err := json.Unmarshal(a.Params, &w); err != nil {
		return nil, fmt.Errorf("decode act %s: %w", a.ID, err)
	}
	given := map[string]any{"order": w.Order, "reason": w.Reason, "method": w.Method}
	if w.Address != nil {
		given["address"] = w.Address
	}
	if w.Contact != nil {
		given["email"], given["phone"] = w.Contact.Email, w.Contact.Phone
	}
	if len(w.Items) > 0 {
		given["items"] = w.Items
	}
	if len(w.Swaps) > 0 {
		given["swaps"] = w.Swaps
	}
	values := map[string]json.RawMessage{}
	for field, v := range given {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("encode %s of act %s: %w", field, a.ID, err)
		}
		if string(b) != `""` {
			values[field] = b
		}
	}
	_, card, err := s.opt.Acts.Draw(ctx, c, lang, w.Kind, values)
	return card, err
}

// actRefusal is a refusal as the desk is told it: with its status, and the reason as a code.
type actRefusal struct {
	error
	status int
	reason action.Reason
}

func (e actRefusal) Unwrap() error { return e.error }

func (e actRefusal) extend(p *problem) {
	p.Status, p.Title, p.Reason = e.status, http.StatusText(e.status), string(e.reason)
	if e.status == http.StatusUnprocessableEntity {
		p.Code = "refused"
	}
}

// refusedAct gives the refusal of an act its status: 403 what this person may not decide, 409 what was overtaken, else 422.
func refusedAct(err error) error {
	var done actRefusal
	reason := action.WhyNot(err)
	if err == nil || reason == "" || errors.As(err, &done) || fault.Is(err, fault.Unavailable) {
		return err
	}
	status := http.StatusUnprocessableEntity
	switch {
	case reason == action.OverLimit, reason == ownRequest, reason == rankTooLow:
		status = http.StatusForbidden
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Gone), fault.Is(err, fault.NotFound):
		status = statuses[fault.KindOf(err)]
	case reason == action.LevelTooLow:
		err = fault.Wrap(fault.Forbidden, "It is not sure enough yet who the customer is. Ask for an order number with postcode, or a code.", err)
	}
	return actRefusal{err, status, reason}
}

package action

import (
	"slices"

	"balie/internal/chat"
)

// verify looks in the log, and nowhere else, for the proof that this act was confirmed by who may confirm it. It returns "" or
// the reason why it must not be carried out. Whatever bot, flow or language model made of the conversation plays no part.
func (l *Ledger) verify(c chat.Conversation, s *story, lim Limits) Reason {
	moved, _ := s.confirmed.Body.(*chat.ActionMoved)
	switch {
	case s.proposed.Body == nil || moved == nil:
		return NotProposed
	case s.badWrite != nil:
		return reasonOr(s.badWrite, BadRequest)
	case moved.Hash != "" && moved.Hash != s.proposal.Hash,
		len(moved.Params) > 0 && !sameWrite(moved, s.write):
		return HashMismatch
	case string(s.write.Customer) != c.Customer.ID:
		return WrongCustomer
	}
	switch s.confirmed.By.Role {
	case chat.RoleAgent:
		return s.byAgent(c, lim)
	case chat.RoleSystem:
		return s.byLink()
	}
	return s.byPress(lim)
}

func reasonOr(err error, other Reason) Reason {
	if r := ReasonOf(err); r != "" {
		return r
	}
	return other
}

func sameWrite(moved *chat.ActionMoved, w Write) bool {
	other, err := readWrite(moved.Params)
	return err == nil && other.Fingerprint() == w.Fingerprint()
}

// byPress looks for the press: a customer's, on a button that a message of the bot really had, about exactly this act, in time,
// by somebody of whom we were sure enough at that moment.
func (s *story) byPress(lim Limits) Reason {
	why := NoPress
	for _, p := range s.evidence {
		if p.event.By.Role != chat.RoleCustomer || p.message.Pressed == nil || p.event.Seq > s.confirmed.Seq {
			continue
		}
		if !s.pressed(p) {
			continue
		}
		switch {
		case p.event.At.After(s.proposal.Expires):
			why = TooLate
		case p.customer.ID != string(s.write.Customer):
			why = WrongCustomer
		case !p.customer.Level.AtLeast(stricter(s.proposal.Needs, lim.needs(s.write.Kind))):
			why = LevelTooLow
		default:
			return ""
		}
	}
	return why
}

// pressed tells whether p is a press that can confirm s: "confirm:ID" on the card of s, shown with or after the proposal; or, for
// an act that takes another back, "undo:" and that act's id, which the worker checks to be still undoable.
func (s *story) pressed(p evidence) bool {
	do := p.message.Pressed.Do
	confirm := do == "confirm:"+s.id
	undo := s.proposal.UndoOf != "" && do == "undo:"+s.proposal.UndoOf
	if !confirm && !undo || undo && s.used(p.event.Seq) {
		return false
	}
	for _, m := range s.evidence {
		if m.event.By.Role != chat.RoleBot || m.event.Seq >= p.event.Seq {
			continue
		}
		shown := slices.ContainsFunc(m.message.Buttons, func(b chat.Button) bool { return b.ID == p.message.Pressed.ID && b.Do == do })
		card := m.message.Card != nil && m.message.Card.Action == s.id && m.event.Seq+maxApart >= s.proposed.Seq
		if shown && (undo || card && p.event.Seq > s.proposed.Seq) {
			return true
		}
	}
	return false
}

// used tells whether a press to undo has served another act already: one press, one act.
func (s *story) used(press chat.Seq) bool {
	return slices.ContainsFunc(s.rivals, func(r rival) bool {
		return r.undoes == s.proposal.UndoOf && r.seq > press && r.seq < s.proposed.Seq
	})
}

// maxApart is how far before its proposal a card may stand: they are drafts of one commit, in any order.
const maxApart = 20

// byAgent: an agent confirms what the same agent proposed, or, where a second person was asked for, what another did.
func (s *story) byAgent(c chat.Conversation, lim Limits) Reason {
	switch {
	case s.confirmed.By.ID == "" || s.proposed.By.Role != chat.RoleAgent || s.asked() == (s.proposed.By.ID == s.confirmed.By.ID):
		return NoPress
	case s.confirmed.At.After(s.proposal.Expires):
		return TooLate
	case !c.Customer.Level.AtLeast(lim.agentNeeds()):
		return LevelTooLow
	}
	return ""
}

// byLink: the link in a notice takes back the act it tells of. That the link was real is checked where it is opened; no other
// hand of the house confirms anything.
func (s *story) byLink() Reason {
	if s.proposal.UndoOf == "" || s.confirmed.By.ID != linkParty.ID || s.proposed.By != s.confirmed.By {
		return NoPress
	}
	return ""
}

// linkParty is who acts when somebody opens the link of a notice.
var linkParty = chat.Party{Role: chat.RoleSystem, ID: "undo-link"}

// stricter returns the higher of two levels.
func stricter(a, b chat.Level) chat.Level {
	if a.AtLeast(b) {
		return a
	}
	return b
}

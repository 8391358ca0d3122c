package web

import (
	"context"
	"net/http"
	"strings"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/kb"
)

// keptTest is what became of a question that somebody at the desk found worth keeping.
type keptTest struct {
	Article  string `json:"article"`
	Question string `json:"question"`
	Kept     bool   `json:"kept"` // it is a test now; else an editor decides
}

// deskKeepTest makes of a customer's question a test of the article that answered it: at once where an editor asks, else as a proposal.
// What is personal in the question is taken out.
func (s *Server) deskKeepTest(r *http.Request, p handoff.Person) (any, error) {
	if s.opt.Editors == nil {
		return nil, fault.New(fault.NotFound, "There are no editors here.")
	}
	id, b, err := deskCall(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	c, err := s.log.Conversation(ctx, id)
	if err != nil {
		return nil, err
	}
	said, err := s.botLine(ctx, id, b.Seq)
	if err != nil {
		return nil, err
	}
	article, err := sourceOf(said, b.Article, c.Lang)
	if err != nil {
		return nil, err
	}
	question := b.Text
	if strings.TrimSpace(question) == "" {
		if question, err = s.askedBefore(ctx, id, said.Re); err != nil {
			return nil, err
		}
	}
	lang, _, _ := strings.Cut(article, "/")
	if s.opt.Editors.Mask != nil {
		question = s.opt.Editors.Mask(question, lang)
	}
	out := keptTest{Article: article, Question: strings.Join(strings.Fields(question), " "), Kept: p.May(handoff.RoleEditor)}
	if out.Kept {
		return out, s.addTest(ctx, article, out.Question, p.Name)
	}
	return out, s.propose(ctx, out, id, b.Seq, p)
}

// botLine reads one line of the bot.
func (s *Server) botLine(ctx context.Context, id chat.ConversationID, seq chat.Seq) (*chat.Message, error) {
	if seq > 0 {
		events, err := s.log.Read(ctx, id, seq-1, 1)
		if err != nil {
			return nil, err
		}
		if len(events) == 1 && events[0].By.Role == chat.RoleBot {
			if m, ok := events[0].Body.(*chat.Message); ok {
				return m, nil
			}
		}
	}
	return nil, fault.New(fault.NotFound, "That is not a line of the bot.")
}

// sourceOf is the key of the article behind an answer; want chooses where there are several.
func sourceOf(m *chat.Message, want, lang string) (string, error) {
	for _, src := range m.Sources {
		l := src.Lang
		if l == "" {
			l = language(lang)
		}
		if key := kb.Key(l, src.Article); want == "" || want == key {
			return key, nil
		}
	}
	return "", fault.New(fault.Invalid, "That line does not quote such an article.")
}

// maxBack bounds how far back a question is looked for.
const maxBack = 100

// askedBefore is what the customer last typed up to an event.
func (s *Server) askedBefore(ctx context.Context, id chat.ConversationID, seq chat.Seq) (string, error) {
	from := chat.Seq(0)
	if seq > maxBack {
		from = seq - maxBack
	}
	events, err := s.log.Read(ctx, id, from, int(seq-from))
	if err != nil {
		return "", err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if m, ok := events[i].Body.(*chat.Message); ok && events[i].By.Role == chat.RoleCustomer && m.Pressed == nil && m.Submit == nil {
			return m.Text, nil
		}
	}
	return "", fault.New(fault.NotFound, "There is no question of the customer before that line.")
}

// addTest makes a question a test of an article, whoever saves it at the same moment.
func (s *Server) addTest(ctx context.Context, key, question, by string) error {
	for range 5 {
		a, rev, err := s.opt.Articles.Get(ctx, key)
		if err != nil {
			return err
		}
		with, err := a.WithQuestion(question, by)
		if err != nil || len(with.Questions) == len(a.Questions) {
			return err
		}
		if _, err = s.opt.Articles.Put(ctx, key, with, rev); err == nil {
			s.poke()
		}
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return errSaved
}

func (s *Server) propose(ctx context.Context, k keptTest, id chat.ConversationID, seq chat.Seq, p handoff.Person) error {
	if _, _, err := s.opt.Articles.Get(ctx, k.Article); err != nil {
		return err
	}
	if _, err := (kb.Article{}).WithQuestion(k.Question, p.Name); err != nil {
		return err
	}
	q := kb.Proposal{ID: string(id) + "-" + seq.String(), Article: k.Article, Question: k.Question, By: p.Name, At: s.now().UTC(), Conv: string(id), Seq: uint64(seq)}
	_, err := s.opt.Editors.Proposals.Put(ctx, q.ID, q, 0)
	if fault.Is(err, fault.Conflict) {
		err = nil // proposed already
	}
	return err
}

// maxProposals bounds the list of proposals.
const maxProposals = 500

// kbProposals are the questions that the desk proposes as tests.
func (s *Server) kbProposals(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	out := []kb.Proposal{}
	err := s.opt.Editors.Proposals.List(r.Context(), "", "", func(_ string, _ uint64, q kb.Proposal) error {
		if len(out) < maxProposals {
			out = append(out, q)
		}
		return nil
	})
	return map[string]any{"proposals": out}, err
}

// kbDecideProposal takes a proposal, as it is or mended, or leaves it; either way it is off the list.
func (s *Server) kbDecideProposal(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Take     bool   `json:"take"`
		Question string `json:"question"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	ctx, id := r.Context(), clip(r.PathValue("proposal"), 100)
	q, rev, err := s.opt.Editors.Proposals.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if in.Take {
		if strings.TrimSpace(in.Question) != "" {
			q.Question = clip(in.Question, maxMessage)
		}
		if err := s.addTest(ctx, q.Article, q.Question, p.Name); err != nil {
			return nil, err
		}
	}
	if err := s.opt.Editors.Proposals.Delete(ctx, id, rev); err != nil && !fault.Is(err, fault.Conflict) {
		return nil, err
	}
	return q, nil
}

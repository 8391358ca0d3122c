package web

import (
	"net/http"
	"strconv"
	"strings"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

func (s *Server) kbGaps(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	q := r.URL.Query()
	gaps, err := s.opt.Editors.Gaps.List(r.Context(), kb.GapState(q.Get("state")), clip(q.Get("lang"), 20))
	if gaps == nil {
		gaps = []kb.GapView{}
	}
	return map[string]any{"gaps": gaps[:min(len(gaps), 500)], "total": len(gaps)}, err
}

// kbGap returns one gap, with an answer that an agent gave to one of its questions.
func (s *Server) kbGap(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	g, err := s.opt.Editors.Gaps.Get(r.Context(), r.PathValue("gap"))
	if err != nil {
		return nil, err
	}
	answer, err := s.goodAnswer(r, g)
	if err != nil {
		return nil, err
	}
	examples, err := s.withTaught(r, g.Examples)
	return struct {
		kb.GapView
		Examples []gapMiss `json:"examples"`
		Answer   string    `json:"answer,omitempty"`
	}{g, examples, answer}, err
}

// goodAnswer is the longest answer that an agent gave to one of a gap's latest questions; "" if nobody did.
func (s *Server) goodAnswer(r *http.Request, g kb.GapView) (best string, err error) {
	if s.opt.Editors.Answer == nil {
		return "", nil
	}
	for _, m := range g.Examples {
		if m.Conv == "" {
			continue
		}
		answer, err := s.opt.Editors.Answer(r.Context(), m.Conv, m.Seq, m.Lang)
		if err != nil {
			return "", err
		}
		if len(answer) > len(best) {
			best = answer
		}
	}
	return best, nil
}

func (s *Server) kbDecideGap(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		State   kb.GapState `json:"state"`
		Reason  string      `json:"reason"`
		Article string      `json:"article"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	id := r.PathValue("gap")
	if err := s.opt.Editors.Gaps.Decide(r.Context(), id, in.State, clip(in.Reason, 1000), p.Name, clip(in.Article, 300)); err != nil {
		return nil, err
	}
	return s.opt.Editors.Gaps.Get(r.Context(), id)
}

// maxDraftQuestions is how many of a gap's wordings become tests of its article.
const maxDraftQuestions = 5

// kbDraftFromGap makes the draft of an article out of a gap: its wordings are the tests, an agent's good answer is the text.
func (s *Server) kbDraftFromGap(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		ID    string `json:"id"`
		Title string `json:"title"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	g, err := s.opt.Editors.Gaps.Get(r.Context(), r.PathValue("gap"))
	if err != nil {
		return nil, err
	}
	if !articleName.MatchString(in.ID) {
		return nil, fault.New(fault.Invalid, "An id has small letters, digits and dashes.")
	}
	body, err := s.goodAnswer(r, g)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(in.Title) == "" {
		in.Title = clip(g.Text, 120)
	}
	a := kb.Article{ID: in.ID, Lang: g.Lang, State: kb.Draft, By: p.Name, Owner: p.Name, Why: "gap: " + clip(g.Text, 200),
		Content: kb.Content{Title: in.Title, Questions: wordings(g), Body: body + "\n"}}
	if _, err := kb.Parse(a.Markdown()); err != nil {
		return nil, err
	}
	rev, err := s.opt.Articles.Put(r.Context(), kb.Key(a.Lang, a.ID), a, 0)
	if fault.Is(err, fault.Conflict) {
		err = fault.Wrap(fault.Conflict, "There is an article with this id already.", err)
	}
	if err == nil {
		err = s.opt.Editors.Gaps.Decide(r.Context(), g.ID, kb.GapOpen, "", p.Name, kb.Key(a.Lang, a.ID))
	}
	return tagged(w, a, rev, err)
}

// wordings are the different ways in which a gap's question was asked, the latest first.
func wordings(g kb.GapView) []string {
	var out []string
	seen := map[string]bool{}
	for _, m := range g.Examples {
		if name := strings.ToLower(m.Text); !seen[name] && len(out) < maxDraftQuestions && !strings.Contains(m.Text, "…") {
			seen[name] = true
			out = append(out, m.Text)
		}
	}
	if len(out) == 0 {
		out = append(out, g.Text)
	}
	return out
}

// helpful takes a reader's answer to "was this of use". It needs no script, and anybody may give it, so it counts and decides nothing.
func (s *Server) helpful(w http.ResponseWriter, r *http.Request) {
	lang, id := r.PathValue("lang"), r.PathValue("article")
	if !s.pace.allow("useful:"+s.clientIP(r), "useful") {
		s.refuse(w, r, fault.New(fault.RateLimited, "That is a little fast. Please wait a moment."))
		return
	}
	a, err := s.opt.Library.Article(r.Context(), language(lang), id)
	if err != nil || a.Internal {
		s.notFound(w, language(lang))
		return
	}
	yes, missing := r.FormValue("useful") == "yes", clip(strings.TrimSpace(r.FormValue("missing")), 500)
	if err := s.vote(r, a, yes, missing); err != nil {
		s.refuse(w, r, err)
		return
	}
	thanks := "yes"
	if !yes && missing == "" {
		thanks = "no" // and asks what was looked for
	}
	http.Redirect(w, r, "/help/"+a.Lang+"/"+a.ID+"?thanks="+thanks+"#useful", http.StatusSeeOther)
}

// vote counts an answer; what a reader missed becomes a gap's question.
func (s *Server) vote(r *http.Request, a kb.Article, yes bool, missing string) error {
	ed, key := s.opt.Editors, kb.Key(a.Lang, a.ID)
	if missing != "" && !yes && ed.Gaps != nil {
		text := missing
		if ed.Mask != nil {
			text = ed.Mask(missing, a.Lang)
		}
		now := s.now().UTC()
		return ed.Gaps.Note(r.Context(), kb.Miss{ID: "page/" + strconv.FormatInt(now.UnixNano(), 36), Lang: a.Lang, Text: text,
			Why: []string{kb.WhyPage}, At: now, Article: key})
	}
	for range 5 {
		v, rev, err := ed.Votes.Get(r.Context(), key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if yes {
			v.Yes++
		} else {
			v.No++
		}
		if _, err = ed.Votes.Put(r.Context(), key, v, rev); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "Many people answer at this moment. Please try again.")
}

package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

// Editors is what the editors' calls need beyond the articles.
type Editors struct {
	Workshop *kb.Workshop
	Gaps     *kb.Gaps
	Works    ListedDocs[kb.Work] // what is typed and not saved, by person and article
	Votes    ListedDocs[kb.Votes]
	Pictures kb.Pictures

	Proposals kb.ProposalDocs // what the desk proposes as tests
	Lessons   *kb.Lessons     // what editors teach the ear
	Intents   []Intent        // that they can teach

	// Used says of articles, by key, how often an answer quoted them lately, and how many customers said that it helped or not.
	Used func(ctx context.Context) (map[string][3]int, error)
	// Answer returns what an agent answered in a conversation after an event, without personal data; "" if nobody did.
	Answer func(ctx context.Context, conv string, seq uint64, lang string) (string, error)
	// Mask takes personal data out of a text.
	Mask func(text, lang string) string
}

// ListedDocs is a collection of documents that can be gone through.
type ListedDocs[T any] interface {
	Docs[T]
	List(ctx context.Context, index, prefix string, each func(id string, rev uint64, v T) error) error
}

// editorRoutes are the calls of the editors' pages.
func (s *Server) editorRoutes(mux router, readers, writers []string) {
	if s.opt.Editors == nil {
		return
	}
	for pattern, call := range map[string]func(http.ResponseWriter, *http.Request, handoff.Person) (any, error){
		"POST /api/v1/kb/articles/{lang}/{id}/state":      s.kbState,
		"POST /api/v1/kb/articles/{lang}/{id}/restore":    s.kbRestore,
		"POST /api/v1/kb/articles/{lang}/{id}/translated": s.kbTranslated,
		"GET /api/v1/kb/articles/{lang}/{id}/work":        s.kbWork,
		"PUT /api/v1/kb/articles/{lang}/{id}/work":        s.kbKeepWork,
		"DELETE /api/v1/kb/articles/{lang}/{id}/work":     s.kbDropWork,
		"GET /api/v1/kb/articles/{lang}/{id}/tests":       s.kbTests,
		"POST /api/v1/kb/articles/{lang}/{id}/tests":      s.kbKeepTest,
		"POST /api/v1/kb/articles/{lang}/{id}/gate":       s.kbGate,
		"POST /api/v1/kb/preview":                         s.kbPreview,
		"POST /api/v1/kb/try":                             s.kbTry,
		"PUT /api/v1/kb/gaps/{gap}":                       s.kbDecideGap,
		"POST /api/v1/kb/gaps/{gap}/draft":                s.kbDraftFromGap,
		"POST /api/v1/kb/import":                          s.kbImport,
		"PUT /api/v1/kb/proposals/{proposal}":             s.kbDecideProposal,
		"POST /api/v1/kb/examples":                        s.kbTeach,
		"DELETE /api/v1/kb/examples/{example}":            s.kbForget,
		"POST /api/v1/kb/pictures":                        s.kbPicture,
	} {
		s.kbRoute(mux, pattern, call, writers)
	}
	s.kbRoute(mux, "GET /api/v1/kb/gaps", s.kbGaps, readers)
	s.kbRoute(mux, "GET /api/v1/kb/gaps/{gap}", s.kbGap, readers)
	s.kbRoute(mux, "GET /api/v1/kb/proposals", s.kbProposals, readers)
	s.kbRoute(mux, "GET /api/v1/kb/examples", s.kbExamples, readers)
	s.kbRoute(mux, "GET /api/v1/kb/intents", s.kbIntents, readers)
	s.kbRoute(mux, "GET /api/v1/kb/export", s.kbExport, readers)
	mux.HandleFunc("GET "+kb.PicturePath+"{name}", s.showPicture)
}

// kbRestore makes the text of an earlier revision the newest one. It is a new revision: nothing is lost by it.
func (s *Server) kbRestore(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Rev  *uint64 `json:"rev"`
		From uint64  `json:"from"`
		Why  string  `json:"why"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	old, err := s.revision(r, in.From)
	if err != nil {
		return nil, err
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) error {
		*a = a.Edited(old.Content, p.Name, clip(in.Why, 1000))
		return nil
	})
}

// translationOf notes which text of which article a is a translation of.
func (s *Server) translationOf(ctx context.Context, a *kb.Article, lang string) error {
	source, rev, err := s.opt.Articles.Get(ctx, kb.Key(language(lang), a.ID))
	if err != nil {
		return err
	}
	a.Source, a.SourceOf, a.SourceSum = rev, source.Lang, source.Sum()
	return nil
}

// kbTranslated says that a translation is true to its source as it is now.
func (s *Server) kbTranslated(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Rev      *uint64 `json:"rev"`
		SourceOf string  `json:"source_of"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) error {
		if in.SourceOf == a.Lang {
			return fault.New(fault.Invalid, "An article is no translation of itself.")
		}
		return s.translationOf(r.Context(), a, in.SourceOf)
	})
}

// aboutItems adds to the list what is not in an article itself.
func (s *Server) aboutItems(ctx context.Context, p handoff.Person, items []articleItem) error {
	sums := map[string]string{}
	for _, it := range items {
		sums[kb.Key(it.Lang, it.ID)] = it.sum
	}
	about := figures{votes: map[string]kb.Votes{}, works: map[string]bool{}}
	if s.opt.Editors != nil {
		if err := about.read(ctx, s.opt.Editors, p); err != nil {
			return err
		}
	}
	for i := range items {
		it := &items[i]
		k := kb.Key(it.Lang, it.ID)
		if src, ok := sums[it.source[0]]; ok {
			it.Stale = src != it.source[1]
		}
		u, v := about.used[k], about.votes[k]
		it.Used, it.Unsaved = u[0], about.works[k]
		yes, no := u[1]+v.Yes, u[2]+v.No
		if said := yes + no; said > 0 {
			share := (100*yes + said/2) / said
			it.Helpful = &share
		}
	}
	return nil
}

// figures is what is known of articles beside their rows, by key.
type figures struct {
	used  map[string][3]int
	votes map[string]kb.Votes
	works map[string]bool
}

func (f *figures) read(ctx context.Context, ed *Editors, p handoff.Person) (err error) {
	if ed.Used != nil {
		if f.used, err = ed.Used(ctx); err != nil {
			return err
		}
	}
	err = ed.Votes.List(ctx, "", "", func(id string, _ uint64, v kb.Votes) error { f.votes[id] = v; return nil })
	if err != nil {
		return err
	}
	mine := workID(p, "")
	return ed.Works.List(ctx, "", mine, func(id string, _ uint64, _ kb.Work) error { f.works[strings.TrimPrefix(id, mine)] = true; return nil })
}

func workID(p handoff.Person, key string) string { return p.ID + "/" + key }

// kbWork returns what this person typed and did not save; 404 if there is nothing.
func (s *Server) kbWork(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	work, _, err := s.opt.Editors.Works.Get(r.Context(), workID(p, k))
	return work, err
}

// kbKeepWork keeps what this person typed, so that a closed window loses nothing. The latest is always right.
func (s *Server) kbKeepWork(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	var in kb.Work
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if len(in.Content.Body) > kb.MaxArticle {
		return nil, fault.New(fault.TooLong, "That is more than one article may have.")
	}
	in.At = s.now().UTC()
	return map[string]time.Time{"at": in.At}, s.opt.Editors.Works.Set(r.Context(), workID(p, k), in)
}

func (s *Server) kbDropWork(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	_, rev, err := s.opt.Editors.Works.Get(r.Context(), workID(p, k))
	if err == nil {
		err = s.opt.Editors.Works.Delete(r.Context(), workID(p, k), rev)
	}
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		err = nil // gone already, or newer work has come since
	}
	return nil, err
}

// kbPreview renders a text as customers will see it, with hints for the writer.
func (s *Server) kbPreview(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	var in struct {
		Lang      string   `json:"lang"`
		Title     string   `json:"title"`
		Body      string   `json:"body"`
		ReviewBy  string   `json:"review_by"`
		Questions []string `json:"questions"`
		Internal  bool     `json:"internal"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	a := kb.Article{Lang: language(in.Lang), Content: kb.Content{Title: in.Title, Body: in.Body, ReviewBy: in.ReviewBy, Questions: in.Questions, Internal: in.Internal}}
	hints, err := s.opt.Editors.Workshop.Hints(r.Context(), a)
	if hints == nil {
		hints = []kb.Hint{}
	}
	return map[string]any{"html": s.opt.Render(in.Body), "hints": hints}, err
}

// tried is what a try-out shows, with what the bot would say as HTML.
type tried struct {
	kb.Tried
	HTML string `json:"html"`
}

func (s *Server) kbTry(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	var in struct {
		Question string `json:"question"`
		Lang     string `json:"lang"`
		Article  string `json:"article"` // lang/id
		Draft    bool   `json:"draft"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	t, err := s.opt.Editors.Workshop.Try(r.Context(), in.Article, in.Draft, language(in.Lang), clip(in.Question, maxMessage))
	return tried{t, s.opt.Render(t.Said.Text)}, err
}

func (s *Server) kbTests(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	tests, err := s.opt.Editors.Workshop.Tests(r.Context(), k, r.URL.Query().Get("draft") != "")
	return map[string]any{"tests": tests}, err
}

// kbKeepTest keeps a question as a test of the article: it becomes part of the newest text. One that is there already changes nothing.
func (s *Server) kbKeepTest(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Rev      *uint64 `json:"rev"`
		Question string  `json:"question"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) (err error) {
		*a, err = a.WithQuestion(in.Question, p.Name)
		return err
	})
}

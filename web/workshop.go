package web

import (
	"context"
	"encoding/json"
	"errors"
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
	Works    Docs[kb.Work] // what is typed and not saved, by person and article
	Votes    Docs[kb.Votes]

	// Used says of articles, by key, how often an answer quoted them lately, and how many customers said that it helped or not.
	Used func(ctx context.Context) (map[string][3]int, error)
	// Answer returns what an agent answered in a conversation after an event, without personal data; "" if nobody did.
	Answer func(ctx context.Context, conv string, seq uint64, lang string) (string, error)
	// Mask takes personal data out of a text.
	Mask func(text, lang string) string
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
	} {
		s.kbRoute(mux, pattern, call, writers)
	}
	s.kbRoute(mux, "GET /api/v1/kb/gaps", s.kbGaps, readers)
	s.kbRoute(mux, "GET /api/v1/kb/gaps/{gap}", s.kbGap, readers)
	s.kbRoute(mux, "GET /api/v1/kb/export", s.kbExport, readers)
}

// publishIn is how an article is to be published.
type publishIn struct {
	Rev       *uint64    `json:"rev"`
	Why       string     `json:"why"`
	PublishAt *time.Time `json:"publish_at"`
	Override  string     `json:"override"`
}

// refusedError is a publication that the gate stopped, with what it found.
type refusedError struct{ *kb.Refused }

// Unwrap leads to the fault it is.
func (e refusedError) Unwrap() error { return e.Refused }

func (e refusedError) extend(p *problem) { p.Code, p.Report = "gate_red", e.Report }

// throughGate publishes or archives an article when its gate is not red, or with the reason why all the same.
func (s *Server) throughGate(w http.ResponseWriter, r *http.Request, p handoff.Person, in publishIn, archive bool) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	rev, err := revOf(r, in.Rev)
	if err != nil {
		return nil, err
	}
	a, now, _, err := s.opt.Editors.Workshop.Publish(r.Context(), k, rev, kb.Publication{By: p.Name, Why: clip(in.Why, 1000),
		At: in.PublishAt, Override: clip(in.Override, 1000), Archive: archive})
	var red *kb.Refused
	switch {
	case errors.As(err, &red):
		return nil, refusedError{red}
	case fault.Is(err, fault.Conflict):
		if a, now, err = s.opt.Articles.Get(r.Context(), k); err == nil {
			err = &savedError{articleOut{now, a}}
		}
	}
	return tagged(w, a, now, err)
}

// kbState moves the newest text: draft, review, or archived (through the gate).
func (s *Server) kbState(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		publishIn
		State kb.State `json:"state"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	switch in.State {
	case kb.Archived:
		return s.throughGate(w, r, p, in.publishIn, true)
	case kb.Draft, kb.Review:
		return s.change(w, r, in.Rev, func(a *kb.Article) error {
			*a = a.Moved(in.State, p.Name, clip(in.Why, 1000))
			return nil
		})
	}
	return nil, fault.New(fault.Invalid, "A state is draft, review or archived; publish with the call for it.")
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
	ed := s.opt.Editors
	var used map[string][3]int
	if ed != nil && ed.Used != nil {
		var err error
		if used, err = ed.Used(ctx); err != nil {
			return err
		}
	}
	for i := range items {
		it := &items[i]
		k := kb.Key(it.Lang, it.ID)
		if src, ok := sums[it.source[0]]; ok {
			it.Stale = src != it.source[1]
		}
		u := used[k]
		it.Used = u[0]
		if ed != nil && ed.Votes != nil {
			if v, _, err := ed.Votes.Get(ctx, k); err == nil {
				u[1], u[2] = u[1]+v.Yes, u[2]+v.No
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if said := u[1] + u[2]; said > 0 {
			share := (100*u[1] + said/2) / said
			it.Helpful = &share
		}
		if ed != nil && ed.Works != nil {
			_, _, err := ed.Works.Get(ctx, workID(p, k))
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			it.Unsaved = err == nil
		}
	}
	return nil
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
	question := strings.Join(strings.Fields(clip(in.Question, 500)), " ")
	if question == "" {
		return nil, fault.New(fault.Invalid, "A test needs a question.")
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) error {
		c := a.Content
		for _, q := range c.Questions {
			if strings.EqualFold(q, question) {
				return nil
			}
		}
		c.Questions = append(append([]string{}, c.Questions...), question)
		*a = a.Edited(c, p.Name, "")
		_, err := kb.Parse(a.Markdown())
		return err
	})
}

// kbGate runs the gate. Who accepts application/x-ndjson is told how far it is, a line at a time, and gets the report last.
func (s *Server) kbGate(w http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	var in struct {
		To kb.State `json:"to"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if in.To != kb.Archived {
		in.To = kb.Published
	}
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	return s.slowly(w, r, func(progress func(done, total int)) (any, error) {
		return s.opt.Editors.Workshop.Gate(r.Context(), k, in.To, progress)
	})
}

// progressLine is a line of an answer that takes long: how far it is, what came out, or what went wrong.
type progressLine struct {
	Progress *[2]int `json:"progress,omitempty"`
	Result   any     `json:"result,omitempty"`
	Problem  any     `json:"problem,omitempty"`
}

// slowly answers with what work returns; to who accepts lines, with progress before it. Once a line is out the status is 200, so a
// problem is a line too.
func (s *Server) slowly(w http.ResponseWriter, r *http.Request, work func(progress func(done, total int)) (any, error)) (any, error) {
	if !strings.Contains(r.Header.Get("Accept"), "application/x-ndjson") {
		return work(nil)
	}
	rc := http.NewResponseController(w)
	enc := json.NewEncoder(w)
	begun := false
	say := func(l progressLine) {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Cache-Control", "no-store")
		}
		rc.SetWriteDeadline(time.Now().Add(answerWait))
		if enc.Encode(l) == nil { // who went away is told nothing; the work's context says so too
			rc.Flush()
		}
	}
	var told time.Time
	v, err := work(func(done, total int) {
		if now := time.Now(); now.Sub(told) > 100*time.Millisecond {
			told = now
			say(progressLine{Progress: &[2]int{done, total}})
		}
	})
	if err != nil && !begun {
		return nil, err
	}
	if err != nil {
		k := fault.KindOf(err)
		if k == fault.Internal && r.Context().Err() == nil {
			s.slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		}
		say(progressLine{Problem: problem{Type: "about:blank", Title: http.StatusText(statuses[k]), Status: statuses[k], Detail: fault.Text(err), Code: string(k)}})
	} else {
		say(progressLine{Result: v})
	}
	return streamed, nil
}

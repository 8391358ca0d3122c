package web

import (
	"bytes"
	"cmp"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

// articleItem is an article in the editors' list.
type articleItem struct {
	ID       string   `json:"id"`
	Lang     string   `json:"lang"`
	Rev      uint64   `json:"rev"`
	State    kb.State `json:"state"`
	Live     bool     `json:"live"` // customers read it, or an older text of it
	Title    string   `json:"title"`
	Tags     []string `json:"tags,omitempty"`
	Updated  string   `json:"updated,omitempty"`
	ReviewBy string   `json:"review_by,omitempty"`
	Internal bool     `json:"internal,omitempty"`
	Owner    string   `json:"owner,omitempty"`

	PublishAt *time.Time `json:"publish_at,omitempty"`
	Tests     int        `json:"tests"`
	Stale     bool       `json:"stale,omitempty"`   // the article it was translated from was changed since
	Overdue   bool       `json:"overdue,omitempty"` // its review date has passed
	Unsaved   bool       `json:"unsaved,omitempty"` // this person has text in it that is not saved
	Used      int        `json:"used,omitempty"`    // answers of the last 30 days that quote it
	Helpful   *int       `json:"helpful,omitempty"` // of those who said, how many of a hundred it helped
	sum       string     // of the newest text, for its translations
	source    [2]string  // the key it was translated from, and the sum of its text then
}

// articleOut is an article with its revision.
type articleOut struct {
	Rev uint64 `json:"rev"`
	kb.Article
}

// articleIn is what an editor sends. State may be draft, review or archived: publishing is a call of its own.
type articleIn struct {
	Rev       *uint64  `json:"rev"`
	ID        string   `json:"id"`
	Lang      string   `json:"lang"`
	State     kb.State `json:"state"`
	Title     string   `json:"title"`
	Questions []string `json:"questions"`
	Tags      []string `json:"tags"`
	Synonyms  []string `json:"synonyms"`
	Updated   string   `json:"updated"`
	ReviewBy  string   `json:"review_by"`
	Internal  bool     `json:"internal"`
	Body      string   `json:"body"`
	Owner     string   `json:"owner"`
	Why       string   `json:"why"`
	SourceOf  string   `json:"source_of"` // of a new translation: the language it is made from
}

// articleRev is one entry of an article's history.
type articleRev struct {
	Rev   uint64    `json:"rev"`
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	Why   string    `json:"why,omitempty"`
	State kb.State  `json:"state"`
	Title string    `json:"title"`
}

func (s *Server) articleRoutes(mux router) {
	if s.opt.Articles == nil {
		return
	}
	readers := []string{handoff.RoleEditor, handoff.RoleAgent, handoff.RoleSupervisor}
	writers := []string{handoff.RoleEditor}
	for pattern, c := range map[string]struct {
		call  func(http.ResponseWriter, *http.Request, handoff.Person) (any, error)
		roles []string
	}{
		"GET /api/v1/kb/search":                               {s.kbSearch, readers},
		"GET /api/v1/kb/articles":                             {s.kbList, readers},
		"POST /api/v1/kb/articles":                            {s.kbCreate, writers},
		"GET /api/v1/kb/articles/{lang}/{id}":                 {s.kbGet, readers},
		"PUT /api/v1/kb/articles/{lang}/{id}":                 {s.kbPut, writers},
		"DELETE /api/v1/kb/articles/{lang}/{id}":              {s.kbDelete, writers},
		"POST /api/v1/kb/articles/{lang}/{id}/publish":        {s.kbPublish, writers},
		"GET /api/v1/kb/articles/{lang}/{id}/revisions":       {s.kbHistory, readers},
		"GET /api/v1/kb/articles/{lang}/{id}/revisions/{rev}": {s.kbRevision, readers},
	} {
		s.kbRoute(mux, pattern, c.call, c.roles)
	}
	s.editorRoutes(mux, readers, writers)
}

// kbRoute makes a call for people with one of the roles. No answer and no error is an empty one.
func (s *Server) kbRoute(mux router, pattern string, call func(http.ResponseWriter, *http.Request, handoff.Person) (any, error), roles []string) {
	mux.HandleFunc(pattern, s.as(func(w http.ResponseWriter, r *http.Request, p handoff.Person) {
		v, err := call(w, r, p)
		if err == nil && v == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if v != streamed {
			s.answer(w, r, v, err)
		}
	}, roles...))
}

// streamed is the value of a call that has written its answer itself.
var streamed any = struct{ streamed bool }{true}

func (s *Server) kbSearch(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	q := r.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit"))
	res, err := s.opt.Library.Search(r.Context(), kb.Query{Text: q.Get("q"), Lang: language(q.Get("lang")), Limit: limit, Internal: true})
	if res.Hits == nil {
		res.Hits = []kb.Hit{}
	}
	return res, err
}

func (s *Server) kbList(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	prefix := ""
	if lang := r.URL.Query().Get("lang"); lang != "" {
		prefix = clip(lang, 20) + "/"
	}
	items := []articleItem{}
	err := s.opt.Articles.List(r.Context(), "", prefix, func(_ string, rev uint64, a kb.Article) error {
		items = append(items, s.itemOf(a, rev))
		return nil
	})
	if err == nil {
		err = s.aboutItems(r.Context(), p, items)
	}
	out := map[string]any{"articles": items}
	if s.opt.Editors != nil {
		if vectors, ok := s.opt.Editors.Workshop.Library.VectorState(); ok {
			out["vectors"] = vectors
		}
	}
	return out, err
}

func (s *Server) itemOf(a kb.Article, rev uint64) articleItem {
	_, live := a.Public()
	it := articleItem{ID: a.ID, Lang: a.Lang, Rev: rev, State: a.State, Live: live, Title: a.Title, Tags: a.Tags,
		Updated: a.Updated, ReviewBy: a.ReviewBy, Internal: a.Internal, Owner: a.Owner, PublishAt: a.PublishAt, Tests: len(a.Questions), sum: a.Sum()}
	if a.SourceOf != "" {
		it.source = [2]string{kb.Key(a.SourceOf, a.ID), a.SourceSum}
	}
	if due, err := time.Parse(time.DateOnly, a.ReviewBy); err == nil {
		it.Overdue = due.Before(s.now())
	}
	return it
}

// articleName is what an id and a language look like: they are part of a web address.
var articleName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,79}$`)

func keyOf(r *http.Request) (string, error) {
	lang, id := r.PathValue("lang"), r.PathValue("id")
	if lang != language(lang) || len(id) > 200 || strings.ContainsAny(id, "/\x00") {
		return "", fault.New(fault.NotFound, "There is no such article.")
	}
	return kb.Key(lang, id), nil
}

func (s *Server) kbGet(w http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	a, rev, err := s.opt.Articles.Get(r.Context(), k)
	return tagged(w, a, rev, err)
}

// tagged gives an article its revision, in the body and as an ETag.
func tagged(w http.ResponseWriter, a kb.Article, rev uint64, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	w.Header().Set("ETag", strconv.Quote(strconv.FormatUint(rev, 10)))
	return articleOut{rev, a}, nil
}

// revOf reads which revision a change was made from: If-Match, or rev in the body.
func revOf(r *http.Request, inBody *uint64) (uint64, error) {
	if tag := strings.Trim(r.Header.Get("If-Match"), `"`); tag != "" {
		rev, err := strconv.ParseUint(tag, 10, 64)
		if err != nil || rev == 0 {
			return 0, fault.New(fault.Invalid, "If-Match must be the ETag of the article.")
		}
		return rev, nil
	}
	if inBody == nil || *inBody == 0 {
		return 0, fault.New(fault.Invalid, "Say which revision you changed: rev, or If-Match.")
	}
	return *inBody, nil
}

// sameText reports whether what an editor sent is the newest text there is.
func (in articleIn) sameText(a *kb.Article) bool {
	sent := *a
	sent.Title, sent.Questions, sent.Tags, sent.Synonyms = in.Title, in.Questions, in.Tags, in.Synonyms
	sent.Updated, sent.ReviewBy, sent.Internal, sent.Body = in.Updated, in.ReviewBy, in.Internal, in.Body
	return bytes.Equal(sent.Markdown(), a.Markdown())
}

// write puts what an editor sent into a. It refuses what the library would refuse to import.
func (in articleIn) write(a *kb.Article, by handoff.Person) error {
	a.Title, a.Questions, a.Tags, a.Synonyms = in.Title, in.Questions, in.Tags, in.Synonyms
	a.Updated, a.ReviewBy, a.Internal, a.Body = in.Updated, in.ReviewBy, in.Internal, in.Body
	a.Owner, a.By, a.Why, a.PublishAt = clip(in.Owner, 200), by.Name, clip(in.Why, 1000), nil
	switch in.State {
	case "", kb.Draft:
		a.State = kb.Draft
	case kb.Review, kb.Archived:
		a.State = in.State
	default:
		return fault.New(fault.Invalid, "A state is draft, review or archived; publish with the call for it.")
	}
	if strings.TrimSpace(a.Title) == "" {
		return fault.New(fault.Invalid, "An article needs a title.")
	}
	_, err := kb.Parse(a.Markdown())
	return err
}

func (s *Server) kbCreate(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in articleIn
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if !articleName.MatchString(in.ID) || in.Lang == "" || in.Lang != language(in.Lang) {
		return nil, fault.New(fault.Invalid, "An id has small letters, digits and dashes; lang is nl or en.")
	}
	a := kb.Article{ID: in.ID, Lang: in.Lang}
	if err := in.write(&a, p); err != nil {
		return nil, err
	}
	if in.SourceOf != "" {
		if err := s.translationOf(r.Context(), &a, in.SourceOf); err != nil {
			return nil, err
		}
	}
	rev, err := s.opt.Articles.Put(r.Context(), kb.Key(a.Lang, a.ID), a, 0)
	if fault.Is(err, fault.Conflict) {
		err = fault.Wrap(fault.Conflict, "There is an article with this id already.", err)
	}
	return tagged(w, a, rev, err)
}

// change reads an article at the revision the editor saw, changes it and puts it back; somebody who saved in between is a fault.Conflict.
func (s *Server) change(w http.ResponseWriter, r *http.Request, seen *uint64, f func(*kb.Article) error) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	rev, err := revOf(r, seen)
	if err != nil {
		return nil, err
	}
	a, now, err := s.opt.Articles.Get(r.Context(), k)
	if err != nil {
		return nil, err
	}
	if now != rev {
		return nil, &savedError{articleOut{now, a}}
	}
	if err := f(&a); err != nil {
		return nil, err
	}
	rev, err = s.opt.Articles.Put(r.Context(), k, a, rev)
	if fault.Is(err, fault.Conflict) {
		if a, now, err = s.opt.Articles.Get(r.Context(), k); err == nil {
			err = &savedError{articleOut{now, a}}
		}
	}
	if err == nil {
		s.poke()
	}
	return tagged(w, a, rev, err)
}

// savedError says that somebody saved first, and what: an editor merges the two.
type savedError struct{ current articleOut }

// Error is that of errSaved.
func (e *savedError) Error() string { return errSaved.Error() }

// Unwrap makes it a fault.Conflict.
func (e *savedError) Unwrap() error { return errSaved }

func (e *savedError) extend(p *problem) { p.Current = e.current }

var errSaved = fault.New(fault.Conflict, "Somebody saved this article in the meantime. Open it again to see what changed.")

// poke lets a running library follow at once; it follows by itself too.
func (s *Server) poke() {
	if l, ok := s.opt.Library.(interface{ Poke() }); ok {
		l.Poke()
	}
}

// kbPut saves a newer text. What customers read stays as it is until it is published. Who keeps an article is no text: a change of that alone
// leaves the article as it stands.
func (s *Server) kbPut(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in articleIn
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) error {
		if in.State == "" && in.sameText(a) {
			a.Owner, a.By, a.Why = clip(in.Owner, 200), p.Name, clip(in.Why, 1000)
			return nil
		}
		held, err := a.Held(cmp.Or(in.State, kb.Draft))
		if err != nil {
			return err
		}
		*a = held
		return in.write(a, p)
	})
}

// kbPublish gives customers the newest text, now or at publish_at. Where there is a workshop its gate is asked first.
func (s *Server) kbPublish(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in publishIn
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if s.opt.Editors != nil {
		return s.throughGate(w, r, p, in, false)
	}
	return s.change(w, r, in.Rev, func(a *kb.Article) error {
		*a = a.Moved(kb.Published, p.Name, clip(in.Why, 1000))
		return nil
	})
}

func (s *Server) kbDelete(w http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	k, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	var inQuery *uint64
	if rev, err := strconv.ParseUint(r.URL.Query().Get("rev"), 10, 64); err == nil {
		inQuery = &rev
	}
	rev, err := revOf(r, inQuery)
	if err != nil {
		return nil, err
	}
	err = s.opt.Articles.Delete(r.Context(), k, rev)
	if fault.Is(err, fault.Conflict) {
		err = errSaved
	}
	if err == nil {
		s.poke()
	}
	return nil, err
}

package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/fault"
)

// cannedOut is a prepared reply with its revision.
type cannedOut struct {
	Rev uint64 `json:"rev"`
	handoff.Canned
}

// cannedRev is one entry of a prepared reply's history, with its words: they are few.
type cannedRev struct {
	Rev uint64    `json:"rev"`
	At  time.Time `json:"at"`
	handoff.Canned
}

// savedReply says that somebody saved first, and what.
type savedReply struct{ current cannedOut }

// Error is that of errReplySaved.
func (e *savedReply) Error() string { return errReplySaved.Error() }

// Unwrap makes it a fault.Conflict.
func (e *savedReply) Unwrap() error { return errReplySaved }

func (e *savedReply) extend(p *problem) { p.Current = e.current }

var errReplySaved = fault.New(fault.Conflict, "Somebody saved this reply in the meantime.")

func (s *Server) cannedRoutes(mux router) {
	if s.opt.Canned == nil {
		return
	}
	readers := []string{handoff.RoleEditor, handoff.RoleAgent, handoff.RoleSupervisor}
	writers := []string{handoff.RoleEditor}
	s.kbRoute(mux, "GET /api/v1/kb/canned", s.cannedList, readers)
	s.kbRoute(mux, "GET /api/v1/kb/canned/{id}/revisions", s.cannedHistory, readers)
	s.kbRoute(mux, "POST /api/v1/kb/canned", s.cannedCreate, writers)
	s.kbRoute(mux, "PUT /api/v1/kb/canned/{id}", s.cannedPut, writers)
}

// canned returns the prepared replies by title, those that are retired only if asked for.
func (s *Server) canned(r *http.Request, retired bool) ([]cannedOut, error) {
	out := []cannedOut{}
	if s.opt.Canned == nil {
		return out, nil
	}
	err := s.opt.Canned.List(r.Context(), "", "", func(_ string, rev uint64, c handoff.Canned) error {
		if retired || !c.Retired {
			out = append(out, cannedOut{rev, c})
		}
		return nil
	})
	slices.SortFunc(out, func(a, b cannedOut) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return out, err
}

func (s *Server) cannedList(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	all, err := s.canned(r, true)
	return map[string]any{"canned": all}, err
}

func (s *Server) cannedHistory(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	revs := []cannedRev{}
	err := s.opt.Canned.History(r.Context(), clip(r.PathValue("id"), 100), func(rev uint64, at time.Time, c handoff.Canned) error {
		if len(revs) >= maxHistory {
			return errEnough
		}
		revs = append(revs, cannedRev{rev, at, c})
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && len(revs) == 0 {
		err = fault.New(fault.NotFound, "There is no such reply.")
	}
	return map[string]any{"revisions": revs}, err
}

// cannedIn is what an editor sends.
type cannedIn struct {
	Rev     uint64            `json:"rev"`
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Text    map[string]string `json:"text"`
	Retired bool              `json:"retired"`
	Why     string            `json:"why"`
}

func (in cannedIn) reply(id string, p handoff.Person) (handoff.Canned, error) {
	c := handoff.Canned{ID: id, Title: strings.TrimSpace(in.Title), Text: map[string]string{}, Retired: in.Retired, By: p.Name, Why: clip(in.Why, 1000)}
	for lang, text := range in.Text {
		if text = strings.TrimSpace(stripControl(text)); text != "" {
			c.Text[lang] = text
		}
	}
	return c, c.Check()
}

func (s *Server) cannedCreate(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in cannedIn
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	if !articleName.MatchString(in.ID) {
		return nil, fault.New(fault.Invalid, "An id has small letters, digits and dashes.")
	}
	c, err := in.reply(in.ID, p)
	if err != nil {
		return nil, err
	}
	rev, err := s.opt.Canned.Put(r.Context(), c.ID, c, 0)
	if fault.Is(err, fault.Conflict) {
		err = fault.Wrap(fault.Conflict, "There is a reply with this id already.", err)
	}
	return cannedOut{rev, c}, err
}

// cannedPut saves a newer revision, if the one that was changed is still the newest.
func (s *Server) cannedPut(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in cannedIn
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	id := clip(r.PathValue("id"), 100)
	old, now, err := s.opt.Canned.Get(r.Context(), id)
	if err != nil {
		return nil, err
	}
	c, err := in.reply(id, p)
	if err != nil {
		return nil, err
	}
	if in.Rev != now {
		return nil, &savedReply{cannedOut{now, old}}
	}
	rev, err := s.opt.Canned.Put(r.Context(), id, c, in.Rev)
	if fault.Is(err, fault.Conflict) {
		if old, now, err = s.opt.Canned.Get(r.Context(), id); err == nil {
			err = &savedReply{cannedOut{now, old}}
		}
	}
	return cannedOut{rev, c}, err
}

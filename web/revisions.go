package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

// maxHistory bounds how far back a list of revisions goes.
const maxHistory = 500

var errEnough = errors.New("enough")

func (s *Server) kbHistory(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	revs := []articleRev{}
	err := s.eachRevision(r, func(rev uint64, at time.Time, a kb.Article) error {
		if len(revs) >= maxHistory {
			return errEnough
		}
		revs = append(revs, articleRev{Rev: rev, At: at, By: a.By, Why: a.Why, State: a.State, Title: a.Title})
		return nil
	})
	if err == nil && len(revs) == 0 {
		err = fault.New(fault.NotFound, "There is no such article.")
	}
	return map[string]any{"revisions": revs}, err
}

func (s *Server) kbRevision(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	want, err := strconv.ParseUint(r.PathValue("rev"), 10, 64)
	if err != nil {
		return nil, errNoRevision
	}
	return s.revision(r, want)
}

var errNoRevision = fault.New(fault.NotFound, "There is no such revision.")

func (s *Server) revision(r *http.Request, want uint64) (*articleOut, error) {
	var found *articleOut
	err := s.eachRevision(r, func(rev uint64, _ time.Time, a kb.Article) error {
		if rev == want {
			found = &articleOut{rev, a}
		}
		if rev <= want {
			return errEnough
		}
		return nil
	})
	if err == nil && found == nil {
		err = errNoRevision
	}
	return found, err
}

func (s *Server) eachRevision(r *http.Request, each func(uint64, time.Time, kb.Article) error) error {
	k, err := keyOf(r)
	if err != nil {
		return err
	}
	err = s.opt.Articles.History(r.Context(), k, each)
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

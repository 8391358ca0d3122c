package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/fault"
	"balie/kb"
)

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

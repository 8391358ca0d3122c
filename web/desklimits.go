package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/fault"
)

// LimitDocs keeps the limits of authority with all their versions; see action.Limits.
type LimitDocs interface {
	Get(ctx context.Context, id string) (action.Limits, uint64, error)
	Put(ctx context.Context, id string, l action.Limits, rev uint64) (uint64, error)
	History(ctx context.Context, id string, each func(rev uint64, at time.Time, l action.Limits) error) error
}

// limitsOut is a version of the limits. Version 0 is the house's own: nobody has set any.
type limitsOut struct {
	Rev    uint64        `json:"rev"`
	At     *time.Time    `json:"at,omitempty"`
	Limits action.Limits `json:"limits"`
}

// savedLimits says that a colleague changed the limits first, and to what.
type savedLimits struct{ current limitsOut }

// Error is that of errLimitsSaved.
func (e *savedLimits) Error() string { return errLimitsSaved.Error() }

// Unwrap makes it a fault.Conflict.
func (e *savedLimits) Unwrap() error { return errLimitsSaved }

func (e *savedLimits) extend(p *problem) { p.Current = e.current }

var errLimitsSaved = fault.New(fault.Conflict, "Somebody changed the limits in the meantime.")

// limitRoutes are for supervisors: who sets how much may be done without them.
func (s *Server) limitRoutes(mux router) {
	if s.opt.Limits == nil {
		return
	}
	for pattern, call := range map[string]func(http.ResponseWriter, *http.Request, handoff.Person) (any, error){
		"GET /api/v1/desk/limits":         s.deskLimits,
		"PUT /api/v1/desk/limits":         s.deskSetLimits,
		"GET /api/v1/desk/limits/history": s.deskLimitHistory,
	} {
		s.kbRoute(mux, pattern, call, []string{handoff.RoleSupervisor})
	}
}

func (s *Server) limitsNow(ctx context.Context) (limitsOut, error) {
	l, rev, err := s.opt.Limits.Get(ctx, action.LimitsID)
	if fault.Is(err, fault.NotFound) {
		return limitsOut{Limits: action.DefaultLimits()}, nil
	}
	return limitsOut{Rev: rev, Limits: l}, err
}

func (s *Server) deskLimits(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	now, err := s.limitsNow(r.Context())
	return struct {
		limitsOut
		Kinds []action.WriteKind `json:"kinds"`
		Roles []chat.Role        `json:"roles"`
	}{now, action.Kinds(), action.LimitRoles}, err
}

// deskSetLimits makes a new version; the ledger goes by it from the next act on. A reason is asked for: the next supervisor must know it.
func (s *Server) deskSetLimits(_ http.ResponseWriter, r *http.Request, p handoff.Person) (any, error) {
	var in struct {
		Rev    uint64        `json:"rev"`
		Limits action.Limits `json:"limits"`
		Why    string        `json:"why"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	l := in.Limits
	l.By, l.Why = p.Name, clip(strings.TrimSpace(stripControl(in.Why)), 1000)
	if l.Why == "" {
		return nil, fault.New(fault.Invalid, "Say why. Your colleagues read it later.")
	}
	if err := l.Check(); err != nil {
		return nil, err
	}
	now, err := s.limitsNow(r.Context())
	if err != nil {
		return nil, err
	}
	if now.Rev != in.Rev {
		return nil, &savedLimits{now}
	}
	rev, err := s.opt.Limits.Put(r.Context(), action.LimitsID, l, in.Rev)
	if fault.Is(err, fault.Conflict) {
		if now, err = s.limitsNow(r.Context()); err == nil {
			err = &savedLimits{now}
		}
	}
	return limitsOut{Rev: rev, Limits: l}, err
}

func (s *Server) deskLimitHistory(_ http.ResponseWriter, r *http.Request, _ handoff.Person) (any, error) {
	versions := []limitsOut{}
	err := s.opt.Limits.History(r.Context(), action.LimitsID, func(rev uint64, at time.Time, l action.Limits) error {
		if len(versions) >= maxHistory {
			return errEnough
		}
		versions = append(versions, limitsOut{rev, &at, l})
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return map[string]any{"versions": append(versions, limitsOut{Limits: action.DefaultLimits()})}, err
}

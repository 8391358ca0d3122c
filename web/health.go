package web

import (
	"context"
	"net/http"
	"time"
)

func (s *Server) healthRoutes(mux router) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /api/v1/openapi.json", s.openapi)
	if s.opt.Metrics != nil {
		mux.Handle("GET /metrics", s.opt.Metrics)
	}
}

// ready asks every part that must work; one that does not makes the answer 503, with its name.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	parts, status := map[string]string{}, http.StatusOK
	for _, c := range s.opt.Ready {
		parts[c.Name] = "ok"
		if err := c.Ping(ctx); err != nil {
			parts[c.Name], status = "down", http.StatusServiceUnavailable
			s.slog.Warn("not ready", "part", c.Name, "err", err)
		}
	}
	writeJSON(w, status, map[string]any{"ready": status == http.StatusOK, "parts": parts})
}

// Connections is how many sockets and polls are open now.
func (s *Server) Connections() int { return s.doors.count() }

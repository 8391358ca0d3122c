package web

import (
	_ "embed"
	"net/http"
)

// description is the API for programs, OpenAPI 3.1. A test holds it against the routes, both ways.
//
//go:embed openapi.json
var description []byte

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	w.Write(description)
}

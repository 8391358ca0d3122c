package web

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed pages/*.html ui/demo/index.html
var templates embed.FS

// pages holds the server-rendered pages and what the build made for browsers.
type pages struct {
	assets fs.FS
	files  map[string]string // logical name → file with a fingerprint
	sets   map[string]*template.Template
}

// newPages reads the templates and the build's manifest. Without a build the pages say what to do.
func newPages(assets fs.FS) (*pages, error) {
	p := &pages{assets: assets, files: map[string]string{}, sets: map[string]*template.Template{}}
	for _, name := range []string{"chat", "help", "article", "desk", "editor", "error"} {
		t, err := template.New("frame.html").Funcs(p.funcs()).ParseFS(templates, "pages/frame.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		p.sets[name] = t
	}
	t, err := template.New("index.html").Funcs(p.funcs()).ParseFS(templates, "ui/demo/index.html")
	if err != nil {
		return nil, fmt.Errorf("read shop page: %w", err)
	}
	p.sets["shop"] = t
	return p, p.manifest()
}

func (p *pages) manifest() error {
	if p.assets == nil {
		return nil
	}
	b, err := fs.ReadFile(p.assets, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	var m map[string]struct {
		File string `json:"file"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	for name, f := range m {
		p.files[name] = f.File
	}
	return nil
}

// built reports whether the pages' scripts are there.
func (p *pages) built() bool { return len(p.files) > 0 }

func (p *pages) funcs() template.FuncMap {
	return template.FuncMap{
		"asset": func(name string) string {
			if f, ok := p.files[name]; ok {
				return "/assets/" + f
			}
			return "/assets/" + name
		},
		"built": p.built,
		"t":     func(lang, nl, en string) string { return map[bool]string{true: en, false: nl}[lang == "en"] },
		"other": func(lang string) string { return map[bool]string{true: "nl", false: "en"}[lang == "en"] },
		"date":  longDate,
	}
}

var dutchMonths = [...]string{"", "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}

// longDate writes a date like 2026-10-05 as people read it; anything else stays as it is.
func longDate(lang, date string) string {
	t, err := time.Parse("2006-01-02", date)
	if err != nil {
		return date
	}
	if lang == "en" {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d %s %d", t.Day(), dutchMonths[t.Month()], t.Year())
}

// show renders a page. A strict policy goes with it: nothing from elsewhere, nothing inline.
func (s *Server) show(w http.ResponseWriter, status int, page string, ancestors string, data any) {
	s.showStyled(w, status, page, ancestors, "", data)
}

// showStyled is show for a page whose script makes style elements: those that carry the nonce are let through.
func (s *Server) showStyled(w http.ResponseWriter, status int, page, ancestors, nonce string, data any) {
	styles := "'self'"
	if nonce != "" {
		styles += " 'nonce-" + nonce + "'"
	}
	var b bytes.Buffer
	t := s.pages.sets[page]
	if err := t.Execute(&b, data); err != nil {
		s.slog.Error("page cannot be drawn", "page", page, "err", err)
		writeProblem(w, http.StatusInternalServerError, "internal", "Something went wrong on our side. Please try again.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'self'; script-src 'self'; style-src "+styles+"; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "+ancestors)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

func (s *Server) pageRoutes(mux router) {
	mux.HandleFunc("GET /widget.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		s.asset(w, r, "widget.js")
	})
	mux.HandleFunc("GET /assets/{name}", func(w http.ResponseWriter, r *http.Request) { s.asset(w, r, r.PathValue("name")) })
	mux.HandleFunc("GET /chat", s.chatPage)
	mux.HandleFunc("POST /chat", s.chatPost)
	mux.HandleFunc("GET /desk", s.deskPage)
	mux.HandleFunc("GET /desk/{rest...}", s.deskPage)
	mux.HandleFunc("GET /desk/kb", s.editorPage)
	mux.HandleFunc("GET /desk/kb/{rest...}", s.editorPage)
	mux.HandleFunc("GET /help", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/help/"+language(r.Header.Get("Accept-Language")), http.StatusFound)
	})
	mux.HandleFunc("GET /help/{lang}", s.helpPage)
	mux.HandleFunc("GET /help/{lang}/{article}", s.articlePage)
	if s.opt.Editors != nil {
		mux.HandleFunc("POST /help/{lang}/{article}", s.helpful)
	}
	mux.HandleFunc("GET /sitemap.xml", s.sitemap)
	mux.HandleFunc("GET /{$}", s.frontPage)
}

var fingerprinted = regexp.MustCompile(`-[A-Z0-9]{8}\.`)

// asset serves what the build made. Names with a fingerprint never change; the others are asked for again.
func (s *Server) asset(w http.ResponseWriter, r *http.Request, name string) {
	file := name
	if f, ok := s.pages.files[name]; ok {
		file = f
	}
	if s.pages.assets == nil || file == "manifest.json" || strings.Contains(file, "/") {
		http.NotFound(w, r)
		return
	}
	b, err := fs.ReadFile(s.pages.assets, file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".map": "application/json"}
	if t := types[path.Ext(file)]; t != "" {
		w.Header().Set("Content-Type", t)
	}
	if file == name && fingerprinted.MatchString(file) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
		w.Header().Set("ETag", `"`+file+`"`)
	}
	http.ServeContent(w, r, file, time.Time{}, bytes.NewReader(b))
}

// frontPage is the demo's shop; without a demo there is nothing to see but where to go.
func (s *Server) frontPage(w http.ResponseWriter, r *http.Request) {
	if _, demo := s.opt.Demo["GET /api/v1/demo/token"]; !demo {
		http.Redirect(w, r, "/help", http.StatusFound)
		return
	}
	if !s.pages.built() {
		s.unbuilt(w)
		return
	}
	lang := language(r.URL.Query().Get("lang"))
	s.show(w, http.StatusOK, "shop", "'self'", map[string]string{"Site": "demo", "Lang": lang})
}

func (s *Server) unbuilt(w http.ResponseWriter) {
	s.show(w, http.StatusServiceUnavailable, "error", "'self'", map[string]any{"Lang": "en", "Title": "The pages are not built",
		"Text": "Run make in the folder of the project. It builds the pages and puts them into the program."})
}

func (s *Server) deskPage(w http.ResponseWriter, r *http.Request) {
	if !s.pages.built() {
		s.unbuilt(w)
		return
	}
	s.show(w, http.StatusOK, "desk", "'none'", map[string]any{"Lang": language(r.Header.Get("Accept-Language"))})
}

// editorPage is the library for those who write it. Its text field makes its own styles, which get in by a nonce.
func (s *Server) editorPage(w http.ResponseWriter, r *http.Request) {
	if !s.pages.built() {
		s.unbuilt(w)
		return
	}
	nonce := rand.Text()
	s.showStyled(w, http.StatusOK, "editor", "'none'", nonce, map[string]any{"Lang": language(r.Header.Get("Accept-Language")), "Nonce": nonce})
}

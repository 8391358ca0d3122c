package web

import (
	"context"
	"encoding/xml"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"balie/internal/fault"
	"balie/kb"
)

// Library is what the pages ask of the library.
type Library interface {
	Article(ctx context.Context, lang, id string) (kb.Article, error)
	Articles(ctx context.Context, lang string, each func(kb.Article) error) error
	Search(ctx context.Context, q kb.Query) (kb.Result, error)
}

// helpItem is an article in a list.
type helpItem struct{ ID, Title, Text string }

func (s *Server) helpPage(w http.ResponseWriter, r *http.Request) {
	lang := r.PathValue("lang")
	if lang != language(lang) {
		s.notFound(w, language(lang))
		return
	}
	q := clip(strings.TrimSpace(r.URL.Query().Get("q")), 300)
	var items []helpItem
	var err error
	if q != "" {
		items, err = s.helpSearch(r.Context(), lang, q)
	} else {
		items, err = s.helpList(r.Context(), lang)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.show(w, http.StatusOK, "help", "'none'", map[string]any{"Lang": lang, "Query": q, "Items": items, "Site": s.anySite()})
}

func (s *Server) anySite() string {
	for name := range s.sites {
		return name
	}
	return ""
}

func (s *Server) helpSearch(ctx context.Context, lang, q string) ([]helpItem, error) {
	res, err := s.opt.Library.Search(ctx, kb.Query{Text: q, Lang: lang, Limit: 10})
	var items []helpItem
	for _, h := range res.Hits {
		if h.Lang == lang && res.Verdict != kb.None {
			items = append(items, helpItem{ID: h.Article, Title: h.Title, Text: clip(h.Text, 240)})
		}
	}
	return items, err
}

func (s *Server) helpList(ctx context.Context, lang string) ([]helpItem, error) {
	var items []helpItem
	err := s.opt.Library.Articles(ctx, lang, func(a kb.Article) error {
		if c, ok := a.Public(); ok && !c.Internal {
			items = append(items, helpItem{ID: a.ID, Title: c.Title})
		}
		return nil
	})
	slices.SortFunc(items, func(a, b helpItem) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return items, err
}

func (s *Server) notFound(w http.ResponseWriter, lang string) {
	text := map[string]string{"nl": "Deze pagina is er niet. Zoek in de hulp, of stel uw vraag in de chat.", "en": "This page is not there. Search the help pages, or ask in the chat."}
	title := map[string]string{"nl": "Niet gevonden", "en": "Not found"}
	s.show(w, http.StatusNotFound, "error", "'none'", map[string]any{"Lang": lang, "Title": title[lang], "Text": text[lang], "Help": true})
}

func (s *Server) articlePage(w http.ResponseWriter, r *http.Request) {
	lang, id := r.PathValue("lang"), r.PathValue("article")
	if lang != language(lang) {
		s.notFound(w, language(lang))
		return
	}
	a, err := s.opt.Library.Article(r.Context(), lang, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.refuse(w, r, err)
		return
	}
	c, public := a.Public()
	if err != nil || !public || c.Internal {
		s.notFound(w, lang)
		return
	}
	_, err = s.opt.Library.Article(r.Context(), map[string]string{"nl": "en", "en": "nl"}[lang], id)
	s.show(w, http.StatusOK, "article", "'none'", map[string]any{"Lang": lang, "ID": id, "Title": c.Title, "Updated": c.Updated,
		"HTML": template.HTML(s.render(c.Body)), "Asks": s.opt.Editors != nil, "Thanks": clip(r.URL.Query().Get("thanks"), 3), "Translated": err == nil, "Site": s.anySite()})
}

// sitemap lists the published articles for search engines.
func (s *Server) sitemap(w http.ResponseWriter, r *http.Request) {
	type entry struct {
		Loc     string `xml:"loc"`
		Lastmod string `xml:"lastmod,omitempty"`
	}
	set := struct {
		XMLName xml.Name `xml:"urlset"`
		NS      string   `xml:"xmlns,attr"`
		URLs    []entry  `xml:"url"`
	}{NS: "http://www.sitemaps.org/schemas/sitemap/0.9"}
	base := s.opt.PublicURL
	if base == "" {
		base = "http://" + r.Host
	}
	for _, lang := range []string{"nl", "en"} {
		err := s.opt.Library.Articles(r.Context(), lang, func(a kb.Article) error {
			if c, ok := a.Public(); ok && !c.Internal {
				set.URLs = append(set.URLs, entry{base + "/help/" + lang + "/" + a.ID, c.Updated})
			}
			return nil
		})
		if err != nil {
			s.refuse(w, r, err)
			return
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Write([]byte(xml.Header))
	if err := xml.NewEncoder(w).Encode(set); err != nil {
		s.slog.Debug("sitemap", "err", err)
	}
}

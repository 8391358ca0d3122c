package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"balie/bot/texts"
	"balie/internal/chat"
	"balie/internal/fault"
	"balie/kb"
)

// Library is what the bot asks of the library. See kb.Library.
type Library interface {
	Search(ctx context.Context, q kb.Query) (kb.Result, error)
	Article(ctx context.Context, lang, id string) (kb.Article, error)
}

// maxQuote bounds what is quoted of a passage, in runes.
const maxQuote = 900

// Shelf makes quotations of articles. The zero value has no library and quotes nothing.
type Shelf struct{ Library Library }

// Excerpt returns the part of an article under its nth heading (section "1", "2" …), or its beginning, with its source. An article that is
// not there in lang is taken from the other language.
func (s Shelf) Excerpt(ctx context.Context, lang, article, section string) (string, chat.Source, error) {
	if s.Library == nil {
		return "", chat.Source{}, fault.New(fault.NotFound, "There is no library.")
	}
	a, err := s.Library.Article(ctx, lang, article)
	for _, other := range texts.Langs {
		if fault.Is(err, fault.NotFound) && other != lang {
			a, err = s.Library.Article(ctx, other, article)
		}
	}
	if err != nil {
		return "", chat.Source{}, fmt.Errorf("read article %s: %w", article, err)
	}
	p := passageAt(kb.Passages(a.Body), section)
	return cut(p.Markdown), chat.Source{Article: a.ID, Title: a.Title, Section: p.Section, URL: helpURL(a.Lang, a.ID), Updated: a.Updated, Lang: a.Lang}, nil
}

func helpURL(lang, id string) string { return "/help/" + lang + "/" + id }

func passageAt(all []kb.Passage, section string) kb.Passage {
	n, err := strconv.Atoi(section)
	if err != nil || n < 1 {
		n = 1
	}
	seen, last := 0, ""
	for _, p := range all {
		if p.Section != last || seen == 0 {
			seen, last = seen+1, p.Section
		}
		if seen == n {
			return p
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return kb.Passage{}
}

// quoteHit returns the passage that a search found, as its editor wrote it, and its source.
func (s Shelf) quoteHit(ctx context.Context, question string, h kb.Hit) (string, chat.Source) {
	text := h.Text
	if a, err := s.Library.Article(ctx, h.Lang, h.Article); err == nil {
		all := kb.Passages(a.Body)
		if len(all) > 0 && !speaksOf(h.Section+" "+h.Text, question) { // found by its title or tags: the beginning says what it is about
			h.Section, text = all[0].Section, all[0].Markdown
			all = nil
		}
		for _, p := range all {
			if p.Section == h.Section && strings.HasPrefix(kb.Plain(p.Markdown), firstWords(h.Text)) {
				text = p.Markdown
				break
			}
		}
	}
	return cut(text), chat.Source{Article: h.Article, Title: h.Title, Section: h.Section, URL: h.URL, Updated: h.Updated, Lang: h.Lang}
}

// speaksOf reports whether a passage has a word of the question in it, endings aside.
func speaksOf(passage, question string) bool {
	passage = strings.ToLower(passage)
	for _, w := range strings.FieldsFunc(strings.ToLower(question), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len(w) > 4 && strings.Contains(passage, w[:len(w)-1]) || len(w) == 4 && strings.Contains(passage, w) {
			return true
		}
	}
	return false
}

func firstWords(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, " \n"))+min(len(strings.TrimLeft(s, " \n")), 40)]
}

// cut shortens a quotation at the end of a sentence or a line.
func cut(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) <= maxQuote {
		return string(r)
	}
	short := string(r[:maxQuote])
	end := max(strings.LastIndex(short, ". "), strings.LastIndex(short, ".\n"), strings.LastIndex(short, "? "))
	if line := strings.LastIndex(short, "\n"); line > end {
		end = line - 1
	}
	if end < maxQuote/3 {
		return short + "…"
	}
	return strings.TrimSpace(short[:end+1])
}

// maxQuestion bounds what of a message is looked up, in words: who writes more has said by then what it is about.
const maxQuestion = 40

// find searches the library for what a customer said.
func (s Shelf) find(ctx context.Context, text, lang string, limit int) (kb.Result, error) {
	words := strings.Fields(strings.ToValidUTF8(text, " "))
	if len(words) > maxQuestion {
		words = words[:maxQuestion]
	}
	q := strings.Join(words, " ")
	if r := []rune(q); len(r) > 8*maxQuestion {
		q = string(r[:8*maxQuestion])
	}
	res, err := s.Library.Search(ctx, kb.Query{Text: q, Lang: lang, Limit: limit})
	if err != nil {
		return res, fmt.Errorf("search library: %w", err)
	}
	return res, nil
}

// passages are what a model may word an answer from.
func passages(hits []kb.Hit) []Passage {
	var out []Passage
	for _, h := range hits[:min(len(hits), 3)] {
		out = append(out, Passage{ID: h.Article, Title: h.Title, Section: h.Section, Text: h.Text})
	}
	return out
}

// history is what was said before the trigger, as far as the customer could read it.
func history(t *Turn) []Line {
	var out []Line
	for _, e := range t.Events {
		m, ok := e.Body.(*chat.Message)
		if ok && e.Seq < t.Trigger.Seq && m.Text != "" && e.By.Role != chat.RoleSystem {
			out = append(out, Line{Customer: e.By.Role == chat.RoleCustomer, Text: m.Text})
		}
	}
	return out[max(0, len(out)-6):]
}

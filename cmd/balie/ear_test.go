package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"balie/bot/nlu"
	"balie/kb"
)

// shelf is a library's store of a few articles, all written at cursor n.
type shelf struct {
	n    uint64
	list []kb.Article
}

func (s *shelf) Changes(_ context.Context, after uint64, each func(uint64, string, uint64, kb.Article, bool) error) (uint64, error) {
	if after >= s.n {
		return after, nil
	}
	return s.n, each(s.n, "", 1, kb.Article{}, false)
}

func (s *shelf) List(_ context.Context, _, _ string, each func(string, uint64, kb.Article) error) error {
	for _, a := range s.list {
		if err := each(kb.Key(a.Lang, a.ID), 1, a); err != nil {
			return err
		}
	}
	return nil
}

func article(state kb.State, internal bool, questions ...string) kb.Article {
	return kb.Article{ID: "a", Lang: "nl", State: state, Content: kb.Content{Questions: questions, Internal: internal}}
}

// board is what editors taught.
type board struct {
	n    uint64
	list []kb.Taught
}

func (b *board) Changed(_ context.Context, after uint64) (uint64, bool, error) {
	return b.n, b.n > after, nil
}

func (b *board) Examples(context.Context) ([]kb.Taught, error) { return b.list, nil }

// ask is what a model makes of a Dutch sentence.
func hears(e *ear, text string) nlu.Understanding {
	return e.model().Understand(text, nlu.Hints{Lang: "nl"})
}

func look(t *testing.T, e *ear, s *school) bool {
	t.Helper()
	changed, err := e.catchUp(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestTheEarLearnsWhatArticlesAreAsked(t *testing.T) {
	const strange, exchange = "mag ik vuurwerk afsteken op het dakterras", "ik wil mijn schoenen ruilen voor een andere maat"
	e := newEar("", nil, nil)
	shop := &shelf{n: 1, list: []kb.Article{article(kb.Published, false, strange, "kan vuurwerk op het dakterras", "ik wil mijn bestelling retourneren")}}
	s := &school{articles: shop, taught: &board{}}
	if !look(t, e, s) {
		t.Fatal("learned nothing of the articles")
	}
	if u := hears(e, strange); u.Intent != "ask" {
		t.Errorf("after the publish: %q (%s)", u.Intent, u.Band)
	}
	if u := hears(e, "ik wil mijn bestelling retourneren"); u.Intent != "return" {
		t.Errorf("an article's question took a routine's sentence: %q", u.Intent)
	}

	after := e.model()
	if look(t, e, s) || e.model() != after {
		t.Error("learned again though nothing changed")
	}
	shop.n++ // written, but with the same questions
	if look(t, e, s) || e.model() != after {
		t.Error("learned again though no question changed")
	}

	// A later question is judged by the routines alone too, though the model of them alone is gone.
	shop.n, shop.list = shop.n+1, append(shop.list, article(kb.Published, false, exchange))
	if !look(t, e, s) {
		t.Error("did not learn a later question")
	}
	if u := hears(e, exchange); u.Intent != "exchange" {
		t.Errorf("a later article's question took a routine's sentence: %q", u.Intent)
	}
	if u := hears(e, strange); u.Intent != "ask" {
		t.Errorf("the earlier question was forgotten: %q", u.Intent)
	}

	shop.n, shop.list = shop.n+1, []kb.Article{article(kb.Draft, false, strange), article(kb.Published, true, strange)}
	if !look(t, e, s) {
		t.Error("did not unlearn an article that is public no more")
	}
	if u := hears(e, strange); u.Band == nlu.Sure {
		t.Errorf("still sure of a question that no public article is asked: %q", u.Intent)
	}
}

func TestTheEarLearnsFromEditors(t *testing.T) {
	const strange, slang = "die knalpot moet eraf", "die zwenkbank mot retoer" // words that nothing built in has
	e := newEar("", nil, nil)
	shop := &shelf{n: 1, list: []kb.Article{article(kb.Published, false, strange)}}
	editors := &board{n: 1, list: []kb.Taught{{Text: strange, Lang: "nl", Intent: "return"}, {Text: slang, Lang: "nl", Intent: "return"},
		{Text: "Zie je de vliegende maan?", Lang: "nl", Intent: nlu.PersonIntent}}}
	s := &school{articles: shop, taught: editors}
	look(t, e, s)
	if u := hears(e, strange); u.Intent != "return" {
		t.Errorf("an editor's example: %q (%s)", u.Intent, u.Band)
	}
	if u := hears(e, slang); u.Intent != "return" || u.Band != nlu.Sure {
		t.Errorf("one example of an editor's: %q (%s)", u.Intent, u.Band)
	}
	if !e.asksForPerson("zie je de VLIEGENDE maan") || e.asksForPerson("zie je de maan") {
		t.Error("the sentence with which a person is asked for was not taken as it was taught")
	}
	if !e.asksForPerson("ik wil een medewerker spreken") {
		t.Error("what is taught took a person out of reach")
	}

	editors.n, editors.list = 2, nil
	if !look(t, e, s) {
		t.Fatal("did not forget")
	}
	if e.asksForPerson("zie je de vliegende maan") {
		t.Error("still takes the forgotten sentence for one that asks for a person")
	}
	if u := hears(e, strange); u.Intent != "ask" {
		t.Errorf("the article's own question: %q", u.Intent)
	}
}

// away is an endpoint for vectors that answers until it does not.
type away struct{ gone bool }

func (a *away) Embed(_ context.Context, texts []string) ([][]float32, error) {
	if a.gone {
		return nil, errors.New("away")
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = []float32{float32(len(t)%7) + 1, 1}
	}
	return out, nil
}

func TestTheEarGoesOnWithoutVectors(t *testing.T) {
	endpoint := &away{}
	e := newEar("", &vectors{endpoint, prefixed{endpoint, "query: "}}, nil)
	if err := e.join(t.Context(), lessons{}); err != nil {
		t.Fatal(err)
	}
	joined := e.model()
	endpoint.gone = true
	if u := joined.Understand("waar is mijn pakket", nlu.Hints{Lang: "nl"}); u.Intent != "order_status" {
		t.Errorf("without vectors: %q (%s)", u.Intent, u.Band)
	}
	if err := e.join(t.Context(), lessons{}); err == nil || e.model() != joined {
		t.Errorf("an endpoint that is away changed the ear: %v", err)
	}
}

func TestAStartLearnsNothingTwice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ear")
	var log bytes.Buffer
	start := func() *ear { return newEar(file, nil, slog.New(slog.NewTextHandler(&log, nil))) }
	const strange = "mag ik vuurwerk afsteken op het dakterras"
	shop := &shelf{n: 1, list: []kb.Article{article(kb.Published, false, strange, "kan vuurwerk op het dakterras")}}
	editors := &board{n: 1, list: []kb.Taught{{Text: "Zie je de vliegende maan?", Lang: "nl", Intent: nlu.PersonIntent}}}
	if look(t, start(), &school{articles: shop, taught: &board{}}); log.Len() > 0 {
		t.Fatal(log.String())
	}
	look(t, start(), &school{articles: shop, taught: editors})

	e := start()
	s := &school{articles: shop, taught: editors}
	if look(t, e, s) || len(s.known.questions) != 2 {
		t.Errorf("learned again what it knew: %d questions", len(s.known.questions))
	}
	if u := hears(e, strange); u.Intent != "ask" || !e.asksForPerson("zie je de vliegende maan") {
		t.Errorf("forgot in its sleep: %q (%s)", u.Intent, u.Band)
	}

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := start(); hears(e, "ik wil mijn bestelling retourneren").Intent != "return" || !strings.Contains(log.String(), "learns anew") {
		t.Errorf("a damaged file: %s", log.String())
	}
}

package main

import (
	"context"
	"errors"
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

func TestTheEarLearnsWhatArticlesAreAsked(t *testing.T) {
	e := newEar(nil)
	before := e.model()
	const strange = "mag ik vuurwerk afsteken op het dakterras"
	s := &shelf{n: 1, list: []kb.Article{article(kb.Published, false, strange, "kan vuurwerk op het dakterras", "ik wil mijn bestelling retourneren")}}
	cursor, sum, err := e.catchUp(t.Context(), s, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	after := e.model()
	if u := after.Understand(strange, nlu.Hints{Lang: "nl"}); u.Intent != "ask" || after == before {
		t.Errorf("after the publish: %q (%s)", u.Intent, u.Band)
	}
	if u := after.Understand("ik wil mijn bestelling retourneren", nlu.Hints{Lang: "nl"}); u.Intent != "return" {
		t.Errorf("an article's question took a routine's sentence: %q", u.Intent)
	}

	if _, again, err := e.catchUp(t.Context(), s, cursor, sum); err != nil || again != sum || e.model() != after {
		t.Errorf("learned again though nothing changed: %v", err)
	}
	s.n++ // written, but with the same questions
	if _, _, err := e.catchUp(t.Context(), s, cursor, sum); err != nil || e.model() != after {
		t.Errorf("learned again though no question changed: %v", err)
	}
	// A later question is judged by the routines alone too, though the model of them alone is gone.
	s.n, s.list = s.n+1, append(s.list, article(kb.Published, false, "ik wil mijn schoenen ruilen voor een andere maat"))
	if cursor, sum, err = e.catchUp(t.Context(), s, cursor, sum); err != nil || e.model() == after {
		t.Fatalf("did not learn a later question: %v", err)
	}
	after = e.model()
	if u := after.Understand("ik wil mijn schoenen ruilen voor een andere maat", nlu.Hints{Lang: "nl"}); u.Intent != "exchange" {
		t.Errorf("a later article's question took a routine's sentence: %q", u.Intent)
	}
	if u := after.Understand(strange, nlu.Hints{Lang: "nl"}); u.Intent != "ask" {
		t.Errorf("the earlier question was forgotten: %q", u.Intent)
	}
	s.n, s.list = s.n+1, []kb.Article{article(kb.Draft, false, strange), article(kb.Published, true, strange)}
	if _, _, err := e.catchUp(t.Context(), s, cursor, sum); err != nil || e.model() == after {
		t.Fatalf("did not unlearn an article that is public no more: %v", err)
	}
	if u := e.model().Understand(strange, nlu.Hints{Lang: "nl"}); u.Band == nlu.Sure {
		t.Errorf("still sure of a question that no public article is asked: %q", u.Intent)
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
	e := newEar(&vectors{endpoint, prefixed{endpoint, "query: "}})
	s := &shelf{n: 1}
	if err := e.join(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	joined := e.model()
	endpoint.gone = true
	if u := joined.Understand("waar is mijn pakket", nlu.Hints{Lang: "nl"}); u.Intent != "order_status" {
		t.Errorf("without vectors: %q (%s)", u.Intent, u.Band)
	}
	if err := e.join(t.Context(), s); err == nil || e.model() != joined {
		t.Errorf("an endpoint that is away changed the ear: %v", err)
	}
}

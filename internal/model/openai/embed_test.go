package openai

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"balie/internal/fault"
	"balie/internal/model/scripted"
)

func embedding(t *testing.T, cfg EmbedConfig, f func(*testing.T, *Embedder, *scripted.Server), replies ...scripted.Reply) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := scripted.New()
		s.ScriptEmbeddings(replies...)
		client, stop := s.InMemory()
		defer stop()
		cfg.URL, cfg.Key, cfg.Model, cfg.HTTP = "http://model/v1", "sk-test", "e5", client
		f(t, NewEmbedder(cfg), s)
	})
}

func TestEmbed(t *testing.T) {
	embedding(t, EmbedConfig{Batch: 3}, func(t *testing.T, e *Embedder, s *scripted.Server) {
		texts := []string{"een", "twee", "", "een", "drie", "vier", "vijf"}
		got, err := e.Embed(t.Context(), texts)
		if err != nil || len(got) != len(texts) {
			t.Fatalf("%d vectors, %v", len(got), err)
		}
		if !slices.Equal(got[0], got[3]) || slices.Equal(got[0], got[1]) {
			t.Error("the vectors are not in the order of the texts")
		}
		if n := len(s.Requests()); n != 3 {
			t.Errorf("%d requests for 7 texts in batches of 3", n)
		}
		again, err := e.Embed(t.Context(), texts[:2])
		if err != nil || !slices.Equal(again[1], got[1]) || len(s.Requests()) != 3 {
			t.Errorf("not from the cache: %v, %d requests", err, len(s.Requests()))
		}
		if r := s.Requests()[0]; r.Path != "/v1/embeddings" || r.Auth != "Bearer sk-test" || r.Model != "e5" {
			t.Errorf("asked %+v", r)
		}
		if got, err := e.Embed(t.Context(), nil); err != nil || len(got) != 0 {
			t.Errorf("of nothing: %v, %v", got, err)
		}
	})
}

func TestEmbedFailures(t *testing.T) {
	bad := float32(math.MaxFloat32)
	for name, reply := range map[string]scripted.Reply{
		"silent":             scripted.Mute(time.Hour),
		"429":                scripted.Status(429, time.Second),
		"500":                scripted.Status(500, 0),
		"web page":           scripted.Page(),
		"garbage":            scripted.Garbage(),
		"cut":                scripted.Broken("x"),
		"huge":               scripted.Huge(embedBody + 1),
		"too few":            scripted.Given([]float32{1}),
		"too many":           scripted.Given([]float32{1}, []float32{1}, []float32{1}),
		"empty vector":       scripted.Given([]float32{1}, nil),
		"zero vector":        scripted.Given([]float32{1}, []float32{0}),
		"unequal vectors":    scripted.Given([]float32{1}, []float32{1, 2}),
		"absurdly long":      scripted.Given(make([]float32, maxDimension+1), []float32{1}),
		"one place, twice":   func(s *scripted.Stream) { s.JSON(places(0, 0)) },
		"a place outside":    func(s *scripted.Stream) { s.JSON(places(0, 7)) },
		"a place before all": func(s *scripted.Stream) { s.JSON(places(0, -1)) },
		"not one number":     func(s *scripted.Stream) { s.JSON(map[string]any{"data": "none"}) },
	} {
		t.Run(name, func(t *testing.T) {
			embedding(t, EmbedConfig{}, func(t *testing.T, e *Embedder, _ *scripted.Server) {
				start := time.Now()
				got, err := e.Embed(t.Context(), []string{"een", "twee"})
				if got != nil || !fault.Is(err, fault.Unavailable) || time.Since(start) > 50*time.Millisecond {
					t.Errorf("got %v, %v after %v", got, err, time.Since(start))
				}
			}, reply)
		})
	}
	if !sound([]float32{bad, bad}) || sound([]float32{float32(math.Inf(1))}) || sound([]float32{float32(math.NaN())}) {
		t.Error("only finite numbers are sound")
	}
}

func places(at ...int) map[string]any {
	var data []any
	for _, i := range at {
		data = append(data, map[string]any{"index": i, "embedding": []float32{1}})
	}
	return map[string]any{"data": data}
}

func TestEmbedBreakerAndBudgets(t *testing.T) {
	embedding(t, EmbedConfig{}, func(t *testing.T, e *Embedder, s *scripted.Server) {
		patient := e.WithBudget(time.Minute)
		for i := range 5 {
			if _, err := e.Embed(t.Context(), []string{fmt.Sprint(i)}); !errors.Is(err, errBudget) {
				t.Fatalf("got %v", err)
			}
		}
		if _, err := e.Embed(t.Context(), []string{"x"}); !errors.Is(err, errOpen) {
			t.Fatalf("a dead endpoint still costs every question its budget: %v", err)
		}
		s.ScriptEmbeddings()
		if _, err := patient.Embed(t.Context(), []string{"x"}); err != nil {
			t.Fatalf("the ear's failures stop the indexer: %v", err)
		}
		if _, err := e.Embed(t.Context(), []string{"x"}); err != nil {
			t.Errorf("the cache is not shared: %v", err)
		}
	}, scripted.Mute(time.Hour))
}

func TestEmbedProgress(t *testing.T) {
	embedding(t, EmbedConfig{Batch: 1}, func(t *testing.T, e *Embedder, s *scripted.Server) {
		if _, err := e.Embed(t.Context(), []string{"een", "twee"}); err == nil {
			t.Fatal("want a failure")
		}
		s.ScriptEmbeddings()
		if _, err := e.Embed(t.Context(), []string{"een", "twee"}); err != nil || len(s.Requests()) != 3 {
			t.Errorf("%v after %d requests; what arrived was forgotten", err, len(s.Requests()))
		}
	}, scripted.Vectors(64), scripted.Status(500, 0))
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(1000)
	for i := range 100 {
		c.put(cacheKey{byte(i)}, make([]float32, 10))
		c.get(cacheKey{0})
	}
	if c.left < 0 || len(c.at) != c.order.Len() || len(c.at) != 4 {
		t.Errorf("%d bytes left, %d entries, %d in order", c.left, len(c.at), c.order.Len())
	}
	if c.get(cacheKey{0}) == nil || c.get(cacheKey{1}) != nil {
		t.Error("what was asked for last must stay, what was asked for longest go")
	}
	c.put(cacheKey{200}, make([]float32, 1000))
	if c.left < 0 || len(c.at) != c.order.Len() {
		t.Errorf("a vector larger than the cache broke it: %d left, %d entries", c.left, len(c.at))
	}
}

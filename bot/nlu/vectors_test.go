package nlu_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"balie/bot/nlu"
	"balie/internal/model/openai"
)

// colours embeds a text by two words that no example shares a letter with: what only a vector can know.
type colours struct{ fails bool }

func (c *colours) Embed(_ context.Context, texts []string) ([][]float32, error) {
	if c.fails {
		return nil, errors.New("away")
	}
	var out [][]float32
	for _, t := range texts {
		v := []float32{0, 0, 0.1}
		switch t {
		case "rood", "vermiljoen", "scarlet":
			v[0] = 1
		case "blauw", "azuur", "hemels":
			v[1] = 1
		}
		out = append(out, v)
	}
	return out, nil
}

func TestJoinFallsBackInTheSameTurn(t *testing.T) {
	examples := []nlu.Example{{Text: "rood", Intent: "red"}, {Text: "vermiljoen", Intent: "red"}, {Text: "blauw", Intent: "blue"}, {Text: "azuur", Intent: "blue"}}
	plain, err := nlu.Train(examples, nlu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := &colours{}
	m, err := plain.Join(t.Context(), examples, nlu.Options{}, e, e)
	if err != nil {
		t.Fatal(err)
	}
	best := func(text string) string {
		if u := m.Understand(text, nlu.Hints{}); len(u.Top) > 0 {
			return u.Top[0].Intent
		}
		return ""
	}
	if got := best("hemels"); got != "blue" {
		t.Errorf("with a vector: %q", got)
	}
	e.fails = true
	if got := best("roodd"); got != "red" {
		t.Errorf("without a vector: %q", got)
	}
	if _, err := plain.Join(t.Context(), examples, nlu.Options{}, e, e); err == nil {
		t.Error("joined without vectors")
	}
}

// tongues embeds a text by a meaning that its words give away and by its language, which weighs more.
type tongues struct{ lang map[string]string }

func (e *tongues) Embed(_ context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for _, t := range texts {
		v := []float32{0, 0, 0, 0.1}
		switch t {
		case "rain", "drizzle", "motregen":
			v[1] = 1
		case "melody", "chorus", "refrein":
			v[2] = 1
		}
		switch {
		case e.lang[t] == "nl":
			v[0] = 3
		case t == "chorus" || t == "melody":
			v[0] = 0.5 // as if an intent spoke another language
		}
		out = append(out, v)
	}
	return out, nil
}

func TestJoinedModelHearsAnotherLanguage(t *testing.T) {
	e := &tongues{lang: map[string]string{"motregen": "nl", "refrein": "nl"}}
	builtinExamples, _ := nlu.Builtin()
	for _, x := range builtinExamples {
		e.lang[x.Text] = x.Lang
	}
	examples := []nlu.Example{{Text: "rain", Intent: "weather"}, {Text: "drizzle", Intent: "weather"}, {Text: "melody", Intent: "music"}, {Text: "chorus", Intent: "music"}}
	plain, err := nlu.Train(examples, nlu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := plain.Join(t.Context(), examples, nlu.Options{}, e, e)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"motregen": "weather", "refrein": "music"} {
		if u := m.Understand(text, nlu.Hints{}); len(u.Top) == 0 || u.Top[0].Intent != want || u.Top[0].Score < 0.9 {
			t.Errorf("%s: %+v", text, u.Top)
		}
	}
}

// embedders are a patient and a quick client of the endpoint in BALIE_TEST_EMBED_URL; the test is skipped without.
func embedders(t *testing.T) (patient, quick nlu.Embedder) {
	t.Helper()
	url := os.Getenv("BALIE_TEST_EMBED_URL")
	if url == "" {
		t.Skip("no BALIE_TEST_EMBED_URL")
	}
	e := openai.NewEmbedder(openai.EmbedConfig{URL: url, Model: "default", Cache: 256 << 20, Budget: 10 * time.Second})
	return e.WithBudget(time.Minute), e
}

func withVectors(t *testing.T) func([]nlu.Example, nlu.Options) (*nlu.Model, error) {
	patient, quick := embedders(t)
	return func(examples []nlu.Example, opt nlu.Options) (*nlu.Model, error) {
		m, err := nlu.Train(examples, opt)
		if err != nil {
			return nil, err
		}
		return m.Join(t.Context(), examples, opt, patient, quick)
	}
}

func TestVectorsBanking77TenShot(t *testing.T) {
	learn := withVectors(t)
	train, test := perIntent(rows(t, "banking77/train"), 0, 10, 0)
	if !full() {
		test = test[:1500]
	}
	rep, err := nlu.EvalIntentsWith(train, nil, test, "oos", learn)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", rep)
}

func TestVectorsClinc150(t *testing.T) {
	learn := withVectors(t)
	train := rows(t, "clinc150/train")
	if !full() {
		train, _ = perIntent(train, 0, 20, 1)
	}
	rep, err := nlu.EvalIntentsWith(append(train, rows(t, "clinc150/oos_train")...), nil, rows(t, "clinc150/valid"), "oos", learn)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", rep)
}

// TestVectorsAcrossLanguages learns from one half of the English sentences and is asked the other half in Dutch.
func TestVectorsAcrossLanguages(t *testing.T) {
	learn := withVectors(t)
	var train, test []nlu.Row
	for i, r := range rows(t, "xsid-en/valid") {
		if i%2 == 0 {
			train = append(train, r)
		}
	}
	for i, r := range rows(t, "xsid-nl/valid") {
		if i%2 == 1 {
			test = append(test, r)
		}
	}
	rep, err := nlu.EvalIntentsWith(train, nil, test, "oos", learn)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", rep)
}

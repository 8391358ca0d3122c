package nlu_test

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"balie/bot/nlu"
)

// dataDir is where the shared evaluation data lies; the test is skipped where it does not.
func dataDir(t testing.TB) string {
	dir := os.Getenv("BALIE_EVAL_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no evaluation data: %v", err)
	}
	return dir
}

// full reports whether the long form of a measurement was asked for.
func full() bool { return os.Getenv("BALIE_EVAL") == "full" }

func rows(t testing.TB, name string) (out []nlu.Row) {
	t.Helper()
	f, err := os.Open(filepath.Join(dataDir(t), "intents", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var r nlu.Row
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// perIntent draws n sentences of each of the first intents intents (0 = all); rest is every other sentence of those intents.
func perIntent(all []nlu.Row, intents, n int, seed uint64) (drawn, rest []nlu.Row) {
	rng := rand.New(rand.NewPCG(seed, 7))
	count, kept := map[string]int{}, map[string]bool{}
	for _, i := range rng.Perm(len(all)) {
		r := all[i]
		if !kept[r.Intent] && intents > 0 && len(kept) == intents {
			continue
		}
		kept[r.Intent] = true
		if count[r.Intent]++; count[r.Intent] <= n {
			drawn = append(drawn, r)
		} else {
			rest = append(rest, r)
		}
	}
	return drawn, rest
}

func evaluate(t *testing.T, train, valid, test []nlu.Row) nlu.Report {
	t.Helper()
	rep, err := nlu.EvalIntents(train, valid, test, "oos")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", rep)
	return rep
}

// atLeast fails when a measured figure is under the floor it once reached.
func atLeast(t *testing.T, what string, got, floor float64) {
	t.Helper()
	t.Logf("%s: %.4f", what, got)
	if got < floor {
		t.Errorf("%s: %.4f, under its floor of %.4f", what, got, floor)
	}
}

func TestClinc150(t *testing.T) {
	train, valid := rows(t, "clinc150/train"), rows(t, "clinc150/valid")
	background := rows(t, "clinc150/oos_train")
	floors := []float64{0.935, 0.91, 0.85, 0.975}
	if !full() {
		train, _ = perIntent(train, 0, 20, 1)
		floors = []float64{0.87, 0.84, 0.65, 0.95}
	}
	// The threshold comes from cross-validation on train, so that valid can be the test.
	rep := evaluate(t, append(train, background...), nil, valid)
	atLeast(t, "forced", rep.AccuracyInForced, floors[0])
	atLeast(t, "in scope", rep.AccuracyIn, floors[1])
	atLeast(t, "out of scope", rep.RecallOut, floors[2])
	atLeast(t, "auroc", rep.AUROC, floors[3])
}

func TestBanking77TenShot(t *testing.T) {
	all := rows(t, "banking77/train")
	var sum float64
	draws := 1
	if full() {
		draws = 3
	}
	for seed := range draws {
		train, test := perIntent(all, 0, 10, uint64(seed))
		sum += evaluate(t, train, nil, test).AccuracyInForced
	}
	atLeast(t, "mean", sum/float64(draws), 0.74)
}

func TestBanking77CrossValidated(t *testing.T) {
	if !full() {
		t.Skip("the long form only: BALIE_EVAL=full")
	}
	got, err := nlu.CrossValidate(rows(t, "banking77/train"), 5)
	if err != nil {
		t.Fatal(err)
	}
	atLeast(t, "accuracy", got, 0.905)
}

func TestSofMattress(t *testing.T) {
	rep := evaluate(t, rows(t, "sofmattress/train"), nil, rows(t, "sofmattress/test"))
	atLeast(t, "best mcc", rep.BestMCC, 0.59)
}

func TestXSIDCrossValidated(t *testing.T) {
	for _, lang := range []string{"nl", "en"} {
		got, err := nlu.CrossValidate(rows(t, "xsid-"+lang+"/valid"), 10)
		if err != nil {
			t.Fatal(err)
		}
		atLeast(t, lang, got, 0.93)
	}
}

func TestThirtyByThirty(t *testing.T) {
	train, _ := perIntent(rows(t, "clinc150/train"), 30, 30, 5)
	in := map[string]bool{}
	for _, r := range train {
		in[r.Intent] = true
	}
	var test []nlu.Row
	for _, r := range rows(t, "clinc150/valid") {
		if in[r.Intent] {
			test = append(test, r)
		}
	}
	rep := evaluate(t, train, nil, test)
	atLeast(t, "accuracy", rep.AccuracyInForced, 0.96)
	var examples []nlu.Example
	for _, r := range train {
		examples = append(examples, nlu.Example{Text: r.Text, Intent: r.Intent})
	}
	var before, after runtime.MemStats
	for range 2 { // twice, so that what a pool still held is gone too
		runtime.GC()
	}
	runtime.ReadMemStats(&before)
	begin := time.Now()
	m, err := nlu.Train(examples, nlu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("train %v", time.Since(begin))
	runtime.GC()
	runtime.ReadMemStats(&after)
	heap := float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / (1 << 20)
	t.Logf("heap %.1f MB", heap)
	if heap > 15 {
		t.Errorf("a model of 30×30 holds %.1f MB", heap)
	}
	runtime.KeepAlive(m)
}

func TestLanguageOfXSID(t *testing.T) {
	wrong, n := 0, 0
	for _, lang := range []string{"nl", "en"} {
		for _, r := range rows(t, "xsid-"+lang+"/valid") {
			n++
			if u := builtin().Understand(r.Text, nlu.Hints{}); u.Lang != lang {
				wrong++
				t.Logf("%s taken for %s: %s", lang, u.Lang, r.Text)
			}
		}
	}
	atLeast(t, "right", 1-float64(wrong)/float64(n), 0.99)
}

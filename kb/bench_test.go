package kb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/nl"
	"github.com/blevesearch/bleve/v2/index/scorch"
)

// BenchmarkSearch is a whole search, shown passages included, over 2,500 articles.
func BenchmarkSearch(b *testing.B) {
	v, asked, _ := evalSet(b, "libreoffice-nl", "nl")
	url := func(_, id string) string { return id }
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		if _, err := v.search(context.Background(), Query{Text: asked[i%len(asked)].Text, Lang: "nl", Limit: 10}, url); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	reportTail(b, took)
}

// BenchmarkFloor is the floor to compare with: a bare Bleve OR query over the same passages with Bleve's own Dutch
// analyzer, ten hits with their text and no highlighting.
func BenchmarkFloor(b *testing.B) {
	dir := evalFolder(b, "libreoffice-nl")
	docs, err := readRows(dir + "/corpus.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	asked, err := readRows(dir + "/queries.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	idx := floorIndex(b, docs)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		req := bleve.NewSearchRequest(bleve.NewMatchQuery(asked[i%len(asked)].Text))
		req.Fields = []string{"text"}
		if _, err := idx.Search(req); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	reportTail(b, took)
}

func reportTail(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// floorIndex is Bleve's own index over the passages of docs.
func floorIndex(t testing.TB, docs []evalDoc) bleve.Index {
	t.Helper()
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = "nl"
	idx, err := bleve.NewUsing(filepath.Join(t.TempDir(), "floor"), m, scorch.Name, scorch.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idx.Close(); err != nil {
			t.Error(err)
		}
	})
	batch := idx.NewBatch()
	flush := func() {
		if err := idx.Batch(batch); err != nil {
			t.Fatal(err)
		}
		batch.Reset()
	}
	for _, d := range docs {
		for i, p := range Passages(evalBody(d)) {
			if err := batch.Index(fmt.Sprint(d.ID, i), map[string]string{"text": d.Title + "\n" + Plain(p.Markdown)}); err != nil {
				t.Fatal(err)
			}
		}
		if batch.Size() > 500 {
			flush()
		}
	}
	flush()
	return idx
}

// TestSpeedBesideBleve asks both the same questions in turn, at the size of a small and of a large library. Ours must show its first three
// passages with the words marked, and be no slower than half again the bare query at the end of the tail. It runs with the other figures,
// because it takes minutes.
func TestSpeedBesideBleve(t *testing.T) {
	if os.Getenv("BALIE_EVAL") != "full" {
		t.Skip("run with BALIE_EVAL=full, on a quiet machine")
	}
	dir := evalFolder(t, "libreoffice-nl")
	docs, err := readRows(dir + "/corpus.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := readRows(dir + "/queries.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1000, 10_000} {
		var lib []evalDoc
		for i := range n {
			d := docs[i%len(docs)]
			d.ID, d.Title = fmt.Sprint(d.ID, i), fmt.Sprintf("%s %d", d.Title, i/len(docs))
			lib = append(lib, d)
		}
		s, err := openShelf(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		v, err := evalView(t.Context(), s, lib, "nl")
		if err != nil {
			t.Fatal(err)
		}
		idx := floorIndex(t, lib)
		ours, theirs := quickest(asked, func(q string) time.Duration { return askOurs(t, v, q) }), quickest(asked, func(q string) time.Duration { return askFloor(t, idx, q) })
		p50, p99 := len(ours)/2, len(ours)*99/100
		t.Logf("%d articles: ours %v, %v at p99; Bleve's OR %v, %v at p99", n, ours[p50], ours[p99], theirs[p50], theirs[p99])
		if ours[p99] > theirs[p99]*3/2 {
			t.Errorf("%d articles: p99 is %v, more than half again %v", n, ours[p99], theirs[p99])
		}
		v.release()
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

// quickest asks each question five times and returns, sorted, what each took at best: the rest is what else the machine had to do.
func quickest(asked []evalDoc, ask func(string) time.Duration) []time.Duration {
	out := make([]time.Duration, len(asked))
	for i := range out {
		out[i] = time.Hour
	}
	for range 5 {
		for i, q := range asked {
			out[i] = min(out[i], ask(q.Text))
		}
	}
	slices.Sort(out)
	return out
}

func askOurs(t *testing.T, v *view, text string) time.Duration {
	begin := time.Now()
	res, err := v.search(t.Context(), Query{Text: text, Lang: "nl", Limit: 10}, func(_, id string) string { return id })
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range res.Hits[:min(3, len(res.Hits))] {
		h.Snippet(40)
	}
	return time.Since(begin)
}

func askFloor(t *testing.T, idx bleve.Index, text string) time.Duration {
	begin := time.Now()
	req := bleve.NewSearchRequest(bleve.NewMatchQuery(text))
	req.Fields = []string{"text"}
	if _, err := idx.Search(req); err != nil {
		t.Fatal(err)
	}
	return time.Since(begin)
}

// BenchmarkDot is the part of a search that looks at 50,000 vectors of 384 numbers.
func BenchmarkDot(b *testing.B) {
	rows := make([][]int8, 50_000)
	for i := range rows {
		rows[i] = make([]int8, 384)
		for j := range rows[i] {
			rows[i][j] = int8(i*31 + j*7)
		}
	}
	var sum int32
	for b.Loop() {
		for _, r := range rows {
			sum += dot(rows[7], r)
		}
	}
	_ = sum
}

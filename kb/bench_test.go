package kb

import (
	"context"
	"fmt"
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
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = "nl"
	idx, err := bleve.NewUsing(filepath.Join(b.TempDir(), "floor"), m, scorch.Name, scorch.Name, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer idx.Close()
	batch := idx.NewBatch()
	for _, d := range docs {
		for i, p := range Passages(evalBody(d)) {
			if err := batch.Index(fmt.Sprint(d.ID, i), map[string]string{"text": d.Title + "\n" + Plain(p.Markdown)}); err != nil {
				b.Fatal(err)
			}
		}
		if batch.Size() > 500 {
			if err := idx.Batch(batch); err != nil {
				b.Fatal(err)
			}
			batch.Reset()
		}
	}
	if err := idx.Batch(batch); err != nil {
		b.Fatal(err)
	}
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

package kb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// EvalReport is how well search does on a set of questions with known answers. The names are part of the command line's
// surface.
type EvalReport struct {
	N                   int     `json:"n"`
	Hit1                float64 `json:"hit1"`
	Hit3                float64 `json:"hit3"`
	Hit10               float64 `json:"hit10"`
	MRR10               float64 `json:"mrr10"`
	NDCG10              float64 `json:"ndcg10"`
	P50                 float64 `json:"p50_us"`
	P99                 float64 `json:"p99_us"`
	Unanswerable        int     `json:"n_unanswerable"`
	RefusedUnanswerable float64 `json:"refused_unanswerable"`
	RefusedAnswerable   float64 `json:"refused_answerable"`

	Words *EvalReport `json:"words_only,omitempty"` // the same by words alone, where there are vectors
}

// EvalSet says what to measure on: files in the BEIR layout.
type EvalSet struct {
	Corpus, Queries, Qrels string

	Lang       string // of the queries
	CorpusLang string // of documents that do not say theirs; "" means that of the queries
	Cache      string // a folder that keeps vectors for the next time; "" for none
	Vectors    *Vectors
	Progress   func(done, total int) // told how many documents have their vectors; may be nil
}

// evalDoc is a row of a corpus or of queries in the BEIR layout.
type evalDoc struct {
	ID    string `json:"_id"`
	Title string `json:"title"`
	Text  string `json:"text"`
	Lang  string `json:"lang"`
}

// EvalSearch indexes a corpus in a folder of its own, asks every query and compares with the judgements. Articles are
// ranked by their best passage. A query without a relevant document counts as unanswerable: right is to refuse it. With vectors the
// report is of words and vectors together; their endpoint is waited for, and its time is not counted.
func EvalSearch(ctx context.Context, set EvalSet) (EvalReport, error) {
	docs, err := readRows(set.Corpus)
	if err != nil {
		return EvalReport{}, err
	}
	asked, err := readRows(set.Queries)
	if err != nil {
		return EvalReport{}, err
	}
	right, err := readJudgements(set.Qrels)
	if err != nil {
		return EvalReport{}, err
	}
	if set.CorpusLang == "" {
		set.CorpusLang = set.Lang
	}
	dir, err := os.MkdirTemp("", "balie-eval-")
	if err != nil {
		return EvalReport{}, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(dir)
	s, err := openShelf(dir)
	if err != nil {
		return EvalReport{}, err
	}
	v, err := evalView(ctx, s, docs, set.CorpusLang)
	if err != nil {
		return EvalReport{}, errors.Join(err, s.close())
	}
	rep, err := evalQueries(ctx, v, asked, right, set.Lang, nil)
	if err == nil && set.Vectors != nil {
		words := rep
		if rep, err = evalVectors(ctx, v, asked, right, set, dir); err == nil {
			rep.Words = &words
		}
	}
	v.release()
	return rep, errors.Join(err, s.close())
}

// evalVectors measures again with vectors, which it learns first.
func evalVectors(ctx context.Context, v *view, asked []evalDoc, right map[string]map[string]float64, set EvalSet, dir string) (rep EvalReport, err error) {
	if set.Cache != "" {
		dir = set.Cache
	}
	l := &Library{opt: Options{Vectors: set.Vectors, Log: slog.New(slog.DiscardHandler)}}
	if l.table, err = openVectors(dir, set.Vectors.Model); err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, l.table.close()) }()
	if err := l.learnView(ctx, v, set.Progress); err != nil {
		return rep, err
	}
	var texts []string
	for _, q := range asked {
		texts = append(texts, q.Text)
	}
	vectors := l.questionVectors(ctx, texts)
	if len(vectors) == 0 && len(texts) > 0 {
		return rep, errors.New("the endpoint gave no vectors of the questions")
	}
	return evalQueries(ctx, v, asked, right, set.Lang, vectors)
}

func evalView(ctx context.Context, s *shelf, docs []evalDoc, lang string) (*view, error) {
	cursor := uint64(0)
	for page := range slices.Chunk(docs, pageChanges) {
		var changes []change
		for _, d := range page {
			if d.Lang == "" {
				d.Lang = lang
			}
			changes = append(changes, change{key: Key(d.Lang, d.ID), lang: d.Lang, id: d.ID, content: &Content{Title: d.Title, Body: evalBody(d)}})
			cursor++
		}
		if err := s.apply(ctx, changes, cursor); err != nil {
			return nil, err
		}
	}
	return newView(ctx, s)
}

// evalBody is a row's text as Markdown that shows it as it is: these sets hold plain text, in which a # or * is a letter.
func evalBody(d evalDoc) string {
	return escapeMarkdown.Replace(strings.TrimSpace(strings.TrimPrefix(d.Text, d.Title)))
}

var escapeMarkdown = strings.NewReplacer("\\", "\\\\", "#", "\\#", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", "&", "&amp;",
	"[", "\\[", "]", "\\]", "|", "\\|", "~", "\\~", ">", "&gt;")

func evalQueries(ctx context.Context, v *view, asked []evalDoc, right map[string]map[string]float64, lang string, vectors map[string][]float32) (EvalReport, error) {
	var rep EvalReport
	var took []time.Duration
	for _, q := range asked {
		begin := time.Now()
		res, err := v.search(ctx, Query{Text: q.Text, Lang: lang, Limit: 10, vector: vectors[q.Text]}, func(_, id string) string { return id })
		if err != nil {
			return rep, fmt.Errorf("search %s: %w", q.ID, err)
		}
		took = append(took, time.Since(begin))
		rep.count(res, right[q.ID])
	}
	rep.finish(took)
	return rep, nil
}

func (rep *EvalReport) count(res Result, right map[string]float64) {
	refused := 0.0
	if res.Verdict == None {
		refused = 1
	}
	if len(right) == 0 {
		rep.Unanswerable++
		rep.RefusedUnanswerable += refused
		return
	}
	rep.N++
	rep.RefusedAnswerable += refused
	dcg, first := 0.0, 0
	for i, h := range res.Hits {
		if gain := right[h.Article]; gain > 0 {
			dcg += gain / math.Log2(float64(i)+2)
			if first == 0 {
				first = i + 1
			}
		}
	}
	rep.NDCG10 += dcg / idealGain(right)
	if first > 0 {
		rep.MRR10 += 1 / float64(first)
		rep.Hit10++
	}
	if first > 0 && first <= 3 {
		rep.Hit3++
	}
	if first == 1 {
		rep.Hit1++
	}
}

func idealGain(right map[string]float64) float64 {
	var gains []float64
	for _, g := range right {
		gains = append(gains, g)
	}
	slices.Sort(gains)
	slices.Reverse(gains)
	ideal := 0.0
	for i, g := range gains[:min(10, len(gains))] {
		ideal += g / math.Log2(float64(i)+2)
	}
	return ideal
}

// finish turns sums into means. Of nothing, the mean is 0.
func (rep *EvalReport) finish(took []time.Duration) {
	n, u := float64(max(1, rep.N)), float64(max(1, rep.Unanswerable))
	for _, f := range []*float64{&rep.Hit1, &rep.Hit3, &rep.Hit10, &rep.MRR10, &rep.NDCG10, &rep.RefusedAnswerable} {
		*f /= n
	}
	rep.RefusedUnanswerable /= u
	if len(took) > 0 {
		slices.Sort(took)
		rep.P50 = float64(took[len(took)/2].Nanoseconds()) / 1e3
		rep.P99 = float64(took[len(took)*99/100].Nanoseconds()) / 1e3
	}
}

const maxEvalLine = 16 << 20

func readRows(path string) ([]evalDoc, error) {
	data, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	defer data.Close()
	sc := bufio.NewScanner(data)
	sc.Buffer(nil, maxEvalLine)
	var out []evalDoc
	for n := 1; sc.Scan(); n++ {
		if len(bytes.TrimSpace(sc.Bytes())) == 0 {
			continue
		}
		var d evalDoc
		if err := json.Unmarshal(sc.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("read %s line %d: %w", path, n, err)
		}
		out = append(out, d)
	}
	return out, sc.Err()
}

// readJudgements reads query, document and score, parted by tabs, below a header line.
func readJudgements(path string) (map[string]map[string]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	out := map[string]map[string]float64{}
	for i, line := range strings.Split(string(data), "\n") {
		cols := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if i == 0 || len(cols) < 3 {
			continue
		}
		score, err := strconv.ParseFloat(cols[2], 64)
		if err != nil {
			return nil, fmt.Errorf("read %s line %d: %w", path, i+1, err)
		}
		if out[cols[0]] == nil {
			out[cols[0]] = map[string]float64{}
		}
		if score > 0 {
			out[cols[0]][cols[1]] = score
		}
	}
	return out, nil
}

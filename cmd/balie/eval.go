package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"balie/bot/nlu"
	"balie/kb"
)

// evalIntentsCmd measures the ear on labelled sentences.
type evalIntentsCmd struct {
	Train string `help:"Sentences to learn from." required:"" placeholder:"FILE"`
	Test  string `help:"Sentences to be measured on." required:"" placeholder:"FILE"`
	Valid string `help:"Sentences the threshold is chosen on; without it, on --train." placeholder:"FILE"`
	OOS   string `name:"oos" help:"The intent that marks what is out of scope." default:"oos"`
}

// Help is the long help.
func (evalIntentsCmd) Help() string {
	return `Files hold one {"text","intent"} a line. The threshold never sees --test.` +
		example("balie eval intents --train train.jsonl --valid valid.jsonl --test test.jsonl --json")
}

func (c *evalIntentsCmd) run(_ context.Context, e *env) error {
	var rows [3][]nlu.Row
	for i, file := range []string{c.Train, c.Valid, c.Test} {
		var err error
		if rows[i], err = readRows(file); err != nil {
			return err
		}
	}
	rep, err := nlu.EvalIntents(rows[0], rows[1], rows[2], c.OOS)
	if err != nil {
		return fmt.Errorf("measure the ear: %w", err)
	}
	return e.print(rep, table(rep))
}

// readRows reads labelled sentences; no file, no rows.
func readRows(file string) (rows []nlu.Row, err error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, misuse("there is no file %s to read", file)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var row nlu.Row
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("%s:%d is not one {\"text\",\"intent\"}: %w", file, n, err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return rows, nil
}

// table writes a report of figures as lines of name and value, in the order of its fields.
func table(report any) string {
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ","), ": "); ok {
			fmt.Fprintf(&out, "%-22s %s\n", strings.Trim(name, `"`), value)
		}
	}
	return out.String()
}

// evalSearchCmd measures the search on questions with known answers.
type evalSearchCmd struct {
	Corpus  string `help:"The documents." required:"" placeholder:"FILE"`
	Queries string `help:"The questions." required:"" placeholder:"FILE"`
	Qrels   string `help:"Which documents answer which question." required:"" placeholder:"FILE"`
	Lang    string `help:"The language of the questions, and of documents that do not say theirs." default:"nl" enum:"nl,en"`

	CorpusLang string `help:"The language of documents that do not say theirs, where it is another than the questions'." default:"" enum:",nl,en"`
	Cache      string `help:"A folder that keeps sentence vectors for the next time." placeholder:"DIR"`
}

// Help is the long help.
func (evalSearchCmd) Help() string {
	return `The layout is BEIR's: documents {"_id","title","text"}, questions {"_id","text"}, and lines of question, document and score with a header. A question without a document should be refused. With a BALIE_EMBED_URL the figures are of words and sentence vectors together, and those of words alone stand beside them.` +
		example("balie eval search --corpus corpus.jsonl --queries queries.jsonl --qrels qrels.tsv --lang nl")
}

func (c *evalSearchCmd) run(ctx context.Context, e *env) error {
	for _, file := range []string{c.Corpus, c.Queries, c.Qrels} {
		if _, err := os.Stat(file); err != nil {
			return misuse("there is no file %s to read", file)
		}
	}
	p := e.progress("vectors")
	defer p.done()
	set := kb.EvalSet{Corpus: c.Corpus, Queries: c.Queries, Qrels: c.Qrels, Lang: c.Lang, CorpusLang: c.CorpusLang, Cache: c.Cache,
		Vectors: patientVectors(e.cfg.Embed), Progress: p.show}
	rep, err := kb.EvalSearch(ctx, set)
	if err != nil {
		return fmt.Errorf("measure the search: %w", err)
	}
	return e.print(rep, columns(rep))
}

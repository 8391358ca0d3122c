package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"balie/internal/fault"
	"balie/kb"
)

// importCmd brings articles in.
type importCmd struct {
	From   string `arg:"" help:"A folder, a .zip, a .csv, or an .md or .html file." placeholder:"DIR|FILE"`
	DryRun bool   `help:"Only say what would happen."`
	Draft  bool   `help:"Leave the articles unpublished."`
	Lang   string `help:"Language of articles that do not say theirs." placeholder:"nl"`
	Why    string `help:"The reason, kept in the articles' history."`
}

// Help is the long help.
func (importCmd) Help() string {
	return "Markdown files have YAML front matter: id, lang, title, questions, tags, updated, review_by. Pages of a website (.html) become Markdown without their menus and scripts; their ids come from their places in the folder. An article that is there already with the same text is left alone; a file that cannot be read is told and does not stop the rest." +
		example("balie kb import help/", "balie kb import --dry-run articles.zip")
}

func (c *importCmd) run(ctx context.Context, e *env) error {
	from, err := filepath.Abs(c.From)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.From, err)
	}
	if _, err := os.Stat(from); err != nil {
		return misuse("there is no folder or file %s to import", c.From)
	}
	q := *c
	q.From = from
	rep, err := ask[kb.ImportReport](ctx, e, "kb.import", q, true)
	if err != nil {
		return fmt.Errorf("import %s: %w", c.From, err)
	}
	if err := e.print(rep, importText(rep, c.DryRun)); err != nil {
		return err
	}
	if len(rep.Errors) > 0 {
		return errTold
	}
	return nil
}

func importText(rep kb.ImportReport, dry bool) string {
	var b strings.Builder
	word := ""
	if dry {
		word = " (nothing was written)"
	}
	fmt.Fprintf(&b, "%d new, %d changed, %d the same, %d refused%s\n", len(rep.New), len(rep.Changed), rep.Same, len(rep.Errors), word)
	for _, r := range rep.Errors {
		where := r.File
		if r.Line > 0 {
			where = fmt.Sprintf("%s:%d", r.File, r.Line)
		}
		fmt.Fprintf(&b, "refused %s: %s\n", where, r.Reason)
	}
	return b.String()
}

func importArticles(ctx context.Context, d *data, c importCmd, p progress) (kb.ImportReport, error) {
	opt := kb.ImportOptions{DryRun: c.DryRun, Draft: c.Draft, Lang: c.Lang, By: "balie kb import", Why: c.Why, Progress: p}
	rep, err := d.library.Import(ctx, c.From, opt)
	if err != nil {
		return rep, err
	}
	return rep, d.library.Sync(ctx)
}

// exportCmd writes articles out.
type exportCmd struct {
	To string `arg:"" help:"The folder; made when it is not there." placeholder:"DIR"`
}

// Help is the long help.
func (exportCmd) Help() string {
	return "An article that was imported and not changed since comes out byte for byte as it went in." + example("balie kb export help/")
}

func (c *exportCmd) run(ctx context.Context, e *env) error {
	to, err := filepath.Abs(c.To)
	if err != nil {
		return fmt.Errorf("find %s: %w", c.To, err)
	}
	n, err := ask[exported](ctx, e, "kb.export", exportCmd{to}, false)
	if err != nil {
		return fmt.Errorf("export to %s: %w", c.To, err)
	}
	return e.print(n, fmt.Sprintf("%d articles written to %s\n", n.Articles, c.To))
}

type exported struct {
	Articles int `json:"articles"`
}

func exportArticles(ctx context.Context, d *data, c exportCmd, _ progress) (exported, error) {
	n, err := d.library.Export(ctx, c.To)
	return exported{n}, err
}

// searchCmd asks the library.
type searchCmd struct {
	Question []string `arg:"" help:"What a customer asks."`
	Lang     string   `help:"The customer's language." default:"nl" enum:"nl,en"`
	Limit    int      `help:"Articles wanted, at most 50." default:"5"`
	Internal bool     `help:"Also articles that only agents may read."`
}

// Help is the long help.
func (searchCmd) Help() string {
	return "Shows the articles that fit, best first, and whether the bot would quote one (answer), ask back (choose) or say it does not know (none)." +
		example("balie kb search Wat kost retour sturen", "balie kb search --lang en --json how do I cancel")
}

func (c *searchCmd) run(ctx context.Context, e *env) error {
	if c.Limit < 1 || c.Limit > 50 {
		return misuse("--limit is from 1 to 50")
	}
	q := kb.Query{Text: strings.Join(c.Question, " "), Lang: c.Lang, Limit: c.Limit, Internal: c.Internal}
	res, err := ask[kb.Result](ctx, e, "kb.search", q, false)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "verdict: %s\n", res.Verdict)
	if res.Corrected != "" {
		fmt.Fprintf(&b, "read as: %s\n", res.Corrected)
	}
	for i, h := range res.Hits {
		fmt.Fprintf(&b, "%2d. %s  [%s/%s]  score %.2f\n", i+1, title(h), h.Lang, h.Article, h.Score)
		fmt.Fprintf(&b, "    %s\n", shorten(h.Text, 160))
	}
	return e.print(res, b.String())
}

func title(h kb.Hit) string {
	if h.Section == "" {
		return h.Title
	}
	return h.Title + " › " + h.Section
}

// shorten makes one line of a text, with at most n characters.
func shorten(text string, n int) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

func searchArticles(ctx context.Context, d *data, q kb.Query, _ progress) (kb.Result, error) {
	if err := d.library.Sync(ctx); err != nil {
		return kb.Result{}, err
	}
	return d.library.Search(ctx, q)
}

// testCmd asks articles their own questions.
type testCmd struct {
	Lang string `help:"Only articles in this language." default:"" enum:",nl,en"`
}

// Help is the long help.
func (testCmd) Help() string {
	return "Asks the library every question that an article's front matter lists, and tells which do not find that article first. Exit code 1 when one is not among the first three." +
		example("balie kb test", "balie kb test --lang nl --json")
}

// tested is how articles did on their own questions.
type tested struct {
	Questions int    `json:"questions"`
	First     int    `json:"first"`  // the article came first
	Third     int    `json:"third"`  // it was among the first three
	Misses    []miss `json:"misses"` // it was not
}

type miss struct {
	Article  string   `json:"article"`
	Lang     string   `json:"lang"`
	Question string   `json:"question"`
	Got      []string `json:"got"`
}

func (c *testCmd) run(ctx context.Context, e *env) error {
	t, err := ask[tested](ctx, e, "kb.test", c, false)
	if err != nil {
		return fmt.Errorf("test the articles: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d questions: %d find their article first, %d among the first three\n", t.Questions, t.First, t.Third)
	for _, m := range t.Misses {
		fmt.Fprintf(&b, "missed %s/%s: %q finds %s\n", m.Lang, m.Article, m.Question, strings.Join(m.Got, ", "))
	}
	if err := e.print(t, b.String()); err != nil {
		return err
	}
	if len(t.Misses) > 0 {
		return errTold
	}
	return nil
}

func testArticles(ctx context.Context, d *data, c testCmd, p progress) (tested, error) {
	out := tested{Misses: []miss{}}
	if err := d.library.Sync(ctx); err != nil {
		return out, err
	}
	var all []kb.Article
	if err := d.library.Articles(ctx, c.Lang, func(a kb.Article) error { all = append(all, a); return nil }); err != nil {
		return out, err
	}
	for i, a := range all {
		p(i, len(all))
		for _, question := range a.Questions {
			res, err := d.library.Search(ctx, kb.Query{Text: question, Lang: a.Lang, Limit: 3, Internal: a.Internal})
			if err != nil {
				return out, err
			}
			out.note(a, question, res.Hits)
		}
	}
	if out.Questions == 0 {
		return out, fault.New(fault.NotFound, "No article has a question in its front matter. Write some under questions:, as customers ask them.")
	}
	return out, nil
}

func (t *tested) note(a kb.Article, question string, hits []kb.Hit) {
	t.Questions++
	var got []string
	for i, h := range hits {
		if h.Article == a.ID {
			t.Third++
			if i == 0 {
				t.First++
			}
			return
		}
		got = append(got, h.Lang+"/"+h.Article)
	}
	t.Misses = append(t.Misses, miss{a.ID, a.Lang, question, got})
}

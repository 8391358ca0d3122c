package kb_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"balie/kb"
)

const sitePage = `<!doctype html>
<html lang="nl-NL">
<head><title>Een pakket terugsturen | De Winkel</title><style>p{color:red}</style><script>alert(1)</script></head>
<body>
<header><h2>De Winkel</h2><nav><a href="/">Start</a><a href="/menu">Menukaart</a></nav></header>
<main>
<h1>Een pakket terugsturen</h1>
<p>Stuur het <strong>binnen 30 dagen</strong> terug. Lees ook over <a href="../betalen/index.html#geld">uw geld</a>,
<a href="https://example.com/voorwaarden">de voorwaarden</a>, <a href="javascript:steal()">dit</a>, <a href="nergens.html">dat</a> en <a href="data:text/html,x">zo</a>.</p>
<h2>Wat het kost</h2>
<table><tr><th>Maat</th><th>Prijs</th></tr><tr><td><p>klein</p><p>licht</p></td><td>€ 4 | vast</td></tr><tr><td>groot</td><td><ul><li>€ 7</li><li>€ 9</li></ul></td></tr></table>
<ul><li>eerst <em>inpakken</em></li><li>dan <del>wegbrengen</del></li></ul>
<img src="https://tracker.example/pixel.gif" alt="Een doos"><img src="data:image/png;base64,xx"><img src="../img/doos.png" alt="De doos">
<div hidden>Geheim</div><div role="navigation">Kruimelpad</div><form><button>Bestel</button></form><iframe src="https://evil.example"></iframe>
<p onclick="steal()">Klaar &lt;script&gt;.</p>
</main>
<footer>© De Winkel</footer>
</body></html>`

func importHTML(t *testing.T, files fstest.MapFS, opt kb.ImportOptions) (*house, kb.ImportReport) {
	t.Helper()
	h := newHouse(t)
	rep, err := h.lib.ImportFS(t.Context(), files, opt)
	if err != nil {
		t.Fatal(err)
	}
	h.sync()
	return h, rep
}

func TestImportHTML(t *testing.T) {
	files := fstest.MapFS{
		"site/nl/retour/terugsturen.html": {Data: []byte(sitePage)},
		"site/nl/betalen/index.html":      {Data: []byte("<title>Betalen</title><p>U betaalt met iDEAL.")},
		"en/about.htm":                    {Data: []byte("<h1>About us</h1><p>We sell bicycles.</p>")},
		"oud.html":                        {Data: []byte("<html lang=nl><meta charset=windows-1252><title>Caf\xe9</title><p>Een \x80 5 kop koffie.")},
	}
	h, rep := importHTML(t, files, kb.ImportOptions{})
	if fmt.Sprint(rep.New) != "[en/about nl/oud nl/betalen nl/retour-terugsturen]" || len(rep.Errors) != 0 {
		t.Fatalf("report = %+v", rep)
	}
	a, err := h.lib.Article(t.Context(), "nl", "retour-terugsturen")
	if err != nil {
		t.Fatal(err)
	}
	if a.Title != "Een pakket terugsturen" || a.Path != "site/nl/retour/terugsturen.md" {
		t.Errorf("title %q, path %q", a.Title, a.Path)
	}
	for _, want := range []string{"**binnen 30 dagen**", "[uw geld](/help/nl/betalen)", "(https://example.com/voorwaarden)", "dit, dat en zo", "## Wat het kost",
		"| Maat | Prijs |", `| klein licht | € 4 \| vast |`, "| groot | € 7 € 9 |", "*inpakken*", "~~wegbrengen~~", "Een doos", "![De doos](../img/doos.png)"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("no %q in\n%s", want, a.Body)
		}
	}
	shown := kb.Render(a.Body)
	for _, never := range []string{"<script", "steal", "Menukaart", "Geheim", "Kruimelpad", "evil.example", "tracker.example", "color:red", "©", "Bestel", "data:", "# Een pakket"} {
		if strings.Contains(a.Body, never) || strings.Contains(shown, never) {
			t.Errorf("%q came along in\n%s", never, a.Body)
		}
	}
	if !strings.Contains(shown, "<td>klein licht</td>") || !strings.Contains(shown, "&lt;script&gt;") {
		t.Errorf("shown as\n%s", shown)
	}
	if old, err := h.lib.Article(t.Context(), "nl", "oud"); err != nil || old.Title != "Café" || !strings.Contains(old.Body, "€ 5") {
		t.Errorf("an old alphabet reads %q %q, %v", old.Title, old.Body, err)
	}
	h.first("nl", "wat kost een grote doos terugsturen", "retour-terugsturen")

	again, err := h.lib.ImportFS(t.Context(), files, kb.ImportOptions{})
	if err != nil || again.Same != 4 || len(again.New)+len(again.Changed) != 0 {
		t.Errorf("the same import again: %+v, %v", again, err)
	}
	dir := t.TempDir()
	if _, err := h.lib.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if back, err := h.lib.Import(t.Context(), dir, kb.ImportOptions{}); err != nil || len(back.New)+len(back.Changed)+len(back.Errors) != 0 {
		t.Errorf("the export taken in again: %+v, %v", back, err)
	}
}

// TestHostileHTML gives pages that are made to hurt: each is refused with the line, or comes in cleaned, and soon.
func TestHostileHTML(t *testing.T) {
	head := "<html lang=nl><title>T</title>\n"
	deep := func(open string, n int) string { return head + strings.Repeat(open, n) + "tekst" }
	for name, c := range map[string]struct{ page, code string }{
		"100 MB":              {head + strings.Repeat("x", 100<<20), "too_large"},
		"100,000 boxes":       {deep("<div>", 100_000), "html_deep"},
		"100,000 lists":       {deep("<ul><li>", 100_000), "html_deep"},
		"tables in tables":    {deep("<table><tr><td>", 60_000), "html_deep"},
		"bold upon bold":      {head + strings.Repeat("<b id=1><i id=2>", 100) + strings.Repeat("<p>x", 20_000), "html_unclosed"},
		"200,000 paragraphs":  {deep("<p>", 200_000), "html_many"},
		"wide table":          {head + "<table><tr>" + strings.Repeat("<td>x", 15_000) + strings.Repeat("<tr><td>x", 15_000) + "</table>", "html_table"},
		"a cell over all":     {head + "<table><tr><td colspan=1000000 rowspan=1000000>x<tr><td>y</table>", "html_table"},
		"a negative cell":     {head + "<table><tr><td colspan=-5 rowspan=x>x<td>y</table>", ""},
		"no text":             {head + "<nav>menu</nav><script>x</script>", "html_no_text"},
		"no title":            {"<html lang=nl><p>tekst", "html_no_title"},
		"no language":         {"<title>T</title><p>tekst", "html_no_lang"},
		"not UTF-8":           {head + "<p>a\xe9b", "html_charset"},
		"UTF-16":              {"\xff\xfe<\x00p\x00>\x00x\x00", "html_no_lang"},
		"not HTML":            {"\x00\x01\x02\x03", "html_no_lang"},
		"nothing":             {"", "html_no_lang"},
		"an open script":      {head + "<p>tekst<script>while(1){}", ""},
		"an open comment":     {head + "<p>tekst<!-- " + strings.Repeat("<div>", 10_000), ""},
		"an open attribute":   {head + "<p>tekst<a href=\"" + strings.Repeat("x", 500_000), ""},
		"500,000 attributes":  {head + "<p " + strings.Repeat("a=1 ", 200_000) + ">tekst", ""},
		"brackets":            {head + "<p>" + strings.Repeat("[", 500_000), ""},
		"stars":               {head + "<p>" + strings.Repeat("*a _b ", 100_000), ""},
		"links in the dark":   {head + `<p>t <a href="JaVaScRiPt:x">a</a><a href=" java&#10;script:x">b</a><a href="vbscript:x">c</a><a href="//evil.example/x">d</a>`, ""},
		"entities":            {head + "<p>" + strings.Repeat("&lt;img src=x onerror=steal()&gt;", 1000), ""},
		"scripts in svg":      {head + "<p>t<svg><script>steal()</script></svg><math><mi xlink:href='javascript:x'>", ""},
		"markdown in a title": {"<html lang=nl><title>a\n---\nid: kwaad</title><p>tekst", ""},
		"quotes in quotes":    {deep("<blockquote>", 150), ""},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			h, rep := importHTML(t, fstest.MapFS{"page.html": {Data: []byte(c.page)}}, kb.ImportOptions{Words: "nl"})
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if c.code != "" {
				if len(rep.Errors) != 1 || rep.Errors[0].Code != c.code || rep.Errors[0].Reason == "" {
					t.Errorf("report = %+v, want %s", rep, c.code)
				}
				return
			}
			if len(rep.New) != 1 {
				t.Fatalf("report = %+v", rep)
			}
			a, err := h.lib.Article(t.Context(), "nl", "page")
			if err != nil {
				t.Fatal(err)
			}
			shown := kb.Render(a.Body)
			for _, never := range []string{"script:", "<script", "<img", "evil.example"} {
				if strings.Contains(strings.ToLower(shown), never) {
					t.Errorf("%q is shown in %.300s", never, shown)
				}
			}
		})
	}
}

// TestALibraryOfHTMLComesInWithProgress makes pages of the shared help texts and takes them in, cut off once on the way.
func TestALibraryOfHTMLComesInWithProgress(t *testing.T) {
	docs := sharedPages(t)
	file := filepath.Join(t.TempDir(), "help.zip")
	writeZip(t, file, docs)
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	last := 0
	cut := kb.ImportOptions{Progress: func(done, _ int) {
		if last = done; done == len(docs)/2 {
			stop()
		}
	}}
	if _, err := h.lib.Import(ctx, file, cut); err == nil {
		t.Fatal("an import that was cut off says nothing")
	}
	calls := 0
	begin := time.Now()
	rep, err := h.lib.Import(t.Context(), file, kb.ImportOptions{Progress: func(done, total int) {
		if calls++; done != calls || total != len(docs) {
			t.Fatalf("%d of %d after %d calls", done, total, calls)
		}
	}})
	if err != nil || rep.Same < last || rep.Same+len(rep.New) != len(docs) || len(rep.Errors) > 0 {
		t.Fatalf("%d same, %d new, %d refused of %d: %v %+v", rep.Same, len(rep.New), len(rep.Errors), len(docs), err, rep.Errors)
	}
	t.Logf("%d pages, half of them again, in %v", len(docs), time.Since(begin).Round(time.Millisecond))
	h.sync()
	h.first("nl", "Werkbalk Zoeken", "shared-find-toolbar")
}

// sharedPages are the shared help texts as pages of a website, by place.
func sharedPages(t *testing.T) map[string]string {
	t.Helper()
	root := os.Getenv("BALIE_EVAL_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(root, "search", "libreoffice-nl", "corpus.jsonl"))
	if err != nil {
		t.Skipf("no pages to take in: %v", err)
	}
	defer f.Close()
	pages := map[string]string{}
	for lines := json.NewDecoder(f); ; {
		var d struct {
			ID    string `json:"_id"`
			Title string `json:"title"`
			Text  string `json:"text"`
		}
		err := lines.Decode(&d)
		if errors.Is(err, io.EOF) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		if d.Title == "" {
			continue
		}
		pages["help/nl/"+d.ID] = fmt.Sprintf("<!doctype html><html><head><title>%s</title></head><body><nav>LibreOffice</nav><h1>%[1]s</h1><p>%s</p></body></html>",
			html.EscapeString(d.Title), html.EscapeString(d.Text))
	}
}

func writeZip(t *testing.T, file string, pages map[string]string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, text := range pages {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

package kb

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"balie/internal/fault"
)

const oddFile = "\ufeff---\r\n# who touches this: Sanne\r\nid: retour\r\nlang: nl\r\ntags: [ retour ,  \"geld terug\" ]\r\ntitle: 'Een bestelling: terugsturen'   # keep short\r\n" +
	"questions:\r\n  - Hoe stuur ik iets terug?\r\n  # asked most in January\r\n  - Kan ik ruilen?\r\nhouse_key: {a: 1, b: [2, 3]}\r\n---\r\n\r\nU mag *alles* terugsturen.  \r\n\r\n## Kosten\r\nGeen.\r\n"

func TestParseKeepsEveryByte(t *testing.T) {
	for _, file := range []string{
		oddFile, "", "\n", "Just text", "---\n---\n", "---\nid: a\n---", "---\r\nid: a\r\n...\r\ntext", "\ufeffText\r\n",
		"---\nid: x\nlang: en\ntitle: \"T\"\nupdated: 2026-11-21\n---\n# T\n\ntext\n", "# Heading\n\ntext", "----\nno front matter\n",
	} {
		a, err := Parse([]byte(file))
		if err != nil {
			t.Errorf("%q: %v", file, err)
			continue
		}
		if got := a.Markdown(); string(got) != file {
			t.Errorf("got  %q\nwant %q", got, file)
		}
	}
}

func TestParseReads(t *testing.T) {
	a, err := Parse([]byte(oddFile))
	if err != nil {
		t.Fatal(err)
	}
	if a.ID != "retour" || a.Lang != "nl" || a.Title != "Een bestelling: terugsturen" || len(a.Questions) != 2 || a.Questions[1] != "Kan ik ruilen?" ||
		len(a.Tags) != 2 || a.Tags[1] != "geld terug" || !strings.HasPrefix(a.Body, "\r\nU mag") {
		t.Errorf("article = %+v", a)
	}
}

// TestEditTouchesOnlyWhatChanged changes fields as the editor does: the rest of the file stays as its writer left it.
func TestEditTouchesOnlyWhatChanged(t *testing.T) {
	a, err := Parse([]byte(oddFile))
	if err != nil {
		t.Fatal(err)
	}
	a.Title, a.Questions, a.Internal, a.ReviewBy = "Terugsturen: zo doet u dat", []string{"Mag dit terug?"}, true, "2027-01-01"
	out := string(a.Markdown())
	for _, keep := range []string{"\ufeff---\r\n# who touches this: Sanne\r\n", "tags: [ retour ,  \"geld terug\" ]\r\n", "house_key: {a: 1, b: [2, 3]}\r\n", "---\r\n\r\nU mag *alles* terugsturen.  \r\n"} {
		if !strings.Contains(out, keep) {
			t.Errorf("lost %q in\n%s", keep, out)
		}
	}
	if strings.Contains(strings.ReplaceAll(out, "\r\n", ""), "\n") {
		t.Errorf("line ends are mixed: %q", out)
	}
	b, err := Parse([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if b.Title != a.Title || len(b.Questions) != 1 || b.Questions[0] != a.Questions[0] || !b.Internal || b.ReviewBy != a.ReviewBy || len(b.Tags) != 2 {
		t.Errorf("read back %+v", b.Content)
	}
	if again := b.Markdown(); string(again) != out {
		t.Errorf("second round differs:\n%q\n%q", again, out)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, says string }{
		"never closed":    {"---\nid: a\ntext", "Line 1"},
		"not YAML":        {"---\nid: a\ntitle: a: b: c\n---\n", "Line 3"},
		"tab":             {"---\nid: a\n\ttitle: x\n---\n", "Line "},
		"list for a text": {"---\nid: a\ntitle:\n  - x\n---\n", "Line "},
		"alias":           {"---\nid: &a x\ntitle: *a\n---\n", "Line 2"},
		"deep":            {"---\nid: a\nx: " + strings.Repeat("[", 1000) + "\n---\n", "Line 3"},
		"bad id":          {"---\nid: ../../etc\n---\n", "cannot be used"},
		"bad lang":        {"---\nlang: Nederlands\n---\n", "language code"},
		"not UTF-8":       {"---\nid: a\n---\n\nna\xefve\n", "Line 5"},
		"NUL":             {"a\n\x00\n", "Line 2"},
		"long title":      {"---\ntitle: " + strings.Repeat("x", 2000) + "\n---\n", "title"},
		"huge":            {strings.Repeat("x", MaxArticle+1), "larger"},
		"huge front":      {"---\n" + strings.Repeat("# x\n", 20000) + "---\n", "front matter"},
	} {
		_, err := Parse([]byte(c.file))
		if err == nil || fault.KindOf(err) == fault.Internal || !strings.Contains(fault.Text(err), c.says) {
			t.Errorf("%s: %v, want %q in it", name, err, c.says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(oddFile))
	f.Add([]byte("---\nid: [a\n---\n"))
	f.Add([]byte("---\n? a\n: - b\n---\ntext"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Parse(raw)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		if out := a.Markdown(); !bytes.Equal(out, raw) {
			t.Fatalf("round trip:\n%q\n%q", raw, out)
		}
		a.Title, a.Tags = "Nieuw: titel", []string{"a", "b #c"}
		b, err := Parse(a.Markdown())
		if err != nil || b.Title != a.Title || len(b.Tags) != 2 || b.Tags[1] != "b #c" || b.Body != a.Body {
			t.Fatalf("after an edit: %+v, %v\n%q", b, err, a.Markdown())
		}
		for _, p := range Passages(a.Body) {
			Plain(p.Markdown)
			Render(p.Markdown)
		}
	})
}

func TestRenderIsSafe(t *testing.T) {
	for md, want := range map[string]string{
		"**Hoi** <script>alert(1)</script>":            "<p><strong>Hoi</strong> alert(1)</p>",
		"[x](javascript:alert(1))":                     "<p>x</p>",
		"[x](data:text/html;base64,xx)":                "<p>x</p>",
		"[x](/help/nl/retour)":                         `<p><a href="/help/nl/retour">x</a></p>`,
		"[x](https://example.com/)":                    `<p><a href="https://example.com/" rel="nofollow noreferrer noopener" target="_blank">x</a></p>`,
		"![x](https://evil.example/p.png)":             `<p>x</p>`,
		"![x](//evil.example/p.png)":                   `<p>x</p>`,
		"![kaart](/media/kaart.png)":                   `<p><img src="/help/media/kaart.png" alt="kaart"></p>`,
		"<img src=x onerror=alert(1)>":                 "",
		"| a | b |\n|---|--:|\n| 1 | 2 |":              "<td align=\"right\">2</td>",
		"<iframe src=https://evil.example></iframe>hi": "",
	} {
		got := Render(md)
		if !strings.Contains(got, want) {
			t.Errorf("%q renders %q, want %q", md, got, want)
		}
		for _, bad := range []string{"<script", "javascript:", "onerror", "evil.example", "<iframe", "data:"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q renders %q", md, got)
			}
		}
	}
	for _, md := range []string{strings.Repeat("> ", 100_000), strings.Repeat("[a](", 250_000), strings.Repeat("[", MaxArticle)} {
		if got := Render(md + "\n\nx"); !strings.Contains(got, "x") { // and ends, which it would not in an hour
			t.Errorf("%.20q renders %.80q", md, got)
		}
	}
}

func TestPassages(t *testing.T) {
	long := strings.Repeat("Dit is een zin van acht gewone woorden. ", 120)
	body := "Inleiding.\n\n# Retour\n\nTekst [een][1].\n\n```\n# geen kop\n\nook niet\n```\n\n## Kosten\n" + long + "\n\n[1]: /help/nl/een\n"
	ps := Passages(body)
	if len(ps) < 6 {
		t.Fatalf("%d passages", len(ps))
	}
	if ps[0].Section != "" || ps[1].Section != "Retour" || !strings.Contains(ps[1].Markdown, "# geen kop\n\nook niet") || ps[2].Section != "Kosten" {
		t.Errorf("passages = %+v", ps[:3])
	}
	if !strings.Contains(Render(ps[1].Markdown), `href="/help/nl/een"`) {
		t.Errorf("the link is lost: %s", Render(ps[1].Markdown))
	}
	total := 0
	for _, p := range ps[2:] {
		n := words(Plain(p.Markdown))
		if total += n; n > maxWords {
			t.Errorf("a passage of %d words", n)
		}
	}
	if total != 120*8 {
		t.Errorf("%d words, want %d", total, 120*8)
	}
	if got := len(Passages(strings.Repeat("woord ", 100_000))); got > maxPassages {
		t.Errorf("%d passages", got)
	}
	if got := Passages("  \n\n"); len(got) != 0 {
		t.Errorf("passages of nothing: %v", got)
	}
}

func TestPlain(t *testing.T) {
	got := Plain("# Kop\n\n- *een*\n- [twee](/x) &amp; `drie`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
	if want := "Kop\neen\ntwee & drie\na b \n1 2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// evalFolder is where the shared data lies; a test that needs it skips where it is absent.
func evalFolder(t testing.TB, set string) string {
	dir := os.Getenv("BALIE_EVAL_DATA")
	if dir == "" {
		dir = "../../shared/data"
	}
	dir += "/search/" + set
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no data to measure on: %v", err)
	}
	return dir
}

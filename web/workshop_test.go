package web_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/store/document"
	"balie/kb"
	"balie/web"
)

// withEditors gives the house a workshop whose voice is the library's verdict.
func withEditors(t *testing.T) *rig {
	t.Helper()
	return withEditorsAnd(t, func(*web.Options) {})
}

// withEditorsAnd is withEditors with further changes of the options, or a look at them.
func withEditorsAnd(t *testing.T, more func(*web.Options)) *rig {
	t.Helper()
	return newRig(t, func(o *web.Options) {
		defer more(o)
		lib := o.Library.(*kb.Library)
		e := o.Lists.(document.Engine)
		gaps := &kb.Gaps{Groups: document.In(e, "gaps", document.Options[kb.Gap]{}), Misses: document.In(e, "misses", document.Options[kb.Miss]{}), Now: time.Now}
		o.Canned = document.In(e, "canned", document.Options[handoff.Canned]{History: true})
		o.Limits = document.In(e, "limits", document.Options[action.Limits]{History: true})
		intents := []web.Intent{{ID: "ask"}, {ID: "return", Label: map[string]string{"nl": "Retour"}}}
		o.Editors = &web.Editors{Gaps: gaps, Proposals: document.In(e, "proposals", document.Options[kb.Proposal]{}), Intents: intents,
			Lessons: &kb.Lessons{Store: document.In(e, "taught", document.Options[kb.Taught]{History: true}), Now: time.Now, Intents: func() []string { return []string{"ask", "return"} }}, Works: document.In(e, "works", document.Options[kb.Work]{}), Votes: document.In(e, "votes", document.Options[kb.Votes]{}),
			Mask: func(text, _ string) string { return strings.ReplaceAll(text, "jan@example.nl", "[…]") },
			Workshop: &kb.Workshop{Library: lib, Store: o.Articles, Gaps: gaps, Voice: func(ctx context.Context, from kb.Reader, lang, q string) (kb.Said, error) {
				res, err := from.Search(ctx, kb.Query{Text: q, Lang: lang})
				if err != nil || res.Verdict == kb.None {
					return kb.Said{Act: kb.SaidRefuse}, err
				}
				return kb.Said{Act: kb.SaidAnswer, Article: kb.Key(res.Hits[0].Lang, res.Hits[0].Article), Text: res.Hits[0].Text}, nil
			}}}
	})
}

const articles = "/api/v1/kb/articles"

func TestARedGateNeedsAReason(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	one := articles + "/nl/kast"
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Zet de kast waterpas.\n", "questions": []string{"wie repareert scharnieren"}, "internal": false})
	editor.must("POST", one+"/publish", frame{"rev": 1})
	status, f := editor.call("POST", one+"/state", frame{"rev": 2, "state": "archived"})
	report, _ := f["report"].(map[string]any)
	if status != 400 || f.str("code") != "gate_red" || report["red"] != 1.0 {
		t.Fatalf("archiving the only answer: %d %v", status, f)
	}
	f = editor.must("POST", one+"/state", frame{"rev": 2, "state": "archived", "override": "Wij verkopen geen kasten meer"})
	if f.str("state") != "archived" || !strings.Contains(f.str("why"), "geen kasten meer") {
		t.Errorf("archived: %v", f)
	}
	if status, _ := r.signIn("sanne").call("POST", one+"/publish", frame{"rev": 3}); status != 403 {
		t.Errorf("an agent publishes: %d", status)
	}
}

func TestAConflictCarriesTheOtherText(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor, admin := r.signIn("edith"), r.signIn("ada")
	one := articles + "/nl/kast"
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Een.\n"})
	admin.must("PUT", one, frame{"rev": 1, "title": "Een kast", "body": "Twee.\n"})
	status, f := editor.call("PUT", one, frame{"rev": 1, "title": "Een kast", "body": "Drie.\n"})
	current, _ := f["current"].(map[string]any)
	if status != 409 || current["body"] != "Twee.\n" || current["rev"] != 2.0 || current["by"] != "Ada" {
		t.Errorf("conflict: %d %v", status, f)
	}
	f = editor.must("POST", one+"/restore", frame{"rev": 2, "from": 1, "why": "terug"})
	if f.str("body") != "Een.\n" || f["rev"] != 3.0 {
		t.Errorf("restored: %v", f)
	}
	if status, _ := editor.call("POST", one+"/restore", frame{"rev": 3, "from": 99}); status != 404 {
		t.Errorf("restoring what never was: %d", status)
	}
}

func TestUnsavedWorkIsOnesOwn(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor, admin := r.signIn("edith"), r.signIn("ada")
	one := articles + "/nl/kast"
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Een.\n"})
	editor.must("PUT", one+"/work", frame{"rev": 1, "content": frame{"title": "Een kast", "body": "Half getypt"}})
	if f := editor.must("GET", one+"/work", nil); f["content"].(map[string]any)["body"] != "Half getypt" {
		t.Errorf("work: %v", f)
	}
	if status, _ := admin.call("GET", one+"/work", nil); status != 404 {
		t.Errorf("somebody else's work: %d", status)
	}
	item := editor.must("GET", articles, nil)["articles"].([]any)[0].(map[string]any)
	if item["unsaved"] != true || item["tests"] != 0.0 {
		t.Errorf("the list: %v", item)
	}
	for range 2 {
		if status, _ := editor.call("DELETE", one+"/work", nil); status != 204 {
			t.Errorf("thrown away: %d", status)
		}
	}
}

func TestATranslationKnowsItsSource(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Een.\n"})
	editor.must("POST", articles, frame{"id": "kast", "lang": "en", "title": "A cupboard", "body": "One.\n", "source_of": "nl"})
	stale := func() bool {
		for _, a := range editor.must("GET", articles+"?lang=", nil)["articles"].([]any) {
			if m := a.(map[string]any); m["lang"] == "en" {
				return m["stale"] == true
			}
		}
		return false
	}
	if stale() {
		t.Error("a fresh translation is stale")
	}
	editor.must("PUT", articles+"/nl/kast", frame{"rev": 1, "title": "Een kast", "body": "Een en twee.\n"})
	if !stale() {
		t.Error("the source was changed and nobody notices")
	}
	editor.must("POST", articles+"/en/kast/translated", frame{"rev": 1, "source_of": "nl"})
	if stale() {
		t.Error("a translation that was looked at is stale")
	}
}

// upload sends files as the page does.
func upload(b *browser, query string, files map[string]string) (int, []map[string]any) {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, text := range files {
		w, err := form.CreateFormFile(name, "x")
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.Context(), "POST", b.url+"/api/v1/kb/import?"+query, &body)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Accept", "application/x-ndjson")
	patient := &http.Client{Jar: b.client.Jar, Transport: b.client.Transport} // thousands of files take their time
	resp, err := patient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var lines []map[string]any
	for dec := json.NewDecoder(resp.Body); ; {
		var l map[string]any
		if err := dec.Decode(&l); err != nil {
			return resp.StatusCode, lines
		}
		lines = append(lines, l)
	}
}

func TestManyFilesComeInAndGoOut(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	files := map[string]string{"nl/../../../../evil.md": "# Kwaad\n\nTekst.\n", "nl/kapot.md": "---\ntitle: [\n---\n"}
	for i := range 300 {
		files[fmt.Sprintf("nl/map/pagina-%d.md", i)] = fmt.Sprintf("# Pagina %d\n\nTekst over onderwerp %d.\n", i, i)
	}
	_, lines := upload(editor, "dry=1&lang=nl", files)
	last := lines[len(lines)-1]["result"].(map[string]any)
	if len(last["new"].([]any)) != 301 || len(last["errors"].([]any)) != 1 {
		t.Errorf("dry: %d new, %v", len(last["new"].([]any)), last["errors"])
	}
	if len(lines) < 2 || lines[0]["progress"] == nil {
		t.Errorf("no progress: %v", lines[0])
	}
	if got := editor.must("GET", articles, nil)["articles"].([]any); len(got) != 0 {
		t.Fatalf("a dry run wrote %d articles", len(got))
	}
	upload(editor, "lang=nl&draft=1", files)
	_, lines = upload(editor, "lang=nl&draft=1", files)
	if last = lines[len(lines)-1]["result"].(map[string]any); last["same"] != 301.0 {
		t.Errorf("again: %v", last["same"])
	}
	resp := editor.do("GET", "/api/v1/kb/export", nil, nil)
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || !bytes.HasPrefix(b, []byte("PK")) || !bytes.Contains(b, []byte("nl/map/pagina-299.md")) {
		t.Errorf("export: %d bytes, %v", len(b), err)
	}
	if status, _ := upload(r.signIn("sanne"), "lang=nl", files); status != 403 {
		t.Errorf("an agent imports: %d", status)
	}
}

func TestReadersSayWhatTheyMissed(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Zet hem waterpas.\n"})
	editor.must("POST", articles+"/nl/kast/publish", frame{"rev": 1})
	reader := r.browser()
	post := func(v url.Values) string {
		t.Helper()
		resp, err := reader.client.PostForm(r.url+"/help/nl/kast", v)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusSeeOther {
			t.Errorf("%v: %d", v, resp.StatusCode)
		}
		return resp.Header.Get("Location")
	}
	post(url.Values{"useful": {"yes"}})
	if to := post(url.Values{"useful": {"no"}}); !strings.Contains(reader.page(to).html, `name="missing"`) {
		t.Errorf("%s does not ask what was missed", to)
	}
	post(url.Values{"useful": {"no"}, "missing": {"hoe zwaar de kast is, mail jan@example.nl"}})
	if item := editor.must("GET", articles, nil)["articles"].([]any)[0].(map[string]any); item["helpful"] != 50.0 {
		t.Errorf("helpful: %v", item["helpful"])
	}
	gaps := editor.must("GET", "/api/v1/kb/gaps?state=open", nil)["gaps"].([]any)
	if len(gaps) != 1 || strings.Contains(fmt.Sprint(gaps), "jan@") {
		t.Fatalf("gaps: %v", gaps)
	}
	id := gaps[0].(map[string]any)["id"].(string)
	if status, _ := editor.call("PUT", "/api/v1/kb/gaps/"+id, frame{"state": "ignored"}); status != 400 {
		t.Errorf("ignored without a reason: %d", status)
	}
	made := editor.must("POST", "/api/v1/kb/gaps/"+id+"/draft", frame{"id": "gewicht", "title": "Hoe zwaar is de kast"})
	if made.str("state") != "draft" || len(made["questions"].([]any)) != 1 {
		t.Errorf("draft: %v", made)
	}
	if err := r.library.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	editor.must("POST", articles+"/nl/gewicht/publish", frame{"rev": 1, "override": "test"})
	if f := editor.must("GET", "/api/v1/kb/gaps/"+id, nil); f.str("state") != "solved" {
		t.Errorf("after publishing: %v", f)
	}
}

// TestALibraryOfThousandsComesIn imports the public help pages of an office program as one archive, with progress, and then runs the gate
// of one of them.
func TestALibraryOfThousandsComesIn(t *testing.T) {
	dir := cmp.Or(os.Getenv("BALIE_EVAL_DATA"), filepath.Join("..", "..", "shared", "data"))
	corpus, err := os.ReadFile(filepath.Join(dir, "search", "libreoffice-nl", "corpus.jsonl"))
	if err != nil {
		t.Skipf("the public data is not here: %v", err)
	}
	r := withEditors(t)
	editor := r.signIn("edith")
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	n, first := 0, ""
	for line := range bytes.Lines(corpus) {
		var row struct {
			ID          string `json:"_id"`
			Title, Text string
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("lo-%d", n)
		w, err := z.Create("nl/" + id + ".md")
		if err == nil {
			_, err = fmt.Fprintf(w, "---\nid: %s\nlang: nl\ntitle: %q\nquestions: [%q]\n---\n\n%s\n", id, row.Title, row.Title, row.Text)
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; first == "" {
			first = id
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, lines := upload(editor, "lang=nl", map[string]string{"pages.zip": archive.String()})
	last, _ := lines[len(lines)-1]["result"].(map[string]any)
	if last == nil || len(last["new"].([]any))+len(last["errors"].([]any)) != n || len(last["errors"].([]any)) > n/100 {
		t.Fatalf("of %d pages: %.300v", n, lines[len(lines)-1])
	}
	if len(lines) < 3 {
		t.Errorf("%d lines of progress", len(lines)-1)
	}
	t.Logf("%d pages in %s, %d lines of progress", n, time.Since(began), len(lines)-1)
	if err := r.library.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := articles + "/nl/" + first
	a := editor.must("GET", one, nil)
	editor.must("PUT", one, frame{"rev": a["rev"], "title": a["title"], "body": a.str("body") + "\nEn nog een regel.\n", "questions": a["questions"]})
	rep := editor.must("POST", one+"/gate", frame{})
	if rep["asked"].(float64) < 2 {
		t.Errorf("the gate asks %v questions", rep["asked"])
	}
	t.Logf("the gate asked %v questions of %d articles in %v ms", rep["asked"], n, rep["took_ms"])
}

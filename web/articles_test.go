package web_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestEditorsWriteArticles(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor, agent := r.signIn("edith"), r.signIn("sanne")
	const list = "/api/v1/kb/articles"
	const one = list + "/nl/fiets-retour"
	made := editor.must("POST", list, frame{"id": "fiets-retour", "lang": "nl", "title": "Een fiets terugsturen", "body": "Een fiets halen wij bij u op.\n", "questions": []string{"Hoe stuur ik mijn fiets terug?"}})
	if made["rev"] != 1.0 || made.str("state") != "draft" {
		t.Fatalf("made: %v", made)
	}
	if p := r.browser().page("/help/nl/fiets-retour"); p.status != 404 {
		t.Errorf("a draft is read by customers: %d", p.status)
	}
	published := editor.must("POST", one+"/publish", frame{"rev": 1, "why": "klaar"})
	if published.str("state") != "published" {
		t.Errorf("published: %v", published)
	}
	if p := r.browser().page("/help/nl/fiets-retour"); p.status != 200 || !strings.Contains(p.html, "halen wij bij u op") {
		t.Errorf("the page: %d", p.status)
	}
	if err := r.library.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f := agent.must("GET", "/api/v1/kb/search?lang=nl&q=fiets+terugsturen", nil); len(f["hits"].([]any)) == 0 {
		t.Errorf("search: %v", f)
	}
	change := frame{"title": "Een fiets terugsturen", "body": "Wij halen hem gratis op.\n", "why": "beter"}
	if status, f := editor.call("PUT", one, change); status != 400 {
		t.Errorf("without a revision: %d %v", status, f)
	}
	change["rev"] = 1
	if status, f := editor.call("PUT", one, change); status != 409 || f.str("code") != "conflict" {
		t.Errorf("an old revision: %d %v", status, f)
	}
	resp := editor.do("GET", one, nil, nil)
	resp.Body.Close()
	delete(change, "rev")
	put := editor.do("PUT", one, change, http.Header{"If-Match": {resp.Header.Get("Etag")}})
	put.Body.Close()
	if put.StatusCode != 200 || put.Header.Get("Etag") == resp.Header.Get("Etag") {
		t.Errorf("by ETag: %d", put.StatusCode)
	}
	if f := editor.must("GET", one, nil); f.str("state") != "draft" || f.str("live", "body") != "Een fiets halen wij bij u op.\n" || f.str("by") != "Edith" {
		t.Errorf("an edit of what is published: %v", f)
	}
	if p := r.browser().page("/help/nl/fiets-retour"); !strings.Contains(p.html, "halen wij bij u op") {
		t.Error("customers read the draft")
	}
	if f := editor.must("GET", one+"/revisions", nil); len(f["revisions"].([]any)) != 3 {
		t.Errorf("history: %v", f)
	}
	if f := editor.must("GET", one+"/revisions/1", nil); f.str("body") != "Een fiets halen wij bij u op.\n" || f.str("state") != "draft" {
		t.Errorf("revision 1: %v", f)
	}
	for name, c := range map[string]struct {
		method, path string
		body         frame
		status       int
	}{
		"the same id":        {"POST", list, frame{"id": "fiets-retour", "lang": "nl", "title": "x", "body": "x"}, 409},
		"a strange id":       {"POST", list, frame{"id": "../x", "lang": "nl", "title": "x", "body": "x"}, 400},
		"another language":   {"POST", list, frame{"id": "x", "lang": "de", "title": "x", "body": "x"}, 400},
		"no title":           {"POST", list, frame{"id": "x", "lang": "nl", "title": " ", "body": "x"}, 400},
		"published by hand":  {"PUT", one, frame{"rev": 3, "title": "x", "body": "x", "state": "published"}, 400},
		"past the gate":      {"PUT", one, frame{"rev": 3, "title": "x", "body": "x", "state": "archived"}, 400},
		"a NUL":              {"PUT", one, frame{"rev": 3, "title": "x", "body": "a\x00b"}, 400},
		"far too large":      {"PUT", one, frame{"rev": 3, "title": "x", "body": strings.Repeat("x", 3<<20)}, 413},
		"larger than a page": {"PUT", one, frame{"rev": 3, "title": "x", "body": strings.Repeat("x", 3<<19)}, 413},
		"not there":          {"GET", list + "/nl/nope", nil, 404},
		"no such revision":   {"GET", one + "/revisions/99", nil, 404},
		"no history":         {"GET", list + "/nl/nope/revisions", nil, 404},
		"old delete":         {"DELETE", one + "?rev=1", nil, 409},
		"blind delete":       {"DELETE", one, nil, 400},
	} {
		var body any
		if c.body != nil {
			body = c.body
		}
		if status, f := editor.call(c.method, c.path, body); status != c.status {
			t.Errorf("%s: %d %v", name, status, f)
		}
	}
	if status, _ := editor.call("DELETE", one+"?rev=3", nil); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if f := agent.must("GET", list, nil); len(f["articles"].([]any)) != 0 {
		t.Errorf("after deleting: %v", f)
	}
}

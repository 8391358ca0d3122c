package web_test

import (
	"strings"
	"testing"
	"time"

	"balie/kb"
	"balie/web"
)

func TestEditorsKeepThePreparedReplies(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor, agent := r.signIn("edith"), r.signIn("sanne")
	const all = "/api/v1/kb/canned"
	text := func(nl, en string) frame { return frame{"nl": nl, "en": en} }
	f := editor.must("POST", all, frame{"id": "dag", "title": "Begroeting", "text": text("Dag {klant}, u spreekt met {medewerker}.", "Hello {customer}.")})
	if f["rev"] != 1.0 || f.str("by") != "Edith" {
		t.Errorf("made: %v", f)
	}
	for what, body := range map[string]frame{
		"a hole nobody fills":    {"id": "x", "title": "X", "text": text("Dag {wachtwoord}", "")},
		"no words":               {"id": "x", "title": "X", "text": text(" ", "")},
		"no title":               {"id": "x", "title": " ", "text": text("Dag", "")},
		"a language we have not": {"id": "x", "title": "X", "text": frame{"fr": "Salut"}},
		"an id that is none":     {"id": "../x", "title": "X", "text": text("Dag", "")},
		"a book":                 {"id": "x", "title": "X", "text": text(strings.Repeat("a", 4001), "")},
	} {
		if status, _ := editor.call("POST", all, body); status != 400 && status != 413 {
			t.Errorf("%s: %d", what, status)
		}
	}
	if status, _ := editor.call("POST", all, frame{"id": "dag", "title": "Nog een", "text": text("Dag", "")}); status != 409 {
		t.Errorf("an id twice: %d", status)
	}
	if status, _ := agent.call("PUT", all+"/dag", frame{"rev": 1, "title": "Begroeting", "text": text("Hoi", "")}); status != 403 {
		t.Errorf("an agent writes: %d", status)
	}
	editor.must("PUT", all+"/dag", frame{"rev": 1, "title": "Begroeting", "text": text("Goedendag {klant}.", ""), "why": "korter"})
	status, f := editor.call("PUT", all+"/dag", frame{"rev": 1, "title": "Begroeting", "text": text("Dag.", "")})
	if current, _ := f["current"].(map[string]any); status != 409 || current["rev"] != 2.0 || current["why"] != "korter" {
		t.Errorf("a colleague saved first: %d %v", status, f)
	}
	offered := func() []any {
		list, _ := agent.must("GET", "/api/v1/desk/settings", nil)["canned"].([]any)
		return list
	}
	if l := offered(); len(l) != 1 || l[0].(map[string]any)["text"].(map[string]any)["nl"] != "Goedendag {klant}." {
		t.Errorf("the desk is offered %v", l)
	}
	editor.must("PUT", all+"/dag", frame{"rev": 2, "title": "Begroeting", "text": text("Goedendag {klant}.", ""), "retired": true})
	if l := offered(); len(l) != 0 {
		t.Errorf("retired, and the desk is offered %v", l)
	}
	revs, _ := agent.must("GET", all+"/dag/revisions", nil)["revisions"].([]any)
	if len(revs) != 3 || revs[2].(map[string]any)["text"].(map[string]any)["en"] != "Hello {customer}." {
		t.Errorf("history: %v", revs)
	}
	if status, _ := agent.call("GET", all+"/weg/revisions", nil); status != 404 {
		t.Errorf("the history of nothing: %d", status)
	}
}

func TestSupervisorsSetTheLimits(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	boss, agent := r.signIn("sam"), r.signIn("sanne")
	const path = "/api/v1/desk/limits"
	if status, _ := agent.call("GET", path, nil); status != 403 {
		t.Errorf("an agent reads the limits: %d", status)
	}
	f := boss.must("GET", path, nil)
	limits, _ := f["limits"].(map[string]any)
	if kinds, _ := f["kinds"].([]any); f["rev"] != 0.0 || len(kinds) != 11 || limits["roles"] == nil {
		t.Fatalf("the house's own: %v", f)
	}
	limits["roles"].(map[string]any)["agent"].(map[string]any)["return_items"] = frame{"per_act_cents": 5000}
	if status, _ := boss.call("PUT", path, frame{"rev": 0, "limits": limits}); status != 400 {
		t.Errorf("without a reason: %d", status)
	}
	f = boss.must("PUT", path, frame{"rev": 0, "limits": limits, "why": "veel kleine retouren"})
	if f["rev"] != 1.0 {
		t.Errorf("set: %v", f)
	}
	status, f := boss.call("PUT", path, frame{"rev": 0, "limits": limits, "why": "nog eens"})
	if current, _ := f["current"].(map[string]any); status != 409 || current["rev"] != 1.0 {
		t.Errorf("a colleague set them first: %d %v", status, f)
	}
	limits["roles"].(map[string]any)["bot"].(map[string]any)["withdraw"] = frame{"per_act_cents": 1}
	if status, f := boss.call("PUT", path, frame{"rev": 1, "limits": limits, "why": "streng"}); status != 400 || !strings.Contains(f.str("detail"), "right") {
		t.Errorf("a withdrawal held back: %d %v", status, f)
	}
	versions, _ := boss.must("GET", path+"/history", nil)["versions"].([]any)
	if len(versions) != 2 {
		t.Fatalf("history: %v", versions)
	}
	first := versions[0].(map[string]any)["limits"].(map[string]any)
	if first["by"] != "Sam" || first["why"] != "veel kleine retouren" {
		t.Errorf("who and why: %v", first)
	}
}

// TestGapsTellWhatCameNear has an editor teach a sentence from the list of questions without a good answer.
func TestGapsTellWhatCameNear(t *testing.T) {
	t.Parallel()
	var gaps *kb.Gaps
	r := withEditorsAnd(t, func(o *web.Options) { gaps = o.Editors.Gaps })
	err := gaps.Note(t.Context(), kb.Miss{ID: "c/2", Lang: "nl", Text: "die bank mot weg", Why: []string{kb.WhyRefused}, At: time.Now(),
		Near: []kb.Near{{Intent: "return", Score: .2}, {Intent: "ask", Score: .1}}})
	if err != nil {
		t.Fatal(err)
	}
	editor := r.signIn("edith")
	example := func() map[string]any {
		list, _ := editor.must("GET", "/api/v1/kb/gaps", nil)["gaps"].([]any)
		f := editor.must("GET", "/api/v1/kb/gaps/"+list[0].(map[string]any)["id"].(string), nil)
		return f["examples"].([]any)[0].(map[string]any)
	}
	was := example()
	near, _ := was["near"].([]any)
	if len(near) != 2 || near[0].(map[string]any)["intent"] != "return" || was["taught"] != nil {
		t.Fatalf("example: %v", was)
	}
	f := editor.must("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "die bank mot weg", "intent": "return"})
	if is := example(); is["taught"] != "return" || is["example_id"] != f.str("id") {
		t.Errorf("taught: %v", is)
	}
}

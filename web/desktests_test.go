package web_test

import (
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/kb"
	"balie/web"
)

// asked is a conversation in which the bot answered a question from an article, and the position of the answer.
func (r *rig) asked(question string) (chat.ConversationID, chat.Seq) {
	r.Helper()
	id := chat.NewConversationID(time.Now())
	done, err := r.relay.Commit(r.Context(), relay.Append{Conv: id, At: 0, Drafts: []chat.Draft{
		{By: chat.Customer, Body: &chat.Opened{Site: "demo", Lang: "nl"}},
		{By: chat.Customer, Body: &chat.Message{Text: question}},
		{By: chat.Bot, Body: &chat.Message{Text: "Veertien dagen.", Act: chat.ActAnswer, Re: 2, Sources: []chat.Source{{Article: "kast", Lang: "nl", Title: "Een kast", URL: "/help/nl/kast"}}}},
	}})
	if err != nil {
		r.Fatal(err)
	}
	return id, done.Events[2].Seq
}

func TestAQuestionAtTheDeskBecomesATest(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor, agent := r.signIn("edith"), r.signIn("sanne")
	one := articles + "/nl/kast"
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Zet de kast waterpas.\n"})
	id, seq := r.asked("Staat mijn kast  recht? Mail jan@example.nl")
	f := agent.must("POST", conv(id, "/tests"), frame{"seq": seq})
	if f["kept"] != false || f.str("question") != "Staat mijn kast recht? Mail […]" || f.str("article") != "nl/kast" {
		t.Fatalf("an agent proposes: %v", f)
	}
	agent.must("POST", conv(id, "/tests"), frame{"seq": seq}) // twice is once
	list, _ := editor.must("GET", "/api/v1/kb/proposals", nil)["proposals"].([]any)
	if len(list) != 1 {
		t.Fatalf("proposals: %v", list)
	}
	p := list[0].(map[string]any)
	if p["by"] != "Sanne" || p["question"] != "Staat mijn kast recht? Mail […]" {
		t.Errorf("proposal: %v", p)
	}
	if status, _ := agent.call("PUT", "/api/v1/kb/proposals/"+p["id"].(string), frame{"take": true}); status != 403 {
		t.Errorf("an agent decides: %d", status)
	}
	editor.must("PUT", "/api/v1/kb/proposals/"+p["id"].(string), frame{"take": true, "question": "Staat mijn kast recht?"})
	list, _ = editor.must("GET", "/api/v1/kb/proposals", nil)["proposals"].([]any)
	a := editor.must("GET", one, nil)
	if q, _ := a["questions"].([]any); len(list) != 0 || len(q) != 1 || q[0] != "Staat mijn kast recht?" || a.str("by") != "Edith" {
		t.Errorf("taken: %v, left %v", a["questions"], list)
	}

	// Whoever edits as well decides at once.
	both := r.signIn("ada")
	f = both.must("POST", conv(id, "/tests"), frame{"seq": seq, "text": "Hoe zet ik een kast recht?", "article": "nl/kast"})
	a = editor.must("GET", one, nil)
	if q, _ := a["questions"].([]any); f["kept"] != true || len(q) != 2 {
		t.Errorf("kept: %v %v", f, a["questions"])
	}
	for what, body := range map[string]frame{"a line of the customer": {"seq": 2}, "another article": {"seq": seq, "article": "nl/stoel"}, "no line": {"seq": 99}, "no words": {"seq": seq, "text": "[…]" + strings.Repeat("x", 600)}} {
		if status, _ := both.call("POST", conv(id, "/tests"), body); status < 400 || status >= 500 {
			t.Errorf("%s: %d", what, status)
		}
	}
}

func TestASentenceIsTaughtAndForgotten(t *testing.T) {
	t.Parallel()
	var lessons *kb.Lessons
	r := withEditorsAnd(t, func(o *web.Options) { lessons = o.Editors.Lessons })
	editor, agent := r.signIn("edith"), r.signIn("sanne")
	f := editor.must("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "die bank mot weg […] graag", "intent": "return"})
	id := f.str("id")
	if f.str("text") != "die bank mot weg graag" || f.str("by") != "Edith" {
		t.Errorf("taught: %v", f)
	}
	editor.must("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "Die bank  mot weg graag", "intent": "return"}) // the same sentence
	if status, _ := editor.call("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "die bank mot weg graag", "intent": "ask"}); status != 409 {
		t.Errorf("one sentence, two wishes: %d", status)
	}
	for what, body := range map[string]frame{"an unknown wish": {"lang": "nl", "text": "x y", "intent": "fly"}, "no words": {"lang": "nl", "text": "[…]", "intent": "ask"}, "a book": {"lang": "nl", "text": strings.Repeat("woord ", 100), "intent": "ask"}} {
		if status, _ := editor.call("POST", "/api/v1/kb/examples", body); status != 400 && status != 413 {
			t.Errorf("%s: %d", what, status)
		}
	}
	if status, _ := agent.call("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "a b", "intent": "ask"}); status != 403 {
		t.Errorf("an agent teaches: %d", status)
	}
	cursor, changed, err := lessons.Changed(t.Context(), 0)
	if err != nil || !changed {
		t.Fatalf("nothing changed: %v", err)
	}
	if _, changed, err = lessons.Changed(t.Context(), cursor); err != nil || changed {
		t.Errorf("changed again: %v", err)
	}
	if list, _ := agent.must("GET", "/api/v1/kb/examples", nil)["examples"].([]any); len(list) != 1 {
		t.Errorf("examples: %v", list)
	}
	for range 2 {
		if status, _ := editor.call("DELETE", "/api/v1/kb/examples/"+id, nil); status != 204 {
			t.Errorf("forget: %d", status)
		}
	}
	if _, changed, err = lessons.Changed(t.Context(), cursor); err != nil || !changed {
		t.Errorf("forgetting is no change: %v", err)
	}
	if all, err := lessons.Examples(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("left: %v, %v", all, err)
	}
	editor.must("POST", "/api/v1/kb/examples", frame{"lang": "nl", "text": "die bank mot weg graag", "intent": "ask"}) // now it may be that one's
}

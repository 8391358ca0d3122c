package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/document"
	"balie/kb"
	"balie/web"
)

// TestTheDeskSignsInAgainAfterASession holds the desk to the time that the settings give it.
func TestTheDeskSignsInAgainAfterASession(t *testing.T) {
	t.Parallel()
	var later atomic.Int64 // how much later than it is
	r := newRig(t, func(o *web.Options) {
		o.DeskSession, o.Now = 20*time.Minute, func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	sanne := r.signIn("sanne")
	later.Store(int64(19 * time.Minute))
	sanne.must("GET", "/api/v1/me", nil)
	later.Store(int64(21 * time.Minute))
	if status, _ := sanne.call("GET", "/api/v1/me", nil); status != http.StatusUnauthorized {
		t.Errorf("after the session: %d", status)
	}
}

// TestTheLanguageIsChosenWithoutAScript presses the page's button: the conversation goes on in that language.
func TestTheLanguageIsChosenWithoutAScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	choose := func() {
		t.Helper()
		if answer, to := b.form("/chat?site=demo&lang=en", url.Values{"do": {"language"}, "key": {"l"}}); answer.status != http.StatusSeeOther || !strings.Contains(to, "lang=en") {
			t.Fatalf("choose: %d %s", answer.status, to)
		}
	}
	choose() // before the first word there is nothing to keep it in
	if p := b.page("/chat?site=demo&lang=en"); !strings.Contains(p.html, `name="do" value="language" lang="nl"`) {
		t.Errorf("no way back to Dutch in %s", p.html)
	}
	if answer, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"say"}, "text": {"goedemorgen"}, "key": {"k"}}); answer.status != http.StatusSeeOther {
		t.Fatalf("say: %d", answer.status)
	}
	conv := r.only(t)
	if lang := r.state(conv).Lang; lang != "nl" {
		t.Fatalf("begun in %s", lang)
	}
	for range 2 {
		choose()
	}
	changes := 0
	for _, e := range r.events(conv) {
		if l, ok := e.Body.(*chat.LanguageSet); ok && l.Lang == "en" {
			changes++
		}
	}
	if lang := r.state(conv).Lang; lang != "en" || changes != 1 {
		t.Errorf("the conversation goes on in %s, after %d changes", lang, changes)
	}
}

// only is the one conversation there is.
func (r *rig) only(t *testing.T) chat.ConversationID {
	t.Helper()
	rows, _ := r.signIn("sanne").must("GET", "/api/v1/desk/queue", nil)["bot"].([]any)
	if len(rows) != 1 {
		t.Fatalf("conversations: %v", rows)
	}
	return chat.ConversationID(rows[0].(map[string]any)["id"].(string))
}

// TestTheHelpPageAtHandIsKept asks from a help page: the question says so, the agent reads it, and the customer's own frames do not change.
func TestTheHelpPageAtHandIsKept(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Zet de kast waterpas.\n"})
	editor.must("POST", articles+"/nl/kast/publish", frame{"rev": 1})
	w := r.dial(nil)
	w.hello(frame{"lang": "nl"})
	for i, article := range []string{"kast", "nl/kast", "../../etc/passwd", "fr/kast", strings.Repeat("a", 300)} {
		w.send(frame{"type": "say", "key": string(rune('a' + i)), "text": "hoe lang?", "article": article})
		w.acked(string(rune('a' + i)))
	}
	var kept []string
	for _, e := range r.events(w.conv) {
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleCustomer {
			kept = append(kept, m.About)
			if seen, ok := chat.ForCustomer(e); ok && seen.Body.(*chat.Message).About != "" {
				t.Error("a customer's frame has it")
			}
		}
	}
	if got := strings.Join(kept, "|"); got != "nl/kast|nl/kast|||" {
		t.Errorf("kept: %s", got)
	}
	f := r.signIn("sanne").must("GET", conv(w.conv, ""), nil)
	if about, _ := f["context"].(map[string]any)["about"].(map[string]any); about["title"] != "Een kast" || about["url"] != "/help/nl/kast" {
		t.Errorf("the agent reads %v", about)
	}
	p := r.browser().page("/help/nl/kast")
	if !strings.Contains(p.html, "article=nl%2fkast") && !strings.Contains(p.html, "article=nl/kast") {
		t.Errorf("the page's link to the chat says nothing of it: %s", p.html)
	}
	if p := r.browser().page("/chat?site=demo&lang=nl&article=nl/kast"); !strings.Contains(p.html, `name="article" value="nl/kast"`) {
		t.Errorf("without a script it is lost: %s", p.html)
	}
}

// TestAnOwnerIsNoText changes who keeps a published article: customers read on, and nothing waits to be published.
func TestAnOwnerIsNoText(t *testing.T) {
	t.Parallel()
	r := withEditors(t)
	editor := r.signIn("edith")
	one := articles + "/nl/kast"
	text := frame{"title": "Een kast", "body": "Zet de kast waterpas.\n", "owner": "Edith", "tags": []string{"meubel"}}
	editor.must("POST", articles, frame{"id": "kast", "lang": "nl", "title": "Een kast", "body": "Zet de kast waterpas.\n", "tags": []string{"meubel"}})
	editor.must("POST", one+"/publish", frame{"rev": 1})
	text["rev"] = 2
	if a := editor.must("PUT", one, text); a.str("state") != string(kb.Published) || a.str("owner") != "Edith" || a["rev"] != 3.0 {
		t.Errorf("a new owner: %v", a)
	}
	text["rev"], text["body"] = 3, "Zet de kast recht.\n"
	if a := editor.must("PUT", one, text); a.str("state") != string(kb.Draft) || a["live"] == nil {
		t.Errorf("a new text: %v", a)
	}
}

// TestAReplyThatIsLateIsTold looks at a conversation that somebody has and in which nothing happens: the desk says when a promise runs out.
func TestAReplyThatIsLateIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) {
		set := handoff.DefaultSettings()
		set.Reply, set.Lease = 200*time.Millisecond, 600*time.Millisecond // it looks three times in a lease
		o.Desk = handoff.New(o.Log.(*relay.Relay), o.Lists, o.People, document.In(o.Lists.(document.Engine), "presence", document.Options[handoff.Presence]{}), set, nil)
	})
	w := r.visitor()
	w.say("c1", "hallo")
	w.send(frame{"type": "human", "key": "c2"})
	w.acked("c2")
	sanne := r.signIn("sanne")
	line := sanne.desk()
	sanne.must("POST", conv(w.conv, "/claim"), nil)
	sanne.must("POST", conv(w.conv, "/messages"), frame{"key": "a1", "text": "Goedendag"})
	w.say("c3", "en nu?")
	line.find("a row that is late", func(f frame) bool { return f.str("type") == "row" && f.str("row", "sla") == "late" })
	if rows, _ := sanne.must("GET", "/api/v1/desk/queue", nil)["mine"].([]any); len(rows) != 1 || rows[0].(map[string]any)["sla"] != "late" {
		t.Errorf("mine: %v", rows)
	}
}

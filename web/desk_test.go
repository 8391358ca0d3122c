package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"balie/handoff"
	"balie/internal/chat"
	"balie/web"
)

// waiting is a visitor who has asked for a person.
func (r *rig) waiting(text string) *wire {
	r.Helper()
	w := r.visitor()
	if text != "" {
		w.say("c1", text)
		w.event("message", "bot")
	}
	w.send(frame{"type": "human", "key": "h1"})
	w.acked("h1")
	w.event("message", "system")
	return w
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	agent := r.signIn("sanne")
	agent.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	w := r.waiting("mijn pakket is kwijt geraakt")
	q := agent.must("GET", "/api/v1/desk/queue", nil)
	rows := q["waiting"].([]any)
	if len(rows) != 1 || q.str("presence") != "available" {
		t.Fatalf("queue: %v", q)
	}
	row := frame(rows[0].(map[string]any))
	if row.str("id") != string(w.conv) || row.str("reason") != "customer_request" || row.str("owner", "role") != "queue" || row["waiting_since"] == nil || row["unanswered"] == nil {
		t.Errorf("row: %v", row)
	}
	claimed := agent.must("POST", conv(w.conv, "/claim"), nil)
	lease := claimed.str("lease")
	if lease == "" {
		t.Fatalf("claim: %v", claimed)
	}
	w.find("owner", func(f frame) bool { return f.str("owner", "to") == "agent" && f.str("owner", "name") == "Sanne" })
	full := agent.must("GET", conv(w.conv, ""), nil)
	if full.str("context", "wants") != "mijn pakket is kwijt geraakt" || full.str("context", "reason") != "customer_request" {
		t.Errorf("packet: %v", full["context"])
	}
	if n := len(full["events"].([]any)); n < 5 {
		t.Errorf("%d events", n)
	}
	said := agent.must("POST", conv(w.conv, "/messages"), frame{"key": "m1", "text": "Ik zoek het op.\u202e", "lease": lease})
	if e := w.event("message", "agent"); e.seq() != said.seq() || e.str("message", "text") != "Ik zoek het op." || e.str("from", "name") != "Sanne" {
		t.Errorf("the customer hears %v", e)
	}
	if again := agent.must("POST", conv(w.conv, "/messages"), frame{"key": "m1", "text": "Ik zoek het op.", "lease": lease}); again.seq() != said.seq() {
		t.Errorf("the same key: %v, %v", said, again)
	}
	agent.must("PUT", conv(w.conv, "/draft"), frame{"text": "half af", "note": "weten"})
	if d := agent.must("GET", conv(w.conv, "?after=3"), nil); d.str("draft", "text") != "half af" || frame(d["events"].([]any)[0].(map[string]any)).seq() != 4 {
		t.Errorf("draft %v, first event %v", d["draft"], d["events"].([]any)[0])
	}
	agent.must("POST", conv(w.conv, "/return"), frame{"note": "klaar", "lease": lease})
	if again := agent.must("POST", conv(w.conv, "/messages"), frame{"key": "m1", "text": "Ik zoek het op.", "lease": lease}); again.seq() != said.seq() {
		t.Errorf("a retry after giving it back: %v", again)
	}
	if status, f := agent.call("POST", conv(w.conv, "/messages"), frame{"key": "m1", "text": "Iets anders."}); status != 409 || f.str("code") != "id_conflict" {
		t.Errorf("another text under the same key: %d %v", status, f)
	}
	w.say("c9", "hallo bot")
	w.find("bot", func(f frame) bool { return f.str("message", "text") == "**Echo** hallo bot" })
}

func TestOnlyWhoHasItWrites(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	sanne, joris := r.signIn("sanne"), r.signIn("joris")
	for _, b := range []*browser{sanne, joris} {
		b.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	}
	w := r.waiting("")
	first := sanne.must("POST", conv(w.conv, "/claim"), nil).str("lease")
	status, f := joris.call("POST", conv(w.conv, "/claim"), nil)
	if status != 409 || f.str("holder", "id") != "sanne" || f.str("holder", "name") != "Sanne" {
		t.Errorf("a claim too late: %d %v", status, f)
	}
	for path, body := range map[string]frame{"/messages": {"key": "k", "text": "x"}, "/transfer": {"team": "returns"}, "/return": {}, "/close": {"code": "solved"}, "/actions": {"undo": "a-1"}} {
		if status, f := joris.call("POST", conv(w.conv, path), body); status != 409 && path != "/actions" || status < 400 {
			t.Errorf("%s in a colleague's conversation: %d %v", path, status, f)
		}
	}
	joris.must("POST", conv(w.conv, "/notes"), frame{"key": "n", "text": "let op"}) // everybody may
	row := sanne.must("POST", conv(w.conv, "/transfer"), frame{"agent": "joris", "note": "graag", "lease": first})
	if frame(row["row"].(map[string]any)).str("owner", "agent") != "joris" {
		t.Errorf("transfer: %v", row)
	}
	if status, _ := sanne.call("POST", conv(w.conv, "/messages"), frame{"key": "k", "text": "x", "lease": first}); status != 409 {
		t.Errorf("writing after giving it away: %d", status)
	}
	joris.must("POST", conv(w.conv, "/transfer"), frame{"agent": "sanne"})
	if status, _ := sanne.call("POST", conv(w.conv, "/messages"), frame{"key": "k", "text": "x", "lease": first}); status != 409 {
		t.Errorf("a lease of an earlier claim: %d", status)
	}
	sanne.must("POST", conv(w.conv, "/messages"), frame{"key": "k", "text": "zonder bewijs mag het"})
	for name, c := range map[string]struct {
		path   string
		body   frame
		status int
	}{
		"no such team":      {"/transfer", frame{"team": "nope"}, 404},
		"team and agent":    {"/transfer", frame{"team": "returns", "agent": "joris"}, 400},
		"nobody":            {"/transfer", frame{}, 400},
		"not there":         {"/transfer", frame{"agent": "edith"}, 409},
		"no such colleague": {"/transfer", frame{"agent": "nope"}, 404},
		"no code":           {"/close", frame{"code": "nope"}, 400},
		"no text":           {"/messages", frame{"key": "e", "text": " "}, 400},
		"too long":          {"/messages", frame{"key": "e", "text": strings.Repeat("x", handoff.MaxText+1)}, 413},
		"long key":          {"/messages", frame{"key": strings.Repeat("k", 200), "text": "x"}, 413},
		"mark of nothing":   {"/marks", frame{"seq": 0, "verdict": "wrong"}, 404},
		"mark of a word":    {"/marks", frame{"seq": 2, "verdict": "nice"}, 400},
	} {
		if status, f := sanne.call("POST", conv(w.conv, c.path), c.body); status != c.status {
			t.Errorf("%s: %d %v", name, status, f)
		}
	}
	for _, id := range []string{"nope", "..%2f..%2fetc", string(chat.NewConversationID(time.Now())), strings.Repeat("a", 26)} {
		for _, what := range []string{"", "/claim", "/messages", "/draft"} {
			method := map[string]string{"": "GET", "/draft": "PUT"}[what]
			if what != "" && method == "" {
				method = "POST"
			}
			if status, _ := sanne.call(method, "/api/v1/desk/conversations/"+id+what, frame{"key": "k", "text": "x"}); status != 404 {
				t.Errorf("%s of conversation %s: %d", what, id, status)
			}
		}
	}
}

func TestExactlyOneClaims(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var agents []*browser
	for _, id := range []string{"sanne", "joris", "sam", "ada"} {
		agents = append(agents, r.signIn(id))
	}
	for range 5 {
		w := r.waiting("")
		var won atomic.Int32
		var wg sync.WaitGroup
		for _, a := range agents {
			wg.Go(func() {
				resp := a.do("POST", conv(w.conv, "/claim"), nil, nil)
				resp.Body.Close()
				switch resp.StatusCode {
				case 200:
					won.Add(1)
				case 409:
				default:
					t.Errorf("claim: %d", resp.StatusCode)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d agents have it", won.Load())
		}
	}
}

// TestRoles asks every call of the desk and the library as everybody who may not.
func TestRoles(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.waiting("")
	nobody, editor, agent := r.browser(), r.signIn("edith"), r.signIn("sanne")
	asked := 0
	for _, route := range r.server.Routes() {
		method, path, ok := strings.Cut(route, " ")
		desk, library := strings.HasPrefix(path, "/api/v1/desk/"), strings.HasPrefix(path, "/api/v1/kb/")
		if !ok || !desk && !library && path != "/api/v1/me" || strings.HasSuffix(path, "/ws") {
			continue
		}
		asked++
		path = strings.NewReplacer("{id}", string(w.conv), "{lang}", "nl", "{rev}", "1").Replace(path)
		if status, f := nobody.call(method, path, frame{}); status != 401 || f.str("code") != "unauthorized" {
			t.Errorf("nobody: %s %s: %d", method, path, status)
		}
		if status, f := editor.call(method, path, frame{}); desk && (status != 403 || f.str("code") != "forbidden") {
			t.Errorf("editor: %s %s: %d", method, path, status)
		}
		if status, _ := agent.call(method, path, frame{}); library && method != "GET" && status != 403 {
			t.Errorf("agent: %s %s: %d", method, path, status)
		}
	}
	if asked < 20 {
		t.Errorf("only %d calls were asked", asked)
	}
	if code := r.dialTo("/api/v1/desk/ws", nil).closed(); code != 4103 {
		t.Errorf("nobody's desk line: closed with %d", code)
	}
	u, err := url.Parse(r.url)
	if err != nil {
		t.Fatal(err)
	}
	cookie := func(b *browser) string { return b.client.Jar.Cookies(u)[0].String() }
	if code := r.dialTo("/api/v1/desk/ws", http.Header{"Cookie": {cookie(editor)}}).closed(); code != 4103 {
		t.Errorf("an editor's desk line: closed with %d", code)
	}
	for _, origin := range []string{"https://evil.example", "https://shop.example", "null"} {
		if code := r.dialTo("/api/v1/desk/ws", http.Header{"Cookie": {cookie(agent)}, "Origin": {origin}}).closed(); code != 4101 {
			t.Errorf("a desk line from %s: closed with %d", origin, code)
		}
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	resp := b.do("POST", "/api/v1/login", frame{"email": " Agent@Demo.test ", "password": password}, nil)
	resp.Body.Close()
	c := resp.Cookies()
	if resp.StatusCode != 200 || len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Name != "balie_session" || c[0].Path != "/" || c[0].Domain != "" {
		t.Fatalf("sign in: %d %+v", resp.StatusCode, c)
	}
	secure := r.browser().do("POST", "/api/v1/login", frame{"email": "agent@demo.test", "password": password}, http.Header{"X-Forwarded-Proto": {"https"}})
	secure.Body.Close()
	if c := secure.Cookies(); len(c) != 1 || !strings.HasPrefix(c[0].Name, "__Host-") || !c[0].Secure || !c[0].HttpOnly {
		t.Errorf("over https: %+v", c)
	}
	if f := b.must("GET", "/api/v1/me", nil); f.str("id") != "sanne" || f["password"] != nil {
		t.Errorf("me: %v", f)
	}
	d := b.desk()
	if status, _ := b.call("POST", "/api/v1/logout", nil); status != 204 {
		t.Errorf("sign out: %d", status)
	}
	if code := d.closed(); code != 4103 {
		t.Errorf("the desk's line after signing out: closed with %d", code)
	}
	req, err := http.NewRequest("GET", r.url+"/api/v1/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(c[0]) // somebody kept the cookie
	old, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	old.Body.Close()
	if old.StatusCode != 401 {
		t.Errorf("a cookie from before signing out: %d", old.StatusCode)
	}
}

func TestNewPasswordAndDismissalSignOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	a, b := r.signIn("sanne"), r.signIn("joris")
	change := func(id string, f func(*handoff.Person)) {
		p, _, err := r.people.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		f(&p)
		if err := r.people.Set(t.Context(), id, p); err != nil {
			t.Fatal(err)
		}
	}
	hash, err := web.HashPassword("een ander wachtwoord")
	if err != nil {
		t.Fatal(err)
	}
	change("sanne", func(p *handoff.Person) { p.Password = hash })
	change("joris", func(p *handoff.Person) { p.Disabled = true })
	for name, x := range map[string]*browser{"new password": a, "dismissed": b} {
		if status, _ := x.call("GET", "/api/v1/me", nil); status != 401 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _ := r.browser().call("POST", "/api/v1/login", frame{"email": "agent2@demo.test", "password": password}); status != 401 {
		t.Errorf("dismissed and signing in: %d", status)
	}
}

func TestGuessingPasswords(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.NoRateLimit = false })
	b := r.browser()
	var wrong, later atomic.Int32
	var wg sync.WaitGroup
	for i := range 24 { // all at once: guesses are counted before they are checked
		wg.Go(func() {
			resp := b.do("POST", "/api/v1/login", frame{"email": "agent@demo.test", "password": fmt.Sprint("gok", i)}, nil)
			resp.Body.Close()
			switch {
			case resp.StatusCode == 401:
				wrong.Add(1)
			case resp.StatusCode == 429 && resp.Header.Get("Retry-After") != "":
				later.Add(1)
			default:
				t.Errorf("a guess: %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	if wrong.Load() != 5 || later.Load() != 19 {
		t.Errorf("%d guesses were checked, %d told to wait", wrong.Load(), later.Load())
	}
	if status, _ := b.call("POST", "/api/v1/login", frame{"email": "agent@demo.test", "password": password}); status != 429 {
		t.Errorf("the right password during the pause: %d", status)
	}
	if status, _ := b.call("POST", "/api/v1/login", frame{"email": "agent2@demo.test", "password": password}); status != 200 {
		t.Errorf("a colleague meanwhile: %d", status)
	}
	if status, _ := b.call("POST", "/api/v1/login", frame{"email": strings.Repeat("x", 5000) + "@demo.test", "password": "x"}); status != 401 {
		t.Errorf("an endless address: %d", status)
	}
}

func TestSearchAtTheDesk(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.waiting("")
	agent := r.signIn("sanne")
	found := agent.must("GET", "/api/v1/desk/search?q="+strings.ToLower(w.conv.Reference()), nil)
	if rows := found["rows"].([]any); len(rows) != 1 || frame(rows[0].(map[string]any)).str("id") != string(w.conv) {
		t.Errorf("by reference: %v", found)
	}
	for _, q := range []string{"", "x", "zzzzzzzz", strings.Repeat("q", 500)} {
		if f := agent.must("GET", "/api/v1/desk/search?q="+q, nil); len(f["rows"].([]any)) != 0 {
			t.Errorf("%q finds %v", q, f)
		}
	}
	set := agent.must("GET", "/api/v1/desk/settings", nil)
	if len(set["codes"].([]any)) == 0 || len(set["teams"].([]any)) != 1 || set["agents"] == nil {
		t.Errorf("settings: %v", set)
	}
}

func TestDeskLineHearsOfRowsEventsAndAlerts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	sanne, joris := r.signIn("sanne"), r.signIn("joris")
	d, e := sanne.desk(), joris.desk()
	d.send(frame{"type": "presence", "state": "available"})
	e.find("agents", func(f frame) bool {
		if f.str("type") != "agents" {
			return false
		}
		raw, err := json.Marshal(f)
		return err == nil && strings.Contains(string(raw), `"id":"sanne"`)
	})
	w := r.waiting("hallo")
	for _, l := range []*wire{d, e} {
		l.find("alert", func(f frame) bool {
			return f.str("alert") == "new_in_queue" && f.str("conversation") == string(w.conv)
		})
	}
	lease := sanne.must("POST", conv(w.conv, "/claim"), nil).str("lease")
	d.find("assigned", func(f frame) bool { return f.str("alert") == "assigned" })
	e.find("row", func(f frame) bool {
		row, _ := f["row"].(map[string]any)
		return frame(row).str("owner", "agent") == "sanne" && row["lease"] == nil
	})
	w.say("c5", "bent u daar?")
	var last frame
	alerted := false
	d.find("event and alert", func(f frame) bool { // in either order
		if f.str("message", "text") == "bent u daar?" {
			last = f
		}
		alerted = alerted || f.str("alert") == "new_message"
		return alerted && last != nil
	})
	if last.str("conversation") != string(w.conv) || last.str("from", "role") != "customer" {
		t.Errorf("event at the desk: %v", last)
	}
	sanne.must("POST", conv(w.conv, "/notes"), frame{"key": "n", "text": "intern"})
	if n := d.event("note", "agent"); n.str("note", "text") != "intern" || n.str("from", "id") != "sanne" {
		t.Errorf("note at the desk: %v", n)
	}
	d.conn.Close()
	sanne.must("POST", conv(w.conv, "/messages"), frame{"key": "m", "text": "ik ben er weer", "lease": lease})
	d = sanne.desk() // comes back with the position it has
	d.send(frame{"type": "open", "conversation": w.conv, "after": last.seq()})
	for want := last.seq() + 1; want <= last.seq()+2; want++ {
		if f := d.until("event"); f.seq() != want {
			t.Errorf("after %d came %d", want-1, f.seq())
		}
	}
	for range 30 { // opening again and again begins anew each time, and never mixes two readings
		d.send(frame{"type": "open", "conversation": w.conv, "after": 0})
	}
	w.say("c6", "laatste")
	seen, rounds := 0, 0
	for seen < int(r.state(w.conv).Head) || rounds == 0 {
		f := d.until("event")
		if f.seq() == 1 {
			seen, rounds = 0, rounds+1
		}
		if rounds == 0 {
			continue // told live, before the first of them was read
		}
		if f.seq() != seen+1 {
			t.Fatalf("event %d after %d in round %d", f.seq(), seen, rounds)
		}
		seen = f.seq()
	}
	d.send(frame{"type": "leave", "conversation": w.conv})
	for _, bad := range []string{`{"type":"frobnicate"}`, `garbage`, `{"type":"open","conversation":"nope"}`, `{"type":"typing","conversation":"nope"}`, `{"type":"presence","state":"asleep"}`} {
		d.sendRaw(1, []byte(bad))
		d.until("error")
	}
}

// TestDeskLineThatLagsLosesNoRows changes many conversations while a desk line reads nothing, and then looks whether it hears the last of each.
func TestDeskLineThatLagsLosesNoRows(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	d := r.signIn("sanne").desk()
	want := map[string]float64{}
	var all []*wire
	for range 20 {
		all = append(all, r.visitor())
	}
	for i := range 15 {
		for _, w := range all {
			w.say(fmt.Sprint("c", i), strings.Repeat("veel ", 300))
		}
	}
	for _, w := range all {
		eventually(t, "the bot is done", func() bool { c := r.state(w.conv); return c.Answered > c.Heard })
		want[string(w.conv)] = float64(r.state(w.conv).Head)
	}
	for len(want) > 0 {
		row, _ := d.until("row")["row"].(map[string]any)
		if id, _ := row["id"].(string); want[id] == row["head"] {
			delete(want, id)
		}
	}
}

func TestSilentAgentLosesTheConversation(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	sanne := r.signIn("sanne")
	sanne.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	w := r.waiting("")
	since := r.state(w.conv).WaitingSince
	sanne.must("POST", conv(w.conv, "/claim"), nil)
	sanne.must("PUT", "/api/v1/desk/presence", frame{"state": "offline"})
	w.find("agent gone", func(f frame) bool { return f.str("owner", "to") == "queue" && f.str("owner", "reason") == "agent_gone" })
	w.event("message", "system")
	if c := r.state(w.conv); !c.WaitingSince.Equal(since) {
		t.Errorf("the place was %v and is %v", since, c.WaitingSince)
	}
}

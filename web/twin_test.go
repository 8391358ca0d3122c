package web_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"balie/internal/chat"
)

func TestTwinDoesWhatTheSocketDoes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	welcome := b.must("POST", "/api/v1/chat/hello?site=demo", frame{"lang": "en"})
	if welcome.str("type") != "welcome" || welcome.str("lang") != "en" || welcome.str("session") == "" {
		t.Fatalf("welcome: %v", welcome)
	}
	auth := http.Header{"Authorization": {"Bearer " + welcome.str("session")}}
	post := func(kind string, body frame) (int, frame) {
		resp := b.do("POST", "/api/v1/chat/"+kind, body, auth)
		defer resp.Body.Close()
		var f frame
		if err := json.NewDecoder(resp.Body).Decode(&f); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return resp.StatusCode, f
	}
	_, first := post("say", frame{"key": "c1", "text": "knoppen"})
	if first.seq() != 2 || first.str("conversation") != welcome.str("conversation") {
		t.Errorf("ack: %v", first)
	}
	if _, again := post("say", frame{"key": "c1", "text": "knoppen"}); again.seq() != first.seq() {
		t.Errorf("the same key: %v", again)
	}
	if status, f := post("say", frame{"key": "c1", "text": "anders"}); status != 409 || f.str("code") != "id_conflict" {
		t.Errorf("the same key with another body: %d %v", status, f)
	}
	w := r.resume(welcome.str("session"), 0)
	id := w.event("message", "bot")["message"].(map[string]any)["buttons"].([]any)[0].(map[string]any)["id"]
	for _, c := range []struct {
		kind string
		body frame
	}{{"press", frame{"key": "c2", "button": id}}, {"rate", frame{"key": "c3", "score": 5}}, {"human", frame{"key": "c4"}}, {"end", frame{"key": "c5"}}} {
		status, f := post(c.kind, c.body)
		if status != 200 || f.seq() == 0 {
			t.Errorf("%s: %d %v", c.kind, status, f)
		}
	}
	fresh := r.browser().must("POST", "/api/v1/chat/say?site=demo", frame{"key": "c1", "text": "zonder sessie"})
	if fresh.str("session") == "" || fresh.str("conversation") == welcome.str("conversation") {
		t.Errorf("a first word without a session: %v", fresh)
	}
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	w := r.visitor()
	poll := func(query string) frame {
		resp := b.do("GET", "/api/v1/chat/events?"+query, nil, http.Header{"Authorization": {"Bearer " + w.session}})
		defer resp.Body.Close()
		var f frame
		if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || resp.StatusCode != 200 {
			t.Fatalf("poll %s: %d %v", query, resp.StatusCode, err)
		}
		return f
	}
	got := make(chan frame, 1)
	go func() { got <- poll("after=0") }() // waits: nothing has been said
	eventually(t, "the poll waits", func() bool { return r.server.Connections() == 2 })
	w.say("c1", "hallo")
	select {
	case f := <-got:
		if events := f["events"].([]any); len(events) == 0 || frame(events[0].(map[string]any)).seq() != 2 || f.str("epoch") == "" || f.str("owner") != "bot" {
			t.Errorf("woken poll: %v", f)
		}
	case <-time.After(patience):
		t.Fatal("the poll was not woken")
	}
	w.event("message", "bot")
	if f := poll("after=2"); f.seq() != 3 || f["reset"] != nil {
		t.Errorf("after=2: %v", f)
	}
	for _, query := range []string{"after=999", "after=2&epoch=another"} {
		if f := poll(query); f["reset"] != true || f.seq() != 3 {
			t.Errorf("%s: %v", query, f)
		}
	}
}

func TestServerSentEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	w := r.visitor()
	w.say("c1", "een")
	w.event("message", "bot")
	open := func(last string) (*bufio.Reader, io.Closer) {
		h := http.Header{"Authorization": {"Bearer " + w.session}, "Accept": {"text/event-stream"}}
		if last != "" {
			h.Set("Last-Event-ID", last)
		}
		resp := b.do("GET", "/api/v1/chat/events?after=0", nil, h)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
			t.Fatalf("stream: %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
		}
		return bufio.NewReader(resp.Body), resp.Body
	}
	next := func(rd *bufio.Reader) (id string, f frame) {
		for {
			line, err := rd.ReadString('\n')
			if err != nil {
				t.Fatalf("stream: %v", err)
			}
			line = strings.TrimSpace(line)
			if v, ok := strings.CutPrefix(line, "id: "); ok {
				id = v
			}
			if v, ok := strings.CutPrefix(line, "data: "); ok {
				if err := json.Unmarshal([]byte(v), &f); err != nil {
					t.Fatalf("stream: %v", err)
				}
				return id, f
			}
		}
	}
	rd, c := open("")
	for _, want := range []string{"2", "3"} {
		if id, f := next(rd); id != want || f.str("type") != "event" {
			t.Errorf("event %s: %v, wanted %s", id, f, want)
		}
	}
	w.say("c2", "twee")
	if id, f := next(rd); id != "4" || f.str("message", "text") != "twee" {
		t.Errorf("live: %s %v", id, f)
	}
	c.Close()
	rd, c = open("4")
	if id, _ := next(rd); id != "5" {
		t.Errorf("after the last id came %s", id)
	}
	c.Close()
	rd, c = open("77")
	if _, f := next(rd); f.str("type") != "reset" || f.str("epoch") == "" {
		t.Errorf("beyond the end: %v", f)
	}
	if id, _ := next(rd); id != "2" {
		t.Errorf("after a reset came %s", id)
	}
	defer c.Close()
	eventually(t, "streams that were left are closed", func() bool { return r.server.Connections() == 2 })
}

// plainPage is what a browser without a script sees.
type plainPage struct {
	status int
	html   string
}

func (p plainPage) key(t *testing.T) string {
	t.Helper()
	m := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(p.html)
	if m == nil {
		t.Fatalf("no key in %s", p.html)
	}
	return m[1]
}

func (b *browser) page(path string) plainPage {
	b.Helper()
	resp := b.do("GET", path, nil, nil)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatalf("GET %s: %v", path, err)
	}
	return plainPage{resp.StatusCode, string(raw)}
}

func (b *browser) form(path string, v url.Values) (plainPage, string) {
	b.Helper()
	req, err := http.NewRequest("POST", b.url+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.Fatalf("POST %s: %v", path, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.url)
	resp, err := b.client.Do(req)
	if err != nil {
		b.Fatalf("POST %s: %v", path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatalf("POST %s: %v", path, err)
	}
	return plainPage{resp.StatusCode, string(raw)}, resp.Header.Get("Location")
}

func TestChatWithoutAScript(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	p := b.page("/chat?site=demo&lang=nl")
	if p.status != 200 || !strings.Contains(p.html, "chatbot (AI)") || !strings.Contains(p.html, "Praat met een medewerker") {
		t.Fatalf("first page: %d %s", p.status, p.html)
	}
	key := p.key(t)
	send := url.Values{"do": {"say"}, "text": {"graag een formulier <b>nu</b>"}, "key": {key}}
	answer, to := b.form("/chat?site=demo&lang=nl", send)
	if answer.status != http.StatusSeeOther || !strings.HasPrefix(to, "/chat?") {
		t.Fatalf("post: %d %s", answer.status, to)
	}
	if again, _ := b.form("/chat?site=demo&lang=nl", send); again.status != http.StatusSeeOther {
		t.Errorf("the same page sent twice: %d", again.status)
	}
	p = b.page(strings.TrimSuffix(to, "#end"))
	if n := strings.Count(p.html, "graag een formulier &lt;b&gt;nu&lt;/b&gt;"); n == 0 || n > 1 {
		t.Errorf("the message is shown %d times in %s", n, p.html)
	}
	form := regexp.MustCompile(`name="form" value="([^"]+)"`).FindStringSubmatch(p.html)
	if form == nil {
		t.Fatalf("no form in %s", p.html)
	}
	if answer, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"submit"}, "form": {form[1]}, "key": {p.key(t)}, "value:postcode": {"1017 GC"}}); answer.status != http.StatusSeeOther {
		t.Errorf("submit: %d %s", answer.status, answer.html)
	}
	long := strings.Repeat("lang ", 900)
	bad, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"say"}, "text": {long}, "key": {"p"}})
	if bad.status != 413 || !strings.Contains(bad.html, `role="alert"`) || !strings.Contains(bad.html, strings.TrimSpace(long)) {
		t.Errorf("a problem: %d, what was typed is kept: %v", bad.status, strings.Contains(bad.html, strings.TrimSpace(long)))
	}
	stale, _ := b.form("/chat?site=demo&lang=nl", url.Values{"button": {"b-99"}, "key": {"q"}})
	if stale.status != 404 || !strings.Contains(stale.html, `role="alert"`) {
		t.Errorf("a stale button: %d", stale.status)
	}
	huge, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"say"}, "text": {strings.Repeat("x", 70<<10)}, "key": {"r"}})
	if huge.status != 413 {
		t.Errorf("too large: %d", huge.status)
	}
	if human, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"human"}, "key": {p.key(t)}}); human.status != http.StatusSeeOther {
		t.Errorf("human: %d", human.status)
	}
	p = b.page("/chat?site=demo&lang=nl")
	if !strings.Contains(p.html, "Uw plaats in de rij:") || !strings.Contains(p.html, `http-equiv="refresh"`) {
		t.Errorf("while waiting: %s", p.html)
	}
	if end, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"end"}, "key": {p.key(t)}}); end.status != http.StatusSeeOther {
		t.Errorf("end: %d", end.status)
	}
	p = b.page("/chat?site=demo&lang=nl")
	if !strings.Contains(p.html, "Is uw vraag opgelost?") {
		t.Errorf("after the end: %s", p.html)
	}
	if rate, _ := b.form("/chat?site=demo&lang=nl", url.Values{"do": {"rate"}, "resolved": {"yes"}, "key": {p.key(t)}}); rate.status != http.StatusSeeOther {
		t.Errorf("rate: %d", rate.status)
	}
	if p := b.page("/chat?site=nope"); p.status != 404 {
		t.Errorf("no such site: %d", p.status)
	}
}

func TestChatCookieAndHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	resp := b.do("GET", "/chat?site=demo", nil, nil)
	resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "frame-ancestors 'self' https://shop.example") || !strings.Contains(csp, "script-src 'self'") {
		t.Errorf("policy: %s", csp)
	}
	if len(resp.Cookies()) != 0 {
		t.Error("a cookie before anything was said")
	}
	req, err := http.NewRequest("POST", r.url+"/chat?site=demo", strings.NewReader("do=say&text=hallo&key=k"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	posted, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	posted.Body.Close()
	c := posted.Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/chat" {
		t.Errorf("cookie: %+v", c)
	}
	desk := b.do("GET", "/desk", nil, nil)
	desk.Body.Close()
	if csp := desk.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors") || strings.Contains(csp, "shop.example") {
		t.Errorf("the desk may be framed: %s", csp)
	}
}

// TestNotesStayInside says a secret in every way a colleague can, and looks for it in every way a customer can.
func TestNotesStayInside(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	agent := r.signIn("sanne")
	b := r.browser()
	b.form("/chat?site=demo&lang=nl", url.Values{"do": {"human"}, "key": {"k"}})
	u, err := url.Parse(r.url + "/chat")
	if err != nil {
		t.Fatal(err)
	}
	session := b.client.Jar.Cookies(u)[0].Value
	w := r.resume(session, 0)
	const secret = "GEHEIM-7731"
	agent.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	agent.must("POST", conv(w.conv, "/claim"), nil)
	agent.must("POST", conv(w.conv, "/notes"), frame{"key": "n1", "text": secret})
	agent.must("POST", conv(w.conv, "/transfer"), frame{"team": "returns", "note": secret})
	agent.must("POST", conv(w.conv, "/claim"), nil)
	agent.must("PUT", conv(w.conv, "/draft"), frame{"text": secret, "note": secret})
	agent.must("POST", conv(w.conv, "/return"), frame{"note": secret})
	agent.must("POST", conv(w.conv, "/claim"), nil)
	agent.must("POST", conv(w.conv, "/messages"), frame{"key": "m1", "text": "Tot ziens."})
	agent.must("POST", conv(w.conv, "/close"), frame{"code": "solved", "note": secret})
	found := false
	for _, e := range r.events(w.conv) {
		if n, ok := e.Body.(*chat.Note); ok && n.Text == secret {
			found = true
		}
	}
	if !found {
		t.Fatal("the note is not stored: the test proves nothing")
	}
	var seen strings.Builder
	for {
		f := w.next()
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		seen.Write(raw)
		if f.str("kind") == "closed" {
			break
		}
	}
	seen.WriteString(b.page("/chat?site=demo").html)
	for _, accept := range []string{"application/json", "text/event-stream"} {
		resp := b.do("GET", "/api/v1/chat/events?after=0", nil, http.Header{"Authorization": {"Bearer " + session}, "Accept": {accept}})
		buf := make([]byte, 0, 64<<10)
		for !strings.Contains(string(buf), `"kind":"closed"`) {
			n, err := resp.Body.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err != nil {
				break
			}
		}
		resp.Body.Close()
		if !strings.Contains(string(buf), "Tot ziens.") {
			t.Errorf("%s: the message is not there: %.500s", accept, buf)
		}
		seen.Write(buf)
	}
	if i := strings.Index(seen.String(), "GEHEIM"); i >= 0 {
		t.Errorf("a note reached the customer: …%s…", seen.String()[max(0, i-300):i+40])
	}
	if strings.Contains(seen.String(), `"sanne"`) {
		t.Error("an agent's id reached the customer")
	}
}

package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/web"
)

func TestCustomerIsAnsweredAndResumes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.dial(nil)
	got := w.hello(frame{"lang": "nl", "page": "https://shop.example/x"})
	if got.str("owner") != "bot" || got.str("lang") != "nl" || got.str("epoch") == "" || got.str("reference") == "" || got.seq() != 0 {
		t.Errorf("welcome: %v", got)
	}
	if got.str("notice", "text") == "" {
		t.Error("no notice before the first word")
	}
	first := w.say("c1", "Waar is mijn pakket?")
	if first != 2 { // the conversation opened with 1
		t.Errorf("first message got position %d", first)
	}
	answer := w.event("message", "bot")
	if answer.str("message", "text") != "**Echo** Waar is mijn pakket?" || answer.str("message", "html") != "<p><strong>Echo</strong> Waar is mijn pakket?</p>" {
		t.Errorf("answer: %v", answer)
	}
	if answer.str("message", "policy") != "" {
		t.Error("the customer was told which policy decided")
	}
	if at, err := time.Parse("2006-01-02T15:04:05.000Z", answer.str("at")); err != nil || time.Since(at) > time.Hour {
		t.Errorf("time of event: %q", answer.str("at"))
	}
	w.conn.Close()

	again := r.dial(nil)
	got = again.hello(frame{"session": w.session, "after": first, "epoch": got.str("epoch")})
	if got.str("conversation") != string(w.conv) || got.seq() != 3 {
		t.Errorf("welcome back: %v", got)
	}
	if e := again.next(); e.str("type") != "event" || e.seq() != 3 {
		t.Errorf("after %d came %v", first, e)
	}
	if c := r.state(w.conv); c.Page != "https://shop.example/x" || c.Site != "demo" {
		t.Errorf("opened on %q of %q", c.Page, c.Site)
	}
}

func TestAckOnlyWhenDurable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, nil)
	w := r.visitor()
	seq := w.say("k", "dit moet blijven")
	r.stop()
	e := openEngine(t, dir, slog.New(slog.DiscardHandler))
	defer e.Close()
	evs, err := e.Read(context.Background(), w.conv, chat.Seq(seq-1), 1)
	if err != nil || len(evs) != 1 || evs[0].Body.(*chat.Message).Text != "dit moet blijven" {
		t.Errorf("acknowledged at %d and on disk: %v %v", seq, evs, err)
	}
}

func TestSameKeyIsOneMessage(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	seq := w.say("c1", "hallo daar")
	if again := w.say("c1", "hallo daar"); again != seq {
		t.Errorf("the same key got %d and then %d", seq, again)
	}
	if code := w.refused(frame{"type": "say", "key": "c1", "text": "iets anders"}); code != "id_conflict" {
		t.Errorf("another body under the same key: %s", code)
	}
	if code := w.refused(frame{"type": "human", "key": "c1"}); code != "id_conflict" {
		t.Errorf("another kind under the same key: %s", code)
	}
	other := r.resume(w.session, 0)
	if again := other.say("c1", "hallo daar"); again != seq {
		t.Errorf("on another line the same key got %d instead of %d", again, seq)
	}
	n := 0
	for _, e := range r.events(w.conv) {
		if e.By.Role == chat.RoleCustomer && e.Key != "" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d events of the customer are stored", n)
	}
}

func TestPressAndSubmitAreRetriedAfterTheyClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "formulier")
	form := w.event("message", "bot")["message"].(map[string]any)["form"].(map[string]any)["id"].(string)
	submit := frame{"type": "submit", "key": "c2", "form": form, "values": map[string]string{"postcode": "1017 GC", "unknown": "x"}}
	w.send(submit)
	seq := w.acked("c2")
	w.send(submit) // the form is no longer open
	if again := w.acked("c2"); again != seq {
		t.Errorf("submit retried: %d, then %d", seq, again)
	}
	submit["values"] = map[string]string{"postcode": "9999 ZZ"}
	if code := w.refused(submit); code != "id_conflict" {
		t.Errorf("other values under the same key: %s", code)
	}
	submit["key"] = "c3"
	if code := w.refused(submit); code != "not_found" {
		t.Errorf("stale form: %s", code)
	}

	w.say("c4", "knoppen")
	msg := w.find("buttons", func(f frame) bool { m, _ := f["message"].(map[string]any); return m["buttons"] != nil })
	buttons := msg["message"].(map[string]any)["buttons"].([]any)
	yes := buttons[0].(map[string]any)
	if yes["do"] != nil {
		t.Error("the customer sees what a button does inside")
	}
	press := frame{"type": "press", "key": "c5", "button": yes["id"]}
	w.send(press)
	seq = w.acked("c5")
	w.send(frame{"type": "end", "key": "c6"}) // closing takes the buttons away
	w.acked("c6")
	w.send(press)
	if again := w.acked("c5"); again != seq {
		t.Errorf("press retried: %d, then %d", seq, again)
	}
	press["key"] = "c7"
	if code := w.refused(press); code != "not_found" {
		t.Errorf("stale button: %s", code)
	}
}

func TestHumanInEveryState(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	agent := r.signIn("sanne")
	agent.must("PUT", "/api/v1/desk/presence", frame{"state": "available"})
	human := func(w *wire, key string) int {
		w.Helper()
		w.send(frame{"type": "human", "key": key})
		seq := w.acked(key)
		w.send(frame{"type": "human", "key": key})
		if again := w.acked(key); again != seq {
			w.Errorf("human %s: %d, then %d", key, seq, again)
		}
		return seq
	}
	owner := func(w *wire, want chat.Role) {
		w.Helper()
		if c := r.state(w.conv); c.Owner.Role != want {
			w.Errorf("owner is %s, not %s", c.Owner.Role, want)
		}
	}

	fresh := r.visitor() // never begun
	human(fresh, "h1")
	if e := fresh.event("owner", ""); e.str("owner", "to") != "queue" || e.str("owner", "reason") != "customer_request" {
		t.Errorf("owner event: %v", e)
	}
	fresh.event("message", "system")
	owner(fresh, chat.RoleQueue)

	human(fresh, "h2") // waiting already
	owner(fresh, chat.RoleQueue)
	claimed := agent.must("POST", conv(fresh.conv, "/claim"), nil)
	fresh.find("owner agent", func(f frame) bool { return f.str("owner", "to") == "agent" })
	at := human(fresh, "h3") // with an agent
	owner(fresh, chat.RoleAgent)
	agent.must("POST", conv(fresh.conv, "/messages"), frame{"key": "m1", "text": "Ik ben er.", "lease": claimed.str("lease")})
	for e := fresh.next(); e.str("type") != "event" || e.str("from", "role") != "agent"; e = fresh.next() {
		if e.str("type") == "event" && e.str("kind") == "owner" {
			t.Errorf("told that the owner changed although an agent has it: %v", e)
		}
	}
	if e := r.events(fresh.conv)[at-1]; e.Body.(*chat.HumanRequested).Already != chat.RoleAgent {
		t.Errorf("kept as %+v", e.Body)
	}
	agent.must("POST", conv(fresh.conv, "/close"), frame{"code": "solved"})
	human(fresh, "h4") // after the end
	owner(fresh, chat.RoleQueue)

	bot := r.visitor() // with the bot
	bot.say("c1", "hallo")
	human(bot, "h1")
	owner(bot, chat.RoleQueue)

	press := r.visitor() // by a button of the bot's
	press.say("c1", "knoppen")
	msg := press.event("message", "bot")
	id := msg["message"].(map[string]any)["buttons"].([]any)[1].(map[string]any)["id"]
	press.send(frame{"type": "press", "key": "c2", "button": id})
	press.acked("c2")
	owner(press, chat.RoleQueue)
	press.send(frame{"type": "press", "key": "c2", "button": id})
	press.acked("c2")
}

func TestRateSeenEndAndSayAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "hallo")
	answer := w.event("message", "bot").seq()
	w.send(frame{"type": "seen", "seq": answer})
	w.send(frame{"type": "seen", "seq": 9999})
	w.send(frame{"type": "rate", "key": "c2", "resolved": true, "score": 4, "comment": "fijn"})
	w.acked("c2")
	for name, bad := range map[string]frame{
		"nothing":  {"type": "rate", "key": "x1"},
		"score 6":  {"type": "rate", "key": "x2", "score": 6},
		"negative": {"type": "rate", "key": "x3", "score": -1},
	} {
		if code := w.refused(bad); code != "invalid" {
			t.Errorf("rating %s: %s", name, code)
		}
	}
	w.send(frame{"type": "end", "key": "c3"})
	w.acked("c3")
	w.event("closed", "")
	c := r.state(w.conv)
	if c.SeenBy.Seq != chat.Seq(answer) || c.Rating == nil || !*c.Rating.Resolved || c.Owner.Role != chat.RoleNobody {
		t.Errorf("after the end: seen %v, rating %+v, owner %s", c.SeenBy.Seq, c.Rating, c.Owner.Role)
	}
	w.say("c4", "toch nog iets")
	if e := w.event("message", "bot"); e.str("message", "text") != "**Echo** toch nog iets" {
		t.Errorf("after the end the bot said %v", e)
	}
	if c := r.state(w.conv); c.Owner.Role != chat.RoleBot || !c.Closed.IsZero() {
		t.Errorf("not open again: %+v", c.Owner)
	}
}

func TestTwoLinesHearTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	a := r.visitor()
	a.say("c1", "een")
	b := r.resume(a.session, 0)
	b.say("c2", "twee")
	for _, w := range []*wire{a, b} {
		if e := w.find("second answer", func(f frame) bool { return f.str("message", "text") == "**Echo** twee" }); e.seq() == 0 {
			t.Error("an event without a position")
		}
	}
	own := b // an event of the customer's own carries the key it was sent under, on every line
	own.conn.Close()
	c := r.resume(a.session, 0)
	if e := c.event("message", "customer"); e.str("key") != "c1" {
		t.Errorf("own event: %v", e)
	}
}

func TestResetWhenPositionsAreVoid(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "hallo")
	w.event("message", "bot")
	for name, hello := range map[string]frame{
		"beyond the end": {"type": "hello", "session": w.session, "after": 999},
		"another life":   {"type": "hello", "session": w.session, "after": 2, "epoch": "of-another-log"},
	} {
		l := r.dial(nil)
		l.send(hello)
		welcome := l.until("welcome")
		if f := l.next(); f.str("type") != "reset" || f.str("epoch") != welcome.str("epoch") {
			t.Errorf("%s: %v", name, f)
		}
		if f := l.next(); f.seq() != 2 {
			t.Errorf("%s: after the reset came %v", name, f)
		}
	}
}

func TestNewEpochAfterRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, nil)
	w := r.visitor()
	w.say("c1", "hallo")
	w.event("message", "bot")
	r.stop()
	restore(t, dir)
	r = open(t, dir, nil)
	l := r.dial(nil)
	l.send(frame{"type": "hello", "session": w.session, "after": 3, "epoch": "old"})
	l.until("welcome")
	if f := l.next(); f.str("type") != "reset" {
		t.Errorf("after a restore: %v", f)
	}
}

func TestSignalsReachTheCustomer(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "stroom")
	if f := w.until("delta"); f.str("turn") != "t-1" || f.str("text") != "stukje" {
		t.Errorf("delta: %v", f)
	}
	w.send(frame{"type": "human", "key": "c2"})
	if f := w.until("queue"); f["position"] != 1.0 {
		t.Errorf("queue: %v", f)
	}
	again := r.resume(w.session, 0)
	if f := again.until("queue"); f["position"] != 1.0 {
		t.Errorf("queue on return: %v", f)
	}
	r.relay.Signal(relay.Signal{Conv: w.conv, Kind: "typing", From: chat.Party{Role: chat.RoleAgent, ID: "sanne", Name: "Sanne"}})
	if f := w.until("typing"); f.str("from", "name") != "Sanne" || f.str("from", "id") != "" {
		t.Errorf("typing: %v", f)
	}
}

func TestLanguageChanges(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.dial(nil)
	w.hello(frame{"lang": "nl"})
	if got := w.hello(frame{"lang": "en"}); got.str("lang") != "en" || got.str("notice", "text")[:7] != "You are" {
		t.Errorf("before the first word: %v", got)
	}
	w.say("c1", "hello")
	if c := r.state(w.conv); c.Lang != "en" {
		t.Errorf("begun in %s", c.Lang)
	}
	w.send(frame{"type": "hello", "lang": "nl-NL"})
	if got := w.until("welcome"); got.str("lang") != "nl" {
		t.Errorf("later: %v", got)
	}
	if c := r.state(w.conv); c.Lang != "nl" {
		t.Errorf("stored as %s", c.Lang)
	}
}

func TestAgentsTypingIsSeenOnlyFromWhoHasIt(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	sanne, joris := r.signIn("sanne"), r.signIn("joris")
	w := r.visitor()
	w.send(frame{"type": "human", "key": "h"})
	w.acked("h")
	sanne.must("POST", conv(w.conv, "/claim"), nil)
	looking, owning := joris.desk(), sanne.desk()
	looking.send(frame{"type": "open", "conversation": w.conv})
	looking.until("event")
	looking.send(frame{"type": "typing", "conversation": w.conv})
	owning.find("colleague types", func(f frame) bool { return f.str("type") == "typing" && f.str("from", "name") == "Joris" })
	owning.send(frame{"type": "typing", "conversation": w.conv})
	if f := w.until("typing"); f.str("from", "name") != "Sanne" {
		t.Errorf("the customer sees %v typing", f)
	}
	looking.find("owner types", func(f frame) bool { return f.str("type") == "typing" && f.str("from", "name") == "Sanne" })
	w.send(frame{"type": "typing"})
	owning.find("customer types", func(f frame) bool { return f.str("type") == "typing" && f.str("from", "role") == "customer" })
}

func TestSessionLifeAndForgery(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := func() time.Time { return now }
	r := newRig(t, func(o *web.Options) { o.Now, o.SessionLife = clock, time.Hour })
	w := r.visitor()
	w.say("c1", "hallo")
	forged := []byte(w.session)
	forged[9] ^= 1
	for name, session := range map[string]string{"forged": string(forged), "garbage": "%%%", "long": string(make([]byte, 3000)), "short": "AAAA"} {
		l := r.dial(nil)
		l.send(frame{"type": "hello", "session": session})
		if code := l.until("error").str("code"); code != "forbidden" {
			t.Errorf("%s session: %s", name, code)
		}
		if code := l.closed(); code != 4100 {
			t.Errorf("%s session: closed with %d", name, code)
		}
	}
}

func TestOutlivedSession(t *testing.T) {
	t.Parallel()
	issued := newRig(t, func(o *web.Options) { o.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) } })
	w := issued.visitor()
	r := newRig(t, func(o *web.Options) { o.SessionLife = time.Hour })
	l := r.dial(nil)
	l.send(frame{"type": "hello", "session": w.session})
	if code := l.closed(); code != 4100 {
		t.Errorf("closed with %d", code)
	}
}

func TestSessionOfAnotherSite(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.Sites = append(o.Sites, web.Site{Name: "other"}) })
	w := r.visitor()
	l := r.dialTo("/api/v1/chat/ws?site=other", nil)
	l.send(frame{"type": "hello", "session": w.session})
	if code := l.closed(); code != 4100 {
		t.Errorf("closed with %d", code)
	}
}

func TestOriginAndSite(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.Sites = append(o.Sites, web.Site{Name: "other"}) })
	for _, c := range []struct {
		name, path, origin string
		code               int
	}{
		{"strange website", "/api/v1/chat/ws?site=demo", "https://evil.example", 4101},
		{"origin null", "/api/v1/chat/ws?site=demo", "null", 4101},
		{"same name, other port", "/api/v1/chat/ws?site=demo", "https://shop.example:444", 4101},
		{"longer name", "/api/v1/chat/ws?site=demo", "https://shop.example.evil.example", 4101},
		{"no such site", "/api/v1/chat/ws?site=nope", "", 4101},
		{"no site", "/api/v1/chat/ws", "", 4101},
	} {
		h := http.Header{}
		if c.origin != "" {
			h.Set("Origin", c.origin)
		}
		w := r.dialTo(c.path, h)
		if code := w.closed(); code != c.code {
			t.Errorf("%s: closed with %d", c.name, code)
		}
	}
	for _, origin := range []string{"https://shop.example", r.url} {
		w := r.dial(http.Header{"Origin": {origin}})
		w.hello(frame{})
	}
}

func TestGoingAwayTellsToComeBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	d := r.signIn("sanne").desk()
	go r.stop()
	if code := w.closed(); code != 1001 {
		t.Errorf("customer's line closed with %d", code)
	}
	if code := d.closed(); code != 1001 {
		t.Errorf("desk's line closed with %d", code)
	}
	r.stop()
}

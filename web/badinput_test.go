package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
	"balie/web"
)

func TestFramesThatCloseTheLine(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, c := range []struct {
		name string
		kind int
		data []byte
		code int
	}{
		{"oversize", websocket.TextMessage, bytes.Repeat([]byte("x"), 64<<10+1), 1009},
		{"very large", websocket.TextMessage, bytes.Repeat([]byte("x"), 3<<20), 1009},
		{"binary", websocket.BinaryMessage, []byte(`{"type":"hello"}`), 1003},
		{"bad UTF-8", websocket.TextMessage, []byte("{\"type\":\"say\",\"text\":\"\xff\xfe\"}"), 1007},
	} {
		for _, greeted := range []bool{false, true} {
			w := r.dial(nil)
			if greeted {
				w.hello(frame{})
			}
			w.conn.SetWriteDeadline(time.Now().Add(patience))
			w.conn.WriteMessage(c.kind, c.data) // the server may hang up before it is out
			if code := w.closed(); code != c.code {
				t.Errorf("%s (greeted %v): closed with %d", c.name, greeted, code)
			}
		}
	}
}

func TestFramesThatAreAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c0", "hallo")
	before := r.state(w.conv).Heard
	for _, c := range []struct{ name, data, code string }{
		{"not JSON", `{"type":`, "invalid"},
		{"empty", ``, "invalid"},
		{"list", `[1,2,3]`, "invalid"},
		{"no type", `{"key":"k"}`, "invalid"},
		{"type is a number", `{"type":7}`, "invalid"},
		{"unknown type", `{"type":"frobnicate","key":"k"}`, "invalid"},
		{"text is a number", `{"type":"say","key":"k1","text":42}`, "invalid"},
		{"negative position", `{"type":"seen","seq":-1}`, "invalid"},
		{"no text", `{"type":"say","key":"k2"}`, "invalid"},
		{"only spaces", `{"type":"say","key":"k3","text":"  \n\t "}`, "invalid"},
		{"only invisible", `{"type":"say","key":"k4","text":"\u0000\u202e\u2066"}`, "invalid"},
		{"only half a character", `{"type":"say","key":"k5","text":"\ud800"}`, "invalid"},
		{"100,000 deep", `{"type":"say","key":"k6","text":` + strings.Repeat("[", 25_000) + strings.Repeat("]", 25_000) + `}`, "invalid"},
		{"long", `{"type":"say","key":"k7","text":"` + strings.Repeat("é", 4001) + `"}`, "too_long"},
		{"long key", `{"type":"say","key":"` + strings.Repeat("k", 200) + `","text":"x"}`, "too_long"},
		{"NUL in the key", `{"type":"say","key":"a\u0000b","text":"x"}`, "invalid"},
		{"no such button", `{"type":"press","key":"k8","button":"b-999"}`, "not_found"},
		{"no such form", `{"type":"submit","key":"k9","form":"f-999","values":{}}`, "not_found"},
		{"many values", `{"type":"submit","key":"k10","form":"f","values":{` + manyValues() + `}}`, "too_long"},
	} {
		w.sendRaw(websocket.TextMessage, []byte(c.data))
		f := w.answer(func(f frame) bool { return f.str("type") == "error" || f.str("type") == "ack" })
		if f.str("code") != c.code || f.str("message") == "" {
			t.Errorf("%s: %v", c.name, f)
		}
		w.sendRaw(websocket.TextMessage, []byte(`{"type":"say","key":"c0","text":"hallo"}`)) // patience with garbage begins anew
		w.acked("c0")
	}
	if after := r.state(w.conv).Heard; after != before {
		t.Errorf("something of it was stored: heard %d, then %d", before, after)
	}
	if seq := w.say("ok", strings.Repeat("é", 4000)); seq == 0 {
		t.Error("4,000 characters are not too many")
	}
}

func manyValues() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, `"v%d":"x",`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestInvisibleCharactersAreTakenOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "a\x00b\u202ec\u2066d\ne\tf")
	if e := w.event("message", "customer"); e.str("message", "text") != "abcd\ne\tf" {
		t.Errorf("stored as %q", e.str("message", "text"))
	}
}

func TestGarbageEndsTheLine(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	for range 30 {
		w.conn.SetWriteDeadline(time.Now().Add(patience))
		if w.conn.WriteMessage(websocket.TextMessage, []byte("garbage")) != nil {
			break
		}
	}
	if code := w.closed(); code != 4102 {
		t.Errorf("closed with %d", code)
	}
	early := r.dial(nil) // words before the hello
	if code := early.refused(frame{"type": "say", "key": "k", "text": "hallo"}); code != "invalid" {
		t.Errorf("before the hello: %s", code)
	}
}

func TestTenThousandPings(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.NoRateLimit = false })
	w := r.visitor()
	for range 10_000 {
		if w.conn.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(patience)) != nil {
			break
		}
	}
	if code := w.closed(); code != 4002 {
		t.Errorf("closed with %d", code)
	}
	other := r.visitor() // nobody else is bothered
	other.say("c1", "hallo")
}

func TestFloodOfMessagesIsRefusedAndStoresNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.NoRateLimit = false })
	w := r.visitor()
	refused, acked := 0, 0
	for i := range 60 {
		w.send(frame{"type": "say", "key": fmt.Sprint(i), "text": fmt.Sprint("bericht ", i)})
		f := w.answer(func(f frame) bool { return f.str("key") == fmt.Sprint(i) && f.str("type") != "event" })
		switch {
		case f.str("type") == "ack":
			acked++
		case f.str("code") == "rate_limited":
			refused++
		default:
			t.Fatalf("answer: %v", f)
		}
	}
	if refused == 0 || acked < 20 {
		t.Errorf("%d acknowledged, %d refused", acked, refused)
	}
	stored := 0
	for _, e := range r.events(w.conv) {
		if m, ok := e.Body.(*chat.Message); ok && e.By.Role == chat.RoleCustomer && m.Text != "" {
			stored++
		}
	}
	if stored != acked {
		t.Errorf("%d acknowledged, %d stored", acked, stored)
	}
}

func TestFragmentedFrames(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	send := func(parts []string) {
		raw := w.conn.NetConn()
		for i, p := range parts {
			head := byte(0)
			if i == 0 {
				head = 1 // text
			}
			if i == len(parts)-1 {
				head |= 0x80
			}
			writeMasked(t, raw, head, []byte(p))
		}
	}
	whole := `{"type":"say","key":"c1","text":"in stukken"}`
	send(strings.Split(whole, ""))
	if seq := w.acked("c1"); seq != 2 {
		t.Errorf("a message in %d fragments got %d", len(whole), seq)
	}
	send([]string{strings.Repeat("x", 40<<10), strings.Repeat("x", 40<<10)})
	if code := w.closed(); code != 1009 {
		t.Errorf("fragments that are too large together: closed with %d", code)
	}
	w = r.visitor()
	writeMasked(t, w.conn.NetConn(), 0x80, []byte("x")) // a continuation of nothing
	if code := w.closed(); code != 1002 {
		t.Errorf("a continuation of nothing: closed with %d", code)
	}
}

func writeMasked(t *testing.T, w io.Writer, head byte, payload []byte) {
	t.Helper()
	out := []byte{head}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = append(out, 0x80|126, byte(n>>8), byte(n))
	default:
		t.Fatal("too long for this helper")
	}
	out = append(out, 0, 0, 0, 0) // a mask that changes nothing
	if _, err := w.Write(append(out, payload...)); err != nil {
		t.Fatalf("write fragment: %v", err)
	}
}

// TestSlowReader reads nothing while the house has much to tell, and then finds out why the line ended.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	w := r.visitor()
	w.say("c1", "hallo")
	quiet := r.visitor()
	slow := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(4 << 10)
		}
		return c, err
	}}
	conn, _, err := slow.Dial(r.ws()+"/api/v1/chat/ws?site=demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.WriteJSON(frame{"type": "hello", "session": w.session, "after": 0}); err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		w.say(fmt.Sprint("m", i), strings.Repeat("lang verhaal ", 200))
	}
	quiet.say("c1", "wij merken daar niets van")
	eventually(t, "the slow line is closed", func() bool { return r.server.Connections() == 2 })
	seqs := 0
	for {
		conn.SetReadDeadline(time.Now().Add(patience))
		_, b, err := conn.ReadMessage()
		if websocket.IsCloseError(err, 4001) {
			break
		}
		if err != nil {
			t.Fatalf("ended with %v after %d events", err, seqs)
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			t.Fatalf("a broken frame: %v", err)
		}
		if f.str("type") == "event" {
			seqs++
		}
	}
	if seqs == 0 || seqs >= 800 {
		t.Errorf("it had read %d events", seqs)
	}
}

func TestHalfAHandshake(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	addr := strings.TrimPrefix(r.url, "http://")
	half, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	fmt.Fprint(half, "GET /api/v1/chat/ws?site=demo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n")
	silent := r.dial(nil) // a whole handshake, and then nothing but pings
	pinging := make(chan struct{})
	go func() {
		defer close(pinging)
		for range 40 {
			if silent.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) != nil {
				return
			}
			time.Sleep(300 * time.Millisecond)
		}
	}()
	if code := silent.closed(); code != 4000 {
		t.Errorf("no hello: closed with %d", code)
	}
	<-pinging
	half.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, half); err != nil {
		t.Errorf("half a handshake is not hung up on: %v", err)
	}
	plain, err := http.Get(r.url + "/api/v1/chat/ws?site=demo")
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("no handshake at all: %d", plain.StatusCode)
	}
}

func TestATenthOfTheRoomIsTheDesks(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.MaxConnections = 10 })
	agent := r.signIn("sanne")
	var all []*wire
	for range 9 {
		all = append(all, r.visitor())
	}
	full := r.dial(nil)
	if code := full.until("error").str("code"); code != "too_many_connections" {
		t.Errorf("no room: %s", code)
	}
	if code := full.closed(); code != 1013 {
		t.Errorf("no room: closed with %d", code)
	}
	b := r.browser()
	resp := b.do("GET", "/api/v1/chat/events", nil, http.Header{"Authorization": {"Bearer " + all[0].session}})
	resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Errorf("no room to poll: %d", resp.StatusCode)
	}
	agent.desk()
	all[0].conn.Close()
	eventually(t, "there is room again", func() bool { return r.server.Connections() == 9 })
}

func TestPosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.browser()
	w := r.visitor()
	auth := http.Header{"Authorization": {"Bearer " + w.session}}
	post := func(path, kind, body string, header http.Header) (int, string) {
		req, err := http.NewRequest("POST", r.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range auth {
			req.Header[k] = v
		}
		for k, v := range header {
			req.Header[k] = v
		}
		req.Header.Set("Content-Type", kind)
		resp, err := b.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var f frame
		if err := json.NewDecoder(resp.Body).Decode(&f); err != nil || (resp.StatusCode >= 400 && resp.Header.Get("Content-Type") != "application/problem+json") {
			t.Errorf("POST %s: %d, %s, %v", path, resp.StatusCode, resp.Header.Get("Content-Type"), err)
		}
		return resp.StatusCode, f.str("code")
	}
	big := `{"key":"k","text":"` + strings.Repeat("x", 70<<10) + `"}`
	for _, c := range []struct {
		name, path, kind, body string
		header                 http.Header
		status                 int
		code                   string
	}{
		{"too large", "/api/v1/chat/say", "application/json", big, nil, 413, "too_long"},
		{"a form", "/api/v1/chat/say", "application/x-www-form-urlencoded", "text=hallo", nil, 415, "invalid"},
		{"plain text", "/api/v1/chat/say", "text/plain", `{"key":"k","text":"x"}`, nil, 415, "invalid"},
		{"no JSON", "/api/v1/chat/say", "application/json", `{"key":`, nil, 400, "invalid"},
		{"too long", "/api/v1/chat/say", "application/json", `{"key":"k","text":"` + strings.Repeat("x", 4001) + `"}`, nil, 413, "too_long"},
		{"from another website", "/api/v1/chat/say", "application/json", `{"key":"k","text":"x"}`, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, "forbidden"},
		{"from another origin", "/api/v1/login", "application/json", `{}`, http.Header{"Origin": {"https://evil.example"}}, 403, "forbidden"},
		{"bad session", "/api/v1/chat/say", "application/json", `{"key":"k","text":"x"}`, http.Header{"Authorization": {"Bearer nope"}}, 401, "unauthorized"},
		{"no session", "/api/v1/chat/press", "application/json", `{"key":"k","button":"b"}`, http.Header{"Authorization": {""}}, 401, "unauthorized"},
		{"strange site", "/api/v1/chat/say?site=nope", "application/json", `{"key":"k","text":"x"}`, http.Header{"Authorization": {""}}, 404, "not_found"},
		{"no such call", "/api/v1/chat/frobnicate", "application/json", `{}`, nil, 404, "not_found"},
	} {
		if status, code := post(c.path, c.kind, c.body, c.header); status != c.status || code != c.code {
			t.Errorf("%s: %d %s, wanted %d %s", c.name, status, code, c.status, c.code)
		}
	}
	if status, _ := post("/api/v1/chat/say", "application/json; charset=utf-8", `{"key":"fine","text":"x"}`, nil); status != 200 {
		t.Errorf("a good one: %d", status)
	}
}

// TestManyBadLinesAtOnce lets many clients misbehave together and then asks whether an honest one is still served.
func TestManyBadLinesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) { o.NoRateLimit = false })
	addr := strings.TrimPrefix(r.url, "http://")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return
			}
			defer c.Close()
			fmt.Fprint(c, "GET /api/v1/chat/ws?site=demo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
			if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
				t.Errorf("handshake: %v", err)
				return
			}
			junk := bytes.Repeat([]byte{byte(i), 0x81, 0xff, 0x7f, byte(i * 7)}, 500)
			c.SetWriteDeadline(time.Now().Add(time.Second))
			c.Write(junk)
		})
	}
	wg.Wait()
	w := r.visitor()
	w.say("c1", "hallo")
	w.event("message", "bot")
	w.conn.Close()
	eventually(t, "all lines are closed", func() bool { return r.server.Connections() == 0 })
}

// panicky is a mail room with a mistake in it.
type panicky struct{ web.Log }

// Keyed is where the mistake is.
func (panicky) Keyed(context.Context, chat.ConversationID, chat.Key) (chat.Event, bool, error) {
	panic("a mistake of ours")
}

func TestAMistakeOfOursEndsOneLineOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *web.Options) {
		o.Log = panicky{o.Log}
		render := o.Render
		o.Render = func(md string) string {
			if strings.Contains(md, "ontplof") {
				panic("another mistake of ours")
			}
			return render(md)
		}
	})
	calm := r.visitor()
	reading := r.visitor()
	reading.send(frame{"type": "human", "key": "h"})
	if code := reading.closed(); code != 1011 {
		t.Errorf("a panic over a frame: closed with %d", code)
	}
	telling := r.visitor()
	telling.send(frame{"type": "say", "key": "c1", "text": "ontplof"})
	if code := telling.closed(); code != 1011 {
		t.Errorf("a panic over an event: closed with %d", code)
	}
	status, f := r.browser().call("POST", "/api/v1/chat/human?site=demo", frame{"key": "h"})
	if status != 500 || f.str("code") != "internal" || strings.Contains(f.str("detail"), "mistake") {
		t.Errorf("a panic over a request: %d %v", status, f)
	}
	calm.say("c1", "hallo")
	calm.event("message", "bot")
}

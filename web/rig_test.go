package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"balie/handoff"
	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/document"
	"balie/kb"
	"balie/web"
)

// patience is how long any wait of these tests may take before it counts as a failure.
const patience = 20 * time.Second

// TestMain looks, when all is over, for goroutines of ours that nobody waits for.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		code = leaks()
	}
	os.Exit(code)
}

func leaks() int {
	var left []string
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		buf := make([]byte, 4<<20)
		buf = buf[:runtime.Stack(buf, true)]
		left = nil
		for _, g := range strings.Split(string(buf), "\n\n") {
			if (strings.Contains(g, "balie/web") || strings.Contains(g, "balie/handoff") || strings.Contains(g, "balie/internal/relay")) && !strings.Contains(g, "TestMain") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return 0
		}
	}
	fmt.Fprintf(os.Stderr, "%d goroutines are left:\n%s\n", len(left), strings.Join(left, "\n\n"))
	return 1
}

// site is the one website of these tests.
var site = web.Site{Name: "demo", Title: "Demo", Origins: []string{"https://shop.example"}, Secret: "a-secret-of-the-website-for-tests"}

// passwordHash is made once: it costs 19 MiB and some milliseconds.
var passwordHash = sync.OnceValues(func() (string, error) { return web.HashPassword(password) })

const password = "geheim-genoeg-1"

// people are who can sign in here.
var people = []handoff.Person{
	{ID: "sanne", Email: "agent@demo.test", Name: "Sanne", Roles: []string{handoff.RoleAgent}},
	{ID: "joris", Email: "agent2@demo.test", Name: "Joris", Roles: []string{handoff.RoleAgent}},
	{ID: "edith", Email: "editor@demo.test", Name: "Edith", Roles: []string{handoff.RoleEditor}},
	{ID: "sam", Email: "supervisor@demo.test", Name: "Sam", Roles: []string{handoff.RoleSupervisor}},
	{ID: "ada", Email: "admin@demo.test", Name: "Ada", Roles: []string{handoff.RoleAdmin}},
}

// rig is a house without its bot: the real engine, the real mail room, the real desk and doors, on a port of its own.
type rig struct {
	*testing.T
	url     string // http://127.0.0.1:PORT
	engine  engine
	relay   *relay.Relay
	desk    *handoff.Desk
	people  *document.Collection[handoff.Person]
	server  *web.Server
	library *kb.Library
	logins  *document.Collection[web.Login]
	stop    func()
	log     *bytes.Buffer
}

type syncBuffer struct {
	mu sync.Mutex
	b  *bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func route(c *chat.Conversation, added []chat.Event) []relay.Leave {
	out := append(handoff.Wants(c, added), action.Wants(c, added)...)
	for _, e := range added {
		if chat.Trigger(e) && c.Owner.Role == chat.RoleBot {
			return append(out, relay.Leave{Worker: relay.WorkerBot})
		}
	}
	return out
}

// open starts a house in dir; change may set options before.
func open(t *testing.T, dir string, change func(*web.Options)) *rig {
	t.Helper()
	r := &rig{T: t, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(&syncBuffer{b: r.log}, nil))
	e := openEngine(t, dir, logger)
	r.engine, r.relay = e, relay.New(e, e, logger)
	r.people = document.In(e, "people", document.Options[handoff.Person]{Keys: handoff.PersonKeys})
	presence := document.In(e, "presence", document.Options[handoff.Presence]{})
	settings := handoff.DefaultSettings()
	settings.Teams = []handoff.Team{{ID: "returns", Name: "Retouren"}}
	r.desk = handoff.New(r.relay, e, r.people, presence, settings, nil)
	articles := document.In(e, "articles", document.Options[kb.Article]{History: true})
	var err error
	if r.library, err = kb.Open(dir+"/kb", articles, kb.Options{Log: logger}); err != nil {
		t.Fatalf("open library: %v", err)
	}
	r.logins = document.In(e, "logins", document.Options[web.Login]{})
	opt := web.Options{Log: r.relay, Lists: e, Desk: r.desk, People: r.people, Logins: r.logins,
		Drafts: document.In(e, "drafts", document.Options[web.Draft]{}), Sites: []web.Site{site}, Secret: []byte("sessions"),
		Render: kb.Render, Library: r.library, Articles: articles, Slog: logger, NoRateLimit: true,
		Ready: []web.Check{{Name: "store", Ping: e.Ping}}}
	if change != nil {
		change(&opt)
	}
	if r.server, err = web.New(opt); err != nil {
		t.Fatalf("make server: %v", err)
	}
	r.hire()
	r.run()
	return r
}

func (r *rig) hire() {
	r.Helper()
	hash, err := passwordHash()
	if err != nil {
		r.Fatalf("hash: %v", err)
	}
	for _, p := range people {
		p.Password = hash
		if err := r.people.Set(r.Context(), p.ID, p); err != nil {
			r.Fatalf("hire %s: %v", p.ID, err)
		}
	}
}

// run serves and works until the test ends or stop is called.
func (r *rig) run() {
	r.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.Fatalf("listen: %v", err)
	}
	r.url = "http://" + ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	inside, end := context.WithCancel(context.Background())
	leave := live(r.engine, r.relay)
	var wg, doors sync.WaitGroup
	for _, w := range []relay.Worker{&parrot{r.relay}, r.desk} {
		wg.Go(func() { r.relay.Run(inside, w, relay.Settings{}) })
	}
	doors.Go(func() {
		if err := r.server.Serve(ctx, ln); err != nil {
			r.Errorf("serve: %v", err)
		}
	})
	r.stop = sync.OnceFunc(func() {
		cancel()
		doors.Wait()
		end()
		wg.Wait()
		leave()
		if err := r.library.Close(); err != nil {
			r.Errorf("close library: %v", err)
		}
		if err := r.engine.Close(); err != nil {
			r.Errorf("close engine: %v", err)
		}
	})
	r.Cleanup(func() {
		r.stop()
		if r.Failed() {
			r.Logf("the house's log:\n%s", r.log)
		}
	})
}

func newRig(t *testing.T, change func(*web.Options)) *rig {
	t.Helper()
	return open(t, t.TempDir(), change)
}

// parrot plays the bot: it repeats what it hears, and shows buttons, a form or a stream when asked to.
type parrot struct{ relay *relay.Relay }

func (p *parrot) Name() string { return relay.WorkerBot }

func (p *parrot) Work(ctx context.Context, t relay.Task) error {
	c, err := p.relay.Conversation(ctx, t.Conv)
	if err != nil {
		return err
	}
	a := relay.Append{Conv: t.Conv, At: c.Head, Settle: []relay.Settle{{Task: t}}}
	events, err := p.relay.Read(ctx, t.Conv, c.Handled, 200)
	if err != nil {
		return err
	}
	for _, e := range events {
		m, ok := e.Body.(*chat.Message)
		if !ok || e.By.Role != chat.RoleCustomer || c.Owner.Role != chat.RoleBot {
			continue
		}
		a.Drafts = append(a.Drafts, chat.Draft{By: chat.Bot, Body: p.answer(t.Conv, e.Seq, m)})
	}
	_, err = p.relay.Commit(ctx, a)
	return err
}

func (p *parrot) answer(conv chat.ConversationID, re chat.Seq, m *chat.Message) *chat.Message {
	out := &chat.Message{Text: "**Echo** " + m.Text, Re: re, Policy: "parrot", Act: chat.ActSmall}
	switch {
	case strings.Contains(m.Text, "knoppen"):
		out.Buttons = []chat.Button{{ID: "b-" + re.String(), Label: "Ja", Do: "yes"}, {ID: "h-" + re.String(), Label: "Praat met een medewerker", Do: "human"}}
	case strings.Contains(m.Text, "formulier"):
		out.Form = &chat.Form{ID: "f-" + re.String(), Fields: []chat.Field{{Name: "postcode", Label: "Postcode", Type: "text"}}}
	case strings.Contains(m.Text, "stroom"):
		p.relay.Signal(relay.Signal{Conv: conv, Kind: "delta", Turn: "t-1", Text: "stukje"})
	}
	return out
}

// frame is a frame as a client sees it.
type frame map[string]any

func (f frame) str(path ...string) string {
	v := any(map[string]any(f))
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	s, _ := v.(string)
	return s
}

func (f frame) seq() int {
	n, _ := f["seq"].(float64)
	return int(n)
}

// wire is a client's socket.
type wire struct {
	*testing.T
	conn    *websocket.Conn
	session string
	conv    chat.ConversationID
	kept    []frame // read while waiting for an answer, and not yet looked at
}

func (r *rig) ws() string { return "ws" + strings.TrimPrefix(r.url, "http") }

// dial opens a customer's socket and says nothing yet.
func (r *rig) dial(header http.Header) *wire {
	r.Helper()
	return r.dialTo("/api/v1/chat/ws?site=demo", header)
}

func (r *rig) dialTo(path string, header http.Header) *wire {
	r.Helper()
	conn, resp, err := websocket.DefaultDialer.Dial(r.ws()+path, header)
	if err != nil {
		status := 0
		if resp != nil {
			status = resp.StatusCode
		}
		r.Fatalf("dial %s: %v (status %d)", path, err, status)
	}
	w := &wire{T: r.T, conn: conn}
	r.Cleanup(func() { conn.Close() })
	return w
}

// visitor opens a new conversation.
func (r *rig) visitor() *wire {
	r.Helper()
	w := r.dial(nil)
	w.hello(frame{})
	return w
}

// resume comes back to a conversation.
func (r *rig) resume(session string, after int) *wire {
	r.Helper()
	w := r.dial(nil)
	w.hello(frame{"session": session, "after": after})
	return w
}

func (w *wire) hello(f frame) frame {
	w.Helper()
	f["type"] = "hello"
	w.send(f)
	got := w.until("welcome")
	w.session, w.conv = got.str("session"), chat.ConversationID(got.str("conversation"))
	return got
}

func (w *wire) send(v any) {
	w.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		w.Fatalf("encode: %v", err)
	}
	w.sendRaw(websocket.TextMessage, b)
}

func (w *wire) sendRaw(kind int, b []byte) {
	w.Helper()
	w.conn.SetWriteDeadline(time.Now().Add(patience))
	if err := w.conn.WriteMessage(kind, b); err != nil {
		w.Fatalf("send: %v", err)
	}
}

// next returns the next frame.
func (w *wire) next() frame {
	w.Helper()
	if len(w.kept) > 0 {
		f := w.kept[0]
		w.kept = w.kept[1:]
		return f
	}
	return w.fresh()
}

// fresh reads a frame from the line.
func (w *wire) fresh() frame {
	w.Helper()
	w.conn.SetReadDeadline(time.Now().Add(patience))
	_, b, err := w.conn.ReadMessage()
	if err != nil {
		w.Fatalf("read: %v", err)
	}
	var f frame
	if err := json.Unmarshal(b, &f); err != nil {
		w.Fatalf("not a frame: %v: %.200s", err, b)
	}
	return f
}

// until skips to the first frame of a type.
func (w *wire) until(typ string) frame {
	w.Helper()
	return w.find(typ, func(f frame) bool { return f.str("type") == typ })
}

// event skips to the first event of a kind from a role ("" = any).
func (w *wire) event(kind, role string) frame {
	w.Helper()
	return w.find("event "+kind+" "+role, func(f frame) bool {
		return f.str("type") == "event" && f.str("kind") == kind && (role == "" || f.str("from", "role") == role)
	})
}

func (w *wire) find(what string, fits func(frame) bool) frame {
	w.Helper()
	var seen []string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		f := w.next()
		if fits(f) {
			return f
		}
		seen = append(seen, f.str("type")+"/"+f.str("kind")+f.str("code"))
	}
	w.Fatalf("no %s in %v", what, seen)
	return nil
}

// closed reads on until the line ends and returns the close code.
func (w *wire) closed() int {
	w.Helper()
	w.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := w.conn.ReadMessage()
		if c, ok := err.(*websocket.CloseError); ok {
			return c.Code
		}
		if err != nil {
			w.Fatalf("the line ended without a close code: %v", err)
		}
	}
}

// say sends a message and returns the position it got.
func (w *wire) say(key, text string) int {
	w.Helper()
	w.send(frame{"type": "say", "key": key, "text": text})
	return w.acked(key)
}

func (w *wire) acked(key string) int {
	w.Helper()
	f := w.answer(func(f frame) bool {
		return (f.str("type") == "ack" || f.str("type") == "error") && f.str("key") == key
	})
	if f.str("type") == "error" {
		w.Fatalf("%s: refused: %v", key, f)
	}
	return f.seq()
}

// refused sends a frame and returns the code of the error it gets.
func (w *wire) refused(f frame) string {
	w.Helper()
	w.send(f)
	return w.answer(func(f frame) bool { return f.str("type") == "error" }).str("code")
}

// answer waits for the answer to what was just sent; what else comes is kept for next.
func (w *wire) answer(fits func(frame) bool) frame {
	w.Helper()
	for {
		f := w.fresh()
		if fits(f) {
			return f
		}
		w.kept = append(w.kept, f)
	}
}

// events returns what a customer may see of the log.
func (r *rig) events(conv chat.ConversationID) []chat.Event {
	r.Helper()
	var out []chat.Event
	after := chat.Seq(0)
	for {
		evs, err := r.relay.Read(context.Background(), conv, after, 500)
		if err != nil {
			r.Fatalf("read log: %v", err)
		}
		if len(evs) == 0 {
			return out
		}
		after = evs[len(evs)-1].Seq
		out = append(out, evs...)
	}
}

func (r *rig) state(conv chat.ConversationID) chat.Conversation {
	r.Helper()
	c, err := r.relay.Conversation(context.Background(), conv)
	if err != nil {
		r.Fatalf("conversation: %v", err)
	}
	return c
}

// browser is an HTTP client with cookies.
type browser struct {
	*rig
	client *http.Client
}

func (r *rig) browser() *browser {
	r.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.Fatalf("cookie jar: %v", err)
	}
	tr := &http.Transport{}
	r.Cleanup(tr.CloseIdleConnections)
	return &browser{rig: r, client: &http.Client{Jar: jar, Transport: tr, Timeout: 40 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signIn is the browser of somebody of the house.
func (r *rig) signIn(id string) *browser {
	r.Helper()
	b := r.browser()
	for _, p := range people {
		if p.ID != id {
			continue
		}
		if status, body := b.call("POST", "/api/v1/login", frame{"email": p.Email, "password": password}); status != 200 {
			r.Fatalf("sign in %s: %d %v", id, status, body)
		}
		return b
	}
	r.Fatalf("nobody is called %s", id)
	return nil
}

// call does a JSON call.
func (b *browser) call(method, path string, body any) (int, frame) {
	b.Helper()
	resp := b.do(method, path, body, nil)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatalf("%s %s: %v", method, path, err)
	}
	var f frame
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &f); err != nil {
			b.Fatalf("%s %s: %d, not JSON: %.300s", method, path, resp.StatusCode, raw)
		}
	}
	if resp.StatusCode >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
		b.Errorf("%s %s: %d is not a problem document", method, path, resp.StatusCode)
	}
	return resp.StatusCode, f
}

// must is call that has to succeed.
func (b *browser) must(method, path string, body any) frame {
	b.Helper()
	status, f := b.call(method, path, body)
	if status/100 != 2 {
		b.Fatalf("%s %s: %d %v", method, path, status, f)
	}
	return f
}

func (b *browser) do(method, path string, body any, header http.Header) *http.Response {
	b.Helper()
	var rd io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			b.Fatalf("encode: %v", err)
		}
		rd = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, b.url+path, rd)
	if err != nil {
		b.Fatalf("request: %v", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		req.Header[k] = v
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.Fatalf("%s %s: %v", method, path, err)
	}
	return resp
}

// desk opens the desk's socket of who is signed in on b.
func (b *browser) desk() *wire {
	b.Helper()
	req, err := http.NewRequest("GET", b.url, nil)
	if err != nil {
		b.Fatalf("request: %v", err)
	}
	header := http.Header{}
	for _, c := range b.client.Jar.Cookies(req.URL) {
		header.Add("Cookie", c.String())
	}
	w := b.dialTo("/api/v1/desk/ws", header)
	w.until("welcome")
	return w
}

func conv(id chat.ConversationID, what string) string {
	return "/api/v1/desk/conversations/" + string(id) + what
}

// eventually waits for something that needs no more than time.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it did not come to: %s", what)
}

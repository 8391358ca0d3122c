package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"balie/internal/store/postgres/pgtest"
	"balie/web/visitor"
)

// balancer is the one address customers know: it leads to a node, and can be turned to another.
type balancer struct {
	ln net.Listener
	to atomic.Pointer[string]
}

func newBalancer(t *testing.T, h *house) *balancer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &balancer{ln: ln}
	b.turn(h)
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			go b.pass(in)
		}
	}()
	return b
}

func (b *balancer) turn(h *house) {
	u, err := url.Parse(h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	b.to.Store(&u.Host)
}

func (b *balancer) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", *b.to.Load())
	if err != nil {
		return
	}
	defer out.Close()
	go func() { io.Copy(out, in); out.Close() }()
	io.Copy(in, out)
}

func (b *balancer) url() string { return "http://" + b.ln.Addr().String() }

// customer is somebody who chats, or watches the same chat in another tab.
type customer struct {
	t      *testing.T
	v      *visitor.Visitor
	mu     sync.Mutex
	frames []visitor.Frame
	moved  chan struct{} // closed and renewed with every frame
	stop   context.CancelFunc
	done   chan struct{}
}

// visit opens a chat; session is that of an earlier visit, or "".
func visit(t *testing.T, address, session string) *customer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c := &customer{t: t, v: visitor.New(visitor.Options{URL: address, Site: "demo", Lang: "nl", Session: session}), moved: make(chan struct{}), stop: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		if err := c.v.Run(ctx, c.take); err != nil {
			t.Errorf("visit %s: %v", address, err)
		}
	}()
	t.Cleanup(c.leave)
	c.until("a welcome", func(fs []visitor.Frame) bool { return c.v.Session() != "" })
	return c
}

func (c *customer) take(f visitor.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, f)
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *customer) leave() {
	c.stop()
	<-c.done
}

// until waits for frames that fit, for as long as a lost lease of a dead node may take and some more.
func (c *customer) until(what string, fits func([]visitor.Frame) bool) bool {
	c.t.Helper()
	deadline := time.After(40 * time.Second)
	for {
		c.mu.Lock()
		ok, moved := fits(c.frames), c.moved
		c.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-moved:
		case <-deadline:
			c.mu.Lock()
			c.t.Errorf("%s did not come; there was %s", what, told(c.frames))
			c.mu.Unlock()
			return false
		}
	}
}

// words are the messages among frames, as "role: text".
func words(fs []visitor.Frame) (out []string) {
	for _, f := range fs {
		if f.Type == "event" && f.Kind == "message" {
			var m struct{ Text string }
			json.Unmarshal(f.Message, &m)
			out = append(out, string(f.From.Role)+": "+m.Text)
		}
	}
	return out
}

func told(fs []visitor.Frame) string {
	b, _ := json.Marshal(words(fs))
	return string(b)
}

// heard reports whether the message of that role that came last is n-th of them.
func heard(role string, n int) func([]visitor.Frame) bool {
	return func(fs []visitor.Frame) bool { return count(fs, role) >= n }
}

func count(fs []visitor.Frame, role string) (n int) {
	for _, f := range fs {
		if f.Type == "event" && f.Kind == "message" && string(f.From.Role) == role {
			n++
		}
	}
	return n
}

// talk goes through all turns and looks that each was answered once, in order. It tells half when it is in the middle.
func (c *customer) talk(half chan<- struct{}) {
	c.t.Helper()
	for n, text := range turns {
		if n == 2 {
			half <- struct{}{}
		}
		if !c.say(text) || !c.until("the answer to "+text, heard("bot", n+1)) {
			return
		}
	}
	c.inTurn(turns)
}

// say says something and waits until it is on disk.
func (c *customer) say(text string) bool {
	c.t.Helper()
	key, err := c.v.Send(map[string]any{"type": "say", "text": text})
	if err != nil {
		c.t.Errorf("say %q: %v", text, err)
		return false
	}
	return c.until("the ack of "+text, func(fs []visitor.Frame) bool {
		for _, f := range fs {
			if f.Type == "ack" && f.Key == key {
				return true
			}
		}
		return false
	})
}

// turns are things to say that the bot answers with one message each.
var turns = []string{"Wat kost de bezorging?", "Hoe lang heb ik garantie?", "Kan ik achteraf betalen?", "Hoe stuur ik iets terug?", "Bedankt!"}

// inTurn checks a whole conversation: numbers without gaps, every word of the customer once and in order, each answered by the bot once, before the
// next.
func (c *customer) inTurn(said []string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var last uint64
	var got []string
	answers := 0
	for _, f := range c.frames {
		if f.Type != "event" {
			continue
		}
		if uint64(f.Seq) <= last {
			c.t.Errorf("event %d came after %d", f.Seq, last)
		}
		last = uint64(f.Seq)
		var m struct{ Text string }
		switch json.Unmarshal(f.Message, &m); {
		case f.Kind != "message":
		case f.From.Role == "customer":
			if len(got) > 0 && answers != 1 {
				c.t.Errorf("%q was answered %d times before the next: %s", got[len(got)-1], answers, told(c.frames))
			}
			got, answers = append(got, m.Text), 0
		case f.From.Role == "bot" && len(got) > 0:
			answers++
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(said) || answers != 1 {
		c.t.Errorf("the log says %q, and the last was answered %d times; said was %q", got, answers, said)
	}
}

// nodes starts n programs on one database. The first fills it with the demo.
func nodes(t *testing.T, n int, address string, env ...string) []*house {
	t.Helper()
	env = append(env, "BALIE_POSTGRES="+address, "BALIE_RATE_LIMIT=off", "BALIE_IDLE_CLOSE=24h")
	hs := []*house{start(t, t.TempDir(), env...)}
	var wg sync.WaitGroup
	rest := make([]*house, n-1)
	for i := range rest {
		dir := t.TempDir()
		wg.Go(func() { rest[i] = start(t, dir, env...) })
	}
	wg.Wait()
	return append(hs, rest...)
}

// TestThreeNodes is a house of three programs on one PostgreSQL, of whose hints a third gets lost: whatever is said through one is seen through
// the others, once and in order; a node is killed and the database stopped at once meanwhile.
func TestThreeNodes(t *testing.T) {
	pg := pgtest.New(t, true)
	address, err := pg.Database()
	if err != nil {
		t.Fatal(err)
	}
	hs := nodes(t, 3, address, "BALIE_TEST_LOSE_HINTS=0.3")
	t.Run("written anywhere, watched elsewhere", func(t *testing.T) { everywhere(t, hs) })
	t.Run("an agent on another node", func(t *testing.T) { elsewhere(t, hs[0], hs[1]) })
	t.Run("the database stops at once", func(t *testing.T) { databaseStops(t, pg, hs[1]) })
	t.Run("the database is gone", func(t *testing.T) { databaseGone(t, pg, hs[1]) })
	t.Run("a node is killed", func(t *testing.T) { killed(t, hs[0], hs[2]) })
}

func everywhere(t *testing.T, hs []*house) {
	const conversations = 20
	var wg sync.WaitGroup
	for i := range conversations {
		wg.Go(func() {
			first := visit(t, hs[i%3].url, "")
			watcher := visit(t, hs[(i+1)%3].url, first.v.Session())
			speaker := first
			for n, text := range turns {
				if n > 0 {
					speaker.leave()
					speaker = visit(t, hs[(i+n)%3].url, first.v.Session())
				}
				if !speaker.say(text) || !watcher.until("the answer to "+text, heard("bot", n+1)) {
					return
				}
			}
			watcher.inTurn(turns)
		})
	}
	wg.Wait()
}

// elsewhere is a customer on one node who is helped by an agent on another.
func elsewhere(t *testing.T, customers, desk *house) {
	c := visit(t, customers.url, "")
	c.say("Ik wil een medewerker spreken")
	a := &agent{t: t, base: desk.url}
	a.signIn("agent@demo.test")
	a.must("PUT", "/api/v1/desk/presence", `{"state":"available"}`)
	var id string
	eventually(t, "the customer is in the queue of the other node", func() bool {
		var q struct {
			Waiting []struct{ ID string } `json:"waiting"`
			Mine    []struct{ ID string } `json:"mine"`
		}
		a.get("/api/v1/desk/queue", &q)
		for _, list := range [][]struct{ ID string }{q.Waiting, q.Mine} {
			if len(list) > 0 {
				id = list[0].ID
			}
		}
		return id != ""
	})
	a.must("POST", "/api/v1/desk/conversations/"+id+"/claim", `{}`)
	a.must("POST", "/api/v1/desk/conversations/"+id+"/messages", `{"key":"m1","text":"Dag, met Sanne."}`)
	c.until("the agent's word", heard("agent", 1))
	c.say("Fijn!")
	eventually(t, "the customer's word is at the desk", func() bool {
		var v struct{ Events []json.RawMessage }
		return bytes.Contains(a.get("/api/v1/desk/conversations/"+id, &v), []byte("Fijn!"))
	})
	a.must("POST", "/api/v1/desk/conversations/"+id+"/close", `{"code":"solved"}`)
}

// databaseStops ends PostgreSQL as a power cut would, in the middle of conversations, and starts it again.
func databaseStops(t *testing.T, pg *pgtest.Cluster, h *house) {
	const customers = 5
	var wg sync.WaitGroup
	half := make(chan struct{}, customers)
	for range customers {
		wg.Go(func() {
			visit(t, h.url, "").talk(half)
		})
	}
	for range customers {
		<-half
	}
	pg.Crash()
	began := time.Now()
	eventually(t, "the node says that it has no database", func() bool {
		resp, err := http.Get(h.url + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusServiceUnavailable
	})
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("the node found out after %v", d)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
}

// databaseGone stops PostgreSQL for longer than anybody is kept waiting: the customer is told, and nothing is acknowledged. When it is back, so is the
// node, by itself.
func databaseGone(t *testing.T, pg *pgtest.Cluster, h *house) {
	c := visit(t, h.url, "")
	if !c.say(turns[0]) || !c.until("an answer", heard("bot", 1)) {
		return
	}
	pg.Crash()
	began := time.Now()
	key, err := c.v.Send(map[string]any{"type": "say", "text": turns[1]})
	if err != nil {
		t.Fatal(err)
	}
	c.until("word that nothing can be stored", func(fs []visitor.Frame) bool {
		for _, f := range fs {
			if f.Key == key && f.Type == "ack" {
				t.Errorf("acknowledged at %d without a database", f.Seq)
			}
			if f.Key == key && f.Type == "error" && f.Code == "unavailable" {
				return true
			}
		}
		return false
	})
	if d := time.Since(began); d > 8*time.Second { // five, and what a busy machine adds
		t.Errorf("the customer was told after %v", d)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	if c.say(turns[2]) && c.until("another answer", heard("bot", 2)) {
		c.inTurn([]string{turns[0], turns[2]})
	}
}

// killed ends a node with customers on it; they come back on another.
func killed(t *testing.T, victim, heir *house) {
	const customers = 8
	b := newBalancer(t, victim)
	var wg sync.WaitGroup
	half := make(chan struct{}, customers)
	for range customers {
		wg.Go(func() {
			visit(t, b.url(), "").talk(half)
		})
	}
	for range customers / 2 {
		<-half
	}
	victim.cmd.Process.Kill()
	b.turn(heir)
	wg.Wait()
}

// agent is somebody at the desk, without a browser.
type agent struct {
	t    *testing.T
	base string
	c    http.Client
}

func (a *agent) signIn(email string) {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.c = http.Client{Jar: jar, Timeout: 20 * time.Second}
	a.must("POST", "/api/v1/login", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
}

func (a *agent) must(method, path, body string) []byte {
	a.t.Helper()
	req, err := http.NewRequest(method, a.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := a.c.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		a.t.Fatalf("%s %s: %s %s (%v)", method, path, resp.Status, b, err)
	}
	return b
}

func (a *agent) get(path string, v any) []byte {
	a.t.Helper()
	b := a.must("GET", path, "")
	if err := json.Unmarshal(b, v); err != nil {
		a.t.Fatalf("%s: %v in %s", path, err, b)
	}
	return b
}

// eventually looks again and again until it is so.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("it did not come to be that %s", what)
}

// balie runs a command to its end and returns what it printed.
func balie(t *testing.T, env []string, args ...string) string {
	t.Helper()
	return balieWith(t, os.DevNull, env, args...)
}

// balieWith is balie with a file as its input.
func balieWith(t *testing.T, input string, env []string, args ...string) string {
	t.Helper()
	in, err := os.Open(input)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = in
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("balie %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestTwoNodesOneShop changes an order through one node; the demo's order system says so on the other at once, and after both were started again.
func TestTwoNodesOneShop(t *testing.T) {
	env := "BALIE_POSTGRES=" + pgtest.Database(t)
	hs := []*house{start(t, t.TempDir(), env), start(t, t.TempDir(), env)}
	moved := func(h *house) bool { return orderAddress(h, "%23P10001")["city"] == "Utrecht" }
	if moved(hs[0]) || moved(hs[1]) {
		t.Fatal("the order is in Utrecht already")
	}
	talk := filepath.Join(t.TempDir(), "talk")
	lines := "Ik wil het bezorgadres van mijn bestelling wijzigen\n#P10001, 1015 CX\nOudegracht\n12\n\n3511 AB\nUtrecht\n1\n"
	if err := os.WriteFile(talk, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := balieWith(t, talk, nil, "chat", "--url", hs[0].url, "--wait", "30s"); !strings.Contains(said, "done R-") {
		t.Fatalf("the address was not changed:\n%s", said)
	}
	if !moved(hs[0]) || !moved(hs[1]) {
		t.Errorf("in Utrecht on the node where it was changed: %t, on the other: %t", moved(hs[0]), moved(hs[1]))
	}
	for i, h := range hs {
		h.stop()
		hs[i] = start(t, t.TempDir(), env)
	}
	if !moved(hs[0]) || !moved(hs[1]) {
		t.Errorf("after a restart: %t and %t", moved(hs[0]), moved(hs[1]))
	}
}

// TestMovingHouse moves a house from its file to PostgreSQL and back; a customer comes back in each and finds what was said.
func TestMovingHouse(t *testing.T) {
	address := pgtest.Database(t)
	first, second, third := t.TempDir(), t.TempDir(), t.TempDir()
	postgres := "BALIE_POSTGRES=" + address
	h := start(t, first)
	c := visit(t, h.url, "")
	c.say(turns[0])
	c.until("an answer", heard("bot", 1))
	c.leave()
	h.stop()
	moves := []struct {
		from, to []string
		dir      string
		env      []string
	}{
		{[]string{"BALIE_DATA=" + first}, []string{"BALIE_DATA=" + second, postgres}, second, []string{postgres}},
		{[]string{"BALIE_DATA=" + second, postgres}, []string{"BALIE_DATA=" + third}, third, nil},
	}
	for i, m := range moves {
		files := t.TempDir()
		balie(t, m.from, "export", files)
		balie(t, m.to, "import", files)
		if said := balie(t, m.to, "verify"); !strings.Contains(said, " 0 differences") {
			t.Errorf("verify: %s", said)
		}
		h := start(t, m.dir, m.env...)
		back := visit(t, h.url, c.v.Session())
		back.say(turns[i+1])
		back.until("another answer", heard("bot", i+2))
		back.inTurn(turns[:i+2])
		back.leave()
		h.stop()
	}
}

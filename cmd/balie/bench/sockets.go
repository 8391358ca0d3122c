package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const password = "bench-password"

// server starts Balie on a folder, in demo mode, without rate limits.
func server(ctx context.Context, o Options, dir string, more ...string) (*process, error) {
	env := append([]string{"BALIE_DEMO_PASSWORD=" + password, "BALIE_RATE_LIMIT=off", "BALIE_MAX_CONNECTIONS=20000"}, more...)
	return start(ctx, "Balie is ready on ", env, o.Self, "serve", "--demo", "--addr", "127.0.0.1:0", "--data", dir)
}

// client is one socket of a customer.
type client struct {
	conn    *websocket.Conn
	session string
}

var dialer = websocket.Dialer{HandshakeTimeout: 20 * time.Second, ReadBufferSize: 512, WriteBufferSize: 512, WriteBufferPool: &sync.Pool{}}

func dial(base, path string, header http.Header) (*websocket.Conn, error) {
	conn, resp, err := dialer.Dial("ws"+strings.TrimPrefix(base, "http")+path, header)
	if err != nil && resp != nil {
		return nil, fmt.Errorf("%w (%s)", err, resp.Status)
	}
	return conn, err
}

// frame is what a client needs of any frame.
type frame struct {
	Type    string `json:"type"`
	Session string `json:"session"`
	Seq     uint64 `json:"seq"`
	Key     string `json:"key"`
	Kind    string `json:"kind"`
	From    struct {
		Role string `json:"role"`
	} `json:"from"`
	Code string `json:"code"`
}

// chatWith opens a customer's line and waits for the welcome.
func chatWith(base, session string, after uint64) (*client, error) {
	conn, err := dial(base, "/api/v1/chat/ws?site=demo", nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadDeadline(time.Now().Add(60 * time.Second))
	if err := conn.WriteJSON(map[string]any{"type": "hello", "session": session, "after": after, "lang": "nl"}); err != nil {
		conn.Close()
		return nil, err
	}
	c := &client{conn: conn}
	f, err := c.next()
	if err != nil || f.Type != "welcome" {
		conn.Close()
		return nil, fmt.Errorf("no welcome but %q %q: %w", f.Type, f.Code, errors.Join(err, errNone))
	}
	c.session = f.Session
	return c, nil
}

var errNone = errors.New("the line did not open")

func (c *client) next() (frame, error) {
	var f frame
	_, b, err := c.conn.ReadMessage()
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(b, &f)
}

func (c *client) say(key, text string) error {
	return c.conn.WriteJSON(map[string]string{"type": "say", "key": key, "text": text})
}

// await reads until a frame fits.
func (c *client) await(fits func(frame) bool) error {
	for {
		f, err := c.next()
		if err != nil {
			return err
		}
		if f.Type == "error" {
			return fmt.Errorf("error frame %s", f.Code)
		}
		if fits(f) {
			return nil
		}
	}
}

// many does something n times, some at once.
func many(n, atOnce int, do func(i int) error) error {
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	var first atomic.Value
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := do(i); err != nil {
				first.CompareAndSwap(nil, err)
			}
		})
	}
	wg.Wait()
	if err, ok := first.Load().(error); ok {
		return err
	}
	return nil
}

// settle waits some quiet seconds, then until a process's memory stands still, and returns it.
func settle(p *process) (int64, error) {
	var last int64
	time.Sleep(8 * time.Second)
	for range 20 {
		now, err := p.resident()
		if err != nil {
			return 0, err
		}
		if d := now - last; d < 256<<10 && d > -(256<<10) {
			return now, nil
		}
		last = now
		time.Sleep(500 * time.Millisecond)
	}
	return last, nil
}

// memoryFigures: resident bytes for each open idle chat, before and after its first message; 10,000 chats back after a cut.
func memoryFigures(ctx context.Context, o Options) ([]Figure, error) {
	floor, err := floorMemory(ctx, o)
	if err != nil {
		return nil, err
	}
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := o.Seed(data, 0, 0); err != nil { // the first start fills the folder; what is measured is any later one
		return nil, err
	}
	p, err := server(ctx, o, data, "BALIE_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := awaitReady(p.addr); err != nil {
		return nil, err
	}
	empty, err := settle(p)
	if err != nil {
		return nil, err
	}
	rss, err := p.rss()
	if err != nil {
		return nil, err
	}
	figs := []Figure{{Name: "idle server, resident", Value: float64(rss) / (1 << 20), Unit: "MB", Goal: "≤ 50 MB", OK: rss <= 50<<20}}
	clients := make([]*client, o.Connections)
	o.Progress("  opening %d chats", o.Connections)
	err = many(o.Connections, 64, func(i int) (err error) {
		clients[i], err = chatWith(p.addr, "", 0)
		return err
	})
	defer func() { closeAll(clients) }()
	if err != nil {
		return figs, err
	}
	open, err := settle(p)
	if err != nil {
		return figs, err
	}
	figs = append(figs, perChat("memory of an open idle chat", open-empty, o, floor))
	o.Progress("  one message in each")
	err = many(o.Connections, 64, func(i int) error { return question(clients[i], "1", "Hallo") })
	if err != nil {
		return figs, err
	}
	spoken, err := settle(p)
	if err != nil {
		return figs, err
	}
	figs = append(figs, perChat("the same after its first message", spoken-empty, o, floor))
	back, err := comeBack(o, p, clients)
	return append(figs, back), err
}

func perChat(name string, bytes int64, o Options, floor float64) Figure {
	f := Figure{Name: name, Value: float64(bytes) / float64(o.Connections), Unit: "B", Floor: floor, Goal: "≤ 2 × floor"}
	f.Ratio = f.Value / f.Floor
	f.OK = f.Ratio <= 2
	return f
}

func closeAll(clients []*client) {
	for _, c := range clients {
		if c != nil {
			c.conn.Close()
		}
	}
}

// question sends a text and waits for the bot's message.
func question(c *client, key, text string) error {
	if err := c.say(key, text); err != nil {
		return err
	}
	return c.await(func(f frame) bool { return f.Type == "event" && f.Kind == "message" && f.From.Role == "bot" })
}

func floorMemory(ctx context.Context, o Options) (float64, error) {
	p, err := start(ctx, "floor is ready on ", nil, o.Self, "bench", "--floor", "socket")
	if err != nil {
		return 0, err
	}
	defer p.stop()
	empty, err := settle(p)
	if err != nil {
		return 0, err
	}
	conns := make([]*websocket.Conn, o.Connections)
	err = many(o.Connections, 64, func(i int) (err error) {
		if conns[i], err = dial(p.addr, "/ws", nil); err == nil {
			err = conns[i].WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`))
		}
		return err
	})
	defer func() {
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	}()
	if err != nil {
		return 0, err
	}
	full, err := settle(p)
	return float64(full-empty) / float64(o.Connections), err
}

// comeBack cuts all lines at once and measures until every customer has resumed.
func comeBack(o Options, p *process, clients []*client) (Figure, error) {
	var spans []float64
	for range o.times() {
		closeAll(clients)
		begin := time.Now()
		err := many(len(clients), 256, func(i int) error {
			c, err := chatWith(p.addr, clients[i].session, 2)
			if err == nil {
				clients[i] = c
			}
			return err
		})
		if err != nil {
			return Figure{}, err
		}
		spans = append(spans, time.Since(begin).Seconds())
	}
	f := Figure{Name: fmt.Sprintf("%d chats back after a cut", len(clients)), Value: median(spans), Unit: "s", Goal: "≤ 5 s"}
	f.OK = f.Value <= 5
	return f, nil
}

// signIn returns a cookie for the demo's agent.
func signIn(base string) (http.Header, *http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, nil, err
	}
	hc := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	body := strings.NewReader(`{"email":"agent@demo.test","password":"` + password + `"}`)
	resp, err := hc.Post(base+"/api/v1/login", "application/json", body)
	if err != nil {
		return nil, nil, err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("sign in: %s", resp.Status)
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, nil, err
	}
	h := http.Header{}
	for _, c := range jar.Cookies(u) {
		h.Add("Cookie", c.Name+"="+c.Value)
	}
	return h, hc, nil
}

// relayFigures: from a customer's socket, through the disk, to the agent's socket.
func relayFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	p, err := server(ctx, o, filepath.Join(dir, "data"), "BALIE_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	d, err := openDesk(p.addr)
	if err != nil {
		return nil, err
	}
	defer d.conn.Close()
	clients := make([]*client, 64)
	defer func() { closeAll(clients) }()
	for i := range clients {
		if clients[i], err = d.adopt(p.addr); err != nil {
			return nil, err
		}
		go clients[i].drain()
	}
	go d.listen()
	var rates, cpus, p99s []float64
	for round := range o.times() {
		r, cpu, err := d.flood(o, p, clients, round)
		if err != nil {
			return nil, err
		}
		lat, err := d.steady(o, clients, round)
		if err != nil {
			return nil, err
		}
		rates, cpus, p99s = append(rates, r), append(cpus, cpu), append(p99s, lat)
	}
	return []Figure{
		{Name: "customer → disk → agent's socket, saturated", Value: median(rates), Unit: "/s", Goal: "≥ 4600 /s", OK: median(rates) >= 4600},
		{Name: "CPU of the server for each of them", Value: median(cpus), Unit: "ms", Goal: "≤ 0.25 ms", OK: median(cpus) <= 0.25},
		{Name: "the same at 1,000/s, p99", Value: median(p99s), Unit: "ms", Goal: "≤ 25 ms", OK: median(p99s) <= 25},
	}, nil
}

// desk is an agent's socket that counts and times what arrives.
type desk struct {
	conn   *websocket.Conn
	http   *http.Client
	base   string
	header http.Header
	count  atomic.Int64
	mu     sync.Mutex
	sent   map[string]time.Time
	lat    []time.Duration
	failed chan error
}

func openDesk(base string) (*desk, error) {
	h, hc, err := signIn(base)
	if err != nil {
		return nil, err
	}
	conn, err := dial(base, "/api/v1/desk/ws", h)
	if err != nil {
		return nil, err
	}
	d := &desk{conn: conn, http: hc, base: base, header: h, sent: map[string]time.Time{}, failed: make(chan error, 1)}
	return d, conn.WriteJSON(map[string]string{"type": "presence", "state": "available"})
}

// adopt opens a customer's chat and has the agent take it over.
func (d *desk) adopt(base string) (*client, error) {
	c, err := chatWith(base, "", 0)
	if err != nil {
		return nil, err
	}
	if err := c.conn.WriteJSON(map[string]string{"type": "human", "key": "h"}); err != nil {
		return nil, err
	}
	if err := c.await(func(f frame) bool { return f.Type == "ack" }); err != nil {
		return nil, err
	}
	return c, d.claimAll()
}

func (d *desk) claimAll() error {
	resp, err := d.http.Get(d.base + "/api/v1/desk/queue")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var q struct {
		Waiting []struct {
			ID string `json:"id"`
		} `json:"waiting"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&q); err != nil {
		return err
	}
	for _, w := range q.Waiting {
		resp, err := d.http.Post(d.base+"/api/v1/desk/conversations/"+w.ID+"/claim", "application/json", nil)
		if err != nil {
			return err
		}
		resp.Body.Close()
	}
	return nil
}

func (c *client) drain() {
	for {
		c.conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
		if _, _, err := c.conn.ReadMessage(); err != nil {
			return
		}
	}
}

func (d *desk) listen() {
	for {
		_, b, err := d.conn.ReadMessage()
		if err != nil {
			d.failed <- err
			return
		}
		var f frame
		if json.Unmarshal(b, &f) != nil || f.Type != "event" || f.Kind != "message" || f.From.Role != "customer" {
			continue
		}
		d.count.Add(1)
		d.mu.Lock()
		if at, ok := d.sent[f.Key]; ok {
			d.lat = append(d.lat, time.Since(at))
			delete(d.sent, f.Key)
		}
		d.mu.Unlock()
	}
}

// reached waits until the desk has got n messages more than before.
func (d *desk) reached(want int64) error {
	deadline := time.Now().Add(60 * time.Second)
	for d.count.Load() < want {
		select {
		case err := <-d.failed:
			return err
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the desk got %d of %d messages", d.count.Load(), want)
		}
	}
	return nil
}

// flood has every customer send as fast as the line takes, and returns messages a second and the server's CPU for each, in ms.
func (d *desk) flood(o Options, p *process, clients []*client, round int) (float64, float64, error) {
	each := 400
	if o.Quick {
		each = 50
	}
	before := d.count.Load()
	cpu0, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	err = many(len(clients), len(clients), func(i int) error {
		for n := range each {
			if err := clients[i].say(fmt.Sprintf("f%d-%d", round, n), "Kunt u even kijken waar mijn pakket blijft?"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	total := int64(each * len(clients))
	if err := d.reached(before + total); err != nil {
		return 0, 0, err
	}
	span := time.Since(begin)
	cpu1, err := p.cpu()
	return float64(total) / span.Seconds(), float64((cpu1 - cpu0).Microseconds()) / 1000 / float64(total), err
}

// steady sends 1,000 messages a second for some seconds and returns the 99th percentile until the agent has them, in ms.
func (d *desk) steady(o Options, clients []*client, round int) (float64, error) {
	n := 5000
	if o.Quick {
		n = 500
	}
	before := d.count.Load()
	d.mu.Lock()
	d.lat = nil
	d.mu.Unlock()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var sending [64]sync.Mutex
	for i := range n {
		<-tick.C
		key := fmt.Sprintf("s%d-%d", round, i)
		d.mu.Lock()
		d.sent[key] = time.Now()
		d.mu.Unlock()
		sending[i%len(clients)].Lock()
		err := clients[i%len(clients)].say(key, "En nog een vraag van mij.")
		sending[i%len(clients)].Unlock()
		if err != nil {
			return 0, err
		}
	}
	if err := d.reached(before + int64(n)); err != nil {
		return 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return float64(percentile(d.lat, 0.99).Microseconds()) / 1000, nil
}

// answerFigures: question → stored → searched → answer stored → on the customer's socket, at 50 a second with 1,000 articles.
func answerFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if err := o.Seed(data, 1000, 0); err != nil {
		return nil, err
	}
	p, err := server(ctx, o, data, "BALIE_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	defer p.stop()
	var p99s []float64
	for round := range o.times() {
		lat, err := askRound(o, p.addr, round)
		if err != nil {
			return nil, err
		}
		p99s = append(p99s, float64(percentile(lat, 0.99).Microseconds())/1000)
	}
	return []Figure{{Name: "question → answer on the socket at 50/s, p99", Value: median(p99s), Unit: "ms", Goal: "≤ 20 ms", OK: median(p99s) <= 20}}, nil
}

var questions = []string{"Wat kost de bezorging?", "Hoe lang heb ik bedenktijd?", "Kan ik met iDEAL betalen?", "Wanneer krijg ik mijn geld terug?",
	"Hoe werkt de garantie?", "Bezorgen jullie in België?", "Hoe maak ik een account?", "Wat zijn de openingstijden?"}

// askRound has so many customers ask one question each: one who asks on and on would be taken for stuck, and get a person.
func askRound(o Options, base string, round int) ([]time.Duration, error) {
	n := 500
	if o.Quick {
		n = 100
	}
	clients := make([]*client, n)
	defer func() { closeAll(clients) }()
	err := many(n, 32, func(i int) (err error) {
		clients[i], err = chatWith(base, "", 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := question(clients[0], "warm", "Hallo"); err != nil { // the ear has learned when the bot speaks
		return nil, err
	}
	lat := make([]time.Duration, n)
	errs := make(chan error, n)
	var wg sync.WaitGroup
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		wg.Go(func() {
			begin := time.Now()
			if err := question(clients[i], fmt.Sprintf("q%d-%d", round, i), questions[i%len(questions)]); err != nil {
				errs <- err
				return
			}
			lat[i] = time.Since(begin)
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return lat, err
	default:
		return lat, nil
	}
}

// startFigures: start to ready on a full folder, and the size of the program.
func startFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	messages := 100_000
	if o.Quick {
		messages = 5_000
	}
	if err := o.Seed(data, 1000, messages); err != nil {
		return nil, err
	}
	var spans []float64
	for range o.times() {
		begin := time.Now()
		p, err := server(ctx, o, data, "BALIE_LOG_LEVEL=warn")
		if err != nil {
			return nil, err
		}
		if err := awaitReady(p.addr); err != nil {
			p.stop()
			return nil, err
		}
		spans = append(spans, float64(time.Since(begin).Milliseconds()))
		p.stop()
	}
	info, err := os.Stat(o.Self)
	if err != nil {
		return nil, err
	}
	mb := float64(info.Size()) / (1 << 20)
	return []Figure{
		{Name: fmt.Sprintf("start to ready, 1,000 articles, %d messages", messages), Value: median(spans), Unit: "ms", Goal: "≤ 500 ms", OK: median(spans) <= 500},
		{Name: "the program", Value: mb, Unit: "MB", Goal: "≤ 40 MB", OK: mb <= 40},
	}, nil
}

func awaitReady(base string) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		resp, err := http.Get(base + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		var ne net.Error
		if errors.As(err, &ne) && !ne.Timeout() {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("not ready within 30 s")
}

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
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

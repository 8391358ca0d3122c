package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

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

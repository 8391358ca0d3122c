package web_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"balie/internal/chat"
)

// TestRandomCuts cuts a customer's line at random bytes, in either direction, a thousand times while bot and customer talk, and holds
// what the customer has at the end against the log: no gap, no double, in order, and nothing acknowledged is lost.
func TestRandomCuts(t *testing.T) {
	t.Parallel()
	cuts := 1000
	if os.Getenv("BALIE_SOAK") != "" {
		cuts = 20_000
	}
	r := newRig(t, nil)
	const customers = 4
	var wg sync.WaitGroup
	for i := range customers {
		wg.Go(func() {
			c := &badLine{rig: r, chance: rand.New(rand.NewPCG(uint64(i), 2026)), acked: map[string]int{}}
			if err := c.live(cuts / customers); err != nil {
				t.Errorf("customer %d: %v", i, err)
				return
			}
			c.compare(t)
		})
	}
	wg.Wait()
}

// badLine is a customer whose line is cut again and again. They send what is not acknowledged again, under the same key.
type badLine struct {
	*rig
	chance  *rand.Rand
	session string
	conv    chat.ConversationID
	after   int
	events  []frame
	acked   map[string]int
	outbox  []frame
	sent    int
	cuts    int
}

// cutter is a connection that breaks after so many bytes, abruptly or in good order.
type cutter struct {
	net.Conn
	mu   sync.Mutex
	left int
	hard bool
}

func (c *cutter) spend(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left -= n
	if c.left > 0 {
		return true
	}
	if tcp, ok := c.Conn.(*net.TCPConn); ok && c.hard {
		tcp.SetLinger(0)
	}
	c.Conn.Close()
	return false
}

func (c *cutter) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b[:min(len(b), 97)])
	if err == nil && !c.spend(n) {
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *cutter) Write(b []byte) (int, error) {
	c.mu.Lock()
	part := min(len(b), max(c.left, 1))
	c.mu.Unlock()
	n, err := c.Conn.Write(b[:part])
	if err == nil && (!c.spend(n) || part < len(b)) {
		return n, net.ErrClosed
	}
	return n, err
}

func (c *badLine) live(cuts int) error {
	for c.cuts < cuts {
		if err := c.once(600 + c.chance.IntN(3000)); err != nil {
			return err
		}
		c.cuts++
	}
	return c.once(1 << 30) // the last line holds until everything is there
}

// once lives on one line until it breaks; a line that is not cut ends when nothing is missing.
func (c *badLine) once(budget int) error {
	whole := budget == 1<<30
	d := websocket.Dialer{NetDial: func(network, addr string) (net.Conn, error) {
		conn, err := net.Dial(network, addr)
		return &cutter{Conn: conn, left: budget, hard: c.chance.IntN(2) == 0}, err
	}}
	conn, _, err := d.Dial(c.ws()+"/api/v1/chat/ws?site=demo", nil)
	if err != nil {
		return nil // cut during the handshake
	}
	defer conn.Close()
	if conn.WriteJSON(frame{"type": "hello", "session": c.session, "after": c.after}) != nil {
		return nil
	}
	for _, f := range c.outbox {
		if conn.WriteJSON(f) != nil {
			return nil
		}
	}
	for {
		conn.SetReadDeadline(time.Now().Add(patience))
		_, b, err := conn.ReadMessage()
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			return fmt.Errorf("nothing came for %v", patience)
		}
		if err != nil {
			return nil
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("not a frame: %s", b)
		}
		if err := c.take(f); err != nil {
			return err
		}
		if whole && len(c.outbox) == 0 && c.complete() {
			return nil
		}
		if !whole && len(c.outbox) < 4 && (c.chance.IntN(2) == 0 || len(c.outbox) == 0) && !c.say(conn) {
			return nil
		}
	}
}

func (c *badLine) say(conn *websocket.Conn) bool {
	c.sent++
	f := frame{"type": "say", "key": fmt.Sprint("k", c.sent), "text": fmt.Sprint("bericht ", c.sent)}
	c.outbox = append(c.outbox, f)
	return conn.WriteJSON(f) == nil
}

func (c *badLine) take(f frame) error {
	switch f.str("type") {
	case "welcome":
		if c.conv == "" {
			c.session, c.conv = f.str("session"), chat.ConversationID(f.str("conversation"))
		}
		if f.str("conversation") != string(c.conv) {
			return fmt.Errorf("came back to conversation %s", f.str("conversation"))
		}
	case "ack":
		c.acked[f.str("key")] = f.seq()
		if len(c.outbox) > 0 && c.outbox[0].str("key") == f.str("key") {
			c.outbox = c.outbox[1:]
		} else {
			return fmt.Errorf("ack of %s while %v waits", f.str("key"), c.outbox)
		}
	case "event":
		if f.seq() <= c.after {
			return fmt.Errorf("event %d after %d", f.seq(), c.after)
		}
		c.after = f.seq()
		c.events = append(c.events, f)
	case "reset", "error":
		return fmt.Errorf("unexpected %v", f)
	}
	return nil
}

// complete reports whether the bot has answered everything and the customer has it all.
func (c *badLine) complete() bool {
	s := c.state(c.conv)
	return int(s.Head) == c.after && s.Answered > s.Heard
}

func (c *badLine) compare(t *testing.T) {
	var want []chat.Event
	log := c.rig.events(c.conv)
	for _, e := range log {
		if e, ok := chat.ForCustomer(e); ok {
			want = append(want, e)
		}
	}
	if len(want) != len(c.events) {
		t.Errorf("the customer has %d events, the log %d", len(c.events), len(want))
		return
	}
	said := map[string]int{}
	for i, e := range want {
		if got := c.events[i]; got.seq() != int(e.Seq) || got.str("message", "text") != e.Body.(*chat.Message).Text {
			t.Errorf("event %d: the customer has %v, the log %v", i, got, e)
			return
		}
		if e.By.Role == chat.RoleCustomer {
			said[e.Body.(*chat.Message).Text]++
		}
	}
	if len(said) != c.sent || len(c.acked) != c.sent {
		t.Errorf("sent %d, stored %d, acknowledged %d", c.sent, len(said), len(c.acked))
	}
	for text, n := range said {
		if n != 1 {
			t.Errorf("%q is stored %d times", text, n)
		}
	}
	for key, seq := range c.acked {
		if e := log[seq-1]; string(e.Key) != "c:"+key {
			t.Errorf("%s was acknowledged as %d, which is %s", key, seq, e.Key)
			return
		}
	}
	t.Logf("%d cuts, %d messages, %d events", c.cuts, c.sent, len(c.events))
}

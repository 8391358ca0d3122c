package visitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"balie/web/visitor"
)

const limit = 20 * time.Second

type frame = map[string]any

// door is a server of the protocol's that hangs up when it is told to: script is one function a line.
type door struct {
	t     *testing.T
	lines []func(c *websocket.Conn, hello frame)
	mu    sync.Mutex
	n     int
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	d.mu.Lock()
	line := d.lines[min(d.n, len(d.lines)-1)]
	d.n++
	d.mu.Unlock()
	line(c, receive(c))
}

func receive(c *websocket.Conn) frame {
	var f frame
	c.SetReadDeadline(time.Now().Add(limit))
	if err := c.ReadJSON(&f); err != nil {
		return frame{"type": "gone"}
	}
	return f
}

func send(c *websocket.Conn, f frame) { c.WriteJSON(f) }

func welcome(c *websocket.Conn) {
	send(c, frame{"type": "welcome", "session": "s-1", "epoch": "e-1", "owner": "bot"})
}

func event(c *websocket.Conn, seq int) {
	send(c, frame{"type": "event", "seq": seq, "kind": "message", "message": frame{"text": fmt.Sprint(seq)}})
}

// A line that is cut before the ack is opened again, says the same under the same key, and asks only for what it missed; what comes
// twice is given once.
func TestComesBackAfterACut(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	said := make(chan frame, 1)
	d := &door{t: t, lines: []func(*websocket.Conn, frame){
		func(c *websocket.Conn, hello frame) {
			if hello["type"] != "hello" || hello["session"] != "" || hello["lang"] != "en" {
				t.Errorf("first hello: %v", hello)
			}
			welcome(c)
			event(c, 3)
			said <- receive(c) // and hangs up without a word
		},
		func(c *websocket.Conn, hello frame) {
			if hello["session"] != "s-1" || hello["after"] != float64(3) || hello["epoch"] != "e-1" {
				t.Errorf("second hello: %v", hello)
			}
			welcome(c)
			again := receive(c)
			a, _ := json.Marshal(<-said)
			b, _ := json.Marshal(again)
			if string(a) != string(b) {
				t.Errorf("said %s, then %s", a, b)
			}
			event(c, 3)
			send(c, frame{"type": "ack", "key": again["key"], "seq": 4})
			event(c, 5)
			receive(c)
		},
	}}
	srv := httptest.NewServer(d)
	defer srv.Close()
	v := visitor.New(visitor.Options{URL: srv.URL, Site: "demo", Lang: "en"})
	key, err := v.Send(frame{"type": "say", "text": "hello"})
	if err != nil {
		t.Fatal(err)
	}
	if !v.Mine(key) || v.Mine("another-1") {
		t.Errorf("%s is mine: %t", key, v.Mine(key))
	}
	var got []string
	err = v.Run(ctx, func(f visitor.Frame) {
		got = append(got, fmt.Sprint(f.Type, f.Seq))
		if f.Seq == 5 {
			cancel()
		}
	})
	if want := "[welcome0 event3 welcome0 ack4 event5]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("got %v, %v; want %s", got, err, want)
	}
	if v.Session() != "s-1" {
		t.Errorf("session %q", v.Session())
	}
}

// After a reset everything is given again from the start.
func TestResetForgetsThePosition(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	srv := httptest.NewServer(&door{t: t, lines: []func(*websocket.Conn, frame){func(c *websocket.Conn, _ frame) {
		welcome(c)
		event(c, 9)
		send(c, frame{"type": "reset", "epoch": "e-2"})
		event(c, 1)
		receive(c)
	}}})
	defer srv.Close()
	var got []int
	err := visitor.New(visitor.Options{URL: srv.URL}).Run(ctx, func(f visitor.Frame) {
		if f.Type == "event" {
			got = append(got, int(f.Seq))
		}
		if f.Seq == 1 {
			cancel()
		}
	})
	if err != nil || fmt.Sprint(got) != "[9 1]" {
		t.Errorf("got %v, %v", got, err)
	}
}

// Close codes that say not to come back are believed; the others are not the end.
func TestHangingUp(t *testing.T) {
	for _, code := range []int{4100, 4101, 4102, websocket.CloseUnsupportedData} {
		srv := httptest.NewServer(&door{t: t, lines: []func(*websocket.Conn, frame){func(c *websocket.Conn, _ frame) {
			c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(limit))
			receive(c)
		}}})
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		if err := visitor.New(visitor.Options{URL: srv.URL}).Run(ctx, func(visitor.Frame) {}); !errors.Is(err, visitor.ErrRefused) {
			t.Errorf("%d: %v", code, err)
		}
		cancel()
		srv.Close()
	}
	if err := visitor.New(visitor.Options{URL: "http://127.0.0.1:1"}).Run(t.Context(), func(visitor.Frame) {}); err == nil || errors.Is(err, visitor.ErrRefused) {
		t.Errorf("nobody there: %v", err)
	}
}

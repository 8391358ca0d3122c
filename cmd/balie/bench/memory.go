package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gorilla/websocket"
)

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
	if err := o.Seed(data, 0, 0); err != nil {
		return nil, err
	}
	learned, _, _, err := idle(ctx, o, data)
	if err != nil {
		return nil, err
	}
	learned.stop()
	p, empty, rss, err := idle(ctx, o, data)
	if err != nil {
		return nil, err
	}
	defer p.stop()
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

// idle starts a server and waits until it is quiet: what is its own of memory then, and all that is resident. The first start on a folder
// learns, and holds some more for it than any later one.
func idle(ctx context.Context, o Options, data string) (p *process, own, rss int64, err error) {
	if p, err = server(ctx, o, data, "BALIE_LOG_LEVEL=warn"); err != nil {
		return nil, 0, 0, err
	}
	if err = awaitReady(p.addr); err == nil {
		own, err = settle(p)
	}
	if err == nil {
		rss, err = p.rss()
	}
	if err != nil {
		p.stop()
		return nil, 0, 0, err
	}
	return p, own, rss, nil
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

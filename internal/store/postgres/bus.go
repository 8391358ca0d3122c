package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/relay"
)

// channel is the name under which nodes notify one another; it is the database's own.
const channel = "balie"

// Bounds on what waits to be told, and on one notification (the server takes no more than 7,999 bytes). What is over is lost, which a hint
// may be.
const (
	maxHints   = 20_000
	maxSignals = 2_000
	maxPayload = 7_900
)

// bus is this node's end of what nodes tell one another.
type bus struct {
	mu      sync.Mutex
	hints   map[chat.ConversationID]chat.Seq
	signals []relay.Signal
	ready   chan struct{}
}

func (b *bus) init() {
	b.hints, b.ready = map[chat.ConversationID]chat.Seq{}, make(chan struct{}, 1)
}

// message is a notification. Names are short because there are only so many bytes.
type message struct {
	Node    string                           `json:"n"`
	Hints   map[chat.ConversationID]chat.Seq `json:"h,omitempty"`
	Signals []relay.Signal                   `json:"s,omitempty"`
}

// Hint tells the other nodes, soon and perhaps, where a conversation is; see relay.Bus. Until it is sent, a later one takes its place.
func (e *Engine) Hint(conv chat.ConversationID, head chat.Seq) {
	b := &e.bus
	b.mu.Lock()
	if len(b.hints) < maxHints || b.hints[conv] > 0 {
		b.hints[conv] = max(b.hints[conv], head)
	}
	b.mu.Unlock()
	b.poke()
}

// Signal tells the other nodes of something of the moment; see relay.Bus.
func (e *Engine) Signal(s relay.Signal) {
	b := &e.bus
	b.mu.Lock()
	if len(b.signals) < maxSignals {
		b.signals = append(b.signals, s)
	}
	b.mu.Unlock()
	b.poke()
}

func (b *bus) poke() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

func (b *bus) take() (map[chat.ConversationID]chat.Seq, []relay.Signal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	hints, signals := b.hints, b.signals
	b.hints, b.signals = map[chat.ConversationID]chat.Seq{}, nil
	return hints, signals
}

// tell sends what waits as one statement, after whatever it tells of was committed. It must not be part of that: notifying takes a lock of the
// whole database until its commit is over, so it has a commit of its own, which waits for no disk.
func (e *Engine) tell(ctx context.Context) error {
	payloads, err := e.payloads(e.bus.take())
	if err != nil || len(payloads) == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err = e.pool.Exec(ctx, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, p) FROM unnest($2::text[]) AS p", channel, payloads)
	return err
}

// payloads packs hints and signals into as few notifications as they fit in.
func (e *Engine) payloads(hints map[chat.ConversationID]chat.Seq, signals []relay.Signal) ([]string, error) {
	const perHint = 26 + 3 + 22 // an id, its marks and a number
	var out []string
	m := message{Node: e.node}
	size := 0
	flush := func() error {
		if size == 0 || e.opt.Lose != nil && e.opt.Lose() {
			m, size = message{Node: e.node}, 0
			return nil
		}
		b, err := json.Marshal(m)
		out = append(out, string(b))
		m, size = message{Node: e.node}, 0
		return err
	}
	for conv, head := range hints {
		if size+perHint > maxPayload-64 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		if m.Hints == nil {
			m.Hints = map[chat.ConversationID]chat.Seq{}
		}
		m.Hints[conv] = head
		size += perHint
	}
	for _, s := range signals {
		b, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		if len(b) > maxPayload-64 {
			continue
		}
		if size+len(b)+1 > maxPayload-64 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		m.Signals = append(m.Signals, s)
		size += len(b) + 1
	}
	return out, flush()
}

// Ears is who hears what other nodes tell.
type Ears interface {
	Heard(conv chat.ConversationID, head chat.Seq)
	Deliver(relay.Signal)
}

// Run makes this engine one node among others until ctx ends: it tells them what happened here, hears what happened there, says that it lives
// and takes up what dead nodes left. Nothing depends on it for being right, only for being quick.
func (e *Engine) Run(ctx context.Context, ears Ears) error {
	var wg sync.WaitGroup
	wg.Go(func() { e.keep(ctx, "tell other nodes", e.telling) })
	wg.Go(func() {
		e.keep(ctx, "hear other nodes", func(ctx context.Context) error { return e.listen(ctx, ears) })
	})
	wg.Go(func() { e.keep(ctx, "say that this node lives", e.living) })
	wg.Wait()
	return e.leave(ctx)
}

// keep runs f again and again until ctx ends. Trouble is told when it begins, not all the while.
func (e *Engine) keep(ctx context.Context, what string, f func(context.Context) error) {
	const rest = 500 * time.Millisecond
	told := false
	for ctx.Err() == nil {
		began := time.Now()
		err := f(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 10*rest {
			told = false
		}
		if !told {
			e.opt.Log.Warn("cannot "+what+"; trying on", "err", err)
			told = true
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// Telling is a burden on the database like any other work, so it rests after each time, for some times as long as that took: a quiet house is told at
// once, a busy one of more with each notification.
const (
	restTimes = 3
	restMost  = 10 * time.Millisecond
)

func (e *Engine) telling(ctx context.Context) error {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.bus.ready:
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-rest.C:
		}
		began := time.Now()
		if err := e.tell(ctx); err != nil {
			return err
		}
		rest.Reset(min(restTimes*time.Since(began), restMost))
	}
}

// listen hears other nodes over a connection of its own, which a pooler could not give.
func (e *Engine) listen(ctx context.Context, ears Ears) error {
	cfg, err := pgx.ParseConfig(e.opt.Direct)
	if err != nil {
		return fmt.Errorf("read address: %w", err)
	}
	cfg.RuntimeParams["application_name"] = "balie " + e.node + " ears"
	cfg.ConnectTimeout = 2 * time.Second
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		if err := e.hear(ctx, conn, ears); err != nil {
			return err
		}
	}
}

// hear waits for one notification, but not for so long that a dead line goes unnoticed.
func (e *Engine) hear(ctx context.Context, conn *pgx.Conn, ears Ears) error {
	wait, cancel := context.WithTimeout(ctx, 20*time.Second)
	n, err := conn.WaitForNotification(wait)
	silent := wait.Err() != nil && ctx.Err() == nil
	cancel()
	if err != nil && silent {
		ping, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		return conn.Ping(ping)
	}
	if err != nil {
		return err
	}
	if strings.HasPrefix(n.Payload, `{"n":"`+e.node+`"`) {
		return nil // our own
	}
	var m message
	if err := json.Unmarshal([]byte(n.Payload), &m); err != nil {
		return nil // nothing that a node would tell
	}
	for conv, head := range m.Hints {
		ears.Heard(conv, head)
	}
	for _, s := range m.Signals {
		ears.Deliver(s)
	}
	return nil
}

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/floor"
)

// postgresFigures measures the engine for many nodes, if there is a database: in a schema of its own there, which it removes.
func postgresFigures(ctx context.Context, o Options) (figs []Figure, err error) {
	if o.Postgres == "" {
		o.Progress("no database to measure in; name one with --postgres")
		return nil, nil
	}
	inside, drop, err := floor.Schema(ctx, o.Postgres)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	a, err := openNode(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer a.close()
	for _, senders := range []int{1, 64, 1024} {
		more, err := durable(ctx, o, a.relay, inside, senders)
		if err != nil {
			return figs, err
		}
		figs = append(figs, more...)
	}
	f, err := roundTrips(ctx, a)
	if err != nil {
		return figs, err
	}
	figs = append(figs, f)
	b, err := openNode(ctx, inside)
	if err != nil {
		return figs, err
	}
	defer b.close()
	more, err := acrossNodes(ctx, o, a, b)
	return append(figs, more...), err
}

// node is an engine with its mail room, as a node of a house has them.
type node struct {
	engine *postgres.Engine
	relay  *relay.Relay
	stop   func()
}

func openNode(ctx context.Context, address string) (*node, error) {
	quiet := slog.New(slog.DiscardHandler)
	e, err := postgres.Open(ctx, postgres.Options{URL: address, Log: quiet})
	if err != nil {
		return nil, err
	}
	return &node{engine: e, relay: relay.New(e, e, quiet), stop: func() {}}, nil
}

// live joins the node to others.
func (n *node) live(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	n.relay.Join(n.engine)
	go func() { defer close(done); n.engine.Run(ctx, n.relay) }()
	n.stop = func() { cancel(); <-done }
}

func (n *node) close() {
	n.stop()
	n.engine.Close()
}

const measured = "Waar is mijn pakket? Ik heb het vorige week besteld."

func sayTo(ctx context.Context, r *relay.Relay, conv chat.ConversationID, key string) error {
	_, err := r.Append(ctx, conv, chat.Any, chat.Draft{By: chat.Customer, Key: chat.Key(key), Body: &chat.Message{Text: measured}})
	return err
}

// durable is messages a second beside two bare committers, in turns: one that writes what any log must that keeps its state beside it, and one
// that writes the message alone, which shows what keeping the state costs.
func durable(ctx context.Context, o Options, r *relay.Relay, address string, senders int) ([]Figure, error) {
	convs, err := openConversations(ctx, r, senders)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(convs))
	for i, c := range convs {
		names[i] = string(c)
	}
	body, state, err := atRest(ctx, r, convs[0])
	if err != nil {
		return nil, err
	}
	var ours, two, one []float64
	for round := range o.times() {
		for _, f := range []struct {
			state bool
			out   *[]float64
		}{{true, &two}, {false, &one}} {
			bare, err := floor.New(ctx, address, f.state, names)
			if err != nil {
				return nil, err
			}
			*f.out = append(*f.out, rate(senders, o.span(), func(s, n int) error { return bare.Put(names[s], n, fmt.Sprintf("c:%d-%d", round, n), body, state) }))
			bare.Close()
		}
		ours = append(ours, rate(senders, o.span(), func(s, n int) error { return sayTo(ctx, r, convs[s], fmt.Sprintf("c:%d-%d", round, n)) }))
	}
	f := Figure{Name: fmt.Sprintf("PostgreSQL: durable messages, %d senders", senders), Value: median(ours), Unit: "/s", Floor: median(two), Goal: "≥ 0.6 × floor"}
	f.Ratio = f.Value / f.Floor
	f.OK = f.Ratio >= 0.6
	alone := Figure{Name: fmt.Sprintf("  beside messages without state, %d senders", senders), Value: f.Value, Unit: "/s", Floor: median(one)}
	alone.Ratio = alone.Value / alone.Floor
	return []Figure{f, alone}, nil
}

// atRest says one thing and returns what lies in the database afterwards: the message, and its conversation's state. The floor writes the same.
func atRest(ctx context.Context, r *relay.Relay, conv chat.ConversationID) (body, state string, err error) {
	if err := sayTo(ctx, r, conv, "c:0-0"); err != nil {
		return "", "", err
	}
	row, err := r.Conversation(ctx, conv)
	if err != nil {
		return "", "", err
	}
	events, err := r.Read(ctx, conv, row.Head-1, 1)
	if err != nil {
		return "", "", err
	}
	b, errB := json.Marshal(events[0])
	s, errS := json.Marshal(row)
	return string(b), string(s), errors.Join(errB, errS)
}

// roundTrips counts what one message costs a lone sender, its conversation's opening included.
func roundTrips(ctx context.Context, a *node) (Figure, error) {
	const n = 500
	before := a.engine.RoundTrips()
	convs, err := openConversations(ctx, a.relay, 1)
	for i := 0; err == nil && i < n; i++ {
		err = sayTo(ctx, a.relay, convs[0], fmt.Sprint(i))
	}
	f := Figure{Name: "PostgreSQL: round trips a message", Value: float64(a.engine.RoundTrips()-before) / n, Goal: "≤ 2"}
	f.OK = f.Value <= 2
	return f, err
}

// stopwatch is a follower that notes when events came.
type stopwatch struct {
	mu   sync.Mutex
	came map[chat.Seq]time.Time
	more chan struct{}
}

func newStopwatch() *stopwatch {
	return &stopwatch{came: map[chat.Seq]time.Time{}, more: make(chan struct{}, 1)}
}

// Events notes the time.
func (s *stopwatch) Events(evs []chat.Event) error {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range evs {
		s.came[ev.Seq] = now
	}
	select {
	case s.more <- struct{}{}:
	default:
	}
	return nil
}

// Signal does nothing.
func (s *stopwatch) Signal(relay.Signal) error { return nil }

// at waits for an event and returns when it came.
func (s *stopwatch) at(seq chat.Seq) (time.Time, error) {
	end := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		t, ok := s.came[seq]
		s.mu.Unlock()
		if ok {
			return t, nil
		}
		select {
		case <-s.more:
		case <-end:
			return t, fmt.Errorf("event %d did not arrive", seq)
		}
	}
}

// acrossNodes measures what a second node adds to a message's way, and what telling it costs the commits.
func acrossNodes(ctx context.Context, o Options, a, b *node) ([]Figure, error) {
	convs, err := openConversations(ctx, a.relay, 64)
	if err != nil {
		return nil, err
	}
	var alone, told []float64
	send := func(r *relay.Relay, kind string, round int) float64 {
		return rate(len(convs), o.span(), func(s, n int) error { return sayTo(ctx, r, convs[s], fmt.Sprintf("%s%d-%d", kind, round, n)) })
	}
	silent := relay.New(a.engine, a.engine, slog.New(slog.DiscardHandler)) // the same engine, but nobody is told
	a.live(ctx)
	b.live(ctx)
	for round := range o.times() {
		alone = append(alone, send(silent, "alone", round))
		told = append(told, send(a.relay, "told", round))
	}
	cost := Figure{Name: "PostgreSQL: commits with a second node told, 64 senders", Value: median(told), Unit: "/s", Floor: median(alone), Goal: "≥ 0.8 × alone"}
	cost.Ratio = cost.Value / cost.Floor
	cost.OK = cost.Ratio >= 0.8
	near, far, err := delays(ctx, o, a, b)
	if err != nil {
		return []Figure{cost}, err
	}
	figs := []Figure{cost}
	for _, q := range []struct {
		p    float64
		goal float64
	}{{0.5, 2}, {0.99, 10}} {
		added := (percentile(far, q.p) - percentile(near, q.p)).Seconds() * 1000
		figs = append(figs, Figure{Name: fmt.Sprintf("PostgreSQL: a second node adds, p%.0f", q.p*100), Value: added, Unit: "ms", Goal: fmt.Sprintf("≤ %.0f ms", q.goal), OK: added <= q.goal})
	}
	return figs, nil
}

// delays are the times from an append to a follower on the same node and to one on the other.
func delays(ctx context.Context, o Options, a, b *node) (near, far []time.Duration, err error) {
	convs, err := openConversations(ctx, a.relay, 1)
	if err != nil {
		return nil, nil, err
	}
	here, there := newStopwatch(), newStopwatch()
	fa, fb := a.relay.Follow(convs[0], 2, here), b.relay.Follow(convs[0], 2, there)
	defer fa.Close()
	defer fb.Close()
	for i := range 300 * o.times() {
		began := time.Now()
		evs, err := a.relay.Append(ctx, convs[0], chat.Any, chat.Draft{By: chat.Customer, Key: chat.Key(fmt.Sprint(i)), Body: &chat.Message{Text: measured}})
		if err != nil {
			return nil, nil, err
		}
		atHere, err := here.at(evs[0].Seq)
		if err != nil {
			return nil, nil, err
		}
		atThere, err := there.at(evs[0].Seq)
		if err != nil {
			return nil, nil, err
		}
		near, far = append(near, atHere.Sub(began)), append(far, atThere.Sub(began))
	}
	return near, far, nil
}

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"balie/web/visitor"
)

// talker is a customer who sends one message after another, and keeps what came back.
type talker struct {
	v      *visitor.Visitor
	mu     sync.Mutex
	acked  map[string]uint64 // key → position
	events map[string]uint64 // key of an own message → the position it came at
	seqs   []uint64          // of all events, as they came
	next   chan struct{}
}

func newTalker(url string) *talker {
	return &talker{v: visitor.New(visitor.Options{URL: url, Site: "demo", Lang: "nl"}), acked: map[string]uint64{}, events: map[string]uint64{}, next: make(chan struct{}, 1)}
}

func (k *talker) hear(f visitor.Frame) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch f.Type {
	case "ack":
		k.acked[f.Key] = uint64(f.Seq)
		select {
		case k.next <- struct{}{}:
		default:
		}
	case "event":
		k.seqs = append(k.seqs, uint64(f.Seq))
		if f.Key != "" {
			k.events[f.Key] = uint64(f.Seq)
		}
	}
}

func (k *talker) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.acked)
}

// TestKillWhileTalking cuts the power of a server in use, again and again, while customers go on talking: what was acknowledged is
// there, once, in order, and nobody notices more than a pause. BALIE_SOAK=1 does it fifty times.
func TestKillWhileTalking(t *testing.T) {
	kills := 4
	if os.Getenv("BALIE_SOAK") != "" {
		kills = 50
	}
	dir := t.TempDir()
	h := start(t, dir, "BALIE_RATE_LIMIT=off")
	ctx, stop := context.WithTimeout(context.Background(), time.Duration(kills)*30*time.Second)
	defer stop()
	talkers := make([]*talker, 6)
	var lines, voices sync.WaitGroup
	quiet := make(chan struct{})
	for i := range talkers {
		k := newTalker(h.url)
		talkers[i] = k
		lines.Go(func() {
			if err := k.v.Run(ctx, k.hear); err != nil {
				t.Errorf("customer %d: %v", i, err)
			}
		})
		voices.Go(func() { talk(ctx, t, k, i, quiet) })
	}
	total := func() (n int) {
		for _, k := range talkers {
			n += k.count()
		}
		return n
	}
	addr := strings.TrimPrefix(h.url, "http://")
	for n := range kills {
		await(ctx, t, "customers to be heard", func() bool { return total() >= (n+1)*60 })
		h.kill()
		h = startAt(t, addr, dir, "BALIE_RATE_LIMIT=off")
	}
	close(quiet)
	voices.Wait()
	await(ctx, t, "everything that was acknowledged", func() bool {
		for _, k := range talkers {
			if !k.complete() {
				return false
			}
		}
		return true
	})
	stop()
	lines.Wait()
	for i, k := range talkers {
		k.check(t, i)
	}
	h.stop()
	if said := balie(t, append(on(t, dir), "BALIE_DATA="+dir), "verify"); !strings.Contains(said, " 0 differences") {
		t.Errorf("verify: %s", said)
	}
}

func talk(ctx context.Context, t *testing.T, k *talker, who int, quiet <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-quiet:
			return
		case <-ctx.Done():
			return
		default:
		}
		if _, err := k.v.Send(map[string]any{"type": "say", "text": fmt.Sprintf("Bericht %d van klant %d", n, who)}); err != nil {
			t.Error(err)
			return
		}
		select { // one at a time, as people do
		case <-k.next:
		case <-ctx.Done():
			return
		}
	}
}

// complete reports whether every acknowledged message has come back as an event.
func (k *talker) complete() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for key := range k.acked {
		if k.events[key] == 0 {
			return false
		}
	}
	return len(k.acked) > 0
}

func (k *talker) check(t *testing.T, who int) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, seq := range k.acked {
		if k.events[key] != seq {
			t.Errorf("customer %d: %s was acknowledged at %d and came at %d", who, key, seq, k.events[key])
		}
	}
	for i := 1; i < len(k.seqs); i++ {
		if k.seqs[i] <= k.seqs[i-1] {
			t.Errorf("customer %d: event %d came after %d", who, k.seqs[i], k.seqs[i-1])
		}
	}
}

func await(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited too long for %s", what)
		case <-tick.C:
		}
	}
}

package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

// storeFigures: durable messages a second with 1, 64 and 1,024 senders, each in a conversation of its own that an agent has,
// and how long a lone sender waits for the disk.
func storeFigures(ctx context.Context, o Options) ([]Figure, error) {
	dir, err := tempDir()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	engine, err := bolt.Open(dir, bolt.Options{})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	floor, err := newFloorCommitter(dir)
	if err != nil {
		return nil, err
	}
	defer floor.close()
	r := relay.New(engine, engine, slog.New(slog.DiscardHandler))
	value := make([]byte, 220) // about what a short message is at rest
	var figs []Figure
	for _, senders := range []int{1, 64, 1024} {
		convs, err := openConversations(ctx, r, senders)
		if err != nil {
			return figs, err
		}
		var ours, bare []float64
		for round := range o.times() {
			b := rate(senders, o.span(), func(s, n int) error { return floor.put(s, round<<32|n, value) })
			m := rate(senders, o.span(), func(s, n int) error {
				_, err := r.Append(ctx, convs[s], chat.Any, chat.Draft{By: chat.Customer, Key: chat.Key(fmt.Sprintf("c:%d-%d", round, n)),
					Body: &chat.Message{Text: "Waar is mijn pakket? Ik heb het vorige week besteld."}})
				return err
			})
			ours, bare = append(ours, m), append(bare, b)
		}
		f := Figure{Name: fmt.Sprintf("durable messages, %d senders", senders), Value: median(ours), Unit: "/s", Floor: median(bare), Goal: "≥ 0.6 × floor"}
		f.Ratio = f.Value / f.Floor
		f.OK = f.Ratio >= 0.6
		figs = append(figs, f)
	}
	return append(figs, loneSender(ctx, o, r, floor, value)...), nil
}

func (o Options) span() time.Duration {
	if o.Quick {
		return 300 * time.Millisecond
	}
	return 2 * time.Second
}

func openConversations(ctx context.Context, r *relay.Relay, n int) ([]chat.ConversationID, error) {
	convs := make([]chat.ConversationID, n)
	errs := make(chan error, n)
	for i := range convs {
		convs[i] = chat.NewConversationID(time.Now())
		go func() {
			_, err := r.Append(ctx, convs[i], 0,
				chat.Draft{By: chat.Customer, Body: &chat.Opened{Site: "demo", Lang: "nl"}},
				chat.Draft{By: chat.System, Body: &chat.OwnerChanged{To: chat.RoleAgent, Agent: "a1", Name: "Sanne", Reason: chat.ReasonAssigned}})
			errs <- err
		}()
	}
	for range convs {
		if err := <-errs; err != nil {
			return nil, err
		}
	}
	return convs, nil
}

// rate lets so many senders do one thing after another for a span, and returns how many were done a second.
func rate(senders int, span time.Duration, do func(sender, n int) error) float64 {
	var done atomic.Int64
	var wg sync.WaitGroup
	begin := time.Now()
	end := begin.Add(span)
	for s := range senders {
		wg.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				if do(s, n) != nil {
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(begin).Seconds()
}

func loneSender(ctx context.Context, o Options, r *relay.Relay, floor *floorCommitter, value []byte) []Figure {
	convs, err := openConversations(ctx, r, 1)
	if err != nil {
		return nil
	}
	var ours, bare []float64
	for round := range o.times() {
		b := 1 / rate(1, o.span(), func(_, n int) error { return floor.update(round<<32|n, value) })
		m := 1 / rate(1, o.span(), func(_, n int) error {
			_, err := r.Append(ctx, convs[0], chat.Any, chat.Draft{By: chat.Customer, Body: &chat.Message{Text: "Waar is mijn pakket?"}})
			return err
		})
		ours, bare = append(ours, m*1e6), append(bare, b*1e6)
	}
	f := Figure{Name: "a lone sender's wait for the disk", Value: median(ours), Unit: "µs", Floor: median(bare), Goal: "≤ 2 × db.Update"}
	f.Ratio = f.Value / f.Floor
	f.OK = f.Ratio <= 2
	return []Figure{f}
}

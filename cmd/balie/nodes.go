package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"balie/internal/config"
	"balie/internal/relay"
	"balie/internal/store/postgres"
)

// openWait is how long a start waits for the database, and for another node that is bringing the tables up to date.
const openWait = 2 * time.Minute

// openPostgres opens the engine that many nodes share.
func openPostgres(cfg config.Config, log *slog.Logger, route relay.Route) (*postgres.Engine, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openWait)
	defer cancel()
	return postgres.Open(ctx, postgres.Options{URL: string(cfg.Postgres), Direct: string(cfg.PostgresDirect), Route: route, Log: log, Lose: loser()})
}

// loser makes the bus lose that share of what it carries, for the tests that show that nothing depends on it.
func loser() func() bool {
	share, err := strconv.ParseFloat(os.Getenv("BALIE_TEST_LOSE_HINTS"), 64)
	if err != nil || share <= 0 {
		return nil
	}
	return func() bool { return rand.Float64() < share }
}

// sharedEngine is an engine that many nodes share.
type sharedEngine interface {
	engine
	relay.Bus
	relay.Heads
	Run(ctx context.Context, ears postgres.Ears) error
}

// sweepEvery is how long something may stay unseen whose hint got lost.
const sweepEvery = 1500 * time.Millisecond

// joinNodes makes the mail room tell the other nodes what happens here, if there may be any.
func (h *house) joinNodes() {
	if e, ok := h.data.engine.(sharedEngine); ok {
		h.relay.Join(e)
	}
}

// runNodes hears the other nodes, and sweeps for what was not heard, until ctx ends.
func (h *house) runNodes(ctx context.Context, wg *sync.WaitGroup) {
	e, ok := h.data.engine.(sharedEngine)
	if !ok {
		return
	}
	wg.Go(func() {
		if err := e.Run(ctx, h.relay); err != nil && ctx.Err() == nil {
			h.log.Error("this node is alone", "err", err)
		}
	})
	wg.Go(func() {
		if err := h.relay.Sweep(ctx, e, sweepEvery); err != nil && ctx.Err() == nil {
			h.log.Error("no sweep for what other nodes wrote", "err", err)
		}
	})
}

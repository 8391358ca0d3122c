// Package postgres is the engine for many nodes: every node talks to one PostgreSQL, which holds the truth. It implements the two shapes of the
// house, conversations (relay.Store, relay.Tasks, relay.Lists) and documents (document.Engine), and the bus over which nodes hint to one
// another what has changed (relay.Bus). It is the only room that knows pgx and goose.
//
// See ../DESIGN.md for why an append is one statement, why hints may be lost, and what the feed's cursor is made of.
package postgres

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/plan"
)

// Options set an engine up.
type Options struct {
	URL    string           // of the database; a pooler in between is fine
	Direct string           // of the database itself, for the one connection that listens; "": URL
	Route  relay.Route      // which workers must look after an append
	Now    func() time.Time // for tests: every time the engine writes or compares. nil: this machine's clock stamps events, the database's ends leases
	Log    *slog.Logger     // nil: slog.Default
	Lose   func() bool      // for tests: whether the next message to other nodes gets lost. nil: never
}

// Engine is an open database. Its methods may be called from many goroutines, and many engines on many machines may share one database.
type Engine struct {
	opt      Options
	node     string // this engine's own name, new with every opening
	pool     *pgxpool.Pool
	prepares bool   // statements may be prepared: what stands between, if anything, keeps them
	identity string // of the cluster and its history of writes, when we opened
	epoch    string
	failed   chan error
	changed  sync.Once

	planner plan.Planner
	convs   *plan.Cache
	ops     committer
	leases  atomic.Uint64
	wakes   wakes
	lost    lostClaims
	bus     bus
	sent    atomic.Uint64
}

// patience is how long a change is tried while the database does not answer. Then the sender is told, and tries again with the same key.
const patience = 5 * time.Second

// Open connects, brings the tables up to date (one node at a time does, the others wait) and learns which life of the log this is. A database
// that cannot be reached is a fault.Unavailable; one of a newer program a fault.Invalid.
func Open(ctx context.Context, opt Options) (*Engine, error) {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Direct == "" {
		opt.Direct = opt.URL
	}
	stamp := opt.Now
	if stamp == nil {
		stamp = time.Now
	}
	var name [6]byte
	rand.Read(name[:])
	e := &Engine{opt: opt, node: hex.EncodeToString(name[:]), failed: make(chan error, 1), convs: plan.NewCache(8192)}
	e.planner = plan.Planner{Route: opt.Route, Now: stamp, Read: e.former}
	e.bus.init()
	if err := migrate(ctx, opt.Direct); err != nil {
		return nil, err
	}
	var err error
	if e.pool, err = e.connect(ctx); err != nil {
		return nil, err
	}
	if e.epoch, err = e.readEpoch(ctx); err != nil {
		e.pool.Close()
		return nil, err
	}
	return e, nil
}

// Epoch names this log's life: another cluster, a promoted one, a database that was restored from a copy have another.
func (e *Engine) Epoch() string { return e.epoch }

// Node is this engine's name among those that share the database; it is new with every opening.
func (e *Engine) Node() string { return e.node }

// Failed returns a channel that gets an error when the database behind the address has become another one while we ran: positions that
// clients and indexes remember are void, so the process must start again.
func (e *Engine) Failed() <-chan error { return e.failed }

// fail tells whoever listens to Failed, once.
func (e *Engine) fail(err error) { e.changed.Do(func() { e.failed <- err }) }

// Ping reports whether the database takes writes. It never waits for more than a second.
func (e *Engine) Ping(ctx context.Context) error {
	if e.ops.isClosed() {
		return errDown
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var standby bool
	if err := e.pool.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby); err != nil {
		return fault.Wrap(fault.Unavailable, downText, err)
	}
	if standby {
		return fault.Wrap(fault.Unavailable, downText, errors.New("the database is a standby"))
	}
	return nil
}

const downText = "We cannot store anything at the moment. Please try again in a minute."

var errDown = fault.New(fault.Unavailable, downText)

// Close waits for what is queued, then lets go of the database. What comes later is refused as unavailable. Run must have ended.
func (e *Engine) Close() error {
	e.ops.close()
	e.pool.Close()
	return nil
}

// now is the time that leases are compared with: a test's, or nil for the database's own.
func (e *Engine) now() *time.Time {
	if e.opt.Now == nil {
		return nil
	}
	t := e.opt.Now()
	return &t
}

// wrap says what was being done, and turns an error of the connection into one that customers understand.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf(format+": %w", append(args, err)...)
	if passing(err) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(fault.Unavailable, downText, err)
	}
	return err
}

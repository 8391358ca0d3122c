// Package floor is what balie bench measures the engine for many nodes beside: the least a program could do that makes messages durable in
// PostgreSQL. It knows nothing of conversations.
package floor

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Schema makes an empty schema in the database at address and returns the address that leads into it, so that measuring touches nothing
// else there; drop removes it.
func Schema(ctx context.Context, address string) (inside string, drop func() error, err error) {
	name := fmt.Sprintf("balie_bench_%d", time.Now().UnixNano())
	if err := exec(ctx, address, "CREATE SCHEMA "+name); err != nil {
		return "", nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, fmt.Errorf("read address: %w", err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), func() error { return exec(context.WithoutCancel(ctx), address, "DROP SCHEMA "+name+" CASCADE") }, nil
}

func exec(ctx context.Context, address, sql string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// Committer is a bare multi-row committer: take what is queued, write it with one statement, acknowledge. It writes one row a message, or with a
// state also the one row of the conversation that changes with every message, as any log must that keeps its state beside it. The tables have the
// columns and the keys of the engine's, and what is put into them is as long.
type Committer struct {
	pool  *pgxpool.Pool
	ops   chan op
	sql   string
	state bool
}

type op struct {
	conv, key, body, state string
	n                      int64
	done                   chan error
}

// What a committer writes.
const (
	oneRow  = "INSERT INTO floor SELECT conv, n, key, body FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS f(conv, n, key, body)"
	twoRows = "WITH put AS (" + oneRow + ") UPDATE floor_state s SET n = f.n, state = f.state FROM unnest($1::text[], $2::bigint[], $5::text[]) AS f(conv, n, state) WHERE s.conv = f.conv"
)

// batchMax is how many rows share a statement, as in the engine.
const batchMax = 256

// New makes a committer with two connections, as the engine has statements under way. Its conversations are those in convs.
func New(ctx context.Context, address string, withState bool, convs []string) (*Committer, error) {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	for _, sql := range []string{
		`DROP TABLE IF EXISTS floor, floor_state`,
		`CREATE TABLE floor (conv text COLLATE "C", n bigint, key text COLLATE "C", body text, PRIMARY KEY (conv, n))`,
		`CREATE TABLE floor_state (conv text COLLATE "C" PRIMARY KEY, n bigint, state text) WITH (fillfactor = 60)`,
	} {
		if _, err := pool.Exec(ctx, sql); err != nil {
			pool.Close()
			return nil, fmt.Errorf("make tables: %w", err)
		}
	}
	if _, err := pool.Exec(ctx, "INSERT INTO floor_state SELECT c, 0, '' FROM unnest($1::text[]) AS c", convs); err != nil {
		pool.Close()
		return nil, fmt.Errorf("fill table: %w", err)
	}
	c := &Committer{pool: pool, ops: make(chan op, 4096), sql: oneRow, state: withState}
	if withState {
		c.sql = twoRows
	}
	for range 2 {
		go c.loop()
	}
	return c, nil
}

func (c *Committer) loop() {
	for first := range c.ops {
		batch := []op{first}
	more:
		for len(batch) < batchMax {
			select {
			case o, ok := <-c.ops:
				if !ok {
					break more
				}
				batch = append(batch, o)
			default:
				break more
			}
		}
		convs, ns, keys := make([]string, len(batch)), make([]int64, len(batch)), make([]string, len(batch))
		bodies, states := make([]string, len(batch)), make([]string, len(batch))
		for i, o := range batch {
			convs[i], ns[i], keys[i], bodies[i], states[i] = o.conv, o.n, o.key, o.body, o.state
		}
		args := []any{convs, ns, keys, bodies}
		if c.state {
			args = append(args, states)
		}
		_, err := c.pool.Exec(context.Background(), c.sql, args...)
		for _, o := range batch {
			o.done <- err
		}
	}
}

// Put makes a message durable, and the state after it where that is kept.
func (c *Committer) Put(conv string, n int, key, body, state string) error {
	o := op{conv, key, body, state, int64(n), make(chan error, 1)}
	c.ops <- o
	return <-o.done
}

// Close ends it.
func (c *Committer) Close() {
	close(c.ops)
	c.pool.Close()
}

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

// Committer is a bare multi-row committer: take what is queued, insert it with one statement, acknowledge. One row a message.
type Committer struct {
	pool *pgxpool.Pool
	ops  chan op
}

type op struct {
	conv, body string
	n          int64
	done       chan error
}

// batchMax is how many rows share a statement, as in the engine.
const batchMax = 256

// New makes a committer with two connections, as the engine has statements under way.
func New(ctx context.Context, address string) (*Committer, error) {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE floor (conv text COLLATE "C", n bigint, body text, PRIMARY KEY (conv, n))`); err != nil {
		pool.Close()
		return nil, fmt.Errorf("make table: %w", err)
	}
	c := &Committer{pool: pool, ops: make(chan op, 4096)}
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
		convs, ns, bodies := make([]string, len(batch)), make([]int64, len(batch)), make([]string, len(batch))
		for i, o := range batch {
			convs[i], ns[i], bodies[i] = o.conv, o.n, o.body
		}
		_, err := c.pool.Exec(context.Background(), "INSERT INTO floor SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])", convs, ns, bodies)
		for _, o := range batch {
			o.done <- err
		}
	}
}

// Put makes one row durable.
func (c *Committer) Put(conv string, n int, body string) error {
	o := op{conv, body, int64(n), make(chan error, 1)}
	c.ops <- o
	return <-o.done
}

// Close ends it.
func (c *Committer) Close() {
	close(c.ops)
	c.pool.Close()
}

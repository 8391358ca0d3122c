package postgres

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/relay"
)

// wakes are the wake-ups of this node's workers.
type wakes struct {
	mu sync.Mutex
	m  map[string]chan struct{}
}

func (w *wakes) channel(worker string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.m == nil {
		w.m = map[string]chan struct{}{}
	}
	ch := w.m[worker]
	if ch == nil {
		ch = make(chan struct{}, 1)
		w.m[worker] = ch
	}
	return ch
}

// names are the workers that somebody on this node works as.
func (w *wakes) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.m))
}

func (w *wakes) wake(worker string) {
	select {
	case w.channel(worker) <- struct{}{}:
	default:
	}
}

// Woken returns the worker's wake-up on this node; see relay.Tasks.
func (e *Engine) Woken(worker string) <-chan struct{} { return e.wakes.channel(worker) }

// lostClaims are claims of which nobody knows whether they were made: the line was cut before the answer came. Nobody here works on what they
// may hold, so they are given up, again and again for as long as the statement could still be under way.
type lostClaims struct {
	mu     sync.Mutex
	tokens []string
	last   time.Time
}

func (l *lostClaims) add(token string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens, l.last = append(l.tokens, token), time.Now()
}

func (l *lostClaims) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.tokens)
}

// forget lets go of claims that cannot be under way any more, unless another was lost meanwhile.
func (l *lostClaims) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tokens) == n && time.Since(l.last) > 2*patience {
		l.tokens = nil
	}
}

// giveUp frees what lost claims may hold.
func (e *Engine) giveUp(ctx context.Context) error {
	tokens := e.lost.list()
	if len(tokens) == 0 {
		return nil
	}
	_, err := e.pool.Exec(ctx, "UPDATE task SET lease = '', node = '', until = '-infinity' WHERE lease = ANY ($1::text[]) AND lease <> ''", tokens)
	if err == nil {
		e.lost.forget(len(tokens))
	}
	return err
}

// claimSQL leases what is due, the oldest first by when it was due: one whose lease ran out is where it was. Rows that another node is looking
// at are passed over.
const claimSQL = `WITH t AS MATERIALIZED (SELECT coalesce($1::timestamptz, clock_timestamp()) AS now),
pick AS MATERIALIZED (
	SELECT worker, conv, name FROM task WHERE worker = $2 AND due <= (SELECT now FROM t) AND until <= (SELECT now FROM t)
	ORDER BY due, conv LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE task k SET lease = $4, node = $5, until = t.now + make_interval(secs => $6), tries = k.tries + 1, claimed = k.asked
FROM pick, t WHERE k.worker = pick.worker AND k.conv = pick.conv AND k.name = pick.name
RETURNING k.conv, k.name, k.seq, k.due, k.tries`

// nextSQL is when a task will be there to be claimed: one that nobody has when it is due, one that somebody has when the lease ends.
const nextSQL = `SELECT least((SELECT due FROM task WHERE worker = $1 AND lease = '' ORDER BY due LIMIT 1),
	(SELECT until FROM task WHERE worker = $1 AND lease <> '' ORDER BY until LIMIT 1))`

// Claim leases due tasks; see relay.Tasks.
func (e *Engine) Claim(ctx context.Context, worker string, max int, lease time.Duration) ([]relay.Task, time.Time, error) {
	if e.ops.isClosed() {
		return nil, time.Time{}, errDown
	}
	if max <= 0 || !storable(worker) {
		return nil, time.Time{}, ctx.Err()
	}
	token := e.node + "." + strconv.FormatUint(e.leases.Add(1), 36)
	var out []relay.Task
	var next *time.Time
	b := &pgx.Batch{}
	b.Queue(claimSQL, e.now(), worker, max, token, e.node, lease.Seconds()).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			t := relay.Task{Worker: worker, Lease: token}
			var conv string
			var seq, tries int64
			if err := rows.Scan(&conv, &t.Name, &seq, &t.Due, &tries); err != nil {
				return err
			}
			t.Conv, t.Seq, t.Tries, t.Due = chat.ConversationID(conv), chat.Seq(seq), int(tries), t.Due.UTC()
			out = append(out, t)
		}
		return rows.Err()
	})
	b.Queue(nextSQL, worker).QueryRow(func(row pgx.Row) error { return row.Scan(&next) })
	if err := e.giveUp(ctx); err != nil {
		return nil, time.Time{}, wrap(err, "give up lost claims")
	}
	if err := e.pool.SendBatch(ctx, b).Close(); err != nil {
		if doubtful(err) {
			e.lost.add(token)
		}
		return nil, time.Time{}, wrap(err, "claim tasks of %s", worker)
	}
	slices.SortFunc(out, func(a, b relay.Task) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(string(a.Conv), string(b.Conv))
	})
	if next == nil {
		return out, time.Time{}, nil
	}
	return out, next.UTC(), nil
}

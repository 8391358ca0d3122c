package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
)

// Life among nodes: a node says every beat that it lives; one that was silent for silence is taken for dead, and what it had claimed is free. If
// it only slept, its leases no longer hold, so it can settle nothing twice.
const (
	beat    = time.Second
	silence = "10 seconds"
)

// living says that this node lives, frees what dead ones held, and wakes the workers for whom something is due that nobody has.
func (e *Engine) living(ctx context.Context) error {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for {
		if err := e.live(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (e *Engine) live(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := e.pool.Exec(ctx, "INSERT INTO node (id, seen) VALUES ($1, clock_timestamp()) ON CONFLICT (id) DO UPDATE SET seen = excluded.seen", e.node)
	if err != nil {
		return err
	}
	_, err = e.pool.Exec(ctx, `WITH dead AS (DELETE FROM node WHERE seen < clock_timestamp() - interval '`+silence+`' RETURNING id)
		UPDATE task SET until = clock_timestamp() FROM dead WHERE task.node = dead.id AND task.lease <> '' AND task.until > clock_timestamp()`)
	if err != nil {
		return err
	}
	due, err := collect(ctx, e, scanText, `SELECT w FROM unnest($1::text[]) AS w, (SELECT coalesce($2::timestamptz, clock_timestamp()) AS now) AS t
		WHERE EXISTS (SELECT 1 FROM task WHERE worker = w AND due <= t.now AND until <= t.now)`, e.wakes.names(), e.now())
	for _, worker := range due {
		e.wakes.wake(worker)
	}
	return err
}

// leave says that this node goes, so that nobody waits to find out. It is the last thing that Run does.
func (e *Engine) leave(ctx context.Context) error {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := e.pool.Exec(out, "UPDATE task SET until = clock_timestamp() WHERE node = $1 AND lease <> '' AND until > clock_timestamp()", e.node); err == nil {
		_, err = e.pool.Exec(out, "DELETE FROM node WHERE id = $1", e.node)
		if err != nil {
			e.opt.Log.Warn("cannot say goodbye; the other nodes find out by themselves", "err", err)
		}
	}
	return ctx.Err()
}

// Heads says where conversations are; see relay.Heads.
func (e *Engine) Heads(ctx context.Context, ids []chat.ConversationID) (map[chat.ConversationID]chat.Seq, error) {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		if id.Valid() {
			texts = append(texts, string(id))
		}
	}
	return e.heads(ctx, "SELECT id, head FROM conversation WHERE id = ANY ($1::text[])", texts)
}

// Open says where the conversations in the queue and with agents are; see relay.Heads. Ten thousand is more than any desk shows.
func (e *Engine) Open(ctx context.Context) (map[chat.ConversationID]chat.Seq, error) {
	return e.heads(ctx, `SELECT c.id, c.head FROM (
			(SELECT conv FROM list WHERE key >= 'queue/' AND key < 'queue0' LIMIT $1) UNION ALL (SELECT conv FROM list WHERE key >= 'agent/' AND key < 'agent0' LIMIT $1)
		) l JOIN conversation c ON c.id = l.conv`, 10_000)
}

func (e *Engine) heads(ctx context.Context, sql string, arg any) (map[chat.ConversationID]chat.Seq, error) {
	all, err := collect(ctx, e, func(rows pgx.Rows) (p position, err error) {
		err = rows.Scan(&p.id, &p.head)
		return p, err
	}, sql, arg)
	out := make(map[chat.ConversationID]chat.Seq, len(all))
	for _, p := range all {
		out[chat.ConversationID(p.id)] = chat.Seq(p.head)
	}
	return out, wrap(err, "read heads")
}

type position struct {
	id   string
	head int64
}

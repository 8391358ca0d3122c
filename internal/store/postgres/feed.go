package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/store/document"
)

// settled is the first cursor that a transaction still under way might write, or a later one: everything below it can be read. Numbers of
// transactions are compared as numbers; as text, 10 would come before 9.
const settled = "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 12)"

// feedWait is how long a reader waits for what it can see already but others may still come before.
const feedWait = 250 * time.Millisecond

// DocChanges follows a collection that keeps history; see document.Engine. A change that is committed while an older transaction is still
// under way shows up when that has ended, here or at the next call: going past it could skip what the older one writes.
func (e *Engine) DocChanges(ctx context.Context, collection string, after uint64, each func(document.Doc) bool) (uint64, error) {
	if !storable(collection) || after >= 1<<63 {
		return after, nil
	}
	if err := e.settle(ctx, collection, int64(after)); err != nil {
		return after, wrap(err, "read changes of %s", collection)
	}
	for {
		docs, err := e.queryDocs(ctx, collection, "SELECT "+docColumns+" FROM doc d WHERE collection = $1 AND history AND cursor > $2 AND cursor < "+settled+
			" ORDER BY cursor LIMIT $3", collection, int64(after), docPage)
		if err != nil {
			return after, wrap(err, "read changes of %s", collection)
		}
		for _, d := range docs {
			if err := ctx.Err(); err != nil {
				return after, err
			}
			if !each(d) {
				return after, nil
			}
			after = d.Cursor
		}
		if len(docs) < docPage {
			return after, nil
		}
	}
}

// marks are how far the feed may be read, and how far it can be seen.
type marks struct {
	low int64
	top *int64
}

// settle waits until what can be seen now may be read, but not for long: a quiet reader sees its own writes, and nobody hangs behind a
// transaction that never ends.
func (e *Engine) settle(ctx context.Context, collection string, after int64) error {
	var last *int64
	until := time.Now().Add(feedWait)
	for {
		m, _, err := one(ctx, e, func(rows pgx.Rows) (m marks, err error) {
			err = rows.Scan(&m.low, &m.top)
			return m, err
		}, "SELECT "+settled+", (SELECT cursor FROM doc WHERE collection = $1 AND history AND cursor > $2 ORDER BY cursor DESC LIMIT 1)", collection, after)
		if err != nil {
			return err
		}
		if last == nil {
			last = m.top
		}
		if last == nil || *last < m.low || time.Now().After(until) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

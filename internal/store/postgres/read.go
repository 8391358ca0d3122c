package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// readPatience is how long a read is tried while the database does not answer: over a restart, not over an outage.
const readPatience = 2 * time.Second

// collect reads rows and makes a value of each. Reading changes nothing, so a cut line is no reason to give up: it is tried again.
func collect[T any](ctx context.Context, e *Engine, scan func(pgx.Rows) (T, error), sql string, args ...any) ([]T, error) {
	end := time.Now().Add(readPatience)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		out, err := collectOnce(ctx, e, scan, sql, args)
		if err == nil || !passing(err) || ctx.Err() != nil || time.Now().After(end) || e.ops.isClosed() {
			return out, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

func collectOnce[T any](ctx context.Context, e *Engine, scan func(pgx.Rows) (T, error), sql string, args []any) ([]T, error) {
	rows, err := e.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one reads one row; found is false if there is none.
func one[T any](ctx context.Context, e *Engine, scan func(pgx.Rows) (T, error), sql string, args ...any) (v T, found bool, err error) {
	all, err := collect(ctx, e, scan, sql, args...)
	if err != nil || len(all) == 0 {
		return v, false, err
	}
	return all[0], true, nil
}

// scanText reads a row of one text.
func scanText(rows pgx.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}

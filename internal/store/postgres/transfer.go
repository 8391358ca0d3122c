package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/transfer"
)

// EachTask calls each with every open task; see transfer.Engine.
func (e *Engine) EachTask(ctx context.Context, each func(relay.Task) bool) error {
	const page = 1000
	var last relay.Task
	for {
		tasks, err := collect(ctx, e, func(rows pgx.Rows) (t relay.Task, err error) {
			err = rows.Scan(&t.Worker, &t.Conv, &t.Name, &t.Seq, &t.Due)
			return t, err
		}, "SELECT worker, conv, name, seq, due FROM task WHERE (worker, conv, name) > ($1, $2, $3) ORDER BY worker, conv, name LIMIT $4",
			last.Worker, string(last.Conv), last.Name, page)
		if err != nil {
			return wrap(err, "read tasks")
		}
		for _, t := range tasks {
			if !each(t) {
				return nil
			}
			last = t
		}
		if len(tasks) < page {
			return ctx.Err()
		}
	}
}

// PutLog writes a conversation as it was elsewhere; see transfer.Engine.
func (e *Engine) PutLog(ctx context.Context, conv chat.ConversationID, events []chat.Event, tasks []relay.Task) (added bool, err error) {
	row := chat.Fold(chat.Conversation{}, events...)
	text, err := json.Marshal(&row)
	if err != nil {
		return false, fmt.Errorf("encode row of %s: %w", conv, err)
	}
	b := &pgx.Batch{}
	for _, ev := range events {
		body, err := ev.MarshalJSON()
		if err != nil {
			return false, fmt.Errorf("encode event: %w", err)
		}
		b.Queue("INSERT INTO event (conv, seq, key, body) VALUES ($1, $2, $3, $4)", string(conv), int64(ev.Seq), string(ev.Key), string(body))
	}
	for _, k := range row.Lists() {
		b.Queue("INSERT INTO list (key, conv) VALUES ($1, $2)", k, string(conv))
	}
	for _, t := range tasks {
		b.Queue("INSERT INTO task (worker, conv, name, seq, due) VALUES ($1, $2, $3, $4, $5)", t.Worker, string(conv), t.Name, int64(t.Seq), t.Due)
	}
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "INSERT INTO conversation (id, head, row) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", string(conv), int64(row.Head), string(text))
		if added = err == nil && tag.RowsAffected() == 1; !added {
			return err
		}
		return tx.SendBatch(ctx, b).Close()
	})
	return added && err == nil, wrap(err, "put conversation %s", conv)
}

// EachRecord calls each with every document; see transfer.Engine.
func (e *Engine) EachRecord(ctx context.Context, each func(transfer.Record) bool) error {
	collection, id := "", ""
	for {
		page, err := collect(ctx, e, scanRecord, `SELECT d.collection, d.id, d.rev, d.at, d.deleted, d.keys, d.body, d.history FROM doc d
			WHERE (collection, id) > ($1, $2) ORDER BY collection, id LIMIT $3`, collection, id, docPage)
		if err != nil {
			return wrap(err, "read documents")
		}
		for _, r := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if r.history {
				past, err := collect(ctx, e, scanRecord, `SELECT collection, id, rev, at, deleted, keys, body, true FROM doc_history
					WHERE collection = $1 AND id = $2 ORDER BY rev`, r.Collection, r.ID)
				if err != nil {
					return wrap(err, "read history of %s %s", r.Collection, r.ID)
				}
				for _, p := range past {
					r.Past = append(r.Past, p.Revision)
				}
			}
			if !each(r.Record) {
				return nil
			}
			collection, id = r.Collection, r.ID
		}
		if len(page) < docPage {
			return nil
		}
	}
}

// storedRecord is a record, and whether history is kept of it.
type storedRecord struct {
	transfer.Record
	history bool
}

func scanRecord(rows pgx.Rows) (r storedRecord, err error) {
	var at time.Time
	var body string
	err = rows.Scan(&r.Collection, &r.ID, &r.Rev, &at, &r.Deleted, &r.Keys, &body, &r.history)
	r.At, r.Body = at.UnixMicro(), json.RawMessage(body)
	return r, err
}

// PutRecords writes documents as they were elsewhere; see transfer.Engine.
func (e *Engine) PutRecords(ctx context.Context, records []transfer.Record) (added int, err error) {
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		added = 0
		for n, r := range records {
			var cursor int64
			rows, err := tx.Query(ctx, `INSERT INTO doc (collection, id, rev, at, cursor, deleted, history, keys, body)
				VALUES ($1, $2, $3, $4, (pg_current_xact_id()::text::bigint << 12) | $9, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING cursor`,
				r.Collection, r.ID, int64(r.Rev), time.UnixMicro(r.At), r.Deleted, len(r.Past) > 0, notNil(r.Keys), string(r.Body), int64(n))
			if err != nil {
				return err
			}
			cursors, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil || len(cursors) == 0 {
				if err != nil {
					return err
				}
				continue
			}
			cursor = cursors[0]
			added++
			if err := putPast(ctx, tx, r, cursor); err != nil {
				return err
			}
		}
		return nil
	})
	return added, wrap(err, "put documents")
}

func putPast(ctx context.Context, tx pgx.Tx, r transfer.Record, cursor int64) error {
	b := &pgx.Batch{}
	for _, k := range r.Keys {
		b.Queue("INSERT INTO doc_key (collection, key, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", r.Collection, k, r.ID)
	}
	for _, v := range r.Past {
		b.Queue("INSERT INTO doc_history (collection, id, rev, at, cursor, deleted, keys, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			r.Collection, r.ID, int64(v.Rev), time.UnixMicro(v.At), cursor, v.Deleted, notNil(v.Keys), string(v.Body))
	}
	if b.Len() == 0 {
		return nil
	}
	return tx.SendBatch(ctx, b).Close()
}

// notNil is an empty array for the database, which has another word for none.
func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

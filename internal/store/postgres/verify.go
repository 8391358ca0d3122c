package postgres

import (
	"context"
	"fmt"

	"balie/internal/chat"
	"balie/internal/store/verify"
)

// looks are what must have no rows: each names a problem, and what it is a problem of.
var looks = []struct{ problem, sql string }{
	{"document %q is missing from its index", `SELECT DISTINCT d.collection || ' ' || d.id FROM doc d, unnest(d.keys) AS own(name)
		WHERE NOT d.deleted AND NOT EXISTS (SELECT 1 FROM doc_key k WHERE k.collection = d.collection AND k.key = own.name AND k.id = d.id) LIMIT 1000`},
	{"the index names document %q under a key that it has not", `SELECT DISTINCT k.collection || ' ' || k.id FROM doc_key k
		LEFT JOIN doc d ON d.collection = k.collection AND d.id = k.id AND NOT d.deleted WHERE d.id IS NULL OR NOT k.key = ANY (d.keys) LIMIT 1000`},
	{"document %q is not the latest of its history", `SELECT d.collection || ' ' || d.id FROM doc d WHERE d.history AND NOT EXISTS (SELECT 1 FROM doc_history h
		WHERE h.collection = d.collection AND h.id = d.id AND h.rev = d.rev AND h.body = d.body AND h.at = d.at) LIMIT 1000`},
	{"there are events of %q, but no such conversation", `SELECT DISTINCT e.conv FROM event e WHERE NOT EXISTS (SELECT 1 FROM conversation c WHERE c.id = e.conv) LIMIT 1000`},
	{"the log of %q does not end at its head", `SELECT c.id FROM conversation c, LATERAL (SELECT count(*) AS n, max(seq) AS last FROM event WHERE conv = c.id) e
		WHERE e.n <> c.head OR e.last <> c.head LIMIT 1000`},
}

// Verify folds every log again and compares it with what is kept beside it, then looks over heads, documents, indexes and history. It calls each
// with every problem: conv names the conversation, or is "". It returns how much it read; err is for what kept it from looking. Progress is told how
// many conversations were looked at.
func (e *Engine) Verify(ctx context.Context, each func(conv, problem string), progress func(done int)) (conversations, events int, err error) {
	conversations, events, err = verify.Log(ctx, e, func(id chat.ConversationID, problem string) { each(string(id), problem) }, progress)
	if err != nil {
		return conversations, events, err
	}
	for _, l := range looks {
		if err := e.look(ctx, l.sql, func(name string) { each("", fmt.Sprintf(l.problem, name)) }); err != nil {
			return conversations, events, err
		}
	}
	return conversations, events, nil
}

// look runs one look over whole tables, for as long as that takes.
func (e *Engine) look(ctx context.Context, sql string, each func(name string)) error {
	tx, err := e.pool.Begin(ctx)
	if err != nil {
		return wrap(err, "verify")
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, "SELECT set_config('statement_timeout', '0', true), set_config('enable_seqscan', 'on', true)"); err != nil {
		return wrap(err, "verify")
	}
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return wrap(err, "verify")
	}
	defer rows.Close()
	for rows.Next() {
		name, err := scanText(rows)
		if err != nil {
			return wrap(err, "verify")
		}
		each(name)
	}
	return wrap(rows.Err(), "verify")
}

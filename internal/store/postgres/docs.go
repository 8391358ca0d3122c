package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"balie/internal/fault"
	"balie/internal/store/document"
	"balie/internal/store/plan"
)

// docRow is a document as it is stored, before or after a put.
type docRow struct {
	rev     uint64
	at      time.Time
	cursor  uint64
	deleted bool
	history bool
	keys    []string
	body    string
}

// revision is one put, worked out.
type revision struct {
	put      document.Put
	old, new docRow
}

// errRaced says that a document was made by somebody else between the look and the write: look again.
var errRaced = errors.New("a document appeared meanwhile")

// PutDocs writes documents, all or none; see document.Engine.
func (e *Engine) PutDocs(ctx context.Context, puts ...document.Put) ([]document.Doc, error) {
	if err := plan.LawfulPuts(puts); err != nil || len(puts) == 0 {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	at := micro(e.planner.Now())
	var doubt []revision // what a commit was to write of which nobody knows what became
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		revs, err := e.putDocs(ctx, puts, at, doubt)
		if err == nil {
			return docsOf(revs), nil
		}
		if doubtful(err) && revs != nil {
			doubt = revs
		}
		if !passing(err) && !errors.Is(err, errRaced) {
			return nil, wrap(err, "put documents")
		}
		select {
		case <-ctx.Done():
			return nil, fault.Wrap(fault.Unavailable, downText, err)
		case <-time.After(pause):
		}
	}
}

func docsOf(revs []revision) []document.Doc {
	docs := make([]document.Doc, len(revs))
	for i, r := range revs {
		docs[i] = r.new.doc(r.put.Collection, r.put.ID)
	}
	return docs
}

func (r docRow) doc(collection, id string) document.Doc {
	return document.Doc{Collection: collection, ID: id, Rev: r.rev, At: r.at.UTC(), Cursor: r.cursor, Deleted: r.deleted, Body: []byte(r.body)}
}

// putDocs tries once. With an error of the commit it returns what it tried to write.
func (e *Engine) putDocs(ctx context.Context, puts []document.Put, at time.Time, doubt []revision) (revs []revision, err error) {
	tx, err := e.pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	revs, err = lockDocs(ctx, tx, puts)
	if err != nil {
		return nil, err
	}
	if doubt != nil && written(revs, doubt) {
		return doubt, nil
	}
	for i := range revs {
		r := &revs[i]
		rev, err := plan.Revise(r.put, r.old.rev, r.old.deleted)
		if err != nil {
			return nil, err
		}
		r.new = docRow{rev: rev, at: at, deleted: r.put.Delete, history: r.put.History}
		if !r.put.Delete {
			r.new.body = string(r.put.Body)
			r.new.keys = slices.Compact(slices.Sorted(slices.Values(r.put.Keys)))
		}
	}
	if err := writeDocs(ctx, tx, revs); err != nil {
		return nil, err
	}
	return revs, tx.Commit(ctx)
}

// written reports whether the rows are as the puts in doubt would have left them. A document that leaves nothing when it is deleted is gone.
func written(now, doubt []revision) bool {
	for i, r := range doubt {
		have, want := now[i].old, r.new
		if want.deleted && !want.history {
			if have.rev != 0 {
				return false
			}
			continue
		}
		if have.rev != want.rev || have.deleted != want.deleted || have.body != want.body || !have.at.Equal(want.at) {
			return false
		}
	}
	return true
}

// lockDocs reads and locks the documents of the puts, in one order on every node.
func lockDocs(ctx context.Context, tx pgx.Tx, puts []document.Put) ([]revision, error) {
	revs := make([]revision, len(puts))
	place := make(map[[2]string]*revision, len(puts))
	collections, ids := make([]string, len(puts)), make([]string, len(puts))
	for i, p := range puts {
		revs[i].put = p
		place[[2]string{p.Collection, p.ID}] = &revs[i]
		collections[i], ids[i] = p.Collection, p.ID
	}
	rows, err := tx.Query(ctx, `SELECT d.collection, d.id, d.rev, d.at, d.cursor, d.deleted, d.history, d.keys, d.body FROM doc d
		JOIN unnest($1::text[], $2::text[]) AS p(collection, id) ON p.collection = d.collection AND p.id = d.id
		ORDER BY d.collection, d.id FOR UPDATE OF d`, collections, ids)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var collection, id string
		var r docRow
		if err := rows.Scan(&collection, &id, &r.rev, &r.at, &r.cursor, &r.deleted, &r.history, &r.keys, &r.body); err != nil {
			return nil, err
		}
		place[[2]string{collection, id}].old = r
	}
	return revs, rows.Err()
}

// writeSQL puts documents in their places. Its cursors are made of the number of the transaction and the place within it: a reader that
// goes no further than the oldest transaction still under way misses none, which a number that is given out before the commit cannot promise.
const writeSQL = `WITH d AS MATERIALIZED (
	SELECT p.*, (pg_current_xact_id()::text::bigint << 12) | (p.n - 1) AS cursor
	FROM unnest($1::text[], $2::text[], $3::bigint[], $4::boolean[], $5::boolean[], $6::text[]) WITH ORDINALITY AS p(collection, id, rev, deleted, history, body, n)
),
k AS MATERIALIZED (SELECT * FROM unnest($8::text[], $9::text[], $10::text[], $11::boolean[]) AS k(collection, id, key, own)),
gone AS (
	DELETE FROM doc USING d WHERE doc.collection = d.collection AND doc.id = d.id AND d.deleted AND NOT d.history RETURNING d.n
),
put AS (
	INSERT INTO doc (collection, id, rev, at, cursor, deleted, history, keys, body)
	SELECT collection, id, rev, $7, cursor, deleted, history, (SELECT coalesce(array_agg(key), '{}') FROM k WHERE k.collection = d.collection AND k.id = d.id AND k.own), body
	FROM d WHERE NOT deleted OR history ORDER BY collection, id
	ON CONFLICT (collection, id) DO UPDATE SET rev = excluded.rev, at = excluded.at, cursor = excluded.cursor, deleted = excluded.deleted,
		history = excluded.history, keys = excluded.keys, body = excluded.body WHERE doc.rev = excluded.rev - 1
	RETURNING rev
),
past AS (
	INSERT INTO doc_history (collection, id, rev, at, cursor, deleted, keys, body)
	SELECT collection, id, rev, $7, cursor, deleted, (SELECT coalesce(array_agg(key), '{}') FROM k WHERE k.collection = d.collection AND k.id = d.id AND k.own), body FROM d WHERE history
	ON CONFLICT DO NOTHING
),
unkeyed AS (
	DELETE FROM doc_key USING k WHERE NOT k.own AND doc_key.collection = k.collection AND doc_key.key = k.key AND doc_key.id = k.id
),
keyed AS (
	INSERT INTO doc_key (collection, key, id) SELECT collection, key, id FROM k WHERE own ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put), array(SELECT cursor FROM d ORDER BY n)`

func writeDocs(ctx context.Context, tx pgx.Tx, revs []revision) error {
	n := len(revs)
	collections, ids, numbers := make([]string, n), make([]string, n), make([]int64, n)
	deleted, history, bodies := make([]bool, n), make([]bool, n), make([]string, n)
	var keyCollections, keyIDs, keys []string
	var own []bool
	for i, r := range revs {
		collections[i], ids[i], numbers[i] = r.put.Collection, r.put.ID, int64(r.new.rev)
		deleted[i], history[i], bodies[i] = r.new.deleted, r.new.history, r.new.body
		add := func(list []string, mine bool) {
			for _, k := range list {
				keyCollections, keyIDs, keys, own = append(keyCollections, r.put.Collection), append(keyIDs, r.put.ID), append(keys, k), append(own, mine)
			}
		}
		add(r.new.keys, true)
		add(plan.Minus(r.old.keys, r.new.keys), false)
	}
	var count int
	var cursors []int64
	err := tx.QueryRow(ctx, writeSQL, collections, ids, numbers, deleted, history, bodies, revs[0].new.at, keyCollections, keyIDs, keys, own).Scan(&count, &cursors)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" || err == nil && count != n {
		return errRaced
	}
	if err != nil {
		return err
	}
	for i := range revs {
		revs[i].new.cursor = uint64(cursors[i])
	}
	return nil
}

const docColumns = "d.id, d.rev, d.at, d.cursor, d.deleted, d.body"

// queryDocs reads documents: the columns of docColumns.
func (e *Engine) queryDocs(ctx context.Context, collection, sql string, args ...any) ([]document.Doc, error) {
	return collect(ctx, e, func(rows pgx.Rows) (document.Doc, error) {
		var id string
		var r docRow
		err := rows.Scan(&id, &r.rev, &r.at, &r.cursor, &r.deleted, &r.body)
		return r.doc(collection, id), err
	}, sql, args...)
}

// GetDoc reads one document; see document.Engine.
func (e *Engine) GetDoc(ctx context.Context, collection, id string) (document.Doc, error) {
	none := fault.Newf(fault.NotFound, "There is no %s.", id)
	if !storable(collection) || !storable(id) {
		return document.Doc{}, none
	}
	docs, err := e.queryDocs(ctx, collection, "SELECT "+docColumns+" FROM doc d WHERE collection = $1 AND id = $2 AND NOT deleted", collection, id)
	if err != nil {
		return document.Doc{}, wrap(err, "read document %s %s", collection, id)
	}
	if len(docs) == 0 {
		return document.Doc{}, none
	}
	return docs[0], nil
}

// docPage is how many documents are read at once; the callbacks run between reads, so they may write.
const docPage = 256

// ListDocs lists by key; see document.Engine.
func (e *Engine) ListDocs(ctx context.Context, collection, index, prefix string, each func(document.Doc) bool) error {
	from, column := prefix, "d.id"
	if index != "" {
		from, column = index+"/"+prefix, "k.key"
	}
	if !storable(collection) || !storable(from) {
		return nil
	}
	sql := "SELECT " + column + ", " + docColumns + " FROM doc d"
	if index != "" {
		sql += " JOIN doc_key k ON k.collection = d.collection AND k.id = d.id AND k.collection = $1"
	}
	sql += " WHERE d.collection = $1 AND NOT d.deleted AND " + column + " >= $2 AND (" + column + ", d.id) > ($3, $4)"
	end := beyond(from)
	if end != "" {
		sql += " AND " + column + " < $6"
	}
	sql += " ORDER BY " + column + ", d.id LIMIT $5"
	for key, id := "", ""; ; {
		args := []any{collection, from, key, id, docPage}
		if end != "" {
			args = append(args, end)
		}
		page, err := e.listDocs(ctx, collection, sql, args)
		if err != nil {
			return wrap(err, "list documents of %s", collection)
		}
		for _, p := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(p.doc) {
				return nil
			}
			key, id = p.key, p.doc.ID
		}
		if len(page) < docPage {
			return nil
		}
	}
}

// placed is a document with what it is listed by.
type placed struct {
	key string
	doc document.Doc
}

// listDocs reads a page whose first column is what it is ordered by.
func (e *Engine) listDocs(ctx context.Context, collection, sql string, args []any) ([]placed, error) {
	return collect(ctx, e, func(rows pgx.Rows) (p placed, err error) {
		var id string
		var r docRow
		err = rows.Scan(&p.key, &id, &r.rev, &r.at, &r.cursor, &r.deleted, &r.body)
		p.doc = r.doc(collection, id)
		return p, err
	}, sql, args...)
}

// DocHistory lists the kept revisions, newest first; see document.Engine.
func (e *Engine) DocHistory(ctx context.Context, collection, id string, each func(document.Doc) bool) error {
	if !storable(collection) || !storable(id) {
		return nil
	}
	const page = 32
	for before := int64(1<<63 - 1); ; {
		docs, err := e.queryDocs(ctx, collection, "SELECT "+docColumns+" FROM doc_history d WHERE collection = $1 AND id = $2 AND rev < $3 ORDER BY rev DESC LIMIT $4",
			collection, id, before, page)
		if err != nil {
			return wrap(err, "read history of %s %s", collection, id)
		}
		for _, d := range docs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(d) {
				return nil
			}
		}
		if len(docs) < page {
			return nil
		}
		before = int64(docs[len(docs)-1].Rev)
	}
}

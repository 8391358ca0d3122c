package postgres

import (
	"fmt"
	"strings"
	"sync"
)

// The types of what each part of the statement is given.
const (
	opTypes     = "text[] bigint[] bigint[] text[]"
	settleTypes = "text[] text[] text[] text[] smallint[] boolean[] timestamptz[]"
	eventTypes  = "text[] bigint[] text[] text[]"
	blankTypes  = "text[] bigint[] text[]"
	listTypes   = "text[] text[]"
	leaveTypes  = "text[] text[] text[] timestamptz[]"
)

// oneSQL is the statement for what is asked most: one event in one conversation, and nothing beside it.
const oneSQL = `WITH moved AS (UPDATE conversation SET head = $3, row = $4 WHERE id = $1 AND head = $2 RETURNING id)
	INSERT INTO event (conv, seq, key, body) SELECT id, $3, $5, $6 FROM moved RETURNING conv, seq, true`

// parts says what a batch needs of the statement: what nobody in it does is left out, for every part costs even when it has nothing to do.
type parts struct{ lock, born, settle, blank, unlist, list, leave bool }

// statements are the forms of the statement by what they need; the driver prepares each once a connection.
var statements sync.Map // parts → string

func (p parts) sql() string {
	if s, ok := statements.Load(p); ok {
		return s.(string)
	}
	s := p.build()
	statements.Store(p, s)
	return s
}

// build writes the statement that carries out up to batchMax changes, at most one a conversation; each is done whole or not at all, whatever
// becomes of the others. It returns those that were done (with the head), and those whose lease does not hold. The rest found their
// conversation somewhere else. The parameters are those of columns.statement, in that order.
//
// With lock, rows are locked first, in one order on every node; whatever is decided is then decided from the locked rows, which are
// of now, and not from the statement's snapshot, which may be of before a wait. Without, the condition is in the update itself, which looks
// again after a wait. Rows are found by = ANY (ARRAY[…]) and not by =, which would allow a join by hash over the whole table: the cheapest way while
// there are few rows, and a plan is kept when there are many. What is changed is joined, never asked for in a subquery: that would be run again for every row that had
// changed meanwhile.
func (p parts) build() string {
	n := 0
	arg := func(types string) string {
		var out []string
		for typ := range strings.FieldsSeq(types) {
			n++
			out = append(out, fmt.Sprintf("$%d::%s", n, typ))
		}
		return strings.Join(out, ", ")
	}
	b := "WITH "
	if p.settle || p.leave {
		b += "t AS MATERIALIZED (SELECT coalesce(" + arg("timestamptz") + ", clock_timestamp()) AS now),\n"
	}
	first := n + 1
	op := "unnest(" + arg(opTypes) + ") AS op(conv, at, head, row)"
	ok := "ok"
	switch {
	case p.lock:
		b += "op AS MATERIALIZED (SELECT * FROM " + op + "),\n" +
			fmt.Sprintf("locked AS MATERIALIZED (SELECT id, head FROM conversation WHERE id = ANY ($%d::text[]) ORDER BY id FOR UPDATE),\n", first)
		if p.settle {
			b += strings.Replace(heldSQL, "ARGS", arg(settleTypes), 1)
		} else {
			b += "bad AS (SELECT ''::text AS conv WHERE false),\n"
		}
		b += lockedSQL
	case p.born:
		b += "op AS MATERIALIZED (SELECT * FROM " + op + "),\n" + strings.Replace(directSQL, "OP", "op", 1) +
			"born AS (INSERT INTO conversation (id, head, row) SELECT conv, head, row FROM op WHERE at = 0 ORDER BY conv ON CONFLICT DO NOTHING RETURNING id, head),\n" +
			"ok AS MATERIALIZED (SELECT conv, head FROM moved UNION ALL SELECT id, head FROM born),\n"
	default:
		b += strings.Replace(directSQL, "OP", op, 1)
		ok = "moved AS ok"
	}
	b += "events AS (INSERT INTO event (conv, seq, key, body) SELECT e.conv, e.seq, e.key, e.body FROM unnest(" + arg(eventTypes) + ") AS e(conv, seq, key, body) JOIN OK ON ok.conv = e.conv)"
	for _, x := range []struct {
		on         bool
		sql, types string
	}{
		{p.blank, blankSQL, blankTypes}, {p.unlist, unlistSQL, listTypes}, {p.list, listedSQL, listTypes},
		{p.settle, settledSQL, ""}, {p.leave, leaveSQL, leaveTypes},
	} {
		if x.on {
			b += ",\n" + strings.Replace(x.sql, "ARGS", arg(x.types), 1)
		}
	}
	b += "\nSELECT conv, head, true FROM OK"
	if p.lock {
		b += " UNION ALL SELECT conv, 0, false FROM bad"
	}
	return strings.ReplaceAll(b, "OK", ok)
}

// heldSQL finds the tasks to settle, locks those that are held as claimed, and names the conversations where one is not.
const heldSQL = `settle AS MATERIALIZED (
	SELECT s.*, l.head FROM unnest(ARGS) AS s(conv, worker, name, lease, mode, failed, due) LEFT JOIN locked l ON l.id = s.conv
),
held AS MATERIALIZED (
	SELECT k.worker, k.conv, k.name, k.asked, k.claimed, s.mode, s.failed, s.due
	FROM settle s JOIN task k ON k.worker = s.worker AND k.conv = s.conv AND k.name = s.name CROSS JOIN t
	WHERE k.lease = s.lease AND s.lease <> '' AND k.until > t.now
	FOR UPDATE OF k
),
bad AS MATERIALIZED (
	SELECT DISTINCT s.conv FROM settle s LEFT JOIN held h ON h.worker = s.worker AND h.conv = s.conv AND h.name = s.name WHERE h.conv IS NULL
),
`

// lockedSQL decides from the locked rows which changes go ahead, and moves their conversations on.
const lockedSQL = `go AS MATERIALIZED (
	SELECT op.conv, op.row, coalesce(op.head, l.head, 0) AS head, l.id IS NULL AS new
	FROM op LEFT JOIN locked l ON l.id = op.conv LEFT JOIN bad b ON b.conv = op.conv
	WHERE b.conv IS NULL AND (op.at IS NULL OR op.at = coalesce(l.head, 0))
),
moved AS (
	UPDATE conversation c SET head = go.head, row = go.row FROM go WHERE c.id = ANY (ARRAY[go.conv]) AND NOT go.new AND go.row IS NOT NULL
),
born AS (
	INSERT INTO conversation (id, head, row) SELECT conv, head, row FROM go WHERE go.new AND go.row IS NOT NULL ORDER BY conv
	ON CONFLICT DO NOTHING RETURNING id
),
ok AS MATERIALIZED (
	SELECT go.conv, go.head FROM go LEFT JOIN born ON born.id = go.conv WHERE go.row IS NULL OR NOT go.new OR born.id IS NOT NULL
),
`

// directSQL moves conversations on that are where they should be. Changes come in order of conversation, so rows are locked in that order.
const directSQL = `moved AS (
	UPDATE conversation c SET head = op.head, row = op.row FROM OP WHERE c.id = ANY (ARRAY[op.conv]) AND c.head - op.at = 0 RETURNING c.id AS conv, c.head
),
`

const blankSQL = `blanked AS (
	UPDATE event e SET body = b.body FROM unnest(ARGS) AS b(conv, seq, body) JOIN OK ON ok.conv = b.conv WHERE e.conv = ANY (ARRAY[b.conv]) AND e.seq = ANY (ARRAY[b.seq])
)`

const unlistSQL = `unlisted AS (
	DELETE FROM list l USING unnest(ARGS) AS d(conv, key), OK WHERE ok.conv = d.conv AND l.key = d.key AND l.conv = d.conv
)`

const listedSQL = `listed AS (
	INSERT INTO list (key, conv) SELECT a.key, a.conv FROM unnest(ARGS) AS a(conv, key) JOIN OK ON ok.conv = a.conv ON CONFLICT DO NOTHING
)`

// settledSQL ends claims. A task goes, comes back later or where the same change leaves it; if something asked for a look since the claim, it stays.
const settledSQL = `done AS (
	DELETE FROM task k USING held h, ok
	WHERE ok.conv = h.conv AND k.worker = h.worker AND k.conv = h.conv AND k.name = h.name AND h.mode = 0 AND h.asked = h.claimed
),
released AS (
	UPDATE task k SET lease = '', node = '', until = '-infinity', tries = CASE WHEN h.failed THEN k.tries ELSE 0 END,
		due = CASE WHEN h.mode = 2 THEN coalesce(h.due, t.now) WHEN h.mode = 1 AND h.asked = h.claimed THEN h.due ELSE k.due END,
		seq = CASE WHEN h.mode = 2 THEN ok.head ELSE k.seq END,
		asked = CASE WHEN h.mode = 2 THEN k.asked + 1 ELSE k.asked END
	FROM held h, ok, t
	WHERE ok.conv = h.conv AND k.worker = h.worker AND k.conv = h.conv AND k.name = h.name AND NOT (h.mode = 0 AND h.asked = h.claimed)
)`

const leaveSQL = `asked AS (
	INSERT INTO task (worker, conv, name, seq, due)
	SELECT p.worker, p.conv, p.name, ok.head, coalesce(p.due, t.now)
	FROM unnest(ARGS) AS p(conv, worker, name, due) JOIN OK ON ok.conv = p.conv CROSS JOIN t
	ON CONFLICT (worker, conv, name) DO UPDATE SET seq = excluded.seq, due = excluded.due, asked = task.asked + 1
)`

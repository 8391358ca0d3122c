-- Carries out up to 256 changes, at most one a conversation; each is done whole or not at all, whatever becomes of the others. It returns
-- those that were done (with the head), and those whose lease does not hold. The rest found their conversation somewhere else.
--
-- Rows are locked first, in one order on every node; whatever is decided is decided from the locked rows, which are of now, and
-- not from the statement's snapshot, which may be of before a wait. What is changed is joined, never asked for in a subquery: a subquery would be
-- run again for every row that had changed meanwhile.
WITH t AS MATERIALIZED (SELECT coalesce($1::timestamptz, clock_timestamp()) AS now),
op AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS o(conv, at, head, row)
),
locked AS MATERIALIZED (
    SELECT id, head FROM conversation WHERE id = ANY ($2::text[]) ORDER BY id FOR UPDATE
),
settle AS MATERIALIZED (
    SELECT s.*, l.head FROM unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::smallint[], $11::boolean[], $12::timestamptz[])
        AS s(conv, worker, name, lease, mode, failed, due) LEFT JOIN locked l ON l.id = s.conv
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
go AS MATERIALIZED (
    SELECT op.conv, op.row, coalesce(op.head, l.head, 0) AS head, l.id IS NULL AS new
    FROM op LEFT JOIN locked l ON l.id = op.conv LEFT JOIN bad b ON b.conv = op.conv
    WHERE b.conv IS NULL AND (op.at IS NULL OR op.at = coalesce(l.head, 0))
),
moved AS (
    UPDATE conversation c SET head = go.head, row = go.row FROM go WHERE c.id = go.conv AND NOT go.new AND go.row IS NOT NULL
),
born AS (
    INSERT INTO conversation (id, head, row) SELECT conv, head, row FROM go WHERE go.new AND go.row IS NOT NULL ORDER BY conv
    ON CONFLICT DO NOTHING RETURNING id
),
ok AS MATERIALIZED (
    SELECT go.conv, go.head FROM go LEFT JOIN born ON born.id = go.conv WHERE go.row IS NULL OR NOT go.new OR born.id IS NOT NULL
),
events AS (
    INSERT INTO event (conv, seq, key, body)
    SELECT e.conv, e.seq, e.key, e.body FROM unnest($13::text[], $14::bigint[], $15::text[], $16::text[]) AS e(conv, seq, key, body) JOIN ok ON ok.conv = e.conv
),
blanked AS (
    UPDATE event e SET body = b.body FROM unnest($17::text[], $18::bigint[], $19::text[]) AS b(conv, seq, body) JOIN ok ON ok.conv = b.conv
    WHERE e.conv = b.conv AND e.seq = b.seq
),
unlisted AS (
    DELETE FROM list l USING unnest($20::text[], $21::text[]) AS d(conv, key), ok WHERE ok.conv = d.conv AND l.key = d.key AND l.conv = d.conv
),
listed AS (
    INSERT INTO list (key, conv) SELECT a.key, a.conv FROM unnest($22::text[], $23::text[]) AS a(conv, key) JOIN ok ON ok.conv = a.conv ON CONFLICT DO NOTHING
),
done AS (
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
),
asked AS (
    INSERT INTO task (worker, conv, name, seq, due)
    SELECT p.worker, p.conv, p.name, ok.head, coalesce(p.due, t.now)
    FROM unnest($24::text[], $25::text[], $26::text[], $27::timestamptz[]) AS p(conv, worker, name, due) JOIN ok ON ok.conv = p.conv CROSS JOIN t
    ON CONFLICT (worker, conv, name) DO UPDATE SET seq = excluded.seq, due = excluded.due, asked = task.asked + 1
)
SELECT conv, head, true FROM ok UNION ALL SELECT conv, 0, false FROM bad

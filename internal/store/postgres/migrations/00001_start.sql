-- +goose Up

-- Text is ordered by byte everywhere, whatever the database's language: COLLATE "C". Bodies are text and not jsonb, which would reorder
-- keys and drop what it does not like. Times are of a microsecond.

CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO meta VALUES ('life', gen_random_uuid()::text);

-- A conversation's folded row. Its head is the condition of every append.
CREATE TABLE conversation (
    id   text COLLATE "C" PRIMARY KEY,
    head bigint NOT NULL,
    row  text NOT NULL
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE event (
    conv text COLLATE "C" NOT NULL,
    seq  bigint NOT NULL,
    key  text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (conv, seq)
);

CREATE TABLE list (
    key  text COLLATE "C" NOT NULL,
    conv text COLLATE "C" NOT NULL,
    PRIMARY KEY (key, conv)
);

-- A task. asked counts the looks that were asked for, claimed is what it was at the claim: if they differ at the settlement, the task stays.
-- Order is by due alone, so a lease that runs out gives the old place back.
CREATE TABLE task (
    worker  text COLLATE "C" NOT NULL,
    conv    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    due     timestamptz NOT NULL,
    lease   text COLLATE "C" NOT NULL DEFAULT '',
    node    text COLLATE "C" NOT NULL DEFAULT '',
    until   timestamptz NOT NULL DEFAULT '-infinity',
    tries   bigint NOT NULL DEFAULT 0,
    asked   bigint NOT NULL DEFAULT 0,
    claimed bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (worker, conv, name)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
CREATE INDEX task_due ON task (worker, due, conv);
CREATE INDEX task_held ON task (worker, until) WHERE lease <> '';

-- The nodes that live: a lease of one that does not is void.
CREATE TABLE node (
    id   text COLLATE "C" PRIMARY KEY,
    seen timestamptz NOT NULL
);

-- Documents. cursor is the place in the feed: the number of the transaction that wrote it, and the place within that. 0: not in the feed.
CREATE TABLE doc (
    collection text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    rev        bigint NOT NULL,
    at         timestamptz NOT NULL,
    cursor     bigint NOT NULL,
    deleted    boolean NOT NULL,
    history    boolean NOT NULL,
    keys       text[] COLLATE "C" NOT NULL,
    body       text NOT NULL,
    PRIMARY KEY (collection, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX doc_feed ON doc (collection, cursor) WHERE history;

CREATE TABLE doc_key (
    collection text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    PRIMARY KEY (collection, key, id)
);

CREATE TABLE doc_history (
    collection text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    rev        bigint NOT NULL,
    at         timestamptz NOT NULL,
    cursor     bigint NOT NULL,
    deleted    boolean NOT NULL,
    keys       text[] COLLATE "C" NOT NULL,
    body       text NOT NULL,
    PRIMARY KEY (collection, id, rev)
);

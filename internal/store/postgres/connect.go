package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"balie/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// settings are what every connection works under. A node that freezes while it holds a row loses it after two seconds; nobody waits for
// longer than three. Plans are made once: all tables are read by index whatever their size was then.
const settings = `SELECT set_config('lock_timeout', '3s', false), set_config('statement_timeout', '5s', false),
	set_config('idle_in_transaction_session_timeout', '2s', false), set_config('plan_cache_mode', 'force_generic_plan', false),
	set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false), set_config('timezone', 'UTC', false)`

// identity tells one history of writes from another: the cluster, and how often it was promoted. A standby cannot answer.
const identity = `SELECT (SELECT system_identifier::text FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)`

func (e *Engine) connect(ctx context.Context) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(e.opt.URL)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The address of the database cannot be read; write postgres://user:password@host/database.")
	}
	if !strings.Contains(e.opt.URL, "pool_max_conns") {
		cfg.MaxConns = 16
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "balie " + e.node
	cfg.ConnConfig.ConnectTimeout = 2 * time.Second
	cfg.AfterConnect = e.prepare
	cfg.ConnConfig.Tracer = (*trips)(&e.sent)
	e.prepares = cfg.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, wrap(err, "connect to the database")
	}
	return pool, nil
}

// trips counts round trips: statements, and batches of them.
type trips atomic.Uint64

// TraceQueryStart counts one.
func (t *trips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	(*atomic.Uint64)(t).Add(1)
	return ctx
}

// TraceQueryEnd does nothing.
func (*trips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart counts one.
func (t *trips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	(*atomic.Uint64)(t).Add(1)
	return ctx
}

// TraceBatchQuery does nothing.
func (*trips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd does nothing.
func (*trips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// RoundTrips is how often this engine has asked the database anything: what work costs where the line is long.
func (e *Engine) RoundTrips() uint64 { return e.sent.Load() }

// prepare makes a fresh connection ready, and sees whether it still leads to the database we opened.
func (e *Engine) prepare(ctx context.Context, c *pgx.Conn) error {
	if _, err := c.Exec(ctx, settings); err != nil {
		return fmt.Errorf("set connection up: %w", err)
	}
	var id string
	if err := c.QueryRow(ctx, identity).Scan(&id); err != nil {
		return fmt.Errorf("identify database: %w", err)
	}
	if e.identity == "" { // the first connection, which Open waits for
		e.identity = id
	}
	if id != e.identity {
		err := errors.New("the database behind the address is another one than before: it was restored or promoted")
		e.fail(err)
		return err
	}
	return nil
}

// readEpoch makes the name of this life. What is stored comes along with any copy; the cluster, its timeline and the numbers of the tables
// do not.
func (e *Engine) readEpoch(ctx context.Context) (string, error) {
	var stored, place string
	err := e.pool.QueryRow(ctx, `SELECT value, (SELECT oid FROM pg_database WHERE datname = current_database())::text || '/' || 'conversation'::regclass::oid::text
		FROM meta WHERE name = 'life'`).Scan(&stored, &place)
	if err != nil {
		return "", wrap(err, "read the life of the log")
	}
	sum := sha256.Sum256([]byte(stored + "/" + e.identity + "/" + place))
	return hex.EncodeToString(sum[:8]), nil
}

// migrate brings the tables up to date, under a lock of the session so that nodes that start together do not do it twice.
func migrate(ctx context.Context, url string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fault.New(fault.Invalid, "The address of the database cannot be read; write postgres://user:password@host/database.")
	}
	cfg.ConnectTimeout = 2 * time.Second
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	var encoding, number string
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_encoding'), current_setting('server_version_num')").Scan(&encoding, &number); err != nil {
		return fault.Wrap(fault.Unavailable, "The database cannot be reached; look whether it runs, and at the address in the setting postgres.", err)
	}
	if encoding != "UTF8" || number < "150000" {
		return fault.Newf(fault.Invalid, "The database has encoding %s and server version %s; balie needs UTF8 on PostgreSQL 15 or newer.", encoding, number)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(locker), goose.WithTableName("balie_version"))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := versions(ctx, p)
	if err != nil || have == want {
		return err
	}
	if have > want {
		return fault.Newf(fault.Invalid, "The database has format %d and this program knows %d: it was written by a newer balie. Use that version.", have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the tables up to date: %w", err)
	}
	return nil
}

// versions is how far the tables are, and how far they should be. Nodes that find nothing to do take no lock.
func versions(ctx context.Context, p *goose.Provider) (have, want int64, err error) {
	have, err = p.GetDBVersion(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read the version of the tables: %w", err)
	}
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	return have, want, nil
}

// passing reports whether an error is of the moment: of the line, of a lock, of a server that stops or starts. The same again may work.
func passing(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "57P05", "25P03", "25006":
			return true
		}
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "53")
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || pgconn.SafeToRetry(err) || doubtful(err)
}

// doubtful reports whether err leaves it open what became of a statement: the line was lost, or time ran out, after it was sent.
func doubtful(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "57P0") || strings.HasPrefix(pg.Code, "08")
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return false
	}
	var line net.Error
	return errors.As(err, &line) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

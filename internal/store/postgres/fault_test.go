package postgres_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
)

// cutter stands between an engine and the database and cuts lines: before a request arrives, or after it was carried out and before the
// answer comes back.
type cutter struct {
	ln   net.Listener
	to   string
	mu   sync.Mutex
	next int // requests until the next cut; 0: none
	cuts int
}

func newCutter(t *testing.T, address string) (*cutter, string) {
	t.Helper()
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "balie-cut-") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close(); os.RemoveAll(dir) })
	c := &cutter{ln: ln, to: filepath.Join(cfg.Host, ".s.PGSQL.5432")}
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			go c.pass(in)
		}
	}()
	return c, "postgres://balie@/" + cfg.Database + "?host=" + dir
}

func (c *cutter) cut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == 0 {
		return false
	}
	if c.next--; c.next > 0 {
		return false
	}
	c.next = 3 + rand.IntN(12)
	c.cuts++
	return true
}

func (c *cutter) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("unix", c.to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		defer in.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := out.Read(buf)
			if err != nil {
				return
			}
			if c.cut() {
				return // it was carried out, and nobody hears of it
			}
			if _, err := in.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	io.Copy(out, in)
}

// TestLostAnswers cuts the line again and again after the database has done what it was asked: every sender gets its answer all the same, and
// nothing is there twice.
func TestLostAnswers(t *testing.T) {
	address := pgtest.Database(t)
	direct := open(t, postgres.Options{URL: address})
	c, through := newCutter(t, address)
	e := open(t, postgres.Options{URL: through, Direct: address})
	c.mu.Lock()
	c.next = 5
	c.mu.Unlock()
	const senders, each = 4, 25
	convs := make([]chat.ConversationID, senders)
	var wg sync.WaitGroup
	for s := range senders {
		convs[s] = chat.NewConversationID(time.Now())
		wg.Go(func() {
			for i := range each {
				done, err := e.Commit(t.Context(), relay.Append{Conv: convs[s], At: chat.Seq(i), Drafts: []chat.Draft{says("", fmt.Sprint(i))}})
				if err != nil || done.New != 1 || done.Events[0].Seq != chat.Seq(i+1) {
					t.Errorf("append %d: %d added, at %d (%v)", i, done.New, done.State.Head, err)
					return
				}
			}
		})
	}
	wg.Wait()
	c.mu.Lock()
	cuts := c.cuts
	c.next = 0
	c.mu.Unlock()
	if cuts < 5 {
		t.Errorf("only %d cuts", cuts)
	}
	for _, conv := range convs {
		if row, err := direct.Conversation(t.Context(), conv); err != nil || row.Head != each {
			t.Errorf("%s is at %d, want %d (%v)", conv, row.Head, each, err)
		}
	}
	whole(t, direct)
}

// TestFrozenNode: one that sleeps with a row locked holds the others up for two seconds, not for ever.
func TestFrozenNode(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	e := open(t, postgres.Options{URL: address})
	conv := chat.NewConversationID(time.Now())
	say(t, e, conv, 0, says("", "one"))
	frozen, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close(t.Context())
	if _, err := frozen.Exec(t.Context(), "SET idle_in_transaction_session_timeout = '2s'"); err != nil { // as on every connection of the engine
		t.Fatal(err)
	}
	if _, err := frozen.Exec(t.Context(), "BEGIN; SELECT 1 FROM conversation FOR UPDATE", pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	say(t, e, conv, 1, says("", "two"))
	if d := time.Since(began); d < time.Second || d > 4500*time.Millisecond {
		t.Errorf("waited %v for a frozen node", d)
	}
}

// TestEveryConnectionIsBounded looks at what the engine's own connections work under.
func TestEveryConnectionIsBounded(t *testing.T) {
	e := open(t, postgres.Options{URL: pgtest.Database(t)})
	for name, want := range map[string]string{"idle_in_transaction_session_timeout": "2s", "lock_timeout": "3s", "statement_timeout": "5s"} {
		if got := e.Setting(t.Context(), name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestDatabaseDown: within five seconds nothing is acknowledged any more, and the node says so; when the database is back, so is the node.
func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t, true)
	address, err := pg.Database()
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, postgres.Options{URL: address})
	conv := chat.NewConversationID(time.Now())
	say(t, e, conv, 0, says("1", "one"))
	pg.Crash()
	began := time.Now()
	if err := e.Ping(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("ping: %v", err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := e.Commit(t.Context(), relay.Append{Conv: chat.NewConversationID(time.Now()), At: 0, Drafts: []chat.Draft{says("", "x")}})
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("append without a database: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := e.Commit(t.Context(), relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{says("2", "two")}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("append without a database: %v", err)
	}
	if d := time.Since(began); d > 11*time.Second {
		t.Errorf("two refusals took %v", d)
	}
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	say(t, e, conv, 1, says("2", "two"))
	whole(t, e)
}

// TestPromotion: a database that was promoted from a standby has another history, so positions of before are void.
func TestPromotion(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t, true)
	address, err := pg.Database()
	if err != nil {
		t.Fatal(err)
	}
	e := open(t, postgres.Options{URL: address})
	was := e.Epoch()
	pg.Crash()
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	say(t, e, chat.NewConversationID(time.Now()), 0, says("", "a crash is no other life"))
	if err := pg.Promote(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		e.Ping(t.Context())
		select {
		case <-e.Failed():
			if now := open(t, postgres.Options{URL: address}).Epoch(); now == was {
				t.Errorf("still life %s", now)
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Error("the node did not notice that its database has another history")
}

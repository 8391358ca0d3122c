package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/document"
	"balie/internal/store/postgres"
	"balie/internal/store/postgres/pgtest"
	"balie/internal/store/verify"
)

func open(t *testing.T, opt postgres.Options) *postgres.Engine {
	t.Helper()
	opt.Log = slog.New(slog.DiscardHandler)
	if opt.Route == nil {
		opt.Route = askBot
	}
	e, err := postgres.Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func askBot(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	if added[len(added)-1].By.Role == chat.RoleCustomer {
		return []relay.Leave{{Worker: relay.WorkerBot}}
	}
	return nil
}

func says(key, text string) chat.Draft {
	return chat.Draft{By: chat.Customer, Key: chat.Key(key), Body: &chat.Message{Text: text}}
}

func say(t *testing.T, e *postgres.Engine, conv chat.ConversationID, at chat.Seq, d ...chat.Draft) relay.Appended {
	t.Helper()
	done, err := e.Commit(t.Context(), relay.Append{Conv: conv, At: at, Drafts: d})
	if err != nil {
		t.Fatalf("append to %s at %d: %v", conv, at, err)
	}
	return done
}

// whole folds every log again and compares.
func whole(t *testing.T, e *postgres.Engine) {
	t.Helper()
	_, _, err := verify.Log(t.Context(), e, func(conv chat.ConversationID, problem string) { t.Errorf("%s: %s", conv, problem) }, func(int) {})
	if err != nil {
		t.Error(err)
	}
}

func TestManyOpenAtOnce(t *testing.T) {
	address := pgtest.Database(t)
	var wg sync.WaitGroup
	epochs := make([]string, 6)
	for i := range epochs {
		wg.Go(func() {
			e, err := postgres.Open(t.Context(), postgres.Options{URL: address})
			if err != nil {
				t.Error(err)
				return
			}
			epochs[i] = e.Epoch()
			e.Close()
		})
	}
	wg.Wait()
	for _, e := range epochs {
		if e != epochs[0] {
			t.Errorf("one database, but lives %q", epochs)
		}
	}
}

// TestNodesShareOneTruth: what a node remembers of a conversation may be behind; no answer is.
func TestNodesShareOneTruth(t *testing.T) {
	address := pgtest.Database(t)
	a, b := open(t, postgres.Options{URL: address}), open(t, postgres.Options{URL: address})
	conv := chat.NewConversationID(time.Now())
	say(t, a, conv, 0, says("1", "one"))
	say(t, b, conv, 1, says("2", "two"))
	if _, err := a.Commit(t.Context(), relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{says("", "x")}}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a position that another node has passed: %v", err)
	}
	say(t, b, conv, 2, says("3", "three"))
	say(t, a, conv, 3, says("4", "four")) // a was at 2 when it last looked
	if done := say(t, b, conv, 0, says("4", "four")); done.New != 0 || done.Events[0].Seq != 4 || done.State.Head != 4 {
		t.Errorf("a key that another node wrote: %+v", done)
	}
	if _, err := b.Commit(t.Context(), relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says("1", "other")}}); !fault.Is(err, fault.IDConflict) {
		t.Errorf("a key that another node used for something else: %v", err)
	}
	tasks, _, err := a.Claim(t.Context(), relay.WorkerBot, 5, time.Minute)
	if err != nil || len(tasks) != 1 {
		t.Fatalf("claimed %+v (%v)", tasks, err)
	}
	if twice, _, _ := b.Claim(t.Context(), relay.WorkerBot, 5, time.Minute); len(twice) != 0 {
		t.Errorf("two nodes have the same task: %+v", twice)
	}
	say(t, b, conv, chat.Any, says("5", "five")) // asks again while a has it
	if _, err := a.Commit(t.Context(), relay.Append{Conv: conv, At: chat.Any, Settle: []relay.Settle{{Task: tasks[0]}}}); err != nil {
		t.Errorf("settle: %v", err)
	}
	if again, _, _ := b.Claim(t.Context(), relay.WorkerBot, 5, time.Minute); len(again) != 1 || again[0].Seq != 5 {
		t.Errorf("what was asked for on another node during the claim is lost: %+v", again)
	}
	whole(t, a)
}

// TestNodesRace has two nodes write to the same few conversations at once, and claim what the other left.
func TestNodesRace(t *testing.T) {
	const senders, each = 12, 15
	address := pgtest.Database(t)
	nodes := []*postgres.Engine{open(t, postgres.Options{URL: address}), open(t, postgres.Options{URL: address})}
	convs := []chat.ConversationID{chat.NewConversationID(time.Now()), chat.NewConversationID(time.Now())}
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				e := nodes[(s+i)%2]
				key := fmt.Sprintf("%d/%d", s, i)
				for range 2 { // the second is a retry, on the other node
					if _, err := e.Commit(t.Context(), relay.Append{Conv: convs[s%2], At: chat.Any, Drafts: []chat.Draft{says(key, key)}}); err != nil {
						t.Errorf("append: %v", err)
					}
					e = nodes[(s+i+1)%2]
				}
			}
		})
	}
	wg.Go(func() {
		for range 40 {
			for _, e := range nodes {
				tasks, _, err := e.Claim(t.Context(), relay.WorkerBot, 5, time.Minute)
				if err != nil {
					t.Errorf("claim: %v", err)
				}
				for _, task := range tasks {
					if _, err := e.Commit(t.Context(), relay.Append{Conv: task.Conv, At: chat.Any, Settle: []relay.Settle{{Task: task}}}); err != nil {
						t.Errorf("settle: %v", err)
					}
				}
			}
		}
	})
	wg.Wait()
	for _, conv := range convs {
		if c, err := nodes[0].Conversation(t.Context(), conv); err != nil || c.Head != senders*each/2 {
			t.Errorf("%s is at %d, want %d (%v)", conv, c.Head, senders*each/2, err)
		}
	}
	whole(t, nodes[1])
}

// TestDeadNode: what a node had claimed that is heard of no more is free for the others, long before the lease ends.
func TestDeadNode(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	dead, heir := open(t, postgres.Options{URL: address}), open(t, postgres.Options{URL: address})
	say(t, dead, chat.NewConversationID(time.Now()), 0, says("", "one"))
	tasks, _, err := dead.Claim(t.Context(), relay.WorkerBot, 5, time.Hour)
	if err != nil || len(tasks) != 1 {
		t.Fatalf("claimed %+v (%v)", tasks, err)
	}
	exec(t, address, "INSERT INTO node VALUES ('"+dead.Node()+"', clock_timestamp() - interval '11 seconds')") // the last that was heard of it
	woken := heir.Woken(relay.WorkerBot)
	run(t, heir, relay.New(heir, heir, slog.New(slog.DiscardHandler)))
	select {
	case <-woken:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody was woken")
	}
	again, _, err := heir.Claim(t.Context(), relay.WorkerBot, 5, time.Hour)
	if err != nil || len(again) != 1 || again[0].Tries != 2 {
		t.Errorf("claimed %+v (%v)", again, err)
	}
	_, err = dead.Commit(t.Context(), relay.Append{Conv: tasks[0].Conv, At: 1, Drafts: []chat.Draft{says("", "late")}, Settle: []relay.Settle{{Task: tasks[0]}}})
	if !errors.Is(err, relay.ErrLease) {
		t.Errorf("a node that only slept settles what it has lost: %v", err)
	}
}

// run makes a node live until the test ends.
func run(t *testing.T, e *postgres.Engine, ears postgres.Ears) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx, ears) }()
	t.Cleanup(func() { cancel(); <-done })
}

// listener takes down what it is told.
type listener struct {
	mu   sync.Mutex
	seen chat.Seq
	sig  []relay.Signal
	more chan struct{}
}

func (l *listener) Events(evs []chat.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = evs[len(evs)-1].Seq
	l.poke()
	return nil
}

func (l *listener) Signal(s relay.Signal) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sig = append(l.sig, s)
	l.poke()
	return nil
}

func (l *listener) poke() {
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// wait reports whether something comes to be so in time.
func (l *listener) wait(d time.Duration, ok func() bool) bool {
	end := time.After(d)
	for {
		l.mu.Lock()
		so := ok()
		l.mu.Unlock()
		if so {
			return true
		}
		select {
		case <-l.more:
		case <-end:
			return false
		}
	}
}

// TestHintsAreQuickAndSweepsCertain has one node write and another read: with hints alone, with every hint lost and a sweep, and, which is
// the bug that the sweep is there for, with neither.
func TestHintsAreQuickAndSweepsCertain(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	for _, c := range []struct {
		name          string
		lose, sweep   bool
		arrives       bool
		signalArrives bool
	}{{"hints alone", false, false, true, true}, {"a sweep alone", true, true, true, false}, {"neither", true, false, false, false}} {
		t.Run(c.name, func(t *testing.T) {
			address := pgtest.Database(t)
			a, b := open(t, postgres.Options{URL: address, Lose: func() bool { return c.lose }}), open(t, postgres.Options{URL: address})
			ra, rb := relay.New(a, a, quiet), relay.New(b, b, quiet)
			ra.Join(a)
			rb.Join(b)
			run(t, a, ra)
			run(t, b, rb)
			if c.sweep {
				ctx, cancel := context.WithCancel(context.Background())
				done := make(chan struct{})
				go func() { defer close(done); rb.Sweep(ctx, b, 50*time.Millisecond) }()
				t.Cleanup(func() { cancel(); <-done })
			}
			conv := chat.NewConversationID(time.Now())
			l := &listener{more: make(chan struct{}, 1)}
			f := rb.Follow(conv, 0, l)
			defer f.Close()
			listening(t, address, 2)
			if !c.arrives { // who opens its ears looks at everything once, perhaps a moment later: let that be over
				other, o := chat.NewConversationID(time.Now()), &listener{more: make(chan struct{}, 1)}
				g := rb.Follow(other, 0, o)
				if _, err := ra.Append(t.Context(), other, 0, says("", "first"), says("", "second")); err != nil {
					t.Fatal(err)
				}
				o.wait(300*time.Millisecond, func() bool { return o.seen == 2 })
				g.Close()
			}
			desk := rb.Watch()
			defer desk.Close()
			if _, err := ra.Append(t.Context(), conv, 0, says("", "quiet"), chat.Draft{By: chat.Bot, Body: &chat.OwnerChanged{To: chat.RoleQueue}}); err != nil {
				t.Fatal(err)
			}
			ra.Signal(relay.Signal{Conv: conv, Kind: "typing", From: chat.Bot})
			patience := 20 * time.Second
			if !c.arrives {
				patience = 300 * time.Millisecond
			}
			if got := l.wait(patience, func() bool { return l.seen == 2 }); got != c.arrives {
				t.Errorf("the follower on the other node heard of it: %v, want %v", got, c.arrives)
			}
			if c.arrives {
				select {
				case <-desk.Ready():
				case <-time.After(patience):
					t.Error("the desk on the other node heard nothing")
				}
			}
			if c.signalArrives && !l.wait(patience, func() bool { return len(l.sig) == 1 && l.sig[0].From.Role == chat.RoleBot }) {
				t.Error("the signal did not come")
			}
		})
	}
}

// listening waits until n nodes have their ears open.
func listening(t *testing.T, address string, n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		var open int
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% ears' AND query LIKE 'LISTEN%'").Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == n {
			return
		}
	}
	t.Fatalf("%d nodes do not listen", n)
}

// TestRoundTrips: a message costs one, its conversation's first look one more.
func TestRoundTrips(t *testing.T) {
	e := open(t, postgres.Options{URL: pgtest.Database(t)})
	conv := chat.NewConversationID(time.Now())
	before := e.RoundTrips()
	for i := range 10 {
		say(t, e, conv, chat.Seq(i), says(fmt.Sprint(i), "x"))
	}
	if n := e.RoundTrips() - before; n > 20 {
		t.Errorf("10 messages took %d round trips", n)
	}
}

// TestVerifyFindsDamage spoils each thing that is kept beside a log or a document, and sees it found; and nothing before.
func TestVerifyFindsDamage(t *testing.T) {
	address := pgtest.Database(t)
	e := open(t, postgres.Options{URL: address})
	conv := chat.NewConversationID(time.Now())
	say(t, e, conv, 0, says("1", "one"), says("2", "two"))
	_, err := e.PutDocs(t.Context(), document.Put{Collection: "c", ID: "d", Body: []byte(`1`), Keys: []string{"a/b"}, History: true})
	if err != nil {
		t.Fatal(err)
	}
	problems := func() (all []string) {
		t.Helper()
		if _, _, err := e.Verify(t.Context(), func(_, problem string) { all = append(all, problem) }, func(int) {}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if found := problems(); len(found) > 0 {
		t.Fatalf("whole, but %q", found)
	}
	for _, spoil := range []struct{ sql, undo string }{
		{"UPDATE conversation SET row = replace(row, 'two', 'owt')", "UPDATE conversation SET row = replace(row, 'owt', 'two')"},
		{"UPDATE event SET seq = 3 WHERE seq = 2", "UPDATE event SET seq = 2 WHERE seq = 3"},
		{"UPDATE conversation SET head = 3", "UPDATE conversation SET head = 2"},
		{"UPDATE list SET key = 'queue/9/x'", "UPDATE list SET key = 'bot/' || '" + e.BotList(t.Context(), conv) + "'"},
		{"INSERT INTO event VALUES ('stray', 1, '', '{}')", "DELETE FROM event WHERE conv = 'stray'"},
		{"UPDATE doc_key SET key = 'a/c'", "UPDATE doc_key SET key = 'a/b'"},
		{"DELETE FROM doc_key", "INSERT INTO doc_key VALUES ('c', 'a/b', 'd')"},
		{"UPDATE doc_history SET body = '2'", "UPDATE doc_history SET body = '1'"},
	} {
		exec(t, address, spoil.sql)
		if len(problems()) == 0 {
			t.Errorf("not found: %s", spoil.sql)
		}
		exec(t, address, spoil.undo)
		if found := problems(); len(found) > 0 {
			t.Fatalf("after %s: %q", spoil.undo, found)
		}
	}
}

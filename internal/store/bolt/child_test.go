package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/bolt"
)

// TestMain lets the tests start this binary again as another process: one that opens, writes or reads a data folder.
func TestMain(m *testing.M) {
	switch dir := os.Getenv("BALIE_CHILD_DATA"); os.Getenv("BALIE_CHILD") {
	case "":
		os.Exit(m.Run())
	case "write":
		os.Exit(childWrite(dir))
	case "look":
		os.Exit(childLook(dir))
	default:
		os.Exit(2)
	}
}

// child is this binary as another process. Its stdin keeps it alive: a child whose parent has gone ends by itself.
func child(t *testing.T, what, dir string, env ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), append(env, "BALIE_CHILD="+what, "BALIE_CHILD_DATA="+dir)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // says where it hangs
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// convs are the conversations of the children, the same in every process.
func convs(n int) []chat.ConversationID {
	ids := make([]chat.ConversationID, n)
	for i := range ids {
		ids[i] = chat.ConversationID(fmt.Sprintf("0%025d", i))
	}
	return ids
}

func routeBot(_ *chat.Conversation, added []chat.Event) []relay.Leave {
	if added[len(added)-1].By.Role == chat.RoleCustomer {
		return []relay.Leave{{Worker: relay.WorkerBot}}
	}
	return nil
}

// childWrite opens the data, writes without end from 16 senders and says on stdout what was acknowledged: "ack CONV KEY SEQ". A limit on
// the size of its files plays a full disk. It ends with 3 when the engine gives up.
func childWrite(dir string) int {
	var limit uint64
	if _, err := fmt.Sscan(os.Getenv("BALIE_CHILD_LIMIT"), &limit); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			fmt.Println("limit", err)
			return 2
		}
	}
	e, err := bolt.Open(dir, bolt.Options{Route: routeBot})
	if err != nil {
		fmt.Println("open", err)
		return 1
	}
	fmt.Println("ready")
	var out sync.Mutex
	var wg sync.WaitGroup
	for s := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				conv := convs(5)[(s+i)%5]
				key := chat.Key(fmt.Sprintf("%d-%d-%d", os.Getpid(), s, i))
				done, err := e.Commit(context.Background(), relay.Append{Conv: conv, At: chat.Any,
					Drafts: []chat.Draft{{By: chat.Customer, Key: key, Body: &chat.Message{Text: strings.Repeat("x", 200) + string(key)}}}})
				if err != nil {
					return
				}
				out.Lock()
				fmt.Println("ack", conv, key, done.Events[0].Seq)
				out.Unlock()
			}
		})
	}
	wg.Wait()
	select {
	case err := <-e.Failed():
		fmt.Println("failed", err)
		_, after := e.Commit(context.Background(), relay.Append{Conv: convs(1)[0], At: chat.Any, Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Note{}}}})
		fmt.Println("after", fault.KindOf(after), fault.KindOf(e.Ping(context.Background())))
		return 3
	case <-time.After(10 * time.Second):
		fmt.Println("nothing failed")
		return 4
	}
}

// childLook opens data that may be damaged and reads all of it: 0 nothing found, 1 an error or a problem; anything else is a crash.
func childLook(dir string) int {
	e, err := bolt.Open(dir, bolt.Options{Route: routeBot, LockWait: 100 * time.Millisecond})
	if err != nil {
		fmt.Println("open:", err)
		return 1
	}
	found := 0
	_, _, err = e.Verify(context.Background(), func(conv, problem string) { found++ }, func(int) {})
	for _, id := range convs(5) {
		_, err2 := e.Commit(context.Background(), relay.Append{Conv: id, At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer, Body: &chat.Message{Text: "x"}}}})
		err = errors.Join(err, err2)
	}
	if err = errors.Join(err, e.Close()); err != nil || found > 0 {
		fmt.Println("found", found, err)
		return 1
	}
	return 0
}

// ack is one acknowledgement that a child gave.
type ack struct {
	conv chat.ConversationID
	key  chat.Key
	seq  chat.Seq
}

// writeUntil lets a child write and kills it after so many acknowledgements; with 0 it runs until it ends by itself. It returns what was
// acknowledged and the other lines.
func writeUntil(t *testing.T, dir string, n int, env ...string) (acks []ack, other []string, err error) {
	t.Helper()
	cmd := child(t, "write", dir, env...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		var a ack
		if _, err := fmt.Sscanf(lines.Text(), "ack %s %s %d", &a.conv, &a.key, &a.seq); err != nil {
			other = append(other, lines.Text())
			continue
		}
		acks = append(acks, a)
		if len(acks) == n {
			cmd.Process.Kill() // and read on: what it had already said counts
		}
	}
	return acks, other, cmd.Wait()
}

// holds asserts that every acknowledged event is there once, that nothing has gaps and that all that is derived fits.
func holds(t *testing.T, dir string, acks []ack) {
	t.Helper()
	e := open(t, dir)
	at := map[chat.Key][]ack{}
	for _, id := range convs(5) {
		for after := chat.Seq(0); ; {
			evs, err := e.Read(t.Context(), id, after, 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range evs {
				at[ev.Key] = append(at[ev.Key], ack{id, ev.Key, ev.Seq})
			}
			if len(evs) == 0 {
				break
			}
			after = evs[len(evs)-1].Seq
		}
	}
	for _, a := range acks {
		if got := at[a.key]; len(got) != 1 || got[0] != a {
			t.Errorf("acknowledged %v, found %v", a, got)
		}
	}
	sound(t, e)
	tasks, _, err := e.Claim(t.Context(), relay.WorkerBot, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if c, err := e.Conversation(t.Context(), task.Conv); err != nil || c.Head != task.Seq {
			t.Errorf("the task is at %d, its conversation at %d (%v)", task.Seq, c.Head, err)
		}
	}
	if len(acks) > 100 && len(tasks) != 5 {
		t.Errorf("%d tasks after a crash, want 5", len(tasks))
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string) *bolt.Engine {
	t.Helper()
	e, err := bolt.Open(dir, bolt.Options{Route: routeBot})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// sound asserts that Verify finds nothing.
func sound(t *testing.T, e *bolt.Engine) {
	t.Helper()
	if _, _, err := e.Verify(t.Context(), func(conv, problem string) { t.Errorf("%s: %s", conv, problem) }, func(int) {}); err != nil {
		t.Error(err)
	}
}

// TestKillDuringLoad kills a writing process again and again on the same data. BALIE_SOAK=1 does it five hundred times.
func TestKillDuringLoad(t *testing.T) {
	kills := 20
	if os.Getenv("BALIE_SOAK") != "" {
		kills = 500
	}
	dir := t.TempDir()
	var all []ack
	for i := range kills {
		acks, other, err := writeUntil(t, dir, 300+137*i%1000)
		if err == nil || len(acks) == 0 {
			t.Fatalf("the child ended by itself: %v, %v", other, err)
		}
		all = append(all, acks...)
		holds(t, dir, all)
	}
}

// TestFullDisk lets a process write into a limit: it must say so, acknowledge nothing more, and have kept what it acknowledged.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	acks, other, err := writeUntil(t, dir, 0, "BALIE_CHILD_LIMIT=700000")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || len(acks) == 0 {
		t.Fatalf("%d acknowledged, then %q, %v; want the engine to give up", len(acks), other, err)
	}
	if last := other[len(other)-1]; last != "after unavailable unavailable" {
		t.Errorf("after the failure: %q", last)
	}
	holds(t, dir, acks)
}

// TestSecondProcess opens a folder that another process has.
func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	start := time.Now()
	out, err := child(t, "write", dir).Output()
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the second process took %v to say so", took)
	}
	if err == nil || !strings.Contains(string(out), "in use by another balie") {
		t.Errorf("the second process said %q (%v)", out, err)
	}
	if _, err := bolt.Open(dir, bolt.Options{LockWait: 50 * time.Millisecond}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a second opening gave %v", err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

// TestCrashWhileMaking leaves half a new data file behind.
func TestCrashWhileMaking(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".new-1.db"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	sound(t, open(t, dir))
}

// TestHoldKeepsOthersOut: a folder that is held is refused until it is let go of, and a file left behind holds nobody up.
func TestHoldKeepsOthersOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	for range 2 {
		release, err := bolt.Hold(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bolt.Hold(dir); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.Text(err), dir) {
			t.Errorf("held twice: %v", err)
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
	}
}

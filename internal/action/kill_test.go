package action_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"balie/internal/action"
	"balie/internal/chat"
	"balie/internal/connector/demo"
	"balie/internal/relay"
	"balie/internal/store/bolt"
	"balie/internal/store/document"
)

// childDir names the data folder to a copy of this program that is there to be killed.
const childDir = "BALIE_TEST_LEDGER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
		return
	}
	os.Exit(m.Run())
}

// child runs the ledger's worker on real time, under every trouble, until nothing is left to do or somebody kills it.
func child(dir string) {
	fatal := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	e, err := bolt.Open(dir, bolt.Options{Route: action.Wants, LockWait: 10 * time.Second, NoSync: true}) // a killed process loses no page
	fatal(err)
	quiet := slog.New(slog.DiscardHandler)
	n, err := strconv.Atoi(os.Getenv("BALIE_TEST_LEDGER_ACTS"))
	fatal(err)
	shop := demo.New(demo.Bytes(bigShop(n, 1)), document.In(e, "demo", document.Options[demo.Record]{}), time.Now)
	r := relay.New(e, e, quiet)
	l := action.New(r, previewing{demo.Faults{System: shop, Delay: time.Minute, Pick: trouble(rand.New(rand.NewPCG(rand.Uint64(), 1)))}, shop}, action.Shelves{
		Limits: document.In(e, "limits", document.Options[action.Limits]{}), Spent: document.In(e, "spent", document.Options[action.Spent]{}),
	}, action.Settings{Timeout: 5 * time.Millisecond, Quiet: 20 * time.Millisecond, GiveUp: 30 * time.Second, Person: 40 * time.Second, Log: quiet}, nil)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		for !settled(ctx, e) {
			time.Sleep(50 * time.Millisecond)
		}
		stop()
	}()
	fatal(r.Run(ctx, l.Worker(), relay.Settings{}))
	fatal(e.Close())
}

// settled tells whether every act is over or with a person.
func settled(ctx context.Context, e *bolt.Engine) bool {
	all := true
	e.All(ctx, "", func(id chat.ConversationID) bool {
		c, err := e.Conversation(ctx, id)
		all = all && err == nil && (c.Actions[0].State.Over() || c.Actions[0].State == chat.ActionUnknown && c.Owner.Role == chat.RoleQueue)
		return all
	})
	return all
}

// TestKilled kills the process again and again while it carries out acts under every trouble, and looks at the end whether each act
// that the log calls done was done once, and no other.
func TestKilled(t *testing.T) {
	n := 60
	if os.Getenv("BALIE_SOAK") == "1" {
		n = 1000
	}
	r := newRigOn(t, bigShop(n, 1))
	r.at = time.Now() // the child lives on real time
	var convs []chat.ConversationID
	for i := range n {
		conv := r.begin(fmt.Sprintf("cust_%d", i), chat.LevelOrder)
		convs = append(convs, conv)
		r.agree(conv, giveBack(i, 1))
	}
	if err := r.engine.Close(); err != nil {
		t.Fatal(err)
	}
	kills := 0
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if time.Now().After(deadline) {
			t.Fatal("the acts never come to an end")
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+r.dir, fmt.Sprintf("BALIE_TEST_LEDGER_ACTS=%d", n))
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		life := time.Duration(30+rand.IntN(300)) * time.Millisecond
		if kills >= 12+n/20 {
			life = time.Minute
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("child: %v", err)
			}
			r.countKilled(convs, kills)
			return
		case <-time.After(life):
			kills++
			cmd.Process.Kill()
			<-ended
		}
	}
}

// countKilled compares log and order system after the killings.
func (r *rig) countKilled(convs []chat.ConversationID, kills int) {
	r.Helper()
	r.open()
	records := document.In(r.engine, "demo", document.Options[demo.Record]{})
	states := map[chat.ActionState]int{}
	for i, conv := range convs {
		a := r.conv(conv).Actions[0]
		states[a.State]++
		rec, _, err := records.Get(r.ctx, fmt.Sprintf("account/cust_%d", i))
		done := 0
		if err == nil {
			done = rec.Account.Count
		}
		want := 0
		if a.State == chat.ActionDone {
			want = 1
		}
		if done != want && a.State != chat.ActionUnknown || done > 1 {
			r.Errorf("act %s is %s (%s), and the order system did %d writes: %s", a.ID, a.State, a.Reason, done, r.phases(conv, a.ID))
		}
	}
	r.Logf("%d acts, killed %d times: %v", len(convs), kills, states)
	if kills == 0 {
		r.Error("nobody was killed")
	}
}

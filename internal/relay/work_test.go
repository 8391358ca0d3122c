package relay_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
)

// worker is a bot made of a function.
type worker func(ctx context.Context, t relay.Task) error

func (worker) Name() string                                   { return relay.WorkerBot }
func (w worker) Work(ctx context.Context, t relay.Task) error { return w(ctx, t) }

// start runs a worker until the test, or the returned function, stops it.
func start(t *testing.T, r *relay.Relay, s relay.Settings, w worker) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx, w, s); err != nil {
			t.Error(err)
		}
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case <-done:
			case <-time.After(deadline):
				t.Error("the worker does not stop")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// answer settles a task with a word of the bot, or without one if the customer's last word was answered already.
func answer(ctx context.Context, r *relay.Relay, t relay.Task, text string) error {
	c, err := r.Conversation(ctx, t.Conv)
	if err != nil {
		return err
	}
	if c.Answered > c.Heard {
		return r.Settle(ctx, t, time.Time{})
	}
	_, err = r.Commit(ctx, relay.Append{Conv: t.Conv, At: c.Head, Settle: []relay.Settle{{Task: t}},
		Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Message{Text: text, Re: c.Heard}}}})
	return err
}

// answered waits until the bot has said something to the customer's last word.
func answered(t *testing.T, r *relay.Relay, id chat.ConversationID) chat.Conversation {
	t.Helper()
	e := newEar(t, 0)
	defer r.Follow(id, 0, e).Close()
	var c chat.Conversation
	e.until("answered", func() bool {
		var err error
		c, err = r.Conversation(context.Background(), id)
		return err == nil && c.Answered > c.Heard
	})
	return c
}

func TestEveryMessageIsLookedAt(t *testing.T) {
	r, _ := office(t)
	var at sync.Map
	start(t, r, relay.Settings{}, func(ctx context.Context, task relay.Task) error {
		if _, twice := at.LoadOrStore(task.Conv, true); twice {
			t.Errorf("%s is worked on twice at once", task.Conv)
		}
		runtime.Gosched()
		at.Delete(task.Conv) // the answer settles the task: from then on the next one may be claimed
		return answer(ctx, r, task, "yes?")
	})
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			for i := range 10 {
				say(t, r, conv(n), fmt.Sprint(i))
			}
		})
	}
	wg.Wait()
	for n := range 20 {
		answered(t, r, conv(n))
	}
}

func TestFailuresComeBack(t *testing.T) {
	r, _ := office(t)
	var calls atomic.Int32
	start(t, r, relay.Settings{}, func(ctx context.Context, task relay.Task) error {
		if task.Conv != conv(1) {
			return answer(ctx, r, task, "at once")
		}
		switch calls.Add(1) {
		case 1:
			if task.Tries != 1 {
				t.Errorf("first try is %d", task.Tries)
			}
			return errors.New("a back end failed")
		case 2:
			if task.Tries != 2 {
				t.Errorf("second try is %d", task.Tries)
			}
			panic("one bad conversation")
		}
		return answer(ctx, r, task, "at last")
	})
	say(t, r, conv(1), "hello")
	say(t, r, conv(2), "and another, meanwhile")
	answered(t, r, conv(1))
	answered(t, r, conv(2))
}

func TestAConflictLooksAgain(t *testing.T) {
	r, _ := office(t)
	var calls atomic.Int32
	start(t, r, relay.Settings{}, func(ctx context.Context, task relay.Task) error {
		if calls.Add(1) > 1 {
			return answer(ctx, r, task, "to both")
		}
		c, err := r.Conversation(ctx, task.Conv)
		if err != nil {
			return err
		}
		say(t, r, task.Conv, "somebody speaks first")
		_, err = r.Commit(ctx, relay.Append{Conv: task.Conv, At: c.Head, Settle: []relay.Settle{{Task: task}},
			Drafts: []chat.Draft{{By: chat.Bot, Body: &chat.Message{Text: "too late"}}}})
		return err
	})
	say(t, r, conv(1), "hello")
	if c := answered(t, r, conv(1)); c.Last.Text != "to both" || c.Head != 3 {
		t.Errorf("the last word is %q at %d", c.Last.Text, c.Head)
	}
}

func TestALostLeaseEndsTheWork(t *testing.T) {
	r, _ := office(t)
	var calls atomic.Int32
	second := make(chan struct{})
	start(t, r, relay.Settings{Lease: 50 * time.Millisecond}, func(ctx context.Context, task relay.Task) error {
		if calls.Add(1) > 1 {
			defer func() {
				select {
				case <-second:
				default:
					close(second)
				}
			}()
			return answer(ctx, r, task, fmt.Sprint("try ", task.Tries))
		}
		<-second // somebody else has picked it up and answered
		return answer(ctx, r, task, "from the dead")
	})
	say(t, r, conv(1), "hello")
	if c := answered(t, r, conv(1)); !strings.HasPrefix(c.Last.Text, "try ") || c.Head != 2 {
		t.Errorf("the last word is %q at %d", c.Last.Text, c.Head)
	}
}

func TestRunWaitsForWhatIsInHand(t *testing.T) {
	r, _ := office(t)
	began, end := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	stop := start(t, r, relay.Settings{Parallel: 1}, func(ctx context.Context, task relay.Task) error {
		close(began)
		<-ctx.Done()
		<-end
		err := answer(context.WithoutCancel(ctx), r, task, "done")
		finished.Store(true)
		return err
	})
	say(t, r, conv(1), "hello")
	<-began
	go close(end)
	stop()
	if !finished.Load() {
		t.Error("Run returned before its work was done")
	}
}

func TestATimerGoesOff(t *testing.T) {
	r, _ := office(t)
	start(t, r, relay.Settings{Poll: time.Hour}, func(ctx context.Context, task relay.Task) error {
		if task.Name == "timer" {
			return answer(ctx, r, task, "time is up")
		}
		_, err := r.Commit(ctx, relay.Append{Conv: task.Conv, At: chat.Any, Settle: []relay.Settle{{Task: task}},
			Leave: []relay.Leave{{Worker: relay.WorkerBot, Name: "timer", Due: time.Now().Add(30 * time.Millisecond)}}})
		return err
	})
	say(t, r, conv(1), "hello")
	if c := answered(t, r, conv(1)); c.Last.Text != "time is up" {
		t.Errorf("the last word is %q", c.Last.Text)
	}
}

// TestNobodyStaysBehind looks for goroutines of the mail room after everything was closed.
func TestNobodyStaysBehind(t *testing.T) {
	r, _ := office(t)
	stop := start(t, r, relay.Settings{}, func(ctx context.Context, task relay.Task) error { return answer(ctx, r, task, "yes?") })
	for n := range 20 {
		e := newEar(t, 0)
		f := r.Follow(conv(n), 0, e)
		say(t, r, conv(n), "hello")
		answered(t, r, conv(n))
		f.Close()
	}
	stop()
	late := time.Now().Add(deadline)
	for {
		buf := make([]byte, 1<<20)
		stacks := string(buf[:runtime.Stack(buf, true)])
		left := strings.Count(stacks, "relay.(*Follower)") + strings.Count(stacks, "relay.(*Relay).Run") + strings.Count(stacks, "relay.(*Relay).do")
		if left == 0 {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%d still there:\n%s", left, stacks)
		}
		runtime.Gosched()
	}
}

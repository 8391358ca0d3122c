package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
)

var taskSpecs = []spec{
	{"tasks come with their events and survive a crash", tasksSurvive},
	{"reasons to look add up to one task", coalesce},
	{"a lease ends, and settles nothing then", leases},
	{"an expired lease gives the old place back", oldPlace},
	{"a task left until later comes back", later},
	{"a task asked for while it was claimed stays", bumped},
	{"the oldest task goes first", oldestFirst},
	{"workers are woken", woken},
	{"a task is there only when its event is", neverEarly},
}

func tasksSurvive(r *rig) {
	conv := r.conv()
	r.say(conv, says("hello"))
	r.say(r.conv(), by(chat.System, &chat.Opened{Site: "demo"}))
	task := r.one()
	if task.Conv != conv || task.Seq != 1 || task.Tries != 1 || task.Lease == "" || task.Name != "" || task.Worker != relay.WorkerBot {
		r.Errorf("claimed %+v", task)
	}
	r.none("somebody has it")
	r.crash()
	r.clock.move(time.Hour)
	if task = r.one(); task.Conv != conv || task.Seq != 1 {
		r.Errorf("after a crash: %+v", task)
	}
	r.commit(relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{by(chat.Bot, &chat.Message{Text: "hi"})},
		Settle: []relay.Settle{{Task: task}},
		Leave:  []relay.Leave{{Worker: relay.WorkerHandoff, Name: "close", Due: r.clock.Now().Add(time.Hour)}}})
	r.none("it was settled with the answer")
	r.crash()
	r.clock.move(59 * time.Minute)
	r.none("it was settled with the answer, a crash ago")
	if tasks := r.claim(relay.WorkerHandoff, 9, time.Minute); len(tasks) != 0 {
		r.Errorf("the timer went off early: %+v", tasks)
	}
	r.clock.move(time.Minute)
	if tasks := r.claim(relay.WorkerHandoff, 9, time.Minute); len(tasks) != 1 || tasks[0].Name != "close" || tasks[0].Seq != 2 {
		r.Errorf("the timer gave %+v", tasks)
	}
}

func coalesce(r *rig) {
	conv := r.conv()
	for range 3 {
		r.say(conv, says("hello"), says("hello?"))
	}
	leave := func(name string) {
		r.commit(relay.Append{Conv: conv, At: chat.Any, Leave: []relay.Leave{{Worker: relay.WorkerBot, Name: name}}})
	}
	leave("timer")
	leave("timer")
	tasks := r.claim(relay.WorkerBot, 10, time.Minute)
	if len(tasks) != 2 || tasks[0].Name != "" || tasks[0].Seq != 6 || tasks[1].Name != "timer" {
		r.Errorf("claimed %+v, want one for the events, at 6, and one timer", tasks)
	}
	r.none("they are claimed")
}

func leases(r *rig) {
	conv := r.conv()
	r.say(conv, says("hello"))
	first := r.one()
	_, next, err := r.Claim(r.ctx, relay.WorkerBot, 10, time.Minute)
	if left := next.Sub(r.clock.Now()); err != nil || left <= 0 || left > time.Minute {
		r.Errorf("the next is due at %v (%v), want when the lease ends", next, err)
	}
	r.clock.move(61 * time.Second)
	answer := relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{by(chat.Bot, &chat.Message{Text: "late"})}, Settle: []relay.Settle{{Task: first}}}
	lost := func(when string) {
		r.Helper()
		if _, err := r.Commit(r.ctx, answer); !errors.Is(err, relay.ErrLease) {
			r.Errorf("%s, a stale lease got %v", when, err)
		}
	}
	lost("before anybody else claimed it")
	second := r.one()
	if second.Tries != 2 || second.Lease == first.Lease {
		r.Errorf("the second claim is %+v, the first was %+v", second, first)
	}
	lost("when somebody else has it")
	answer.Settle = []relay.Settle{{Task: second}}
	r.commit(answer)
	answer.At = chat.Any
	lost("when it is settled")
	r.clock.move(time.Hour)
	r.none("it is settled")
	if n := len(r.read(conv)); n != 2 {
		r.Errorf("%d events, want 2: a stale lease adds none", n)
	}
	r.say(conv, says("again"))
	old := r.one()
	r.crash()
	r.clock.move(2 * time.Minute)
	r.one()
	answer = relay.Append{Conv: conv, At: chat.Any, Settle: []relay.Settle{{Task: old}}}
	lost("after a crash")
}

func oldPlace(r *rig) {
	a, b, c := r.conv(), r.conv(), r.conv()
	r.say(a, says("first"))
	task := r.one()
	r.clock.move(10 * time.Second)
	r.say(b, says("second"))
	r.clock.move(10 * time.Second)
	r.say(c, says("third"))
	r.clock.move(time.Minute)
	var got []chat.ConversationID
	for range 3 {
		for _, t := range r.claim(relay.WorkerBot, 1, time.Minute) {
			got = append(got, t.Conv)
		}
	}
	r.same("order after the lease of "+string(task.Conv)+" ran out", got, []chat.ConversationID{a, b, c})
}

func later(r *rig) {
	conv := r.conv()
	r.say(conv, says("hello"))
	r.settle(relay.Settle{Task: r.one(), Later: r.clock.Now().Add(time.Minute), Failed: true})
	tasks, next, err := r.Claim(r.ctx, relay.WorkerBot, 10, time.Minute)
	if left := next.Sub(r.clock.Now()); err != nil || len(tasks) != 0 || left <= 0 || left > time.Minute {
		r.Errorf("put off for a minute: claimed %+v, next %v (%v)", tasks, next, err)
	}
	r.clock.move(time.Minute)
	t := r.one()
	if t.Tries != 2 || t.Seq != 1 {
		r.Errorf("back after a failure: %+v, want the second try", t)
	}
	r.settle(relay.Settle{Task: t, Later: r.clock.Now().Add(time.Hour)})
	r.crash()
	r.clock.move(59 * time.Minute)
	r.none("it was put off for an hour")
	r.clock.move(time.Minute)
	if t = r.one(); t.Tries != 1 || t.Seq != 1 {
		r.Errorf("back after an hour: %+v, want the first try", t)
	}
	r.settle(relay.Settle{Task: t, Later: r.clock.Now().Add(time.Hour)})
	r.say(conv, says("more"))
	if t = r.one(); t.Seq != 2 {
		r.Errorf("a new word brings the task back at once, at 2: %+v", t)
	}
}

func bumped(r *rig) {
	conv := r.conv()
	r.say(conv, says("one"))
	for i, settle := range []relay.Settle{{}, {Later: r.clock.Now().Add(time.Hour)}} {
		settle.Task = r.one()
		r.say(conv, says("another"))
		r.none("it is claimed, though something new came")
		r.settle(settle)
		if got := r.row(conv).Head; got != chat.Seq(i+2) {
			r.Errorf("head %d", got)
		}
	}
	t := r.one()
	if t.Seq != 3 {
		r.Errorf("it stays with what it was asked for last: %+v", t)
	}
	due := r.clock.Now().Add(time.Minute)
	r.commit(relay.Append{Conv: conv, At: chat.Any, Leave: []relay.Leave{{Worker: relay.WorkerBot, Due: due}}})
	r.settle(relay.Settle{Task: t})
	r.none("a timer was set while it was claimed, for later")
	r.clock.move(time.Minute)
	t = r.one()
	r.commit(relay.Append{Conv: conv, At: chat.Any, Settle: []relay.Settle{{Task: t}}, Leave: []relay.Leave{{Worker: relay.WorkerBot}}})
	t = r.one()
	r.settle(relay.Settle{Task: t})
	r.clock.move(time.Hour)
	r.none("nothing asked again")
}

func oldestFirst(r *rig) {
	var convs []chat.ConversationID
	for range 5 {
		convs = append(convs, r.conv())
	}
	order := []int{3, 1, 4, 0, 2}
	now := r.clock.Now()
	for i, n := range order {
		r.commit(relay.Append{Conv: convs[n], At: chat.Any, Drafts: []chat.Draft{by(chat.System, &chat.Opened{})},
			Leave: []relay.Leave{{Worker: relay.WorkerBot, Due: now.Add(time.Duration(len(order)-i) * time.Second)}}})
	}
	r.none("nothing is due")
	r.clock.move(time.Minute)
	r.reopen()
	var got, want []string
	for i := range order {
		want = append(want, string(convs[order[len(order)-1-i]]))
	}
	for len(got) < len(order) {
		tasks := r.claim(relay.WorkerBot, 2, time.Hour)
		if len(tasks) == 0 || len(tasks) > 2 {
			r.Fatalf("claimed %d tasks, asked for 2", len(tasks))
		}
		for _, t := range tasks {
			got = append(got, string(t.Conv))
		}
	}
	r.same("tasks by when they are due", got, want)
}

// aWhile is how long a wake-up may take before it is called missing.
const aWhile = 20 * time.Second

func woken(r *rig) {
	ch := r.Woken(relay.WorkerBot)
	wait := func(why string) {
		r.Helper()
		select {
		case <-ch:
		case <-time.After(aWhile):
			r.Fatalf("not woken by %s", why)
		}
	}
	drain := func() {
		for {
			select {
			case <-ch:
			default:
				return
			}
		}
	}
	conv := r.conv()
	drain()
	r.say(conv, says("hello"))
	wait("a new task")
	for range 100 {
		r.say(conv, says("nobody takes the tokens"))
	}
	wait("many tasks")
	t := r.one()
	drain()
	r.say(conv, says("while it is claimed"))
	r.settle(relay.Settle{Task: t})
	wait("the end of a claim that leaves work")
	if cap(ch) != 1 {
		r.Errorf("the wake-up has %d slots, want one", cap(ch))
	}
}

func neverEarly(r *rig) {
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		conv := r.conv()
		wg.Go(func() {
			for i := range each {
				if _, err := r.Commit(r.ctx, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says(fmt.Sprint(w, i))}}); err != nil {
					r.Errorf("append: %v", err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	answered := map[chat.ConversationID]chat.Seq{}
	for over := false; !over; {
		select {
		case <-written:
			over = true
		default:
		}
		tasks, _, err := r.Claim(r.ctx, relay.WorkerBot, 4, time.Minute)
		if err != nil {
			r.Fatalf("claim: %v", err)
		}
		for _, t := range tasks {
			c, err := r.Conversation(r.ctx, t.Conv)
			if err != nil || c.Head < t.Seq {
				r.Errorf("the task asks to look at event %d of %s, where %d can be read (%v)", t.Seq, t.Conv, c.Head, err)
			}
			answered[t.Conv] = c.Head
			if _, err := r.Commit(r.ctx, relay.Append{Conv: t.Conv, At: chat.Any, Settle: []relay.Settle{{Task: t}}}); err != nil {
				r.Errorf("settle: %v", err)
			}
			over = false
		}
	}
	for conv, seen := range answered {
		if seen != each {
			r.Errorf("the last %d words of %s were never looked at", each-seen, conv)
		}
	}
	if len(answered) != writers {
		r.Errorf("%d conversations were looked at, want %d", len(answered), writers)
	}
}

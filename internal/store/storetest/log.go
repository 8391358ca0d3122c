package storetest

import (
	"fmt"
	"sync"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

var logSpecs = []spec{
	{"numbers have no gaps under 64 writers", gapless},
	{"the position is a condition", positions},
	{"a refused append leaves nothing", refusedLeavesNothing},
	{"a repeated key gives the first event", repeatedKey},
	{"a key is for one body and one party", keyConflict},
	{"reading has edges", readEdges},
	{"all conversations, in pages", allPages},
	{"what cannot be written is refused, and nothing breaks", hostile},
	{"a life has a name", epoch},
}

func gapless(r *rig) {
	const writers, each = 64, 6
	convs := []chat.ConversationID{r.conv(), r.conv(), r.conv()}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				text := fmt.Sprintf("%d/%d", w, i)
				done, err := r.Commit(r.ctx, relay.Append{Conv: convs[w%3], At: chat.Any, Drafts: []chat.Draft{keyed(chat.Key(text), text), says("and")}})
				if err != nil {
					r.Errorf("append: %v", err)
					return
				}
				if len(done.Events) != 2 || done.New != 2 || done.Events[1].Seq != done.Events[0].Seq+1 || done.State.Head != done.Events[1].Seq {
					r.Errorf("two drafts became %+v", done)
				}
				back, err := r.Read(r.ctx, convs[w%3], done.Events[0].Seq-1, 1)
				if err != nil || len(back) != 1 || back[0].Body.(*chat.Message).Text != text {
					r.Errorf("event %d reads %+v (%v), want %q", done.Events[0].Seq, back, err, text)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, conv := range convs {
		total += len(r.read(conv))
		r.folds(conv)
	}
	if total != writers*each*2 {
		r.Errorf("%d events, want %d", total, writers*each*2)
	}
}

func positions(r *rig) {
	conv := r.conv()
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{says("x")}})
	r.commit(relay.Append{Conv: conv, At: 0, Drafts: []chat.Draft{says("one")}})
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 0, Drafts: []chat.Draft{says("x")}})
	r.commit(relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{says("two"), says("three")}})
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 2, Drafts: []chat.Draft{says("x")}})
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 4, Drafts: []chat.Draft{says("x")}})
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 2, Leave: []relay.Leave{{Worker: relay.WorkerBot}}})
	if n := len(r.read(conv)); n != 3 {
		r.Errorf("%d events, want 3", n)
	}
	const racers = 16
	var wg sync.WaitGroup
	won := make(chan chat.Seq, racers)
	for i := range racers {
		wg.Go(func() {
			done, err := r.Commit(r.ctx, relay.Append{Conv: conv, At: 3, Drafts: []chat.Draft{says(fmt.Sprint(i))}})
			if err == nil {
				won <- done.Events[0].Seq
			} else if !fault.Is(err, fault.Conflict) {
				r.Errorf("the loser of a race got %v", err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		r.Errorf("%d of %d writers won the same position", len(won), racers)
	}
}

func refusedLeavesNothing(r *rig) {
	conv, other := r.conv(), r.conv()
	r.say(conv, keyed("a", "hello"))
	r.settle(relay.Settle{Task: r.one()})
	before, row := r.read(conv), r.row(conv)
	_, lists := r.list("", "", false)

	escalate := by(chat.Bot, &chat.OwnerChanged{To: chat.RoleQueue, Reason: chat.ReasonStuck})
	leave := []relay.Leave{{Worker: relay.WorkerBot, Name: "timer"}}
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 0, Drafts: []chat.Draft{says("x"), escalate}, Leave: leave})
	r.refused(fault.IDConflict, relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{keyed("b", "new"), escalate, keyed("a", "other")}, Leave: leave})
	r.refused(fault.Conflict, relay.Append{Conv: other, At: 3, Drafts: []chat.Draft{says("x")}, Leave: leave})
	stale := relay.Settle{Task: relay.Task{Worker: relay.WorkerBot, Conv: conv, Lease: "stale"}}
	r.refused(fault.Conflict, relay.Append{Conv: conv, At: 1, Drafts: []chat.Draft{says("x")}, Settle: []relay.Settle{stale}, Leave: leave})

	for range 2 {
		r.same("events after refusals", r.read(conv), before)
		r.same("row after refusals", r.row(conv), row)
		_, now := r.list("", "", false)
		r.same("lists after refusals", now, lists)
		r.none("refused appends leave no task")
		if _, err := r.Conversation(r.ctx, other); !fault.Is(err, fault.NotFound) {
			r.Errorf("a conversation whose first append was refused: %v, want not found", err)
		}
		r.crash()
	}
	if got := r.say(conv, keyed("b", "another")).Events[0]; got.Seq != 2 {
		r.Errorf("the key of a refused append is still free, but its next use became %+v", got)
	}
}

func repeatedKey(r *rig) {
	conv := r.conv()
	first := r.say(conv, keyed("a", "hello")).Events[0]
	check := func(when string, a relay.Append, want ...chat.Seq) {
		r.Helper()
		done := r.commit(a)
		var got []chat.Seq
		for _, e := range done.Events {
			got = append(got, e.Seq)
		}
		r.same(when, got, want)
	}
	again := relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{keyed("a", "hello")}}
	check("the same key again", again, 1)
	r.same("the earlier event", r.commit(again).Events[0], first)
	if done := r.commit(again); done.New != 0 || done.State.Head != 1 {
		r.Errorf("a repeat added something: %+v", done)
	}
	again.At = 77
	check("nothing but repeats does not look at the position", again, 1)
	mixed := relay.Append{Conv: conv, At: 77, Drafts: []chat.Draft{says("fresh"), keyed("a", "hello")}}
	r.refused(fault.Conflict, mixed)
	mixed.At = 1
	check("a fresh draft beside a repeat", mixed, 2, 1)
	check("twice in one call", relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{keyed("c", "x"), keyed("c", "x"), says("y")}}, 3, 3, 4)
	check("empty keys promise nothing", relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says("y"), says("y")}}, 5, 6)
	check("the key in another conversation", relay.Append{Conv: r.conv(), At: 0, Drafts: []chat.Draft{keyed("a", "hello")}}, 1)
	odd := relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{keyed("odd", "bad \xff\xfe, good \ufffd <&> \u2028")}}
	check("text that is no UTF-8", odd, 7)
	check("and again", odd, 7)
	r.reopen()
	check("after closing and opening", again, 1)
	check("text that is no UTF-8, after closing and opening", odd, 7)
	r.crash()
	check("after a crash", again, 1)
	if n := len(r.read(conv)); n != 7 {
		r.Errorf("%d events, want 7", n)
	}
}

func keyConflict(r *rig) {
	conv := r.conv()
	r.say(conv, keyed("a", "hello"))
	for range 2 {
		for _, d := range []chat.Draft{
			keyed("a", "Hello"),
			{By: chat.Bot, Key: "a", Body: &chat.Message{Text: "hello"}},
			{By: chat.Customer, Key: "a", Body: &chat.Note{Text: "hello"}},
			{By: chat.Party{Role: chat.RoleCustomer, ID: "7"}, Key: "a", Body: &chat.Message{Text: "hello"}},
		} {
			r.refused(fault.IDConflict, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says("before"), d}})
		}
		r.refused(fault.IDConflict, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{keyed("n", "x"), keyed("n", "y")}})
		r.reopen()
	}
	if n := len(r.read(conv)); n != 1 {
		r.Errorf("%d events, want 1", n)
	}
}

func readEdges(r *rig) {
	conv, next := r.conv(), r.conv()
	for i := range 5 {
		r.say(conv, says(fmt.Sprint(i)))
	}
	r.say(next, says("the neighbour's"))
	for _, c := range []struct {
		conv  chat.ConversationID
		after chat.Seq
		max   int
		want  int
	}{
		{conv, 0, 100, 5}, {conv, 0, 2, 2}, {conv, 3, 100, 2}, {conv, 5, 100, 0}, {conv, 99, 100, 0},
		{conv, chat.Any, 100, 0}, {conv, chat.Any - 1, 100, 0}, {conv, chat.Any - 2, 100, 0}, {conv, 0, 0, 0},
		{conv, 0, -1, 0}, {r.conv(), 0, 100, 0}, {"no such form", 0, 100, 0}, {"", 0, 100, 0},
	} {
		evs, err := r.Read(r.ctx, c.conv, c.after, c.max)
		if err != nil || len(evs) != c.want {
			r.Errorf("read %q after %d, at most %d: %d events (%v), want %d", c.conv, c.after, c.max, len(evs), err, c.want)
		}
		if len(evs) > 0 && evs[0].Seq != c.after+1 {
			r.Errorf("read after %d begins with %d", c.after, evs[0].Seq)
		}
	}
	for _, id := range []chat.ConversationID{r.conv(), "", "no such form"} {
		if _, err := r.Conversation(r.ctx, id); !fault.Is(err, fault.NotFound) {
			r.Errorf("conversation %q: %v, want not found", id, err)
		}
	}
}

func allPages(r *rig) {
	const n = 1100
	ids := make([]chat.ConversationID, n)
	for i := range ids {
		ids[i] = r.conv()
	}
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Go(func() {
			for i := w; i < n; i += 64 {
				if _, err := r.Commit(r.ctx, relay.Append{Conv: ids[i], At: 0, Drafts: []chat.Draft{says("x"), says("y")}}); err != nil {
					r.Errorf("append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	all := func(after chat.ConversationID, max int) (got []chat.ConversationID) {
		err := r.All(r.ctx, after, func(id chat.ConversationID) bool {
			got = append(got, id)
			return len(got) < max
		})
		if err != nil {
			r.Errorf("all: %v", err)
		}
		return got
	}
	r.same("all conversations", all("", n+1), ids)
	r.same("after one of them", all(ids[77], n+1), ids[78:])
	r.same("until told to stop", all("", 3), ids[:3])
	r.same("after the last", len(all(ids[n-1], n)), 0)
}

func hostile(r *rig) {
	conv := r.conv()
	r.say(conv, says("hello"))
	long := string(make([]byte, 3000))
	task := r.one()
	bad := func(kind fault.Kind, a relay.Append) { r.Helper(); r.refused(kind, a) }
	for _, id := range []chat.ConversationID{"", "x", chat.ConversationID(long), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", conv + "0", "0000000000000000000000000\x00"} {
		bad(fault.NotFound, relay.Append{Conv: id, At: chat.Any, Drafts: []chat.Draft{says("x")}})
	}
	bad(fault.Invalid, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{{By: chat.Customer}}})
	for _, key := range []chat.Key{"a\x00b", "\xff", chat.Key(long)} {
		bad(fault.Invalid, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{keyed(key, "x")}})
	}
	bad(fault.TooLong, relay.Append{Conv: conv, At: chat.Any, Drafts: []chat.Draft{says(string(make([]byte, 2<<20)))}})
	bad(fault.Invalid, relay.Append{Conv: conv, At: chat.Any, Drafts: make([]chat.Draft, 10_000)})
	for _, l := range []relay.Leave{{}, {Worker: "a\x00b"}, {Worker: "bot", Name: long}, {Worker: "bot", Name: "\x00"}} {
		bad(fault.Invalid, relay.Append{Conv: conv, At: chat.Any, Leave: []relay.Leave{l}})
	}
	bad(fault.Invalid, relay.Append{Conv: r.conv(), At: chat.Any, Settle: []relay.Settle{{Task: task}}})
	r.say(conv, by(chat.System, &chat.Identified{Level: chat.LevelSignedIn, ID: long + "/\xff", Name: long}))
	r.say(conv, by(chat.System, &chat.OwnerChanged{To: chat.RoleAgent, Agent: long + "\x00", Reason: chat.ReasonAssigned}))
	r.settle(relay.Settle{Task: task})
	r.folds(conv)
	r.crash()
	r.folds(conv)
	if ids, _ := r.list("", "", false); len(ids) != 2 || len(r.read(conv)) != 3 {
		r.Errorf("lists name %d conversations, the log has %d events; want 2 and 3", len(ids), len(r.read(conv)))
	}
}

func epoch(r *rig) {
	was := r.Epoch()
	if was == "" {
		r.Fatalf("no epoch")
	}
	r.say(r.conv(), says("x"))
	r.reopen()
	r.same("epoch after closing and opening", r.Epoch(), was)
	r.crash()
	r.same("epoch after a crash", r.Epoch(), was)
	if err := r.Store.Close(); err != nil {
		r.Fatalf("close: %v", err)
	}
	r.engine.Restore(r.T, r.data)
	r.open()
	if r.Epoch() == was || r.Epoch() == "" {
		r.Errorf("epoch after a restore is %q, before it was %q", r.Epoch(), was)
	}
}

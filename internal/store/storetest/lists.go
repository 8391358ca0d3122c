package storetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
)

var listSpecs = []spec{
	{"the queue is in order of priority and waiting", queueOrder},
	{"lists follow the row", listsFollow},
	{"a customer's history is that customer's", history},
	{"lists have pages, both ways, and callbacks may write", listPages},
}

func escalate(priority int, why chat.Reason) chat.Draft {
	return by(chat.Bot, &chat.OwnerChanged{To: chat.RoleQueue, Priority: priority, Reason: why})
}

func assign(agent string) chat.Draft {
	return by(chat.System, &chat.OwnerChanged{To: chat.RoleAgent, Agent: agent, Reason: chat.ReasonAssigned})
}

func queueOrder(r *rig) {
	late, early, urgent, back := r.conv(), r.conv(), r.conv(), r.conv()
	r.say(back, escalate(0, chat.ReasonStuck))
	r.clock.move(time.Minute)
	r.say(early, escalate(0, chat.ReasonStuck))
	r.clock.move(time.Minute)
	r.say(late, escalate(0, chat.ReasonStuck))
	r.clock.move(time.Minute)
	r.say(urgent, escalate(2, chat.ReasonSensitive))
	r.say(back, assign("7"))
	got, _ := r.list("queue/", "", false)
	r.same("queue", got, []chat.ConversationID{urgent, early, late})
	r.clock.move(time.Hour)
	r.say(back, escalate(0, chat.ReasonAgentGone))
	for range 2 {
		got, _ = r.list("queue/", "", false)
		r.same("queue after the agent vanished: the old place", got, []chat.ConversationID{urgent, back, early, late})
		got, _ = r.list("queue/", "", true)
		r.same("queue backward", got, []chat.ConversationID{late, early, back, urgent})
		r.crash()
	}
}

func listsFollow(r *rig) {
	conv, other := r.conv(), r.conv()
	at := func(when string, want ...string) {
		r.Helper()
		var got []string
		_, keys := r.list("", "", false)
		for _, k := range keys {
			if key, id, ok := strings.Cut(k, "\x00"); ok && id == string(conv) {
				got = append(got, key[:strings.LastIndexByte(key, '/')])
			}
		}
		r.same("lists "+when, got, want)
	}
	r.say(other, says("x"), assign("10"))
	r.say(conv, by(chat.System, &chat.Opened{Site: "demo"}))
	at("of a new one", "bot")
	r.say(conv, says("hello"), says("hello"))
	at("after words", "bot")
	r.say(conv, by(chat.Customer, &chat.HumanRequested{}))
	at("in the queue", "queue/9")
	r.say(conv, assign("1"))
	at("with an agent", "agent/1")
	ids, _ := r.list(chat.AgentList("1"), "", false)
	r.same("agent 1 has", ids, []chat.ConversationID{conv})
	r.say(conv, by(chat.System, &chat.Identified{ID: "c1", Level: chat.LevelCode}))
	at("identified", "agent/1", "customer/demo/c1")
	r.say(conv, by(chat.System, &chat.Closed{}))
	at("closed", "closed", "customer/demo/c1")
	r.say(conv, says("again"), by(chat.System, &chat.Identified{ID: "c2", Level: chat.LevelCode}))
	r.reopen()
	at("opened again, by somebody else", "bot", "customer/demo/c2")
	ids, _ = r.list(chat.AgentList("1"), "", false)
	r.same("agent 1 has no more", len(ids), 0)
	err := r.List(r.ctx, "bot/", "", false, func(_ string, c chat.Conversation) bool {
		r.same("the row that a list gives", c, r.row(c.ID))
		return true
	})
	if err != nil {
		r.Errorf("list: %v", err)
	}
}

func history(r *rig) {
	ids := []string{"a", "a/b", "ab", "a\x00b", "A", "é", "a/20261121T", "a%2Fb"}
	want := map[string][]chat.ConversationID{}
	for range 2 {
		for _, id := range ids {
			conv := r.conv()
			r.say(conv, by(chat.System, &chat.Opened{Site: "demo"}), by(chat.System, &chat.Identified{ID: id, Level: chat.LevelSignedIn}))
			want[id] = append(want[id], conv)
		}
	}
	for _, id := range ids {
		got, _ := r.list(chat.CustomerList("demo", id), "", false)
		r.same(fmt.Sprintf("history of %q", id), got, want[id])
		got, _ = r.list(chat.CustomerList("demo", id), "", true)
		slices.Reverse(got)
		r.same(fmt.Sprintf("history of %q, newest first", id), got, want[id])
	}
	got, _ := r.list(chat.CustomerList("dem", "a"), "", false)
	r.same("history at another site", len(got), 0)
}

func listPages(r *rig) {
	const n = 300
	ids := make([]chat.ConversationID, n)
	var wg sync.WaitGroup
	for i := range ids {
		ids[i] = r.conv()
	}
	for w := range 32 {
		wg.Go(func() {
			for i := w; i < n; i += 32 {
				a := relay.Append{Conv: ids[i], At: 0, Drafts: []chat.Draft{by(chat.System, &chat.Opened{Site: "s"}), by(chat.System, &chat.Identified{ID: "c", Level: chat.LevelCode}), assign("7")}}
				if _, err := r.Commit(r.ctx, a); err != nil {
					r.Errorf("append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	_, keys := r.list("customer/s/c/", "", false)
	if len(keys) != n || !slices.IsSorted(keys) {
		r.Fatalf("%d keys, in order: %v; want %d", len(keys), slices.IsSorted(keys), n)
	}
	_, back := r.list("customer/s/c/", "", true)
	slices.Reverse(back)
	r.same("backward is forward turned round", back, keys)
	_, rest := r.list("customer/s/c/", keys[99], false)
	r.same("after a key", rest, keys[100:])
	_, rest = r.list("customer/s/c/", keys[99], true)
	slices.Reverse(rest)
	r.same("backward from a key", rest, keys[:99])
	_, rest = r.list("customer/s/c/", "zzz", true)
	r.same("backward from beyond the end", len(rest), n)
	_, rest = r.list("customer/s/c/", "a", false)
	r.same("from before the beginning", len(rest), n)

	moved := 0
	err := r.List(r.ctx, "agent/7/", "", false, func(_ string, c chat.Conversation) bool {
		moved++
		r.say(c.ID, by(chat.System, &chat.Closed{}))
		return moved < 200
	})
	if err != nil || moved != 200 {
		r.Errorf("closing 200 while listing: %d (%v)", moved, err)
	}
	left, _ := r.list("agent/7/", "", false)
	closed, _ := r.list("closed/", "", true)
	if len(left) != n-200 || len(closed) != 200 {
		r.Errorf("%d open and %d closed, want %d and 200", len(left), len(closed), n-200)
	}
}

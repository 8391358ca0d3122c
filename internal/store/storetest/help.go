package storetest

import (
	"encoding/json"
	"fmt"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// says is a customer's message.
func says(text string) chat.Draft {
	return chat.Draft{By: chat.Customer, Body: &chat.Message{Text: text}}
}

// keyed is a customer's message with a key.
func keyed(key chat.Key, text string) chat.Draft {
	d := says(text)
	d.Key = key
	return d
}

// by is an event of the house.
func by(who chat.Party, b chat.Body) chat.Draft { return chat.Draft{By: who, Body: b} }

func (r *rig) commit(a relay.Append) relay.Appended {
	r.Helper()
	done, err := r.Commit(r.ctx, a)
	if err != nil {
		r.Fatalf("commit to %s at %d: %v", a.Conv, a.At, err)
	}
	return done
}

// say appends wherever the conversation is.
func (r *rig) say(conv chat.ConversationID, drafts ...chat.Draft) relay.Appended {
	r.Helper()
	return r.commit(relay.Append{Conv: conv, At: chat.Any, Drafts: drafts})
}

// refused asserts that a is refused with that kind of fault.
func (r *rig) refused(kind fault.Kind, a relay.Append) error {
	r.Helper()
	_, err := r.Commit(r.ctx, a)
	if !fault.Is(err, kind) {
		r.Errorf("commit to %s at %d: got %v, want a %s", a.Conv, a.At, err, kind)
	}
	return err
}

func (r *rig) read(conv chat.ConversationID) []chat.Event {
	r.Helper()
	var all []chat.Event
	for {
		evs, err := r.Read(r.ctx, conv, chat.Seq(len(all)), 100)
		if err != nil {
			r.Fatalf("read %s: %v", conv, err)
		}
		all = append(all, evs...)
		if len(evs) < 100 {
			break
		}
	}
	for i, e := range all {
		if e.Seq != chat.Seq(i+1) || e.Conv != conv {
			r.Fatalf("event %d of %s calls itself %d of %s", i+1, conv, e.Seq, e.Conv)
		}
	}
	return all
}

func (r *rig) row(conv chat.ConversationID) chat.Conversation {
	r.Helper()
	c, err := r.Conversation(r.ctx, conv)
	if err != nil {
		r.Fatalf("conversation %s: %v", conv, err)
	}
	return c
}

// folds asserts that the row is the fold of the log.
func (r *rig) folds(conv chat.ConversationID) {
	r.Helper()
	fold := chat.Fold(chat.Conversation{}, r.read(conv)...)
	if a, b := asJSON(fold), asJSON(r.row(conv)); a != b {
		r.Errorf("the row of %s is not the fold of its log:\n row %s\nfold %s", conv, b, a)
	}
}

func (r *rig) claim(worker string, max int, lease time.Duration) []relay.Task {
	r.Helper()
	tasks, _, err := r.Claim(r.ctx, worker, max, lease)
	if err != nil {
		r.Fatalf("claim: %v", err)
	}
	return tasks
}

// one claims exactly one task of the bot.
func (r *rig) one() relay.Task {
	r.Helper()
	tasks := r.claim(relay.WorkerBot, 10, time.Minute)
	if len(tasks) != 1 {
		r.Fatalf("claimed %d tasks, want 1: %+v", len(tasks), tasks)
	}
	return tasks[0]
}

// none asserts that the bot has nothing to do.
func (r *rig) none(why string) {
	r.Helper()
	if tasks := r.claim(relay.WorkerBot, 10, time.Minute); len(tasks) != 0 {
		r.Errorf("%s, but %d could be claimed: %+v", why, len(tasks), tasks)
	}
}

func (r *rig) settle(s ...relay.Settle) {
	r.Helper()
	r.commit(relay.Append{Conv: s[0].Task.Conv, At: chat.Any, Settle: s})
}

// list returns the ids found under prefix.
func (r *rig) list(prefix, after string, backward bool) (ids []chat.ConversationID, keys []string) {
	r.Helper()
	err := r.List(r.ctx, prefix, after, backward, func(key string, c chat.Conversation) bool {
		ids, keys = append(ids, c.ID), append(keys, key)
		return true
	})
	if err != nil {
		r.Fatalf("list %s: %v", prefix, err)
	}
	return ids, keys
}

func (r *rig) same(what string, got, want any) {
	r.Helper()
	if a, b := asJSON(got), asJSON(want); a != b {
		r.Errorf("%s:\n got %s\nwant %s", what, a, b)
	}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%+v (%v)", v, err)
	}
	return string(b)
}

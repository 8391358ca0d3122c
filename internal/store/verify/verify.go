// Package verify checks that what an engine keeps beside the log still follows from it: it folds every conversation again and
// compares. It works on any engine, through the interfaces that the mail room uses, while work goes on.
package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// Source is the engine that is checked.
type Source interface {
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
	relay.Lists
}

// Log folds every conversation and compares it with its row and its places in the lists, and calls each with every problem it finds; conv
// is "" where the problem is nobody's in particular. It returns how many conversations and events it read; err is for what kept it
// from looking. A conversation that changes while it is looked at is looked at again. Progress is told after each how many were looked at.
func Log(ctx context.Context, s Source, each func(conv chat.ConversationID, problem string), progress func(done int)) (conversations, events int, err error) {
	places, err := placesOf(ctx, s)
	if err != nil {
		return 0, 0, err
	}
	err = s.All(ctx, "", func(id chat.ConversationID) bool {
		conversations++
		n, problems := conversation(ctx, s, id, places[id])
		delete(places, id)
		events += n
		for _, p := range problems {
			each(id, p)
		}
		progress(conversations)
		return ctx.Err() == nil
	})
	for id := range places {
		if _, gone := s.Conversation(ctx, id); fault.Is(gone, fault.NotFound) {
			each(id, "is listed, but there is no such conversation")
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return conversations, events, err
}

// placesOf reads all lists: where each conversation stands.
func placesOf(ctx context.Context, s Source) (map[chat.ConversationID][]string, error) {
	places := map[chat.ConversationID][]string{}
	err := s.List(ctx, "", "", false, func(key string, _ chat.Conversation) bool {
		if at := strings.LastIndexByte(key, 0); at >= 0 {
			id := chat.ConversationID(key[at+1:])
			places[id] = append(places[id], key[:at])
		}
		return true
	})
	return places, err
}

// attempts is how often a conversation that moves is looked at before its differences are believed.
const attempts = 3

func conversation(ctx context.Context, s Source, id chat.ConversationID, places []string) (events int, problems []string) {
	for range attempts {
		before, err := s.Conversation(ctx, id)
		if err != nil {
			return 0, []string{"its row cannot be read: " + err.Error()}
		}
		events, problems = compare(ctx, s, id, before)
		now, err := s.Conversation(ctx, id)
		if err == nil && now.Head == before.Head {
			return events, append(problems, misplaced(now, places)...)
		}
		places = now.Lists() // moved since the lists were read
	}
	return events, problems
}

// compare folds the log up to the row's head.
func compare(ctx context.Context, s Source, id chat.ConversationID, row chat.Conversation) (events int, problems []string) {
	var fold chat.Conversation
	keys := map[chat.Key]chat.Seq{}
	for fold.Head < row.Head {
		evs, err := s.Read(ctx, id, fold.Head, 256)
		if err != nil {
			return events, append(problems, fmt.Sprintf("events after %d cannot be read: %v", fold.Head, err))
		}
		if len(evs) == 0 || evs[0].Seq != fold.Head+1 {
			return events, append(problems, fmt.Sprintf("event %d is missing; the row is at %d", fold.Head+1, row.Head))
		}
		for _, e := range evs {
			if first, ok := keys[e.Key]; ok && e.Key != "" {
				problems = append(problems, fmt.Sprintf("events %d and %d have the same key", first, e.Seq))
			}
			keys[e.Key] = e.Seq
			if e.Seq != fold.Head+1 || e.Seq > row.Head {
				break
			}
			fold = chat.Fold(fold, e)
			events++
		}
	}
	if fold.ID != id || row.ID != id {
		problems = append(problems, fmt.Sprintf("it calls itself %q in its row", row.ID))
	}
	return events, append(problems, differences(fold, row)...)
}

// differences names the parts of the row that the log does not give. It never quotes them: they are customers' words.
func differences(fold, row chat.Conversation) []string {
	a, errA := parts(fold)
	b, errB := parts(row)
	if errA != nil || errB != nil {
		return []string{"its row cannot be written out"}
	}
	var names []string
	for name, v := range a {
		if string(b[name]) != string(v) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []string{"its row is not the fold of its log in: " + strings.Join(names, ", ")}
}

func parts(c chat.Conversation) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(b, &m)
}

func misplaced(row chat.Conversation, places []string) (problems []string) {
	want := row.Lists()
	for _, k := range want {
		if !slices.Contains(places, k) {
			problems = append(problems, "it is missing from the list "+kind(k))
		}
	}
	for _, k := range places {
		if !slices.Contains(want, k) {
			problems = append(problems, "it stands in the list "+kind(k)+", where it does not belong")
		}
	}
	return problems
}

// kind is the first part of a list key; the rest may name a customer.
func kind(key string) string {
	k, _, _ := strings.Cut(key, "/")
	return k
}

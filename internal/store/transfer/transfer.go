// Package transfer takes everything out of one engine and puts it into another, or keeps it in files: conversations with their positions,
// keys and times, open tasks, documents with their history. It knows no engine: it works through the interface below, which each has.
package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
)

// Engine is what can be taken out of and put into.
type Engine interface {
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) (more bool)) error
	// EachTask calls each with every open task, claimed or not, in no order.
	EachTask(ctx context.Context, each func(relay.Task) (more bool)) error
	// EachRecord calls each with every document, tombstones included, in order of collection and id.
	EachRecord(ctx context.Context, each func(Record) (more bool)) error
	// PutLog writes a conversation as it was elsewhere, whole or not at all, with its open tasks. One that is there already is left alone
	// and reported as not added.
	PutLog(ctx context.Context, conv chat.ConversationID, events []chat.Event, tasks []relay.Task) (added bool, err error)
	// PutRecords writes documents as they were elsewhere, whole or not at all. One that is there already is left alone.
	PutRecords(ctx context.Context, records []Record) (added int, err error)
}

// Revision is one state of a document.
type Revision struct {
	Rev     uint64          `json:"rev"`
	At      int64           `json:"at"` // microseconds
	Deleted bool            `json:"deleted,omitempty"`
	Keys    []string        `json:"keys,omitempty"`
	Body    json.RawMessage `json:"body,omitempty"`
}

// Record is a document with all that is kept of it. Past is its history, the present revision included, oldest first; none where no history
// is kept.
type Record struct {
	Collection string `json:"collection"`
	ID         string `json:"id"`
	Revision
	Past []Revision `json:"past,omitempty"`
}

// Log is a conversation with all that is kept of it.
type Log struct {
	Conv   chat.ConversationID `json:"conv"`
	Events []chat.Event        `json:"events"`
	Tasks  []Task              `json:"tasks,omitempty"`
}

// Task is an open task; who had claimed it does not travel.
type Task struct {
	Worker string   `json:"worker"`
	Name   string   `json:"name,omitempty"`
	Seq    chat.Seq `json:"seq"`
	Due    int64    `json:"due"` // microseconds
}

func (l Log) tasks() []relay.Task {
	out := make([]relay.Task, len(l.Tasks))
	for i, t := range l.Tasks {
		out[i] = relay.Task{Worker: t.Worker, Conv: l.Conv, Name: t.Name, Seq: t.Seq, Due: time.UnixMicro(t.Due).UTC()}
	}
	return out
}

// Summary is how much there is, and a checksum over all of it: two engines with the same one hold the same.
type Summary struct {
	Conversations int    `json:"conversations"`
	Events        int    `json:"events"`
	Tasks         int    `json:"tasks"`
	Documents     int    `json:"documents"`
	Revisions     int    `json:"revisions"`
	SHA256        string `json:"sha256"`
}

// tally adds up a summary.
type tally struct {
	Summary
	sum hash.Hash
}

func newTally() *tally { return &tally{sum: sha256.New()} }

func (t *tally) log(l Log, line []byte) {
	t.Conversations++
	t.Events += len(l.Events)
	t.Tasks += len(l.Tasks)
	t.sum.Write(line)
}

func (t *tally) record(r Record, line []byte) {
	t.Documents++
	t.Revisions += len(r.Past)
	t.sum.Write(line)
}

func (t *tally) done() Summary {
	t.SHA256 = hex.EncodeToString(t.sum.Sum(nil))
	return t.Summary
}

// encode writes one thing as one line, always the same bytes for the same thing.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return append(b, '\n'), nil
}

// Look reads everything and sums it up. What changes meanwhile may be in it or not.
func Look(ctx context.Context, e Engine, progress func(done int)) (Summary, error) {
	t := newTally()
	err := eachLog(ctx, e, "", func(l Log, line []byte) error {
		t.log(l, line)
		progress(t.Conversations)
		return nil
	})
	if err == nil {
		err = eachRecord(ctx, e, func(r Record, line []byte) error {
			t.record(r, line)
			return nil
		})
	}
	return t.done(), err
}

// eachLog reads conversations after an id, in order of id.
func eachLog(ctx context.Context, e Engine, after chat.ConversationID, each func(Log, []byte) error) error {
	tasks, err := openTasks(ctx, e)
	if err != nil {
		return err
	}
	var failed error
	err = e.All(ctx, after, func(id chat.ConversationID) bool {
		l := Log{Conv: id, Tasks: tasks[id]}
		if l.Events, failed = whole(ctx, e, id); failed != nil {
			return false
		}
		var line []byte
		if line, failed = encode(l); failed == nil {
			failed = each(l, line)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// whole reads a conversation from its first event to its last.
func whole(ctx context.Context, e Engine, id chat.ConversationID) (all []chat.Event, err error) {
	const page = 256
	for {
		evs, err := e.Read(ctx, id, chat.Seq(len(all)), page)
		if err != nil {
			return nil, err
		}
		all = append(all, evs...)
		if len(evs) < page {
			return all, nil
		}
	}
}

func openTasks(ctx context.Context, e Engine) (map[chat.ConversationID][]Task, error) {
	all := map[chat.ConversationID][]Task{}
	err := e.EachTask(ctx, func(t relay.Task) bool {
		all[t.Conv] = append(all[t.Conv], Task{Worker: t.Worker, Name: t.Name, Seq: t.Seq, Due: t.Due.UnixMicro()})
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read tasks: %w", err)
	}
	for _, tasks := range all {
		slices.SortFunc(tasks, func(a, b Task) int { return strings.Compare(a.Worker+"\x00"+a.Name, b.Worker+"\x00"+b.Name) })
	}
	return all, nil
}

func eachRecord(ctx context.Context, e Engine, each func(Record, []byte) error) error {
	var failed error
	err := e.EachRecord(ctx, func(r Record) bool {
		r.normal()
		var line []byte
		if line, failed = encode(r); failed == nil {
			failed = each(r, line)
		}
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

// normal makes a record look the same whatever engine it came from.
func (r *Record) normal() {
	revs := []*Revision{&r.Revision}
	for i := range r.Past {
		revs = append(revs, &r.Past[i])
	}
	for _, v := range revs {
		slices.Sort(v.Keys)
		v.Keys = slices.Compact(v.Keys)
		if len(bytes.TrimSpace(v.Body)) == 0 {
			v.Body = nil
		}
	}
}

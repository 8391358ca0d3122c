package bolt

import (
	"context"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
)

// rowPos is where a conversation's folded row lies: right behind its events, so that both are usually one page.
const rowPos = ^uint64(0)

func convKey(id chat.ConversationID, pos uint64) []byte {
	k := make([]byte, 0, len(id)+8)
	k = append(k, id...)
	return binary.BigEndian.AppendUint64(k, pos)
}

// Bounds on what one change may be; the doors of the house are narrower.
const (
	maxDrafts = 256
	maxEvent  = 1 << 20
	maxName   = 256
)

// Commit carries out one change; see relay.Store.
func (e *Engine) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	if !a.Conv.Valid() {
		return relay.Appended{}, fault.New(fault.NotFound, "There is no such conversation.")
	}
	if err := lawful(a); err != nil {
		return relay.Appended{}, err
	}
	if err := ctx.Err(); err != nil {
		return relay.Appended{}, err
	}
	x := e.convs.take(a.Conv)
	defer e.convs.give(x)
	if err := e.loadEntry(a.Conv, &x.entry); err != nil {
		return relay.Appended{}, err
	}
	return e.change(a, &x.entry)
}

// lawful refuses what could not be written: the committer must never find that out, for its errors end the process.
func lawful(a relay.Append) error {
	if len(a.Drafts) > maxDrafts {
		return fault.Newf(fault.Invalid, "At most %d entries at once.", maxDrafts)
	}
	for _, d := range a.Drafts {
		switch {
		case d.Body == nil:
			return fault.New(fault.Invalid, "There is nothing to store.")
		case !named(string(d.Key)):
			return fault.New(fault.Invalid, "This cannot be a key.")
		case !utf8.ValidString(string(d.By.Role) + d.By.ID + d.By.Name):
			return fault.New(fault.Invalid, "This cannot be a name.")
		}
	}
	for _, s := range a.Settle {
		if s.Task.Conv != a.Conv {
			return fault.New(fault.Invalid, "A task is settled with its own conversation.")
		}
	}
	return lawfulTasks(a.Leave)
}

func lawfulTasks(leave []relay.Leave) error {
	for _, l := range leave {
		if l.Worker == "" || !named(l.Worker) || !named(l.Name) {
			return fault.Newf(fault.Invalid, "%q %q cannot be the name of a task.", l.Worker, l.Name)
		}
	}
	return nil
}

// named reports whether s can be part of a key on disk.
func named(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// plan is a change worked out against the present row.
type plan struct {
	answers []chat.Event
	fresh   []chat.Event
	row     chat.Conversation
	puts    [][2][]byte
	lists   []string // where the row stands now
	drop    []string // list keys to take away
	add     []string
	leave   []relay.Leave
}

func (e *Engine) change(a relay.Append, x *entry) (relay.Appended, error) {
	p, err := e.plan(a, x)
	if err != nil {
		return relay.Appended{}, err
	}
	if len(p.fresh) == 0 && len(a.Settle) == 0 && len(a.Leave) == 0 {
		return relay.Appended{Events: p.answers, State: x.row.Clone()}, nil
	}
	o := &op{write: func(tx *bbolt.Tx) error { return p.write(tx, a.Conv) }}
	if len(a.Settle)+len(p.leave) > 0 {
		e.withTasks(o, a, p)
	}
	if err := e.do(o); err != nil {
		return relay.Appended{}, err
	}
	if len(p.fresh) > 0 {
		x.row, x.lists = p.row, p.lists
		for _, ev := range p.fresh {
			if ev.Key != "" {
				x.keys[ev.Key] = ev.Seq
			}
		}
	}
	return relay.Appended{Events: p.answers, New: len(p.fresh), State: p.row.Clone()}, nil
}

// withTasks makes o settle and leave tasks as well.
func (e *Engine) withTasks(o *op, a relay.Append, p *plan) {
	now := e.opt.Now()
	var changes []change
	events := o.write
	o.check = func(*bbolt.Tx) error { return e.tasks.hold(a.Settle, e.opt.Now()) }
	o.write = func(tx *bbolt.Tx) error {
		if err := events(tx); err != nil {
			return err
		}
		changes = e.tasks.plan(a.Conv, p.row.Head, a.Settle, p.leave, now)
		b := tx.Bucket(bucketTask)
		for _, c := range changes {
			if err := c.write(b); err != nil {
				return err
			}
		}
		return nil
	}
	o.after = func() { e.tasks.apply(changes) }
}

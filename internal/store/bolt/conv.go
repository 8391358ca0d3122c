package bolt

import (
	"context"
	"encoding/binary"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/plan"
)

// rowPos is where a conversation's folded row lies: right behind its events, so that both are usually one page.
const rowPos = ^uint64(0)

func convKey(id chat.ConversationID, pos uint64) []byte {
	k := make([]byte, 0, len(id)+8)
	k = append(k, id...)
	return binary.BigEndian.AppendUint64(k, pos)
}

// Commit carries out one change; see relay.Store.
func (e *Engine) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	if err := plan.Lawful(a); err != nil {
		return relay.Appended{}, err
	}
	if err := ctx.Err(); err != nil {
		return relay.Appended{}, err
	}
	x := e.convs.Take(a.Conv)
	defer e.convs.Give(x)
	if err := e.loadEntry(a.Conv, x); err != nil {
		return relay.Appended{}, err
	}
	return e.change(ctx, a, x)
}

func (e *Engine) change(ctx context.Context, a relay.Append, x *plan.Entry) (relay.Appended, error) {
	p, err := e.planner.Change(context.WithoutCancel(ctx), a, x)
	if err != nil {
		return relay.Appended{}, err
	}
	if len(p.Fresh) == 0 && len(a.Settle) == 0 && len(a.Leave) == 0 {
		return relay.Appended{Events: p.Answers, State: x.Row.Clone()}, nil
	}
	o := &op{write: func(tx *bbolt.Tx) error { return writePlan(tx, a.Conv, p) }}
	if len(a.Settle)+len(p.Leave) > 0 {
		e.withTasks(o, a, p)
	}
	if err := e.do(o); err != nil {
		return relay.Appended{}, err
	}
	x.Took(p)
	return relay.Appended{Events: p.Answers, New: len(p.Fresh), State: p.Row.Clone()}, nil
}

// withTasks makes o settle and leave tasks as well.
func (e *Engine) withTasks(o *op, a relay.Append, p *plan.Plan) {
	now := e.opt.Now()
	var changes []change
	events := o.write
	o.check = func(*bbolt.Tx) error { return e.tasks.hold(a.Settle, e.opt.Now()) }
	o.write = func(tx *bbolt.Tx) error {
		if err := events(tx); err != nil {
			return err
		}
		changes = e.tasks.plan(a.Conv, p.Row.Head, a.Settle, p.Leave, now)
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

// writePlan puts what a change writes: events, those that are blanked, the row, the lists.
func writePlan(tx *bbolt.Tx, conv chat.ConversationID, p *plan.Plan) error {
	c := tx.Bucket(bucketConv)
	for _, put := range p.Puts {
		if err := c.Put(convKey(conv, uint64(put.Seq)), put.Body); err != nil {
			return err
		}
	}
	if len(p.Fresh) > 0 {
		if err := c.Put(convKey(conv, rowPos), p.RowJSON); err != nil {
			return err
		}
	}
	if len(p.Drop)+len(p.Add) == 0 {
		return nil
	}
	l := tx.Bucket(bucketList)
	for _, k := range p.Drop {
		if err := l.Delete([]byte(k + "\x00" + string(conv))); err != nil {
			return err
		}
	}
	for _, k := range p.Add {
		if err := l.Put([]byte(k+"\x00"+string(conv)), nil); err != nil {
			return err
		}
	}
	return nil
}

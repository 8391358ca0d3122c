package postgres

import (
	"context"
	"encoding/binary"
	"strings"
	"sync"
	"time"

	"balie/internal/chat"
	"balie/internal/relay"
	"balie/internal/store/plan"
)

// What a settlement does with its task, if nothing asked for a look since the claim.
const (
	settleDone  = 0 // takes it away
	settleLater = 1 // puts it off
	settleLeave = 2 // puts it where the same change leaves it; also if something asked
)

type settleRow struct {
	worker, name, lease string
	mode                int16
	failed              bool
	due                 *time.Time
}

type leaveRow struct {
	worker, name string
	due          *time.Time // nil: at once
}

// newOp makes what is sent of a planned change.
func newOp(a *relay.Append, p *plan.Plan, head chat.Seq) *op {
	o := &op{conv: a.Conv, plan: p, size: len(p.RowJSON)}
	if len(p.Fresh) > 0 || a.At != chat.Any {
		at := int64(head)
		o.at = &at
	}
	fresh := len(p.Fresh)
	o.events = make([]plan.Put, 0, fresh)
	for _, put := range p.Puts {
		o.size += len(put.Body)
		n := int(put.Seq) - int(head) - 1 // its place among the fresh ones
		switch {
		case put.Seq <= head:
			o.blanks = replace(o.blanks, put)
		case n < len(o.events):
			o.events[n] = put // blanked in the same breath
		default:
			o.events = append(o.events, put)
		}
	}
	o.tasks(a, p)
	return o
}

// replace puts p in the place of one for the same position, or adds it: one statement changes a row once.
func replace(puts []plan.Put, p plan.Put) []plan.Put {
	for i := range puts {
		if puts[i].Seq == p.Seq {
			puts[i] = p
			return puts
		}
	}
	return append(puts, p)
}

// tasks works out what becomes of tasks. One task is one row change, so what is settled and left in the same change is joined here, and of
// two that leave the same task the later counts.
func (o *op) tasks(a *relay.Append, p *plan.Plan) {
	type name struct{ worker, name string }
	leaves := make(map[name]int, len(p.Leave))
	for _, l := range p.Leave {
		k := name{l.Worker, l.Name}
		if i, ok := leaves[k]; ok {
			o.leave[i].due = dueOf(l.Due)
			continue
		}
		leaves[k] = len(o.leave)
		o.leave = append(o.leave, leaveRow{l.Worker, l.Name, dueOf(l.Due)})
	}
	settled := map[name]bool{}
	for _, s := range a.Settle {
		k := name{s.Task.Worker, s.Task.Name}
		if settled[k] {
			continue
		}
		settled[k] = true
		r := settleRow{worker: k.worker, name: k.name, lease: s.Task.Lease, failed: s.Failed}
		if !s.Later.IsZero() {
			r.mode, r.due = settleLater, dueOf(s.Later)
		}
		if i, ok := leaves[k]; ok {
			r.mode, r.due = settleLeave, o.leave[i].due
			o.leave[i].worker = "" // joined: not left by itself
		}
		o.settle = append(o.settle, r)
	}
}

func dueOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Microsecond)
	return &t
}

// columns are the arrays that a batch becomes, one value a row: first those of the changes, then those of what the changes bring along.
type columns struct {
	conv, at, head, row                                               array
	setConv, setWorker, setName, setLease, setMode, setFailed, setDue array
	evConv, evSeq, evKey, evBody                                      array
	blConv, blSeq, blBody                                             array
	delConv, delKey                                                   array
	addConv, addKey                                                   array
	putConv, putWorker, putName, putDue                               array
	lock, born                                                        bool
}

// spare are columns that nobody uses, with their room.
var spare = sync.Pool{New: func() any { return new(columns) }}

// release empties the columns for the next batch.
func (c *columns) release() {
	for _, a := range []*array{&c.conv, &c.at, &c.head, &c.row, &c.setConv, &c.setWorker, &c.setName, &c.setLease, &c.setMode, &c.setFailed, &c.setDue,
		&c.evConv, &c.evSeq, &c.evKey, &c.evBody, &c.blConv, &c.blSeq, &c.blBody, &c.delConv, &c.delKey, &c.addConv, &c.addKey,
		&c.putConv, &c.putWorker, &c.putName, &c.putDue} {
		a.reset()
	}
	c.lock, c.born = false, false
	spare.Put(c)
}

func (c *columns) add(o *op) {
	conv := string(o.conv)
	addText(&c.conv, conv)
	if o.at == nil {
		c.at.null()
	} else {
		c.at.int(*o.at)
		c.born = c.born || *o.at == 0
	}
	if len(o.events) > 0 {
		c.head.int(int64(o.plan.Row.Head))
		addText(&c.row, o.plan.RowJSON)
	} else {
		c.head.null()
		c.row.null()
		c.lock = true
	}
	for _, p := range o.events {
		addText(&c.evConv, conv)
		c.evSeq.int(int64(p.Seq))
		addText(&c.evKey, p.Key)
		addText(&c.evBody, p.Body)
	}
	for _, p := range o.blanks {
		addText(&c.blConv, conv)
		c.blSeq.int(int64(p.Seq))
		addText(&c.blBody, p.Body)
	}
	for _, k := range o.plan.Drop {
		addText(&c.delConv, conv)
		addText(&c.delKey, k)
	}
	for _, k := range o.plan.Add {
		addText(&c.addConv, conv)
		addText(&c.addKey, k)
	}
	c.addTasks(conv, o)
}

func (c *columns) addTasks(conv string, o *op) {
	for _, s := range o.settle {
		addText(&c.setConv, conv)
		addText(&c.setWorker, s.worker)
		addText(&c.setName, s.name)
		addText(&c.setLease, s.lease)
		c.setMode.short(s.mode)
		c.setFailed.bool(s.failed)
		c.setDue.time(s.due)
		c.lock = true
	}
	for _, l := range o.leave {
		if l.worker != "" {
			addText(&c.putConv, conv)
			addText(&c.putWorker, l.worker)
			addText(&c.putName, l.name)
			c.putDue.time(l.due)
		}
	}
}

// statement is the form of the statement that does what the columns ask, and its parameters.
func (c *columns) statement(now *time.Time) (string, [][]byte) {
	p := parts{lock: c.lock, born: c.born && !c.lock, settle: c.setConv.n > 0, blank: c.blConv.n > 0, unlist: c.delConv.n > 0, list: c.addConv.n > 0, leave: c.putConv.n > 0}
	var args [][]byte
	put := func(on bool, types string, as ...*array) {
		for i, typ := range strings.Fields(types) {
			if on {
				args = append(args, as[i].value(kinds[typ]))
			}
		}
	}
	if p.settle || p.leave {
		args = append(args, timeValue(now))
	}
	put(true, opTypes, &c.conv, &c.at, &c.head, &c.row)
	put(p.settle, settleTypes, &c.setConv, &c.setWorker, &c.setName, &c.setLease, &c.setMode, &c.setFailed, &c.setDue)
	put(true, eventTypes, &c.evConv, &c.evSeq, &c.evKey, &c.evBody)
	put(p.blank, blankTypes, &c.blConv, &c.blSeq, &c.blBody)
	put(p.unlist, listTypes, &c.delConv, &c.delKey)
	put(p.list, listTypes, &c.addConv, &c.addKey)
	put(p.leave, leaveTypes, &c.putConv, &c.putWorker, &c.putName, &c.putDue)
	return p.sql(), args
}

// alone is the short form of the statement, where it is enough.
func alone(batch []*op) (args [][]byte, ok bool) {
	o := batch[0]
	p := o.plan
	if len(batch) > 1 || o.at == nil || *o.at == 0 || len(o.events) != 1 || len(o.blanks)+len(o.settle)+len(o.leave)+len(p.Drop)+len(p.Add) > 0 {
		return nil, false
	}
	ev := o.events[0]
	return [][]byte{[]byte(o.conv), number(*o.at), number(int64(ev.Seq)), p.RowJSON, []byte(ev.Key), ev.Body}, true
}

// run sends the statement once.
func (e *Engine) run(ctx context.Context, batch []*op) ([]turn, error) {
	sql := oneSQL
	args, short := alone(batch)
	if !short {
		c := spare.Get().(*columns)
		defer c.release()
		for _, o := range batch {
			c.add(o)
		}
		sql, args = c.statement(e.now())
	}
	turns := make([]turn, len(batch))
	i := 0
	err := e.exec(ctx, sql, args, func(row [][]byte) {
		for n := 0; n < len(batch) && string(batch[i].conv) != string(row[0]); n++ { // mostly it is the next
			i = (i + 1) % len(batch)
		}
		turns[i] = turn{verdict: lease}
		if row[2][0] == 1 {
			turns[i] = turn{verdict: taken, head: chat.Seq(binary.BigEndian.Uint64(row[1]))}
		}
	})
	return turns, err
}

package postgres

import (
	"context"
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
func newOp(a relay.Append, p *plan.Plan, head chat.Seq) *op {
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
func (o *op) tasks(a relay.Append, p *plan.Plan) {
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

// columns are the arrays that a batch becomes, one value a row.
type columns struct {
	conv      []string
	at, head  []*int64
	row       []*string
	setConv   []string
	setWorker []string
	setName   []string
	setLease  []string
	setMode   []int16
	setFailed []bool
	setDue    []*time.Time
	evConv    []string
	evSeq     []int64
	evKey     []string
	evBody    []string
	blConv    []string
	blSeq     []int64
	blBody    []string
	delConv   []string
	delKey    []string
	addConv   []string
	addKey    []string
	putConv   []string
	putWorker []string
	putName   []string
	putDue    []*time.Time
}

func (c *columns) add(o *op) {
	conv := string(o.conv)
	var head *int64
	var row *string
	if len(o.events) > 0 {
		n, text := int64(o.plan.Row.Head), string(o.plan.RowJSON)
		head, row = &n, &text
	}
	c.conv, c.at, c.head, c.row = append(c.conv, conv), append(c.at, o.at), append(c.head, head), append(c.row, row)
	for _, p := range o.events {
		c.evConv, c.evSeq = append(c.evConv, conv), append(c.evSeq, int64(p.Seq))
		c.evKey, c.evBody = append(c.evKey, string(p.Key)), append(c.evBody, string(p.Body))
	}
	for _, p := range o.blanks {
		c.blConv, c.blSeq, c.blBody = append(c.blConv, conv), append(c.blSeq, int64(p.Seq)), append(c.blBody, string(p.Body))
	}
	for _, k := range o.plan.Drop {
		c.delConv, c.delKey = append(c.delConv, conv), append(c.delKey, k)
	}
	for _, k := range o.plan.Add {
		c.addConv, c.addKey = append(c.addConv, conv), append(c.addKey, k)
	}
	c.addTasks(conv, o)
}

func (c *columns) addTasks(conv string, o *op) {
	for _, s := range o.settle {
		c.setConv, c.setWorker, c.setName = append(c.setConv, conv), append(c.setWorker, s.worker), append(c.setName, s.name)
		c.setLease, c.setMode = append(c.setLease, s.lease), append(c.setMode, s.mode)
		c.setFailed, c.setDue = append(c.setFailed, s.failed), append(c.setDue, s.due)
	}
	for _, l := range o.leave {
		if l.worker != "" {
			c.putConv, c.putWorker = append(c.putConv, conv), append(c.putWorker, l.worker)
			c.putName, c.putDue = append(c.putName, l.name), append(c.putDue, l.due)
		}
	}
}

// statement is the form of the statement that does what the columns ask, and its parameters.
func (c *columns) statement(now *time.Time) (string, []any) {
	p := parts{settle: len(c.setConv) > 0, blank: len(c.blConv) > 0, unlist: len(c.delConv) > 0, list: len(c.addConv) > 0, leave: len(c.putConv) > 0}
	p.lock = p.settle
	for i := range c.conv {
		p.lock = p.lock || c.row[i] == nil
		p.born = p.born || c.at[i] != nil && *c.at[i] == 0
	}
	p.born = p.born && !p.lock
	var args []any
	if p.settle || p.leave {
		args = append(args, now)
	}
	args = append(args, c.conv, c.at, c.head, c.row)
	if p.settle {
		args = append(args, c.setConv, c.setWorker, c.setName, c.setLease, c.setMode, c.setFailed, c.setDue)
	}
	args = append(args, c.evConv, c.evSeq, c.evKey, c.evBody)
	if p.blank {
		args = append(args, c.blConv, c.blSeq, c.blBody)
	}
	if p.unlist {
		args = append(args, c.delConv, c.delKey)
	}
	if p.list {
		args = append(args, c.addConv, c.addKey)
	}
	if p.leave {
		args = append(args, c.putConv, c.putWorker, c.putName, c.putDue)
	}
	return p.sql(), args
}

// run sends the statement once.
func (e *Engine) run(ctx context.Context, batch []*op) ([]turn, error) {
	var c columns
	place := make(map[string]int, len(batch))
	for i, o := range batch {
		c.add(o)
		place[string(o.conv)] = i
	}
	sql, args := c.statement(e.now())
	rows, err := e.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	turns := make([]turn, len(batch))
	for rows.Next() {
		var conv string
		var head int64
		var held bool
		if err := rows.Scan(&conv, &head, &held); err != nil {
			return nil, err
		}
		t := turn{verdict: lease}
		if held {
			t = turn{verdict: taken, head: chat.Seq(head)}
		}
		turns[place[conv]] = t
	}
	return turns, rows.Err()
}

package postgres

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/store/plan"
)

// op is one planned change on its way to the database.
type op struct {
	conv   chat.ConversationID
	at     *int64 // where the conversation must be; nil: wherever
	plan   *plan.Plan
	events []plan.Put // the fresh ones, as they are to lie there
	blanks []plan.Put // former ones that lose their words
	settle []settleRow
	leave  []leaveRow
	size   int
	doubt  bool // it was sent before, and nobody knows what became of it
	done   chan turn
}

// verdict is what the database made of a change.
type verdict int

const (
	moved verdict = iota // the conversation is somewhere else: look again
	taken                // it is done
	lease                // a task is not, or no longer, held by that lease
)

// turn is what a waiting change is told: that it leads the next statement, or what became of it.
type turn struct {
	lead    bool
	verdict verdict
	head    chat.Seq
	err     error
}

// Bounds on one statement: changes, and bytes of what they write.
const (
	batchMax   = 256
	batchBytes = 8 << 20
	lanes      = 2 // statements under way at once: while one waits for the disk, the next is worked out
)

// committer groups changes into statements without a goroutine or a timer of its own. Whoever comes while a lane is free leads: it sends its
// own change and all that wait, at once. Changes that come while all lanes are taken wait and share the next statement.
type committer struct {
	mu     sync.Mutex
	queue  []*op
	busy   int
	closed bool
	idle   chan struct{} // closed when closed and no lane is taken
}

// do brings a change to the database and returns what became of it.
func (e *Engine) do(o *op) turn {
	c := &e.ops
	o.done = make(chan turn, 2)
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return turn{err: errDown}
	}
	c.queue = append(c.queue, o)
	lead := c.busy < lanes
	if lead {
		c.busy++
	}
	c.mu.Unlock()
	for {
		if lead {
			e.lead()
		}
		t := <-o.done
		if !t.lead {
			return t
		}
		lead = true
	}
}

// lead sends what waits, as much as a statement takes, and hands the lane on.
func (e *Engine) lead() {
	c := &e.ops
	runtime.Gosched() // whoever was just told what became of its change may come with the next, and share the statement
	c.mu.Lock()
	n, size := 0, 0
	for n < len(c.queue) && n < batchMax && (n == 0 || size+c.queue[n].size <= batchBytes) {
		size += c.queue[n].size
		n++
	}
	batch := c.queue[:n:n]
	c.queue = slices.Clone(c.queue[n:])
	c.mu.Unlock()
	if n > 0 && !e.send(batch) {
		c.refuse()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		c.queue[0].done <- turn{lead: true}
		return
	}
	c.busy--
	if c.closed && c.busy == 0 {
		close(c.idle)
	}
}

// refuse tells all that wait that the database does not answer: each would only wait as long again. Nothing of theirs was sent.
func (c *committer) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.queue {
		o.done <- turn{err: errDown}
	}
	c.queue = nil
}

// close lets nothing more in and waits for what is under way.
func (c *committer) close() {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		c.idle = make(chan struct{})
		if c.busy == 0 {
			close(c.idle)
		}
	}
	idle := c.idle
	c.mu.Unlock()
	<-idle
}

func (c *committer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// send carries out a batch and tells each what became of it. It returns false when the database did not answer for as long as anybody should
// wait. An error that is one change's fault must not be the others': then each is sent by itself.
func (e *Engine) send(batch []*op) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	slices.SortFunc(batch, func(a, b *op) int { // in one order on every node, so that two statements never wait for one another
		if a.conv < b.conv {
			return -1
		}
		return 1
	})
	turns, err := e.persist(ctx, batch)
	if err != nil && !passing(err) && len(batch) > 1 {
		up := true
		for _, o := range batch {
			up = e.send([]*op{o}) && up
		}
		return up
	}
	down := err != nil && passing(err)
	for i, o := range batch {
		if err != nil {
			o.done <- turn{err: wrap(err, "write")}
		} else {
			o.done <- turns[i]
		}
	}
	return !down
}

// persist runs the statement until the database has an answer. When the line is lost its outcome is unknown: the same is sent again on
// another connection, where it waits behind the first if that still runs; what is then refused is compared with what lies there.
func (e *Engine) persist(ctx context.Context, batch []*op) ([]turn, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		turns, err := e.run(ctx, batch)
		if err == nil {
			err = e.recognise(ctx, batch, turns)
		}
		if err == nil || !passing(err) || ctx.Err() != nil {
			return turns, err
		}
		if doubtful(err) {
			for _, o := range batch {
				o.doubt = true
			}
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// recognise finds changes that were refused only because they had been carried out before, when the line was lost.
func (e *Engine) recognise(ctx context.Context, batch []*op, turns []turn) error {
	for i, o := range batch {
		if !o.doubt || turns[i].verdict == taken || len(o.events) == 0 {
			continue
		}
		ours, err := e.lies(ctx, o)
		if err != nil {
			return err
		}
		if ours {
			turns[i] = turn{verdict: taken, head: o.plan.Row.Head}
		}
	}
	return nil
}

// lies reports whether the events of o are in the log as it would have written them: times are of a microsecond, so nobody else's are the same.
func (e *Engine) lies(ctx context.Context, o *op) (bool, error) {
	first, last := o.events[0].Seq, o.events[len(o.events)-1].Seq
	there, err := collect(ctx, e, func(rows pgx.Rows) (p plan.Put, err error) {
		err = rows.Scan(&p.Seq, &p.Key, &p.Body)
		return p, err
	}, "SELECT seq, key, body FROM event WHERE conv = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq", string(o.conv), int64(first), int64(last))
	if err != nil || len(there) != len(o.events) {
		return false, err
	}
	for i, p := range there {
		if p.Seq != o.events[i].Seq || p.Key != o.events[i].Key || !bytes.Equal(p.Body, o.events[i].Body) {
			return false, nil
		}
	}
	return true, nil
}

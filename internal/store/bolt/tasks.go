package bolt

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
	"balie/internal/relay"
)

// taskTable is the open tasks in memory, as they are on disk plus who holds them. A lease is memory only: this engine serves one process,
// so a crash ends all leases, and a claim costs no commit. The table changes only after the commit that changes the disk, so nobody
// can claim a task whose event is not there to be read yet.
type taskTable struct {
	mu    sync.Mutex
	m     map[taskID]*task
	free  map[string]*taskHeap // a worker's tasks that nobody has, the first due on top
	held  map[string]*taskHeap // those that somebody has, the first lease to end on top
	life  string               // of this opening: part of every lease, so that one of an earlier process fits none
	lease uint64
	woken map[string]chan struct{}
}

type taskID struct {
	worker string
	conv   chat.ConversationID
	name   string
}

type task struct {
	relay.Task
	until time.Time // the lease's end
	asked uint64    // how often a look was asked for
	claim uint64    // what asked was at the claim
	order uint64    // of insertion: of two due at once, the older goes first
	in    *taskHeap // where it is
	place int       // and at which place there
}

// taskHeap orders tasks by when they are next to be looked at: free ones by Due, held ones by the end of the lease. A lease that ends
// gives the task its old place back, by Due.
type taskHeap struct {
	held bool
	s    []*task
}

// Len is for container/heap.
func (h *taskHeap) Len() int { return len(h.s) }

// Less is for container/heap.
func (h *taskHeap) Less(i, j int) bool {
	a, b := h.s[i], h.s[j]
	if h.held {
		return a.until.Before(b.until)
	}
	if c := a.Due.Compare(b.Due); c != 0 {
		return c < 0
	}
	return a.order < b.order
}

// Swap is for container/heap.
func (h *taskHeap) Swap(i, j int) {
	h.s[i], h.s[j] = h.s[j], h.s[i]
	h.s[i].place, h.s[j].place = i, j
}

// Push is for container/heap.
func (h *taskHeap) Push(v any) {
	x := v.(*task)
	x.in, x.place = h, len(h.s)
	h.s = append(h.s, x)
}

// Pop is for container/heap.
func (h *taskHeap) Pop() any {
	last := len(h.s) - 1
	x := h.s[last]
	h.s[last] = nil
	h.s = h.s[:last]
	return x
}

func heapOf(m map[string]*taskHeap, worker string, held bool) *taskHeap {
	h := m[worker]
	if h == nil {
		h = &taskHeap{held: held}
		m[worker] = h
	}
	return h
}

// put moves x to where it belongs by its lease; x may be new.
func (t *taskTable) put(x *task) {
	if x.in != nil {
		heap.Remove(x.in, x.place)
	}
	if x.Lease == "" {
		heap.Push(heapOf(t.free, x.Worker, false), x)
	} else {
		heap.Push(heapOf(t.held, x.Worker, true), x)
	}
}

func (t *taskTable) remove(x *task) {
	heap.Remove(x.in, x.place)
	delete(t.m, idOf(x.Task))
}

// make adds a task that is on disk.
func (t *taskTable) make(id taskID, row taskRow) *task {
	t.lease++
	x := &task{Task: relay.Task{Worker: id.worker, Conv: id.conv, Name: id.name, Seq: row.Seq, Due: row.due()}, order: t.lease}
	t.m[id] = x
	t.put(x)
	return x
}

// taskRow is a task at rest; Due in microseconds.
type taskRow struct {
	Seq chat.Seq `json:"n"`
	Due int64    `json:"due"`
}

func (r taskRow) due() time.Time { return time.UnixMicro(r.Due).UTC() }

func taskKey(id taskID) []byte {
	return []byte(id.worker + "\x00" + string(id.conv) + "\x00" + id.name)
}

func (t *taskTable) load(b *bbolt.Bucket) error {
	t.m, t.woken = map[taskID]*task{}, map[string]chan struct{}{}
	t.life = newEpoch()[:8] + "."
	t.free, t.held = map[string]*taskHeap{}, map[string]*taskHeap{}
	return walk(b, func(k, v []byte) error {
		parts := strings.SplitN(string(k), "\x00", 3)
		var row taskRow
		if err := json.Unmarshal(v, &row); err != nil || len(parts) != 3 {
			return fmt.Errorf("decode task %q: %w", k, errDamaged)
		}
		t.make(taskID{parts[0], chat.ConversationID(parts[1]), parts[2]}, row)
		return nil
	})
}

func idOf(t relay.Task) taskID { return taskID{t.Worker, t.Conv, t.Name} }

// grace is how long a lease is stretched while the commit that settles it is under way.
const grace = time.Minute

// hold refuses settlements whose lease is no longer theirs, and stretches the leases of the others over the commit.
func (t *taskTable) hold(ss []relay.Settle, now time.Time) error {
	if len(ss) == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range ss {
		x := t.m[idOf(s.Task)]
		if x == nil || x.Lease == "" || x.Lease != s.Task.Lease || !now.Before(x.until) {
			return relay.ErrLease
		}
	}
	for _, s := range ss {
		x := t.m[idOf(s.Task)]
		if end := now.Add(grace); x.until.Before(end) {
			x.until = end
			t.put(x)
		}
	}
	return nil
}

// change is what a commit does to one task; it reaches the table when the commit is durable.
type change struct {
	id      taskID
	release bool // the claim ends
	failed  bool // by failing: Tries stays
	gone    bool
	put     bool
	ask     bool // a look is asked for
	row     taskRow
}

// plan works out what settlements and new tasks do. Nothing else can change these tasks on disk before the commit: a conversation has one
// change under way at a time.
func (t *taskTable) plan(conv chat.ConversationID, head chat.Seq, settle []relay.Settle, leave []relay.Leave, now time.Time) []change {
	out := make([]change, 0, len(settle)+len(leave))
	if len(settle) > 0 {
		t.mu.Lock()
		for _, s := range settle {
			out = append(out, t.settled(s))
		}
		t.mu.Unlock()
	}
	for _, l := range leave {
		due := l.Due
		if due.IsZero() {
			due = now
		}
		out = append(out, change{id: taskID{l.Worker, conv, l.Name}, put: true, ask: true, row: taskRow{Seq: head, Due: due.UnixMicro()}})
	}
	return out
}

// settled ends a claim: the task goes, or comes back later, unless something asked for a look meanwhile.
func (t *taskTable) settled(s relay.Settle) change {
	x := t.m[idOf(s.Task)]
	c := change{id: idOf(s.Task), release: true, failed: s.Failed}
	switch {
	case x.asked != x.claim:
	case s.Later.IsZero():
		c.gone = true
	default:
		c.put, c.row = true, taskRow{Seq: x.Seq, Due: s.Later.UnixMicro()}
	}
	return c
}

// write puts the changes on their way to the disk.
func (c change) write(b *bbolt.Bucket) error {
	switch {
	case c.gone:
		return b.Delete(taskKey(c.id))
	case c.put:
		v := make([]byte, 0, 40)
		v = strconv.AppendUint(append(v, `{"n":`...), uint64(c.row.Seq), 10)
		v = strconv.AppendInt(append(v, `,"due":`...), c.row.Due, 10)
		return b.Put(taskKey(c.id), append(v, '}'))
	}
	return nil
}

// apply makes the table what the disk is now, and wakes the workers.
func (t *taskTable) apply(changes []change) {
	if len(changes) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range changes {
		x := t.m[c.id]
		switch {
		case c.gone && x != nil:
			t.remove(x)
			continue
		case x == nil && c.put:
			x = t.make(c.id, c.row)
		case x == nil:
			continue
		}
		if c.release {
			x.Lease = ""
			if !c.failed {
				x.Tries = 0
			}
		}
		if c.put {
			x.Seq, x.Due = c.row.Seq, c.row.due()
		}
		if c.ask {
			x.asked++
		}
		t.put(x)
		t.wake(c.id.worker)
	}
}

func (t *taskTable) channel(worker string) chan struct{} {
	ch := t.woken[worker]
	if ch == nil {
		ch = make(chan struct{}, 1)
		t.woken[worker] = ch
	}
	return ch
}

func (t *taskTable) wake(worker string) {
	select {
	case t.channel(worker) <- struct{}{}:
	default:
	}
}

// Woken returns the worker's wake-up; see relay.Tasks.
func (e *Engine) Woken(worker string) <-chan struct{} {
	e.tasks.mu.Lock()
	defer e.tasks.mu.Unlock()
	return e.tasks.channel(worker)
}

// Claim leases due tasks; see relay.Tasks.
func (e *Engine) Claim(ctx context.Context, worker string, max int, lease time.Duration) ([]relay.Task, time.Time, error) {
	if err := e.Ping(ctx); err != nil {
		return nil, time.Time{}, err
	}
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	now := e.opt.Now()
	t := &e.tasks
	t.mu.Lock()
	defer t.mu.Unlock()
	free, held := heapOf(t.free, worker, false), heapOf(t.held, worker, true)
	for held.Len() > 0 && !held.s[0].until.After(now) {
		x := held.s[0]
		x.Lease = ""
		t.put(x)
	}
	var out []relay.Task
	for len(out) < max && free.Len() > 0 && !free.s[0].Due.After(now) {
		x := free.s[0]
		t.lease++
		x.Lease, x.until, x.claim, x.Tries = t.life+strconv.FormatUint(t.lease, 36), now.Add(lease), x.asked, x.Tries+1
		t.put(x)
		out = append(out, x.Task)
	}
	return out, soonest(free, held), nil
}

// soonest is when a task will next be there to be claimed; zero when there is none.
func soonest(free, held *taskHeap) time.Time {
	var next time.Time
	if free.Len() > 0 {
		next = free.s[0].Due
	}
	if held.Len() > 0 && (next.IsZero() || held.s[0].until.Before(next)) {
		next = held.s[0].until
	}
	return next
}

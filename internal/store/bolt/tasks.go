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
	"balie/internal/fault"
	"balie/internal/relay"
)

// taskTable is the open tasks in memory, as they are on disk plus who holds them. A lease is memory only: this engine serves one process,
// so a crash ends all leases, and a claim costs no commit.
type taskTable struct {
	mu    sync.Mutex
	m     map[taskID]*task
	next  map[string]*taskHeap // a worker's tasks, the first to become claimable on top
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
	place int       // in the heap
}

// at is when the task can be claimed: when it is due and nobody has it.
func (x *task) at() time.Time {
	if x.Lease != "" && x.until.After(x.Due) {
		return x.until
	}
	return x.Due
}

// taskHeap orders a worker's tasks by at.
type taskHeap []*task

func (h taskHeap) Len() int { return len(h) }
func (h taskHeap) Less(i, j int) bool {
	if c := h[i].at().Compare(h[j].at()); c != 0 {
		return c < 0
	}
	return h[i].Conv < h[j].Conv
}
func (h taskHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push and Pop are for container/heap.
func (h *taskHeap) Push(x any) {
	x.(*task).place = len(*h)
	*h = append(*h, x.(*task))
}

func (h *taskHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return x
}

// insert and remove keep the map and the heaps together.
func (t *taskTable) insert(id taskID, x *task) {
	t.m[id] = x
	h := t.next[id.worker]
	if h == nil {
		h = &taskHeap{}
		t.next[id.worker] = h
	}
	heap.Push(h, x)
}

func (t *taskTable) remove(id taskID, x *task) {
	delete(t.m, id)
	heap.Remove(t.next[id.worker], x.place)
}

func (t *taskTable) moved(x *task) { heap.Fix(t.next[x.Worker], x.place) }

// taskRow is a task at rest.
type taskRow struct {
	Seq chat.Seq  `json:"n"`
	Due time.Time `json:"due"`
}

func taskKey(id taskID) []byte {
	return []byte(id.worker + "\x00" + string(id.conv) + "\x00" + id.name)
}

func (t *taskTable) load(b *bbolt.Bucket) error {
	t.m, t.next, t.woken = map[taskID]*task{}, map[string]*taskHeap{}, map[string]chan struct{}{}
	return b.ForEach(func(k, v []byte) error {
		parts := strings.SplitN(string(k), "\x00", 3)
		var row taskRow
		if err := json.Unmarshal(v, &row); err != nil || len(parts) != 3 {
			return fmt.Errorf("decode task %q: %w", k, err)
		}
		id := taskID{parts[0], chat.ConversationID(parts[1]), parts[2]}
		t.insert(id, &task{Task: relay.Task{Worker: id.worker, Conv: id.conv, Name: id.name, Seq: row.Seq, Due: row.Due}})
		return nil
	})
}

// holds refuses settlements whose lease is no longer theirs.
func (t *taskTable) holds(ss []relay.Settle, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range ss {
		x := t.m[idOf(s.Task)]
		if x == nil || x.Lease == "" || x.Lease != s.Task.Lease || !now.Before(x.until) {
			return fault.New(fault.Conflict, "Somebody else has taken over this task.")
		}
	}
	return nil
}

func idOf(t relay.Task) taskID { return taskID{t.Worker, t.Conv, t.Name} }

// write puts settlements and new tasks into the transaction and the table. It runs on the committer's goroutine; if the commit fails
// the process ends, so the table cannot be wrong for long.
func (t *taskTable) write(b *bbolt.Bucket, conv chat.ConversationID, head chat.Seq, settle []relay.Settle, leave []relay.Leave, now time.Time, woken *[]string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range settle {
		if err := t.settle(b, s, woken); err != nil {
			return err
		}
	}
	for _, l := range leave {
		id := taskID{l.Worker, conv, l.Name}
		due := l.Due
		if due.IsZero() {
			due = now
		}
		x := t.m[id]
		if x == nil {
			x = &task{Task: relay.Task{Worker: l.Worker, Conv: conv, Name: l.Name}}
			t.insert(id, x)
		}
		x.Seq, x.Due = head, due
		t.moved(x)
		if err := put(b, id, x); err != nil {
			return err
		}
		*woken = append(*woken, l.Worker)
	}
	return nil
}

// settle ends a claim: the task goes, or comes back later, unless something new asked for a look meanwhile.
func (t *taskTable) settle(b *bbolt.Bucket, s relay.Settle, woken *[]string) error {
	id := idOf(s.Task)
	x := t.m[id]
	if x == nil || x.Lease != s.Task.Lease {
		return nil
	}
	x.Lease = ""
	t.moved(x)
	switch {
	case x.Seq > s.Task.Seq:
		*woken = append(*woken, id.worker)
		return nil
	case s.Later.IsZero():
		t.remove(id, x)
		return b.Delete(taskKey(id))
	default:
		x.Due = s.Later
		if !s.Failed {
			x.Tries = 0
		}
		t.moved(x)
		*woken = append(*woken, id.worker)
		return put(b, id, x)
	}
}

func put(b *bbolt.Bucket, id taskID, x *task) error {
	v, err := json.Marshal(taskRow{Seq: x.Seq, Due: x.Due})
	if err != nil {
		return err
	}
	return b.Put(taskKey(id), v)
}

func (t *taskTable) channel(worker string) chan struct{} {
	ch := t.woken[worker]
	if ch == nil {
		ch = make(chan struct{}, 1)
		t.woken[worker] = ch
	}
	return ch
}

func (t *taskTable) wake(workers []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range workers {
		select {
		case t.channel(w) <- struct{}{}:
		default:
		}
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
	now := e.opt.Now()
	t := &e.tasks
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.next[worker]
	if h == nil {
		return nil, time.Time{}, nil
	}
	var out []relay.Task
	for len(out) < max && h.Len() > 0 && !(*h)[0].at().After(now) {
		x := (*h)[0]
		t.lease++
		x.Lease, x.until, x.Tries = strconv.FormatUint(t.lease, 36), now.Add(lease), x.Tries+1
		t.moved(x)
		out = append(out, x.Task)
	}
	var next time.Time
	if h.Len() > 0 {
		next = (*h)[0].at()
	}
	return out, next, nil
}

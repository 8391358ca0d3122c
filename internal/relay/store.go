package relay

import (
	"context"
	"time"

	"balie/internal/chat"
	"balie/internal/fault"
)

// The workers of the house. A task names the worker that must look.
const (
	WorkerBot     = "bot"     // decides what to say
	WorkerHandoff = "handoff" // queue, leases, waiting times
	WorkerAction  = "action"  // executes confirmed acts
	WorkerOutbox  = "outbox"  // mail
)

// Task says that a worker must look at a conversation. There is at most one for a worker, conversation and name: more reasons
// to look move Seq on and Due forward, they do not add tasks. Reading a task does not delete it; settling it does.
type Task struct {
	Worker string
	Conv   chat.ConversationID
	Name   string    // "" for "there are new events"; a name for a timer of its own
	Seq    chat.Seq  // the event that last asked for a look
	Due    time.Time // not before
	Tries  int       // how often it was claimed without being settled
	Lease  string    // of this claim; "" when nobody has it
}

// Leave asks that the same commit leaves a task: to look at Due (zero = at once). A task of that name that is there already gets this
// Due and Seq.
type Leave struct {
	Worker string
	Name   string
	Due    time.Time
}

// Settle says that a claimed task is done, or (Later not zero) is to come back at that time. Either holds only if nothing new
// asked for a look since the claim, by events or by a Leave; else the task stays, due when that asked. A lease that has run out
// settles nothing: the whole Append is refused with ErrLease. A task is settled with its own conversation.
type Settle struct {
	Task   Task
	Later  time.Time
	Failed bool // put off because it went wrong: Tries goes on counting
}

// ErrLease is what Commit returns when a task it should settle is not, or no longer, held by that lease. It is a Conflict, but one that
// looking again does not help.
var ErrLease = fault.New(fault.Conflict, "Somebody else has taken over this task.")

// Append is one change to one conversation, all or none: events, tasks settled and tasks left.
type Append struct {
	Conv   chat.ConversationID
	At     chat.Seq
	Drafts []chat.Draft
	Settle []Settle
	Leave  []Leave
}

// Appended is what became of it. Events answers the drafts one by one, repeats included; New of them were added now.
type Appended struct {
	Events []chat.Event
	New    int
	State  chat.Conversation
}

// Route says which workers must look after events were added; State is the state after them. An engine calls it while it
// commits, so it must be pure and quick.
type Route func(state *chat.Conversation, added []chat.Event) []Leave

// Store is what the mail room asks of an engine for conversations. storetest.Run is its specification.
type Store interface {
	// Commit carries out a as chat.Log's Append describes, and leaves the tasks that Route names in the same transaction.
	// An Append without drafts settles and leaves only.
	Commit(ctx context.Context, a Append) (Appended, error)
	Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error)
	Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error)
	// Keyed returns the event that was stored under a key; false if there is none. For senders whose draft cannot be made a
	// second time, because what it answered is no longer open.
	Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error)
}

// Tasks is what workers ask of an engine.
type Tasks interface {
	// Claim leases at most max tasks of the worker that are due and that nobody has, oldest first: a task whose lease ran out
	// is back at its old place. A task can be claimed only when the events that caused it can be read. next is when a further
	// one will be due (zero: none known); new tasks are announced by Woken, not by next.
	Claim(ctx context.Context, worker string, max int, lease time.Duration) (tasks []Task, next time.Time, err error)
	// Woken returns a channel with one slot that gets a token whenever the worker has a reason to Claim again. It carries
	// nothing and may be early; polling backs it up.
	Woken(worker string) <-chan struct{}
}

// Lists is what pages of conversations ask of an engine.
type Lists interface {
	// List calls each with the conversations of which a key (chat.Conversation.Lists) begins with prefix, in order of key, from
	// the first key after the given one; backward turns the order round. It stops when each says so. The key that each gets is
	// the list's, a zero byte and the conversation's id. Each may call the engine.
	List(ctx context.Context, prefix, after string, backward bool, each func(key string, c chat.Conversation) (more bool)) error
	// All calls each with the id of every conversation after the given one, in order of id.
	All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) (more bool)) error
	// Epoch names this log's life. It changes when a log is restored from a copy, so that clients know their positions are void.
	Epoch() string
}

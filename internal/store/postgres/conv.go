package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"balie/internal/chat"
	"balie/internal/fault"
	"balie/internal/relay"
	"balie/internal/store/plan"
)

// attempts is how often a change that may go anywhere is planned again because other nodes were quicker.
const attempts = 50

// Commit carries out one change; see relay.Store. What this node remembers of the conversation may be behind: the statement's condition makes
// that safe, and nobody is refused before it was read again.
func (e *Engine) Commit(ctx context.Context, a relay.Append) (done relay.Appended, err error) {
	if err := plan.Lawful(a); err != nil {
		return done, err
	}
	if err := ctx.Err(); err != nil {
		return done, err
	}
	x := e.convs.Take(a.Conv)
	defer e.convs.Give(x)
	if err = e.change(context.WithoutCancel(ctx), &a, x, &done); err != nil {
		x.Reset() // it may be behind, or its outcome unknown
	}
	return done, err
}

// change plans and writes until it is done or refused. A conversation's state is large and a thousand senders may wait here at once, so it is handed on by
// pointers: what lies on their stacks is looked over by every garbage collection.
func (e *Engine) change(ctx context.Context, a *relay.Append, x *plan.Entry, out *relay.Appended) error {
	for range attempts {
		sure := !x.Loaded // of now, not remembered
		if sure {
			if err := e.loadEntry(ctx, a.Conv, x); err != nil {
				return err
			}
		}
		p, err := e.planner.Change(ctx, *a, x)
		nothing := err == nil && len(p.Fresh) == 0 && len(a.Settle) == 0 && len(p.Leave) == 0
		if !sure && (nothing || fault.Is(err, fault.Conflict)) {
			x.Reset()
			continue
		}
		if err != nil {
			return err
		}
		if nothing {
			answer(out, p, &x.Row)
			return nil
		}
		t := e.do(newOp(a, p, x.Row.Head))
		switch {
		case t.err != nil:
			return t.err
		case t.verdict == lease:
			return relay.ErrLease
		case t.verdict == taken:
			return e.took(ctx, a, p, t.head, x, out)
		}
		x.Reset()
	}
	return fault.Wrap(fault.Unavailable, downText, fmt.Errorf("append to %s: others were quicker %d times", a.Conv, attempts))
}

// took brings the memory up to what is stored now and tells who must know.
func (e *Engine) took(ctx context.Context, a *relay.Append, p *plan.Plan, head chat.Seq, x *plan.Entry, out *relay.Appended) error {
	x.Took(p)
	e.announce(a, p)
	if len(p.Fresh) == 0 && head != x.Row.Head { // only tasks changed; the conversation is further than we remembered
		x.Reset()
		if err := e.loadEntry(ctx, a.Conv, x); err != nil {
			return err
		}
	}
	answer(out, p, &x.Row)
	return nil
}

// answer is what the sender is told: nothing in it is shared with what is remembered.
//
//go:noinline
func answer(out *relay.Appended, p *plan.Plan, row *chat.Conversation) {
	out.Events, out.New, out.State = p.Answers, len(p.Fresh), row.Clone()
}

// announce wakes the workers of this node that have something to do. Other nodes' find it when they sweep.
func (e *Engine) announce(a *relay.Append, p *plan.Plan) {
	for _, s := range a.Settle {
		e.wakes.wake(s.Task.Worker)
	}
	for _, l := range p.Leave {
		e.wakes.wake(l.Worker)
	}
}

// loaded is what is read of a conversation at once, of one moment.
type loaded struct {
	row  chat.Conversation
	last int64
	keys []string
	seqs []int64
}

// loadEntry reads a conversation's row and the keys of its events. A row that does not stand at the end of its events is damage, and is
// refused before anything is built on it.
func (e *Engine) loadEntry(ctx context.Context, conv chat.ConversationID, x *plan.Entry) error {
	x.Reset()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	l, _, err := one(ctx, e, func(rows pgx.Rows) (l loaded, err error) {
		var text string
		if err = rows.Scan(&text, &l.last, &l.keys, &l.seqs); err == nil {
			err = json.Unmarshal([]byte(text), &l.row)
		}
		return l, err
	}, `SELECT c.row, coalesce(e.last, 0), coalesce(e.keys, '{}'), coalesce(e.seqs, '{}') FROM conversation c,
		LATERAL (SELECT max(seq) AS last, array_agg(key) FILTER (WHERE key <> '') AS keys, array_agg(seq) FILTER (WHERE key <> '') AS seqs FROM event WHERE conv = c.id) e
		WHERE c.id = $1`, string(conv))
	if err != nil {
		return wrap(err, "load conversation %s", conv)
	}
	if chat.Seq(l.last) != l.row.Head {
		return fault.Newf(fault.Internal, "The row of conversation %s is at %d and its log at %d.", conv, l.row.Head, l.last)
	}
	for i, k := range l.keys {
		x.Keys[chat.Key(k)] = chat.Seq(l.seqs[i])
	}
	x.Fill(l.row)
	return nil
}

// Read returns events after a position.
func (e *Engine) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	if !conv.Valid() || after >= 1<<62 || max <= 0 {
		return nil, nil
	}
	evs, err := collect(ctx, e, scanEvent(conv), "SELECT body FROM event WHERE conv = $1 AND seq > $2 ORDER BY seq LIMIT $3", string(conv), int64(after), max)
	return evs, wrap(err, "read %s after %d", conv, after)
}

func scanEvent(conv chat.ConversationID) func(pgx.Rows) (chat.Event, error) {
	return func(rows pgx.Rows) (chat.Event, error) {
		ev := chat.Event{Conv: conv}
		text, err := scanText(rows)
		if err == nil {
			err = ev.UnmarshalJSON([]byte(text))
		}
		return ev, err
	}
}

// former is Read for what a change is planned from, of which nobody waits longer than for the change.
func (e *Engine) former(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.Read(ctx, conv, after, max)
}

// Keyed returns the event under a key; see relay.Store.
func (e *Engine) Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error) {
	if !conv.Valid() || key == "" || !storable(string(key)) {
		return chat.Event{}, false, nil
	}
	ev, found, err := one(ctx, e, scanEvent(conv), "SELECT body FROM event WHERE conv = $1 AND key = $2", string(conv), string(key))
	return ev, found, wrap(err, "read %s by key", conv)
}

// Conversation returns the folded row.
func (e *Engine) Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error) {
	none := fault.New(fault.NotFound, "There is no such conversation.")
	if !conv.Valid() {
		return chat.Conversation{}, none
	}
	row, found, err := one(ctx, e, func(rows pgx.Rows) (row chat.Conversation, err error) {
		text, err := scanText(rows)
		if err == nil {
			err = json.Unmarshal([]byte(text), &row)
		}
		return row, err
	}, "SELECT row FROM conversation WHERE id = $1", string(conv))
	if err == nil && !found {
		return row, none
	}
	return row, wrap(err, "read conversation %s", conv)
}

// micro is a time as the database keeps it.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

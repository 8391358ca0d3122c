package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

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

// entry is a conversation in memory: its row as it is on disk, and the keys it has seen. mu is held from looking at the row
// until the change is durable, so the row never runs ahead of the disk.
type entry struct {
	mu     sync.Mutex
	loaded bool
	row    chat.Conversation
	lists  []string
	keys   map[chat.Key]chat.Seq
}

// cache holds the conversations that were last written to. It forgets any that nobody holds when it is full.
type cache struct {
	mu  sync.Mutex
	max int
	m   map[chat.ConversationID]*cached
}

type cached struct {
	entry
	users int
}

func (c *cache) init(max int) { c.max, c.m = max, map[chat.ConversationID]*cached{} }

// take returns the entry locked; the caller must give it back.
func (c *cache) take(id chat.ConversationID) *cached {
	c.mu.Lock()
	x := c.m[id]
	if x == nil {
		c.evict()
		x = &cached{}
		c.m[id] = x
	}
	x.users++
	c.mu.Unlock()
	x.entry.mu.Lock()
	return x
}

func (c *cache) give(x *cached) {
	x.entry.mu.Unlock()
	c.mu.Lock()
	x.users--
	c.mu.Unlock()
}

// evict makes room. Go's random order of maps is the policy; an entry costs one read to load again.
func (c *cache) evict() {
	for id, x := range c.m {
		if len(c.m) < c.max {
			return
		}
		if x.users == 0 {
			delete(c.m, id)
		}
	}
}

// Commit carries out one change; see relay.Store.
func (e *Engine) Commit(ctx context.Context, a relay.Append) (relay.Appended, error) {
	if !a.Conv.Valid() {
		return relay.Appended{}, fault.New(fault.NotFound, "There is no such conversation.")
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

// plan is a change worked out against the present row.
type plan struct {
	answers []chat.Event
	fresh   []chat.Event
	repeats int
	row     chat.Conversation
	puts    [][2][]byte
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
		return relay.Appended{Events: p.answers, State: x.row}, nil
	}
	if err := e.tasks.holds(a.Settle, e.opt.Now()); err != nil {
		return relay.Appended{}, err
	}
	var woken []string
	err = e.do(&op{
		write: func(tx *bbolt.Tx) error {
			if err := p.write(tx, a.Conv); err != nil {
				return err
			}
			return e.tasks.write(tx.Bucket(bucketTask), a.Conv, p.row.Head, a.Settle, p.leave, e.opt.Now(), &woken)
		},
		after: func() { e.tasks.wake(woken) },
	})
	if err != nil {
		return relay.Appended{}, err
	}
	if len(p.fresh) > 0 {
		x.row, x.lists = p.row, p.row.Lists()
		for _, ev := range p.fresh {
			if ev.Key != "" {
				x.keys[ev.Key] = ev.Seq
			}
		}
	}
	return relay.Appended{Events: p.answers, New: len(p.fresh), State: p.row}, nil
}

// plan numbers the drafts, folds them and encodes what must be written; nothing is changed yet.
func (e *Engine) plan(a relay.Append, x *entry) (*plan, error) {
	p := &plan{row: x.row, leave: slices.Clone(a.Leave)}
	if err := e.number(a, x, p); err != nil {
		return nil, err
	}
	if a.At != chat.Any && a.At != x.row.Head && (len(p.fresh) > 0 || len(a.Drafts) == 0) {
		return nil, fault.Newf(fault.Conflict, "Somebody else was first; the conversation is at %d now.", x.row.Head)
	}
	if len(p.fresh) == 0 {
		return p, nil
	}
	p.row = chat.Fold(x.row, p.fresh...)
	for _, ev := range p.fresh {
		b, err := json.Marshal(ev)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		p.puts = append(p.puts, [2][]byte{convKey(a.Conv, uint64(ev.Seq)), b})
		if r, ok := ev.Body.(*chat.Redacted); ok {
			if err := e.blank(a.Conv, r, p); err != nil {
				return nil, err
			}
		}
	}
	b, err := json.Marshal(p.row)
	if err != nil {
		return nil, fmt.Errorf("encode row of %s: %w", a.Conv, err)
	}
	p.puts = append(p.puts, [2][]byte{convKey(a.Conv, rowPos), b})
	now := p.row.Lists()
	p.drop, p.add = minus(x.lists, now), minus(now, x.lists)
	if e.opt.Route != nil {
		p.leave = append(p.leave, e.opt.Route(&p.row, p.fresh)...)
	}
	return p, nil
}

// number gives each draft its event: an earlier one for a repeated key, else the next.
func (e *Engine) number(a relay.Append, x *entry, p *plan) error {
	at := e.opt.Now().UTC().Truncate(1000)
	if at.Before(x.row.Updated) { // a clock set back does not turn the log round
		at = x.row.Updated
	}
	here := map[chat.Key]chat.Event{}
	for _, d := range a.Drafts {
		if d.Body == nil {
			return fault.New(fault.Invalid, "There is nothing to store.")
		}
		if d.Key != "" {
			old, seen := here[d.Key]
			if seq, ok := x.keys[d.Key]; ok && !seen {
				var err error
				if old, err = e.event(a.Conv, seq); err != nil {
					return err
				}
				seen = true
			}
			if seen {
				if !same(old, d) {
					return fault.New(fault.IDConflict, "This key was already used for something else.")
				}
				p.answers, p.repeats = append(p.answers, old), p.repeats+1
				continue
			}
		}
		ev := chat.Event{Conv: a.Conv, Seq: x.row.Head + chat.Seq(len(p.fresh)) + 1, At: at, By: d.By, Key: d.Key, Body: d.Body}
		p.fresh, p.answers = append(p.fresh, ev), append(p.answers, ev)
		if d.Key != "" {
			here[d.Key] = ev
		}
	}
	return nil
}

// same reports whether a draft says what an event said. A redacted event has lost its words: it is taken for the same if kind and party are.
func same(old chat.Event, d chat.Draft) bool {
	if old.By != d.By || old.Body.Kind() != d.Body.Kind() {
		return false
	}
	a, errA := json.Marshal(old.Body)
	b, errB := json.Marshal(d.Body)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

func (e *Engine) blank(conv chat.ConversationID, r *chat.Redacted, p *plan) error {
	for _, seq := range r.Seqs {
		old, err := e.event(conv, seq)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		b, err := json.Marshal(chat.Blank(old))
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		p.puts = append(p.puts, [2][]byte{convKey(conv, uint64(seq)), b})
	}
	return nil
}

func (p *plan) write(tx *bbolt.Tx, conv chat.ConversationID) error {
	c, l := tx.Bucket(bucketConv), tx.Bucket(bucketList)
	for _, kv := range p.puts {
		if err := c.Put(kv[0], kv[1]); err != nil {
			return err
		}
	}
	for _, k := range p.drop {
		if err := l.Delete([]byte(k + "\x00" + string(conv))); err != nil {
			return err
		}
	}
	for _, k := range p.add {
		if err := l.Put([]byte(k+"\x00"+string(conv)), nil); err != nil {
			return err
		}
	}
	return nil
}

// loadEntry fills an entry from disk: the row, and the keys of its events.
func (e *Engine) loadEntry(id chat.ConversationID, x *entry) error {
	if x.loaded {
		return nil
	}
	x.row, x.keys = chat.Conversation{}, map[chat.Key]chat.Seq{}
	err := e.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketConv).Cursor()
		for k, v := c.Seek(convKey(id, 0)); k != nil && bytes.HasPrefix(k, []byte(id)); k, v = c.Next() {
			if binary.BigEndian.Uint64(k[len(id):]) == rowPos {
				return json.Unmarshal(v, &x.row)
			}
			var s struct {
				N chat.Seq `json:"n"`
				K chat.Key `json:"k"`
			}
			if err := json.Unmarshal(v, &s); err != nil {
				return err
			}
			if s.K != "" {
				x.keys[s.K] = s.N
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load conversation %s: %w", id, err)
	}
	x.lists = nil
	if x.row.Head > 0 {
		x.lists = x.row.Lists()
	}
	x.loaded = true
	return nil
}

// Read returns events after a position.
func (e *Engine) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	if !conv.Valid() || after >= chat.Seq(rowPos)-1 || max <= 0 {
		return nil, nil
	}
	var out []chat.Event
	err := e.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketConv).Cursor()
		for k, v := c.Seek(convKey(conv, uint64(after)+1)); k != nil && bytes.HasPrefix(k, []byte(conv)) && len(out) < max; k, v = c.Next() {
			if binary.BigEndian.Uint64(k[len(conv):]) == rowPos {
				return nil
			}
			ev := chat.Event{Conv: conv}
			if err := ev.UnmarshalJSON(v); err != nil {
				return err
			}
			out = append(out, ev)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %s after %d: %w", conv, after, err)
	}
	return out, nil
}

func (e *Engine) event(conv chat.ConversationID, seq chat.Seq) (chat.Event, error) {
	evs, err := e.Read(context.Background(), conv, seq-1, 1)
	if err != nil {
		return chat.Event{}, err
	}
	if len(evs) == 0 || evs[0].Seq != seq {
		return chat.Event{}, fault.New(fault.NotFound, "There is no such message.")
	}
	return evs[0], nil
}

// Keyed returns the event under a key; see relay.Store.
func (e *Engine) Keyed(ctx context.Context, conv chat.ConversationID, key chat.Key) (chat.Event, bool, error) {
	if !conv.Valid() || key == "" {
		return chat.Event{}, false, nil
	}
	x := e.convs.take(conv)
	defer e.convs.give(x)
	if err := e.loadEntry(conv, &x.entry); err != nil {
		return chat.Event{}, false, err
	}
	seq, ok := x.keys[key]
	if !ok {
		return chat.Event{}, false, nil
	}
	ev, err := e.event(conv, seq)
	return ev, err == nil, err
}

// Conversation returns the folded row.
func (e *Engine) Conversation(ctx context.Context, conv chat.ConversationID) (chat.Conversation, error) {
	var row chat.Conversation
	found := false
	err := e.db.View(func(tx *bbolt.Tx) error { return readRow(tx, conv, &row, &found) })
	if err != nil {
		return row, fmt.Errorf("read conversation %s: %w", conv, err)
	}
	if !found {
		return row, fault.New(fault.NotFound, "There is no such conversation.")
	}
	return row, nil
}

func readRow(tx *bbolt.Tx, conv chat.ConversationID, row *chat.Conversation, found *bool) error {
	if !conv.Valid() {
		return nil
	}
	v := tx.Bucket(bucketConv).Get(convKey(conv, rowPos))
	if v == nil {
		return nil
	}
	*found = true
	return json.Unmarshal(v, row)
}

// List calls each with conversations in a list; see relay.Lists. Rows are read a page at a time, so each may call the engine.
func (e *Engine) List(ctx context.Context, prefix, after string, backward bool, each func(string, chat.Conversation) bool) error {
	for {
		keys, rows, err := e.listPage(prefix, after, backward)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(keys[i], rows[i]) {
				return nil
			}
		}
		if len(keys) < listPage {
			return nil
		}
		after = keys[len(keys)-1]
	}
}

const listPage = 128

func (e *Engine) listPage(prefix, after string, backward bool) (keys []string, rows []chat.Conversation, err error) {
	err = e.db.View(func(tx *bbolt.Tx) error {
		next, k := listCursor(tx.Bucket(bucketList).Cursor(), prefix, after, backward)
		for ; k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(keys) < listPage; k = next() {
			i := bytes.LastIndexByte(k, 0)
			var row chat.Conversation
			found := false
			if err := readRow(tx, chat.ConversationID(k[i+1:]), &row, &found); err != nil {
				return err
			}
			if found {
				keys, rows = append(keys, string(k)), append(rows, row)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	return keys, rows, nil
}

// listCursor puts a cursor on the first key of a listing and returns how to go on.
func listCursor(c *bbolt.Cursor, prefix, after string, backward bool) (next func() []byte, k []byte) {
	if !backward {
		from := max(prefix, after)
		k, _ = c.Seek([]byte(from))
		if k != nil && string(k) == after {
			k, _ = c.Next()
		}
		return func() []byte { k, _ := c.Next(); return k }, k
	}
	from := after
	if from == "" {
		from = prefix + "\xff"
	}
	if k, _ = c.Seek([]byte(from)); k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	return func() []byte { k, _ := c.Prev(); return k }, k
}

// All calls each with every conversation's id, in order.
func (e *Engine) All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) bool) error {
	for {
		var page []chat.ConversationID
		err := e.db.View(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketConv).Cursor()
			from := []byte(after)
			if after != "" {
				from = append(convKey(after, rowPos), 0)
			}
			for k, _ := c.Seek(from); k != nil && len(page) < 1024; k, _ = c.Seek(from) {
				if len(k) <= 8 {
					return errors.New("a key that is none of ours")
				}
				id := chat.ConversationID(k[:len(k)-8])
				page = append(page, id)
				from = append(convKey(id, rowPos), 0)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("list conversations: %w", err)
		}
		for _, id := range page {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !each(id) {
				return nil
			}
			after = id
		}
		if len(page) < 1024 {
			return nil
		}
	}
}

// minus returns the members of a that are not in b.
func minus(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
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

// plan numbers the drafts, folds them and encodes what must be written; nothing is changed yet.
func (e *Engine) plan(a relay.Append, x *entry) (*plan, error) {
	p := &plan{row: x.row, leave: a.Leave}
	if err := e.number(a, x, p); err != nil {
		return nil, err
	}
	if a.At != chat.Any && a.At != x.row.Head && (len(p.fresh) > 0 || len(a.Drafts) == 0) {
		return nil, fault.Newf(fault.Conflict, "Somebody else was first; the conversation is at %d now.", x.row.Head)
	}
	if len(p.fresh) == 0 {
		return p, nil
	}
	if err := e.encode(a.Conv, p); err != nil {
		return nil, err
	}
	p.row = chat.Fold(x.row, p.fresh...)
	b, err := json.Marshal(&p.row)
	if err != nil {
		return nil, fmt.Errorf("encode row of %s: %w", a.Conv, err)
	}
	p.puts = append(p.puts, [2][]byte{convKey(a.Conv, rowPos), b})
	p.lists = p.row.Lists()
	p.drop, p.add = minus(x.lists, p.lists), minus(p.lists, x.lists)
	if e.opt.Route == nil {
		return p, nil
	}
	routed := e.opt.Route(&p.row, p.fresh)
	p.leave = append(p.leave[:len(p.leave):len(p.leave)], routed...)
	return p, lawfulTasks(routed)
}

// encode writes the fresh events out, and earlier ones again that are blanked. What is folded is what will be read back: text that is not
// UTF-8 changes on its way through JSON, so it is folded as it comes out there.
func (e *Engine) encode(conv chat.ConversationID, p *plan) error {
	for i := range p.fresh {
		ev := &p.fresh[i]
		b, err := ev.MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		if len(b) > maxEvent {
			return fault.New(fault.TooLong, "This is too long to store.")
		}
		if bytes.Contains(b, []byte(`\ufffd`)) {
			if err := ev.UnmarshalJSON(b); err != nil {
				return err
			}
		}
		p.puts = append(p.puts, [2][]byte{convKey(conv, uint64(ev.Seq)), b})
		if r, ok := ev.Body.(*chat.Redacted); ok {
			if err := e.blank(conv, r, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// number gives each draft its event: an earlier one for a repeated key, else the next.
func (e *Engine) number(a relay.Append, x *entry, p *plan) error {
	at := e.opt.Now().UTC().Truncate(time.Microsecond)
	if at.Before(x.row.Updated) { // a clock set back does not turn the log round
		at = x.row.Updated
	}
	for _, d := range a.Drafts {
		if d.Key != "" {
			old, seen, err := e.earlier(a.Conv, d.Key, x, p)
			if err != nil {
				return err
			}
			if seen {
				if err := e.repeat(old, d); err != nil {
					return err
				}
				p.answers = append(p.answers, old)
				continue
			}
		}
		ev := chat.Event{Conv: a.Conv, Seq: x.row.Head + chat.Seq(len(p.fresh)) + 1, At: at, By: d.By, Key: d.Key, Body: d.Body}
		p.fresh, p.answers = append(p.fresh, ev), append(p.answers, ev)
	}
	return nil
}

// earlier finds the event that has the key: in the log, or earlier in this change.
func (e *Engine) earlier(conv chat.ConversationID, k chat.Key, x *entry, p *plan) (chat.Event, bool, error) {
	if seq, ok := x.keys[k]; ok {
		ev, err := e.event(conv, seq)
		return ev, true, err
	}
	for _, ev := range p.fresh {
		if ev.Key == k {
			return ev, true, nil
		}
	}
	return chat.Event{}, false, nil
}

// repeat refuses a draft that uses the key of an event to say something else. An event that was redacted has lost its words, so a
// retry of it is measured without them.
func (e *Engine) repeat(old chat.Event, d chat.Draft) error {
	if old.By == d.By && sameBody(old.Body, d.Body) {
		return nil
	}
	bare := chat.Blank(chat.Event{Body: d.Body}).Body
	if old.By == d.By && sameBody(old.Body, bare) {
		gone, err := e.redacted(old.Conv, old.Seq)
		if err != nil || gone {
			return err
		}
	}
	return fault.New(fault.IDConflict, "This key was already used for something else.")
}

func sameBody(a, b chat.Body) bool {
	x, errX := plain(a)
	y, errY := plain(b)
	return errX == nil && errY == nil && a.Kind() == b.Kind() && bytes.Equal(x, y)
}

// plain is the JSON of a body as it is after a journey to disk and back.
func plain(b chat.Body) ([]byte, error) {
	v, err := json.Marshal(b)
	return bytes.ReplaceAll(v, []byte(`\ufffd`), []byte("\ufffd")), err
}

// redacted reports whether the event's words were taken out. It reads on through the log; only a retry of a redacted event asks.
func (e *Engine) redacted(conv chat.ConversationID, seq chat.Seq) (bool, error) {
	for after := seq; ; {
		evs, err := e.Read(context.Background(), conv, after, 256)
		if err != nil || len(evs) == 0 {
			return false, err
		}
		for _, ev := range evs {
			if r, ok := ev.Body.(*chat.Redacted); ok && slices.Contains(r.Seqs, seq) {
				return true, nil
			}
		}
		after = evs[len(evs)-1].Seq
	}
}

// blank writes the events that r names without their words, those of this very change included.
func (e *Engine) blank(conv chat.ConversationID, r *chat.Redacted, p *plan) error {
	for _, seq := range r.Seqs {
		old, err := e.planned(conv, seq, p)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		b, err := chat.Blank(old).MarshalJSON()
		if err != nil {
			return fmt.Errorf("encode event: %w", err)
		}
		p.puts = append(p.puts, [2][]byte{convKey(conv, uint64(seq)), b})
	}
	return nil
}

func (e *Engine) planned(conv chat.ConversationID, seq chat.Seq, p *plan) (chat.Event, error) {
	for _, ev := range p.fresh {
		if ev.Seq == seq {
			return ev, nil
		}
	}
	return e.event(conv, seq)
}

func (p *plan) write(tx *bbolt.Tx, conv chat.ConversationID) error {
	c := tx.Bucket(bucketConv)
	for _, kv := range p.puts {
		if err := c.Put(kv[0], kv[1]); err != nil {
			return err
		}
	}
	if len(p.drop)+len(p.add) == 0 {
		return nil
	}
	l := tx.Bucket(bucketList)
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

// loadEntry fills an entry from disk: the row, and the keys of its events. A row that does not stand at the end of its events
// is damage, and is refused before anything is built on it.
func (e *Engine) loadEntry(id chat.ConversationID, x *entry) error {
	if x.loaded {
		return nil
	}
	x.row, x.keys, x.lists = chat.Conversation{}, map[chat.Key]chat.Seq{}, nil
	err := e.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucketConv).Cursor()
		var last chat.Seq
		for k, v := c.Seek(convKey(id, 0)); k != nil && bytes.HasPrefix(k, []byte(id)); k, v = c.Next() {
			if pos := binary.BigEndian.Uint64(k[len(id):]); pos == rowPos {
				if err := json.Unmarshal(v, &x.row); err != nil {
					return err
				}
			} else if last++; pos != uint64(last) {
				return errDamaged
			} else if err := x.seen(v, last); err != nil {
				return err
			}
		}
		if last != x.row.Head {
			return errDamaged
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load conversation %s: %w", id, err)
	}
	if x.row.Head > 0 {
		x.lists = x.row.Lists()
	}
	x.loaded = true
	return nil
}

// seen notes the key of an event at rest.
func (x *entry) seen(v []byte, seq chat.Seq) error {
	if !bytes.Contains(v, []byte(`"k":`)) {
		return nil
	}
	var s struct {
		K chat.Key `json:"k"`
	}
	if err := json.Unmarshal(v, &s); err != nil {
		return err
	}
	if s.K != "" {
		x.keys[s.K] = seq
	}
	return nil
}

// Read returns events after a position.
func (e *Engine) Read(ctx context.Context, conv chat.ConversationID, after chat.Seq, max int) ([]chat.Event, error) {
	if !conv.Valid() || after >= chat.Seq(rowPos)-1 || max <= 0 {
		return nil, nil
	}
	var out []chat.Event
	err := e.view(func(tx *bbolt.Tx) error {
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
	err := e.view(func(tx *bbolt.Tx) error { return readRow(tx, conv, &row, &found) })
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
	err = e.view(func(tx *bbolt.Tx) error {
		next, k := listCursor(tx.Bucket(bucketList).Cursor(), prefix, after, backward)
		last := after
		for ; k != nil && bytes.HasPrefix(k, []byte(prefix)) && len(keys) < listPage; k = next() {
			i := bytes.LastIndexByte(k, 0)
			if order := strings.Compare(string(k), last); i < 0 || last != "" && (order == 0 || (order < 0) != backward) {
				return errDamaged // or the walk would have no end
			}
			last = string(k)
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
	end := beyond(prefix)
	if from := []byte(after); after != "" && (end == nil || bytes.Compare(from, end) < 0) {
		end = from
	}
	if end == nil {
		k, _ = c.Last()
	} else if k, _ = c.Seek(end); k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	return func() []byte { k, _ := c.Prev(); return k }, k
}

// beyond is the first key after all that begin with prefix; nil when there is none.
func beyond(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// All calls each with every conversation's id, in order.
func (e *Engine) All(ctx context.Context, after chat.ConversationID, each func(chat.ConversationID) bool) error {
	for {
		var page []chat.ConversationID
		err := e.view(func(tx *bbolt.Tx) error {
			c := tx.Bucket(bucketConv).Cursor()
			from := []byte(after)
			if after != "" {
				from = append(convKey(after, rowPos), 0)
			}
			for k, _ := c.Seek(from); k != nil && len(page) < 1024; k, _ = c.Seek(from) {
				if len(k) <= 8 {
					return errDamaged
				}
				id := chat.ConversationID(k[:len(k)-8])
				if !id.Valid() || id <= after || len(page) > 0 && id <= page[len(page)-1] {
					return errDamaged // or the walk would have no end
				}
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

package plan

import (
	"sync"

	"balie/internal/chat"
)

// Entry is a conversation in memory: its row as it is stored, and the keys it has seen. Whoever holds it may look and change; it is held from
// looking at the row until the change is durable, so the row never runs ahead of the store.
type Entry struct {
	Loaded bool // false: an engine must read it first
	Row    chat.Conversation
	Lists  []string
	Keys   map[chat.Key]chat.Seq

	mu    sync.Mutex
	users int
}

// Reset empties the entry, to be loaded again.
func (x *Entry) Reset() {
	x.Loaded, x.Row, x.Lists, x.Keys = false, chat.Conversation{}, nil, map[chat.Key]chat.Seq{}
}

// Fill makes the entry stand at row. Keys are the loader's to add.
func (x *Entry) Fill(row chat.Conversation) {
	x.Row, x.Lists, x.Loaded = row, nil, true
	if row.Head > 0 {
		x.Lists = row.Lists()
	}
}

// Took makes the entry what it is after p became durable.
func (x *Entry) Took(p *Plan) {
	if len(p.Fresh) == 0 {
		return
	}
	x.Row, x.Lists = p.Row, p.Lists
	for _, ev := range p.Fresh {
		if ev.Key != "" {
			x.Keys[ev.Key] = ev.Seq
		}
	}
}

// Cache holds the conversations that were last written to. It forgets any that nobody holds when it is full.
type Cache struct {
	mu  sync.Mutex
	max int
	m   map[chat.ConversationID]*Entry
}

// NewCache makes a cache of about max conversations.
func NewCache(max int) *Cache { return &Cache{max: max, m: map[chat.ConversationID]*Entry{}} }

// Take returns the entry, held: nobody else gets it until Give.
func (c *Cache) Take(id chat.ConversationID) *Entry {
	c.mu.Lock()
	x := c.m[id]
	if x == nil {
		c.evict()
		x = &Entry{}
		x.Reset()
		c.m[id] = x
	}
	x.users++
	c.mu.Unlock()
	x.mu.Lock()
	return x
}

// Give lets go of an entry.
func (c *Cache) Give(x *Entry) {
	x.mu.Unlock()
	c.mu.Lock()
	x.users--
	c.mu.Unlock()
}

// evict makes room. Go's random order of maps is the policy; an entry costs one read to load again.
func (c *Cache) evict() {
	for id, x := range c.m {
		if len(c.m) < c.max {
			return
		}
		if x.users == 0 {
			delete(c.m, id)
		}
	}
}

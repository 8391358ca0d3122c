package bolt

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"

	bbolt "go.etcd.io/bbolt"

	"balie/internal/chat"
)

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

package openai

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// cacheKey stands for a text under a model. It is a hash, so that memory holds no customer's words.
type cacheKey [sha256.Size]byte

func (e *Embedder) key(text string) cacheKey {
	return sha256.Sum256([]byte(e.cfg.Model + "\x00" + text))
}

// cache remembers vectors up to a number of bytes; what was not asked for longest goes first.
type cache struct {
	mu    sync.Mutex
	left  int
	order *list.List // front: asked for last
	at    map[cacheKey]*list.Element
}

type cached struct {
	key    cacheKey
	vector []float32
}

// size is what an entry costs, with an allowance for the map and the list.
func (c cached) size() int { return 4*len(c.vector) + 200 }

func newCache(bytes int) *cache {
	return &cache{left: bytes, order: list.New(), at: map[cacheKey]*list.Element{}}
}

// get returns nil for what is not there.
func (c *cache) get(k cacheKey) []float32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.at[k]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(cached).vector
}

// put remembers v; a key that is there already keeps what it has.
func (c *cache) put(k cacheKey, v []float32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at[k] != nil {
		return
	}
	entry := cached{key: k, vector: v}
	c.at[k] = c.order.PushFront(entry)
	for c.left -= entry.size(); c.left < 0; {
		last := c.order.Remove(c.order.Back()).(cached)
		delete(c.at, last.key)
		c.left += last.size()
	}
}

// Package document gives rooms typed collections over documents, one of the two shapes every engine implements: a document is
// a JSON value in a named collection with a revision that counts up from 1. Put only if the revision is still the one I
// read; get; list by a few declared keys; history; changes since a cursor.
//
// A room declares the small interface it needs over basic types; Collection satisfies it structurally, so a new noun costs
// no engine code.
package document

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Doc is one revision of a document at rest.
type Doc struct {
	Collection string
	ID         string
	Rev        uint64
	At         time.Time
	Cursor     uint64 // the place in the feed of all documents; grows with every put
	Deleted    bool   // a tombstone: Body is empty
	Body       []byte
}

// Put is a conditional write. Rev is the revision that was read, 0 for "must not exist"; Anyway writes whatever is there.
type Put struct {
	Collection string
	ID         string
	Rev        uint64
	Anyway     bool
	Delete     bool
	Body       []byte
	Keys       []string // "index/value", under which List finds it
	History    bool     // keep former revisions, and a place in the feed for each
}

// Engine is what collections ask of a store. All puts of a call are made or none; each returns as the document's new Doc.
// A put at another revision is a fault.Conflict; Get of what is not there, or was deleted, a fault.NotFound. A body that is not JSON, a
// name that is empty, too long or holds a zero byte, and the same document twice in a call are fault.Invalid. A document that was
// deleted and put again (at revision 0) goes on counting where history is kept; elsewhere nothing of it stays, and it starts again at 1.
// Callbacks may call the engine.
type Engine interface {
	PutDocs(ctx context.Context, puts ...Put) ([]Doc, error)
	GetDoc(ctx context.Context, collection, id string) (Doc, error)
	// ListDocs calls each with the living documents of which a key begins with prefix (of which the id does, if index is ""), in
	// order of key (bytewise), until it says stop. A document with two such keys comes twice.
	ListDocs(ctx context.Context, collection, index, prefix string, each func(Doc) (more bool)) error
	// DocHistory calls each with every kept revision, newest first.
	DocHistory(ctx context.Context, collection, id string, each func(Doc) (more bool)) error
	// DocChanges calls each with the latest revision of every document that was put after the cursor, in order of cursor,
	// tombstones included, and returns the cursor to go on from. The document at which each said stop comes again from there: nothing
	// is skipped. Only collections that keep history are in the feed.
	DocChanges(ctx context.Context, collection string, after uint64, each func(Doc) (more bool)) (uint64, error)
}

// Options say how a collection is kept.
type Options[T any] struct {
	Keys    func(T) []string // "index/value" entries for List
	History bool             // keep every revision
}

// Collection is a typed view of a named collection.
type Collection[T any] struct {
	engine Engine
	name   string
	opt    Options[T]
}

// In opens the collection of that name; nothing is read or made until it is used.
func In[T any](e Engine, name string, opt Options[T]) *Collection[T] {
	return &Collection[T]{engine: e, name: name, opt: opt}
}

// Get returns the document and its revision; fault.NotFound if there is none.
func (c *Collection[T]) Get(ctx context.Context, id string) (T, uint64, error) {
	var v T
	d, err := c.engine.GetDoc(ctx, c.name, id)
	if err != nil {
		return v, 0, err
	}
	v, err = decode[T](d)
	return v, d.Rev, err
}

// Put writes v if the stored revision is still rev (0: if there is none) and returns the new revision; else fault.Conflict.
func (c *Collection[T]) Put(ctx context.Context, id string, v T, rev uint64) (uint64, error) {
	return c.put(ctx, id, v, rev, false)
}

// Set writes v whatever is stored. For facts of which the latest is always right, such as presence.
func (c *Collection[T]) Set(ctx context.Context, id string, v T) error {
	_, err := c.put(ctx, id, v, 0, true)
	return err
}

func (c *Collection[T]) put(ctx context.Context, id string, v T, rev uint64, anyway bool) (uint64, error) {
	p, err := c.Prepare(id, v, rev)
	if err != nil {
		return 0, err
	}
	p.Anyway = anyway
	docs, err := c.engine.PutDocs(ctx, p)
	if err != nil {
		return 0, err
	}
	return docs[0].Rev, nil
}

// Prepare makes the put that Put would make, so that several can go to the engine in one call.
func (c *Collection[T]) Prepare(id string, v T, rev uint64) (Put, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Put{}, fmt.Errorf("encode %s %s: %w", c.name, id, err)
	}
	p := Put{Collection: c.name, ID: id, Rev: rev, Body: body, History: c.opt.History}
	if c.opt.Keys != nil {
		p.Keys = c.opt.Keys(v)
	}
	return p, nil
}

// Delete takes the document away if its revision is still rev. Its history stays where history is kept.
func (c *Collection[T]) Delete(ctx context.Context, id string, rev uint64) error {
	_, err := c.engine.PutDocs(ctx, Put{Collection: c.name, ID: id, Rev: rev, Delete: true, History: c.opt.History})
	return err
}

// List calls each with the documents found under index (as declared in Options.Keys; "" = by id) by prefix, in order of key. An error
// of each ends the listing and is returned.
func (c *Collection[T]) List(ctx context.Context, index, prefix string, each func(id string, rev uint64, v T) error) error {
	return c.walk(func(f func(Doc) bool) error { return c.engine.ListDocs(ctx, c.name, index, prefix, f) },
		func(d Doc, v T) error { return each(d.ID, d.Rev, v) })
}

// History calls each with the kept revisions, newest first.
func (c *Collection[T]) History(ctx context.Context, id string, each func(rev uint64, at time.Time, v T) error) error {
	return c.walk(func(f func(Doc) bool) error { return c.engine.DocHistory(ctx, c.name, id, f) },
		func(d Doc, v T) error { return each(d.Rev, d.At, v) })
}

// Changes calls each with the latest revision of whatever was put after the cursor, in order, and returns the cursor to go on from; on an
// error of each, the cursor of the last document that went well.
func (c *Collection[T]) Changes(ctx context.Context, after uint64, each func(cursor uint64, id string, rev uint64, v T, deleted bool) error) (uint64, error) {
	done := after
	var last uint64
	err := c.walk(func(f func(Doc) bool) (err error) {
		last, err = c.engine.DocChanges(ctx, c.name, after, f)
		return err
	}, func(d Doc, v T) error {
		if err := each(d.Cursor, d.ID, d.Rev, v, d.Deleted); err != nil {
			return err
		}
		done = d.Cursor
		return nil
	})
	if err != nil {
		return done, err
	}
	return max(done, last), nil
}

// walk runs an engine's listing with typed values; the callback's error ends it.
func (c *Collection[T]) walk(list func(func(Doc) bool) error, each func(Doc, T) error) error {
	var failed error
	err := list(func(d Doc) bool {
		var v T
		if !d.Deleted {
			if v, failed = decode[T](d); failed != nil {
				return false
			}
		}
		failed = each(d, v)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	return err
}

func decode[T any](d Doc) (T, error) {
	var v T
	if err := json.Unmarshal(d.Body, &v); err != nil {
		return v, fmt.Errorf("decode %s %s revision %d: %w", d.Collection, d.ID, d.Rev, err)
	}
	return v, nil
}

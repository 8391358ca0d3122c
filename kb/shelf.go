package kb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
)

// indexVersion is part of the folder's name: raise it when what is written into the index changes, and every node
// rebuilds its index at the next start.
const indexVersion = 2

// The fields of a passage in the index. A text field carries the language's code behind its prefix, so a search in one
// language reads nothing of another.
const (
	fieldText    = "t:" // terms, with how often and how long; every passage also carries termMark
	fieldWords   = "w:" // words as written, for spelling and compounds
	fieldGrams   = "g:" // four-letter pieces of words
	fieldKey     = "k"  // the key of the article
	fieldFlag    = "f"  // flagInternal
	fieldStored  = "p"  // the passage itself, stored and not searched
	termMark     = "\x00"
	flagInternal = "internal"
	cursorKey    = "cursor"
	synonymKey   = "synonyms:" // and a language's code: the lines of its synonyms
)

// shelf is one index on disk. Damage shows in many ways, so everything that touches it goes through guard.
type shelf struct {
	idx    index.Index
	queue  *index.AnalysisQueue
	dir    string
	failed atomic.Bool // a background task of the index died; it can still be read, not written
	users  sync.WaitGroup
	keys   segmentKeys
}

// shelves are the open shelves by folder: the index reports the death of a background task by folder only.
var shelves sync.Map

// The index calls this in its own goroutines; registering it is only allowed before the first index is opened.
var _ = func() bool {
	scorch.RegistryAsyncErrorCallbacks["kb"] = func(_ error, path string) {
		if s, ok := shelves.Load(path); ok {
			s.(*shelf).failed.Store(true)
		}
	}
	return true
}()

// openShelf opens the index in dir, or makes an empty one. A second process that has it open makes this fail after a second.
func openShelf(dir string) (s *shelf, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make index folder: %w", err)
	}
	queue := index.NewAnalysisQueue(2)
	idx, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": dir, "bolt_timeout": "1s", "asyncErrorCallbackName": "kb", "numSnapshotsToKeep": 1,
	}, queue)
	if err != nil {
		queue.Close()
		return nil, fmt.Errorf("make index: %w", err)
	}
	s = &shelf{idx: idx, queue: queue, dir: dir}
	shelves.Store(dir, s)
	if err := faultless(idx.Open); err != nil {
		shelves.Delete(dir)
		queue.Close()
		return nil, fmt.Errorf("open index %s: %w", dir, err)
	}
	return s, nil
}

// close waits for the readers and closes the index. Closing a damaged index may hang; it is then left behind.
func (s *shelf) close() error {
	s.users.Wait()
	done := make(chan error, 1)
	go func() { done <- guard(s.idx.Close) }()
	select {
	case err := <-done:
		s.queue.Close()
		shelves.Delete(s.dir)
		return err
	case <-time.After(10 * time.Second):
		return errors.New("close index: it does not answer")
	}
}

// guard turns the panics of a damaged index into errors.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("index panics: %v", r)
		}
	}()
	return f()
}

// cursor is the place in the store's changes up to which the shelf is true; it was written with the articles themselves.
func (s *shelf) cursor() (n uint64, err error) {
	err = guard(func() error {
		r, err := s.idx.Reader()
		if err != nil {
			return err
		}
		defer r.Close()
		b, err := r.GetInternal([]byte(cursorKey))
		if err != nil || len(b) == 0 {
			return err
		}
		if len(b) != 8 {
			return errors.New("cursor has a wrong size")
		}
		n = binary.BigEndian.Uint64(b)
		return nil
	})
	return n, err
}

// change is what became of one article: its public text, or nil when customers no longer read it.
type change struct {
	key     string
	lang    string
	id      string
	content *Content
}

// apply puts the changes and the cursor behind them into the index, in one batch: after a crash both are there or neither.
func (s *shelf) apply(ctx context.Context, changes []change, cursor uint64) error {
	if s.failed.Load() {
		return errors.New("index has failed")
	}
	if err := checkRoot(filepath.Join(s.dir, rootFile)); err != nil {
		return err
	}
	batch := index.NewBatch()
	done := make(chan error, 1)
	go func() {
		done <- guard(func() error {
			if err := s.fill(ctx, batch, changes); err != nil {
				return err
			}
			batch.SetInternal([]byte(cursorKey), binary.BigEndian.AppendUint64(nil, cursor))
			return s.idx.Batch(batch)
		})
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(2 * time.Minute):
		s.failed.Store(true)
		return errors.New("index does not take a batch")
	}
}

func (s *shelf) fill(ctx context.Context, batch *index.Batch, changes []change) error {
	r, err := s.idx.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	for _, c := range changes {
		old, err := passageIDs(ctx, r, c.key)
		if err != nil {
			return fmt.Errorf("find passages of %s: %w", c.key, err)
		}
		for _, id := range old {
			batch.Delete(id)
		}
		if c.id == SynonymsID {
			batch.SetInternal([]byte(synonymKey+c.lang), synonymLines(c.content))
			continue
		}
		if c.content != nil {
			for _, doc := range documents(c) {
				batch.Update(doc)
			}
		}
	}
	return ctx.Err()
}

func passageIDs(ctx context.Context, r index.IndexReader, key string) ([]string, error) {
	tfr, err := r.TermFieldReader(ctx, []byte(key), fieldKey, false, false, false)
	if err != nil {
		return nil, err
	}
	defer tfr.Close()
	var out []string
	for {
		doc, err := tfr.Next(nil)
		if err != nil || doc == nil {
			return out, err
		}
		id, err := r.ExternalID(doc.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
}

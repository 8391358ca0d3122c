package kb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errStore marks an error of the store, which no new index would mend.
var errStore = errors.New("store")

// errEnough ends one page of changes.
var errEnough = errors.New("enough")

const pageChanges = 200

// follow applies what changed in the store since the shelf's cursor, and reports whether anything did.
func (l *Library) follow(ctx context.Context, s *shelf) (changed bool, err error) {
	at, err := s.cursor()
	if err != nil {
		return false, fmt.Errorf("read cursor: %w", err)
	}
	for {
		page, next, err := l.page(ctx, at)
		if err != nil {
			return changed, err
		}
		if next == at {
			return changed, nil
		}
		if err := s.apply(ctx, page, next); err != nil {
			return changed, fmt.Errorf("write index: %w", err)
		}
		at, changed = next, true
	}
}

// page reads the changes after a cursor, at most pageChanges articles, the last word on each.
func (l *Library) page(ctx context.Context, at uint64) (page []change, next uint64, err error) {
	where := map[string]int{}
	next = at
	_, err = l.store.Changes(ctx, at, func(cursor uint64, id string, _ uint64, a Article, deleted bool) error {
		c := change{key: id}
		c.lang, c.id, _ = strings.Cut(id, "/")
		if text, ok := a.Public(); ok && !deleted {
			c.content = &text
		}
		if i, ok := where[id]; ok {
			page[i] = c
		} else {
			where[id] = len(page)
			page = append(page, c)
		}
		next = cursor
		if len(page) >= pageChanges {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, at, fmt.Errorf("%w: read changes of articles: %w", errStore, err)
	}
	return page, next, nil
}

// renew shows searches what the shelf holds now.
func (l *Library) renew(ctx context.Context) error {
	v, err := newView(ctx, l.shelf)
	if err != nil {
		return err
	}
	if err := l.dress(v); err != nil {
		v.release()
		return err
	}
	l.show(v)
	return nil
}

// Rebuild builds the index anew from the articles, while the old one serves. Nothing needs it in normal service.
func (l *Library) Rebuild(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rebuild(ctx)
}

// rebuild makes a new index beside the old one, which serves meanwhile, and puts it in its place.
func (l *Library) rebuild(ctx context.Context) error {
	dir, err := os.MkdirTemp(l.dir, l.prefix())
	if err != nil {
		return fmt.Errorf("make index folder: %w", err)
	}
	s, err := openShelf(dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	if _, err = l.follow(ctx, s); err == nil {
		l.shelf = s
		if err = l.renew(ctx); err == nil {
			err = writeAtomic(filepath.Join(l.dir, currentFile), []byte(filepath.Base(dir)+"\n"))
		}
	}
	if err != nil {
		l.shelf = nil
		return errors.Join(err, s.close(), os.RemoveAll(dir))
	}
	l.sweepFolders(filepath.Base(dir))
	return nil
}

// sweepFolders removes indexes that are no longer used. What cannot be removed now is removed next time.
func (l *Library) sweepFolders(keep string) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != keep && strings.HasPrefix(e.Name(), "v") {
			l.retire(filepath.Join(l.dir, e.Name()))
		}
	}
}

func (l *Library) retire(dir string) {
	if s, ok := shelves.Load(dir); ok {
		if err := s.(*shelf).close(); err != nil {
			l.opt.Log.Warn("an old index does not close", "err", err)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		l.opt.Log.Warn("an old index cannot be removed", "err", err)
	}
}

// writeAtomic replaces a file so that a crash leaves the old or the new one, whole.
func writeAtomic(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", filepath.Base(path), err), os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

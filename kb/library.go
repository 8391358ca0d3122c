package kb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"balie/internal/fault"
)

// Options are the settings of a Library; the zero value is what the server uses.
type Options struct {
	Log      *slog.Logger                 // nil: slog.Default
	Sweep    time.Duration                // how often Run looks for changes without being poked; 0 means a second
	Check    time.Duration                // how often Run asks the index a question it must know; 0 means 20 seconds
	Patience time.Duration                // how long a search waits for an index; 0 means 10 seconds
	Life     string                       // of the store, letters and digits: an index made in another life is built anew, for its cursor means nothing here
	URL      func(lang, id string) string // the page of an article; nil: /help/lang/id
	Vectors  *Vectors                     // where sentence vectors come from; nil: words alone
	Again    time.Duration                // how long after a failure to ask for vectors again; 0 means a minute
	Pictures Pictures                     // what articles show; nil: there are none, and an import leaves them out
}

// Library searches the articles of a Store. It is safe for use by many goroutines.
type Library struct {
	dir   string
	store Store
	opt   Options
	slots chan struct{} // searches at once: more than one a processor only makes all of them slower
	wake  chan struct{}

	mu    sync.Mutex // one pass over the changes, or rebuild, at a time
	shelf *shelf     // what the passes write to; nil when it must be built anew

	seat    sync.Mutex
	current *view         // what searches read; nil until there is one
	turn    chan struct{} // closed when current becomes another
	due     atomic.Bool   // the index is to be checked in the next pass

	table    *vectorTable // nil without vectors
	learning progress
	shared   bool // the table is another library's
}

// Open opens the index in dir, or leaves it to the first Sync to build one when there is none, when it was made by
// another version, or when it does not answer. It reads no articles.
func Open(dir string, s Store, opt Options) (*Library, error) {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Sweep <= 0 {
		opt.Sweep = time.Second
	}
	if opt.Check <= 0 {
		opt.Check = 20 * time.Second
	}
	if opt.Patience <= 0 {
		opt.Patience = 10 * time.Second
	}
	if opt.Again <= 0 {
		opt.Again = learnAgain
	}
	if opt.URL == nil {
		opt.URL = func(lang, id string) string { return "/help/" + lang + "/" + id }
	}
	l := &Library{dir: dir, store: s, opt: opt, slots: make(chan struct{}, runtime.GOMAXPROCS(0)), wake: make(chan struct{}, 1), turn: make(chan struct{})}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make library folder: %w", err)
	}
	if opt.Vectors != nil {
		var err error
		if l.table, err = openVectors(dir, opt.Vectors.Model); err != nil {
			return nil, err
		}
		l.learning.state.Model = opt.Vectors.Model
	}
	if err := l.openCurrent(); err != nil {
		l.opt.Log.Warn("the index is not usable and will be built anew", "err", err)
	}
	return l, nil
}

// currentFile names the folder of the index in use.
const currentFile = "current"

func (l *Library) openCurrent() error {
	name, err := os.ReadFile(filepath.Join(l.dir, currentFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read name of index: %w", err)
	}
	folder := strings.TrimSpace(string(name))
	if !strings.HasPrefix(folder, l.prefix()) || strings.ContainsAny(folder, `/\`) {
		return fmt.Errorf("index %q is of another version, or of another life of the store", folder)
	}
	dir := filepath.Join(l.dir, folder)
	if err := inspect(dir); err != nil {
		return err
	}
	s, err := openShelf(dir)
	if err != nil {
		return err
	}
	v, err := newView(context.Background(), s)
	if err == nil {
		if err = v.canary(context.Background()); err == nil {
			err = l.dress(v)
		}
	}
	if err != nil {
		return errors.Join(err, s.close())
	}
	l.shelf, l.current = s, v
	return nil
}

// dress gives a view the vectors that are known of its passages.
func (l *Library) dress(v *view) error {
	if l.table == nil {
		return nil
	}
	return faultless(func() error { _, err := v.weave(l.table); return err })
}

// prefix is how the names of folders begin whose index can be used: of this version, and of this life of the store.
func (l *Library) prefix() string { return fmt.Sprintf("v%d-%s-", indexVersion, l.opt.Life) }

// using does something with the index in use, which nobody takes away meanwhile. It waits for one as long as a search would.
func (l *Library) using(ctx context.Context, do func(v *view) error) error {
	wait, stop := context.WithTimeout(ctx, l.opt.Patience)
	defer stop()
	v, err := l.hold(wait, nil)
	if err != nil {
		return err
	}
	defer v.release()
	return faultless(func() error { return do(v) })
}

// hold returns the view to search, held; the caller releases it. When there is none, or only the one that failed, it waits
// for another until ctx ends.
func (l *Library) hold(ctx context.Context, failed *view) (*view, error) {
	for {
		l.seat.Lock()
		v, turn := l.current, l.turn
		if v != nil && v != failed {
			v.hold()
			l.seat.Unlock()
			return v, nil
		}
		l.seat.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			return nil, fault.Wrap(fault.Unavailable, "The library cannot be searched right now. Please try again in a moment.", ctx.Err())
		}
	}
}

// show makes v what searches read, and lets the one before close when its last reader is done.
func (l *Library) show(v *view) {
	l.seat.Lock()
	old := l.current
	l.current = v
	close(l.turn)
	l.turn = make(chan struct{})
	l.seat.Unlock()
	if old != nil {
		old.release()
	}
}

// Ready returns nil when searches are answered.
func (l *Library) Ready() error {
	l.seat.Lock()
	defer l.seat.Unlock()
	if l.current == nil {
		return fault.New(fault.Unavailable, "The library is being opened.")
	}
	return nil
}

// Poke tells a running library that articles were written. It never blocks, carries nothing, and may be lost: Run also
// looks by itself.
func (l *Library) Poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Check makes the next pass look whether the index is still whole, as Run does by itself now and then.
func (l *Library) Check() {
	l.due.Store(true)
	l.Poke()
}

// Run keeps the index true until ctx ends: it follows the store's changes, asks the index now and then a question that it
// must know, and builds a new one beside it when it fails. It returns ctx's error; trouble with the index or the store is
// logged and tried again.
func (l *Library) Run(ctx context.Context) error {
	var learner sync.WaitGroup
	defer learner.Wait()
	if l.table != nil {
		learner.Go(func() { l.learn(ctx) })
	}
	sweep, check := time.NewTicker(l.opt.Sweep), time.NewTicker(l.opt.Check)
	defer sweep.Stop()
	defer check.Stop()
	for {
		if err := l.Sync(ctx); err != nil && ctx.Err() == nil {
			l.opt.Log.Error("the library cannot follow its articles", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.wake:
		case <-sweep.C:
		case <-check.C:
			l.due.Store(true)
		}
	}
}

// Sync brings the index up to what the store holds now, building it first when there is none or it fails. Who wants to
// read their own write calls it; Run does nothing else.
func (l *Library) Sync(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.due.Swap(false) {
		l.check(ctx)
	}
	if l.shelf != nil {
		changed, err := l.follow(ctx, l.shelf)
		if err == nil && changed {
			err = l.renew(ctx)
		}
		if err == nil || ctx.Err() != nil || errors.Is(err, errStore) {
			return err
		}
		l.opt.Log.Error("the index failed and will be built anew", "err", err)
		l.shelf = nil
	}
	return l.rebuild(ctx)
}

// check asks the index the canary's question and drops it as the one to write to when it fails; searches stay on it
// until the new one is there.
func (l *Library) check(ctx context.Context) {
	if l.shelf == nil || l.Ready() != nil {
		return
	}
	v, err := l.hold(ctx, nil)
	if err == nil {
		if err = v.canary(ctx); err == nil {
			err = v.healthy()
		}
		v.release()
	}
	if err == nil && l.shelf.failed.Load() {
		err = errors.New("a background task of the index died")
	}
	if err != nil && ctx.Err() == nil {
		l.opt.Log.Error("the index fails its check and will be built anew", "err", err)
		l.shelf = nil
	}
}

// Close closes the index. Run must have ended.
func (l *Library) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.show(nil)
	var err error
	if l.table != nil && !l.shared {
		err = l.table.close()
	}
	if l.shelf == nil {
		return err
	}
	s := l.shelf
	l.shelf = nil
	return errors.Join(err, s.close())
}

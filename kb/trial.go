package kb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"balie/internal/fault"
)

// Trial is the library as it would be with some articles changed: the same articles, the same search, in an index of its own.
// Nobody else sees it, and nothing that is done with it reaches a customer.
type Trial struct {
	*Library
}

// trialPrefix begins the folders of trials, beside those of the index.
const trialPrefix = "trial-"

// Trial makes a library in which the edits stand in the place of the articles with their keys. What is public of an edit
// (see Article.Public) is what the trial finds: to try a draft, set its State to Published. The index is a copy of the one in use, so it
// is there at once; where that cannot be copied it is built from the articles. Close it, or its folder stays until SweepTrials.
func (l *Library) Trial(ctx context.Context, edits ...Article) (*Trial, error) {
	over := &overlay{Store: l.store, edits: map[string]Article{}}
	changes := make([]change, 0, len(edits))
	for _, a := range edits {
		key := Key(a.Lang, a.ID)
		over.edits[key] = a
		c := change{key: key, lang: a.Lang, id: a.ID}
		if text, ok := a.Public(); ok {
			c.content = &text
		}
		changes = append(changes, c)
	}
	t := &Trial{&Library{store: over, opt: l.opt, slots: l.slots, wake: make(chan struct{}, 1), turn: make(chan struct{}), table: l.table, shared: true}}
	err := t.begin(ctx, l, changes, true)
	if err != nil && ctx.Err() == nil {
		l.opt.Log.Warn("the index cannot be copied for a trial; building one", "err", err)
		err = t.begin(ctx, l, changes, false)
	}
	if err != nil {
		return nil, fmt.Errorf("make trial: %w", err)
	}
	return t, nil
}

// begin makes the trial's index: copied from that of l, or from nothing.
func (t *Trial) begin(ctx context.Context, l *Library, changes []change, copied bool) (err error) {
	if t.dir, err = os.MkdirTemp(l.dir, trialPrefix); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.Close())
		}
	}()
	if copied {
		if err := l.copyIndex(ctx, t.dir); err != nil {
			return err
		}
	}
	if t.shelf, err = openShelf(t.dir); err != nil {
		return err
	}
	if _, err := t.follow(ctx, t.shelf); err != nil {
		return err
	}
	at, err := t.shelf.cursor()
	if err != nil {
		return fmt.Errorf("read cursor: %w", err)
	}
	if err := t.shelf.apply(ctx, changes, at); err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	if err := t.renew(ctx); err != nil {
		return err
	}
	soon, stop := context.WithTimeout(ctx, trialLearns)
	defer stop()
	if err := t.Learn(soon, nil); err != nil && ctx.Err() == nil {
		t.opt.Log.Warn("a trial goes on without the vectors of its new text", "err", err)
	}
	return nil
}

// trialLearns is how long a trial waits for the vectors of the text that is tried.
const trialLearns = 2 * time.Second

// copyIndex writes the index in use into dir.
func (l *Library) copyIndex(ctx context.Context, dir string) error {
	return l.using(ctx, func(v *view) (err error) {
		source, ok := v.shelf.idx.(interface{ CopyReader() index.CopyReader })
		if !ok {
			return errors.New("the index cannot be copied")
		}
		r := source.CopyReader()
		if r == nil {
			return errors.New("the index is closed")
		}
		defer func() { err = errors.Join(err, r.CloseCopyReader()) }()
		return r.CopyTo(folder(dir))
	})
}

// folder takes the files of an index that is copied.
type folder string

// GetWriter opens a file in the folder; the index names the folder it comes from, which is left out.
func (f folder) GetWriter(name string) (io.WriteCloser, error) {
	return os.OpenFile(filepath.Join(string(f), filepath.Base(name)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}

// Close ends the trial and removes its index.
func (t *Trial) Close() error {
	return errors.Join(t.Library.Close(), os.RemoveAll(t.dir))
}

// SweepTrials removes what trials left behind when the program was cut off. Call it while there are none.
func (l *Library) SweepTrials() error {
	left, err := filepath.Glob(filepath.Join(l.dir, trialPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// overlay is a store in which some articles are others. Nothing can be written to it.
type overlay struct {
	Store
	edits map[string]Article
}

var errTrial = fault.New(fault.Forbidden, "Nothing can be saved in a trial.")

// Get returns the edit, or what the store has.
func (o *overlay) Get(ctx context.Context, id string) (Article, uint64, error) {
	if a, ok := o.edits[id]; ok {
		return a, 0, nil
	}
	return o.Store.Get(ctx, id)
}

// Put is refused.
func (o *overlay) Put(context.Context, string, Article, uint64) (uint64, error) { return 0, errTrial }

// Delete is refused.
func (o *overlay) Delete(context.Context, string, uint64) error { return errTrial }

// List calls each with the store's articles, the edits in their places; an edit that the store does not have comes last.
func (o *overlay) List(ctx context.Context, index, prefix string, each func(string, uint64, Article) error) error {
	seen := map[string]bool{}
	err := o.Store.List(ctx, index, prefix, func(id string, rev uint64, a Article) error {
		if e, ok := o.edits[id]; ok {
			a, seen[id] = e, true
		}
		return each(id, rev, a)
	})
	for id, a := range o.edits {
		if err == nil && index == "" && !seen[id] && strings.HasPrefix(id, prefix) {
			err = each(id, 0, a)
		}
	}
	return err
}

// trials are a few trials that were made lately, because an editor who tries one question tries another.
type trials struct {
	mu    sync.Mutex
	kept  []*kept
	limit int
}

// kept is a trial in use or kept for the next use.
type kept struct {
	*Trial
	name  string
	of    *view // the library's view when it was made: another one means that articles changed
	users int
	gone  bool
}

// take returns a trial by name, made by make when there is none that is still true; give it back with drop.
func (ts *trials) take(name string, of *view, make func() (*Trial, error)) (*kept, error) {
	ts.mu.Lock()
	for _, k := range ts.kept {
		if k.name == name && k.of == of && !k.gone {
			k.users++
			ts.mu.Unlock()
			return k, nil
		}
	}
	ts.mu.Unlock()
	t, err := make()
	if err != nil {
		return nil, err
	}
	k := &kept{Trial: t, name: name, of: of, users: 1}
	ts.mu.Lock()
	ts.kept = append(ts.kept, k)
	old := ts.shed(ts.limit)
	ts.mu.Unlock()
	return k, closeAll(old)
}

// drop gives a trial back.
func (ts *trials) drop(k *kept) error {
	ts.mu.Lock()
	k.users--
	old := ts.shed(ts.limit)
	ts.mu.Unlock()
	return closeAll(old)
}

// shed takes the oldest trials out until limit are left, and returns those of all that are out and that nobody uses.
func (ts *trials) shed(limit int) (close []*kept) {
	var stay []*kept
	for i, k := range ts.kept {
		k.gone = k.gone || i < len(ts.kept)-limit
		if k.gone && k.users == 0 {
			close = append(close, k)
		} else {
			stay = append(stay, k)
		}
	}
	ts.kept = stay
	return close
}

func closeAll(old []*kept) (err error) {
	for _, k := range old {
		err = errors.Join(err, k.Close())
	}
	return err
}

// end closes all trials that nobody uses.
func (ts *trials) end() error {
	ts.mu.Lock()
	old := ts.shed(0)
	ts.mu.Unlock()
	return closeAll(old)
}
